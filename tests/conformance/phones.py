"""Telephones of a scenario: people who call, answer and transfer, on a real server by SIP.

`handset` has those of a real Asterisk; those of the simulator are here.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Protocol

from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from stasis.testing.simulator.phone import Phone as Bell

__all__ = ["HANDSET", "OfMachine", "Phone", "Talk"]

# The endpoint that all of them use. It is nobody's address.
HANDSET = "handset"
SECONDS = 10.0


class Talk(Protocol):
    """One call of a phone."""

    async def talks(self) -> None:
        """Wait until it is answered."""
        ...

    async def answers(self) -> None:
        """Pick up."""
        ...

    async def transfers(self, exten: str) -> int:
        """Send the other side to an extension. Returns the SIP status of what came of it."""
        ...

    async def transfers_to(self, other: Any) -> int:
        """Connect the other side with that of another call of the phone. Returns the SIP status."""
        ...

    async def hangs_up(self) -> None:
        """Hang up; a call that is over is no error."""
        ...


class Phone(Protocol):
    """A telephone."""

    @property
    def endpoint(self) -> str:
        """How ARI calls it."""
        ...

    async def calls(self, exten: str) -> Talk:
        """Call an extension of the suite's context; it may not be answered yet."""
        ...

    async def rings(self) -> Talk:
        """Wait until it is called."""
        ...

    async def close(self) -> None:
        """Hang up all its calls."""
        ...


class Simulated:
    """One call of a simulated phone. line: its end of it."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def talks(self) -> None:
        """Wait until it is answered."""
        assert await self.line.channel.machine.until(self.answered, SECONDS)

    def answered(self) -> bool:
        """Whether it is answered."""
        return self.line.channel.state == "Up"

    async def answers(self) -> None:
        """Pick up."""
        self.line.pick_up()

    async def transfers(self, exten: str) -> int:
        """Send the other side to an extension. Returns the SIP status of what came of it."""
        return await self.line.transfer(exten)

    async def transfers_to(self, other: Simulated) -> int:
        """Connect the other side with that of another call. Returns the SIP status."""
        return await self.line.transfer_to(other.line)

    async def hangs_up(self) -> None:
        """Hang up."""
        if self.line.ended is None:
            self.line.hang_up()


class OfMachine:
    """A simulated phone. shown: as the caller's name. context: where it calls."""

    def __init__(self, machine: Machine, shown: str, context: str) -> None:
        self._machine = machine
        self._shown = shown
        self._context = context
        self._talks: list[Simulated] = []
        self._rung: asyncio.Queue[Simulated] = asyncio.Queue()
        self._bell = Bell(f"PJSIP/{HANDSET}/sip:{HANDSET}@127.0.0.1:{secrets.randbelow(2**32)}")
        self._bell.on_call.append(self._called)
        machine.phones[self._bell.name] = self._bell

    @property
    def endpoint(self) -> str:
        """How ARI calls it."""
        return self._bell.name

    async def calls(self, exten: str) -> Simulated:
        """Call an extension."""
        line = Line.incoming(self._machine, HANDSET, (self._context, exten, 1))
        line.channel.caller = (self._shown, HANDSET)
        line.channel.tell("ChannelCreated")
        line.channel.start(run_dialplan(line.channel))
        talk = Simulated(line)
        self._talks.append(talk)
        return talk

    async def rings(self) -> Simulated:
        """Wait until it is called."""
        async with asyncio.timeout(SECONDS):
            return await self._rung.get()

    def _called(self, line: Line) -> None:
        line.context = self._context
        talk = Simulated(line)
        self._talks.append(talk)
        self._rung.put_nowait(talk)

    async def close(self) -> None:
        """Hang up all its calls."""
        for talk in self._talks:
            await talk.hangs_up()
        del self._machine.phones[self._bell.name]
