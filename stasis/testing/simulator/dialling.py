"""Calling out: a channel is made, its far end is called, and its progress is told.

Rules: making one tells nothing of what comes of it; whoever makes it then calls it. What the far
end does comes in as news, and goes out as events `Dial` and changes of state.
"""

from __future__ import annotations

import asyncio
from typing import Any

from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.control import stasis
from stasis.testing.simulator.expand import split_arguments
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.pair import Half, pair

__all__ = ["Dialling", "Unreachable", "in_application", "make", "originated"]


# Of the phones that there can be.
TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "DAHDI", "MGCP", "SCCP", "Motif", "Console")
# How an attempt ended, by the cause of its end.
STATUSES = {17: "BUSY", 34: "CONGESTION"}


class Unreachable(Exception):
    """There is no way to that endpoint."""


class Dialling:
    """One attempt to call a channel's far end.

    caller: the channel that calls, if one does. settled: ANSWER, or why it came to nothing.
    """

    def __init__(self, channel: Channel, dialstring: str, *, repeats: bool) -> None:
        self.channel = channel
        self.caller: Channel | None = None
        self.settled: asyncio.Future[str] = channel.machine.loop.create_future()
        self._dialstring = dialstring
        self._repeats = repeats
        self._first = True

    def begin(self) -> None:
        """Call the far end."""
        channel = self.channel
        channel.dialling = self
        far = channel.far
        if isinstance(far, Half):
            second = far.other
            if not channel.machine.plan.exists(second.context, second.exten, 1):
                # Nobody hears of a far end that never was.
                second.far = None
                second.destroy()
                self._settle("NONE")
                return
            # Local takes all variables over, inherited or not.
            for name, value in channel.variables.items():
                second.set_variable(name, value)
            # Who calls one half is who the other is connected to.
            second.set_caller(*channel.connected)
            second.set_connected(*channel.caller)
            self._tell("")
            second.start(run_dialplan(second))
            return
        self._tell("")
        if channel.dials is not None:
            channel.dials.called(channel)

    def _tell(self, status: str) -> None:
        fields: dict[str, Any] = {
            "dialstatus": status,
            "forward": "",
            "dialstring": self._dialstring if self._first or self._repeats else "",
            "peer": self.channel.json(),
        }
        self._first = False
        topics = [self.channel.topic]
        if self.caller is not None and not self.caller.gone:
            fields["caller"] = self.caller.json()
            topics.append(self.caller.topic)
        self.channel.machine.bus.publish("Dial", fields, *topics)

    def news(self, what: str) -> None:
        """The far end has done something."""
        if self.settled.done():
            return
        match what:
            case "RINGING":
                self.channel.become("Ringing")
                self._tell("RINGING")
            case "PROGRESS":
                self._tell("PROGRESS")
            case "ANSWER":
                self.channel.become("Up")
                self._tell("ANSWER")
                self._settle("ANSWER")
            case "BUSY" | "CONGESTION":
                self._tell(what)
                self._settle(what)

    def refused(self, cause: int) -> None:
        """The far end has hung up before anybody answered."""
        if self.settled.done():
            return
        if cause and self._repeats:
            self._tell(STATUSES.get(cause, "NOANSWER"))
        elif cause and self.channel.machine.version.major > 18:
            self.channel.cause = 16
        self._settle(f"HANGUP {cause}")

    def _settle(self, how: str) -> None:
        self.channel.dialling = None
        if not self.settled.done():
            self.settled.set_result(how)


def make(machine: Machine, endpoint: str, one: str, two: str) -> tuple[Channel, str]:
    """Make a channel to an endpoint such as `Local/8000@default` or `PJSIP/alice`.

    one, two: ids; two is for a Local channel's other half. Returns it, and what is dialled.

    Raises Unreachable.
    """
    technology, _, dialled = endpoint.partition("/")
    if technology == "Local":
        channel, _ = pair(machine, dialled, one, two)
        return channel, dialled
    if technology not in TECHNOLOGIES:
        raise Unreachable(endpoint)
    phone = machine.phones.get(endpoint) or machine.new_phone(endpoint)
    if phone is None or phone.behaviour == "unreachable":
        raise Unreachable(endpoint)
    name = f"{technology}/{phone.resource.partition('/')[0]}-{machine.number():08x}"
    channel = Channel(machine, one, name, "Down", ("default", "s", 1))
    channel.dials = phone
    channel.tell("ChannelCreated")
    return channel, dialled


async def originated(
    channel: Channel,
    dialling: Dialling,
    seconds: float,
    app: tuple[str, str] | None,
    place: tuple[str, str, int],
) -> None:
    """The thread of an originated channel: call, and once answered go into the application, or
    into the dialplan. app: its name, and its arguments as they were given. place: context,
    extension and priority.
    """
    dialling.begin()
    if not await channel.wait(seconds if seconds > 0 else None, dialling.settled):
        dialling.refused(0)
        channel.cause = 19 if channel.machine.version.major > 18 else 0
        return
    if dialling.settled.result() != "ANSWER":
        return
    if app is None:
        channel.context, channel.exten, channel.priority = place
        try:
            await run_dialplan(channel)
        finally:
            channel.app_name, channel.app_data = "AppDial2", "(Outgoing Line)"
        return
    name, data = app
    channel.app_name, channel.app_data = "Stasis", f"{name},{data}" if data else name
    await in_application(channel, name, split_arguments(data))
    channel.app_name, channel.app_data = "AppDial2", "(Outgoing Line)"


async def in_application(channel: Channel, name: str, args: list[str]) -> None:
    """The thread of a channel that was called for an application: its stay, and what follows.

    It has not been in the dialplan before: told to go on without a place, it goes to the priority
    behind its own.
    """
    try:
        if not await stasis(channel, name, args, tells=False):
            if channel.variables["STASISSTATUS"] == "FAILED":
                return
            channel.priority += 1
        await run_dialplan(channel, inner=True)
    except HungUp:
        pass
    finally:
        if channel.variables["STASISSTATUS"] != "FAILED":
            channel.set_variable("STASISSTATUS", "SUCCESS")
