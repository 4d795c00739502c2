"""Call records on the real servers: written, looked up, exported, heard."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import msgspec
import pytest

from stasis.access import CdrConfig
from stasis.ami import actions, events
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.pbx import CdrEntry, CdrRecord, CdrWriter, Missing, Needs, Pbx, read_csv
from stasis.section import Secret
from tests.asterisk.command_line import environment
from tests.asterisk.pbx.conftest import Office, hung_up
from tests.asterisk.pbx.talking import TONE, alone, connected, hears
from tests.asterisk.pbx.test_realtime import text_of, variables


@pytest.fixture
async def pbx(office: Office, database_url: str) -> AsyncIterator[Pbx]:
    """The office, whose call records are written into a database of each kind meanwhile."""
    config = attrs.evolve(office.config(), cdr=CdrConfig(database=Secret(database_url)))
    async with Pbx(config) as pbx:
        async with writing(pbx):
            yield pbx
            await hung_up(pbx)


@asynccontextmanager
async def writing(pbx: Pbx) -> AsyncIterator[CdrWriter]:
    """What AMI tells is written meanwhile."""
    writer = CdrWriter(await pbx.ways.ami(), pbx.ways.config.cdr)
    task = asyncio.create_task(writer.run())
    await asyncio.sleep(0)
    try:
        yield writer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert writer.lost == writer.gaps == 0


@pytest.fixture
def mapped(office: Office) -> Iterator[None]:
    """cdr_manager.conf as the page has it."""
    before = (office.lab.etc / "cdr_manager.conf").read_text("utf-8")
    office.lab.write("cdr_manager.conf", text_of("cdr_manager.conf"))
    office.lab.cli("module reload cdr_manager.so")
    yield
    office.lab.write("cdr_manager.conf", before)
    office.lab.cli("module reload cdr_manager.so")


async def found(pbx: Pbx, party: str, **wanted: str) -> CdrEntry:
    """The only record of a party, once it is written."""
    async with asyncio.timeout(10):
        while not (records := await pbx.cdr.list(party=party, **wanted)):
            await asyncio.sleep(0.05)
    (record,) = records
    return record


async def call(office: Office, extension: str, seconds: float) -> None:
    """A Local channel calls an extension, and is gone after so many seconds."""
    async with Pbx(office.config()) as pbx:
        ami = await pbx.ways.ami()
        channel = f"Local/{extension}@default/n"
        await ami.send(actions.Originate(channel=channel, application="Wait", data=f"{seconds}"))


def soon(began: datetime, moment: datetime) -> bool:
    """Whether it was between then and now; Asterisk tells whole seconds."""
    return began - timedelta(seconds=1) <= moment <= datetime.now(UTC)


@pytest.mark.things("cdr.list", "cdr.show", "cdr.export")
async def test_a_call_of_two_phones_is_recorded_found_and_exported(
    pbx: Pbx, office: Office, alice: Baresip, bob: Baresip, mapped: None
):
    began = datetime.now(UTC)
    await alice.dial("phone-bob")
    await bob.established()
    await connected(pbx, "alice")
    told = office.lab.cli("core show channels concise").splitlines()
    uniqueid = next(line.split("!")[-1] for line in told if line.startswith("PJSIP/alice-"))
    await asyncio.sleep(1)
    await alice.hangup()
    record = await found(pbx, "bob")
    assert record.uniqueid == uniqueid
    assert (record.src, record.dst, record.disposition) == ("alice", "phone-bob", "ANSWERED")
    assert record.billsec >= 1 and soon(began, record.calldate)
    assert (await found(pbx, "alice", src="alice", dst="phone-bob")) == record
    since = (record.calldate + timedelta(seconds=1)).isoformat()
    assert not await pbx.cdr.list(party="bob", since=since)
    assert await pbx.cdr.list(party="bob", until=since) and await pbx.cdr.list(answered=True)
    assert not await pbx.cdr.list(disposition="NO ANSWER")

    (whole,) = await pbx.cdr.show(uniqueid)
    assert whole.channel.startswith("PJSIP/alice-") and whole.dstchannel.startswith("PJSIP/bob-")
    assert whole.linkedid == uniqueid and (whole.sequence or 0) >= 0
    assert whole.answer and whole.end and whole.end - whole.answer >= timedelta(seconds=1)

    for kind in ("csv", "json", "jsonl"):
        file = await pbx.cdr.export(format=kind, party="bob")
        text = b"".join([each async for each in file.chunks]).decode()
        if kind == "csv":
            assert list(read_csv(io.StringIO(text, newline=""))) == [whole]
        else:
            lines = text if kind == "json" else f"[{text.strip()}]"
            assert msgspec.json.decode(lines, type=list[CdrRecord]) == [whole]


@pytest.mark.things("cdr.list")
async def test_what_became_of_a_call_is_its_disposition(pbx: Pbx, office: Office, alice: Baresip):
    async with await Baresip.start(
        office.lab.sip_port,
        user="bob",
        password=office.lab.phones["bob"],
        register=True,
        answer="manual",
    ) as bob:
        await alice.dial("phone-bob", timeout=None)
        await bob.incoming()
        await bob.hangup()
        with pytest.raises(PhoneError):
            await alice.established()
        assert (await found(pbx, "bob")).disposition == "BUSY"
        await alice.dial("phone-bob", timeout=None)
        await bob.incoming()
        await alice.hangup()
        record = await found(pbx, "bob", disposition="NO ANSWER")
    assert (record.dst, record.billsec) == ("phone-bob", 0)
    assert not await pbx.cdr.list(answered=True)


@pytest.mark.things("cdr.show")
async def test_a_server_that_does_not_map_the_rest_is_understood(pbx: Pbx, office: Office):
    began = datetime.now(UTC)
    await call(office, "hangup-soon", 3)
    async with asyncio.timeout(10):
        while len(records := await pbx.cdr.list()) < 2:
            await asyncio.sleep(0.05)
    for each in records:
        (whole,) = await pbx.cdr.show(each.uniqueid)
        assert soon(began, whole.calldate)
        assert whole.sequence is not None and whole.sequence < 0 and whole.linkedid == ""


@pytest.mark.things("cdr.follow")
async def test_records_are_heard_as_calls_end(office: Office):
    async with Pbx(office.config()) as pbx:
        file = await pbx.cdr.follow(seconds=20)
        first = asyncio.create_task(anext(file.chunks))
        await asyncio.sleep(0.2)
        await call(office, "hangup-soon", 3)
        record = msgspec.json.decode(await first, type=CdrRecord)
        assert (record.dst, record.disposition) == ("hangup-soon", "ANSWERED")
        await file.chunks.aclose()  # type: ignore[attr-defined]


@pytest.mark.things("playback.play", "moh.start", "diagnostics.sip_on")
async def test_what_is_made_to_whisper_or_to_wait_is_no_call(office: Office, alice: Baresip):
    async with Pbx(office.config()) as pbx:
        ami = await pbx.ways.ami()
        async with ami.events(events.Cdr) as stream:
            await alice.dial("tone")
            channel = await alone(pbx, "alice")
            await hears(alice, TONE)
            await pbx.diagnostics.sip_on(seconds=60)
            await pbx.moh.start(channel)
            await pbx.playback.play(channel, ["hello-world"], wait=True)
            with pytest.raises(Missing, match="no-such-sound"):
                await pbx.playback.play(channel, ["hello-world", "no-such-sound"], wait=True)
            await pbx.moh.stop(channel)
            await pbx.diagnostics.sip_off()
            async with asyncio.timeout(10):
                while [each.channel for each in await pbx.calls.list()] != [channel]:
                    await asyncio.sleep(0.05)
            await pbx.calls.hangup(channel)
            async with asyncio.timeout(10):
                told = await anext(aiter(stream))
            assert isinstance(told, events.Cdr) and told.channel == channel


@pytest.mark.things("cdr.follow")
async def test_the_command_shows_a_record_before_it_ends(office: Office, tmp_path: Path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stasis", "cdr", "follow", "--seconds", "20", "--out", "-"),
        cwd=tmp_path,
        env=environment(office.lab, variables(office, "")),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(15):
            line = b""
            while not line:
                await call(office, "hangup-soon", 3)  # it may take a moment until it listens
                with suppress(TimeoutError):
                    line = await asyncio.wait_for(process.stdout.readline(), 2.5)
        assert json.loads(line)["dst"] == "hangup-soon"
        assert process.returncode is None
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.things("cdr.status", "cdr.follow")
async def test_whether_calls_are_recorded(pbx: Pbx, office: Office, database_url: str):
    status = await pbx.cdr.status()
    assert status.logging and status.events and list(status.backends) == ["cdr_manager"]
    assert (status.mode, status.records, status.latest, status.problem) == ("simple", 0, None, "")
    assert "postgres-pw" not in status.database and status.database
    await call(office, "hangup-soon", 3)
    async with asyncio.timeout(10):
        while not (await pbx.cdr.status()).records:
            await asyncio.sleep(0.05)
    office.lab.cli("module unload cdr_manager.so")
    try:
        assert not (await pbx.cdr.status()).events
        with pytest.raises(Needs, match="needs the module cdr_manager.so, which is not loaded"):
            await pbx.cdr.follow()
    finally:
        office.lab.cli("module load cdr_manager.so")
    text = (office.lab.etc / "cdr.conf").read_text("utf-8")
    office.lab.write("cdr.conf", "[general]\nenable = no\n")
    office.lab.cli("module reload cdr")
    try:
        assert not (await pbx.cdr.status()).logging
    finally:
        office.lab.write("cdr.conf", text)
        office.lab.cli("module reload cdr")


@pytest.mark.things("cdr.status")
async def test_without_a_database_asterisks_state_is_told_all_the_same(office: Office):
    async with Pbx(office.config()) as pbx:
        status = await pbx.cdr.status()
    assert status.logging and status.database == "" and "[asterisk.cdr]" in status.problem
