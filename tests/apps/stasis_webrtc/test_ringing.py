"""Whom to ring, and what comes when that fails."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from stasis_webrtc.directory import User
from stasis_webrtc.grant import Grants
from stasis_webrtc.ringing import Ring, Way, reason_of, way_on, way_to
from stasis_webrtc.view import Reason

from stasis import DialResult, DialStatus


def user(**changes: Any) -> User:
    """Bert."""
    return User("bert", Grants(), **changes)


class TestWayTo:
    @pytest.mark.parametrize(
        ("changes", "registered", "full", "way"),
        [
            ({}, True, False, Way("ring")),
            ({}, False, False, Way("message", why="unavailable")),
            ({}, True, True, Way("message", why="busy")),
            ({"dnd": True}, True, False, Way("message", why="busy")),
            ({"dnd": True, "messages": False}, True, False, Way("end", why="busy")),
            ({"dnd": True, "forward_busy": "203"}, True, False, Way("forward", "203", "busy")),
            ({"forward_busy": "203"}, True, True, Way("forward", "203", "busy")),
            (
                {"forward_no_answer": "203"},
                False,
                False,
                Way("forward", "203", "unavailable"),
            ),
            (
                {"forward_always": "203", "dnd": True},
                False,
                True,
                Way("forward", "203", "unavailable"),
            ),
            (
                {"disabled": True, "forward_always": "203"},
                True,
                False,
                Way("end", "", "unavailable"),
            ),
        ],
    )
    def test_how(self, changes: dict[str, Any], registered: bool, full: bool, way: Way):
        assert way_to(user(**changes), registered=registered, full=full) == way

    def test_who_may_not_be_called_is_not(self):
        found = User("bert", Grants(may_receive=False), forward_always="203")
        assert way_to(found, registered=True, full=False) == Way("end", "", "unavailable")


class TestWayOn:
    @pytest.mark.parametrize(
        ("why", "to"),
        [
            ("busy", "1"),
            ("rejected", "1"),
            ("noanswer", "2"),
            ("unavailable", "2"),
            ("failed", "2"),
        ],
    )
    def test_each_reason_has_its_forward(self, why: Reason, to: str):
        assert way_on(user(forward_busy="1", forward_no_answer="2"), why).to == to


class TestReason:
    @pytest.mark.parametrize("status", get_args(DialStatus))
    def test_every_status_but_an_answer_has_one(self, status: DialStatus):
        result = DialResult(status, None, 17, 1.0, {})
        assert reason_of(result, Ring()) in get_args(Reason) and reason_of(result, Ring())

    def test_declined_is_not_busy(self):
        assert reason_of(DialResult("BUSY", None, 21, 1.0, {}), Ring()) == "rejected"
        assert reason_of(DialResult("BUSY", None, 17, 1.0, {}), Ring()) == "busy"
        assert reason_of(DialResult("CANCEL", None, 0, 1.0, {}), Ring(rejected=True)) == "rejected"
