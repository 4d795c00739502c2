"""A bridge: who is inside is known by events, and it never outlives its owner."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from stasis.ari.resource import Response
from stasis.bridge import Bridge
from stasis.channel import Channel
from stasis.errors import (
    ChannelGone,
    InvalidParameter,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    ServerError,
    Unprocessable,
    WaitTimeout,
)
from stasis.insist import TRIES
from stasis.testing.clock import virtual_time
from tests.calls import Call, calling, lose_answers, lose_requests


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", b'{"message":"%s"}' % message.encode())


async def second(call: Call) -> Channel:
    """A second channel of the same flow."""
    channel = await call.channel.create("PJSIP/bob")
    await call.asterisk.turn()
    return channel


class TestCreate:
    @virtual_time
    async def test_its_id_is_ours_and_it_is_subscribed_to(self):
        async with calling() as call:
            bridge = await call.channel.bridge("mixing,dtmf_events", "talk")
            assert bridge.id.startswith("bridge-")
            assert call.requests == [
                f"POST /bridges/{bridge.id}",
                "POST /applications/test/subscription",
            ]
            assert call.parameters(0) == {"type": "mixing,dtmf_events", "name": "talk"}
            assert call.parameters(1) == {"eventSource": f"bridge:{bridge.id}"}
            assert (bridge.type, bridge.name) == ("mixing,dtmf_events", "talk")

    @virtual_time
    async def test_one_that_was_refused_leaves_nothing_behind(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            call.asterisk.refuse["POST /bridges"] = refusal(400, "unknown type")
            with pytest.raises(InvalidParameter):
                await call.channel.bridge("mixxing")
            assert call.asterisk.link.router.counts() == before
            assert call.owner.counts()["resources"] == 0

    @virtual_time
    async def test_one_that_nobody_could_subscribe_to_is_destroyed_at_once(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            call.asterisk.refuse["POST /applications"] = refusal(500)
            with pytest.raises(ServerError):
                await call.channel.bridge()
            assert call.requests[-1].startswith("DELETE /bridges/bridge-")
            assert call.owner.counts()["resources"] == 0
            assert call.asterisk.link.router.counts() == before

    @virtual_time
    async def test_and_if_that_fails_too_is_still_ours_to_close(self):
        async with calling() as call:
            call.asterisk.refuse["POST /applications"] = refusal(500)
            call.asterisk.refuse["DELETE /bridges"] = refusal(500)
            with pytest.raises(ServerError):
                await call.channel.bridge()
            assert call.owner.counts()["resources"] == 1
            call.asterisk.refuse.clear()
            await call.caller.hangs_up()
            assert call.requests[-1].startswith("DELETE /bridges/bridge-")

    @virtual_time
    async def test_one_whose_creator_is_cancelled_is_closed_all_the_same(self):
        async with calling() as call:
            creating = asyncio.ensure_future(call.channel.bridge())
            await asyncio.sleep(0)
            creating.cancel()
            with pytest.raises(asyncio.CancelledError):
                await creating
            await call.caller.hangs_up()
            assert call.requests[0].startswith("POST /bridges/bridge-")
            assert call.requests[-1].startswith("DELETE /bridges/bridge-")

    @pytest.mark.parametrize("happens", [True, False])
    @virtual_time
    async def test_one_whose_answer_was_lost_is_closed_with_its_flow(self, happens: bool):
        async with calling() as call:
            lose_answers(call.asterisk, "POST /bridges/bridge-", happens=happens)
            with pytest.raises(OutcomeUnknown):
                await call.channel.bridge()
            assert call.owner.counts()["resources"] == 1
            assert len(call.asterisk._bridges) == happens
            await call.caller.hangs_up()
            assert call.requests[-1].startswith("DELETE /bridges/bridge-")
            assert call.asterisk._bridges == {}

    @pytest.mark.parametrize(("lost", "made"), [(TRIES - 1, True), (TRIES, False)])
    @virtual_time
    async def test_one_that_has_not_arrived_is_asked_for_again(self, lost: int, made: bool):
        async with calling() as call:
            sent = lose_requests(call.asterisk, "POST /bridges/bridge-", lost)
            if made:
                assert (await call.channel.bridge()).id in call.asterisk._bridges
            else:
                with pytest.raises(OutcomeUnknown, match="the object is not there now"):
                    await call.channel.bridge()
            assert len(sent) == TRIES and len(call.asterisk._bridges) == made


class TestAdd:
    @virtual_time
    async def test_after_it_the_channel_is_inside(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await second(call)
            await bridge.add(call.channel, other)
            assert list(bridge.channels) == ["c1", other.id]
            assert call.channel.bridge_id == other.bridge_id == bridge.id
            assert repr(bridge).endswith("2 channels>")

    @virtual_time
    async def test_its_parameters_go_to_asterisk_by_their_names(self):
        async with calling() as call:
            bridge = await call.channel.bridge("holding")
            await bridge.add(
                call.channel,
                role="announcer",
                mute=True,
                absorb_dtmf=True,
                inhibit_connected_line_updates=True,
            )
            assert call.parameters() == {
                "channel": "c1",
                "role": "announcer",
                "mute": "true",
                "absorbDTMF": "true",
                "inhibitConnectedLineUpdates": "true",
            }

    @virtual_time
    async def test_asterisks_answer_alone_proves_nothing(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["POST /bridges"] = Response(204)
            with pytest.raises(WaitTimeout, match=f"channel c1 entering bridge {bridge.id}"):
                await bridge.add(call.channel, timeout=2)
            assert asyncio.get_running_loop().time() == pytest.approx(2)

    @virtual_time
    async def test_what_has_not_arrived_is_asked_again_as_it_was_meant(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            sent = lose_requests(call.asterisk, f"POST /bridges/{bridge.id}/addChannel", 2)
            await bridge.add(call.channel, mute=True, absorb_dtmf=True, timeout=2)
            assert len(sent) == 3 and list(bridge.channels) == ["c1"]
            assert call.parameters() == {"channel": "c1", "mute": "true", "absorbDTMF": "true"}

    @virtual_time
    async def test_but_not_for_ever(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            sent = lose_requests(call.asterisk, f"POST /bridges/{bridge.id}/addChannel", 100)
            with pytest.raises(WaitTimeout):
                await bridge.add(call.channel, timeout=2)
            assert len(sent) == 3

    @virtual_time
    async def test_entering_another_bridge_is_not_entering_this_one(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse[f"POST /bridges/{bridge.id}/addChannel"] = Response(204)
            adding = asyncio.ensure_future(bridge.add(call.channel, timeout=2))
            other = await call.channel.bridge()
            await other.add(call.channel)
            with pytest.raises(WaitTimeout):
                await adding

    @virtual_time
    async def test_a_channel_that_has_gone_is_gone(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await second(call)
            await call.asterisk.end(other.id)
            with pytest.raises(ChannelGone) as caught:
                await bridge.add(call.channel, other)
            assert caught.value.channel_id == other.id

    @virtual_time
    async def test_one_that_asterisk_knows_no_more_is_gone_too(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await second(call)
            call.asterisk.refuse["POST /bridges"] = refusal(400, "Channel not found")
            call.asterisk.refuse[f"GET /channels/{other.id}"] = refusal(404, "Channel not found")
            with pytest.raises(ChannelGone) as caught:
                await bridge.add(call.channel, other)
            assert caught.value.channel_id == other.id, "the error names the one that has gone"

    @virtual_time
    async def test_a_refusal_while_all_are_there_is_told_as_it_is(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["POST /bridges"] = refusal(400, "Channel not found")
            with pytest.raises(InvalidParameter):
                await bridge.add(call.channel)

    @virtual_time
    async def test_one_that_has_gone_is_not_asked_for(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await second(call)
            await call.asterisk.end(other.id)
            count = len(call.asterisk.requests)
            with pytest.raises(ChannelGone):
                await bridge.add(call.channel, other)
            assert len(call.asterisk.requests) == count

    @virtual_time
    async def test_one_that_goes_while_it_enters_ends_the_wait(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["POST /bridges"] = Response(204)
            adding = asyncio.ensure_future(bridge.add(call.channel))
            await call.asterisk.turn()
            await call.caller.hangs_up()
            with pytest.raises(ChannelGone):
                await adding

    @virtual_time
    async def test_another_wrong_parameter_is_told_as_it_is(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["POST /bridges"] = refusal(400, "unknown role")
            with pytest.raises(InvalidParameter):
                await bridge.add(call.channel, role="clown")

    @virtual_time
    async def test_one_outside_stasis_is_unprocessable(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["POST /bridges"] = refusal(422, "Channel not in Stasis")
            with pytest.raises(Unprocessable):
                await bridge.add(call.channel)

    @virtual_time
    async def test_nobody_is_nobody(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            with pytest.raises(InvalidRequest, match="the list is empty"):
                await bridge.add()

    @virtual_time
    async def test_whatever_happens_no_wait_is_left(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            before = call.asterisk.link.router.counts()
            await bridge.add(call.channel)
            assert call.asterisk.link.router.counts() == before
            await bridge.remove(call.channel)
            await call.asterisk.turn()
            call.asterisk.refuse["POST /bridges"] = refusal(500)
            with pytest.raises(ServerError):
                await bridge.add(call.channel)
            assert call.asterisk.link.router.counts() == before

    @virtual_time
    async def test_who_is_inside_stays_and_nobody_is_asked(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            call.requests.clear()
            await bridge.add(call.channel)
            assert call.requests == [] and list(bridge.channels) == [call.channel.id]

    @pytest.mark.parametrize("how", [{"mute": True}, {"absorb_dtmf": True}])
    def test_unless_it_is_to_be_inside_in_another_way(self, how: dict[str, Any]):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                bridge = await call.channel.bridge()
                await bridge.add(call.channel)
                await bridge.add(call.channel, **how)
                assert call.requests[-1] == f"POST /bridges/{bridge.id}/addChannel"

        test()


class TestInside:
    @virtual_time
    async def test_who_is_taken_out_stays_in_stasis(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            await bridge.remove(call.channel)
            await call.asterisk.turn()
            assert list(bridge.channels) == [] and call.channel.bridge_id is None
            assert call.channel.gone is None

    @virtual_time
    async def test_taking_out_who_is_not_inside_asks_nobody(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.requests.clear()
            await bridge.remove(call.channel)
            assert call.requests == []

    @virtual_time
    async def test_it_is_emptied_when_the_last_has_left(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await second(call)
            await bridge.add(call.channel, other)
            emptied = asyncio.ensure_future(bridge.emptied())
            await bridge.remove(other)
            await call.asterisk.turn()
            assert not emptied.done()
            await bridge.remove(call.channel)
            await emptied

    @virtual_time
    async def test_who_comes_back_fills_it_again(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            await bridge.remove(call.channel)
            await call.asterisk.turn()
            await bridge.add(call.channel)
            with pytest.raises(WaitTimeout, match=f"bridge {bridge.id} emptying: .* 1 s"):
                await bridge.emptied(timeout=1)

    @virtual_time
    async def test_its_deadline_may_be_now(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            with pytest.raises(WaitTimeout):
                await bridge.emptied(timeout=0)
            assert asyncio.get_running_loop().time() < 1
            await bridge.remove(call.channel)
            await call.asterisk.turn()
            await bridge.emptied(timeout=0)

    @virtual_time
    async def test_video_follows_one_channel_or_the_talk(self):
        async with calling() as call:
            bridge = await call.channel.bridge("mixing,video_single")
            await bridge.set_video_source(call.channel)
            assert call.requests[-1] == f"POST /bridges/{bridge.id}/videoSource/c1"
            await bridge.clear_video_source()
            assert call.requests[-1] == f"DELETE /bridges/{bridge.id}/videoSource"

    @virtual_time
    async def test_asterisk_tells_what_it_knows(self):
        async with calling() as call:
            bridge = await call.channel.bridge(name="talk")
            call.asterisk.refuse[f"GET /bridges/{bridge.id}"] = Response(
                200, "OK", b'{"id":"x","name":"talk"}'
            )
            assert (await bridge.get()).name == "talk"
            call.asterisk.refuse[f"GET /bridges/{bridge.id}"] = refusal(404)
            with pytest.raises(NotFound):
                await bridge.get()


class TestDestroy:
    @virtual_time
    async def test_it_is_destroyed_once(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.requests.clear()
            await bridge.destroy()
            await bridge.destroy()
            assert call.requests == [f"DELETE /bridges/{bridge.id}"]
            assert bridge.destroyed and not call.owner.owns(("bridge", bridge.id))

    @virtual_time
    async def test_one_that_asterisk_destroyed_is_gone(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            emptied = asyncio.ensure_future(bridge.emptied())
            await asyncio.sleep(0)
            await call.asterisk.event("BridgeDestroyed", bridge={"id": bridge.id})
            await emptied
            call.requests.clear()
            await bridge.destroy()
            assert bridge.destroyed and call.requests == []

    @virtual_time
    async def test_one_that_is_gone_already_is_fine(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["DELETE /bridges"] = refusal(404, "Bridge not found")
            await bridge.destroy()
            assert bridge.destroyed

    @virtual_time
    async def test_what_plays_in_it_ends_with_it(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            playback, recording = await bridge.play("sound:a"), await bridge.record("talk")
            later = await bridge.play("sound:b")
            call.requests.clear()
            await bridge.destroy()
            assert call.requests == [
                f"DELETE /playbacks/{later.id}",
                f"DELETE /playbacks/{playback.id}",
                f"DELETE /bridges/{bridge.id}",
            ]
            assert (await playback.finished()).state == "stopped"
            with pytest.raises(ChannelGone, match="bridge destroyed"):
                await recording.finished()

    @virtual_time
    async def test_it_ends_with_its_flow(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            await call.caller.hangs_up()
            assert call.requests[-1] == f"DELETE /bridges/{bridge.id}"

    @virtual_time
    async def test_another_error_is_told(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            call.asterisk.refuse["DELETE /bridges"] = refusal(500)
            with pytest.raises(ServerError):
                await bridge.destroy()
            assert not bridge.destroyed
            call.asterisk.refuse.clear()


@virtual_time
async def test_other_events_of_a_bridge_change_nothing():
    async with calling() as call:
        bridge = await call.channel.bridge()
        await call.asterisk.event("BridgeVideoSourceChanged", bridge={"id": bridge.id})
        assert bridge.channels == {} and not bridge.destroyed
        assert isinstance(bridge, Bridge)


class TestWhoHearsIt:
    @pytest.mark.parametrize(("inside", "told"), [(True, 1), (False, 0)])
    def test_a_playback_that_fails_since_all_have_left_is_no_missing_sound(
        self, inside: bool, told: int
    ):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                bridge = await call.channel.bridge()
                await bridge.add(call.channel)
                playback = await bridge.play("sound:a")
                if not inside:
                    await bridge.remove(call.channel)
                with capture_logs() as logs:
                    await call.asterisk.finish("failed")
                assert (await playback.finished()).state == "failed"
                assert sum("is the sound there?" in each["event"] for each in logs) == told

        test()
