"""One call: events in order, one at a time; media and bodies end with their state; and in every
way a call can end, `ended` runs once and nothing is left.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import attrs
import pytest
from structlog.testing import capture_logs

from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelTalkingStarted,
    Event,
    PlaybackFinished,
    StasisEnd,
    StasisStart,
)
from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.config import Config, EngineConfig
from stasis.dialstatus import DialStatus
from stasis.errors import ChannelGone
from stasis.flow import After, Do, Done, Elapsed, Flow, Leave, Other, Outcome
from stasis.testing.clock import virtual_time
from stasis.testing.fake import FakeAsterisk


def engine(**limits: Any) -> Config:
    """A configuration with other limits."""
    return attrs.evolve(Config(), engine=EngineConfig(**limits))


def now() -> float:
    """Virtual seconds."""
    return asyncio.get_running_loop().time()


def nothing_is_left(asterisk: FakeAsterisk) -> None:
    """No call, no claim, no wait."""
    assert asterisk.link.runners == set()
    assert asterisk.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}


class Noting(Flow):
    """Base of the tests' flows: `notes` of all calls, in order."""

    notes: ClassVar[list[str]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.notes = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    async def ended(self, event: Event | None) -> None:
        self.note(f"ended {type(event).__name__}")


class TestOrder:
    @virtual_time
    async def test_digits_arrive_in_order_while_a_state_sleeps(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None:
                self.note("menu")
                await asyncio.sleep(0.05)
                self.note("slept")

            async def digit(self, event: ChannelDtmfReceived) -> None:
                self.note(event.digit)

            start = menu
            table = {menu: {ChannelDtmfReceived: Do(digit)}}

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("123")
            await asyncio.sleep(0.06)
            await call.hangs_up()
        assert Menu.notes == ["menu", "1", "2", "3", "slept", "ended StasisEnd"]

    @virtual_time
    async def test_digits_wait_for_a_state_whose_entering_takes_time(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None: ...

            async def taken(self, event: ChannelDtmfReceived) -> None:
                self.note(event.digit)
                await asyncio.sleep(0.05)

            start = menu
            table = {
                menu: {ChannelDtmfReceived: taken},
                taken: {Done: menu},
            }

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            # All three come before the first has been dealt with.
            for digit in "123":
                asterisk._tell(
                    "ChannelDtmfReceived", channel=asterisk._channels[call.id], digit=digit
                )
            await asyncio.sleep(1)
            await call.hangs_up()
        assert Menu.notes == ["1", "2", "3", "ended StasisEnd"]

    @virtual_time
    async def test_an_action_is_over_before_the_next_event_is_looked_at(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None: ...

            async def slow(self, event: ChannelDtmfReceived) -> None:
                self.note(f"{event.digit} begins")
                await asyncio.sleep(1)
                self.note(f"{event.digit} ends")

            start = menu
            table = {menu: {ChannelDtmfReceived: Do(slow)}}

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            await asyncio.sleep(3)
            await call.hangs_up()
        assert Menu.notes[:4] == ["1 begins", "1 ends", "2 begins", "2 ends"]

    @virtual_time
    async def test_a_flow_that_sleeps_three_seconds_delays_no_other(self):
        class Slow(Noting):
            async def menu(self, event: Event) -> None: ...

            async def sleepy(self, event: Event) -> None:
                await asyncio.sleep(3)

            async def quick(self, event: Event) -> None:
                self.note(f"{self.channel.id} at {now():g}")

            start = menu
            table = {menu: {(ChannelDtmfReceived, "9"): Do(sleepy), ChannelDtmfReceived: Do(quick)}}

        async with FakeAsterisk(Slow) as asterisk:
            sleeper, other = await asterisk.call(), await asterisk.call()
            await sleeper.digit("91")
            await other.digit("1")
            third = await asterisk.call()
            await third.digit("1")
            await asyncio.sleep(4)
        assert Slow.notes[:3] == ["c2 at 0", "c3 at 0", "c1 at 3"]


class TestTriggers:
    @virtual_time
    async def test_each_kind_leads_where_the_table_says(self):
        class Tour(Noting):
            async def one(self, event: Event) -> None:
                self.note(f"one by {type(event).__name__}")

            async def two(self, event: Event) -> Literal["next"]:
                self.note(f"two by {type(event).__name__}")
                return "next"

            async def three(self, event: Outcome) -> None:
                self.note(f"three by {type(event).__name__} {event.outcome}")

            async def four(self, event: Outcome) -> None:
                self.note(f"four by {type(event).__name__} {event.outcome}")

            async def five(self, event: Elapsed) -> None:
                self.note(f"five by {type(event).__name__} {event.seconds:g} at {now():g}")

            start = one
            table = {
                one: {(ChannelDtmfReceived, "1"): two},
                two: {"next": three},
                three: {Done: four},
                four: {After(10): five},
                five: {ChannelTalkingStarted: one},
            }

        async with FakeAsterisk(Tour) as asterisk:
            call = await asterisk.call()
            await call.digit("21")
            assert call.state == "four"
            await asyncio.sleep(11)
            assert call.state == "five"
            await asterisk.event("ChannelTalkingStarted", call.id)
            assert call.state == "one"
        assert Tour.notes == [
            "one by StasisStart",
            "two by ChannelDtmfReceived",
            "three by Outcome next",
            "four by Outcome None",
            "five by Elapsed 10 at 10",
            "one by ChannelTalkingStarted",
            "ended StasisEnd",
        ]

    @virtual_time
    async def test_a_timer_counts_from_entering_and_ends_with_its_state(self):
        class Timed(Noting):
            async def menu(self, event: Event) -> None:
                self.note(f"menu at {now():g}")

            async def late(self, event: Event) -> None:
                self.note(f"late at {now():g}")

            start = menu
            table = {menu: {After(10): late, ChannelDtmfReceived: menu}, late: {After(99): menu}}

        async with FakeAsterisk(Timed) as asterisk:
            call = await asterisk.call()
            await asyncio.sleep(8)
            await call.digit("1")
            await asyncio.sleep(8)
            await call.digit("1")
            await asyncio.sleep(11)
        assert Timed.notes[:4] == ["menu at 0", "menu at 8", "menu at 16", "late at 26"]

    @virtual_time
    async def test_a_timer_that_fires_as_its_state_is_left_is_nobodys(self):
        class Timed(Noting):
            async def menu(self, event: Event) -> None:
                self.note("menu")

            async def busy(self, event: Event) -> None:
                await asyncio.sleep(5)

            async def other(self, event: Event) -> None:
                self.note("other")

            async def wrong(self, event: Event) -> None:
                self.note("wrong")

            start = menu
            table = {
                menu: {
                    (ChannelDtmfReceived, "1"): Do(busy),
                    (ChannelDtmfReceived, "2"): other,
                    After(3): wrong,
                },
                other: {After(3): menu},
            }

        async with FakeAsterisk(Timed) as asterisk:
            call = await asterisk.call()
            # While the action runs come a digit and then the timer: the digit leads out first.
            await call.digit("12")
            await asyncio.sleep(6)
            assert call.state == "other"
        assert Timed.notes == ["menu", "other", "ended StasisEnd"]

    @virtual_time
    async def test_an_action_stays_in_the_state_and_its_body_goes_on(self):
        class Toggle(Noting):
            async def talk(self, event: Event) -> None:
                self.note("talk")
                await asyncio.sleep(10)
                self.note("said all")

            async def mute(self, event: Event) -> None:
                self.note("mute")

            start = talk
            table = {talk: {(ChannelDtmfReceived, "*"): Do(mute), After(5): Do(mute)}}

        async with FakeAsterisk(Toggle) as asterisk:
            call = await asterisk.call()
            await call.digit("*")
            assert call.state == "talk"
            await asyncio.sleep(11)
        assert Toggle.notes == ["talk", "mute", "mute", "said all", "ended StasisEnd"]

    @virtual_time
    async def test_an_outcome_may_lead_to_an_action_too(self):
        class Acting(Noting):
            async def asking(self, event: Event) -> Literal["ok"]:
                return "ok"

            async def quiet(self, event: Event) -> None: ...

            async def cheer(self, event: Outcome) -> None:
                self.note(f"cheer {event.outcome}")

            start = asking
            table = {
                asking: {"ok": Do(cheer), ChannelDtmfReceived: quiet},
                quiet: {Done: Do(cheer)},
            }

        async with FakeAsterisk(Acting) as asterisk:
            call = await asterisk.call()
            assert call.state == "asking"
            await call.digit("1")
            assert call.state == "quiet"
        assert Acting.notes == ["cheer ok", "cheer None", "ended StasisEnd"]

    @virtual_time
    async def test_an_event_that_the_row_does_not_know_changes_nothing(self):
        class Deaf(Noting):
            async def menu(self, event: Event) -> None:
                self.note("menu")

            start = menu
            table = {menu: {After(60): menu}}

        async with FakeAsterisk(Deaf) as asterisk:
            call = await asterisk.call()
            await asterisk.event("ChannelTalkingStarted", call.id)
            await asterisk.event("SomethingNew", call.id, surprise=[1])
            assert call.state == "menu" and not call.over
        assert Deaf.notes == ["menu", "ended StasisEnd"]

    @virtual_time
    async def test_another_channels_events_fire_only_other(self):
        class Dialling(Noting):
            async def ringing(self, event: Event) -> None:
                await self.channel.originate("PJSIP/bob")

            async def talking(self, event: StasisStart) -> None:
                self.note(f"with {event.channel.name}")

            async def digit(self, event: ChannelDtmfReceived) -> None:
                self.note(f"bob pressed {event.digit}")

            async def goodbye(self, event: Event) -> None:
                self.note(f"bob is gone by {type(event).__name__}")

            start = ringing
            table = {
                ringing: {StasisStart: goodbye, Other(StasisStart): talking},
                talking: {
                    ChannelDtmfReceived: goodbye,
                    Other(ChannelDtmfReceived): Do(digit),
                    Other(StasisEnd): goodbye,
                },
                goodbye: {After(60): goodbye},
            }

        async with FakeAsterisk(Dialling) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            await bob.digit("5")
            await bob.hangs_up()
            assert call.state == "goodbye" and not call.over
        assert Dialling.notes == [
            "with ~PJSIP/bob",
            "bob pressed 5",
            "bob is gone by StasisEnd",
            "ended StasisEnd",
        ]

    @virtual_time
    async def test_a_dials_progress_is_the_dialled_channels(self):
        class Dialling(Noting):
            async def ringing(self, event: Event) -> None:
                await self.channel.originate("PJSIP/bob")

            async def busy(self, event: Event) -> None:
                self.note("busy")

            from stasis.ari.events import Dial

            start = ringing
            table = {ringing: {Other(Dial, "BUSY"): busy, Dial: ringing}, busy: {After(9): busy}}

        async with FakeAsterisk(Dialling) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await asterisk.end(bob.id, cause=17, status="BUSY")
            assert call.state == "busy"
        assert Dialling.notes == ["busy", "ended StasisEnd"]


class TestMedia:
    """What a state started belongs to it."""

    class Menu(Noting):
        """Plays, and hears digits."""

        async def menu(self, event: Event) -> None:
            await self.channel.answer()
            await self.channel.play("sound:menu")

        async def pin(self, event: Event) -> None:
            self.note(f"pin by {type(event).__name__}")
            await self.channel.play("sound:pin")

        async def heard(self, event: PlaybackFinished) -> None:
            self.note(f"heard {event.playback.media_uri}")

        start = menu
        table = {
            menu: {ChannelDtmfReceived: pin, PlaybackFinished: heard},
            pin: {PlaybackFinished: heard},
            heard: {After(60): heard},
        }

    @virtual_time
    async def test_leaving_a_state_stops_its_playback(self):
        self.Menu.notes.clear()
        async with FakeAsterisk(self.Menu) as asterisk:
            call = await asterisk.call()
            assert await asterisk.plays() == ["sound:menu"]
            await call.digit("1")
            assert await asterisk.plays() == ["sound:pin"]
            assert any(line.startswith("DELETE /playbacks/") for line in asterisk.requests)

    @virtual_time
    async def test_its_late_end_is_not_the_next_states(self):
        self.Menu.notes.clear()
        async with FakeAsterisk(self.Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            # The fake has told PlaybackFinished of the stopped one while `pin` is the state.
            assert call.state == "pin"
            await asterisk.finish()
            assert call.state == "heard"
        assert self.Menu.notes == [
            "pin by ChannelDtmfReceived",
            "heard sound:pin",
            "ended StasisEnd",
        ]

    @virtual_time
    async def test_an_end_that_was_queued_before_the_state_was_left_is_dropped_too(self):
        self.Menu.notes.clear()
        async with FakeAsterisk(self.Menu) as asterisk:
            call = await asterisk.call()
            playbacks = dict(asterisk._playbacks)
            asterisk._tell("ChannelDtmfReceived", channel=asterisk._channels[call.id], digit="1")
            for playback_id in playbacks:
                asterisk._finish(playback_id, "done")
            await asterisk.turn()
            assert call.state == "pin"

    @virtual_time
    async def test_a_playback_is_waited_for_inside_a_state_without_a_deadlock(self):
        heard: list[str] = []

        async def hello(channel: Channel) -> None:
            playback = await channel.play("sound:hello-world")
            heard.append((await playback.finished()).state)

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            await asterisk.finish()
            assert heard == ["done"] and call.over

    @virtual_time
    async def test_even_while_an_action_keeps_the_flow_from_its_inbox(self):
        class Acting(Noting):
            async def menu(self, event: Event) -> None: ...

            async def tell(self, event: Event) -> None:
                playback = await self.channel.play("sound:time")
                self.note((await playback.finished()).state)

            start = menu
            table = {menu: {ChannelDtmfReceived: Do(tell)}}

        async with FakeAsterisk(Acting) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            await asterisk.finish()
            assert Acting.notes == ["done"]

    @virtual_time
    async def test_a_request_under_way_runs_to_its_end_and_what_it_made_is_stopped(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None:
                await self.channel.play("sound:menu")

            async def next(self, event: Event) -> None: ...  # type: ignore[override]

            start = menu
            table = {menu: {ChannelDtmfReceived: next}, next: {After(60): next}}

        async with FakeAsterisk(Menu) as asterisk:
            send = asterisk.link.ari.channels._send

            async def slow(request: Any) -> Response:
                if "/play/" in request.path:
                    await asyncio.sleep(2)
                return await send(request)

            asterisk.link.ari.channels._send = slow
            call = await asterisk.call()
            await call.digit("1")
            await asyncio.sleep(3)
            assert call.state == "next" and await asterisk.plays() == []
            play, stop = (line for line in asterisk.requests if "playback-" in line)
            assert play.startswith("POST") and stop.startswith("DELETE")


class TestTypeAhead:
    class Ahead(Noting):
        """A greeting that takes no digits, then a menu that does."""

        async def greeting(self, event: Event) -> None:
            await asyncio.sleep(5)

        async def menu(self, event: Event) -> None: ...

        async def chosen(self, event: ChannelDtmfReceived) -> None:
            self.note(f"chosen {event.digit}")

        start = greeting
        table = {
            greeting: {Done: menu},
            menu: {ChannelDtmfReceived: chosen},
            chosen: {ChannelDtmfReceived: chosen},
        }

    @virtual_time
    async def test_a_digit_pressed_too_early_is_taken_when_a_state_takes_digits(self):
        self.Ahead.notes.clear()
        async with FakeAsterisk(self.Ahead) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            assert call.state == "greeting"
            await asyncio.sleep(6)
            assert call.state == "chosen"
        assert self.Ahead.notes[:2] == ["chosen 1", "chosen 2"]

    @virtual_time
    async def test_but_not_when_it_is_old(self):
        class Old(self.Ahead):  # type: ignore[name-defined, misc]
            async def greeting(self, event: Event) -> None:
                await asyncio.sleep(60)

        async with FakeAsterisk(Old) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            await asyncio.sleep(61)
            assert call.state == "menu"
            await call.digit("2")
        assert Old.notes[0] == "chosen 2"

    @virtual_time
    async def test_a_digit_that_a_question_took_fires_no_trigger(self):
        class Asking(Noting):
            async def pin(self, event: Event) -> Literal["ok"]:
                self.note(await self.channel.ask(digits=2))
                return "ok"

            async def wrong(self, event: Event) -> None:
                self.note("wrong")

            async def menu(self, event: Event) -> None: ...

            start = pin
            table = {
                pin: {ChannelDtmfReceived: wrong, "ok": menu},
                menu: {ChannelDtmfReceived: wrong},
            }

        async with FakeAsterisk(Asking) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            assert call.state == "menu"
            await call.digit("3")
        assert Asking.notes[:2] == ["12", "wrong"]

    @virtual_time
    async def test_nor_does_one_that_an_open_question_has_not_taken_yet(self):
        class Asking(Noting):
            async def pin(self, event: Event) -> Literal["ok"]:
                await self.channel.answer()
                self.note(await self.channel.ask("sound:pin", digits=2, barge_in=False))
                return "ok"

            async def wrong(self, event: Event) -> None:
                self.note("wrong")

            async def menu(self, event: Event) -> None: ...

            start = pin
            table = {
                pin: {ChannelDtmfReceived: wrong, "ok": menu},
                menu: {ChannelDtmfReceived: wrong},
            }

        async with FakeAsterisk(Asking) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            assert call.state == "pin" and Asking.notes == []
            await asterisk.finish()
            assert call.state == "menu"
        assert Asking.notes == ["12", "ended StasisEnd"]

    @virtual_time
    async def test_what_a_question_left_over_is_the_next_states(self):
        class Asking(Noting):
            async def pin(self, event: Event) -> Literal["ok"]:
                await asyncio.sleep(1)
                self.note(await self.channel.ask(digits=2))
                return "ok"

            async def menu(self, event: Event) -> None: ...

            async def chosen(self, event: ChannelDtmfReceived) -> None:
                self.note(f"chosen {event.digit}")

            start = pin
            table = {
                pin: {"ok": menu},
                menu: {ChannelDtmfReceived: chosen},
                chosen: {After(60): menu},
            }

        async with FakeAsterisk(Asking) as asterisk:
            call = await asterisk.call()
            await call.digit("123")
            await asyncio.sleep(2)
            assert call.state == "chosen"
        assert Asking.notes[:2] == ["12", "chosen 3"]

    @virtual_time
    async def test_a_trigger_that_used_a_digit_leaves_none_for_a_question(self):
        class Asking(Noting):
            async def menu(self, event: Event) -> None: ...

            async def pin(self, event: Event) -> None:
                self.note(await self.channel.ask(digits=1))

            start = menu
            table = {menu: {(ChannelDtmfReceived, "1"): pin}, pin: {Done: menu}}

        async with FakeAsterisk(Asking) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            assert call.state == "pin" and Asking.notes == []
            await call.digit("7")
        assert Asking.notes[0] == "7"


class TestLinear:
    @virtual_time
    async def test_it_runs_and_the_call_is_hung_up_when_it_returns(self):
        async def hello(channel: Channel) -> None:
            await channel.answer()

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            assert call.over
            assert asterisk.requests[-2:] == ["POST /channels/c1/answer", "DELETE /channels/c1"]
            assert dict(asterisk.sent[-1].query) == {"reason": "normal"}
            nothing_is_left(asterisk)

    @virtual_time
    async def test_a_hang_up_is_raised_at_whatever_it_awaits(self):
        seen: list[str] = []

        async def hello(channel: Channel) -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone as gone:
                seen.append(f"{gone}")
                raise

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            await call.hangs_up()
            assert call.over and now() < 1
            nothing_is_left(asterisk)
        assert seen == ["channel c1: hung up"]

    @virtual_time
    async def test_it_may_do_its_own_last_things_then(self):
        saved: list[str] = []

        async def hello(channel: Channel) -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone:
                await asyncio.sleep(1)
                saved.append("saved")

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            await call.hangs_up()
            await asyncio.sleep(2)
            assert call.over and saved == ["saved"]

    @virtual_time
    async def test_one_that_goes_on_all_the_same_is_cut_after_its_time(self):
        async def hello(channel: Channel) -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone:
                await asyncio.sleep(3600)

        async with FakeAsterisk(hello, config=engine(leave_timeout=5.0)) as asterisk:
            call = await asterisk.call()
            await call.hangs_up()
            await asyncio.sleep(4)
            assert not call.over
            await asyncio.sleep(2)
            assert call.over

    @virtual_time
    async def test_a_group_of_tasks_ends_with_the_call(self):
        ended: list[str] = []

        async def child(name: str, channel: Channel) -> None:
            try:
                await (asyncio.sleep(3600) if name == "sleeps" else channel.digits.next())
            finally:
                ended.append(name)

        async def hello(channel: Channel) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(child("sleeps", channel))
                group.create_task(child("waits", channel))

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await call.hangs_up()
            assert call.over and sorted(ended) == ["sleeps", "waits"]
        assert "the flow failed" not in [log["event"] for log in logs]


class Ending(Noting):
    """A flow with many ways to end."""

    on_error = Leave("hangup", "sound:sorry", "failure")

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.bridge()
        await self.channel.play("sound:menu")
        await asyncio.sleep(3600)

    async def raising(self, event: Event) -> None:
        raise ValueError("a bug")

    async def action(self, event: Event) -> None:
        raise KeyError("in an action")

    async def final(self, event: Event) -> None: ...

    async def leaving(self, event: Event) -> None:
        await self.channel.continue_in_dialplan("sales")

    async def hanging_up(self, event: Event) -> None:
        await self.channel.hangup()

    async def odd(self, event: Event) -> str:
        return "unheard of"

    async def stubborn(self, event: Event) -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except (asyncio.CancelledError, ChannelGone):
                self.note("ignores it")
                if self.notes.count("ignores it") > 1:
                    return

    async def slow_action(self, event: Event) -> None:
        await asyncio.sleep(3600)

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): raising,
            (ChannelDtmfReceived, "2"): Do(action),
            (ChannelDtmfReceived, "3"): final,
            (ChannelDtmfReceived, "4"): leaving,
            (ChannelDtmfReceived, "5"): hanging_up,
            (ChannelDtmfReceived, "6"): odd,
            (ChannelDtmfReceived, "7"): stubborn,
            (ChannelDtmfReceived, "8"): Do(slow_action),
            After(1000): raising,
        },
        raising: {After(60): menu},
        leaving: {After(60): menu},
        hanging_up: {After(60): menu},
        odd: {"known": menu},
        stubborn: {ChannelDtmfReceived: menu},
    }


async def hang_up(asterisk: FakeAsterisk, call: Any) -> None:
    """The caller hangs up."""
    await call.hangs_up()


async def destroyed(asterisk: FakeAsterisk, call: Any) -> None:
    """The channel is destroyed without a StasisEnd."""
    await asterisk.event("ChannelDestroyed", call.id, cause=16, cause_txt="Normal Clearing")


async def twice(asterisk: FakeAsterisk, call: Any) -> None:
    """Asterisk tells the end twice."""
    asterisk._tell("StasisEnd", channel=asterisk._channels[call.id])
    asterisk._tell("StasisEnd", channel=asterisk._channels[call.id])
    await asterisk.end(call.id)


async def told_to_stop(asterisk: FakeAsterisk, call: Any) -> None:
    """The program stops."""
    asterisk.link.end_calls()


async def stopped_in_an_action(asterisk: FakeAsterisk, call: Any) -> None:
    """The program stops while an action runs."""
    await call.digit("8")
    asterisk.link.end_calls()


async def hung_up_in_an_action(asterisk: FakeAsterisk, call: Any) -> None:
    """The caller hangs up while an action runs."""
    await call.digit("8")
    await call.hangs_up()


async def stopped_behind_a_queue(asterisk: FakeAsterisk, call: Any) -> None:
    """The program stops while events wait, each of which would take long."""
    await call.digit("888")
    asterisk.link.end_calls(Leave())


async def time_out(asterisk: FakeAsterisk, call: Any) -> None:
    """Nobody does anything for a long time."""
    await asyncio.sleep(1001)


async def flood(asterisk: FakeAsterisk, call: Any) -> None:
    """More events than the inbox holds."""
    for _ in range(3000):
        asterisk._tell("ChannelTalkingStarted", channel=asterisk._channels[call.id])


def pressing(digit: str) -> Callable[[FakeAsterisk, Any], Any]:
    """The caller presses a key."""

    async def press(asterisk: FakeAsterisk, call: Any) -> None:
        await call.digit(digit)

    return press


ENDS: dict[str, Callable[[FakeAsterisk, Any], Any]] = {
    "hang-up": hang_up,
    "destroyed": destroyed,
    "told twice": twice,
    "program stops": told_to_stop,
    "program stops in an action": stopped_in_an_action,
    "program stops before a queue": stopped_behind_a_queue,
    "hang-up in an action": hung_up_in_an_action,
    "error in a state": pressing("1"),
    "error in an action": pressing("2"),
    "final state": pressing("3"),
    "continued in the dialplan": pressing("4"),
    "hung up by the flow": pressing("5"),
    "unknown outcome": pressing("6"),
    "timer": time_out,
    "overflow": flood,
}


class TestEnding:
    @pytest.mark.parametrize("way", ENDS)
    def test_ended_runs_once_and_nothing_is_left(self, way: str):
        @virtual_time
        async def test() -> None:
            Ending.notes.clear()
            async with FakeAsterisk(Ending) as asterisk:
                call = await asterisk.call()
                runner = call._runner
                assert runner is not None and runner.owner.counts()["resources"] == 1
                await ENDS[way](asterisk, call)
                await asyncio.sleep(30)
                assert call.over
                nothing_is_left(asterisk)
                assert set(runner.owner.counts().values()) == {0} and len(runner.inbox) == 0
                deleted = [line for line in asterisk.requests if line.startswith("DELETE /bridges")]
                assert len(deleted) == 1
            assert [note for note in Ending.notes if note.startswith("ended")] in (
                ["ended StasisEnd"],
                ["ended ChannelDestroyed"],
                ["ended NoneType"],
            )

        test()

    @virtual_time
    async def test_it_is_told_by_what_it_ended(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending) as asterisk:
            await (await asterisk.call()).hangs_up()
        assert Ending.notes == ["ended StasisEnd"]

    @virtual_time
    async def test_the_channel_takes_no_commands_then_but_what_was_made_is_there(self):
        seen: list[Any] = []

        class Last(Flow):
            async def menu(self, event: Event) -> None:
                self.bridge = await self.channel.bridge()
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                seen.append(self.channel.gone is not None)
                seen.append(self.bridge.destroyed)

            start = menu

        async with FakeAsterisk(Last) as asterisk:
            await (await asterisk.call()).hangs_up()
        assert seen == [True, False]

    @virtual_time
    async def test_an_error_in_it_is_logged_and_all_is_closed(self):
        class Bad(Flow):
            async def menu(self, event: Event) -> None:
                await self.channel.bridge()
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                raise ValueError("in ended")

            start = menu

        async with FakeAsterisk(Bad) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await call.hangs_up()
            nothing_is_left(asterisk)
            assert asterisk.requests[-1].startswith("DELETE /bridges/")
        failed = [log for log in logs if log["event"] == "the flow failed"]
        assert [log["error"] for log in failed] == ["ValueError: in ended"]

    @virtual_time
    async def test_a_channel_that_is_gone_is_no_error_in_it(self):
        class Careless(Flow):
            async def menu(self, event: Event) -> None:
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                await self.channel.play("sound:goodbye")

            start = menu

        async with FakeAsterisk(Careless) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await call.hangs_up()
            assert call.over
        assert "the flow failed" not in [log["event"] for log in logs]

    @virtual_time
    async def test_one_that_takes_too_long_is_cut(self):
        class Slow(Flow):
            async def menu(self, event: Event) -> None: ...

            async def ended(self, event: Event | None) -> None:
                await asyncio.sleep(3600)

            start = menu

        async with FakeAsterisk(Slow, config=engine(leave_timeout=5.0)) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await asyncio.sleep(6)
            assert call.over
        assert "`ended` took too long and was cancelled" in [log["event"] for log in logs]

    @virtual_time
    async def test_a_program_that_is_cut_short_still_closes_what_a_call_has_made(self):
        class Slow(Flow):
            async def menu(self, event: Event) -> None:
                await self.channel.bridge()
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                await asyncio.sleep(3)

            start = menu

        async with FakeAsterisk(Slow) as asterisk:
            call = await asterisk.call()
            asterisk._tell("StasisEnd", channel=asterisk._channels[call.id])
            await asyncio.sleep(1)
            assert not call.over  # `ended` runs
            asterisk.link.stop()
            await asyncio.sleep(0.5)
            assert asterisk.requests[-1].startswith("DELETE /bridges/")
            nothing_is_left(asterisk)


class TestErrorPolicy:
    class Silent(Flow):
        """Fails before it has answered."""

        on_error = Leave("hangup", "sound:sorry", "failure")

        async def menu(self, event: Event) -> None:
            raise ValueError

        start = menu

    @staticmethod
    def after(digit: str, **changes: Any) -> list[str]:
        """The requests from a digit on, and from the prompt's end."""
        requests: list[str] = []

        @virtual_time
        async def run() -> None:
            flow = type("Changed", (Ending,), changes)
            async with FakeAsterisk(flow) as asterisk:
                call = await asterisk.call()
                asterisk.requests.clear()
                await call.digit(digit)
                if await asterisk.plays():
                    await asterisk.finish()
                await asyncio.sleep(10)
                assert call.over
                requests.extend(
                    " ".join((line, *dict(sent.query).values()))
                    for line, sent in zip(
                        asterisk.requests, asterisk.sent[-len(asterisk.requests) :], strict=True
                    )
                    if "/bridges" not in line and "DELETE /playbacks" not in line
                )

        run()
        return requests

    @pytest.mark.parametrize("digit", ["1", "2", "6"])
    def test_the_apology_plays_and_the_call_is_hung_up(self, digit: str):
        play, hangup = self.after(digit)
        assert "/play/" in play and "sound:sorry" in play
        assert hangup == "DELETE /channels/c1 failure"

    def test_or_continued_in_the_dialplan(self):
        play, left = self.after(
            "1",
            on_error=Leave("continue", "sound:sorry", context="sorry", extension="s", priority=1),
        )
        assert "sound:sorry" in play and left == "POST /channels/c1/continue sorry s 1"

    def test_without_a_prompt_at_once(self):
        assert self.after("1", on_error=Leave("hangup", reason="busy")) == [
            "DELETE /channels/c1 busy"
        ]

    def test_a_prompt_that_cannot_be_played_keeps_nobody(self):
        assert self.after("1", on_error=Leave("hangup", "nonsense")) == [
            "DELETE /channels/c1 normal"
        ]

    def test_a_final_state_leaves_as_on_done_says(self):
        assert self.after("3", on_done=Leave("continue")) == ["POST /channels/c1/continue"]

    @virtual_time
    async def test_an_unanswered_caller_hears_the_apology_as_early_media(self):
        async with FakeAsterisk(self.Silent) as asterisk:
            call = await asterisk.call()
            assert await asterisk.plays() == ["sound:sorry"]
            assert "POST /channels/c1/answer" not in asterisk.requests
            await asterisk.finish()
            assert call.over and asterisk.requests[-1] == "DELETE /channels/c1"

    @virtual_time
    async def test_nobody_is_kept_where_there_are_no_early_media(self):
        async with FakeAsterisk(self.Silent) as asterisk:
            asterisk.refuse["POST /channels/c1/play"] = Response(
                412, "", b'{"message":"Channel in invalid state"}'
            )
            call = await asterisk.call()
            assert call.over and asterisk.requests[-1] == "DELETE /channels/c1"

    @virtual_time
    async def test_an_apology_that_never_ends_is_cut_short(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            await asyncio.sleep(14)
            assert not call.over
            await asyncio.sleep(2)
            assert call.over

    @virtual_time
    async def test_a_refused_continue_becomes_a_hangup(self):
        class Odd(Flow):
            on_done = Leave("continue", context="nowhere")

            async def menu(self, event: Event) -> None: ...

            start = menu

        async with FakeAsterisk(Odd) as asterisk:
            asterisk.refuse["POST /channels/c1/continue"] = Response(
                412, "", b'{"message":"Channel in invalid state"}'
            )
            with capture_logs() as logs:
                call = await asterisk.call()
            assert call.over and asterisk.requests[-1] == "DELETE /channels/c1"
        assert any("could not be left as told" in log["event"] for log in logs)

    @virtual_time
    async def test_a_call_that_does_not_go_is_hung_up_once_more(self):
        async def hello(channel: Channel) -> None: ...

        async with FakeAsterisk(hello) as asterisk:
            asterisk.refuse["DELETE /channels/c1"] = Response(204)
            with capture_logs() as logs:
                call = await asterisk.call()
                await asyncio.sleep(6)
            # As told, as the last resort, and by the link once the flow is over.
            assert call.over and asterisk.requests.count("DELETE /channels/c1") == 3
            asterisk.refuse.clear()
        assert any("could not be left as told" in log["event"] for log in logs)

    @virtual_time
    async def test_one_that_cannot_be_hung_up_is_told(self):
        async def hello(channel: Channel) -> None: ...

        async with FakeAsterisk(hello) as asterisk:
            asterisk.refuse["DELETE /channels/c1"] = Response(500, "", b'{"message":"no"}')
            with capture_logs() as logs:
                call = await asterisk.call()
            assert call.over
            asterisk.refuse.clear()
        assert "the call could not be hung up" in [log["event"] for log in logs]

    @virtual_time
    async def test_the_log_says_what_went_wrong_and_where_in_the_flows_own_code(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await call.digit("1")
                await asterisk.finish()
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert failed["error"] == "ValueError: a bug"
        assert "test_runner.py" in failed["exception"] and "body.py" not in failed["exception"]

    @virtual_time
    async def test_an_unknown_outcome_names_the_state_and_what_is_known(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await call.digit("6")
                await asterisk.finish()
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert "Ending.odd returned 'unheard of'" in failed["error"]
        assert "['known']" in failed["error"]

    @virtual_time
    async def test_one_flows_failure_leaves_the_others_untouched(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending) as asterisk:
            bad, good = await asterisk.call(), await asterisk.call()
            await bad.digit("1")
            await asterisk.end(bad.id)
            assert bad.over and not good.over and good.state == "menu"
            await good.digit("3")
            assert good.over

    @virtual_time
    async def test_a_flow_that_is_too_slow_for_its_events_ends_by_its_policy(self):
        class Slow(Noting):
            on_error = Leave("continue", context="overflow")

            async def menu(self, event: Event) -> None: ...

            async def slow(self, event: Event) -> None:
                try:
                    await asyncio.sleep(3600)
                except Exception as error:
                    self.note(type(error).__name__)
                    raise

            start = menu
            table = {menu: {ChannelTalkingStarted: Do(slow)}}

        async with FakeAsterisk(Slow, config=engine(inbox=10)) as asterisk:
            call, other = await asterisk.call(), await asterisk.call()
            with capture_logs() as logs:
                for number in range(12):
                    assert not call.over, f"over after {number}"
                    await asterisk.event("ChannelTalkingStarted", call.id)
            assert call.over and not other.over
            assert asterisk.requests[-1] == "POST /channels/c1/continue"
        assert Slow.notes[:2] == ["InboxOverflow", "ended NoneType"]
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert "InboxOverflow" in failed["error"] and "10 events" in failed["error"]

    @virtual_time
    async def test_also_when_all_of_them_come_at_once(self):
        class Slow(Noting):
            async def menu(self, event: Event) -> None: ...

            async def slow(self, event: Event) -> None:
                await asyncio.sleep(3600)

            start = menu
            table = {menu: {ChannelTalkingStarted: Do(slow)}}

        async with FakeAsterisk(Slow, config=engine(inbox=10)) as asterisk:
            call = await asterisk.call()
            for _ in range(20):
                asterisk._tell("ChannelTalkingStarted", channel=asterisk._channels[call.id])
            await asterisk.turn()
            assert call.over and asterisk.requests[-1] == "DELETE /channels/c1"

    @virtual_time
    async def test_the_end_of_a_call_is_heard_through_a_full_inbox(self):
        class Slow(Noting):
            async def menu(self, event: Event) -> None: ...

            async def slow(self, event: Event) -> None:
                try:
                    await asyncio.sleep(3600)
                except ChannelGone:
                    self.note("gone")
                    raise

            start = menu
            table = {menu: {ChannelTalkingStarted: Do(slow)}}

        async with FakeAsterisk(Slow, config=engine(inbox=10)) as asterisk:
            call = await asterisk.call()
            for _ in range(10):
                await asterisk.event("ChannelTalkingStarted", call.id)
            await call.hangs_up()
            assert call.over
        assert Slow.notes[0] == "gone"


class TestLeavingAState:
    @virtual_time
    async def test_its_body_is_cancelled_and_may_clean_up(self):
        class Tidy(Noting):
            async def menu(self, event: Event) -> None:
                try:
                    await asyncio.sleep(3600)
                finally:
                    await asyncio.sleep(1)
                    self.note("tidied")

            async def next(self, event: Event) -> None:  # type: ignore[override]
                self.note("next")

            start = menu
            table = {menu: {ChannelDtmfReceived: next}, next: {After(60): next}}

        async with FakeAsterisk(Tidy) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            await asyncio.sleep(2)
        assert Tidy.notes[:2] == ["tidied", "next"]

    @virtual_time
    async def test_one_that_ignores_it_is_abandoned_and_told(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending, config=engine(leave_timeout=5.0)) as asterisk:
            call = await asterisk.call()
            await call.digit("7")
            with capture_logs() as logs:
                await call.digit("1")
                await asyncio.sleep(6)
            assert call.state == "menu" and not call.over
            # Its task is still there, and harmless: what it returns later is nobody's.
            (left,) = (t for t in asyncio.all_tasks() if t.get_name() == f"{call.id} stubborn")
            left.cancel()
            await asyncio.wait({left})
            await asterisk.turn()
            assert call.state == "menu"
        assert "the state's code does not end when it is left" in [log["event"] for log in logs]

    @virtual_time
    async def test_one_that_is_left_at_once_has_begun_all_the_same(self):
        class Quick(Noting):
            async def menu(self, event: Event) -> None: ...

            async def counted(self, event: Event) -> None:
                self.note("counted")
                await asyncio.sleep(3600)
                self.note("never")

            start = menu
            table = {
                menu: {ChannelDtmfReceived: counted},
                counted: {ChannelDtmfReceived: counted},
            }

        async with FakeAsterisk(Quick) as asterisk:
            call = await asterisk.call()
            for digit in "123":
                asterisk._tell(
                    "ChannelDtmfReceived", channel=asterisk._channels[call.id], digit=digit
                )
            await asterisk.end(call.id)
        assert Quick.notes == ["counted", "counted", "counted", "ended StasisEnd"]

    @virtual_time
    async def test_a_body_that_has_returned_without_a_trigger_leaves_the_state_on(self):
        class Quiet(Noting):
            async def menu(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: menu}}

        async with FakeAsterisk(Quiet) as asterisk:
            call = await asterisk.call()
            await asyncio.sleep(100)
            assert call.state == "menu" and not call.over


class TestOthersThatGo:
    @virtual_time
    async def test_a_partner_that_has_gone_is_the_rows_to_deal_with(self):
        class Talk(Noting):
            async def talking(self, event: Event) -> None:
                self.bob = await self.channel.originate("PJSIP/bob")
                await self.bob.ended()
                await self.bob.answer()

            async def goodbye(self, event: Event) -> None:
                self.note("goodbye")

            start = talking
            table = {
                talking: {After(9): goodbye, Other(StasisEnd): goodbye},
                goodbye: {After(9): goodbye},
            }

        async with FakeAsterisk(Talk) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            with capture_logs() as logs:
                await bob.hangs_up()
            assert call.state == "goodbye"
        assert "the flow failed" not in [log["event"] for log in logs]

    @virtual_time
    async def test_without_such_a_row_it_is_an_error(self):
        async def talk(channel: Channel) -> None:
            bob = await channel.originate("PJSIP/bob")
            await bob.ended()
            await bob.answer()

        async with FakeAsterisk(talk) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await asterisk.dialled()[0].hangs_up()
            assert call.over
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert failed["error"].startswith("ChannelGone: channel channel-")

    @virtual_time
    async def test_that_the_own_channel_left_the_server_first_is_no_error(self):
        async def talk(channel: Channel) -> None:
            await asyncio.sleep(1)
            await channel.answer()

        async with FakeAsterisk(talk) as asterisk:
            asterisk.refuse["POST /channels/c1/answer"] = Response(
                404, "", b'{"message":"Channel not found"}'
            )
            call = await asterisk.call()
            with capture_logs() as logs:
                await asyncio.sleep(2)
                assert not call.over  # its end is on its way
                await call.hangs_up()
            assert call.over
        assert "the flow failed" not in [log["event"] for log in logs]


class TestOthersThatWent:
    """Who has gone already is told no second time, and still nobody is left waiting for it."""

    @virtual_time
    async def test_who_leaves_between_the_answer_and_the_talk(self):
        class Desk(Noting):
            async def ringing(self, event: Event) -> DialStatus:
                self.dialling = await self.channel.dial("PJSIP/alice", timeout=20)
                return (await self.dialling.answered()).status

            async def talking(self, event: Event) -> None:
                await self.dialling.connect()

            async def goodbye(self, event: Event) -> None:
                self.note(f"goodbye by {type(event).__name__}")

            start = ringing
            table = {
                ringing: {"ANSWER": talking},
                talking: {Other(StasisEnd): goodbye},
                goodbye: {After(60): goodbye},
            }

        async with FakeAsterisk(Desk) as asterisk:
            gate = asyncio.Event()
            send = asterisk.link.ari.channels._send

            async def slow(request: Any) -> Response:
                if request.method == "DELETE" and request.path.endswith("/ring"):
                    await gate.wait()
                return await send(request)

            asterisk.link.ari.channels._send = slow
            call = await asterisk.call()
            (alice,) = asterisk.dialled()
            await alice.answers()
            await alice.hangs_up()
            assert call.state == "ringing"
            gate.set()
            await asterisk.turn()
            assert call.state == "goodbye"
        assert Desk.notes == ["goodbye by StasisEnd", "ended StasisEnd"]

    @virtual_time
    async def test_an_end_that_no_edge_knows_is_an_error_and_no_limbo(self):
        class Talk(Noting):
            on_error = Leave("continue", context="sorry")

            async def talking(self, event: Event) -> None:
                bob = await self.channel.originate("PJSIP/bob")
                await bob.ended()
                await asyncio.sleep(1)
                await bob.answer()

            async def never(self, event: Event) -> None: ...

            start = talking
            table = {talking: {Other(ChannelTalkingStarted): never}}

        async with FakeAsterisk(Talk) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            await bob.hangs_up()
            with capture_logs() as logs:
                await asyncio.sleep(2)
            assert call.over and "POST /channels/c1/continue" in asterisk.requests
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert failed["error"].startswith("ChannelGone: channel channel-")

    @virtual_time
    async def test_nor_does_it_wait_for_more_of_an_end_than_the_row_knows(self):
        class Talk(Noting):
            on_error = Leave("continue", context="sorry")

            async def talking(self, event: Event) -> None:
                bob = await self.channel.originate("PJSIP/bob")
                await bob.ended()
                await bob.answer()

            async def never(self, event: Event) -> None: ...

            start = talking
            table = {talking: {Other(ChannelTalkingStarted): never}}

        async with FakeAsterisk(Talk) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            # It has left us; that it is gone comes later, or never in this call.
            await asterisk.event("StasisEnd", bob.id)
            assert call.over and "POST /channels/c1/continue" in asterisk.requests

    @virtual_time
    async def test_half_an_end_is_not_all_of_it(self):
        # Asterisk tells that it has left, and a moment later that it is gone.
        class Talk(Noting):
            async def talking(self, event: Event) -> None:
                self.bob = await self.channel.originate("PJSIP/bob")
                await self.bob.ended()
                await self.bob.answer()

            async def goodbye(self, event: Event) -> None:
                self.note("goodbye")

            start = talking
            table = {
                talking: {Other(ChannelDestroyed): goodbye},
                goodbye: {After(60): goodbye},
            }

        async with FakeAsterisk(Talk) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            await asterisk.event("StasisEnd", bob.id)
            assert call.state == "talking" and not call.over
            await asterisk.event("ChannelDestroyed", bob.id, cause=16, cause_txt="")
            assert call.state == "goodbye"
            asterisk._channels.pop(bob.id)
        assert Talk.notes[0] == "goodbye"

    @virtual_time
    async def test_one_whose_end_is_nobodys_to_hear_keeps_no_call_waiting(self):
        # A loser of dialling ends unheard.
        class Odd(Noting):
            on_error = Leave("continue", context="sorry")

            async def talking(self, event: Event) -> None:
                dialling = await self.channel.dial("PJSIP/alice", "PJSIP/bob")
                await dialling.answered()
                _, loser = dialling.channels
                await loser.ended()
                await loser.answer()

            async def goodbye(self, event: Event) -> None: ...

            start = talking
            table = {talking: {Other(StasisEnd): goodbye, Other(ChannelDestroyed): goodbye}}

        async with FakeAsterisk(Odd) as asterisk:
            call = await asterisk.call()
            await asterisk.dialled()[0].answers()
            await asyncio.sleep(1)
            assert call.over and "POST /channels/c1/continue" in asterisk.requests


class TestWhatEndsABodyOddly:
    @virtual_time
    async def test_a_cancellation_that_is_not_ours_is_an_error_and_no_limbo(self):
        class Odd(Noting):
            on_error = Leave("continue", context="sorry")

            async def menu(self, event: Event) -> None:
                task = asyncio.ensure_future(asyncio.sleep(10))
                task.cancel()
                await task

            start = menu
            table = {menu: {ChannelDtmfReceived: menu}}

        async with FakeAsterisk(Odd) as asterisk:
            with capture_logs() as logs:
                call = await asterisk.call()
            assert call.over and "POST /channels/c1/continue" in asterisk.requests
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert failed["error"] == "FlowError: Odd.menu: something that it awaited was cancelled"

    @virtual_time
    async def test_leaving_the_program_ends_that_call_alone(self):
        async def flow(channel: Channel) -> None:
            await channel.digits.next()
            sys.exit(3)

        async with FakeAsterisk(flow) as asterisk:
            call, other = await asterisk.call(), await asterisk.call()
            with capture_logs() as logs:
                await call.digit("1")
            assert call.over and not other.over and asterisk.link.state.value == "ready"
            assert asterisk.requests[-1] == "DELETE /channels/c1"
        (failed,) = (log for log in logs if log["event"] == "the flow failed")
        assert failed["error"] == "FlowError: the flow called sys.exit(3); let it return"


@virtual_time
async def test_what_a_call_has_heard_out_is_forgotten_in_a_long_state():
    counts: list[dict[str, int]] = []

    async def flow(channel: Channel) -> None:
        for _ in range(50):
            playback = await channel.play("sound:a")
            await playback.finished()
        await asyncio.sleep(3600)

    async with FakeAsterisk(flow) as asterisk:
        call = await asterisk.call()
        for _ in range(50):
            await asterisk.finish()
        owner = call.flow.channel._owner
        counts.append(owner.counts())
        assert counts == [{"resources": 0, "commands": 0, "waits": 0, "media": 0}]
        assert asterisk.link.router.counts()["claims"] == len(owner._claims) == 1


@virtual_time
async def test_a_bridges_playback_is_the_calls_own_and_another_channels_is_not():
    class Both(Noting):
        async def menu(self, event: Event) -> None:
            self.bob = await self.channel.create("PJSIP/bob")
            self.bridge = await self.channel.bridge()
            await self.bob.play("sound:for-bob")
            await self.bridge.play("sound:for-all")
            await self.bob.record("bob")

        async def own(self, event: Any) -> None:
            self.note(f"own {event.playback.media_uri}")

        async def other(self, event: Any) -> None:
            self.note(f"other {event.type}")

        from stasis.ari.events import RecordingFinished

        start = menu
        table = {
            menu: {
                PlaybackFinished: Do(own),
                Other(PlaybackFinished): Do(other),
                Other(RecordingFinished): Do(other),
            }
        }

    async with FakeAsterisk(Both) as asterisk:
        call = await asterisk.call()
        await asterisk.finish()
        await asterisk.finish_recording("bob")
        await call.hangs_up()
    assert Both.notes == [
        "other PlaybackFinished",
        "own sound:for-all",
        "other RecordingFinished",
        "ended StasisEnd",
    ]


@virtual_time
async def test_its_repr_says_where_it_is():
    async with FakeAsterisk(Ending) as asterisk:
        call = await asterisk.call()
        assert repr(call._runner) == "<Runner c1 Ending.menu>"


class TestLog:
    @virtual_time
    async def test_a_call_is_told_at_its_start_and_its_end(self):
        async def hello(channel: Channel) -> None:
            await channel.answer()

        with capture_logs() as logs:
            async with FakeAsterisk(hello) as asterisk:
                await asterisk.call("a", number="42")
        told = [(log["event"], log) for log in logs if log["log_level"] == "info"]
        begun = next(log for event, log in told if event == "call")
        assert (begun["caller"], begun["args"]) == ("42", ("a",))
        assert next(log for event, log in told if event == "call ended")["reason"]

    @virtual_time
    async def test_a_sound_that_could_not_be_played_is_told(self):
        async def hello(channel: Channel) -> None:
            playback = await channel.play("sound:missing")
            await playback.finished()

        with capture_logs() as logs:
            async with FakeAsterisk(hello) as asterisk:
                await asterisk.call()
                await asterisk.finish("failed")
        assert [log["media"] for log in logs if log["log_level"] == "warning"] == ["sound:missing"]
