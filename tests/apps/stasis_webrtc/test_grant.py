"""Grants: what the patterns allow."""

from __future__ import annotations

import pytest
from stasis_webrtc.grant import Grants, grant_problem

OUTSIDE = "+4930123456"


class TestCalls:
    @pytest.mark.parametrize(
        ("patterns", "what", "may"),
        [
            ("", "internal", False),
            ("internal", "internal", True),
            ("internal", "rooms", False),
            ("internal", OUTSIDE, False),
            ("rooms", "rooms", True),
            ("rooms", "internal", False),
            ("+49*", OUTSIDE, True),
            ("+49*", "+44201234567", False),
            ("+49*", "internal", False),
            ("+*", OUTSIDE, True),
            ("+*", "internal", False),
            (OUTSIDE, OUTSIDE, True),
            (OUTSIDE, OUTSIDE + "7", False),
            ("*", "internal", True),
            ("*", "rooms", True),
            ("*", OUTSIDE, True),
            ("* !+49900*", "+499001234567", False),
            ("!+49900* *", "+499001234567", False),
            ("!+49900* *", OUTSIDE, True),
            ("* !internal", "internal", False),
            ("!+49900*", OUTSIDE, False),
            ("*", "", False),
            ("+49*", "49301234", False),
        ],
    )
    def test_what_may_be_called(self, patterns: str, what: str, may: bool):
        assert Grants(tuple(patterns.split())).may_call(what) is may

    def test_who_was_granted_nothing_special_calls_inside_only(self):
        grants = Grants()
        assert grants.may_call("internal") and grants.may_call("rooms")
        assert not grants.may_call(OUTSIDE) and grants.may_receive
        assert not grants.may_record and not grants.admin


def test_only_administrators_have_their_scope():
    assert Grants().scopes == {"phone"}
    assert Grants(admin=True).scopes == {"phone", "admin"}


class TestProblem:
    @pytest.mark.parametrize("pattern", ["internal", "rooms", "*", "+*", "+49*", OUTSIDE, "!+49*"])
    def test_a_pattern(self, pattern: str):
        assert grant_problem([pattern]) is None

    @pytest.mark.parametrize(
        "pattern", ["", "49*", "+4a", "+49 30", "+49**", "outside", "!!*", "+" + "1" * 16, "+٤٩*"]
    )
    def test_what_is_none_is_told(self, pattern: str):
        assert "nothing that can be granted" in (grant_problem(["internal", pattern]) or "")
