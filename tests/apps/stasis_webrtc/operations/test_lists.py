"""Contacts, history, messages and recordings of a user."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import quote

import pytest
from stasis_webrtc.ledger import Message, Recorded
from stasis_webrtc.view import Peer

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.switch import NOON, Page, Site, served


@virtual_time
async def test_contacts_are_the_others_with_what_they_are_now():
    async with served() as site:
        anna = await site.phone("anna")
        await site.phone("bert")
        await site.switch.accounts.disable("carl")
        assert await anna.get("/contacts") == [
            {"user": "bert", "name": "Bert", "extension": "202", "presence": "available"},
            {"user": "root", "name": "Root", "extension": "", "presence": "offline"},
        ]


class TestHistory:
    async def missed(self, site: Site, times: int) -> Page:
        """Anna has called Bert so often, in vain."""
        anna, bert = await site.phone("anna"), await site.phone("bert")
        for _ in range(times):
            caller = await anna.dials("bert")
            await bert.rings()
            await caller.hangs_up()
            await asyncio.sleep(1)
        return bert

    @virtual_time
    async def test_a_call_is_there_for_both_with_its_length_and_who_it_was(self):
        async with served() as site:
            talk = await site.talk()
            await talk.caller.waits(61)
            await talk.over()
            await asyncio.sleep(1)
            (mine,) = await talk.one.get("/history")
            (theirs,) = await talk.other.get("/history")
            assert (mine["direction"], theirs["direction"]) == ("out", "in")
            assert mine["outcome"] == theirs["outcome"] == "answered"
            assert mine["seconds"] == theirs["seconds"] == 61
            assert mine["peer"] == {"name": "Bert", "number": "202", "user": "bert"}
            assert mine["missed"] is theirs["missed"] is False

    @virtual_time
    async def test_one_that_was_missed_is_new_until_it_was_seen(self):
        async with served() as site:
            bert = await self.missed(site, 1)
            (row,) = await bert.get("/history?missed=true")
            assert (row["outcome"], row["missed"], row["seen"]) == ("cancelled", True, False)
            await bert.done("DELETE", "/history/missed")
            (row,) = await bert.get("/history")
            assert row["seen"] is True

    @virtual_time
    async def test_it_is_read_page_by_page(self):
        async with served() as site:
            bert = await self.missed(site, 5)
            whole = await bert.get("/history")
            assert len(whole) == 5
            assert [each["at"] for each in whole] == sorted((e["at"] for e in whole), reverse=True)
            found, before = [], ""
            while rows := await bert.get(f"/history?limit=2{before}"):
                found += rows
                before = f"&before={quote(rows[-1]['at'])}"
            assert found == whole

    @pytest.mark.parametrize(
        "query",
        [
            *("limit=0", "limit=201", "limit=x", "missed=2", "other=1", "missed=true&missed=true"),
            *("before=yesterday", "before=2026-01-01T00:00:00", "before=null", "before="),
        ],
    )
    @virtual_time
    async def test_what_is_no_question_is_refused(self, query: str):
        async with served() as site:
            answer = await (await site.page("anna")).ask("GET", f"/history?{query}")
            assert (answer.status, answer.code) == (422, "wrong_query")

    @pytest.mark.parametrize(
        "before", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00Z"]
    )
    @virtual_time
    async def test_the_ends_of_time_are_no_failure(self, before: str):
        async with served() as site:
            page = await site.page("root")
            for path in (f"/history?before={before}", f"/audit?before={before}"):
                assert (await page.ask("GET", path)).status in (200, 422), path


class TestMessages:
    async def left(self, site: Site) -> Page:
        """Somebody outside has left a message for Anna, who is not there."""
        page = await site.page("anna")
        caller = await site.asterisk.call("webrtc", "ring", "anna", number="+4930555")
        await caller.hears("sound:vm-intro")
        await asyncio.sleep(4)
        await caller.speaks(5)
        await caller.hangs_up()
        await asyncio.sleep(3)
        return page

    @virtual_time
    async def test_one_is_there_and_is_heard_once_it_was_listened_to(self):
        async with served() as site:
            page = await self.left(site)
            (message,) = await page.get("/messages")
            assert message["heard"] is False and message["seconds"] >= 5
            assert message["from"]["number"] == "+4930555"
            answer = await page.ask("GET", f"/messages/{message['id']}/audio")
            assert answer.status == 200 and answer.body.startswith(b"RIFF")
            assert answer.headers["Content-Type"] == "audio/wav"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            (message,) = await page.get("/messages")
            assert message["heard"] is True

    @virtual_time
    async def test_one_that_is_deleted_is_gone_with_its_sound(self):
        async with served() as site:
            page = await self.left(site)
            (message,) = await page.get("/messages")
            await page.done("DELETE", f"/messages/{message['id']}")
            assert await page.get("/messages") == []
            assert not [each for each in site.asterisk.machine.folder.rglob("*.wav")]
            answer = await page.ask("DELETE", f"/messages/{message['id']}")
            assert (answer.status, answer.code) == (404, "no_message")

    @virtual_time
    async def test_one_without_its_sound_can_be_deleted_all_the_same(self):
        async with served() as site:
            page = await site.page("anna")
            await site.switch.kept.history.left(Message("anna", "lost", Peer(), NOON, 3.0))
            answer = await page.ask("GET", "/messages/1/audio")
            assert (answer.status, answer.code) == (404, "no_message")
            assert not (await page.get("/messages"))[0]["heard"]
            await page.done("DELETE", "/messages/1")

    @pytest.mark.parametrize("id", ["0", "-1", "x", "99999999999", "1.5", "%00", "١"])
    @virtual_time
    async def test_what_is_no_number_of_one_is_not_found(self, id: str):
        async with served() as site:
            page = await site.page("anna")
            assert (await page.ask("GET", f"/messages/{id}/audio")).status == 404
            assert (await page.ask("DELETE", f"/recordings/{id}")).status == 404


class TestRecordings:
    @virtual_time
    async def test_one_is_there_when_it_is_over_and_can_be_deleted(self):
        async with served() as site:
            talk = await site.talk()
            await talk.one.act("record")
            assert await talk.one.get("/recordings") == []
            for method, path in (("GET", "/recordings/1/audio"), ("DELETE", "/recordings/1")):
                assert (await talk.one.ask(method, path)).code == "no_recording"
            await talk.caller.speaks(4)
            await talk.over()
            await asyncio.sleep(1)
            (recording,) = await talk.one.get("/recordings")
            assert await talk.other.get("/recordings") == []
            (entry,) = await talk.one.get("/history")
            assert entry["recording"] == recording["id"]
            path = f"/recordings/{recording['id']}"
            assert (await talk.one.ask("GET", f"{path}/audio")).body.startswith(b"RIFF")
            await talk.one.done("DELETE", path)
            assert await talk.one.get("/recordings") == []
            assert (await talk.one.ask("GET", f"{path}/audio")).code == "no_recording"
            assert (await talk.one.ask("DELETE", path)).code == "no_recording"
            assert not [each for each in site.asterisk.machine.folder.rglob("*.wav")]

    @virtual_time
    async def test_when_asterisk_is_not_there_nothing_is_forgotten(self):
        async with served() as site:
            page = await site.page("anna")
            ended = NOON + timedelta(seconds=3)
            row = Recorded("anna", "r", "old", Peer(), NOON, ended)
            await site.switch.kept.history.recorded(row)
            site.asterisk.refuse("DELETE /recordings/.*", 500, times=1)
            assert (await page.ask("DELETE", "/recordings/1")).code == "asterisk"
            assert len(await page.get("/recordings")) == 1


@virtual_time
async def test_without_the_database_it_is_said_and_over_once_it_is_back():
    async with served() as site:
        page = await site.page("anna")
        site.switch.kept.database.down = True
        for path in ("/me", "/history", "/contacts"):
            answer = await page.ask("GET", path)
            assert (answer.status, answer.code) == (503, "database")
            assert answer.headers["Retry-After"] == "5"
        assert (await site.browser().log_in("anna")).code == "database"
        site.switch.kept.database.down = False
        assert await page.get("/history") == []
