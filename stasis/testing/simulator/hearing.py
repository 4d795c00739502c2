"""Who hears whom: from one phone, through bridges and Local channels, to the others."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.pair import Half
from stasis.testing.simulator.phone import Line

__all__ = ["heard_by"]


def heard_by(line: Line) -> set[Line]:
    """The phones whose sound reaches this one now."""
    found: set[Line] = set()
    if line.ended is None and not line.on_hold:
        reach(line.channel, found, set())
    return found


def reach(channel: Channel, found: set[Line], seen: set[str]) -> None:
    """Whose sound leaves a channel towards its far end."""
    if channel.id in seen or "out" in channel.muted:
        return
    seen.add(channel.id)
    bridge = channel.bridge
    speakers = [m for m in bridge.members if bridge.hears(channel, m)] if bridge else []
    for speaker in speakers:
        enters(speaker, found, seen)
    if channel.spies is not None:
        spied, ways = channel.spies
        if ways in ("in", "both"):
            enters(spied, found, seen)
        if ways in ("out", "both"):
            reach(spied, found, seen)


def enters(channel: Channel, found: set[Line], seen: set[str]) -> None:
    """Whose sound comes into a channel from its far end."""
    if "in" in channel.muted:
        return
    far = channel.far
    if isinstance(far, Line):
        if not far.on_hold:
            found.add(far)
    elif isinstance(far, Half):
        reach(far.other, found, seen)
