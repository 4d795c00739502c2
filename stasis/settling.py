"""Settling: what is done beside the reader after every connect, until the link is ready.

Then, as long as that socket is open, it is watched whether events still reach us.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from stasis.errors import AriError, Forbidden, OutcomeUnknown, Unauthorized
from stasis.program import Program
from stasis.runner import Runner
from stasis.transport.frames import Opened

if TYPE_CHECKING:
    from stasis.link import Link

__all__ = ["Settling"]

log = structlog.get_logger("stasis.settling")


class Settling:
    """Of one link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def begin(self, opened: Opened) -> None:
        """A socket is open."""
        self._link.calls.adoption.settling = True
        self._task = self._link._spawn(self._settle(opened), name="stasis settle")

    def again(self, opened: Opened) -> None:
        """While the socket stays open: another application has come, or events may not reach us."""
        if self._task is not None and not self._task.done():
            return  # it looks by itself, and its fences prove that events reach us
        self.begin(opened)

    def cancel(self) -> None:
        """Go no further."""
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        """The socket is lost, or somebody else's."""
        self.cancel()
        if self._watching is not None:
            self._watching.cancel()

    async def _settle(self, opened: Opened) -> None:
        """After every connect: tell Asterisk what we need, and see what became of our calls."""
        link = self._link
        first = link.state.value in ("connecting", "standby")
        running = set(link.runners)
        try:
            known: dict[str, Program] | None = None
            while known != link.apps and link._opened is opened:
                link.calls.adoption.settling = True
                known = await link._recovery.settle(lambda: link.apps)
        except AriError as error:
            if first and isinstance(error, (Forbidden, Unauthorized)):
                link._failed = error  # trying again will not mend it
            if link._opened is opened:
                log.warning("the applications could not be set up; reconnecting", error=str(error))
                await opened.close()
            return
        except Exception as error:
            log.error("could not settle; please report this", exc_info=error)
            await opened.close()
            return
        if link._opened is not opened:
            return
        self._ready(opened, running)

    def _ready(self, opened: Opened, running: set[Runner]) -> None:
        """All is compared. running: the calls that ran before."""
        link = self._link
        link.router.hearing.regain()
        gap = link._gaps.end()
        link.meter.ready(gap.seconds if gap is not None else None)
        link.state.set("ready")
        log.info("ready", apps=list(link.apps), calls=len(link.runners))
        for look in link._placements.looks():
            link._spawn(look, name="stasis placed")
        if gap is not None:
            link._gaps.tell(gap, running)
        if self._watching is not None:
            self._watching.cancel()
        self._watching = link._spawn(self._watch(opened), name="stasis watch")
        link._tenure.begin(link._to_lease())

    async def _watch(self, opened: Opened) -> None:
        """While this socket is open: close it when events do not reach us any more."""
        link = self._link
        try:
            await link._recovery.watch(lambda: link.apps)
        except OutcomeUnknown as error:
            log.error("no events reach us; reconnecting", error=error.reason)
            await opened.close()
