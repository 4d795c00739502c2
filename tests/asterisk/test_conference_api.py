"""The conference's API on real servers: what is asked over HTTP is heard on the telephones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stasis.lab.audio import samples
from stasis.lab.lab import Lab
from tests.apps.stasis_conference.desk import reached
from tests.asterisk.conference import on_both, opened
from tests.asterisk.phones import hear, phones, talkers
from tests.asterisk.test_conference import QUICK

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(90)]


@on_both
async def test_members_are_muted_moved_and_kicked_and_all_of_it_is_told(
    lab: Lab, folder: Path
) -> None:
    async with (
        phones(lab, folder, "mona", "anna") as (mona, anna),
        opened(lab, folder, QUICK) as house,
        reached(house.plugin) as desk,
    ):
        ear = await desk.listen()
        assert (await ear.told())["rooms"] == []
        await mona.calls("1000", "moderator")
        await anna.calls("1000")
        await hear({mona: "anna", anna: "mona"})
        assert {each["number"] for each in await desk.get("/rooms/1000/members")} == {
            "mona",
            "anna",
        }
        id = house.member(anna).id
        assert (await desk.act("mute", id)).status == 200
        await hear({mona: "", anna: "mona"})
        assert (await desk.act("unmute", id)).status == 200
        await hear({mona: "anna", anna: "mona"})
        assert (await desk.act("move", id, to="2000")).status == 200
        await house.come(anna, room="2000")
        await hear({mona: "", anna: ""})
        assert (await desk.act("kick_all", room="2000")).status == 200
        await anna.is_hung_up()
        assert (await desk.act("end")).status == 200
        await mona.is_hung_up()
        told = [await ear.told() for _ in range(8)]
        while sum(each["type"] == "ended" for each in told) < 2:
            told.append(await ear.told())
        kinds = [each["type"] for each in told if each["room"] == "1000"]
        for kind in ("began", "joined", "muted", "unmuted", "moving", "left", "ended"):
            assert kind in kinds
        await ear.leave()
        found = await desk.get("/history")
        assert [(each["room"], each["members"]) for each in found] == [("2000", 1), ("1000", 2)]


@on_both
async def test_a_recording_is_heard_over_http_and_deleted(lab: Lab, folder: Path) -> None:
    async with (
        phones(lab, folder, "mona", "anna") as (mona, anna),
        opened(lab, folder, QUICK) as house,
        reached(house.plugin) as desk,
    ):
        await mona.calls("1000", "moderator")
        await anna.calls("1000")
        await house.come(mona, anna)
        assert (await desk.act("start_record")).status == 200
        await house.tells("recording")
        await asyncio.sleep(3)
        assert (await desk.act("stop_record")).status == 200
        (found,) = await desk.get("/recordings?room=1000")
        sound = await desk.ask("GET", f"/recordings/{found['id']}/sound")
        assert (sound.status, sound.headers["Content-Type"]) == (200, "audio/wav")
        kept = folder / "heard.wav"
        kept.write_bytes(sound.body)
        assert "anna mona" in talkers(samples(kept))
        file_there = lab.recordings / f"{found['name']}.wav"
        assert file_there.exists()
        assert (await desk.ask("DELETE", f"/recordings/{found['id']}")).status == 204
        assert not file_there.exists()
        await mona.hangs_up()
        await anna.hangs_up()
