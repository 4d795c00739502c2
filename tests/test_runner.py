"""One call: events in order, one at a time; media and bodies end with their state; and in every
way a call can end, `ended` runs once and nothing is left.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    ChannelDtmfReceived,
    ChannelTalkingStarted,
    Event,
)
from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.errors import ChannelGone, FlowError
from stasis.flow import Flow, Leave
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.trigger import After
from tests.fake import FakeAsterisk
from tests.noting import Noting, engine, nothing_is_left, now


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
        asterisk._tell("ChannelDtmfReceived", digit="9", channel=asterisk._channels[call.id])


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
            assert isinstance(call.failure, FlowError)
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

    @virtual_time
    async def test_a_state_that_ignores_it_is_abandoned_and_told(self):
        Ending.notes.clear()
        async with FakeAsterisk(Ending, config=engine(leave_timeout=5.0)) as asterisk:
            call = await asterisk.call()
            await call.digit("7")
            with capture_logs() as logs:
                await call.digit("1")
                await asyncio.sleep(6)
            assert call.state == "menu" and not call.over
            # Its task is gone: one that nothing ends would keep the program from ending.
            assert not [t for t in asyncio.all_tasks() if t.get_name() == f"{call.id} stubborn"]
            assert isinstance(call.failure, FlowError)
        assert "the state's code does not end when it is left" in [log["event"] for log in logs]


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


SNAPSHOT = Snapshot(id="c1")


class Pressed(Noting):
    """Goes from state to state by what is pressed; talking means something in the second alone."""

    async def first(self, event: Event) -> None: ...

    async def second(self, event: Event) -> None: ...

    async def third(self, event: Event) -> None:
        self.note(type(event).__name__)

    start = first
    table = {
        first: {(ChannelDtmfReceived, "1"): second},
        second: {ChannelTalkingStarted: third},
        third: {ChannelTalkingStarted: third},
    }


class TestWhatMeansNothing:
    @virtual_time
    async def test_it_wakes_nobody_and_waits_nowhere(self):
        async with FakeAsterisk(Pressed) as asterisk:
            call = await asterisk.call()
            runner = call._runner
            assert runner is not None
            talks, one = ChannelTalkingStarted(channel=SNAPSHOT), ChannelDtmfReceived
            for event, waiting in ((talks, 0), (talks, 0), (one(digit="1", channel=SNAPSHOT), 1)):
                runner.hear(event)
                assert len(runner.inbox) == waiting
            runner.hear(talks)  # it may mean something to where the digit leads
            assert len(runner.inbox) == 2

    @virtual_time
    async def test_what_the_next_state_knows_waits_for_it_behind_what_leads_there(self):
        Pressed.notes.clear()
        async with FakeAsterisk(Pressed) as asterisk:
            call = await asterisk.call()
            channel = asterisk._channels[call.id]
            # All before the call's task runs.
            asterisk._tell("ChannelTalkingStarted", channel=channel)  # means nothing, and is gone
            asterisk._tell("ChannelDtmfReceived", digit="1", channel=channel)
            asterisk._tell("ChannelTalkingStarted", channel=channel)
            asterisk._tell("ChannelTalkingStarted", channel=channel)
            await asyncio.sleep(1)
        assert Pressed.notes[:2] == ["ChannelTalkingStarted", "ChannelTalkingStarted"]

    @virtual_time
    async def test_the_log_tells_of_it_as_of_the_calls_own(self):
        async with FakeAsterisk(Pressed) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                await asterisk.event("ChannelTalkingStarted", call.id)
        (told,) = (log for log in logs if log["event"] == "no trigger")
        assert told["event_type"] == "ChannelTalkingStarted"
        assert (told["channel"], told["flow"], told["state"]) == ("c1", "Pressed", "first")


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
async def test_its_repr_says_where_it_is():
    async with FakeAsterisk(Ending) as asterisk:
        call = await asterisk.call()
        assert repr(call._runner) == "<Runner c1 Ending.menu>"


class TestLog:
    @virtual_time
    async def test_one_without_levels_keeps_no_call_from_its_flow(self, monkeypatch):
        monkeypatch.setattr(
            "stasis.runner.log",
            structlog.wrap_logger(structlog.PrintLogger(), wrapper_class=structlog.BoundLogger),
        )
        async with FakeAsterisk(Pressed) as asterisk:
            call = await asterisk.call()
            await asterisk.event("ChannelTalkingStarted", call.id)
            assert call.state == "first"

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
