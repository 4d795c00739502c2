"""Who hears an event: claims by id, waits before inboxes, and nobody else's business."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from stasis.ami.events import Hold
from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel
from stasis.ari.device_states import DeviceState
from stasis.ari.endpoints import Endpoint
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelTransfer,
    ChannelVarset,
    DeviceStateChanged,
    Dial,
    EndpointStateChange,
    Event,
    PlaybackFinished,
    RecordingFinished,
    ReferredBy,
    ReferTo,
    StasisEnd,
    StasisStart,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.errors import ChannelGone, FlowError, WaitTimeout
from stasis.router import Claim, Router, keys_of
from stasis.testing.clock import virtual_time

C1, C2, B1 = ("channel", "c1"), ("channel", "c2"), ("bridge", "b1")


class Handle:
    """Knows a thing's latest state. apply: what it does with an event."""

    def __init__(self, apply: Callable[[Event], object]) -> None:
        self.apply = apply


class Ear:
    """Hears and remembers."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def hear(self, event: Event) -> None:
        self.heard.append(event)


def digit(text: str = "1", channel: str = "c1", app: str = "ivr") -> ChannelDtmfReceived:
    """A digit pressed on a channel."""
    return ChannelDtmfReceived(application=app, channel=Channel(id=channel), digit=text)


def entered(channel: str = "c1", bridge: str = "b1") -> ChannelEnteredBridge:
    """A channel that has entered a bridge."""
    return ChannelEnteredBridge(channel=Channel(id=channel), bridge=Bridge(id=bridge))


class TestKeysOf:
    @pytest.mark.parametrize(
        ("event", "keys"),
        [
            (digit(), [C1]),
            (entered(), [B1, C1]),
            (PlaybackFinished(playback=Playback(id="p")), [("playback", "p")]),
            (RecordingFinished(recording=LiveRecording(name="r")), [("recording", "r")]),
            (
                EndpointStateChange(endpoint=Endpoint(technology="PJSIP", resource="a")),
                [("endpoint", "PJSIP/a")],
            ),
            (
                DeviceStateChanged(device_state=DeviceState(name="Stasis:x")),
                [("device", "Stasis:x")],
            ),
            (Dial(peer=Channel(id="c2")), [C2]),
            (Dial(caller=Channel(id="c1"), peer=Channel(id="c2")), [C1, C2]),
            (StasisStart(channel=Channel(id="c1")), [C1]),
            (
                ChannelTransfer(
                    referred_by=ReferredBy(source_channel=Channel(id="c2"), bridge=Bridge(id="b1")),
                    refer_to=ReferTo(destination_channel=Channel(id="c1")),
                ),
                [C2, B1, C1],
            ),
            (Event(), []),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
    )
    def test_an_event_is_about_the_ids_it_names(self, event: Event, keys: list[tuple[str, str]]):
        assert keys_of(event) == keys


class TestClaims:
    def test_who_claimed_the_id_hears_the_event(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, "ivr"))
        assert router.dispatch(digit()) and ear.heard == [digit()]

    def test_nobody_else_hears_it(self):
        router, ear = Router(), Ear()
        router.claim(C2, Claim(ear, "ivr"))
        assert not router.dispatch(digit()) and ear.heard == []

    def test_a_released_id_is_nobodys(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, "ivr"))
        router.release(C1)
        assert not router.dispatch(digit()) and ear.heard == []
        assert router.claimed(C1) is None

    def test_releasing_what_nobody_claimed_is_fine(self):
        Router().release(C1)

    def test_a_hearer_of_two_of_its_ids_hears_the_event_once(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, ""))
        router.claim(B1, Claim(ear, ""))
        assert router.dispatch(entered()) and ear.heard == [entered()]

    def test_two_flows_that_share_a_bridge_both_hear(self):
        router, mine, theirs = Router(), Ear(), Ear()
        router.claim(B1, Claim(mine, ""))
        router.claim(C1, Claim(theirs, ""))
        router.dispatch(entered())
        assert mine.heard == theirs.heard == [entered()]

    def test_the_copy_for_another_application_is_not_heard_but_is_not_strange(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, "ivr"))
        assert router.dispatch(digit(app="monitor"))
        router.dispatch(digit(app="ivr"))
        assert [event.application for event in ear.heard] == ["ivr"]

    def test_a_claim_of_no_application_hears_them_all(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, ""))
        router.dispatch(digit(app="a"))
        router.dispatch(digit(app="b"))
        assert len(ear.heard) == 2

    def test_a_handle_is_up_to_date_before_anybody_hears(self):
        router = Router()
        order: list[str] = []

        class Late:
            def hear(self, event: Event) -> None:
                order.append("hear")

        router.claim(B1, Claim(Late(), "", Handle(lambda event: order.append("apply bridge"))))
        router.claim(C1, Claim(Late(), "", Handle(lambda event: order.append("apply channel"))))
        router.dispatch(entered())
        assert order == ["apply bridge", "apply channel", "hear", "hear"]

    def test_another_applications_copy_is_not_applied(self):
        router = Router()
        applied: list[Event] = []
        router.claim(C1, Claim(Ear(), "ivr", Handle(applied.append)))
        router.dispatch(digit(app="monitor"))
        assert applied == []


class TestWaits:
    async def test_it_is_settled_by_the_event(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        assert not wait.settled
        router.dispatch(digit("5"))
        assert wait.settled and (await wait.within(1)).digit == "5"

    async def test_the_first_event_settles_it_and_it_stays_so(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        router.dispatch(digit("5"))
        router.dispatch(digit("6"))
        assert (await wait.within(1)).digit == (await wait.within(1)).digit == "5"

    async def test_it_takes_any_of_its_kinds(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived, StasisEnd)
        router.dispatch(StasisEnd(channel=Channel(id="c1")))
        assert isinstance(await wait.within(1), StasisEnd)

    async def test_another_id_or_kind_does_not_settle_it(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        router.dispatch(digit(channel="c2"))
        router.dispatch(StasisEnd(channel=Channel(id="c1")))
        assert not wait.settled

    async def test_its_condition_must_hold(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived, where=lambda event: event.digit == "#")
        router.dispatch(digit("1"))
        assert not wait.settled
        router.dispatch(digit("#"))
        assert (await wait.within(1)).digit == "#"

    async def test_a_condition_that_fails_is_its_own_waiters_fault_alone(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, ""))
        wait = router.expect(C1, ChannelDtmfReceived, where=lambda event: 1 / 0 > 0)
        other = router.expect(C1, ChannelDtmfReceived)
        router.dispatch(digit())
        assert ear.heard == [digit()] and other.settled
        with pytest.raises(ZeroDivisionError):
            await wait.within(1)

    async def test_it_is_settled_before_anybody_hears(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        seen: list[bool] = []

        class Late:
            def hear(self, event: Event) -> None:
                seen.append(wait.settled)

        router.claim(C1, Claim(Late(), "", Handle(lambda event: seen.append(wait.settled))))
        router.dispatch(digit())
        assert seen == [True, True]

    async def test_a_wait_needs_no_claim(self):
        router = Router()
        wait = router.expect(B1, BridgeDestroyed)
        assert not router.dispatch(BridgeDestroyed(bridge=Bridge(id="b1")))
        assert wait.settled

    @virtual_time
    async def test_its_deadline_is_told(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived, what="a digit")
        with pytest.raises(WaitTimeout, match="a digit: nothing came within 3 s"):
            await wait.within(3)
        assert asyncio.get_running_loop().time() == pytest.approx(3)

    @virtual_time
    async def test_without_words_it_finds_its_own(self):
        wait = Router().expect(C1, ChannelDtmfReceived, StasisEnd)
        assert wait.what == "ChannelDtmfReceived or StasisEnd of channel c1"

    @virtual_time
    async def test_after_a_deadline_it_may_be_awaited_again(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        with pytest.raises(WaitTimeout):
            await wait.within(1)
        router.dispatch(digit("9"))
        assert (await wait.within(1)).digit == "9"

    @virtual_time
    async def test_an_event_at_the_last_moment_counts(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        loop = asyncio.get_running_loop()
        # Both fall on one turn of the loop: the deadline has fired, and so has the event.
        loop.call_later(2, lambda: router.dispatch(digit("7")))
        assert (await wait.within(2)).digit == "7"

    async def test_it_ends_with_an_error_of_who_knows_better(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        wait.fail(ChannelGone("c1"))
        assert wait.settled and router.counts() == {"claims": 0, "waits": 0, "held": 0}
        with pytest.raises(ChannelGone):
            await wait.within(1)

    async def test_an_error_does_not_undo_an_event(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        router.dispatch(digit("1"))
        wait.fail(ChannelGone("c1"))
        assert (await wait.within(1)).digit == "1"

    async def test_a_cancelled_one_is_forgotten(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        wait.cancel()
        wait.cancel()
        assert wait.settled and router.counts()["waits"] == 0

    async def test_one_cancelled_by_its_neighbour_takes_nothing(self):
        router = Router()
        second = router.expect(C1, ChannelDtmfReceived)
        first = router.expect(C1, StasisEnd)
        first._future.cancel()
        router.dispatch(digit())
        assert second.settled and router.counts()["waits"] == 0

    async def test_one_waiters_cancellation_is_not_anothers(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        waiting = asyncio.ensure_future(wait.within(10))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        router.dispatch(digit("3"))
        assert (await wait.within(1)).digit == "3"

    async def test_waiting_for_what_asterisk_was_asked_not_to_send_is_an_error(self):
        router = Router()
        router.filtered = frozenset({ChannelVarset})
        with pytest.raises(FlowError, match="ChannelVarset here: name it in the flow's `hears`"):
            router.expect(C1, ChannelVarset)
        assert not router.expect(C1, ChannelDtmfReceived).settled

    async def test_waits_move_to_the_channel_that_takes_a_place(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        already = router.expect(C2, ChannelDtmfReceived)
        router.move(C1, C2)
        router.dispatch(digit(channel="c1"))
        assert not wait.settled
        router.dispatch(digit("2", channel="c2"))
        assert (await wait.within(1)).digit == (await already.within(1)).digit == "2"
        assert router.counts()["waits"] == 0

    async def test_a_moved_wait_can_be_cancelled(self):
        router = Router()
        wait = router.expect(C1, ChannelDtmfReceived)
        router.move(C1, C2)
        wait.cancel()
        assert router.counts()["waits"] == 0

    async def test_moving_nothing_is_fine(self):
        router = Router()
        router.move(C1, C2)
        assert router.counts() == {"claims": 0, "waits": 0, "held": 0}


class TestHolding:
    """What is about an id whose creation has not been answered yet waits for its flow."""

    def test_it_is_heard_when_it_is_delivered_in_its_order(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, ""))
        router.hold(C1)
        assert router.dispatch(digit("1")) and router.dispatch(digit("2"))
        assert ear.heard == []
        router.deliver(C1)
        assert ear.heard == [digit("1"), digit("2")]
        router.dispatch(digit("3"))
        assert ear.heard[-1] == digit("3")

    async def test_handles_and_waits_do_not_wait(self):
        router = Router()
        applied: list[Event] = []
        router.claim(C1, Claim(Ear(), "", Handle(applied.append)))
        router.hold(C1)
        wait = router.expect(C1, ChannelDtmfReceived)
        router.dispatch(digit())
        assert applied == [digit()] and wait.settled
        router.deliver(C1)

    def test_nor_does_what_is_about_others(self):
        router, ear = Router(), Ear()
        router.claim(C2, Claim(ear, ""))
        router.hold(C1)
        router.dispatch(digit(channel="c2"))
        assert len(ear.heard) == 1
        router.deliver(C1)

    def test_an_event_about_both_waits(self):
        router, ear = Router(), Ear()
        router.claim(B1, Claim(ear, ""))
        router.hold(C1)
        router.dispatch(entered())
        assert ear.heard == []
        router.deliver(C1)
        assert ear.heard == [entered()]

    def test_delivering_what_nobody_holds_is_fine(self):
        router = Router()
        router.deliver(C1)
        router.hold(C1)
        assert router.counts()["held"] == 1
        router.deliver(C1)
        router.deliver(C1)
        assert router.counts()["held"] == 0


class TestAnotherWay:
    """An event that did not come by ARI, but is about a channel."""

    def test_it_goes_to_who_has_claimed_the_channel_and_to_nobody_else(self):
        router, ear, other = Router(), Ear(), Ear()
        router.claim(C1, Claim(ear, "ivr", Handle(lambda event: pytest.fail("no snapshot in it"))))
        router.claim(C2, Claim(other, "ivr"))
        assert router.tell(Hold(uniqueid="c1")) is True
        assert router.tell(Hold(uniqueid="c3")) is False
        assert router.tell(Hold()) is False
        assert (ear.heard, other.heard) == ([Hold(uniqueid="c1")], [])

    async def test_who_waits_for_it_is_settled(self):
        router = Router()
        wait = router.expect(C1, Hold)
        router.tell(Hold(uniqueid="c1"))
        assert await wait.within(1) == Hold(uniqueid="c1")

    def test_it_is_held_back_like_any_other(self):
        router, ear = Router(), Ear()
        router.claim(C1, Claim(ear, ""))
        router.hold(C1)
        router.tell(Hold(uniqueid="c1"))
        assert ear.heard == []
        router.deliver(C1)
        assert ear.heard == [Hold(uniqueid="c1")]


async def test_counts_tell_what_is_claimed_and_awaited():
    router = Router()
    router.claim(C1, Claim(Ear(), ""))
    router.expect(C1, ChannelDtmfReceived)
    router.expect(C1, StasisEnd)
    assert router.counts() == {"claims": 1, "waits": 2, "held": 0}
    router.dispatch(digit())
    router.dispatch(StasisEnd(channel=Channel(id="c1")))
    router.release(C1)
    assert router.counts() == {"claims": 0, "waits": 0, "held": 0}
