"""ARI's names in Python: snake_case, and nothing that Python does not take."""

from __future__ import annotations

import ast

import pytest

from stasis.ari.generator.names import class_name, doc, indent, inner, module_name, python_name


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("sendDTMF", "send_dtmf"),
        ("absorbDTMF", "absorb_dtmf"),
        ("continueInDialplan", "continue_in_dialplan"),
        ("playWithId", "play_with_id"),
        ("offsetms", "offsetms"),
        ("report_events", "report_events"),
        ("list", "list"),
        ("from", "from_"),
    ],
)
def test_names_are_in_snake_case(wire: str, python: str) -> None:
    assert python_name(wire) == python


def test_a_row_may_have_a_name_of_its_own() -> None:
    assert python_name("rtpstatistics", "channels.rtpstatistics") == "rtp_statistics"


def test_modules_and_classes() -> None:
    assert (module_name("deviceStates"), class_name("deviceStates")) == (
        "device_states",
        "DeviceStates",
    )


def test_what_a_list_is_made_of() -> None:
    assert (inner("List[Channel]"), inner("string")) == ("Channel", "string")


def test_a_docstring_is_one_whatever_is_in_it() -> None:
    text = indent(doc(["Short."], [], ["a: " + "long " * 60, "b: next."]))
    (function,) = ast.parse(f"def f():\n{text}").body
    assert isinstance(function, ast.FunctionDef)
    assert (ast.get_docstring(function) or "").endswith("\nb: next.")
    assert max(map(len, text.splitlines())) <= 100
    assert doc(["Short."]) == '"""Short."""'
