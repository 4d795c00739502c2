"""The channel handle: one request a verb, up to date by events, and gone is gone."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import (
    ChannelDtmfReceived,
    ChannelHangupRequest,
    ChannelTalkingStarted,
    StasisEnd,
    StasisStart,
)
from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.errors import (
    ChannelGone,
    Conflict,
    NotFound,
    WaitTimeout,
)
from stasis.testing.clock import virtual_time
from tests.calls import Call, calling


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", b'{"message":"%s"}' % message.encode())


class TestWhatIsKnown:
    @virtual_time
    async def test_who_calls_and_where_they_came_in(self):
        async with calling(number="100", name="Zoë \x1b[31m") as call:
            channel = call.channel
            assert (channel.id, channel.caller_number, channel.exten) == ("c1", "100", "8000")
            assert channel.caller_name == "Zoë \x1b[31m"
            assert channel.name.startswith("PJSIP/100-") and channel.state == "Up"
            assert channel.gone is None and not channel.leaving and channel.bridge_id is None

    @virtual_time
    async def test_the_arguments_of_stasis_are_there_from_the_start(self):
        seen: list[tuple[str, ...]] = []
        async with calling() as call:

            async def flow(channel: Channel) -> None:
                seen.append(channel.args)

            call.asterisk.link.programs["test"] = type(call.asterisk.link.programs["test"]).of(flow)
            await call.asterisk.call("sales", "de")
        assert seen == [("sales", "de")]

    @virtual_time
    async def test_events_keep_it_up_to_date(self):
        async with calling(answered=False) as call:
            assert call.channel.state == "Ring"
            call.asterisk._channels["c1"]["state"] = "Up"
            await call.asterisk.event("ChannelStateChange", "c1")
            assert call.channel.state == "Up"

    @virtual_time
    async def test_a_hang_up_is_seen_coming(self):
        async with calling() as call:
            await call.asterisk.event("ChannelHangupRequest", "c1", cause=16)
            assert call.channel.leaving and call.channel.gone is None

    @virtual_time
    async def test_the_bridge_that_it_is_in(self):
        async with calling() as call:
            first, second = await call.channel.bridge(), await call.channel.bridge()
            await first.add(call.channel)
            assert call.channel.bridge_id == first.id
            # It moves: Asterisk may tell that it left the old one after it entered the new one.
            await second.add(call.channel)
            await call.asterisk.event("ChannelLeftBridge", "c1", bridge={"id": first.id})
            assert call.channel.bridge_id == second.id
            await second.remove(call.channel)
            await call.asterisk.turn()
            assert call.channel.bridge_id is None

    @virtual_time
    async def test_another_channels_event_says_nothing_of_it(self):
        async with calling() as call:
            other = await call.asterisk.call(number="200")
            await call.asterisk.event("ChannelHangupRequest", other.id, cause=16)
            assert not call.channel.leaving
            call.channel.apply(ChannelHangupRequest(channel=other.flow.channel.snapshot))
            assert not call.channel.leaving

    @virtual_time
    async def test_its_repr_is_for_logs(self):
        async with calling() as call:
            assert repr(call.channel) == f"<Channel c1 {call.channel.name} Up>"


class TestGoneOnTheServer:
    """The server may know before its event has come."""

    @pytest.mark.parametrize(
        ("status", "message", "reason"),
        [
            (404, "Channel not found", "hung up"),
            (404, "Provided channel was not found", "hung up"),
            (409, "Channel not in Stasis application", "not in Stasis"),
        ],
    )
    def test_its_refusal_means_gone(self, status: int, message: str, reason: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                call.asterisk.refuse["POST /channels/c1/ring"] = refusal(status, message)
                with pytest.raises(ChannelGone, match=reason):
                    await call.channel.ring()

        test()

    @pytest.mark.parametrize(
        ("status", "message", "kind"),
        [(404, "Label not found", NotFound), (409, "Channel is already dialled", Conflict)],
    )
    def test_another_refusal_is_what_it_is(self, status: int, message: str, kind: type[Exception]):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                call.asterisk.refuse["POST /channels/c1"] = refusal(status, message)
                with pytest.raises(kind):
                    await call.channel.continue_in_dialplan(label="nowhere")
                call.asterisk.refuse.clear()

        test()

    @pytest.mark.parametrize(("status", "message"), [(404, "odd words"), (409, "odd words")])
    def test_whatever_its_words_when_the_end_came_meanwhile(self, status: int, message: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                ring = call.owner.ari.channels.ring

                async def late(channel_id: str) -> None:
                    call.asterisk.refuse["POST /channels/c1/ring"] = refusal(status, message)
                    try:
                        await ring(channel_id)
                    finally:
                        call.channel.lose("hung up: Normal Clearing")

                call.owner.ari.channels.ring = late  # type: ignore[method-assign]
                with pytest.raises(ChannelGone, match="Normal Clearing"):
                    await call.channel.ring()

        test()


class TestWaiting:
    @virtual_time
    async def test_for_an_event_of_its_own(self):
        async with calling() as call:
            wait = call.channel.expect(ChannelTalkingStarted, what="talk")
            await call.asterisk.event("ChannelTalkingStarted", "c1")
            assert (await wait.within(1)).channel.id == "c1"

    @virtual_time
    async def test_with_a_condition(self):
        async with calling() as call:
            wait = call.channel.expect(ChannelDtmfReceived, where=lambda event: event.digit == "#")
            await call.caller.digit("1#")
            assert (await wait.within(1)).digit == "#"

    @virtual_time
    async def test_it_ends_when_the_channel_goes(self):
        async with calling() as call:
            wait = call.channel.expect(ChannelTalkingStarted)
            await call.caller.hangs_up()
            with pytest.raises(ChannelGone):
                await wait.within(1)

    @virtual_time
    async def test_unless_the_going_is_awaited(self):
        async with calling() as call:
            wait = call.channel.expect(StasisEnd)
            await call.caller.hangs_up()
            assert isinstance(await wait.within(1), StasisEnd)

    @virtual_time
    async def test_for_a_channel_that_has_gone_it_is_over_at_once(self):
        async with calling() as call:
            await call.caller.hangs_up()
            with pytest.raises(ChannelGone):
                await call.channel.expect(ChannelTalkingStarted).within(1)

    @virtual_time
    async def test_settled_ones_are_forgotten_in_a_long_call(self):
        async with calling() as call:
            for _ in range(50):
                call.channel.expect(ChannelDtmfReceived)
                await call.caller.digit("1")
            assert len(call.channel._waits) <= 2

    @virtual_time
    async def test_for_one_that_we_made_to_be_in_stasis(self):
        async with calling() as call:
            bob = await call.channel.originate("PJSIP/bob")
            entering = asyncio.ensure_future(bob.entered())
            await call.asterisk.turn()
            assert not entering.done()
            await call.asterisk.answered(bob.id)
            await entering
            await bob.entered()

    @virtual_time
    async def test_one_that_failed_first_never_is(self):
        async with calling() as call:
            bob = await call.channel.originate("PJSIP/bob")
            await call.asterisk.end(bob.id, cause=17, status="BUSY")
            with pytest.raises(ChannelGone):
                await bob.entered()

    @virtual_time
    async def test_a_call_of_our_own_is_there_from_its_start(self):
        async with calling() as call:
            await call.channel.entered()

    @virtual_time
    async def test_for_its_end(self):
        async with calling() as call:
            ending = asyncio.ensure_future(call.channel.ended())
            await call.asterisk.turn()
            await call.caller.hangs_up()
            assert (await ending).reason == "hung up"
            assert (await call.channel.ended()).channel_id == "c1"

    @virtual_time
    async def test_its_end_has_a_deadline(self):
        async with calling() as call:
            with pytest.raises(WaitTimeout, match="end of channel c1"):
                await call.channel.ended(timeout=3)

    @virtual_time
    async def test_which_may_be_now(self):
        async with calling() as call:
            with pytest.raises(WaitTimeout):
                await call.channel.ended(timeout=0)
            assert asyncio.get_running_loop().time() == 0

    @virtual_time
    async def test_a_wait_for_it_that_is_over_is_forgotten(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            for _ in range(3):
                with pytest.raises(WaitTimeout):
                    await call.channel.ended(timeout=0.1)
            waiting = asyncio.ensure_future(call.channel.ended())
            await call.asterisk.turn()
            waiting.cancel()
            await asyncio.wait({waiting})
            assert call.asterisk.link.router.counts() == before

    @virtual_time
    async def test_an_end_that_somebody_else_found_out_is_one(self):
        async with calling() as call:
            ending = asyncio.ensure_future(call.channel.ended())
            await call.asterisk.turn()
            call.channel.lose("not there after a gap")
            assert (await ending).reason == "not there after a gap"


class TestItsEnd:
    @virtual_time
    async def test_a_hang_up_is_told_from_leaving(self):
        async with calling() as call:
            await call.caller.hangs_up()
            assert call.channel.gone is not None and call.channel.gone.reason == "hung up"
        async with calling() as call:
            await call.channel.continue_in_dialplan()
            await call.asterisk.turn()
            assert call.channel.gone is not None and call.channel.gone.reason == "left Stasis"

    @virtual_time
    async def test_its_cause_is_known(self):
        async with calling() as call:
            channel = await call.channel.originate("PJSIP/bob")
            await call.asterisk.event(
                "ChannelDestroyed", channel.id, cause=17, cause_txt="User busy"
            )
            assert channel.cause == 17
            assert channel.gone is not None and channel.gone.reason == "hung up: User busy"
            await call.asterisk.end(channel.id)

    @virtual_time
    async def test_it_goes_once(self):
        async with calling() as call:
            told: list[str] = []
            call.channel.on_gone(lambda gone: told.append(gone.reason))
            call.channel.lose("first")
            call.channel.lose("second")
            assert told == ["first"] and str(call.channel.gone) == "channel c1: first"

    @virtual_time
    async def test_who_asks_late_is_told_at_once(self):
        async with calling() as call:
            await call.caller.hangs_up()
            told: list[str] = []
            call.channel.on_gone(lambda gone: told.append(gone.reason))
            assert told == ["hung up"]

    @virtual_time
    async def test_one_that_fails_to_listen_keeps_nobody_from_hearing(self):
        async with calling() as call:
            told: list[str] = []
            call.channel.on_gone(lambda gone: told.append(str(1 / 0)))
            call.channel.on_gone(lambda gone: told.append("heard"))
            with capture_logs() as logs:
                await call.caller.hangs_up()
            assert told == ["heard"] and call.caller.over
            assert "on_gone failed" in [log["event"] for log in logs]

    @virtual_time
    async def test_a_question_that_waits_ends_with_it(self):
        async with calling() as call:
            asking = asyncio.ensure_future(call.channel.digits.next())
            await call.asterisk.turn()
            await call.caller.hangs_up()
            with pytest.raises(ChannelGone):
                await asking

    @virtual_time
    async def test_the_dialplan_may_bring_it_back_as_a_new_call(self):
        async with calling() as call:
            await call.asterisk.event("StasisEnd", "c1")
            await call.asterisk.event("StasisStart", "c1", args=["again"])
            assert call.caller.over and len(call.asterisk.link.runners) == 1
            (runner,) = call.asterisk.link.runners
            assert runner.channel is not call.channel and runner.channel.args == ("again",)


class TestBecome:
    """An attended transfer puts another channel in the place of ours."""

    @staticmethod
    async def replace(call: Call, old: str = "c1") -> None:
        """Asterisk tells the replacement, then the end of the old one."""
        gone = dict(call.asterisk._channels[old])
        call.asterisk._new_channel("c9", "PJSIP/boss-9", "Up", "900", "Boss")
        await call.asterisk.event("StasisStart", "c9", args=[], replace_channel=gone)
        await call.asterisk.event("StasisEnd", old)
        call.asterisk._channels.pop(old)
        await call.asterisk.turn()

    @virtual_time
    async def test_the_handle_is_the_new_channel(self):
        async with calling() as call:
            await self.replace(call)
            assert call.channel.id == "c9" and call.channel.caller_number == "900"
            assert call.channel.gone is None and not call.caller.over
            await call.channel.ring()
            assert call.requests[-1] == "POST /channels/c9/ring"

    @virtual_time
    async def test_no_second_call_begins(self):
        async with calling() as call:
            await self.replace(call)
            assert len(call.asterisk.link.runners) == 1

    @virtual_time
    async def test_its_events_reach_the_flow_and_its_end_ends_it(self):
        async with calling() as call:
            await self.replace(call)
            await call.asterisk.event("ChannelDtmfReceived", "c9", digit="7", duration_ms=80)
            assert await call.channel.digits.next(0) == "7"
            await call.asterisk.end("c9")
            assert call.channel.gone is not None and call.caller.over

    @virtual_time
    async def test_what_waited_for_the_old_one_waits_for_the_new_one(self):
        async with calling() as call:
            ending = asyncio.ensure_future(call.channel.ended())
            wait = call.channel.expect(ChannelTalkingStarted)
            await call.asterisk.turn()
            await self.replace(call)
            assert not ending.done() and not wait.settled
            await call.asterisk.event("ChannelTalkingStarted", "c9")
            assert (await wait.within(1)).channel.id == "c9"
            await call.asterisk.end("c9")
            assert (await ending).channel_id == "c9"

    @virtual_time
    async def test_one_that_a_flow_has_dialled_is_still_its_own_to_close(self):
        async with calling() as call:
            bob = await call.channel.originate("PJSIP/bob")
            await call.asterisk.answered(bob.id)
            await self.replace(call, bob.id)
            assert bob.id == "c9" and call.owner.owns(("channel", "c9"))
            await call.caller.hangs_up()
            assert call.requests[-1] == "DELETE /channels/c9"

    @virtual_time
    async def test_a_replacement_of_a_strangers_channel_is_a_new_call(self):
        async with calling() as call:
            call.asterisk._new_channel("c9", "PJSIP/boss-9", "Up", "900", "Boss")
            await call.asterisk.event(
                "StasisStart", "c9", args=[], replace_channel={"id": "stranger", "name": "x"}
            )
            assert len(call.asterisk.link.runners) == 2


class TestAnswersAndEvents:
    @virtual_time
    async def test_an_answer_does_not_undo_a_newer_event(self):
        async with calling() as call:
            snapshot = call.channel.snapshot
            call.channel.refresh(StasisStart().channel)
            assert call.channel.snapshot is snapshot

    @virtual_time
    async def test_a_dialled_channel_stays_claimed_after_it_left_stasis(self):
        # Its cause of hanging up comes later.
        async with calling() as call:
            bob = await call.channel.originate("PJSIP/bob")
            await call.asterisk.answered(bob.id)
            await call.asterisk.event("StasisEnd", bob.id)
            assert bob.gone is not None and bob.cause is None
            await call.asterisk.event("ChannelDestroyed", bob.id, cause=16, cause_txt="")
            assert bob.cause == 16
            await call.asterisk.end(bob.id)
