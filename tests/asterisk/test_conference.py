"""Conferences on real servers, with real telephones: who hears whom, and what is left of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from stasis_conference.room_file import NOTHING

from stasis.lab.audio import samples
from stasis.lab.lab import Lab
from stasis.lab.music import RATE
from stasis.lab.sipp import Outcome, Sipp
from tests.asterisk.conference import deployed, on_both, opened, store_of
from tests.asterisk.listener import until
from tests.asterisk.phones import hear, phones, talkers

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(90)]

# Whoever comes in or leaves is not kept by what is said.
QUICK = """
[room_profile.default]
announce = "off"
[room_profile.default.sounds]
alone = []
count_before = []
count_after = []
muted = []
unmuted = []
kicked = []
ended = []
"""
LOBBY = """
[room_profile.default]
count = false
announce = "off"
wait_for_moderator = true
ends_with_moderator = true
grace = 1.5
"""
NAMES = """
[room_profile.default]
announce = "names"
sounds = { name = ["sound:beep"] }
[member_profile.nameless]
record_name = false
[member_profile.listener]
muted = true
"""


@on_both
async def test_who_hears_whom_by_keys_and_by_orders(lab: Lab, folder: Path) -> None:
    async with (
        phones(lab, folder, "mona", "anna", "bert") as (mona, anna, bert),
        opened(lab, folder, QUICK) as house,
    ):
        await mona.calls("1000", "moderator")
        await anna.calls("1000")
        await bert.calls("1000")
        await hear({mona: "anna bert", anna: "mona bert", bert: "mona anna"})
        await anna.presses("*1")
        await hear({mona: "bert", anna: "mona bert", bert: "mona"})
        await anna.presses("*1")
        await house.do("deafen", bert)
        await hear({mona: "anna bert", anna: "mona bert", bert: ""})
        await house.do("undeafen", bert)
        await anna.presses("*2")
        await hear({mona: "bert", anna: "music", bert: "mona"})
        await anna.presses("*2")
        await hear({mona: "anna bert", anna: "mona bert", bert: "mona anna"})
        await anna.presses("*2")  # the music is over once all have left it: it begins again
        await hear({mona: "bert", anna: "music", bert: "mona"})
        await anna.presses("*2")
        await mona.presses("**1")
        await hear({mona: "", anna: "mona", bert: "mona"})
        await mona.presses("**2")
        await hear({mona: "anna bert", anna: "mona bert", bert: "mona anna"})
        await mona.presses("*3")
        await bert.is_hung_up()
        await bert.calls("2000")
        await hear({mona: "anna", anna: "mona", bert: ""})
        await house.do("move", anna, to="2000")
        await hear({mona: "", anna: "bert", bert: "anna"})
        await house.do("kick", mona)
        await mona.is_hung_up()
        await house.do("end", room="2000")
        await anna.is_hung_up()
        await bert.is_hung_up()
        assert [(m.number, m.why) for each in await house.history() for m in each.memberships] == [
            *(("mona", "kicked"), ("anna", "moved"), ("bert", "kicked")),
            *(("bert", "ended"), ("anna", "ended")),
        ]


def test_every_sound_that_a_room_plays_by_itself_is_there(lab: Lab) -> None:
    assert [lab.prompt(medium.removeprefix("sound:")) for _, medium in NOTHING.sounds()]


@on_both
async def test_prompts_and_the_names_of_who_comes_and_goes_are_heard(
    lab: Lab, folder: Path
) -> None:
    async with (
        phones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, folder, NAMES) as house,
    ):
        await anna.calls("1000", "nameless")
        await house.come(anna)
        names = lab.recordings / "conference" / "names"
        # He says his tone for a name, and is muted then: nobody hears it from himself.
        await bert.calls("1000", "listener")
        await until(lambda: names.exists() and any(names.iterdir()), "a name is recorded")
        await asyncio.sleep(1.5)  # as long as the name is
        old = len(bert.sound())
        await bert.presses("#")
        await anna.is_told("conf-onlyperson")
        since = len(anna.sound())
        await house.come(anna, bert)
        await anna.is_told("confbridge-join", "conf-hasjoin", since=since)
        assert talkers(anna.sound()[since:]) == ["bert"]
        await bert.is_told("conf-thereare", "digits/1", "conf-otherinparty", since=old)
        since, old = len(anna.sound()), len(bert.sound())
        await house.do("kick", bert)
        await anna.is_told("confbridge-leave", "conf-hasleft", since=since)
        assert talkers(anna.sound()[since:]) == ["bert"]
        await bert.is_hung_up()
        await bert.is_told("conf-kicked", since=old)
        await until(lambda: not any(names.iterdir()), "the name is forgotten")
        await anna.hangs_up()


@on_both
async def test_members_wait_with_music_for_a_moderator_and_leave_after_the_last(
    lab: Lab, folder: Path
) -> None:
    async with (
        phones(lab, folder, "mona", "anna") as (mona, anna),
        opened(lab, folder, LOBBY) as house,
    ):
        await anna.calls("1000")
        await anna.is_told("conf-waitforleader")
        await hear({anna: "music"})
        assert house.inside() == []
        await mona.calls("1000", "moderator")
        await anna.is_told("conf-placeintoconf")
        await hear({anna: "mona", mona: "anna"})
        await mona.hangs_up()
        begun = await house.tells("grace")
        await anna.is_told("conf-leaderhasleft")
        await anna.is_hung_up()
        await anna.is_told("confbridge-conf-end")
        left = await house.tells("left", 2)
        assert (left.at - begun.at).total_seconds() > 1.5
        (session,) = await house.history()
        assert session.why == "no_moderator"


@on_both
async def test_a_recording_has_who_has_talked_and_no_pauses(lab: Lab, folder: Path) -> None:
    async with (
        phones(lab, folder, "mona", "anna") as (mona, anna),
        opened(lab, folder, QUICK) as house,
    ):
        await mona.calls("1000", "moderator")
        await anna.calls("1000")
        await hear({mona: "anna", anna: "mona"})
        await mona.presses("**3")
        await house.tells("recording")
        await anna.is_told("conf-now-recording")
        await house.do("pause_record")
        await asyncio.sleep(1.5)  # that are not recorded
        await house.do("mute", anna)
        await house.do("resume_record")
        await hear({mona: "", anna: "mona"})
        await mona.presses("**3")
        told = await house.tells("recorded")
        found = samples(lab.recordings / f"{told.details['name']}.wav")
        assert len(found) / RATE == pytest.approx(told.details["seconds"], abs=0.4)
        assert talkers(found) == ["anna mona", "mona"]
        await house.do("end")
        await anna.is_hung_up()
        await mona.is_hung_up()
        (session,) = await house.history()
        assert [each.name for each in session.recordings] == [told.details["name"]]


@on_both
async def test_twenty_come_in_are_counted_and_are_all_kicked(lab: Lab, folder: Path) -> None:
    async with (
        phones(lab, folder, "mona") as (mona,),
        opened(lab, folder, QUICK) as house,
        await Sipp.call(
            lab.sip_port, "stasis-conference,1000", calls=20, rate=20.0, stay=True
        ) as crowd,
    ):
        await until(lambda: len(house.inside()) == 20, "twenty are inside")
        await mona.calls("1000", "moderator")
        await mona.is_told("digits/20")
        bridge = house.rooms["1000"].bridge.id
        await until(lambda: len(house.rooms["1000"].bridge.channels) == 21, "all hear all")
        assert len((await house.link.ari.bridges.get(bridge)).channels) == 21
        await house.do("kick_all")
        await mona.is_hung_up()
        assert await crowd.finished() == Outcome(answered=20, by_them=20)
        (session,) = await house.history()
        assert [each.why for each in session.memberships] == ["kicked"] * 21


@on_both
async def test_killed_in_a_conference_of_five_it_goes_on_with_it(lab: Lab, folder: Path) -> None:
    names = ("mona", "anna", "bert", "carl", "dora", "edna")
    async with (
        phones(lab, folder, *names) as (mona, anna, bert, carl, dora, edna),
        deployed(lab, folder, QUICK) as program,
    ):
        await mona.calls("1000", "moderator")
        await asyncio.gather(*(each.calls("1000") for each in (anna, bert, carl, dora)))
        await anna.presses("*1")
        await mona.presses("*#**3")
        await mona.is_told("conf-lockednow")
        records = lab.recordings / "conference" / "1000"
        await until(lambda: any(each.stat().st_size for each in records.glob("*")), "recording")
        picture = {
            mona: "bert carl dora",
            anna: "mona bert carl dora",
            bert: "mona carl dora",
            carl: "mona bert dora",
            dora: "mona bert carl",
        }
        await hear(picture)
        await program.kill()
        await hear(picture)
        await program.start()
        since = len(mona.sound())
        await mona.presses("*5")
        await mona.is_told("digits/4", since=since)
        await hear(picture)
        await edna.calls("1000")
        await edna.is_told("conf-locked")
        await edna.is_hung_up()
        await anna.presses("*1")
        await hear({each: f"{names} anna" for each, names in picture.items() if each is not anna})
        await mona.presses("**3**8")
        for each in picture:
            await each.is_hung_up()
        async with store_of(folder) as store:
            (session,) = await store.history()
        assert [each.why for each in session.memberships] == ["ended"] * 5
        (recording,) = session.recordings
        found = samples(lab.recordings / f"{recording.name}.wav")
        assert len(found) / RATE == pytest.approx(recording.seconds, abs=1.0)
        # Whoever presses keys is not heard meanwhile.
        assert talkers(found, but="mona") == ["bert carl dora", "anna bert carl dora"]
