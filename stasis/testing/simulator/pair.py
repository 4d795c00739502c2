"""A Local channel: two halves, each the far end of the other."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine

__all__ = ["Half", "pair"]


class Half:
    """What a half's other half is to it. other: that half."""

    def __init__(self, other: Channel) -> None:
        self.other = other

    def answered(self) -> None:
        """Our half has answered: whoever dials the other one is told, and we, who is there."""
        self.other.news("ANSWER")
        self.other.introduce()

    def indicated(self, what: str) -> None:
        """Our half rings, or the like."""
        self.other.news(what)

    def digit(self, digit: str, duration: int) -> None:
        """A digit comes out of the other half."""
        self.other.receive(digit, duration)

    def heard(self, what: str) -> None:
        """Sound comes out of the other half."""
        self.other.speak(what)

    def connected(self, name: str, number: str) -> None:
        """Who is connected to our half is who calls the other, once that one is up."""
        if self.other.state == "Up":
            self.other.set_caller(name, number)

    def hung_up(self, cause: int) -> None:
        """Our half is gone, and so is the other one."""
        self.other.queue_hangup(cause)


def pair(machine: Machine, dialled: str, one: str, two: str) -> tuple[Channel, Channel]:
    """Make `Local/EXTEN@CONTEXT` of two halves with these ids. The second has no thread yet.

    dialled: what follows `Local/`, such as `8000@default/n`.
    """
    place = dialled.split("/")[0]
    exten, _, context = place.partition("@")
    context = context or "default"
    name = f"Local/{exten}@{context}-{machine.number():08x}"
    first = Channel(machine, one, f"{name};1", "Down", (context, exten, 1))
    second = Channel(machine, two, f"{name};2", "Ring", (context, exten, 1))
    first.far, second.far = Half(second), Half(first)
    first.linked = second.linked = one
    first.tell("ChannelCreated")
    second.tell("ChannelCreated")
    return first, second
