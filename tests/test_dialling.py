"""Dialling: the first answer wins, every other end is told in one word, nobody rings on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from stasis.ari.events import ChannelDestroyed, ChannelDtmfReceived, Event, StasisEnd, StasisStart
from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.dialling import Dialling, DialResult
from stasis.dialstatus import DialStatus
from stasis.errors import ChannelGone, OutcomeUnknown, WaitTimeout
from stasis.flow import Flow
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Other
from tests.fake import FakeAsterisk, FakeCall


class Phones(FakeAsterisk):
    """The fake, with endpoints that nobody can reach and endpoints that answer too soon."""

    unreachable: frozenset[str] = frozenset()
    hasty: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()

    def _made(self, channel_id: str, given: Mapping[str, Any], *, created: bool) -> Any:
        if given["endpoint"] in self.unreachable:
            return Response(500, "", b'{"error": "Allocation failed"}')
        channel = super()._made(channel_id, given, created=created)
        if given["endpoint"] in self.hasty:
            channel["state"] = "Up"
            self._soon("StasisStart", channel=channel, args=[])
        if given["endpoint"] in self.late:
            self._later.clear()
        return channel

    def phone(self, endpoint: str) -> FakeCall:
        return next(
            FakeCall(self, id, None)
            for id, channel in self._channels.items()
            if channel["name"] == f"~{endpoint}"
        )

    def rings(self) -> list[str]:
        return [c["name"][1:] for c in self._channels.values() if c["name"].startswith("~")]

    async def fails(self, endpoint: str, cause: int, status: str = "") -> None:
        """A dialled endpoint fails: with a Dial event that says how, or its cause alone."""
        channel = self._channels.pop(self.phone(endpoint).id)
        if status:
            self._tell("Dial", peer=channel, dialstatus=status, dialstring="")
        self._tell("ChannelDestroyed", channel=channel, cause=cause, cause_txt="")
        await self.turn()

    def hung_up(self) -> list[str]:
        """The reasons of every hang-up that was asked for."""
        return [
            dict(request.query)["reason"]
            for request in self.sent
            if request.method == "DELETE" and request.path.startswith("/channels/channel-")
        ]


class Caller:
    """A call whose flow dials and waits for the outcome."""

    def __init__(self, *endpoints: str, connect: bool = False, **options: Any) -> None:
        self.result: DialResult | None = None
        self.error: Exception | None = None
        self.dialling: Dialling | None = None
        self._endpoints = endpoints
        self._connect = connect
        self._options = options

    async def flow(self, channel: Channel) -> None:
        try:
            self.dialling = await channel.dial(*self._endpoints, **self._options)
            self.result = await self.dialling.answered()
            if self._connect:
                await self.dialling.connect()
        except Exception as error:
            self.error = error
            raise
        await asyncio.sleep(1000)

    @asynccontextmanager
    async def call(self, **phones: frozenset[str]) -> AsyncIterator[tuple[Phones, FakeCall]]:
        async with Phones(self.flow) as asterisk:
            for name, value in phones.items():
                setattr(asterisk, name, value)
            yield asterisk, await asterisk.call()

    @property
    def outcome(self) -> tuple[str, dict[str, str]] | None:
        return self.result and (self.result.status, dict(self.result.statuses))


class TestAnswer:
    @virtual_time
    async def test_who_answers_is_the_result(self):
        caller = Caller("PJSIP/a")
        async with caller.call() as (asterisk, _):
            assert caller.outcome is None
            await asyncio.sleep(3)
            await asterisk.phone("PJSIP/a").answers()
            assert caller.outcome == ("ANSWER", {"PJSIP/a": "ANSWER"})
            assert caller.result.channel.id == asterisk.phone("PJSIP/a").id
            assert caller.result.seconds == pytest.approx(3)

    @virtual_time
    async def test_the_first_answer_wins_and_the_others_are_hung_up(self):
        caller = Caller("PJSIP/a", "PJSIP/b", "PJSIP/c")
        async with caller.call() as (asterisk, _):
            await asterisk.phone("PJSIP/b").answers()
            assert caller.outcome == (
                "ANSWER",
                {"PJSIP/a": "CANCEL", "PJSIP/b": "ANSWER", "PJSIP/c": "CANCEL"},
            )
            assert asterisk.rings() == ["PJSIP/b"]
            assert asterisk.hung_up() == ["answered_elsewhere"] * 2

    @virtual_time
    async def test_of_two_answers_at_once_only_the_first_counts(self):
        caller = Caller("PJSIP/a", "PJSIP/b")
        async with caller.call() as (asterisk, _):
            for endpoint in ("PJSIP/b", "PJSIP/a"):
                channel = asterisk._channels[asterisk.phone(endpoint).id]
                asterisk._tell("StasisStart", channel={**channel, "state": "Up"}, args=[])
            await asterisk.turn()
            assert caller.outcome[1] == {"PJSIP/a": "CANCEL", "PJSIP/b": "ANSWER"}
            assert asterisk.rings() == ["PJSIP/b"]

    @virtual_time
    async def test_an_answer_that_overtakes_the_reply_is_not_missed(self):
        caller = Caller("PJSIP/a", "PJSIP/b")
        async with caller.call(hasty=frozenset({"PJSIP/a"})) as (asterisk, _):
            assert caller.outcome[1] == {"PJSIP/a": "ANSWER", "PJSIP/b": "CANCEL"}
            assert asterisk.rings() == ["PJSIP/a"]

    @virtual_time
    async def test_the_ringing_stops_at_the_answer(self):
        caller = Caller("PJSIP/a")
        async with caller.call() as (asterisk, _):
            assert "DELETE /channels/c1/ring" not in asterisk.requests
            await asterisk.phone("PJSIP/a").answers()
            assert "DELETE /channels/c1/ring" in asterisk.requests

    @virtual_time
    async def test_the_music_stops_at_the_answer(self):
        caller = Caller("PJSIP/a", music="")
        async with caller.call() as (asterisk, _):
            await asterisk.phone("PJSIP/a").answers()
            assert "DELETE /channels/c1/moh" in asterisk.requests

    @virtual_time
    async def test_connecting_answers_the_caller_and_bridges_both(self):
        caller = Caller("PJSIP/a", connect=True)
        async with caller.call() as (asterisk, call):
            phone = asterisk.phone("PJSIP/a")
            await phone.answers()
            (bridge,) = asterisk._bridges.values()
            assert bridge["channels"] == [call.id, phone.id]
            answered = asterisk.requests.index(f"POST /channels/{call.id}/answer")
            added = next(i for i, r in enumerate(asterisk.requests) if r.endswith("/addChannel"))
            assert answered < added

    @virtual_time
    async def test_connecting_without_an_answer_is_an_error(self):
        caller = Caller("PJSIP/a", connect=True)
        async with caller.call() as (asterisk, _):
            await asterisk.fails("PJSIP/a", 17, "BUSY")
            assert isinstance(caller.error, RuntimeError)


class TestFailure:
    @pytest.mark.parametrize(
        ("cause", "word", "status"),
        [
            (17, "BUSY", "BUSY"),
            (0, "BUSY", "BUSY"),
            (21, "NOANSWER", "BUSY"),
            (1, "NOANSWER", "CHANUNAVAIL"),
            (34, "CONGESTION", "CONGESTION"),
            (19, "NOANSWER", "NOANSWER"),
            (19, "", "NOANSWER"),
            (0, "", "NOANSWER"),
            (16, "", "NOANSWER"),
        ],
    )
    @virtual_time
    async def test_each_failure_has_its_word(self, cause: int, word: str, status: str):
        caller = Caller("PJSIP/a")
        async with caller.call() as (asterisk, _):
            await asterisk.fails("PJSIP/a", cause, word)
            assert caller.outcome == (status, {"PJSIP/a": status})
            assert caller.result.channel is None

    @virtual_time
    async def test_the_result_waits_for_the_last(self):
        caller = Caller("PJSIP/a", "PJSIP/b")
        async with caller.call() as (asterisk, _):
            await asterisk.fails("PJSIP/a", 17, "BUSY")
            assert caller.result is None
            await asterisk.fails("PJSIP/b", 34, "CONGESTION")
            assert caller.outcome == ("BUSY", {"PJSIP/a": "BUSY", "PJSIP/b": "CONGESTION"})
            assert caller.result.cause == 34

    @virtual_time
    async def test_an_unreachable_endpoint_does_not_stop_the_others(self):
        caller = Caller("PJSIP/gone", "PJSIP/a")
        async with caller.call(unreachable=frozenset({"PJSIP/gone"})) as (asterisk, _):
            assert caller.result is None and asterisk.rings() == ["PJSIP/a"]
            await asterisk.phone("PJSIP/a").answers()
            assert caller.outcome == (
                "ANSWER",
                {"PJSIP/gone": "CHANUNAVAIL", "PJSIP/a": "ANSWER"},
            )

    @virtual_time
    async def test_nobody_reachable_is_told_at_once(self):
        caller = Caller("PJSIP/gone")
        async with caller.call(unreachable=frozenset({"PJSIP/gone"})):
            assert caller.outcome == ("CHANUNAVAIL", {"PJSIP/gone": "CHANUNAVAIL"})
            assert caller.error is None

    @virtual_time
    async def test_when_asterisk_never_tells_the_phones_do_not_ring_for_ever(self):
        caller = Caller("PJSIP/a", timeout=20)
        async with caller.call() as (asterisk, _):
            await asyncio.sleep(24.9)
            assert caller.result is None
            await asyncio.sleep(0.2)
            assert caller.outcome == ("NOANSWER", {"PJSIP/a": "NOANSWER"})
            assert asterisk.rings() == [] and asterisk.hung_up() == ["no_answer"]


class TestGivingUp:
    @virtual_time
    async def test_cancelling_hangs_up_whoever_rings(self):
        caller = Caller("PJSIP/a", "PJSIP/b")
        async with caller.call() as (asterisk, _):
            await caller.dialling.cancel()
            await asterisk.turn()
            assert caller.outcome == ("CANCEL", {"PJSIP/a": "CANCEL", "PJSIP/b": "CANCEL"})
            assert asterisk.rings() == []

    @virtual_time
    async def test_cancelling_after_the_answer_leaves_it(self):
        caller = Caller("PJSIP/a")
        async with caller.call() as (asterisk, _):
            await asterisk.phone("PJSIP/a").answers()
            await caller.dialling.cancel()
            await asterisk.turn()
            assert caller.result.status == "ANSWER" and asterisk.rings() == ["PJSIP/a"]

    @virtual_time
    async def test_when_the_caller_hangs_up_the_phones_stop_ringing(self):
        caller = Caller("PJSIP/a", "PJSIP/b")
        async with caller.call() as (asterisk, call):
            await call.hangs_up()
            assert isinstance(caller.error, ChannelGone)
            assert asterisk.rings() == [] and call.over

    @pytest.mark.parametrize("early", [False, True])
    @virtual_time
    async def test_dialling_that_is_cut_short_leaves_nobody_ringing(self, early: bool):
        late: list[float] = []

        async def impatient(channel: Channel) -> None:
            try:
                async with asyncio.timeout(0.2):
                    await channel.dial("PJSIP/a", early_media=early)
            except TimeoutError:
                late.append(asyncio.get_running_loop().time())
            await asyncio.sleep(1000)

        async with Phones(impatient) as asterisk:
            send = asterisk.link.ari.channels._send

            async def slow(request: Request) -> Response:
                answer = await send(request)
                if "channel-" in request.path + str(request.query) and request.method == "POST":
                    await asyncio.sleep(0.4)
                return answer

            asterisk.link.ari.channels._send = slow
            call = await asterisk.call()
            await asyncio.sleep(5)
            assert late == [pytest.approx(0.2)] and not call.over
            assert asterisk.rings() == [] and asterisk._bridges == {}


class TestEarlyMedia:
    @virtual_time
    async def test_the_answer_hands_over_the_bridge_with_both_inside(self):
        caller = Caller("PJSIP/a", early_media=True)
        async with caller.call() as (asterisk, call):
            phone = asterisk.phone("PJSIP/a")
            assert caller.result is None
            await phone.answers()
            assert caller.outcome == ("ANSWER", {"PJSIP/a": "ANSWER"})
            assert list(caller.result.bridge.channels) == [call.id, phone.id]
            assert await caller.dialling.connect() is caller.result.bridge

    @virtual_time
    async def test_nothing_is_bridged_before_the_channel_is_in_stasis(self):
        caller = Caller("PJSIP/a", early_media=True)
        async with caller.call(late=frozenset({"PJSIP/a"})) as (asterisk, call):
            assert asterisk._bridges == {}
            phone = asterisk.phone("PJSIP/a")
            await asterisk.event("StasisStart", phone.id, args=[])
            (bridge,) = asterisk._bridges.values()
            assert bridge["channels"] == [call.id, phone.id]

    @virtual_time
    async def test_a_channel_that_never_enters_is_given_up(self):
        caller = Caller("PJSIP/a", early_media=True)
        async with caller.call(late=frozenset({"PJSIP/a"})) as (asterisk, _):
            await asyncio.sleep(5.1)
            assert isinstance(caller.error, WaitTimeout) and asterisk.rings() == []

    @virtual_time
    async def test_a_caller_who_leaves_before_it_enters_stops_it(self):
        caller = Caller("PJSIP/a", early_media=True)
        async with caller.call(late=frozenset({"PJSIP/a"})) as (asterisk, call):
            await call.hangs_up()
            assert asterisk.rings() == [] and asterisk._bridges == {} and call.over

    @virtual_time
    async def test_a_failure_leaves_neither_bridge_nor_channel(self):
        caller = Caller("PJSIP/a", early_media=True)
        async with caller.call() as (asterisk, _):
            channel = asterisk._channels[asterisk.phone("PJSIP/a").id]
            asterisk._tell("Dial", peer=channel, dialstatus="BUSY", dialstring="")
            await asterisk.turn()
            assert caller.outcome == ("BUSY", {"PJSIP/a": "BUSY"})
            assert asterisk.rings() == [] and asterisk._bridges == {}


class Ringing(Flow):
    """Rings in one state, and leaves it for a digit, an answer, or after a while."""

    async def ringing(self, event: Event) -> None:
        await self.channel.dial("PJSIP/a")

    async def talking(self, event: Event) -> None:
        await asyncio.sleep(1000)

    async def sorry(self, event: Event) -> None:
        await asyncio.sleep(1000)

    start = ringing
    table = {
        ringing: {Other(StasisStart): talking, ChannelDtmfReceived: sorry, After(7): sorry},
        talking: {After(900): sorry},
    }


class TestLeavingTheState:
    @virtual_time
    async def test_it_hangs_up_who_rings(self):
        async with Phones(Ringing) as asterisk:
            call = await asterisk.call()
            assert asterisk.rings() == ["PJSIP/a"]
            await call.digit("1")
            assert call.state == "sorry" and asterisk.rings() == []
            assert "DELETE /channels/c1/ring" in asterisk.requests

    @virtual_time
    async def test_it_leaves_who_has_answered(self):
        async with Phones(Ringing) as asterisk:
            call = await asterisk.call()
            await asterisk.phone("PJSIP/a").answers()
            assert call.state == "talking" and asterisk.rings() == ["PJSIP/a"]

    @virtual_time
    async def test_it_works_while_the_request_is_still_on_its_way(self):
        async with Phones(Ringing) as asterisk:
            released = asyncio.Event()
            send = asterisk.link.ari.channels._send

            async def slow(request: Any) -> Any:
                answer = await send(request)
                if request.method == "POST" and request.path.startswith("/channels/channel-"):
                    await released.wait()
                return answer

            asterisk.link.ari.channels._send = slow
            call = await asterisk.call()
            await call.digit("1")
            released.set()
            await asterisk.turn()
            assert call.state == "sorry" and asterisk.rings() == []


class Desk(Flow):
    """Rings two phones, talks with who answers, and parts when that one leaves."""

    async def ringing(self, event: Event) -> DialStatus:
        self.dialling = await self.channel.dial("PJSIP/a", "PJSIP/b", timeout=20)
        return (await self.dialling.answered()).status

    async def talking(self, event: Event) -> None:
        await self.dialling.connect()

    async def goodbye(self, event: Event) -> None:
        await asyncio.sleep(1000)

    start = ringing
    table = {
        ringing: {"ANSWER": talking},
        talking: {Other(StasisEnd): goodbye, Other(ChannelDestroyed): goodbye},
        goodbye: {After(900): goodbye},
    }


class TestLosers:
    """Their hang-up takes a while: it ends when others talk, and must not part them."""

    @staticmethod
    def slow_to_end(asterisk: Phones) -> None:
        """Asterisk accepts a hang-up; that it has happened, the test tells."""
        asterisk.refuse["DELETE /channels/channel-"] = Response(204)

    @virtual_time
    async def test_one_that_never_answered_ends_unheard_but_known(self):
        async with Phones(Desk) as asterisk:
            self.slow_to_end(asterisk)
            call = await asterisk.call()
            await asterisk.phone("PJSIP/a").answers()
            assert call.state == "talking"
            await asterisk.fails("PJSIP/b", 26)
            assert call.state == "talking"
            winner, loser = call.flow.dialling.channels  # type: ignore[attr-defined]
            assert loser.gone is not None and loser.cause == 26 and winner.gone is None
            asterisk.refuse.clear()

    @virtual_time
    async def test_nor_does_one_that_answered_at_the_same_time_part_them(self):
        async with Phones(Desk) as asterisk:
            self.slow_to_end(asterisk)
            call = await asterisk.call()
            first, second = asterisk.phone("PJSIP/a"), asterisk.phone("PJSIP/b")
            for phone in (first, second):
                asterisk._tell("StasisStart", channel=asterisk._channels[phone.id], args=[])
            await asterisk.turn()
            asterisk.refuse.clear()
            await second.hangs_up()
            assert call.state == "talking"
            _, loser = call.flow.dialling.channels  # type: ignore[attr-defined]
            assert loser.gone is not None

    @virtual_time
    async def test_the_winners_own_end_parts_them_all_the_same(self):
        async with Phones(Desk) as asterisk:
            call = await asterisk.call()
            await asterisk.phone("PJSIP/a").answers()
            await asterisk.phone("PJSIP/a").hangs_up()
            assert call.state == "goodbye"

    @virtual_time
    async def test_whatever_they_do_nothing_is_left(self):
        async with Phones(Desk) as asterisk:
            self.slow_to_end(asterisk)
            call = await asterisk.call()
            await asterisk.phone("PJSIP/a").answers()
            # The caller leaves before the loser's end has come.
            await call.hangs_up()
            assert call.over
            assert asterisk.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}


class TestALostAnswer:
    @virtual_time
    async def test_a_phone_that_may_ring_is_hung_up(self):
        caller = Caller("PJSIP/a")
        async with Phones(caller.flow) as asterisk:
            send = asterisk.link.ari.channels._send

            async def lossy(request: Request) -> Response:
                if request.path.startswith("/channels/channel-"):
                    if request.method == "GET":
                        raise OutcomeUnknown(request.method, request.path, "lost")
                    answer = await send(request)
                    if request.method == "POST":
                        raise OutcomeUnknown(request.method, request.path, "lost")
                    return answer
                return await send(request)

            asterisk.link.ari.channels._send = lossy
            await asterisk.call()
            await asterisk.turn()
            assert caller.result is not None and caller.result.channel is None
            assert asterisk.rings() == []
