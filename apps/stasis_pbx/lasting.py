"""What lasts as long as the program: call records are written, failed log-ins counted and logged.

Rules: each Asterisk has its own; one that cannot be reached is tried again and holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from stasis import Link
from stasis.ami import AmiError
from stasis.pbx import CdrWriter, Pbx, PbxError

__all__ = ["Lasting"]

log = structlog.get_logger("stasis_pbx")

# How often it is looked for an Asterisk that has come, and before one that failed is tried again.
LOOK_SECONDS = 5.0
AGAIN_SECONDS = 15.0


class Lasting:
    """Background work. links: to all Asterisks, as they are now. pbx: one of them by its name.

    security: whether failed log-ins are watched.
    """

    def __init__(
        self, links: Callable[[], Mapping[str, Link]], pbx: Callable[[str], Pbx], *, security: bool
    ) -> None:
        self._links = links
        self._pbx = pbx
        self._security = security

    async def run(self) -> None:
        """Work, until cancelled."""
        begun: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                for name, link in self._links().items():
                    if name in begun:
                        continue
                    begun.add(name)
                    cdr = link.config.asterisk.cdr
                    if cdr.database.reveal() and cdr.write:
                        group.create_task(lasting(name, "call records", self._write))
                    if self._security:
                        group.create_task(lasting(name, "failed log-ins", self._watch))
                await asyncio.sleep(LOOK_SECONDS)

    async def _write(self, name: str) -> None:
        """Write call records."""
        ways = self._pbx(name).ways
        await CdrWriter(await ways.ami(), ways.config.cdr).run()

    async def _watch(self, name: str) -> None:
        """Count failed log-ins, and write the log that fail2ban reads."""
        meter = self._links()[name].meter
        async with await self._pbx(name).security.watch(server=name, meter=meter) as watching:
            await watching.finished()


async def lasting(name: str, what: str, work: Callable[[str], Awaitable[None]]) -> None:
    """Work for ever, whatever fails. what: for the log."""
    while True:
        try:
            await work(name)
        except (PbxError, AmiError) as error:
            log.error(f"{what} are not written", server=name, reason=str(error))
        await asyncio.sleep(AGAIN_SECONDS)
