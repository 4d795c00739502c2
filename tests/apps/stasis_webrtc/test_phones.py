"""Devices: opened, taken, registered, ended; and what becomes of them when something is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from stasis_webrtc.phones import PhoneEvent

from stasis import Secret
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.switch import Site, Switch, reached, registers, served


def endpoints(site: Site) -> list[str]:
    """The devices that Asterisk has."""
    return site.asterisk.machine.sorcery.names("endpoint")


def secret_of(site: Site, endpoint: str) -> str:
    """The secret that Asterisk lets a device in with."""
    found = site.asterisk.machine.sorcery.find("auth", endpoint)
    return "" if found is None else found.fields["password"]


def told(site: Site) -> list[PhoneEvent]:
    """What is told of devices from now on."""
    events: list[PhoneEvent] = []
    site.switch.phones.listeners.append(events.append)
    return events


class TestOpening:
    @virtual_time
    async def test_a_session_has_one_device_whoever_of_its_pages_has_it(self):
        async with served() as site:
            page = await site.page("anna")
            first = await page.open("one")
            second = await page.open("two")
            assert first["endpoint"] == second["endpoint"]
            assert first["password"] != second["password"]
            assert secret_of(site, page.endpoint) == second["password"]
            assert endpoints(site) == [page.endpoint]
            assert (await site.switch.kept.session(page.id)).endpoint == page.endpoint

    @virtual_time
    async def test_the_same_page_gets_another_secret_and_its_calls_go_on(self):
        async with served() as site:
            talk = await site.talk()
            events = told(site)
            device = await talk.one.open("tab one")
            assert secret_of(site, talk.one.endpoint) == device["password"]
            await talk.one.registers()
            await talk.caller.waits(5)
            assert [each.kind for each in events] == ["lost", "registered"]
            await talk.caller.talks_with(talk.callee)
            await talk.over()

    @virtual_time
    async def test_another_page_takes_it_and_the_first_is_told(self):
        async with served() as site:
            page = await site.page("anna")
            await page.open("one")
            ear = await page.listen()
            await ear.told()
            await page.open("two")
            (*_, found) = await ear.until("taken")
            assert found["tab"] == "two"
            await page.open("two")
            await asyncio.sleep(1)
            assert "taken" not in [each["type"] for each in ear.all()]
            await ear.leave()

    @virtual_time
    async def test_a_page_that_was_loaded_again_gets_its_calls_back(self):
        async with served() as site:
            talk = await site.talk()
            before = await talk.one.call()
            ear = await talk.one.listen()
            await ear.told()
            await talk.one.open("loaded again")
            await talk.caller.is_hung_up(within=2)
            await talk.callee.hears("music:default", within=2)
            assert (await talk.one.call())["rejoin"] is True
            await talk.one.registers()
            again = await talk.one.rings()
            await again.answers()
            await again.talks_with(talk.callee, within=2)
            call = await talk.one.call()
            assert (call["id"], call["rejoin"]) == (before["id"], False)
            rejoins = [each["call"]["rejoin"] for each in ear.all() if each["type"] == "call"]
            assert rejoins[0] is True and rejoins[-1] is False
            await again.hangs_up()
            await ear.leave()

    @virtual_time
    async def test_two_pages_at_once_end_with_one_that_has_the_device(self):
        async with served() as site:
            page = await site.page("anna")
            tabs = [f"tab {number}" for number in range(8)]
            devices = await asyncio.gather(
                *(page.ask("POST", "/device", {"tab": tab}) for tab in tabs)
            )
            found = {each.body["endpoint"] for each in devices}
            assert len(found) == 1 and endpoints(site) == list(found)
            valid = secret_of(site, found.pop())
            assert [each.body["password"] for each in devices].count(valid) == 1

    @virtual_time
    async def test_many_sessions_have_a_device_each_and_none_is_anothers(self):
        async with served() as site:
            pages = [await site.page(user) for user in ("anna", "anna", "bert")]
            for each in pages:
                await each.open()
            assert len({each.endpoint for each in pages}) == 3
            owners = [await site.switch.people.owner(each.endpoint) for each in pages]
            assert owners == ["anna", "anna", "bert"]


class TestEnding:
    @pytest.mark.parametrize("how", ["logged out", "expired", "revoked"])
    @virtual_time
    async def test_the_device_goes_with_the_session_and_its_calls_are_over(self, how: str):
        async with served(Switch(idle_hours=1, access_seconds=600)) as site:
            talk = await site.talk()
            page, switch = talk.one, site.switch
            if how == "logged out":
                await page.log_out()
            elif how == "revoked":
                await switch.sessions.end(page.id, "revoked", by="root")
            else:
                await asyncio.sleep(1800)
                await talk.other.refresh()
                await asyncio.sleep(1806)
            await talk.caller.is_hung_up(within=6)
            await talk.callee.is_hung_up(within=6)
            assert endpoints(site) == [talk.other.endpoint]
            for kind in ("auth", "aor"):
                assert site.asterisk.machine.sorcery.names(kind) == [talk.other.endpoint]
            assert not switch.phones.reachable("anna") and switch.phones.reachable("bert")
            assert await switch.people.owner(page.endpoint) is None

    @virtual_time
    async def test_while_asterisk_is_away_it_is_left_and_removed_once_it_is_back(self):
        async with served() as site:
            page = await site.phone("anna")
            site.asterisk.refuse("DELETE /asterisk/config/.*", 503, times=1)
            await page.log_out()
            await asyncio.sleep(1)
            assert endpoints(site) == [page.endpoint]
            await asyncio.sleep(310)
            assert endpoints(site) == []

    @virtual_time
    async def test_a_session_that_ends_while_its_device_is_made_leaves_none(self):
        async with served() as site:
            page = await site.page("anna")
            devices = site.switch.phones.devices
            plain = devices.provision

            async def slowly(*args: Any, **options: Any) -> None:
                await plain(*args, **options)
                await asyncio.sleep(2)

            devices.provision = slowly  # type: ignore[method-assign]
            asked = asyncio.create_task(page.ask("POST", "/device", {"tab": "one"}))
            await asyncio.sleep(1)
            await page.log_out()
            answer = await asked
            assert (answer.status, answer.code) == (401, "no_session")
            await site.asterisk.turn()
            assert endpoints(site) == []
            assert site.switch.phones._sessions == site.switch.phones._tabs == {}

    @virtual_time
    async def test_one_that_was_ended_before_gets_none(self):
        async with served() as site:
            page = await site.page("anna")
            who = await site.switch.sessions.authenticate(page.token)
            assert who is not None
            await page.log_out()
            with pytest.raises(LookupError):
                await site.switch.phones.open(who, "one")
            assert endpoints(site) == []

    @virtual_time
    async def test_what_was_known_of_those_that_are_over_is_forgotten(self):
        async with served(Switch(sessions=1000)) as site:
            for _ in range(20):
                page = await site.phone("anna")
                await page.log_out()
            await site.asterisk.turn()
            phones = site.switch.phones
            known = (phones._sessions, phones._tabs, phones._online, phones._reachable)
            assert not any(known) and not dict(phones._locks)
            assert phones.devices._made == {}

    @virtual_time
    async def test_one_that_another_process_has_ended_is_removed_too(self):
        async with served() as site:
            page = await site.phone("anna")
            await site.switch.kept.end_session(page.id, site.switch.now(), "revoked")
            await asyncio.sleep(6)
            assert endpoints(site) == []

    @virtual_time
    async def test_and_that_of_a_user_that_another_process_has_removed(self):
        async with served() as site:
            page = await site.phone("anna")
            await site.switch.kept.remove_user("anna")
            await asyncio.sleep(6)
            assert endpoints(site) == []
            assert (await page.ask("GET", "/me")).status == 401


class TestRegistered:
    @virtual_time
    async def test_its_page_is_told_when_it_is_and_when_it_is_no_more(self):
        async with served() as site:
            page = await site.page("anna")
            await page.open()
            ear = await page.listen()
            device = {"endpoint": page.endpoint, "state": "offline"}
            assert (await ear.told())["device"] == device
            await page.registers()
            assert (await ear.until("device"))[-1]["device"] == {**device, "state": "ready"}
            await page.registers()
            await page.registers(gone=True)
            assert (await ear.until("device"))[-1]["device"] == device
            await ear.leave()

    @virtual_time
    async def test_others_endpoints_and_technologies_are_nobodys(self):
        async with served() as site:
            events = told(site)
            await registers(site.asterisk, "trunk")
            await registers(site.asterisk, "w-anna-00000000")
            assert events == [] and not site.switch.phones.registered("trunk")

    @virtual_time
    async def test_in_a_gap_it_is_looked_for(self):
        async with served() as site:
            anna, bert = await site.phone("anna"), await site.phone("bert")
            events = told(site)
            await site.asterisk.cut(5)
            await anna.registers(gone=True)
            assert events == []
            await asyncio.sleep(8)
            assert [(each.kind, each.user) for each in events] == [("lost", "anna")]
            assert site.switch.phones.reachable("bert") and bert.endpoint

    @virtual_time
    async def test_what_is_told_while_it_is_looked_for_is_newer(self):
        async with served() as site:
            page = await site.phone("anna")
            phones = site.switch.phones
            ari = phones.devices.ari()
            plain = ari.endpoints.list_by_tech

            async def slowly(tech: str) -> Any:
                found = await plain(tech)
                await page.registers(gone=True)
                return found

            ari.endpoints.list_by_tech = slowly  # type: ignore[method-assign]
            await phones.look()
            assert not phones.registered(page.endpoint)


class TestAsteriskRestarts:
    @virtual_time
    async def test_all_devices_are_there_again_with_the_secrets_they_had(self):
        async with served() as site:
            pages = [await site.phone(user) for user in ("anna", "bert")]
            secrets = [secret_of(site, each.endpoint) for each in pages]
            ear = await pages[0].listen()
            await ear.told()
            await site.asterisk.restart()
            await asyncio.sleep(1)
            assert [secret_of(site, each.endpoint) for each in pages] == secrets
            heard = ear.all()
            assert {"endpoint": pages[0].endpoint, "state": "offline"} in [
                each["device"] for each in heard if each["type"] == "device"
            ]
            assert "credentials" not in [each["type"] for each in heard]
            await pages[0].registers()
            assert (await ear.until("device"))[-1]["device"]["state"] == "ready"
            await ear.leave()

    @virtual_time
    async def test_those_whose_secret_a_process_before_us_knew_ask_for_another(self):
        async with served() as site:
            page = await site.phone("anna")
            await site.asterisk.redeploy()
            async with reached(site.switch, site.asterisk) as again:
                page.root = again.root
                ear = await page.listen()
                await ear.told()
                await site.asterisk.restart()
                await ear.until("credentials")
                assert endpoints(site) == []
                await page.open("tab one")
                assert endpoints(site) == [page.endpoint]
                await ear.leave()


class TestTheProgramRestarts:
    @virtual_time
    async def test_devices_and_who_is_registered_are_as_before(self):
        async with served() as site:
            page = await site.phone("anna")
            stray = "w-nobody-0123abcd"
            await site.switch.phones.devices.provision(stray, "x", caller='"x" <1>')
            secret = secret_of(site, page.endpoint)
            await site.asterisk.redeploy()
            await asyncio.sleep(1)
            assert endpoints(site) == [page.endpoint]
            assert secret_of(site, page.endpoint) == secret
            assert site.switch.phones.registered(page.endpoint)

    @pytest.mark.parametrize("static", [False, True], ids=["its own", "of pjsip.conf"])
    @virtual_time
    async def test_a_page_whose_device_is_registered_is_not_taken_for_one_loaded_again(
        self, static: bool
    ):
        async with served(Switch(**(TestStaticOnes.STATIC if static else {}))) as site:
            talk = await site.talk()
            await site.asterisk.redeploy()
            async with reached(site.switch, site.asterisk) as again:
                talk.one.root = talk.other.root = again.root
                await talk.one.open("tab one")
                await talk.one.registers()
                await asyncio.sleep(3)
                await talk.caller.talks_with(talk.callee)
                assert not (await talk.one.call())["rejoin"]
                await talk.over()

    @virtual_time
    async def test_also_when_it_comes_before_anything_was_looked_at(self):
        async with served() as site:
            page = await site.phone("anna")
            phones = site.switch.phones
            phones._online.clear()
            phones._reachable.clear()
            phones._tabs.clear()
            phones._looked = False
            reclaimed: list[str] = []

            async def reclaim(user: str, endpoint: str) -> None:
                reclaimed.append(user)

            phones._reclaim = reclaim
            await page.open("tab one")
            await site.asterisk.turn()
            assert reclaimed == []
            await page.open("tab two")
            await site.asterisk.turn()
            assert reclaimed == ["anna"]


class TestStaticOnes:
    """Endpoints of pjsip.conf: the browser may use one that has its password here."""

    STATIC: Mapping[str, Any] = {
        "static": {"desk-anna": "Anna", "wall-anna": "anna", "desk-bert": "bert"},
        "static_passwords": {"desk-anna": Secret("of the file"), "desk-bert": Secret("other")},
    }

    @virtual_time
    async def test_a_page_gets_its_users_with_the_password_and_nothing_is_made(self):
        async with served(Switch(**self.STATIC)) as site:
            page = await site.page("anna")
            device = await page.open()
            assert (device["endpoint"], device["password"]) == ("desk-anna", "of the file")
            assert endpoints(site) == []
            await page.registers()
            assert site.switch.phones.reachable("anna")
            again = await page.open("loaded again")
            assert again["password"] == "of the file"

    @virtual_time
    async def test_the_next_session_gets_a_device_of_its_own(self):
        async with served(Switch(**self.STATIC)) as site:
            pages = [await site.page("anna") for _ in range(3)]
            await asyncio.gather(*(each.open() for each in pages))
            names = sorted(each.endpoint for each in pages)
            assert names[0] == "desk-anna" and len(endpoints(site)) == 2
            (first,) = [each for each in pages if each.endpoint == "desk-anna"]
            await first.log_out()
            await site.asterisk.turn()
            assert (await (await site.page("anna")).open())["endpoint"] == "desk-anna"

    @virtual_time
    async def test_it_is_left_alone_when_the_session_ends(self):
        async with served(Switch(**self.STATIC)) as site:
            page = await site.phone("anna")
            caller = await (await site.phone("bert")).dials("anna")
            callee = await page.rings()
            await callee.answers()
            await page.log_out()
            await caller.is_hung_up(within=2)
            assert site.switch.phones.registered("desk-anna")
            assert not [r for r in site.asterisk.requests if "desk-anna" in r and "DELETE" in r]

    @virtual_time
    async def test_those_without_a_password_here_ring_all_the_same(self):
        async with served(Switch(**self.STATIC)) as site:
            await registers(site.asterisk, "wall-anna")
            caller = await (await site.phone("bert")).dials("anna")
            callee = await site.asterisk.rings("PJSIP/wall-anna")
            await callee.answers()
            await caller.talks_with(callee)
            await caller.hangs_up()

    @virtual_time
    async def test_one_that_the_configuration_has_no_more_is_given_up(self):
        switch = Switch(**self.STATIC)
        async with served(switch) as site:
            page = await site.page("anna")
            await page.open()
            switch.phones.passwords = {}
            device = await page.open()
            assert device["endpoint"].startswith("w-anna-")


@virtual_time
async def test_whether_a_user_can_be_reached_asks_nobody_else():
    """A thousand devices make no difference: it is looked up, not looked for."""
    async with served() as site:
        page = await site.phone("anna")
        phones = site.switch.phones
        asked: list[str] = []
        plain = phones.owner
        phones.owner = lambda each: asked.append(each) or plain(each)  # type: ignore[method-assign]
        assert phones.reachable("anna") and not phones.reachable("bert")
        assert asked == [] and page.endpoint


@virtual_time
async def test_a_listener_that_fails_keeps_nobody_from_hearing():
    async with served() as site:
        page = await site.page("anna")
        await page.open()
        phones = site.switch.phones

        def fail(event: PhoneEvent) -> None:
            raise ValueError("the test's")

        phones.listeners.insert(0, fail)
        events = told(site)
        await page.registers()
        assert [each.kind for each in events] == ["registered"]
