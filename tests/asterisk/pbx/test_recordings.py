"""Recordings on the real servers: whose tones are in the files that come back."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from stasis.lab.audio import samples
from stasis.lab.baresip import Baresip
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import ALICE, BOB, hears, listens, talk
from tests.asterisk.phones import HEARD, loud

SECOND = 8000
HEAD = 44  # bytes of a WAV file before its samples


def tones_in(file: Path, start: int = 0, end: int | None = None) -> set[int]:
    """Whose tones are in a file for most of the time, between these samples."""
    sound = samples(file)[start:end]
    windows = [sound[at : at + 800] for at in range(0, len(sound) - 800, 800)]
    return {
        each
        for each in (ALICE, BOB)
        if windows and sum(loud(one, each) > HEARD for one in windows) > len(windows) / 2
    }


async def fetched(pbx: Pbx, name: str, folder: Path, more: int = 0) -> Path:
    """A stored recording, as a file here. more: samples that it had before.

    It is whole a moment after its end: when its head says how much is in it.
    """
    async with asyncio.timeout(10):
        while True:
            found = await pbx.recordings.download(name)
            data = b"".join([chunk async for chunk in found.chunks])
            assert found.size == len(data)
            if int.from_bytes(data[40:HEAD], "little") == len(data) - HEAD > 2 * more:
                break
            await asyncio.sleep(0.05)
    file = folder / found.name
    file.write_bytes(data)
    return file


@pytest.fixture
async def call(pbx: Pbx, alice: Baresip, bob: Baresip) -> str:
    """Alice's channel, who talks with bob; nothing is stored."""
    for each in await pbx.recordings.list():
        await pbx.recordings.delete(each.recording, confirm=True)
    first, _ = await talk(pbx, alice, bob)
    await hears(alice, BOB)
    await hears(bob, ALICE)
    return first


class TestRecording:
    @pytest.mark.things(
        "recordings.start", "recordings.stop", "recordings.download", "recordings.running"
    )
    @pytest.mark.parametrize(
        ("side", "heard"), [("both", {ALICE, BOB}), ("read", {ALICE}), ("write", {BOB})]
    )
    async def test_it_has_the_side_that_was_asked_for(
        self,
        pbx: Pbx,
        call: str,
        alice: Baresip,
        bob: Baresip,
        tmp_path: Path,
        side: str,
        heard: set[int],
    ):
        begun = await pbx.recordings.start(call, f"talk-{side}", side=side)  # type: ignore[arg-type]
        assert begun.id.startswith("0x")
        assert await pbx.recordings.running(call) == [begun]
        await listens(1.0, alice, bob)
        await pbx.recordings.stop(call, id=begun.id)
        assert await pbx.recordings.running(call) == []
        file = await fetched(pbx, f"talk-{side}", tmp_path)
        assert file.name == f"talk-{side}.wav"
        assert tones_in(file) == heard

    @pytest.mark.things("recordings.mute", "recordings.unmute")
    async def test_a_side_is_muted_and_heard_again(
        self, pbx: Pbx, call: str, alice: Baresip, bob: Baresip, tmp_path: Path
    ):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await pbx.recordings.start(call, "muted")
        await pbx.recordings.mute(call, side="read")
        late = loop.time() - begun  # no more than that is in it unmuted
        await listens(late + 1.5, alice, bob)
        await pbx.recordings.unmute(call, side="read")
        await listens(1.5, alice, bob)
        await pbx.recordings.stop(call)
        file = await fetched(pbx, "muted", tmp_path)
        muted = int((late + 0.25) * SECOND)
        assert tones_in(file, muted, muted + SECOND * 3 // 4) == {BOB}
        assert tones_in(file, -SECOND) == {ALICE, BOB}

    @pytest.mark.things("recordings.start", "recordings.stop")
    async def test_two_at_once_are_told_apart(self, pbx: Pbx, call: str):
        one = await pbx.recordings.start(call, "one")
        two = await pbx.recordings.start(call, "two", format="gsm")
        assert {each.recording: each.id for each in await pbx.recordings.running(call)} == {
            "one": one.id,
            "two": two.id,
        }
        await pbx.recordings.stop(call, id=one.id)
        assert [each.id for each in await pbx.recordings.running(call)] == [two.id]
        with pytest.raises(Missing):
            await pbx.recordings.stop(call, id=one.id)

    @pytest.mark.things("recordings.start")
    async def test_what_is_stored_is_not_overwritten(
        self, pbx: Pbx, call: str, bob: Baresip, tmp_path: Path
    ):
        await pbx.recordings.start(call, "kept")
        await listens(0.5, bob)
        await pbx.recordings.stop(call)
        before = len(samples(await fetched(pbx, "kept", tmp_path)))
        with pytest.raises(Refused, match="stored already"):
            await pbx.recordings.start(call, "kept")
        await pbx.recordings.start(call, "kept", append=True)
        await listens(0.5, bob)
        await pbx.recordings.stop(call)
        assert len(samples(await fetched(pbx, "kept", tmp_path, before))) > before

    @pytest.mark.things("recordings.stop", "recordings.mute", "recordings.running")
    async def test_what_is_not_recorded_is_told(self, pbx: Pbx, call: str):
        assert await pbx.recordings.running(call) == []
        for work in (pbx.recordings.stop, pbx.recordings.mute):
            with pytest.raises(Refused, match=f"{call} is not recorded"):
                await work(call)
        for work in (pbx.recordings.running, pbx.recordings.stop, pbx.recordings.unmute):
            with pytest.raises(Missing, match="PJSIP/nobody-1"):
                await work("PJSIP/nobody-1")
        with pytest.raises(Missing, match="PJSIP/nobody-1"):
            await pbx.recordings.start("PJSIP/nobody-1", "x")


class TestStored:
    @pytest.mark.things("recordings.list", "recordings.delete")
    async def test_they_are_listed_and_deleted(self, pbx: Pbx, call: str, office: Office):
        await pbx.recordings.start(call, "first")
        await pbx.recordings.start(call, "second", format="gsm")
        await asyncio.sleep(0.5)
        for _ in range(2):
            await pbx.recordings.stop(call)
        assert [(each.recording, each.format) for each in await pbx.recordings.list()] == [
            ("first", "wav"),
            ("second", "gsm"),
        ]
        with pytest.raises(NotConfirmed):
            await pbx.recordings.delete("first")
        await pbx.recordings.delete("first", confirm=True)
        assert [each.name for each in office.lab.recordings.iterdir()] == ["second.gsm"]
        with pytest.raises(Missing, match="no recording first"):
            await pbx.recordings.delete("first", confirm=True)
        with pytest.raises(Missing):
            await pbx.recordings.download("first")

    @pytest.mark.things("recordings.download", "recordings.delete", "recordings.start")
    @pytest.mark.parametrize(
        "name",
        ["../monitor/secret", "/etc/passwd", "..", "a/../../secret", "a/./b", ".secret", "a\\b"],
    )
    async def test_nothing_outside_of_the_folder_is_reached(
        self, pbx: Pbx, office: Office, name: str
    ):
        secret = office.lab.folder / "spool" / "secret.wav"
        secret.write_bytes(b"RIFF")
        with pytest.raises(BadValue):
            await pbx.recordings.download(name)
        with pytest.raises(BadValue):
            await pbx.recordings.delete(name, confirm=True)
        with pytest.raises(BadValue):
            await pbx.recordings.start("PJSIP/alice-1", name)
        assert secret.exists()


@pytest.mark.things("recordings.start")
async def test_two_begun_in_the_same_moment_are_not_one_file(pbx: Pbx):
    first = await pbx.calls.originate("Local/echo@default", "answer")
    second = await pbx.calls.originate("Local/echo@default", "answer")
    name = f"moment-{secrets.token_hex(4)}"
    told = await asyncio.gather(
        pbx.recordings.start(first.channel, name),
        pbx.recordings.start(second.channel, name),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in told) == ["Refused", "RunningRecording"]
    with pytest.raises(Refused, match="stored already"):
        await pbx.recordings.start(second.channel, name)
    await pbx.recordings.delete(name, confirm=True)
