"""ConfBridge on the real servers: who hears whom, by the tones that phones say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stasis.lab.audio import samples
from stasis.lab.fault import PhoneError
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from tests.asterisk.listener import until
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.test_recordings import fetched
from tests.asterisk.phones import Phone, hear, phones, pitches

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
async def anna_and_bert(office: Office, tmp_path: Path) -> AsyncIterator[tuple[Phone, Phone]]:
    """Two phones in the conference `sales`, who hear each other."""
    async with phones(office.lab, tmp_path, "anna", "bert") as (anna, bert):
        for each in (anna, bert):
            await each.baresip.dial("confbridge-sales")
        await hear({anna: "bert", bert: "anna"})
        yield anna, bert


async def channel(pbx: Pbx, phone: Phone) -> str:
    """The channel that a phone has in the conference."""
    (found,) = [
        each.channel
        for each in await pbx.confbridge.participants("sales")
        if each.caller_number == phone.name
    ]
    return found


@pytest.mark.things("confbridge.list", "confbridge.participants")
async def test_nobody_is_in_a_conference(pbx: Pbx):
    assert not await pbx.confbridge.list()
    with pytest.raises(Missing, match="nobody is in a conference sales"):
        await pbx.confbridge.participants("sales")
    for call in (
        pbx.confbridge.lock("sales"),
        pbx.confbridge.unmute_all("sales"),
        pbx.confbridge.kick_all("sales", confirm=True),
        pbx.confbridge.record("sales"),
    ):
        with pytest.raises(Missing):
            await call


@pytest.mark.things("confbridge.list", "confbridge.participants")
async def test_conferences_and_who_is_in_them_are_listed(
    pbx: Pbx, office: Office, anna_and_bert: tuple[Phone, Phone]
):
    (room,) = await pbx.confbridge.list()
    assert (room.conference, room.participants, room.locked) == ("sales", 2, False)
    both = await pbx.confbridge.participants("sales")
    assert sorted(each.caller_number for each in both) == ["anna", "bert"]
    assert not any(each.muted or each.admin or each.waiting for each in both)
    told = office.lab.cli("confbridge list sales")
    assert all(each.channel in told for each in both)
    with pytest.raises(Missing, match="nobody is in a conference buyers"):
        await pbx.confbridge.participants("buyers")


@pytest.mark.things("confbridge.mute", "confbridge.unmute")
async def test_who_is_muted_is_not_heard(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    anna, bert = anna_and_bert
    name = await channel(pbx, anna)
    await pbx.confbridge.mute("sales", name)
    await hear({anna: "bert", bert: ""})
    muted = [each.channel for each in await pbx.confbridge.participants("sales") if each.muted]
    assert muted == [name]
    await pbx.confbridge.unmute("sales", name)
    await hear({anna: "bert", bert: "anna"})


@pytest.mark.things("confbridge.mute_all", "confbridge.unmute_all")
async def test_everybody_is_muted(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    anna, bert = anna_and_bert
    await pbx.confbridge.mute_all("sales")
    await hear({anna: "", bert: ""})
    await pbx.confbridge.unmute_all("sales")
    await hear({anna: "bert", bert: "anna"})


@pytest.mark.things("confbridge.kick")
async def test_who_is_kicked_is_out(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    anna, bert = anna_and_bert
    name = await channel(pbx, bert)
    await pbx.confbridge.kick("sales", name)
    await bert.is_hung_up()
    assert [e.caller_number for e in await pbx.confbridge.participants("sales")] == ["anna"]
    with pytest.raises(Missing, match=f"{name} is not in the conference sales"):
        await pbx.confbridge.kick("sales", name)


@pytest.mark.things("confbridge.kick", "confbridge.mute", "confbridge.unmute", "confbridge.video")
async def test_the_beginning_of_a_name_is_nobodys(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    beginning = (await channel(pbx, anna_and_bert[0]))[:-2]
    for call in (
        pbx.confbridge.kick("sales", beginning),
        pbx.confbridge.mute("sales", beginning),
        pbx.confbridge.unmute("sales", beginning),
        pbx.confbridge.video("sales", beginning),
    ):
        with pytest.raises(Missing, match="is not in the conference"):
            await call
    assert len(await pbx.confbridge.participants("sales")) == 2


@pytest.mark.things("confbridge.kick_all")
async def test_everybody_is_put_out(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    with pytest.raises(NotConfirmed, match="everybody is put out"):
        await pbx.confbridge.kick_all("sales")
    assert len(await pbx.confbridge.participants("sales")) == 2
    await pbx.confbridge.kick_all("sales", confirm=True)
    for each in anna_and_bert:
        await each.is_hung_up()
    assert not await pbx.confbridge.list()


@pytest.mark.things("confbridge.lock", "confbridge.unlock")
async def test_nobody_comes_into_a_locked_conference(
    pbx: Pbx, office: Office, tmp_path: Path, anna_and_bert: tuple[Phone, Phone]
):
    anna, bert = anna_and_bert
    async with phones(office.lab, tmp_path, "carl") as (carl,):
        await pbx.confbridge.lock("sales")
        assert [each.locked for each in await pbx.confbridge.list()] == [True]
        try:
            await carl.baresip.dial("confbridge-sales")
            await carl.is_hung_up()
        except PhoneError as error:  # it was over before it was seen to be answered
            assert "refused" in str(error)
        assert len(await pbx.confbridge.participants("sales")) == 2
        await pbx.confbridge.unlock("sales")
        await carl.baresip.dial("confbridge-sales")
        await hear({anna: "bert carl", bert: "anna carl", carl: "anna bert"})


@pytest.mark.things("confbridge.record", "confbridge.stop_record")
async def test_a_recording_has_everybody(
    pbx: Pbx, office: Office, anna_and_bert: tuple[Phone, Phone], tmp_path: Path
):
    recording = await pbx.confbridge.record("sales", recording="weekly")
    assert recording.recording.startswith("weekly") and recording.format == "wav"
    with pytest.raises(Refused, match="already being recorded"):
        await pbx.confbridge.record("sales")
    file = office.lab.recordings / f"{recording.recording}.wav"
    await until(lambda: file.stat().st_size > 40_000, "two seconds of it")
    await pbx.confbridge.stop_record("sales")
    ari = await pbx.ways.ari()
    copy = await fetched(pbx, recording.recording, tmp_path)
    assert pitches(samples(copy)) == {"anna", "bert"}
    with pytest.raises(Refused):
        await pbx.confbridge.stop_record("sales")
    await ari.recordings.delete_stored(recording.recording)


@pytest.mark.things("confbridge.record")
async def test_a_recording_is_called_like_its_conference(
    pbx: Pbx, anna_and_bert: tuple[Phone, Phone]
):
    recording = await pbx.confbridge.record("sales")
    assert recording.recording.startswith("sales")
    await pbx.confbridge.stop_record("sales")
    await (await pbx.ways.ari()).recordings.delete_stored(recording.recording)


@pytest.mark.things("confbridge.record")
async def test_a_recordings_name_runs_nothing(
    pbx: Pbx, office: Office, anna_and_bert: tuple[Phone, Phone]
):
    # Asterisk parts the name at commas, and what is behind the second is run by a shell.
    for name in ("x,b,touch /tmp/evil", "../x", "a/b", "x;y", "$(id)", "x|y", 'x"y', "x\r\ny"):
        with pytest.raises(BadValue, match="recording"):
            await pbx.confbridge.record("sales", recording=name)
    assert "CBRec" not in office.lab.cli("core show channels")


@pytest.mark.things("confbridge.video")
async def test_one_video_is_shown_to_everybody(pbx: Pbx, anna_and_bert: tuple[Phone, Phone]):
    name = await channel(pbx, anna_and_bert[0])
    await pbx.confbridge.video("sales", name)
    ari = await pbx.ways.ari()
    (id,) = [each.id for each in await ari.channels.list() if each.name == name]
    (bridge,) = [each for each in await ari.bridges.list() if each.name == "sales"]
    assert (bridge.video_mode, bridge.video_source_id) == ("single", id)


@pytest.mark.things("confbridge.record", "confbridge.stop_record")
async def test_a_recording_goes_on_in_the_file_it_has(pbx: Pbx):
    await pbx.calls.originate("Local/echo@default", "confbridge-again")
    async with asyncio.timeout(5):
        while "again" not in [each.conference for each in await pbx.confbridge.list()]:
            await asyncio.sleep(0.05)
    first = await pbx.confbridge.record("again")
    await pbx.confbridge.stop_record("again")
    assert first.recording.startswith("again-")
    assert await pbx.confbridge.record("again") == first
    await pbx.confbridge.stop_record("again")


@pytest.mark.things("confbridge.participants")
async def test_a_participant_without_a_number_has_none(pbx: Pbx):
    await pbx.calls.originate("Local/echo@default", "confbridge-nameless")
    async with asyncio.timeout(5):
        while "nameless" not in [each.conference for each in await pbx.confbridge.list()]:
            await asyncio.sleep(0.05)
    (found,) = await pbx.confbridge.participants("nameless")
    assert (found.caller_number, found.caller_name) == ("", "")
