"""One open WebSocket that we have dialled: its frames, its life, its end.

It is alive as long as anything comes, be it a frame or a pong: behind a burst a pong stands last.
Nobody is declared dead while its reader is busy elsewhere, or before all that waits is read.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from struct import pack
from typing import TYPE_CHECKING, Any, Literal, cast

import aiohttp
from aiohttp import ClientWebSocketResponse, WebSocketError, WSMsgType

from stasis.config import AsteriskConfig
from stasis.transport.frames import Take

if TYPE_CHECKING:
    from stasis.transport.pushed import PushedSocket

__all__ = ["CLOSE_SECONDS", "Connection"]

TEXT = WSMsgType.TEXT
BINARY = WSMsgType.BINARY
# How long the other side may take to answer our close.
CLOSE_SECONDS = 0.25
# A loop that stood still has this long to read what has come meanwhile.
GRACE_SECONDS = 0.1
BROKE = "the connection broke without a close"


class Connection:
    """An open WebSocket, kept alive by pings. One task reads; any may write and close.

    session: closed with it, so it is used for nothing else. socket: it must leave pings, pongs and
    closes to us. transport: beneath it. config: `ping_interval` and `ping_timeout`, in seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: PushedSocket | ClientWebSocketResponse[Literal[False]],
        transport: asyncio.WriteTransport,
        config: AsteriskConfig,
    ) -> None:
        self._session = session
        self._socket = socket
        self._receive = socket.receive
        self._pushed = cast("PushedSocket", socket) if hasattr(socket, "push") else None
        self._transport = transport
        self._config = config
        self._why = ""
        self._code = 1000
        self._asked: asyncio.Event | None = None
        self._busy = True  # until somebody reads
        self._over = False
        self._left: asyncio.TimerHandle | None = None
        self._pings = asyncio.create_task(self._ping(), name="pings")

    async def receive(self) -> bytes:
        """The next frame, text or binary, its bytes as they came.

        Raises ConnectionResetError, with who closed it and why, when no more will come.
        """
        while True:
            self._busy = False
            kind, data, more = await self._receive()
            if self._asked is not None:
                self._asked.set()
                self._asked = None
            if kind is TEXT or kind is BINARY:
                self._busy = True
                if self._pushed is not None:
                    self._pushed.received()
                return data  # type: ignore[no-any-return]
            await self._control(kind, data, more)

    def push(self, take: Take) -> bool:
        """Give each frame to a function as it comes, and not to who waits in `receive`.

        take: as of `Opened.push`. Returns whether that is possible; if not, `receive` has them all.
        """
        if self._pushed is None:
            return False
        self._pushed.push(take)
        return True

    async def write(self, text: str) -> None:
        """Write one text frame. Raises ConnectionResetError when it is closed."""
        try:
            if not self._why:
                return await self._socket.send_str(text)
        except ConnectionError:
            pass
        raise ConnectionResetError(self._why or BROKE)

    async def close(self) -> None:
        """Say goodbye. Who reads is told of the end, at the latest after CLOSE_SECONDS."""
        if self._left is not None:
            return
        self._left = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)
        self._pings.cancel()
        self._why = self._why or f"we closed the socket: {self._code}"
        with suppress(ConnectionError):
            await self._socket.send_frame(pack("!H", self._code), WSMsgType.CLOSE)

    async def end(self) -> None:
        """Close it when nobody reads any more, and leave nothing open. What still comes is lost."""
        if self._pushed is not None:
            self._pushed.push(None)
        try:
            await self.close()
            # Read to the end: Asterisk gets no reset for what it sends before it hears of ours.
            while not self._over:
                with suppress(ConnectionResetError):
                    await self.receive()
        finally:
            # What still waits to be written to a dead connection would hold it for ever.
            self._transport.abort()
            if self._left is not None:
                self._left.cancel()
            # Its pings last: who is cancelled while it waits for them has closed all the same.
            await self._socket.close()
            await self._session.close()
            await asyncio.wait([self._pings])

    async def _control(self, kind: WSMsgType, data: Any, more: str | None) -> None:
        """Answer a ping. Raises ConnectionResetError for what ends the connection, or what the
        function that frames are pushed to has raised.
        """
        if kind is WSMsgType.PING:
            with suppress(ConnectionError):  # then the next one is its end
                await self._socket.pong(data)
            return
        if kind is WSMsgType.PONG:
            return
        self._over = True
        if self._pushed is not None and self._pushed.fault is not None:
            raise self._pushed.fault  # it is who reads that has to know
        self._why = self._why or self._ended(kind, data, more)
        raise ConnectionResetError(self._why)

    def _ended(self, kind: WSMsgType, data: Any, more: str | None) -> str:
        """What ended it, in words."""
        if kind is WSMsgType.CLOSE:
            self._code = data or 1000  # the answer has the same
            return f"Asterisk closed the socket: {data or 1005} {more or ''}".rstrip()
        if kind is WSMsgType.ERROR and isinstance(data, WebSocketError):
            return f"we closed the socket: {data.code} {data}"
        return BROKE

    async def _ping(self) -> None:
        """Ask every `ping_interval` whether it lives; if nothing comes in time, drop it."""
        interval, timeout = self._config.ping_interval, self._config.ping_timeout
        with suppress(ConnectionError):  # whoever reads is told of its end
            while True:
                await asyncio.sleep(interval)
                self._asked = asked = asyncio.Event()
                if self._pushed is not None:
                    self._pushed.listen(asked.set)
                try:
                    async with asyncio.timeout(timeout):
                        await self._socket.ping()
                        await asked.wait()
                except TimeoutError:
                    await asyncio.sleep(GRACE_SECONDS)
                    if not (asked.is_set() or self._busy):
                        self._why = self._why or f"nothing came within {timeout:g} s of a ping"
                        self._transport.abort()
                        return
