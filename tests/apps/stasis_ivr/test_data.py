"""What is kept of a call: a process is killed in each state, and the next one goes on there."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from stasis_ivr.data import IvrData
from stasis_ivr.flow import Ivr
from stasis_ivr.parts import Desk, Message
from stasis_ivr.target import Target
from structlog.testing import capture_logs

from stasis.ari.resource import Response
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.testing.clock import virtual_time
from tests.apps.stasis_ivr.office import BARE, FILE, Office, process, restarted
from tests.server import Process, turn


async def press(office: Office, call: str, digits: str) -> None:
    """Press keys, and hear out what plays at an `f`."""
    for each in digits:
        if each == "f":
            await office.hear_out()
        else:
            await office.digit(call, each)


def states(process: Process) -> list[str]:
    """The states of all calls."""
    return [runner.state for runner in process.link.runners]


def record_of(office: Office, call: str) -> Record:
    return Record.decode(office.variables[call, VARIABLE])


class TestMenu:
    @virtual_time
    async def test_a_call_that_was_just_being_answered_begins(self):
        office = Office()
        async with process(office) as old:
            coming = asyncio.create_task(office.calls())
            while not (office.variables and states(old) == ["welcome"]):
                await asyncio.sleep(0)
            await old.kill()
            call = await coming
            async with process(office) as new:
                assert office.playing() == ["sound:main"] and states(new) == ["menu"]
                assert office.channels[call]["state"] == "Up"


class TestDesk:
    @virtual_time
    async def test_two_who_talk_talk_on_and_part_where_the_file_says(self):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            await press(office, call, "1f")
            await office.answers(office.made("channel")[0])
            before = {id: list(each["channels"]) for id, each in office.bridges.items()}
            async with restarted(office, old) as new:
                assert states(new) == ["talking"]
                assert {id: each["channels"] for id, each in office.bridges.items()} == before
                assert not any("Channel" in line for line in office.changes())
                (desk,) = office.made("channel")
                await office.hangs_up(desk)
                assert states(new) == ["menu"] and office.playing() == ["sound:sub"]

    @virtual_time
    async def test_a_desk_that_hung_up_meanwhile_has_parted(self):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            await press(office, call, "1f")
            await office.answers(office.made("channel")[0])
            await old.kill()
            await office.hangs_up(office.made("channel")[0])
            async with process(office) as new:
                assert new.flow(call).data.here == Target("menu", "sub")


class TestMessage:
    async def speaks(self, office: Office) -> tuple[str, str]:
        """A call comes, and its message is being recorded."""
        call = await office.calls()
        await press(office, call, "2f")
        (name,) = office.recordings
        return call, name

    @virtual_time
    async def test_a_caller_who_hangs_up_before_the_recording_is_joined_has_left_a_message(self):
        office = Office()
        gone = Response(404, "", b'{"message": "Channel not found"}')
        async with process(office) as old:
            call, name = await self.speaks(office)
            await old.kill()
            office.refuse[f"POST /channels/{call}/record"] = gone
            async with process(office) as new:
                assert states(new) == ["recording"] and new.flow(call).live is None
                await office.hangs_up(call)
                assert states(new) == [] and office.stored == {name}
                assert office.lamps == {"office@default": 1}

    @pytest.mark.parametrize(("length", "said"), [(7.0, "sound:saved"), (0.5, "sound:short")])
    @virtual_time
    async def test_one_that_ended_meanwhile_is_judged_by_its_file(self, length: float, said: str):
        office = Office()
        office.length = length
        async with process(office) as old:
            _, name = await self.speaks(office)
            await old.kill()
            await office.finish_recording(name)
            async with process(office):
                assert office.playing() == [said]
                assert (office.stored == {name}) == (said == "sound:saved")
                assert office.lamps == ({"office@default": 1} if office.stored else {})

    @virtual_time
    async def test_one_whose_end_fell_into_a_gap_is_judged_by_its_file(self):
        office = Office()
        async with process(office) as one:
            _, name = await self.speaks(office)
            await one.deaf()
            await office.finish_recording(name)
            await one.hears()
            assert office.playing() == ["sound:saved"] and office.stored == {name}

    @pytest.mark.parametrize("length", [7.0, 0.5])
    @virtual_time
    async def test_a_caller_who_hung_up_in_a_gap_has_left_a_message(self, length: float):
        office = Office()
        office.length = length
        async with process(office) as one:
            call, name = await self.speaks(office)
            await one.deaf()
            await office.hangs_up(call)
            await one.hears()
            assert states(one) == []
            assert office.stored == ({name} if length > 2 else set())
            assert office.lamps == ({"office@default": 1} if length > 2 else {})

    @virtual_time
    async def test_a_caller_who_hangs_up_while_it_is_judged_has_left_it(self):
        office = Office()
        office.slow = "GET /mailboxes"
        async with process(office) as one:
            call, name = await self.speaks(office)
            await office.finish_recording(name)
            assert states(one) == ["recorded"]
            await office.hangs_up(call)
            office.going.set()
            await turn()
            assert states(one) == [] and office.lamps == {"office@default": 1}

    @virtual_time
    async def test_a_second_try_is_not_judged_by_the_first(self):
        office = Office()
        office.talked = 1
        gone = Response(404, "", b'{"message": "Channel not found"}')
        async with process(office) as old:
            call, first = await self.speaks(office)
            await office.finish_recording(first)
            await office.hear_out()
            (second,) = office.recordings
            await old.kill()
            office.refuse[f"POST /channels/{call}/record"] = gone
            async with process(office):
                await office.hangs_up(call)
                assert office.stored == {second}

    @virtual_time
    async def test_another_message_of_the_same_call_has_all_its_tries(self):
        office = Office()
        office.talked = 1
        async with process(office) as one:
            call, _ = await self.speaks(office)
            for _ in range(2):
                (name,) = office.recordings
                await office.finish_recording(name)
                await office.hear_out()
            await press(office, call, "12f")
            (name,) = office.recordings
            await office.finish_recording(name)
            assert states(one) == ["again"]

    @virtual_time
    async def test_one_that_was_being_judged_is_judged(self):
        office = Office()
        async with process(office) as old:
            _, name = await self.speaks(office)
            old.dead = True  # what it does from now on reaches nobody
            await office.finish_recording(name)
            async with restarted(office, old) as new:
                assert states(new) == ["saved"] and office.stored == {name}
                assert office.lamps == {"office@default": 1}


class TestAnotherFile:
    """The file that the next process reads has none of the parts that the calls are in."""

    @pytest.mark.parametrize(
        ("keys", "goes_on"),
        [
            ("", ["sound:other"]),  # a menu
            ("9", ["sound:other"]),
            ("1", ["sound:other"]),  # said before a desk
            ("2", ["sound:other"]),  # and before a message
            ("3", ["sound:other"]),  # an announcement
        ],
    )
    @virtual_time
    async def test_a_call_in_a_part_that_is_gone_begins_anew(self, keys: str, goes_on: list[str]):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            await press(office, call, keys)
            with capture_logs() as logs:
                async with restarted(office, old, BARE) as new:
                    assert office.playing() == goes_on and call in office.channels
                    assert new.runner(call).failure is None
            told = [line for line in logs if line["log_level"] in ("warning", "error")]
            assert [line["event"] for line in told] == [
                "the file has it no longer; going on where `removed` leads"
            ]

    @virtual_time
    async def test_or_goes_where_the_file_says(self):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            async with restarted(office, old, 'removed = "hangup"' + BARE):
                assert call not in office.channels

    @virtual_time
    async def test_a_part_that_is_still_there_is_the_new_one(self):
        office = Office()
        async with process(office) as old:
            await office.calls()
            async with restarted(office, old, FILE.replace("sound:main", "sound:new")):
                assert office.playing() == ["sound:new"]

    @pytest.mark.parametrize("text", [BARE, FILE.replace('"PJSIP/a", "PJSIP/b"', '"PJSIP/c"')])
    @virtual_time
    async def test_phones_that_ring_ring_on(self, text: str):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            await press(office, call, "1f")
            phones = office.made("channel")
            async with restarted(office, old, text) as new:
                assert states(new) == ["ringing"] and office.made("channel") == phones
                await office.answers(phones[0])
                assert states(new) == ["talking"] and office.made("channel") == phones[:1]


class TestForm:
    @virtual_time
    async def test_what_was_kept_just_before_a_state_was_left_leads_to_the_next_one(self):
        office = Office()
        async with process(office) as old:
            call = await office.calls()
            await old.kill()
            kept = json.loads(office.variables[call, VARIABLE])
            kept["data"]["here"] = {"kind": "play", "name": "news"}
            office.variables[call, VARIABLE] = json.dumps(kept)
            async with process(office) as new:
                assert states(new) == ["play"] and office.playing() == ["sound:news"]

    def test_what_this_version_keeps_stays_readable(self):
        """A later version reads it as well: what is added to a part must have a default."""
        target = {"kind": "menu", "name": "main"}
        desk = {
            "name": "sales",
            "endpoints": ["PJSIP/a"],
            "ring": 20,
            "caller_id": None,
            "music": None,
            "prompt": [],
            "busy": target,
            "no_answer": target,
            "unavailable": target,
            "after": {"kind": "hangup", "name": ""},
        }
        message = {
            "name": "office",
            "prompt": [],
            "saved": [],
            "too_short": [],
            "folder": "ivr/office",
            "format": "wav",
            "beep": True,
            "max_seconds": 120,
            "silence": 5,
            "min_seconds": 2,
            "tries": 2,
            "mailbox": "",
            "after": target,
        }
        kept = {
            "here": target,
            "digits": "1",
            "desk": desk,
            "dialling": None,
            "message": message,
            "recording": "ivr/office/1",
            "tries": 1,
            "seconds": None,
        }
        data = msgspec.convert(kept, type=IvrData)
        assert data.here == Target("menu", "main") and data.recording == "ivr/office/1"
        assert isinstance(data.desk, Desk) and data.desk.no_answer == Target("menu", "main")
        assert isinstance(data.message, Message) and data.message.max_seconds == 120
        assert json.loads(msgspec.json.encode(data)) == kept
        assert Ivr.version == 1

    @virtual_time
    async def test_it_is_small(self):
        """A channel variable takes 40,000 bytes."""
        office = Office()
        async with process(office):
            call = await office.calls()
            await press(office, call, "2f")
            assert len(office.variables[call, VARIABLE]) < 2000
            assert record_of(office, call).flow == "Ivr"
