"""How a request is read: its path, its parameters, its body."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.testing.simulator.rest import serve
from stasis.testing.simulator.rest.call import Call, Refusal, read_body, route
from tests.testing.simulator.machines import new_machine, simulated

assert serve.RESOURCES, "all operations are registered"


def a_call(query: str = "", body: Any = None, version: str = "22") -> Call:
    """A request. query: `a=1&a=2`."""
    pairs = [tuple(each.partition("=")[::2]) for each in query.split("&") if each]
    return Call(new_machine(version), {}, pairs, body)  # type: ignore[arg-type]


class TestAParameter:
    @simulated
    async def test_of_the_body_wins(self):
        call = a_call("app=query&other=x", {"app": "body"})
        assert (call.text("app"), call.text("other"), call.text("none", "-")) == ("body", "x", "-")

    @pytest.mark.parametrize(("version", "value"), [("22", "1"), ("16", "2")])
    @simulated
    async def test_given_twice_is_the_first_or_on_16_the_last(self, version: str, value: str):
        assert a_call("a=1&a=2", version=version).text("a") == value

    @pytest.mark.parametrize(
        ("query", "body", "number"),
        [
            ("n=5", None, 5),
            ("n=-5", None, -5),
            ("n=5x", None, 5),
            ("n=x", None, 0),
            ("n=", None, 0),
            ("", None, 7),
            ("", {"n": 5}, 5),
            ("", {"n": "5"}, 0),
            ("", {"n": 5.9}, 0),
            ("", {"n": True}, 0),
            ("", {"n": None}, 0),
        ],
    )
    @simulated
    async def test_that_is_a_number(self, query: str, body: Any, number: int):
        assert a_call(query, body).integer("n", 7) == number

    @pytest.mark.parametrize(
        ("query", "body", "truth"),
        [
            ("t=true", None, True),
            ("t=YES", None, True),
            ("t=1", None, True),
            ("t=2", None, False),
            ("t=false", None, False),
            ("", None, False),
            ("", {"t": True}, True),
            ("", {"t": "true"}, False),
        ],
    )
    @simulated
    async def test_that_is_a_truth(self, query: str, body: Any, truth: bool):
        assert a_call(query, body).truth("t") is truth

    @pytest.mark.parametrize(
        ("query", "body", "items"),
        [
            ("l=a,b", None, ["a", "b"]),
            ("l=", None, []),
            ("l=a,,b", None, ["a", "b"]),
            ("", {"l": ["a", "b,c"]}, ["a", "b,c"]),
            ("", {"l": "a,b"}, ["a", "b"]),
        ],
    )
    @simulated
    async def test_that_is_a_list(self, query: str, body: Any, items: list[str]):
        assert a_call(query, body).many("l") == items

    @simulated
    async def test_that_is_missing_is_refused(self):
        with pytest.raises(Refusal, match="400 Missing parameter app"):
            a_call("app=").needed("app")

    @simulated
    async def test_variables_are_texts(self):
        assert a_call(body={"variables": {"a": "1"}}).variables() == {"a": "1"}
        for wrong in ({"a": 1}, [], "a"):
            with pytest.raises(Refusal, match="Only string values"):
                a_call(body={"variables": wrong}).variables()


class TestAPath:
    @pytest.mark.parametrize(
        ("method", "path", "parts"),
        [
            ("GET", "channels", {}),
            ("GET", "/channels", {}),
            ("GET", "channels/a%2Fb", {"channel": "a/b"}),
            ("POST", "channels/create", {}),
            ("POST", "channels/x/play/y", {"channel": "x", "playback": "y"}),
        ],
    )
    @simulated
    async def test_names_an_operation_and_its_parts(
        self, method: str, path: str, parts: dict[str, str]
    ):
        assert route(new_machine(), method, path)[1] == parts

    @simulated
    async def test_a_fixed_name_is_not_taken_for_an_id(self):
        operation, _ = route(new_machine(), "POST", "channels/create")
        assert operation.template == ("channels", "create")

    @pytest.mark.parametrize(
        ("method", "path", "why"),
        [
            ("GET", "nonsense", "404 Resource not found"),
            ("GET", "channels/", "404 ARI URLs do not end with a slash"),
            ("PUT", "channels", "405 Invalid method"),
            ("GET", "channels/x/play", "405 Invalid method"),
            ("GET", "", "405 Invalid method"),
        ],
    )
    @simulated
    async def test_that_names_none_is_refused(self, method: str, path: str, why: str):
        with pytest.raises(Refusal, match=why):
            route(new_machine(), method, path)

    @simulated
    async def test_that_a_version_lacks_is_refused(self):
        assert route(new_machine("22"), "POST", "events/claim")
        with pytest.raises(Refusal, match="404"):
            route(new_machine("16"), "POST", "events/claim")


class TestABody:
    def test_is_json_or_a_form(self):
        assert read_body(b'{"a": [1]}', "application/json; charset=utf-8") == ([], {"a": [1]})
        form = "application/x-www-form-urlencoded"
        assert read_body(b"a=1&b=", form) == ([("a", "1"), ("b", "")], None)

    @pytest.mark.parametrize(("body", "kind"), [(None, "application/json"), (b"x", "text/plain")])
    def test_of_another_kind_or_none_is_nothing(self, body: bytes | None, kind: str):
        assert read_body(body, kind) == ([], None)

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"5",
            b'"a"',
            b'{"a": "\\u0000"}',
            b'{"a": NaN}',
            b'{"a": 1e999}',
            b'{"a": 99999999999999999999}',
            b"\xff",
        ],
    )
    def test_that_is_no_json_of_asterisks_is_refused(self, body: bytes):
        with pytest.raises(Refusal, match="400 Error parsing request body"):
            read_body(body, "application/json")
