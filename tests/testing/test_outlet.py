"""What leaves the proxy: the bytes as they came, or as a fault wants them, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from stasis.testing.clock import virtual_time
from stasis.testing.fault import Fault, Faults, Hit
from stasis.testing.outlet import Outlet

HEAD = b"HEAD"
BODY = bytes(range(60))


class Written:
    """A stream's writer that keeps what it is given, with the time. room: set, it takes more."""

    def __init__(self) -> None:
        self.parts: list[tuple[float, bytes]] = []
        self.ended = False
        self.room = asyncio.Event()
        self.room.set()

    @property
    def data(self) -> bytes:
        return b"".join(part for _, part in self.parts)

    def write(self, data: bytes) -> None:
        self.parts.append((asyncio.get_running_loop().time(), data))

    async def drain(self) -> None:
        await self.room.wait()

    def write_eof(self) -> None:
        self.ended = True


class Cut(Exception):
    """The fault has cut."""


class Way:
    """An outlet, what it wrote, and what it told. returns: whether a cut is silent and thaws."""

    def __init__(self, *, returns: bool = False) -> None:
        self.written = Written()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.told: list[tuple[str, str]] = []
        self.cuts: list[str] = []
        self._returns = returns
        writer: Any = self.written
        self.out = Outlet(writer, self.flowing, self._note, self._sever)

    def _note(self, hit: Hit, what: str, detail: str) -> None:
        self.told.append((what, detail))

    async def _sever(self, hit: Hit, what: str, detail: str) -> None:
        self.cuts.append(detail)
        if not self._returns:
            raise Cut

    async def deliver(self, fault: Fault | None, *, length: int | None = len(BODY)) -> None:
        """A head and a body in three pieces, hit by a fault."""
        hit = None
        if fault is not None:
            faults = Faults(1)
            faults.arm(fault)
            hit = faults.request("GET", "/")
        async with aclosing(body()) as rest:
            await self.out.deliver(HEAD, rest, length, hit, "GET /")


async def body() -> AsyncGenerator[bytes, None]:
    for start in range(0, 60, 20):
        yield BODY[start : start + 20]


class TestWriting:
    @virtual_time
    async def test_nothing_leaves_while_the_valve_is_closed(self):
        way = Way()
        way.flowing.clear()
        writing = asyncio.create_task(way.out.write(b"later"))
        ending = asyncio.create_task(way.out.end())
        await asyncio.sleep(60)
        assert way.written.data == b"" and not way.written.ended
        way.flowing.set()
        await asyncio.gather(writing, ending)
        assert way.written.data == b"later" and way.written.ended

    @virtual_time
    async def test_it_takes_no_more_than_the_other_side_takes(self):
        way = Way()
        way.written.room.clear()
        writing = asyncio.create_task(way.deliver(None))
        await asyncio.sleep(60)
        assert way.written.data == HEAD, "the rest is not even read"
        way.written.room.set()
        await writing
        assert way.written.data == HEAD + BODY

    @virtual_time
    async def test_a_rate_is_kept(self):
        way = Way()
        await way.out.write(bytes(1000), rate=100)
        assert asyncio.get_running_loop().time() == pytest.approx(10)
        assert max(len(part) for _, part in way.written.parts) == 5
        assert len(way.written.data) == 1000


class TestFaults:
    @virtual_time
    async def test_without_one_the_bytes_pass_as_they_came(self):
        way = Way()
        await way.deliver(None)
        assert way.written.data == HEAD + BODY and not way.told

    @virtual_time
    async def test_before_and_between_let_nothing_pass(self):
        for kind in ("before", "between"):
            way = Way()
            with pytest.raises(Cut):
                await way.deliver(Fault(kind))
            assert way.written.data == b""

    @virtual_time
    async def test_a_delay_holds_it_all(self):
        way = Way()
        await way.deliver(Fault("delay", seconds=5))
        assert [at for at, _ in way.written.parts] == [5.0] * 4
        assert way.written.data == HEAD + BODY
        assert way.told == [("GET /", "5 s")]

    @virtual_time
    async def test_half_of_all_bytes_pass_and_then_it_is_cut(self):
        way = Way()
        with pytest.raises(Cut):
            await way.deliver(Fault("halve"))
        assert way.written.data == (HEAD + BODY)[:32]
        assert way.cuts == ["32 of 64 bytes"]

    @virtual_time
    async def test_the_other_half_comes_after_a_silent_cut_has_thawed(self):
        way = Way(returns=True)
        await way.deliver(Fault("halve", how="silent"))
        assert way.written.data == HEAD + BODY and len(way.cuts) == 1

    @virtual_time
    async def test_where_no_length_is_told_the_first_piece_is_halved(self):
        way = Way()
        with pytest.raises(Cut):
            await way.deliver(Fault("halve"), length=None)
        assert way.written.data == (HEAD + BODY)[:12]

    @virtual_time
    async def test_corruption_changes_so_many_bytes_of_the_body_alone(self):
        way = Way()
        await way.deliver(Fault("corrupt", flips=7))
        data = way.written.data
        assert data[:4] == HEAD and len(data) == 64
        changed = [at for at, byte in enumerate(HEAD + BODY) if data[at] != byte]
        assert len(changed) == 7
        assert way.told == [("GET /", f"bytes {changed}")]

    @virtual_time
    async def test_corruption_reaches_the_head_when_framing_is_not_spared(self):
        way = Way()
        await way.deliver(Fault("corrupt", flips=64, framing=False))
        assert all(old != new for old, new in zip(HEAD + BODY, way.written.data, strict=True))

    @virtual_time
    async def test_where_no_length_is_told_the_first_piece_is_changed(self):
        way = Way()
        await way.deliver(Fault("corrupt", flips=20), length=None)
        data = way.written.data
        assert all(old != new for old, new in zip(BODY[:20], data[4:24], strict=True))
        assert data[24:] == BODY[20:]

    @virtual_time
    async def test_a_throttle_slows_all_of_it(self):
        way = Way()
        await way.deliver(Fault("throttle", rate=16))
        assert asyncio.get_running_loop().time() == pytest.approx(4)
        assert way.written.data == HEAD + BODY
        assert way.told == [("GET /", "16 bytes/s")]

    @virtual_time
    async def test_a_message_without_a_body_has_nothing_to_corrupt(self):
        way = Way()
        faults = Faults(1)
        faults.arm(Fault("corrupt"))
        await way.out.deliver(HEAD, nothing(), 0, faults.request("GET", "/"), "GET /")
        assert way.written.data == HEAD
        assert way.told == [("GET /", "no byte to change")]


async def nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece
