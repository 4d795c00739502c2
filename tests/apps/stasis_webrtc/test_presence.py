"""Presence: what others see of a user."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stasis_webrtc.presence import Doing, Presence, doing, presence_of
from stasis_webrtc.view import CallView, Peer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def call(state: str, direction: str) -> CallView:
    return CallView("x", "anna", state, direction, Peer(), NOW, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("calls", "does"),
    [
        ([], ""),
        (["ringing in"], "ringing"),
        (["ringing out"], "busy"),
        (["connected in"], "busy"),
        (["connected out"], "busy"),
        (["ringing in", "connected in"], "busy"),
        (["ended in", "ended out"], ""),
    ],
)
def test_what_a_user_does_is_what_its_calls_are(calls: list[str], does: Doing):
    views = [call(*each.split()) for each in calls]
    assert doing(views) == does


@pytest.mark.parametrize(
    ("does", "registered", "dnd", "presence"),
    [
        ("busy", True, True, "busy"),
        ("busy", False, False, "busy"),
        ("ringing", True, False, "ringing"),
        ("", False, False, "offline"),
        ("", False, True, "offline"),
        ("", True, True, "dnd"),
        ("", True, False, "available"),
    ],
)
def test_a_call_goes_before_a_device_and_that_before_a_wish(
    does: Doing, registered: bool, dnd: bool, presence: Presence
):
    assert presence_of(does, registered=registered, dnd=dnd) == presence
