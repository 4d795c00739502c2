"""A message to a typed event. Nothing that arrives raises."""

from __future__ import annotations

from stasis.ami.event import AmiEvent
from stasis.ami.events import EVENTS
from stasis.ami.message import Message
from stasis.ami.typed import fill

__all__ = ["decode"]


def decode(message: Message) -> AmiEvent:
    """The event in a message. An unknown kind is a plain `AmiEvent`."""
    return fill(EVENTS.get(message.get("Event"), AmiEvent), message, frame=message.frame)
