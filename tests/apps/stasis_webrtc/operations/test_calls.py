"""The calls over HTTP: every action with what it does, and what it answers where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from stasis_webrtc.action import ACTIONS
from stasis_webrtc.grant import Grants
from stasis_webrtc.operations.calls import STATUS, TAKES
from stasis_webrtc.order import Why

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House
from tests.apps.stasis_webrtc.switch import Site, Switch, Talk, served

Does = Callable[[Site, Talk], Awaitable[None]]


async def hold(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("hold")).status == 204
    await talk.callee.hears("music:default", within=2)
    assert (await talk.one.call())["held"]
    assert (await talk.other.call())["held_by_other"]


async def unhold(site: Site, talk: Talk) -> None:
    await hold(site, talk)
    assert (await talk.one.act("unhold")).status == 204
    await talk.caller.talks_with(talk.callee, within=2)
    assert not (await talk.one.call())["held"]


async def mute(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("mute")).status == 204
    assert not talk.callee.can_hear(talk.caller) and talk.caller.can_hear(talk.callee)
    assert (await talk.one.call())["muted"] and not (await talk.other.call())["muted"]


async def unmute(site: Site, talk: Talk) -> None:
    await mute(site, talk)
    assert (await talk.one.act("unmute")).status == 204
    await talk.caller.talks_with(talk.callee, within=2)


async def dtmf(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("dtmf", digits="12#")).status == 204
    await talk.callee.waits(2)
    assert [each for each in talk.callee.heard if each.startswith("digit:")] == [
        "digit:1",
        "digit:2",
        "digit:#",
    ]


async def transfer(site: Site, talk: Talk) -> None:
    carl = await site.phone("carl")
    assert (await talk.one.act("transfer", to="203")).status == 204
    third = await carl.rings()
    await third.answers()
    await third.talks_with(talk.callee, within=2)
    await talk.caller.is_hung_up(within=2)
    assert await talk.one.get("/calls") == []
    assert (await talk.other.call())["peer"]["user"] == "carl"
    await third.hangs_up()


async def attend(site: Site, talk: Talk) -> None:
    carl, first = await site.phone("carl"), (await talk.one.call())["id"]
    await talk.one.act("hold")
    again = await talk.one.dials("carl")
    third = await carl.rings()
    await third.answers()
    await again.talks_with(third)
    (second,) = [each["id"] for each in await talk.one.get("/calls") if each["id"] != first]
    assert (await talk.one.act("attend", first, **{"with": second})).status == 204
    await third.talks_with(talk.callee, within=2)
    await talk.caller.is_hung_up(within=2)
    await again.is_hung_up(within=2)
    await third.hangs_up()


async def record(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("record")).status == 204
    for page, mine in ((talk.one, True), (talk.other, False)):
        call = await page.call()
        assert (call["recording"], call["recording_by_me"]) == (True, mine)
    assert (await talk.other.act("stop_record")).code == "not_now"
    assert list(site.asterisk.machine.recordings)
    assert (await talk.one.act("record")).code == "not_now"


async def stop_record(site: Site, talk: Talk) -> None:
    await record(site, talk)
    await talk.caller.speaks(3)
    assert (await talk.one.act("stop_record")).status == 204
    for page in (talk.one, talk.other):
        call = await page.call()
        assert not call["recording"] and not call["recording_by_me"]
    (recording,) = await talk.one.get("/recordings")
    assert recording["seconds"] == 3 and recording["peer"]["user"] == "bert"
    sound = await talk.one.get(f"/recordings/{recording['id']}/audio")
    assert sound.startswith(b"RIFF")


async def conference(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("conference", room="800")).status == 204
    await talk.caller.waits(2)
    assert (await talk.one.call())["conference"] == (await talk.other.call())["conference"] == "800"
    await talk.caller.talks_with(talk.callee)
    await talk.one.act("hangup")
    await talk.caller.is_hung_up(within=2)
    await talk.callee.hangs_up()


async def hangup(site: Site, talk: Talk) -> None:
    assert (await talk.one.act("hangup")).status == 204
    await talk.caller.is_hung_up(within=2)
    await talk.callee.is_hung_up(within=2)
    assert await talk.one.get("/calls") == await talk.other.get("/calls") == []


DOES: dict[str, Does] = {
    each.__name__: each
    for each in (
        *(hold, unhold, mute, unmute, dtmf, transfer, attend),
        *(record, stop_record, conference, hangup),
    )
}


def test_every_action_is_tried_and_what_some_take_is_theirs():
    assert list(DOES) == list(ACTIONS)
    assert TAKES.keys() <= ACTIONS.keys()
    assert STATUS.keys() == set(Why.__args__)


@pytest.mark.parametrize("action", ACTIONS)
@virtual_time
async def test_an_action_does_what_it_says(action: str):
    async with served(Switch(rooms="8[0-9]{2}"), House()) as site:
        talk = await site.talk()
        await DOES[action](site, talk)
        await talk.over()


@pytest.mark.parametrize("action", [each for each in ACTIONS if each != "hangup"])
@virtual_time
async def test_while_it_rings_nothing_but_hanging_up_is_possible(action: str):
    bodies = {
        "dtmf": {"digits": "1"},
        "transfer": {"to": "203"},
        "attend": {"with": "x"},
        "conference": {"room": "800"},
    }
    async with served() as site:
        anna, bert = await site.phone("anna"), await site.phone("bert")
        caller = await anna.dials("bert")
        await bert.rings()
        for page in (anna, bert):
            answer = await page.act(action, **bodies.get(action, {}))
            assert (answer.status, answer.code) == (409, "not_now"), page.user
        assert (await bert.act("hangup")).status == 204
        await caller.waits(1)
        assert (await anna.act("hangup")).status == 204
        await caller.is_hung_up(within=2)


class TestWhatMayNotBe:
    @pytest.mark.parametrize(
        ("action", "body", "status", "code"),
        [
            ("transfer", {"to": "+16502530000"}, 403, "may_not"),
            ("transfer", {"to": "nobody"}, 422, "bad_number"),
            ("transfer", {"to": ""}, 422, "wrong_body"),
            ("transfer", {"to": "2" * 65}, 422, "wrong_body"),
            ("transfer", {}, 422, "wrong_body"),
            ("transfer", {"to": "203", "by": "root"}, 422, "wrong_body"),
            ("conference", {"room": "203"}, 422, "bad_number"),
            ("attend", {"with": "nothing"}, 404, "no_call"),
            ("dtmf", {"digits": "1a"}, 422, "wrong_body"),
            ("dtmf", {"digits": "1\n"}, 422, "bad_number"),
            ("dtmf", {"digits": "1" * 33}, 422, "wrong_body"),
            ("stop_record", {}, 409, "not_now"),
        ],
    )
    @virtual_time
    async def test_is_refused_and_the_call_goes_on(
        self, action: str, body: dict[str, str], status: int, code: str
    ):
        async with served() as site:
            talk = await site.talk()
            id = (await talk.one.call())["id"]
            answer = await talk.one.ask("POST", f"/calls/{id}/{action}", body)
            assert (answer.status, answer.code) == (status, code), answer
            await talk.caller.talks_with(talk.callee, within=1)
            noted = "grant_refused" in await site.switch.kinds()
            assert noted is (code == "may_not")
            await talk.over()

    @virtual_time
    async def test_who_may_not_record_does_not(self):
        async with served() as site:
            talk = await site.talk()
            await site.switch.accounts.change("anna", grants=Grants())
            assert (await talk.one.act("record")).code == "may_not"
            await talk.over()

    @virtual_time
    async def test_an_action_that_there_is_not(self):
        async with served() as site:
            talk = await site.talk()
            assert (await talk.one.act("explode")).code == "not_found"
            for path in ("/calls/../calls", "/calls/%2e%2e/hold", "/calls/a%2Fb/hold"):
                assert (await talk.one.ask("POST", path)).status in (403, 404, 405, 415)
            await talk.over()

    @virtual_time
    async def test_when_asterisk_does_not_do_it(self):
        async with served() as site:
            talk = await site.talk()
            site.asterisk.refuse("POST /channels/.*/mute", 500, times=1)
            answer = await talk.one.act("mute")
            assert (answer.status, answer.code) == (503, "asterisk")
            await talk.over()


class TestClickToCall:
    @virtual_time
    async def test_the_own_device_rings_first_and_then_the_other(self):
        async with served() as site:
            anna, bert = await site.phone("anna"), await site.phone("bert")
            call = await anna.done("POST", "/calls", {"to": "bert"})
            assert (call["state"], call["direction"]) == ("ringing", "out")
            assert call["peer"]["user"] == "bert"
            one = await anna.rings()
            await one.answers()
            other = await bert.rings()
            await other.answers()
            await one.talks_with(other)
            assert (await anna.call())["id"] == call["id"]
            await one.hangs_up()

    @virtual_time
    async def test_without_a_device_that_is_registered_it_is_not_possible(self):
        async with served() as site:
            page = await site.page("anna")
            assert (await page.ask("POST", "/calls", {"to": "bert"})).code == "not_now"
            await page.open()
            assert (await page.ask("POST", "/calls", {"to": "bert"})).code == "not_now"

    @pytest.mark.parametrize(
        ("to", "status", "code"),
        [("+16502530000", 403, "may_not"), ("x", 422, "bad_number"), ("20,3", 422, "bad_number")],
    )
    @virtual_time
    async def test_what_may_not_be_called_does_not_even_ring(self, to: str, status: int, code: str):
        async with served() as site:
            page = await site.phone("anna")
            answer = await page.ask("POST", "/calls", {"to": to})
            assert (answer.status, answer.code) == (status, code)
            assert site.asterisk.callees == []

    @virtual_time
    async def test_nobody_has_more_calls_than_may_be_however_many_are_asked_for_at_once(self):
        async with served(Switch(limit=2)) as site:
            page = await site.phone("anna")
            asked = (page.ask("POST", "/calls", {"to": "bert"}) for _ in range(6))
            answers = await asyncio.gather(*asked)
            assert sorted(each.status for each in answers) == [202, 202, 409, 409, 409, 409]
            assert len(site.asterisk.callees) == 2
            for each in await page.get("/calls"):
                await page.act("hangup", each["id"])

    @virtual_time
    async def test_one_that_is_not_answered_is_over(self):
        async with served(Switch(ring=5)) as site:
            page = await site.phone("anna")
            await page.done("POST", "/calls", {"to": "bert"})
            ringing = await page.rings()
            await ringing.is_hung_up(within=6)
            await asyncio.sleep(2)
            assert await page.get("/calls") == []
