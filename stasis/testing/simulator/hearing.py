"""Who hears whom: from one phone, through bridges, Local and snoop channels, to the others.

Rules: what is sent to a channel leaves towards its far end, and what its far end sends enters.
Who spies hears neither himself nor another who whispers.
"""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.pair import Half
from stasis.testing.simulator.phone import Line

__all__ = ["heard_by"]


def heard_by(line: Line) -> set[Line]:
    """The phones whose sound reaches this one now."""
    found: set[Line] = set()
    if line.ended is None and not line.on_hold:
        leaves(line.channel, found, set())
        whispered(line.channel, "out", found, set())
    return found


def leaves(channel: Channel, found: set[Line], seen: set[str]) -> None:
    """Whose sound is sent to a channel."""
    if channel.id in seen or "out" in channel.muted:
        return
    seen.add(channel.id)
    bridge = channel.bridge
    speakers = [m for m in bridge.members if bridge.hears(channel, m)] if bridge else []
    for speaker in speakers:
        enters(speaker, found, seen)
        whispered(speaker, "in", found, seen)


def enters(channel: Channel, found: set[Line], seen: set[str]) -> None:
    """Whose sound comes into a channel from its far end, or from whom it spies on."""
    if "in" in channel.muted:
        return
    far = channel.far
    if isinstance(far, Line):
        if not far.on_hold:
            found.add(far)
    elif isinstance(far, Half):
        leaves(far.other, found, seen)
        whispered(far.other, "out", found, seen)
    elif channel.spies is not None:
        spied, ways = channel.spies
        if ways in ("in", "both"):
            enters(spied, found, seen)
        if ways in ("out", "both"):
            leaves(spied, found, seen)


def whispered(channel: Channel, way: str, found: set[Line], seen: set[str]) -> None:
    """What snoop channels add to a channel's sound, on its way out or in."""
    for each in channel.snooped:
        if each.whispers is not None and each.whispers[1] in (way, "both"):
            leaves(each, found, seen)
