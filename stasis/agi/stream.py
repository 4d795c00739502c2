"""AGI over a pair of byte streams: a socket of FastAGI, or the pipes of plain AGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stasis.agi.environment import Environment
from stasis.agi.errors import ProtocolError
from stasis.agi.protocol import HungUp, Limits, Protocol, Text
from stasis.errors import ChannelGone, WaitTimeout

__all__ = ["Stream"]

CHUNK = 65_536


class Stream:
    """A transport over streams. `begin` it, then `read` it while commands are sent.

    reader, write: from Asterisk, and to it. One command is on its way at a time, and short: a
    write need not wait. environment: what Asterisk has said first. limit: bytes that a command's
    line may have.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        write: Callable[[bytes], object],
        limits: Limits | None = None,
    ) -> None:
        self._reader = reader
        self._write = write
        self._protocol = Protocol(limits)
        self._turn = asyncio.Lock()
        self._reply: asyncio.Future[str] | None = None
        self._closed = ""
        self._last = asyncio.get_running_loop().time()
        self.environment = Environment()
        self.limit = self.environment.limit

    async def begin(self) -> Environment | None:
        """Read the environment; None when the peer closes before its end. Raises ProtocolError."""
        while data := await self._reader.read(CHUNK):
            for item in self._protocol.feed(data):
                # What could follow it now is HANGUP alone, and that is told again by 511.
                if isinstance(item, Environment):
                    self.environment, self.limit = item, item.limit
            if self._protocol.begun:
                return self.environment
        return None

    async def read(
        self,
        hung_up: Callable[[], None],
        idle: float | None = None,
        idled: Callable[[WaitTimeout], None] | None = None,
    ) -> None:
        """Bring replies to who waits for them, until the peer closes.

        hung_up: called when Asterisk says so. idle: seconds without a byte in either direction,
        after which `idled` is called, once.

        Raises ProtocolError.
        """
        try:
            while True:
                try:
                    data = await self._some(idle)
                except WaitTimeout as error:
                    idle = None
                    if idled is not None:
                        idled(error)
                    continue
                if not data:
                    break
                for item in self._protocol.feed(data):
                    if isinstance(item, HungUp):
                        hung_up()
                    elif isinstance(item, Text) and self._reply and not self._reply.done():
                        self._reply.set_result(item.text)
        except ProtocolError as error:
            self.close(str(error))
            raise
        self.close("Asterisk has closed the connection")

    async def _some(self, idle: float | None) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(self._last + idle if idle else None):
                    data = await self._reader.read(CHUNK)
            except TimeoutError:
                if idle and loop.time() - self._last >= idle:
                    raise WaitTimeout("a command of the script, or its reply", idle) from None
                continue
            except OSError:
                return b""
            self._last = loop.time()
            return data

    async def send(self, line: str) -> str:
        """See `Transport.send`."""
        async with self._turn:
            # One that was cancelled is still running there: its reply comes first.
            if self._reply is not None and not self._reply.done():
                await asyncio.wait({self._reply})
            if self._closed:
                raise ChannelGone(self.environment.channel_id, self._closed)
            reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._reply = reply
            self._protocol.asked(line)
            self._last = asyncio.get_running_loop().time()
            try:
                self._write(line.encode() + b"\n")
            except OSError:
                self.close("Asterisk has closed the connection")
            await asyncio.wait({reply})
        if reply.cancelled():
            raise ChannelGone(self.environment.channel_id, self._closed)
        return reply.result()

    def close(self, reason: str) -> None:
        """No reply will come any more: who waits for one is told."""
        self._closed = self._closed or reason
        if self._reply is not None:
            self._reply.cancel()
