"""Writing what AMI tells: nothing is lost while the database is down, nothing is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from stasis.access import CdrConfig
from stasis.ami import Ami, AmiConfig
from stasis.pbx.cdr_record import CdrRecord
from stasis.pbx.cdr_store import CdrStore
from stasis.pbx.cdr_wanted import Wanted
from stasis.pbx.cdr_writer import CdrWriter
from stasis.section import Secret
from stasis.sql import StoreError
from stasis.testing.clock import virtual_time
from stasis.trigger import Gap
from tests.pbx.cdr_records import event
from tests.postgres import Postgres


class Told(Ami):
    """AMI that tells what the test says."""

    def __init__(self) -> None:
        super().__init__(AmiConfig())

    def tell(self, *numbers: int) -> None:
        """Records end, each with its number."""
        for number in numbers:
            self._heard(event(Sequence=str(number)))


class Kept(CdrStore):
    """A store in memory that is down when the test says so. kept: the numbers it was given."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        self.up = True
        self.kept: list[int | None] = []

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def add(self, records: Sequence[CdrRecord]) -> None:
        if not self.up:
            raise StoreError("down")
        self.kept += [each.sequence for each in records]


@asynccontextmanager
async def writing(writer: CdrWriter) -> AsyncIterator[None]:
    """It runs meanwhile, and has ended after it."""
    task = asyncio.create_task(writer.run())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def made(queue: int = 10) -> tuple[Told, Kept, CdrWriter]:
    ami, store = Told(), Kept()
    writer = CdrWriter(ami, CdrConfig(database=Secret("sqlite://"), queue=queue))
    writer._store = store
    return ami, store, writer


class TestADatabaseThatIsDown:
    @virtual_time
    async def test_nothing_is_lost_meanwhile(self):
        ami, store, writer = made()
        async with writing(writer):
            store.up = False
            for number in range(5):
                ami.tell(number)
                await asyncio.sleep(30)
            assert store.kept == [] and writer.waiting == 5
            store.up = True
            await asyncio.sleep(20)
            assert store.kept == [0, 1, 2, 3, 4]
        assert (writer.written, writer.lost, writer.waiting) == (5, 0, 0)

    @virtual_time
    async def test_what_is_beyond_the_queue_is_counted_and_told(self):
        ami, store, writer = made(queue=3)
        async with writing(writer):
            store.up = False
            ami.tell(0)
            await asyncio.sleep(1)
            ami.tell(1, 2, 3, 4, 5)
            store.up = True
            with capture_logs() as logs:
                await asyncio.sleep(30)
        assert store.kept == [0, 1, 2, 3] and writer.lost == 2
        assert [each["lost"] for each in logs if each["log_level"] == "error"] == [2]

    @virtual_time
    async def test_what_still_waits_at_the_end_is_tried_once_more(self):
        ami, store, writer = made()
        async with writing(writer):
            store.up = False
            ami.tell(0)
            await asyncio.sleep(60)
            ami.tell(1, 2)
            store.up = True
        assert store.kept == [0, 1, 2] and writer.lost == 0
        assert not store.is_open

    @virtual_time
    async def test_what_is_lost_at_the_end_is_told(self):
        ami, store, writer = made()
        with capture_logs() as logs:
            async with writing(writer):
                store.up = False
                ami.tell(0, 1)
                await asyncio.sleep(60)
        assert writer.lost == 2
        assert [each["event"] for each in logs if each["log_level"] == "error"] == [
            "call records are lost at the end"
        ]


@virtual_time
async def test_a_loss_of_ami_is_told():
    ami, store, writer = made()
    now = datetime.now(UTC)
    async with writing(writer):
        with capture_logs() as logs:
            for stream in ami._streams:
                stream.gap(Gap(start=now, end=now, seconds=3.0))
            ami.tell(0)
            await asyncio.sleep(1)
    assert writer.gaps == 1 and store.kept == [0]
    assert [each["seconds"] for each in logs] == [3.0]


async def test_two_that_hear_the_same_write_it_once(database_url: str):
    ami = Told()
    config = CdrConfig(database=Secret(database_url))
    first, second = CdrWriter(ami, config), CdrWriter(ami, config)
    async with writing(first), writing(second):
        ami.tell(0, 1, 2)
    async with CdrStore(database_url) as store:
        assert (await store.count())[0] == 3


async def test_a_real_database_that_is_stopped_for_a_moment_loses_nothing():
    server = Postgres()
    server.start()
    try:
        url = server.database()
        ami = Told()
        writer = CdrWriter(ami, CdrConfig(database=Secret(url)))
        async with writing(writer):
            ami.tell(0)
            async with asyncio.timeout(20):
                while writer.written < 1:
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(server.stop)
                ami.tell(1, 2)
                await asyncio.sleep(1)
                assert writer.waiting == 2
                await asyncio.to_thread(server.start)
                while writer.written < 3:
                    await asyncio.sleep(0.05)
        async with CdrStore(url) as store:
            found = await store.list(Wanted(), 10)
        assert [each.sequence for each in found] == [2, 1, 0]
    finally:
        server.remove()


async def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path):
    ami = Told()
    file = tmp_path / "later" / "cdr.db"
    writer = CdrWriter(ami, CdrConfig(database=Secret(f"sqlite:///{file}")))
    async with writing(writer):
        ami.tell(0)
        await asyncio.sleep(0.2)
        assert writer.waiting == 1
        file.parent.mkdir()
        async with asyncio.timeout(5):
            while not writer.written:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", range(3))
async def test_it_can_be_ended_before_it_has_begun(number: int):
    _, _, writer = made()
    task = asyncio.create_task(writer.run())
    for _ in range(number):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
