"""A script at work on one call: its end, its failure, and what the call does then."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal, TypeAlias

import structlog

from stasis.agi.agi import Agi, Script
from stasis.agi.errors import ProtocolError
from stasis.agi.stream import Stream
from stasis.body import Body
from stasis.errors import ChannelGone, StasisError

__all__ = ["FAILING", "OnError", "Session"]

log = structlog.get_logger("stasis.agi")

OnError: TypeAlias = Literal["continue", "hangup"]

# What makes AGISTATUS FAILURE: a command that fails quietly, and changes nothing. Closing the
# connection is a success to Asterisk, however the script has ended.
FAILING = ("GOSUB", "stasis-agi-script-failed", "s", "1")
# How long Asterisk may take to hear that a script has failed.
TELL_SECONDS = 2.0


class Session:
    """Runs a script. For each way that commands travel the same.

    agi: the call. script: what runs. on_error: where the call goes when the script raises: on in
    the dialplan, where AGISTATUS is FAILURE, or it is hung up. farewell: a command at the end of a
    call that lives, as AsyncAGI needs `ASYNCAGI BREAK`.
    """

    def __init__(
        self,
        agi: Agi,
        script: Script,
        *,
        on_error: OnError = "continue",
        farewell: str = "",
    ) -> None:
        self.agi = agi
        self.on_error = on_error
        self.farewell = farewell

        async def run() -> None:
            await script(agi)

        self._body = Body(run(), name=f"agi {agi.channel_id} {agi.environment.script}")

    def hung_up(self, reason: str = "hung up") -> None:
        """The channel is gone: ChannelGone is raised in the script, once."""
        if self.agi.gone is None:
            self._body.interrupt(self.agi.lose(reason))

    def interrupt(self, error: StasisError) -> None:
        """Raise an error in the script, at the await where it stands."""
        self._body.interrupt(error)

    async def listen(self, stream: Stream, idle_timeout: float | None) -> None:
        """Read a stream for the script: what ends it from outside is raised in it.

        idle_timeout: seconds without a byte in either direction; None for ever.
        """
        try:
            await stream.read(self.hung_up, idle_timeout, self.interrupt)
            self.hung_up("Asterisk has closed the connection")
        except ProtocolError as error:
            self.interrupt(error)

    async def leave(self, seconds: float) -> None:
        """End the script: cancel it, and wait so long for its own cleanup."""
        if not await self._body.leave(seconds):
            log.error("a script does not end when it is cancelled", **self._facts)

    async def run(self) -> bool:
        """Run the script to its end. Returns False when it has failed, or was ended by `leave`.

        A caller who hangs up is no failure. What the script raises is logged, and no more.
        """
        task = self._body.task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            await self._body.leave(0)
            raise
        error = None if task.cancelled() else task.exception()
        over = isinstance(error, ChannelGone) and self.agi.gone is not None
        good = over or (error is None and not task.cancelled())
        if error is not None and not over:
            log.error("a script has failed", exc_info=error, **self._facts)
        if self.agi.gone is None:
            await self._after(good)
        return good

    @property
    def _facts(self) -> dict[str, str]:
        """For the log."""
        environment = self.agi.environment
        return {"channel": environment.channel_id, "script": environment.script}

    async def _after(self, good: bool) -> None:
        """The call goes on; after a failure where `on_error` says."""
        with suppress(StasisError, TimeoutError):
            async with asyncio.timeout(TELL_SECONDS):
                if not good and self.on_error == "hangup":
                    await self.agi.hangup()
                elif not good:
                    await self.agi.command(*FAILING)
                if self.farewell:
                    await self.agi.command(self.farewell)
