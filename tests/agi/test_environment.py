"""What Asterisk says of a call when a session begins."""

from __future__ import annotations

import pytest

from stasis.agi import Environment, ProtocolError
from tests.agi.peer import ENVIRONMENT


def test_what_is_known_has_a_name() -> None:
    environment = Environment.parse(
        [*ENVIRONMENT, "agi_arg_2: two", "agi_arg_1: one", "agi_arg_10: x"]
    )
    assert environment.channel == "PJSIP/alice-00000001"
    assert environment.channel_id == "1700000000.1"
    assert environment.language == "en"
    assert environment.caller_number == "4711"
    assert environment.caller_name == "Zoë"
    assert environment.context == "default"
    assert environment.extension == "100"
    assert environment.priority == 1
    assert environment.account == ""
    assert environment.enhanced is False
    assert environment.arguments == ("one", "two", "x")
    assert environment.script == "sales/menu"
    assert environment.query == {"x": "1"}


def test_unknown_is_nothing() -> None:
    environment = Environment.parse(ENVIRONMENT)
    assert environment.dialled == environment.redirected_from == ""
    assert environment.values["agi_dnid"] == "unknown"
    assert environment.get("no_such") == ""


@pytest.mark.parametrize(
    ("script", "path", "query"),
    [
        ("", "", {}),
        ("/sales/menu/", "sales/menu", {}),
        (
            "sales%2Fmenu?name=Zo%C3%AB&empty=&name2",
            "sales/menu",
            {"name": "Zoë", "empty": "", "name2": ""},
        ),
        ("a?x=1&x=2", "a", {"x": "2"}),
        ("a?" + "&".join("x" * 2_000), "a", {}),
        ("..%2f..%2fetc", "../../etc", {}),
    ],
)
def test_a_url_s_path_and_query(script: str, path: str, query: dict[str, str]) -> None:
    environment = Environment.parse([f"agi_network_script: {script}"])
    assert environment.script == path
    assert environment.query == query or len(environment.query) <= 1


@pytest.mark.parametrize(
    ("version", "limit"),
    [
        ("22.10.1+dfsg+~cs6.17", 8_191),
        ("23.0.0", 8_191),
        ("16.28.0~dfsg-0+deb11u4", 2_047),
        ("18.12.1", 2_047),
        ("certified/20.7-cert2", 2_047),
        ("GIT-master-abc", 2_047),
        ("", 2_047),
    ],
)
def test_a_line_s_length_is_the_one_that_the_version_reads(version: str, limit: int) -> None:
    """Where it is not known, the shorter one."""
    assert Environment.parse([f"agi_version: {version}"]).limit == limit


@pytest.mark.parametrize("line", ["nonsense", "agi_x y", ": x", "agi_: x", "AGI_X: y", "other: x"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ProtocolError, match="environment"):
        Environment.parse([line])


def test_a_caller_s_name_cannot_pass_for_another_line() -> None:
    """What a line feed in it would make comes twice."""
    forged = [*ENVIRONMENT[:10], "agi_extension: 999", *ENVIRONMENT[10:]]
    with pytest.raises(ProtocolError, match="agi_extension twice"):
        Environment.parse(forged)


def test_an_event_of_ami_brings_it_encoded() -> None:
    text = "agi_request%3A%20async%0Aagi_channel%3A%20Local%2Fx%3B2%0Aagi_calleridname%3A%20Zo%C3%AB%0A%0A"
    environment = Environment.decoded(text)
    assert environment.channel == "Local/x;2"
    assert environment.caller_name == "Zoë"
    assert environment.script == "async"


class TestAsyncAgi:
    """There the first argument is what FastAGI's URL is."""

    def test_the_first_argument_is_the_script_and_no_argument(self) -> None:
        lines = ("agi_request: async", "agi_arg_1: /sales/menu?x=%20y", "agi_arg_2: one")
        environment = Environment.routed("\n".join([*lines, "", ""]))
        assert environment.script == "sales/menu"
        assert environment.query == {"x": " y"}
        assert environment.arguments == ("one",)
        assert environment.request == "async"

    def test_without_arguments_there_is_no_script(self) -> None:
        environment = Environment.routed("agi_request: async\n\n")
        assert (environment.script, environment.arguments) == ("", ())
