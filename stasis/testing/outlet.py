"""The way out of the fault proxy to one side: bytes as they came, or as a fault wants them.

Waits until the other side has taken what was written before it takes more. While its valve is
closed nothing leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from stasis.testing.fault import Hit

__all__ = ["Outlet"]

# A throttled message leaves in this many steps a second.
STEPS = 20

Act = Callable[[Hit, str, str], Awaitable[None]]
Note = Callable[[Hit, str, str], None]


class Outlet:
    """Writes to one side.

    writer: its stream. flowing: the valve; cleared, nothing leaves. note: told of a fault that
    changes or slows a message: the hit, the message in words, and details. sever: carries out the
    cut of a fault, with the same arguments; it returns only when a silent cut is thawed.
    """

    def __init__(
        self, writer: asyncio.StreamWriter, flowing: asyncio.Event, note: Note, sever: Act
    ) -> None:
        self._writer = writer
        self._flowing = flowing
        self._note = note
        self._sever = sever

    async def write(self, data: bytes, rate: int | None = None) -> None:
        """Write, and wait until there is room for more. rate: bytes a second at most."""
        step = len(data) if rate is None else max(1, rate // STEPS)
        for start in range(0, len(data), step or 1):
            part = data[start : start + step]
            await self._flowing.wait()
            self._writer.write(part)
            await self._writer.drain()
            if rate is not None:
                await asyncio.sleep(len(part) / rate)

    async def write_all(self, pieces: AsyncIterator[bytes]) -> None:
        """Write every piece."""
        async for piece in pieces:
            await self.write(piece)

    async def end(self) -> None:
        """Say that nothing more will come."""
        await self._flowing.wait()
        self._writer.write_eof()

    async def deliver(
        self,
        head: bytes,
        rest: AsyncIterator[bytes],
        length: int | None,
        hit: Hit | None,
        what: str,
    ) -> None:
        """A reply or a frame, as the fault that hits it says.

        head, rest: its bytes. length: of `rest`; None when nobody knows, and then its first piece
        stands for all of it. what: the message in words.
        """
        if hit is None:
            await self.write(head)
            await self.write_all(rest)
            return
        fault = hit.fault
        if fault.kind in ("before", "between"):
            await self._sever(hit, what, "")
        elif fault.kind == "delay":
            self._note(hit, what, f"{fault.seconds:g} s")
            await asyncio.sleep(fault.seconds)
        first = b""
        if length is None:
            first = await anext(rest, b"")
            length = len(first)
        total = len(head) + length
        flips: dict[int, int] = {}
        if fault.kind == "corrupt":
            flips = hit.flips(len(head) if fault.framing else 0, total)
            self._note(hit, what, f"bytes {list(flips)}" if flips else "no byte to change")
        elif fault.kind == "throttle":
            self._note(hit, what, f"{fault.rate} bytes/s")
        half = total // 2 if fault.kind == "halve" else None
        rate = fault.rate if fault.kind == "throttle" else None
        passed = 0
        async with aclosing(chain(head, first, rest)) as pieces:
            async for piece in pieces:
                data = changed(piece, passed, flips)
                passed += len(data)
                if half is not None and passed >= half:
                    keep = len(data) - (passed - half)
                    await self.write(data[:keep])
                    await self._sever(hit, what, f"{half} of {total} bytes")
                    data, half = data[keep:], None
                await self.write(data, rate)


async def chain(
    head: bytes, first: bytes, rest: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    """A message's head, and its pieces."""
    yield head
    if first:
        yield first
    async for piece in rest:
        yield piece


def changed(piece: bytes, start: int, flips: dict[int, int]) -> bytes:
    """A piece of a message, which begins at `start` of it, with these bytes changed."""
    inside = {at - start: mask for at, mask in flips.items() if 0 <= at - start < len(piece)}
    if not inside:
        return piece
    altered = bytearray(piece)
    for at, mask in inside.items():
        altered[at] ^= mask
    return bytes(altered)
