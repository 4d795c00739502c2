"""The IVR's calls: menus, wrong keys, silence, desks and messages, from start to hang-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from stasis_ivr.flow import Ivr
from stasis_ivr.ivr_file import parse
from stasis_ivr.plugin import IvrConfig, IvrPlugin

from stasis.ari.resource import Response
from stasis.flow import Flow
from stasis.servers import Servers
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk, FakeCall

FILE = """
start = "hours:office"
language = "de"

[hours.office]
timezone = "UTC"
then = "menu:main"
closed = "play:closed"
open.mon-fri = "09:00-17:00"

[menu.main]
prompt = "sound:main"
invalid = "sound:invalid"
no_input = "sound:silent"
tries = 2
timeout = 5
failed = "play:bye"
choices.1 = "desk:sales"
choices.2 = "message:office"
choices.3 = "continue"
choices.4 = "menu:sub"
choices."_8XX" = "desk:extension"
choices."*" = "repeat"
choices."#" = "hangup"

[menu.sub]
prompt = "sound:sub"
choices.1 = "menu:main"

[desk.sales]
endpoints = ["PJSIP/a", "PJSIP/b"]
ring = 20
prompt = "sound:hold"
busy = "play:busy"
no_answer = "message:office"
unavailable = "play:bye"
after = "play:bye"

[desk.extension]
endpoints = "PJSIP/{digits}"

[message.office]
prompt = "sound:intro"
saved = "sound:saved"
too_short = "sound:short"
mailbox = "office@default"

[play.busy]
prompt = "sound:busy"
after = "menu:main"
[play.bye]
prompt = "sound:bye"
[play.closed]
prompt = "sound:closed"
"""

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Plugin(IvrPlugin):
    """The plugin with a file and a moment of the test's choice."""

    def __init__(self, moment: datetime = MONDAY) -> None:
        super().__init__(IvrConfig())
        self.file = parse(FILE)
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Office(FakeAsterisk):
    """The fake, with recordings that tell how much of them was talking."""

    silent = 0

    def _finish_recording(self, name: str, duration: int) -> None:
        self._recordings[name]["talking_duration"] = duration - self.silent
        super()._finish_recording(name, duration)


@asynccontextmanager
async def calling(moment: datetime = MONDAY) -> AsyncIterator[tuple[Office, FakeCall]]:
    plugin = Plugin(moment)
    async with Office(Ivr, plugin) as asterisk:
        plugin.servers = Servers({"asterisk": asterisk.link})
        asterisk.refuse["GET /mailboxes"] = Response(404, "", b'{"message": "Not found"}')
        yield asterisk, await asterisk.call(number="100")
    assert asterisk.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}


def endpoints(asterisk: FakeAsterisk) -> list[str]:
    """The endpoints that were rung, in order."""
    return [dict(r.query)["endpoint"] for r in asterisk.sent if "endpoint" in dict(r.query)]


def phone(asterisk: FakeAsterisk, number: int) -> FakeCall:
    return asterisk.dialled()[number]


class TestTable:
    def test_every_kind_of_part_has_its_state(self):
        assert Ivr.next(Ivr.menu, "desk") is Ivr.desk
        assert Ivr.next(Ivr.menu, "hangup") is Ivr.goodbye
        assert Ivr.next(Ivr.desk, "ring") is Ivr.ringing
        assert Ivr.next(Ivr.ringing, "answered") is Ivr.talking
        assert Ivr.next(Ivr.message, "record") is Ivr.recording
        assert Ivr.next(Ivr.desk, "message") is Ivr.message
        assert Ivr.next(Ivr.play, "continue") is Ivr.leaving

    def test_it_is_a_flow(self):
        assert issubclass(Ivr, Flow) and "welcome" in Ivr.states()


class TestHours:
    @virtual_time
    async def test_an_open_office_says_its_menu_in_the_files_language(self):
        async with calling() as (asterisk, call):
            assert call.state == "menu"
            assert await asterisk.plays() == ["sound:main"]
            play = next(r for r in asterisk.sent if "/play/" in r.path)
            assert dict(play.query)["lang"] == "de"
            assert asterisk.requests.index("POST /channels/c1/answer") < asterisk.sent.index(play)

    @virtual_time
    async def test_a_closed_office_says_so_and_hangs_up(self):
        async with calling(MONDAY.replace(hour=20)) as (asterisk, call):
            assert await asterisk.plays() == ["sound:closed"]
            await asterisk.finish()
            assert call.over and "DELETE /channels/c1" in asterisk.requests


class TestMenu:
    @virtual_time
    async def test_a_key_leads_to_another_menu_and_back(self):
        async with calling() as (asterisk, call):
            await call.digit("4")
            assert await asterisk.plays() == ["sound:sub"]
            await call.digit("1")
            assert await asterisk.plays() == ["sound:main"]

    @virtual_time
    async def test_keys_typed_ahead_lead_through_menus_without_a_word(self):
        async with calling() as (asterisk, call):
            await call.digit("412")
            assert call.state == "message" and await asterisk.plays() == ["sound:intro"]

    @virtual_time
    async def test_a_wrong_key_then_silence_lead_out(self):
        async with calling() as (asterisk, call):
            await call.digit("9")
            await asyncio.sleep(1)
            assert await asterisk.plays() == ["sound:invalid"]
            await asterisk.finish()
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == ["sound:bye"]
            await asterisk.finish()
            assert call.over

    @virtual_time
    async def test_silence_is_told(self):
        async with calling() as (asterisk, _):
            await asterisk.finish()
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == ["sound:silent"]

    @virtual_time
    async def test_repeat_says_it_again_with_all_tries(self):
        async with calling() as (asterisk, call):
            await call.digit("*")
            assert call.state == "menu" and await asterisk.plays() == ["sound:main"]
            await asterisk.finish()
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == ["sound:silent"]

    @virtual_time
    async def test_hangup_hangs_up(self):
        async with calling() as (asterisk, call):
            await call.digit("#")
            assert call.over and "DELETE /channels/c1" in asterisk.requests

    @virtual_time
    async def test_continue_goes_on_in_the_dialplan_and_does_not_hang_up(self):
        async with calling() as (asterisk, call):
            await call.digit("3")
            assert call.over
            assert "POST /channels/c1/continue" in asterisk.requests
            assert "DELETE /channels/c1" not in asterisk.requests


class TestDesk:
    @virtual_time
    async def test_all_phones_ring_after_the_announcement(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            assert await asterisk.plays() == ["sound:hold"] and endpoints(asterisk) == []
            await asterisk.finish()
            assert endpoints(asterisk) == ["PJSIP/a", "PJSIP/b"]

    @virtual_time
    async def test_who_answers_talks_and_when_the_desk_hangs_up_the_file_says_what_next(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish()
            desk = phone(asterisk, 1)
            await desk.answers()
            assert call.state == "talking"
            (bridge,) = asterisk._bridges.values()
            assert bridge["channels"] == [call.id, desk.id]
            assert len(asterisk.dialled()) == 1
            await desk.hangs_up()
            assert await asterisk.plays() == ["sound:bye"]

    @virtual_time
    async def test_when_the_caller_hangs_up_the_desk_is_hung_up(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish()
            await phone(asterisk, 0).answers()
            await call.hangs_up()
            assert asterisk.dialled() == [] and asterisk._bridges == {} and call.over

    @virtual_time
    async def test_a_busy_desk_is_told(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish()
            for desk in asterisk.dialled():
                await asterisk.end(desk.id, cause=17, status="BUSY")
            assert await asterisk.plays() == ["sound:busy"]
            await asterisk.finish()
            assert call.state == "menu"

    @virtual_time
    async def test_when_nobody_answers_a_message_can_be_left(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish()
            for desk in asterisk.dialled():
                await asterisk.end(desk.id, cause=19, status="NOANSWER")
            assert call.state == "message"

    @virtual_time
    async def test_a_desk_that_cannot_be_reached_has_its_own_target(self):
        async with calling() as (asterisk, call):
            refusal = Response(500, "", b'{"error": "Allocation failed"}')
            asterisk.refuse["POST /channels/channel-"] = refusal
            await call.digit("1")
            await asterisk.finish()
            assert await asterisk.plays() == ["sound:bye"]

    @virtual_time
    async def test_an_extension_is_rung_by_what_the_caller_has_pressed(self):
        async with calling() as (asterisk, call):
            await call.digit("842")
            assert endpoints(asterisk) == ["PJSIP/842"]

    @virtual_time
    async def test_a_caller_who_gives_up_stops_the_ringing(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish()
            assert len(asterisk.dialled()) == 2
            await call.hangs_up()
            assert asterisk.dialled() == [] and call.over


class TestMessage:
    async def recording(self, asterisk: FakeAsterisk, call: FakeCall) -> str:
        await call.digit("2")
        await asterisk.finish()
        (name,) = asterisk._recordings
        return name

    @virtual_time
    async def test_a_message_is_recorded_kept_and_shown_at_the_phone(self):
        async with calling() as (asterisk, call):
            name = await self.recording(asterisk, call)
            assert name.startswith("ivr/office/20261123-100000-")
            (record,) = [r for r in asterisk.sent if r.path.endswith("/record")]
            given = dict(record.query)
            assert given["beep"] == "true" and given["terminateOn"] == "#"
            assert given["maxDurationSeconds"] == "120" and given["maxSilenceSeconds"] == "5"
            await asterisk.finish_recording(name, duration=7)
            assert await asterisk.plays() == ["sound:saved"]
            (lamp,) = [r for r in asterisk.sent if r.method == "PUT" and "/mailboxes/" in r.path]
            assert lamp.path == "/mailboxes/office%40default"
            assert dict(lamp.query)["newMessages"] == "1"
            await asterisk.finish()
            assert call.over and name in asterisk._stored

    @virtual_time
    async def test_a_caller_who_hangs_up_has_left_a_message(self):
        async with calling() as (asterisk, call):
            name = await self.recording(asterisk, call)
            channel = asterisk._channels[call.id]
            asterisk._finish_recording(name, 9)
            asterisk._tell("StasisEnd", channel=channel)
            await asterisk.turn()
            assert call.over and name in asterisk._stored
            assert any(r.startswith("PUT /mailboxes/") for r in asterisk.requests)

    @virtual_time
    async def test_a_hang_up_at_once_leaves_nothing(self):
        async with calling() as (asterisk, call):
            await self.recording(asterisk, call)
            await call.hangs_up()
            assert call.over and asterisk._stored == set()
            assert not any(r.startswith("PUT /mailboxes/") for r in asterisk.requests)

    @virtual_time
    async def test_a_message_that_is_too_short_is_asked_for_once_more(self):
        async with calling() as (asterisk, call):
            name = await self.recording(asterisk, call)
            await asterisk.finish_recording(name, duration=1)
            assert asterisk._stored == set()
            assert await asterisk.plays() == ["sound:short"]
            await asterisk.finish()
            (again,) = asterisk._recordings
            assert again != name
            await asterisk.finish_recording(again, duration=5)
            assert await asterisk.plays() == ["sound:saved"]

    @virtual_time
    async def test_after_the_last_try_the_caller_is_not_asked_again(self):
        async with calling() as (asterisk, call):
            await asterisk.finish_recording(await self.recording(asterisk, call), duration=1)
            assert await asterisk.plays() == ["sound:short"]
            await asterisk.finish()
            (again,) = asterisk._recordings
            await asterisk.finish_recording(again, duration=1)
            assert call.over and asterisk._stored == set()
            assert await asterisk.plays() == []

    @virtual_time
    async def test_silence_does_not_count_as_a_message(self):
        async with calling() as (asterisk, call):
            name = await self.recording(asterisk, call)
            asterisk.silent = 5
            await asterisk.finish_recording(name, duration=6)
            assert await asterisk.plays() == ["sound:short"]

    @virtual_time
    async def test_a_recording_that_was_not_stored_does_not_claim_to_be_saved(self):
        async with calling() as (asterisk, call):
            name = await self.recording(asterisk, call)
            asterisk.refuse["GET /recordings/stored"] = Response(404, "", b'{"message": "no"}')
            await asterisk.finish_recording(name, duration=5)
            assert await asterisk.plays() == [] and call.over


class TestTrouble:
    @virtual_time
    async def test_a_missing_announcement_does_not_stop_the_call(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asterisk.finish("failed")
            assert endpoints(asterisk) == ["PJSIP/a", "PJSIP/b"]

    @virtual_time
    async def test_an_announcement_that_never_ends_does_not_hold_the_caller(self):
        async with calling() as (asterisk, call):
            await call.digit("1")
            await asyncio.sleep(301)
            assert endpoints(asterisk) == ["PJSIP/a", "PJSIP/b"]

    @virtual_time
    async def test_a_failure_is_excused_and_the_call_hung_up(self):
        async with calling() as (asterisk, call):
            asterisk.refuse["POST /channels/c1/record"] = Response(422, "", b'{"message": "no"}')
            await call.digit("2")
            await asterisk.finish()
            assert await asterisk.plays() == ["sound:im-sorry"]
            await asterisk.finish()
            assert call.over

    @pytest.mark.parametrize("keys", ["", "4", "1", "1f", "1fa", "2", "2f", "9", "8", "3", "#"])
    @virtual_time
    async def test_a_hang_up_anywhere_leaves_nothing_behind(self, keys: str):
        async with calling() as (asterisk, call):
            for each in keys:
                if each == "f":
                    await asterisk.finish()
                elif each == "a":
                    await phone(asterisk, 0).answers()
                else:
                    await call.digit(each)
            await call.hangs_up()
            await asyncio.sleep(1)
            left: list[Any] = [asterisk._bridges, asterisk._playbacks, asterisk._recordings]
            assert left == [{}, {}, {}] and asterisk.dialled() == [] and call.over
