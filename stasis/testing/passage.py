"""One connection through the fault proxy: a client on one side, Asterisk on the other.

Two relays, one each way. What is read on one side is written to the other before more is read,
so a slow reader slows its writer down and nothing piles up here. An end of the stream is passed
on like everything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, Literal

import attrs

from stasis.testing import wire
from stasis.testing.fault import Faults, Hit, How
from stasis.testing.outlet import Outlet
from stasis.testing.tally import Tally

__all__ = ["Passage"]

# How long the two sides may take to close after a FIN.
LINGER_SECONDS = 1.0
# Requests that a client may send before the first is answered.
PIPELINE = 16
# SO_LINGER on, for no time: closing sends a RST.
RESET = struct.pack("ii", 1, 0)


class Severed(Exception):
    """A fault has cut the connection that this relay serves."""


@attrs.frozen
class End:
    """One side's connection: what comes from it, and the way to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    out: Outlet


@attrs.frozen
class Exchange:
    """A request that waits for its reply; upgraded: whether it became a WebSocket."""

    request: wire.Request
    hit: Hit | None
    upgraded: asyncio.Future[bool]


class Passage:
    """Carries one accepted connection to Asterisk and back, and lets faults hit it.

    number: its number, for the log. accepted: the client's socket. faults: what is armed.
    tally: told what was done. hung: frozen from the start; Asterisk is not even dialled.

    kind: `socket` once the client asked for a WebSocket, else `request`.
    """

    def __init__(
        self, number: int, accepted: socket.socket, faults: Faults, tally: Tally, *, hung: bool
    ) -> None:
        self.number = number
        self.kind: Literal["request", "socket"] = "request"
        self._accepted = accepted
        self._faults = faults
        self._tally = tally
        self._exchanges: asyncio.Queue[Exchange] = asyncio.Queue(PIPELINE)
        self._upgraded: asyncio.Future[bool] | None = None
        self._flowing = asyncio.Event()
        if not hung:
            self._flowing.set()
        self._cut: asyncio.Future[How] = asyncio.get_running_loop().create_future()
        self._severed = asyncio.Event()
        self._ends: list[End] = []
        self._relays: list[asyncio.Task[None]] = []

    @property
    def frozen(self) -> bool:
        """Whether nothing passes, and neither side is told."""
        return not self._flowing.is_set()

    @property
    def live(self) -> bool:
        """Whether it passes bytes: neither frozen nor cut."""
        return not self.frozen and not self._cut.done()

    def thaw(self) -> None:
        """Go on where it was frozen; nothing was lost meanwhile."""
        self._flowing.set()

    async def cut(self, how: How) -> None:
        """End both sides with a RST or a FIN, or freeze them; done when it returns."""
        if how == "silent":
            self._flowing.clear()
            return
        self._end(how)
        await self._severed.wait()

    async def run(self, host: str, port: int) -> None:
        """Carry the connection until it ends, however it does."""
        try:
            client = await self._open(asyncio.open_connection(sock=self._accepted))
            await self._flowing.wait()
            try:
                server = await self._open(asyncio.open_connection(host, port))
            except OSError:
                self._tally.happened("unreachable", self.number, f"{host}:{port}")
                self._end("rst")
            else:
                self._relays = [
                    asyncio.create_task(self._relay(self._requests, client, server)),
                    asyncio.create_task(self._relay(self._replies, client, server)),
                ]
            while not self._cut.done() and (
                running := [each for each in self._relays if not each.done()]
            ):
                futures: list[asyncio.Future[Any]] = [self._cut, *running]
                await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            await stopped(self._relays)
            if self._cut.done():
                await self._sever_both(self._cut.result())
            for relay in self._relays:
                if not relay.cancelled():
                    relay.result()
        except OSError:
            pass  # the client was gone before it was served
        finally:
            await self.release()

    async def release(self) -> None:
        """Close what is open and stop what runs; to be done again when it was interrupted."""
        for end in self._ends:
            end.writer.transport.abort()
        if not self._ends:
            self._accepted.close()
        await stopped(self._relays)
        # An interrupted wait of before has cancelled the future that the next one waits for.
        await asyncio.gather(
            *(end.writer.wait_closed() for end in self._ends), return_exceptions=True
        )
        self._severed.set()

    async def _open(
        self, opening: Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    ) -> End:
        reader, writer = await opening
        end = End(reader, writer, Outlet(writer, self._flowing, self._note, self._sever))
        self._ends.append(end)
        return end

    def _end(self, how: How) -> None:
        if not self._cut.done():
            self._cut.set_result(how)

    async def _sever_both(self, how: How) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):  # it has closed already
                if how == "rst":
                    raw = end.writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                else:
                    end.writer.write_eof()
        if how == "fin":
            self._severed.set()
            # Closing with bytes unread would send a RST after all.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await asyncio.gather(*(wire.emptied(end.reader) for end in self._ends))

    def _note(self, hit: Hit, what: str, detail: str) -> None:
        self._tally.happened(hit.fault.kind, self.number, what, detail)

    async def _sever(self, hit: Hit, what: str, detail: str) -> None:
        """Cut as the fault says. Returns only after a silent cut, once it is thawed."""
        how = hit.fault.how
        if how == "silent":
            self._flowing.clear()
        else:
            self._end(how)
        self._note(hit, what, f"{how} {detail}".rstrip())
        if how != "silent":
            raise Severed
        await self._flowing.wait()

    # The relays

    async def _relay(
        self, way: Callable[[End, End], Coroutine[Any, Any, None]], client: End, server: End
    ) -> None:
        try:
            await way(client, server)
        except Severed:
            pass
        except wire.Unreadable as error:
            self._tally.happened("unreadable", self.number, str(error))
            self._end("rst")
        except OSError:
            # One side was reset: so is the other, unless the proxy plays dead.
            await self._flowing.wait()
            self._end("rst")
        except Exception:
            self._end("rst")
            raise

    async def _requests(self, client: End, server: End) -> None:
        """From the client to Asterisk: requests, and after an upgrade whatever comes."""
        try:
            while True:
                request = wire.Request.parse(await wire.head(client.reader))
                self._tally.count("requests")
                hit = self._faults.request(request.method, request.target)
                if hit is not None and hit.fault.kind == "before":
                    await self._sever(hit, request.line, "")
                    hit = None
                upgraded = asyncio.get_running_loop().create_future()
                if request.upgrade:
                    self.kind, self._upgraded = "socket", upgraded
                await self._exchanges.put(Exchange(request, hit, upgraded))
                await server.out.write(request.raw)
                async with aclosing(wire.body(client.reader, request)) as pieces:
                    await server.out.write_all(pieces)
                if request.upgrade:
                    if await upgraded:
                        async with aclosing(wire.pieces(client.reader, None)) as pieces:
                            await server.out.write_all(pieces)
                        break
                    self.kind = "request"
        except asyncio.IncompleteReadError as error:
            await server.out.write(error.partial)
        await server.out.end()

    async def _replies(self, client: End, server: End) -> None:
        """From Asterisk to the client: replies, and after an upgrade frames."""
        try:
            while not await self._reply(client, server):
                pass
            while True:
                await self._frame(client, server)
        except asyncio.IncompleteReadError as error:
            await client.out.write(error.partial)
        await client.out.end()
        if self._upgraded is not None and not self._upgraded.done():
            self._upgraded.set_result(False)  # closed without a word

    async def _reply(self, client: End, server: End) -> bool:
        """One reply. Returns whether frames follow it."""
        raw = await wire.head(server.reader)
        exchange = None if self._exchanges.empty() else self._exchanges.get_nowait()
        method, what, hit = "GET", "a reply to nothing", None
        if exchange is not None:
            method, what, hit = exchange.request.method, exchange.request.line, exchange.hit
        reply = wire.Reply.parse(raw, method)
        while reply.interim:
            await client.out.write(reply.raw)
            reply = wire.Reply.parse(await wire.head(server.reader), method)
        async with aclosing(wire.body(server.reader, reply)) as rest:
            await client.out.deliver(reply.raw, rest, reply.length, hit, what)
        if exchange is not None:
            exchange.upgraded.set_result(reply.status == 101)
        return reply.status == 101

    async def _frame(self, client: End, server: End) -> None:
        """One frame."""
        head = await wire.frame_head(server.reader)
        try:
            payload = await server.reader.readexactly(min(head.length, wire.PIECE))
        except asyncio.IncompleteReadError as error:
            raise asyncio.IncompleteReadError(head.raw + error.partial, None) from None
        hit = None
        if head.data:
            self._tally.count("frames")
            hit = self._faults.frame(payload)
        if hit is None and head.length == len(payload):
            await client.out.write(head.raw + payload)
            return
        what = f"a frame of {head.length} bytes"
        async with aclosing(wire.after(payload, server.reader, head.length)) as rest:
            await client.out.deliver(head.raw, rest, head.length, hit, what)


async def stopped(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
