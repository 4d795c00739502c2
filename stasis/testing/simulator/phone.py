"""Phones: what is at the far end of a channel that leads out of the server.

A phone is told to ring, and does what its script says: answer after so many seconds, be busy,
never answer. What it hears and presses is between it and its channel. What it asks the server for,
a transfer, it is told the outcome of; hanging up then is its own affair.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal, TypeAlias

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.referral import Referral
from stasis.testing.simulator.transfer import attended, blind

__all__ = ["Behaviour", "Line", "Phone"]

Behaviour: TypeAlias = Literal[
    "rings", "early", "answers", "busy", "declines", "unreachable", "silent"
]
"""What a phone does when it is called.

rings: until somebody picks it up (`Callee.answers`). early: the same, with sound of its own instead
of ringing. answers: after its seconds. busy, declines: at once. silent: not even a ringing tone.
unreachable: nothing is registered there, so that Asterisk finds no way to it.
"""
# Ways to handle a REFER came with these.
HANDLING = ("20.13", "22.3")


class Phone:
    """An endpoint. name: as it is dialled, such as `PJSIP/alice`. seconds: until it answers.

    early: it sends early media (183) instead of ringing. lines: its calls, the latest last.
    """

    def __init__(self, name: str, behaviour: Behaviour = "rings", seconds: float = 0.0) -> None:
        self.name = name
        self.behaviour: Behaviour = behaviour
        self.seconds = seconds
        self.early = False
        self.lines: list[Line] = []
        self.on_call: list[Callable[[Line], None]] = []

    @property
    def technology(self) -> str:
        """`PJSIP` of `PJSIP/alice`."""
        return self.name.partition("/")[0]

    @property
    def resource(self) -> str:
        """`alice` of `PJSIP/alice`."""
        return self.name.partition("/")[2]

    def called(self, channel: Channel) -> None:
        """Asterisk calls the phone: it does what its script says."""
        channel.protocol_id = call_id(channel.id)
        line = Line(channel)
        channel.far = line
        self.lines.append(line)
        for told in self.on_call:
            told(line)
        tells = channel.news
        match self.behaviour:
            case "busy":
                line.hang_up(17)
            case "declines":
                line.hang_up(21)
            case "silent":
                pass
            case _:
                early = self.early or self.behaviour == "early"
                tells("PROGRESS" if early else "RINGING")
                if self.behaviour == "answers":
                    channel.machine.later(self.seconds, line.pick_up)


def call_id(channel_id: str) -> str:
    """What SIP calls the call of a channel."""
    return uuid.uuid5(uuid.NAMESPACE_OID, channel_id).hex[:16]


class Line:
    """A phone's end of one channel. heard: what was played to it, in order.

    listeners: told at once what it hears. ended: the cause of its end, or None. told: what
    Asterisk indicates, such as RINGING, ANSWER, HOLD. context: where in the dialplan its transfers
    go.
    """

    def __init__(self, channel: Channel, context: str = "default") -> None:
        self.channel = channel
        self.context = context
        self.heard_all: list[str] = []
        self.listeners: list[Callable[[str], None]] = []
        self.told: list[str] = []
        self.digits: list[str] = []
        self.ended: int | None = None
        self.on_hold = False

    @classmethod
    def incoming(cls, machine: Machine, number: str, place: tuple[str, str, int]) -> Line:
        """A phone calls the server. number: who it is. place: where in the dialplan."""
        name = f"PJSIP/{number}-{machine.number():08x}"
        channel = Channel(machine, machine.new_id(), name, "Ring", place)
        channel.protocol_id = call_id(channel.id)
        channel.far = cls(channel, place[0])
        return channel.far

    def pick_up(self) -> None:
        """The phone answers."""
        if self.ended is None:
            self.channel.news("ANSWER")

    def hang_up(self, cause: int = 16) -> None:
        """The phone hangs up, or refuses."""
        self.channel.queue_hangup(cause)

    def hold(self, on: bool) -> None:
        """The phone puts the call on hold, or takes it off."""
        if self.ended is not None or on == self.on_hold:
            return
        self.on_hold = on
        self.channel.held = on and not self.channel.intercepts_hold
        self.channel.tell("ChannelHold" if on else "ChannelUnhold")

    async def transfer(self, exten: str) -> int:
        """The phone sends the other side to an extension (REFER). Returns the SIP status that it is
        told: 200, 404 for an extension that is not there, 400 when there is no other side.
        """
        if self.leaves_it:
            return await Referral(self.channel, exten).outcome
        self.on_hold = self.channel.held = False
        context = self.channel.variables.get("TRANSFER_CONTEXT", self.context)
        return await blind(self.channel, exten, context)

    async def transfer_to(self, other: Line) -> int:
        """The phone connects the other side with that of another of its calls (REFER with
        Replaces). Returns the SIP status that it is told.
        """
        if self.leaves_it:
            return await Referral(self.channel, other=other.channel).outcome
        for line in (self, other):
            line.on_hold = line.channel.held = False
        return await attended(self.channel, other.channel)

    @property
    def leaves_it(self) -> bool:
        """Whether transfers are left to the application."""
        channel = self.channel
        return channel.transfer_handling == "ari-only" and channel.machine.has(*HANDLING)

    def speak(self, seconds: float) -> None:
        """Somebody speaks into it for so long."""
        if self.ended is None and not self.on_hold:
            self.channel.speak(f"voice:{seconds:g}")

    # As the far end of its channel

    def answered(self) -> None:
        """Asterisk has answered."""
        self._note("ANSWER")

    def indicated(self, what: str) -> None:
        """Asterisk tells something."""
        self._note(what)

    def digit(self, digit: str, duration: int) -> None:
        """Asterisk sends a digit."""
        self.digits.append(digit)
        self.heard_all.append(f"digit:{digit}")
        self._note(f"digit:{digit}")

    def heard(self, what: str) -> None:
        """Something is to be heard. A voice is no medium; a phone on hold plays nothing."""
        if self.on_hold or what.startswith("voice:"):
            return
        self.heard_all.append(what)
        self._note(what)

    def connected(self, name: str, number: str) -> None:
        """Asterisk says who is at the other end."""

    def hung_up(self, cause: int) -> None:
        """Asterisk has hung up."""
        self.ended = cause
        self._note(f"ENDED {cause}")

    def _note(self, what: str) -> None:
        if what.isupper() or what.startswith(("ENDED", "digit:")):
            self.told.append(what)
        for listener in list(self.listeners):
            listener(what)
        self.channel.machine.changed()
