"""Bodies: what is taken, and what is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from stasis_webrtc import body

TAKEN: list[tuple[type, Any]] = [
    (body.LogIn, {"user": "anna", "password": "x"}),
    (body.LogIn, {"user": "anna", "password": "x" * 256, "device": "x" * 80}),
    (body.Tab, {"tab": "1"}),
    (body.Settings, {}),
    (body.Settings, {"dnd": True, "forward_busy": None, "forward_always": ""}),
    (body.Digits, {"digits": "0123456789*#ABCD"}),
    (body.Attend, {"with": "x"}),
    (body.UserChange, {}),
    (body.UserChange, {"may_call": []}),
]
REFUSED: list[tuple[type, Any]] = [
    (body.LogIn, {"user": "anna"}),
    (body.LogIn, {"user": "", "password": "x"}),
    (body.LogIn, {"user": "x" * 65, "password": "x"}),
    (body.LogIn, {"user": "anna", "password": "x" * 257}),
    (body.LogIn, {"user": "anna", "password": "x", "device": "x" * 81}),
    (body.LogIn, {"user": "anna", "password": "x", "admin": True}),
    (body.LogIn, {"user": ["anna"], "password": "x"}),
    (body.Tab, {"tab": ""}),
    (body.Tab, {"tab": "x" * 65}),
    (body.Settings, {"dnd": 1}),
    (body.Settings, {"forward_busy": "x" * 65}),
    (body.Digits, {"digits": ""}),
    (body.Digits, {"digits": "E"}),
    (body.Attend, {"with_": "x"}),
    (body.Dialled, {"to": ""}),
    (body.UserChange, {"may_call": ["x"] * 101}),
    (body.UserChange, {"user": "other"}),
]


@pytest.mark.parametrize(("kind", "given"), TAKEN)
def test_what_is_taken(kind: type, given: Any):
    msgspec.convert(given, kind)


@pytest.mark.parametrize(("kind", "given"), REFUSED)
def test_what_is_not(kind: type, given: Any):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, kind)


def test_names_that_python_does_not_allow_are_as_the_api_has_them():
    assert msgspec.to_builtins(body.Attend(with_="x")) == {"with": "x"}
