"""Presence: what others see of a user. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from stasis_webrtc.view import CallView

__all__ = ["Doing", "Presence", "doing", "presence_of"]

Presence: TypeAlias = Literal["offline", "available", "busy", "ringing", "dnd"]
Doing: TypeAlias = Literal["", "ringing", "busy"]
"""What a user's calls make of it; empty without any."""


def doing(views: Iterable[CallView]) -> Doing:
    """What a user does. views: its calls. Who calls or talks is busy, whatever rings beside."""
    states = {(view.state, view.direction) for view in views}
    if states & {("connected", "in"), ("connected", "out"), ("ringing", "out")}:
        return "busy"
    return "ringing" if ("ringing", "in") in states else ""


def presence_of(now: Doing, *, registered: bool, dnd: bool) -> Presence:
    """What a user is. registered: one of its devices is. dnd: nobody may ring it."""
    if now:
        return now
    if not registered:
        return "offline"
    return "dnd" if dnd else "available"
