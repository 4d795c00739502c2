"""A state that a call is in: what it hears, what leads out, and what happens when it is left."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import structlog
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
from stasis.dialstatus import DialStatus
from stasis.errors import Unreachable
from stasis.flow import Leave
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Done, Elapsed, Other, Outcome
from tests.fake import FakeAsterisk
from tests.noting import Noting, now


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


class Unanswered(Noting):
    """Its action asks Asterisk for something, and Asterisk does not answer."""

    on_error = Leave("continue", context="sorry")

    async def menu(self, event: Event) -> None: ...

    async def asks(self, event: Event) -> None:
        raise Unreachable("GET", "/channels", "connection refused")

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(asks)}}


class TestAnActionThatHasFailed:
    """Its error may only say that the call is over, which is waited for."""

    @virtual_time
    async def test_when_the_call_ends_then_it_ends_as_any_other(self):
        async with FakeAsterisk(Unanswered) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            await call.hangs_up()
            await asyncio.sleep(1)
            assert call.over
        assert Unanswered.notes == ["ended StasisEnd"]

    @virtual_time
    async def test_when_the_program_ends_then_the_call_is_left_as_its_flow_says(self):
        async with FakeAsterisk(Unanswered) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            asterisk.link.end_calls()
            await asyncio.sleep(1)
            assert call.over and "POST /channels/c1/continue" in asterisk.requests


class TestAnActionsOwn:
    @virtual_time
    async def test_context_ends_with_it(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None: ...

            async def acts(self, event: ChannelDtmfReceived) -> None:
                structlog.contextvars.clear_contextvars()
                structlog.contextvars.bind_contextvars(customer="7")

            async def next_one(self, event: ChannelDtmfReceived) -> None:
                self.note(str(structlog.contextvars.get_contextvars()))

            start = menu
            table = {
                menu: {
                    (ChannelDtmfReceived, "1"): Do(acts),
                    (ChannelDtmfReceived, "2"): next_one,
                },
                next_one: {After(1): menu},
            }

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            (seen,) = Menu.notes
            assert "'channel': 'c1'" in seen and "customer" not in seen

    @virtual_time
    async def test_cancellation_leaves_the_call_as_it_is(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None: ...

            async def acts(self, event: ChannelDtmfReceived) -> None:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                self.note(event.digit)

            start = menu
            table = {menu: {ChannelDtmfReceived: Do(acts)}}

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            assert not call.over and Menu.notes == ["1", "2"]

    @virtual_time
    async def test_end_of_the_program_lets_it_end_first(self):
        class Menu(Noting):
            async def menu(self, event: Event) -> None: ...

            async def stops(self, event: ChannelDtmfReceived) -> None:
                self.asterisk.end_calls(Leave("continue", "sound:bye", context="later"))

            start = menu
            table = {menu: {ChannelDtmfReceived: Do(stops)}}

        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
            assert await asterisk.plays() == ["sound:bye"] and not call.over
            await asterisk.finish()
            assert call.over and "POST /channels/c1/continue" in asterisk.requests


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
