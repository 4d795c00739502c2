"""The feed: how everything is, then each change, to whoever it is of."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSServerHandshakeError
from stasis_webrtc.grant import Grants
from stasis_webrtc.ledger import Called, Message, Recorded
from stasis_webrtc.view import Peer

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import Ear
from tests.apps.stasis_webrtc.switch import BASE, NOON, Page, Site, Switch, reached, served


class TestSnapshot:
    @virtual_time
    async def test_it_is_all_that_a_page_shows(self):
        async with served() as site:
            talk = await site.talk()
            await site.switch.kept.history.left(Message("anna", "m", Peer(), NOON, 3.0))
            row = Called("anna", "c", "in", Peer(), NOON, None, NOON, "noanswer", True)
            await site.switch.kept.history.called(row)
            ear = await talk.one.listen()
            first = await ear.told()
            assert (first["seq"], first["type"]) == (0, "snapshot")
            assert first["me"] == await talk.one.get("/me")
            assert first["device"] == {"endpoint": talk.one.endpoint, "state": "ready"}
            assert first["calls"] == await talk.one.get("/calls")
            assert first["contacts"] == await talk.one.get("/contacts")
            assert [each["user"] for each in first["contacts"]] == ["bert", "carl", "root"]
            assert first["contacts"][0]["presence"] == "busy"
            assert (first["missed"], first["unheard"]) == (1, 1)
            await talk.over()
            await ear.leave()

    @virtual_time
    async def test_one_without_a_device_has_none(self):
        async with served() as site:
            ear = await (await site.page("anna")).listen()
            first = await ear.told()
            assert first["device"] == {"endpoint": None, "state": "offline"}
            assert first["calls"] == [] and first["missed"] == first["unheard"] == 0
            await ear.leave()

    @virtual_time
    async def test_after_a_restart_it_has_everything_again(self):
        async with served() as site:
            talk = await site.talk()
            await talk.one.act("hold")
            before = await talk.one.call()
            await site.asterisk.redeploy()
            await talk.caller.waits(2)
            async with reached(site.switch, site.asterisk) as again:
                talk.one.root = again.root
                ear = await talk.one.listen()
                first = await ear.told()
                assert first["calls"] == [before]
                assert first["device"]["state"] == "ready"
                assert first["contacts"][0]["presence"] == "busy"
                await ear.leave()
            await talk.over()


class TestWhoMay:
    @virtual_time
    async def test_without_a_token_nothing_is_told(self):
        async with served() as site:
            page = site.browser()
            for token in ("", "x", "x" * 5000):
                page.token = token
                assert await (await page.listen()).closed() == 4401

    @virtual_time
    async def test_a_cookie_is_no_token(self):
        async with served() as site:
            page = await site.page("anna")
            cookie = {"Cookie": f"{page.cookie.key}={page.cookie.value}"}
            url = site.root + BASE + "/events"
            socket = await site.session.ws_connect(url, headers=cookie)
            await socket.send_json({"token": page.cookie.value})
            assert (await socket.receive()).data == 4401

    @virtual_time
    async def test_a_page_of_another_site_is_not_even_listened_to(self):
        async with served() as site:
            headers = {"Origin": "https://evil.example"}
            with pytest.raises(WSServerHandshakeError) as found:
                await site.session.ws_connect(site.root + BASE + "/events", headers=headers)
            assert found.value.status == 403

    @virtual_time
    async def test_it_lives_as_long_as_the_session_when_the_page_says_its_new_tokens(self):
        async with served(Switch(access_seconds=60)) as site:
            page, other = await site.page("anna"), await site.page("anna")
            url = site.root + BASE + "/events"
            socket = await site.session.ws_connect(url)
            await socket.send_json({"token": page.token})
            ear, silent = Ear(socket), await other.listen()
            for _ in range(5):
                await asyncio.sleep(45)
                await page.refresh()
                await socket.send_json({"token": page.token})
            assert len(site.switch.feed._feed) == 1
            assert await silent.closed() == 4401
            await ear.leave()

    @virtual_time
    async def test_a_session_that_ends_while_a_page_connects_is_cut_off_too(self):
        async with served() as site:
            page = await site.page("anna")
            sessions = site.switch.sessions
            plain = sessions.authenticate

            async def slowly(token: str) -> object:
                who = await plain(token)
                await sessions.end(page.id, "revoked")
                return who

            feed = site.switch.feed._feed
            feed._authenticate = slowly  # type: ignore[assignment]
            ear = await page.listen()
            told = await ear.told()
            assert (told["type"], told["reason"]) == ("signed_out", "revoked")
            assert await ear.closed() == 4401


class TestPresence:
    async def told(self, site: Site, page: Page) -> list[str]:
        """What others were told of a user."""
        await asyncio.sleep(0.5)
        return [
            each["presence"]
            for each in self.ear.all()
            if each["type"] == "presence" and each["user"] == page.user
        ]

    @virtual_time
    async def test_each_change_is_told_once(self):
        async with served() as site:
            self.ear = await (await site.page("carl")).listen()
            await self.ear.told()
            anna, bert = await site.page("anna"), await site.page("bert")
            for each in (anna, bert):
                await each.open()
                assert await self.told(site, each) == []
                await each.registers()
                await each.registers()
                assert await self.told(site, each) == ["available"]
            caller = await anna.dials("bert")
            await asyncio.sleep(0.5)
            heard = self.ear.all()
            found = [(e["user"], e["presence"]) for e in heard if e["type"] == "presence"]
            assert sorted(found) == [("anna", "busy"), ("bert", "ringing")]
            callee = await bert.rings()
            await callee.answers()
            assert await self.told(site, bert) == ["busy"]
            await anna.act("hold")
            await anna.act("mute")
            assert await self.told(site, anna) == []
            await anna.done("PUT", "/me/settings", {"dnd": True})
            assert await self.told(site, anna) == []
            await caller.hangs_up()
            await asyncio.sleep(0.5)
            heard = self.ear.all()
            found = [(e["user"], e["presence"]) for e in heard if e["type"] == "presence"]
            assert sorted(found) == [("anna", "dnd"), ("bert", "available")]
            await anna.done("PUT", "/me/settings", {})
            assert await self.told(site, anna) == ["available"]
            await anna.registers(gone=True)
            assert await self.told(site, anna) == ["offline"]
            await self.ear.leave()

    @virtual_time
    async def test_nobody_is_told_of_itself(self):
        async with served() as site:
            page = await site.page("anna")
            ear = await page.listen()
            await page.open()
            await page.registers()
            await asyncio.sleep(0.5)
            assert "presence" not in [each["type"] for each in ear.all()]
            await ear.leave()

    @virtual_time
    async def test_a_second_device_changes_nothing(self):
        async with served() as site:
            self.ear = await (await site.page("carl")).listen()
            pages = [await site.phone("anna"), await site.phone("anna")]
            assert await self.told(site, pages[0]) == ["available"]
            await pages[0].log_out()
            assert await self.told(site, pages[0]) == []
            await pages[1].log_out()
            assert await self.told(site, pages[0]) == ["offline"]
            await self.ear.leave()


class TestChanges:
    @virtual_time
    async def test_a_user_hears_of_its_own_calls_alone_and_of_each_end_once(self):
        async with served() as site:
            stranger = await (await site.page("carl")).listen()
            ear = await (await site.page("anna")).listen()
            talk = await site.talk()
            await talk.over()
            await asyncio.sleep(1)
            calls = [each["call"] for each in ear.all() if each["type"] == "call"]
            states = [each["state"] for each in calls]
            assert states[0] == "ringing" and states.count("ended") == 1
            assert states[-1] == "ended" and calls[-1]["reason"] == "hangup"
            assert len({each["id"] for each in calls}) == 1
            assert "call" not in [each["type"] for each in stranger.all()]
            await ear.leave()
            await stranger.leave()

    @virtual_time
    async def test_the_history_is_told_when_it_is_there(self):
        async with served() as site:
            anna, bert = await site.phone("anna"), await site.phone("bert")
            ear = await bert.listen()
            caller = await anna.dials("bert")
            await bert.rings()
            await caller.hangs_up()
            (*_, told) = await ear.until("history")
            assert told["missed"] == 1 and told["entry"]["missed"] is True
            assert [told["entry"]] == await bert.get("/history")
            await bert.done("DELETE", "/history/missed")
            (*_, told) = await ear.until("history")
            assert (told["entry"], told["missed"]) == (None, 0)
            await ear.leave()

    @virtual_time
    async def test_a_long_call_is_told_though_many_came_after_it(self):
        async with served() as site:
            page = await site.page("anna")
            history = site.switch.ledger
            ear = await page.listen()
            await ear.told()
            for number in range(12):
                began = site.switch.now()
                row = Called("anna", f"c{number}", "in", Peer(), began, None, began, "busy", True)
                await history.called(row)
                await asyncio.sleep(1)
            row = Called("anna", "long", "out", Peer(), NOON, NOON, site.switch.now(), "hangup")
            await history.called(row)
            await asyncio.sleep(0.1)
            assert ear.all()[-1]["entry"]["id"] == "long"
            await ear.leave()

    @virtual_time
    async def test_messages_are_told_when_they_are_left_heard_and_deleted(self):
        async with served() as site:
            page = await site.page("anna")
            ledger = site.switch.ledger
            ear = await page.listen()
            await ear.told()
            await ledger.left(Message("anna", "m", Peer("", "+4930555"), NOON, 3.0))
            (*_, left) = await ear.until("message")
            assert left["unheard"] == 1 and [left["message"]] == await page.get("/messages")
            await ledger.heard("anna", "m")
            (*_, heard) = await ear.until("message")
            assert heard["unheard"] == 0 and heard["message"]["heard"] is True
            await ledger.erased("anna", "m")
            (*_, gone) = await ear.until("message")
            assert (gone["message"], gone["removed"]) == (None, left["message"]["id"])
            assert await ledger.messages("anna") == []
            await ear.leave()

    @virtual_time
    async def test_that_a_list_of_recordings_has_changed_is_told(self):
        async with served() as site:
            ear = await (await site.page("anna")).listen()
            stranger = await (await site.page("bert")).listen()
            await ear.told()
            await stranger.told()
            await site.switch.ledger.recorded(Recorded("anna", "r", "c", Peer(), NOON, NOON))
            await ear.until("recording")
            assert "recording" not in [each["type"] for each in stranger.all()]
            await ear.leave()
            await stranger.leave()


class TestUsers:
    @virtual_time
    async def test_settings_and_grants_are_told_to_all_pages_of_the_user(self):
        async with served() as site:
            page, root = await site.page("anna"), await site.page("root")
            ear, stranger = await page.listen(), await root.listen()
            await page.done("PUT", "/me/settings", {"forward_busy": "203"})
            (*_, told) = await ear.until("me")
            assert told["me"]["settings"]["forward_busy"] == "203"
            await root.done("PUT", "/users/anna", {"may_call": ["internal"]})
            (*_, told) = await ear.until("me")
            assert told["me"]["grants"]["may_call"] == ["internal"]
            await asyncio.sleep(1)
            kinds = [each["type"] for each in [*ear.all(), *stranger.all()]]
            assert "contacts" not in kinds and kinds.count("me") == 0
            await ear.leave()
            await stranger.leave()

    @virtual_time
    async def test_what_is_changed_at_the_command_line_is_told_soon(self):
        async with served() as site:
            page = await site.page("anna")
            ear = await page.listen()
            await asyncio.sleep(6)
            await site.switch.kept.change_user("anna", NOON, grants=Grants(("*",)))
            await site.switch.kept.change_user("bert", NOON, title="Bertram")
            await asyncio.sleep(6)
            heard = {each["type"]: each for each in ear.all()}
            assert heard["me"]["me"]["grants"]["may_call"] == ["*"]
            assert heard["contacts"]["contacts"][0]["name"] == "Bertram"
            await ear.leave()

    @virtual_time
    async def test_who_is_added_renamed_disabled_or_removed_is_told_to_all(self):
        async with served() as site:
            page, root = await site.page("anna"), await site.page("root")
            ear = await page.listen()
            await ear.told()

            async def names() -> list[str]:
                (*_, told) = await ear.until("contacts")
                assert "anna" not in [each["user"] for each in told["contacts"]]
                return [each["name"] for each in told["contacts"]]

            await root.done("PUT", "/users/dora", {"name": "Dora", "password": "a long password"})
            assert await names() == ["Bert", "Carl", "Dora", "Root"]
            await root.done("PUT", "/users/dora", {"name": "Alma"})
            assert await names() == ["Alma", "Bert", "Carl", "Root"]
            await root.done("PUT", "/users/bert", {"disabled": True})
            assert await names() == ["Alma", "Carl", "Root"]
            await root.done("DELETE", "/users/dora")
            assert await names() == ["Carl", "Root"]
            await ear.leave()


@virtual_time
async def test_when_the_program_stops_nobody_keeps_it_waiting():
    async with served() as site:
        ear = await (await site.page("anna")).listen()
        await ear.told()
        before = asyncio.get_running_loop().time()
        await site.asterisk.redeploy()
        assert await ear.closed() == 1001
        assert asyncio.get_running_loop().time() - before < 5
