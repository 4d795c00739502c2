"""What is done to a server from outside ARI: it is started again, its channels are sent elsewhere.

A scenario asks its `Place` for it; what a server does not offer, no scenario asks it for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from stasis.lab.lab import Lab
from stasis.testing.simulator.machine import Machine
from tests.conformance.handset import Handset
from tests.conformance.phones import HANDSET, Phone
from tests.conformance.phones import OfMachine as Simulated

__all__ = ["OFLAB", "OFMACHINE", "OfLab", "OfMachine", "Outside"]

# What each offers, see `Scenario`.
OFLAB = frozenset(
    {"cli", "restart", "redirect", "ami", "outbound", "modules", "logging", "sorcery", "phones"}
)
OFMACHINE = frozenset(
    {"restart", "redirect", "modules", "logging", "sorcery", "mailboxes", "phones"}
)


class Outside(Protocol):
    """The ways to a server beside ARI."""

    async def restart(self) -> None:
        """Stop it and start it again; returns once it answers."""
        ...

    async def redirect(self, channel: str, context: str, exten: str, priority: int) -> None:
        """Take a channel, by its name, away from what it does: what AMI's Redirect does."""
        ...

    async def cli(self, line: str) -> str:
        """A command on Asterisk's own command line."""
        ...

    async def phone(self, shown: str, context: str) -> Phone:
        """A telephone. shown: as the caller's name. context: where its endpoint calls."""
        ...


class OfLab:
    """Those of a real Asterisk."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    async def restart(self) -> None:
        """Stop Asterisk and start it again."""
        await asyncio.to_thread(self.lab.restart)

    async def redirect(self, channel: str, context: str, exten: str, priority: int) -> None:
        """By the command line."""
        told = await self.cli(f"channel redirect {channel} {context},{exten},{priority}")
        assert "successfully" in told, told

    async def cli(self, line: str) -> str:
        """A command on Asterisk's own command line."""
        return await asyncio.to_thread(self.lab.cli, line)

    async def phone(self, shown: str, context: str) -> Phone:
        """One that speaks SIP."""
        return await Handset.start(HANDSET, shown, self.lab.ports.sip)


class OfMachine:
    """Those of the simulator. stop: what cuts its clients off when it stops."""

    def __init__(self, machine: Machine, stop: Callable[[], Awaitable[None]]) -> None:
        self._machine = machine
        self._stop = stop

    async def restart(self) -> None:
        """All that lives on it goes, then its clients' connections."""
        await asyncio.sleep(0.05)  # a start is later than the one before
        await self._machine.restart()
        await self._stop()

    async def redirect(self, channel: str, context: str, exten: str, priority: int) -> None:
        """Send a channel elsewhere."""
        (found,) = [each for each in self._machine.channels.values() if each.name == channel]
        found.redirect(context, exten, priority)

    async def cli(self, line: str) -> str:
        """It has no command line."""
        raise NotImplementedError(line)

    async def phone(self, shown: str, context: str) -> Phone:
        """A simulated one."""
        return Simulated(self._machine, shown, context)
