"""The IVR's calls, from the first word to hang-up, each a row of a table in `calls/`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from stasis.testing.clock import run, virtual_time
from stasis.testing.party import Caller
from tests.apps.stasis_ivr.calls.deploys import DEPLOYS
from tests.apps.stasis_ivr.calls.desks import DESKS
from tests.apps.stasis_ivr.calls.example import EXAMPLE
from tests.apps.stasis_ivr.calls.faults import CUTS, REFUSED
from tests.apps.stasis_ivr.calls.hours import HOURS
from tests.apps.stasis_ivr.calls.menus import CODES, MENUS, TYPED
from tests.apps.stasis_ivr.calls.messages import ANNOUNCEMENTS, MESSAGES
from tests.apps.stasis_ivr.calls.row import Plugin, Row, make_sounds, simulated, went

TABLES = {
    "hours": HOURS,
    "menus": MENUS,
    "codes": CODES,
    "typed": TYPED,
    "desks": DESKS,
    "messages": MESSAGES,
    "announcements": ANNOUNCEMENTS,
    "cuts": CUTS,
    "refused": REFUSED,
    "deploys": DEPLOYS,
    "example": EXAMPLE,
}
# What differs between versions is below these: how calls end, recordings, and what is kept.
BOTH = ("desks", "messages", "cuts", "refused", "deploys")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds of fixed lengths, whatever is installed."""
    folder = tmp_path_factory.mktemp("sounds")
    make_sounds(folder)
    return folder


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The log is not printed: a thousand calls write a lot of it."""
    with capture_logs():
        yield


def rows(*tables: str) -> list[object]:
    """The rows of some tables, each by its name."""
    return [
        pytest.param(row, id=f"{table}: {row.what}") for table in tables for row in TABLES[table]
    ]


class TestCalls:
    @pytest.mark.parametrize("row", rows(*TABLES))
    def test_a_call_goes_as_its_row_says(self, row: Row, sounds: Path):
        assert run(went(row, sounds)) == row

    @pytest.mark.parametrize("row", rows(*BOTH))
    def test_and_so_it_does_on_asterisk_16(self, row: Row, sounds: Path):
        row = evolve(row, version="16")
        assert run(went(row, sounds)) == row


class TestTable:
    def test_no_row_is_there_twice(self):
        every = list(chain(*TABLES.values()))
        assert len({(r.start, r.does, r.phones, r.at, r.file) for r in every}) == len(every) >= 200

    @pytest.mark.parametrize("table", TABLES)
    def test_every_row_has_a_name_of_its_own(self, table: str):
        names = [row.what for row in TABLES[table]]
        assert len(set(names)) == len(names)


class TestTime:
    @pytest.mark.alone
    def test_all_of_them_take_less_than_twenty_seconds(
        self, sounds: Path, capsys: pytest.CaptureFixture[str]
    ):
        every = list(chain(*TABLES.values()))
        wall, work = time.perf_counter(), time.process_time()
        for row in every:
            run(went(row, sounds))
        wall, work = time.perf_counter() - wall, time.process_time() - work
        told = {"calls": len(every), "seconds": round(wall, 1), "of work": round(work, 1)}
        with capsys.disabled():
            sys.stdout.write(f"{json.dumps(told)}\n")
        # Nothing waits, so what is longer than the work is what other programs have taken.
        assert work < 20


class TestTogether:
    @virtual_time
    async def test_callers_do_not_hear_each_other(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            one = await asterisk.call("ivr", number="101")
            two = await asterisk.call("ivr", number="102")
            await one.dials("1")
            await two.dials("2")
            await one.waits(5)
            assert one.heard == ["sound:main", "sound:sub", "sound:options"]
            assert two.heard == ["sound:main", "sound:news", "sound:options", "sound:sub"]

    @virtual_time
    async def test_two_conversations_go_on_side_by_side(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            callers = [await asterisk.call("ivr", number=each) for each in ("101", "102")]
            desks = []
            for caller, digits in zip(callers, ("511", "512"), strict=True):
                await caller.dials(digits)
                desks.append(await asterisk.rings(f"PJSIP/{digits}"))
            for desk in desks:
                await desk.answers()
            for caller, desk in zip(callers, desks, strict=True):
                await caller.talks_with(desk)
            assert not callers[0].can_hear(desks[1]) and not callers[1].can_hear(callers[0])
            await desks[0].hangs_up()
            assert callers[0].over and not callers[1].over
            await callers[1].talks_with(desks[1])

    @virtual_time
    async def test_the_second_caller_of_a_desk_is_rung_through_as_well(self, sounds: Path):
        async with simulated(Plugin("desk:plain"), sounds) as asterisk:
            first = await asterisk.call("ivr", number="101")
            talking = await asterisk.rings("PJSIP/alice")
            await talking.answers()
            asterisk.phone("PJSIP/alice", "busy")
            second = await asterisk.call("ivr", number="102")
            assert await second.is_hung_up() == 16
            await first.talks_with(talking)

    @virtual_time
    async def test_messages_of_the_same_moment_are_all_kept_and_counted(self, sounds: Path):
        async with simulated(Plugin("message:office"), sounds) as asterisk:
            callers = [await asterisk.call("ivr", number=f"10{each}") for each in range(5)]
            await callers[0].waits(3)
            for caller in callers:
                caller.line.speak(4)
            for caller in callers:
                assert await caller.is_hung_up() == 16
                assert "sound:kept" in caller.heard
            files = list(asterisk.machine.folder.rglob("*.wav"))
            assert len(files) == 5
            assert asterisk.machine.mailboxes["office@default"] == (0, 5)

    @virtual_time
    async def test_one_call_that_fails_does_not_touch_another(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            one = await asterisk.call("ivr", number="101")
            two = await asterisk.call("ivr", number="102")
            asterisk.refuse(f"POST /channels/{one.id}/play.*", 500, times=1)
            await one.dials("1")
            await one.hears("sound:im-sorry")
            assert await one.is_hung_up() == 38 and one.failure is not None
            await two.dials("1")
            await two.hears("sound:sub")
            assert two.failure is None

    @virtual_time
    async def test_a_deploy_goes_on_with_all_calls_each_where_it_was(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            menu, talking, recorded = [
                await asterisk.call("ivr", number=f"10{each}") for each in range(3)
            ]
            await talking.dials("511")
            desk = await asterisk.rings("PJSIP/511")
            await desk.answers()
            await recorded.dials("4")
            await recorded.waits(3)
            await recorded.speaks(3)
            await menu.waits(1)
            await asterisk.redeploy()
            assert [each.state for each in (menu, talking, recorded)] == [
                *("menu", "talking", "recording"),
            ]
            await talking.talks_with(desk)
            await recorded.hears("sound:kept")

    @virtual_time
    async def test_fifty_callers_at_the_same_time(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            callers = [await asterisk.call("ivr", number=f"1{each:02}") for each in range(50)]
            keys = "0#" * 25
            await asyncio.gather(*map(Caller.dials, callers, keys))
            await callers[0].waits(3)
            assert all(each.over for each in callers)
            bye = [each.heard == ["sound:main", "sound:bye"] for each in callers]
            assert bye == [key == "#" for key in keys]


class TestWhatIsSeen:
    """What a row does not tell: what phones show, and what the server is asked for."""

    @pytest.mark.parametrize(
        ("start", "shown"),
        [("plain", ("Ann", "100")), ("reception", ("Reception", "0")), ("secret", ("", ""))],
    )
    @virtual_time
    async def test_a_desk_sees_who_calls_or_what_the_file_says(
        self, start: str, shown: tuple[str, str], sounds: Path
    ):
        async with simulated(Plugin(f"desk:{start}"), sounds) as asterisk:
            await asterisk.call("ivr", number="100", name="Ann")
            desk = await asterisk.rings("PJSIP/alice")
            assert desk.line.channel.caller == shown

    @virtual_time
    async def test_the_caller_hears_ringing_where_there_is_no_music(self, sounds: Path):
        async with simulated(Plugin("desk:plain"), sounds) as asterisk:
            caller = await asterisk.call("ivr")
            assert "RINGING" in caller.line.told

    @virtual_time
    async def test_a_message_lies_in_its_folder_by_the_time_it_came(self, sounds: Path):
        async with simulated(Plugin("message:free"), sounds) as asterisk:
            caller = await asterisk.call("ivr")
            await caller.hears("sound:kept")
            (path,) = asterisk.machine.folder.rglob("*.*")
            assert path.relative_to(asterisk.machine.folder).match(
                "free/of/silence/20261123-100000-*.wav"
            )

    @virtual_time
    async def test_the_call_is_answered_before_anything_is_said(self, sounds: Path):
        async with simulated(Plugin("menu:main"), sounds) as asterisk:
            caller = await asterisk.call("ivr")
            asked = [each for each in asterisk.requests if "/variable" not in each]
            assert asked[0] == f"POST /channels/{caller.id}/answer"
            assert asked[1].startswith(f"POST /channels/{caller.id}/play/")
