"""`check` finds what is wrong in a flow without running it, and says nothing of a sound one."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from stasis import (
    After,
    Channel,
    ChannelDtmfReceived,
    ChannelHangupRequest,
    Do,
    Done,
    Event,
    Flow,
    FlowError,
    Leave,
    Other,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
    StasisStart,
)
from stasis.check import check
from stasis.finding import Finding

PROMPTS = {"closed": "sound:we-are-closed", "menu": ["sound:demo-instruct"]}


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


class Clean(Flow):
    """A flow as it should be."""

    GREETING = "sound:hello-world"

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play(self.GREETING, "digits:123", "sound:digits/1")

    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        return "accepted"

    async def sorry(self, event: Event) -> None:
        await self.channel.play("sound:option-is-invalid")

    async def ringing(self, event: Event) -> None:
        self.desk = await self.channel.dial("PJSIP/desk1")

    async def talking(self, event: Event) -> None:
        await self.desk.connect()

    async def note(self, event: Event) -> None: ...

    async def goodbye(self, event: Event) -> None:
        await self.channel.hangup()

    start = menu
    table = {
        menu: {(ChannelDtmfReceived, "1"): pin, ChannelDtmfReceived: sorry, After(10): sorry},
        pin: {"accepted": ringing, "rejected": sorry},
        sorry: {PlaybackFinished: menu},
        ringing: {Other(StasisStart): talking, After(30): sorry},
        talking: {Other(StasisEnd): goodbye, ChannelHangupRequest: Do(note)},
    }


SOUNDS = {"hello-world", "digits/1", "option-is-invalid"}


def test_a_clean_flow_has_no_findings() -> None:
    assert check(Clean, SOUNDS) == []


def test_what_is_no_flow_is_refused() -> None:
    with pytest.raises(FlowError):
        check(int)  # type: ignore[arg-type]


class TestUnreachableStates:
    def test_a_row_that_no_trigger_leads_to_is_an_error(self) -> None:
        class Lost(Flow):
            async def menu(self, event: Event) -> None: ...
            async def attic(self, event: Event) -> None: ...

            start = menu
            table = {attic: {After(1): menu}}

        (finding,) = check(Lost)
        assert (finding.code, finding.level) == ("unreachable-state", "error")
        assert "'attic'" in finding.text

    def test_states_that_only_lead_to_each_other_are_both_found(self) -> None:
        class Island(Flow):
            async def menu(self, event: Event) -> None: ...
            async def one(self, event: Event) -> None: ...
            async def two(self, event: Event) -> None: ...

            start = menu
            table = {one: {After(1): two}, two: {After(1): one}}

        assert codes(check(Island)) == ["unreachable-state", "unreachable-state"]

    def test_a_method_that_looks_like_a_forgotten_state_is_a_warning(self) -> None:
        """An action, a state's own subroutine, `ended` and a private method are not."""

        class Forgetful(Flow):
            async def menu(self, event: Event) -> None:
                await self.greet(event)

            async def greet(self, event: Event) -> None: ...
            async def mute(self, event: Event) -> None: ...
            async def forgotten(self, event: Event) -> None: ...
            async def _private(self, event: Event) -> None: ...
            async def lookup(self, number: str) -> None: ...
            async def ended(self, event: Event | None) -> None: ...

            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {After(1): bye, (ChannelDtmfReceived): Do(mute)}}

        (finding,) = check(Forgetful)
        assert (finding.code, finding.level) == ("unreachable-state", "warning")
        assert "'forgotten'" in finding.text

    def test_where_names_file_line_flow_and_state(self) -> None:
        class Lost(Flow):
            async def menu(self, event: Event) -> None: ...
            async def attic(self, event: Event) -> None: ...

            start = menu
            table = {attic: {After(1): menu}}

        (finding,) = check(Lost)
        line = Lost.attic.__code__.co_firstlineno
        assert re.fullmatch(rf".*test_check\.py:{line} Lost\.attic", finding.where)


class TestStuckStates:
    def test_a_state_that_only_a_key_leaves_is_an_error(self) -> None:
        class Waiting(Flow):
            async def menu(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: bye}}

        (finding,) = check(Waiting)
        assert (finding.code, finding.level) == ("stuck-state", "error")
        assert "After(seconds)" in finding.text

    def test_a_timer_that_only_does_something_is_no_exit(self) -> None:
        class Nagging(Flow):
            async def menu(self, event: Event) -> None: ...
            async def nag(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: bye, After(5): Do(nag)}}

        assert codes(check(Nagging)) == ["stuck-state"]

    def test_an_action_that_hangs_up_is_an_exit(self) -> None:
        class Limited(Flow):
            async def menu(self, event: Event) -> None: ...
            async def enough(self, event: Event) -> None:
                await self.channel.hangup()

            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: bye, After(60): Do(enough)}}

        assert check(Limited) == []

    @pytest.mark.parametrize(
        "trigger",
        [
            After(5),
            Done,
            "chosen",
            Other(StasisEnd),
            PlaybackFinished,
            (PlaybackFinished, "done"),
            RecordingFinished,
        ],
        ids=str,
    )
    def test_what_comes_without_the_caller_is_an_exit(self, trigger: object) -> None:
        async def menu(self: Flow, event: Event): ...  # type: ignore[no-untyped-def]
        async def bye(self: Flow, event: Event) -> None: ...

        body = {"menu": menu, "bye": bye, "start": menu, "table": {menu: {trigger: bye}}}
        assert "stuck-state" not in codes(check(type("Made", (Flow,), body)))

    def test_a_body_that_hangs_up_itself_is_an_exit(self) -> None:
        """Directly, or in a method that it calls."""

        class Ending(Flow):
            async def menu(self, event: Event) -> None:
                await self.finish()

            async def finish(self) -> None:
                channel = self.channel
                await channel.hangup()

            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: bye}}

        assert check(Ending) == []

    def test_hanging_up_another_channel_is_no_exit(self) -> None:
        class Other_(Flow):
            desk: Channel

            async def menu(self, event: Event) -> None:
                await self.desk.hangup()

            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: bye}}

        assert codes(check(Other_)) == ["stuck-state"]

    def test_a_conversation_without_an_end_is_a_warning(self) -> None:
        """Two people talk as long as they like, but one that is left alone stays alone."""

        class Talk(Flow):
            async def talking(self, event: Event) -> None:
                bridge = await self.channel.bridge()
                await bridge.add(self.channel)

            async def mute(self, event: Event) -> None: ...

            start = talking
            table = {talking: {ChannelDtmfReceived: Do(mute)}}

        (finding,) = check(Talk)
        assert (finding.code, finding.level) == ("stuck-state", "warning")

    def test_a_state_without_a_row_is_an_end(self) -> None:
        class Short(Flow):
            async def hello(self, event: Event) -> None: ...

            start = hello

        assert check(Short) == []


def test_states_from_which_nothing_leads_to_an_end_are_one_warning() -> None:
    """menu and sorry go round and round; the caller alone ends the call."""

    class Round(Flow):
        async def menu(self, event: Event) -> None: ...
        async def sorry(self, event: Event) -> None: ...

        start = menu
        table = {menu: {After(5): sorry}, sorry: {PlaybackFinished: menu}}

    (finding,) = check(Round)
    assert (finding.code, finding.level) == ("no-end", "warning")
    assert "menu, sorry" in finding.text


class TestStatesThatNeverWait:
    def test_a_circle_of_done_is_an_error_that_names_it(self) -> None:
        class Circle(Flow):
            async def menu(self, event: Event) -> None:
                await self.channel.answer()
                await self.channel.play("sound:demo-instruct")

            async def asking(self, event: Event) -> None: ...
            async def again(self, event: Event) -> None: ...

            start = menu
            table = {menu: {Done: asking}, asking: {Done: again}, again: {Done: asking}}

        found = {finding.code: finding for finding in check(Circle)}
        assert found["never-waits"].level == "error"
        assert found["never-waits"].text.startswith("asking -> again -> asking goes round for ever")
        assert "menu" in found["no-end"].text and "again" not in found["no-end"].text

    def test_so_is_one_state_that_leads_to_itself_whatever_else_it_hears(self) -> None:
        class Alone(Flow):
            async def menu(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {Done: menu, After(10): bye}}

        assert codes(check(Alone)) == ["never-waits"]

    @pytest.mark.parametrize("verb", ["asks", "sleeps", "does", "hangs_up", "loops"])
    def test_one_that_may_wait_is_none(self, verb: str) -> None:
        class Waits(Flow):
            async def asks(self, event: Event) -> None:
                await self.channel.ask("sound:vm-password", digits=4)

            async def sleeps(self, event: Event) -> None:
                await (await self.channel.play("sound:hello-world")).finished()

            async def does(self, event: Event) -> None:
                await self.work()

            async def hangs_up(self, event: Event) -> None:
                await self.channel.hangup()

            async def loops(self, event: Event) -> None:
                async with self.lock:
                    pass

            async def work(self) -> None: ...

            start = asks
            table = {state: {Done: state} for state in (asks, sleeps, does, hangs_up, loops)}

        Waits.start = getattr(Waits, verb)
        assert "never-waits" not in codes(check(Waits))

    def test_nor_is_one_that_an_outcome_leads_out_of(self) -> None:
        class Counts(Flow):
            async def counting(self, event: Event) -> Literal["enough"] | None:
                return "enough"

            async def bye(self, event: Event) -> None: ...

            start = counting
            table = {counting: {Done: counting, "enough": bye}}

        assert check(Counts) == []

    def test_a_row_that_leads_into_a_circle_is_not_of_it(self) -> None:
        class Two(Flow):
            async def a(self, event: Event) -> None: ...
            async def b(self, event: Event) -> None: ...
            async def c(self, event: Event) -> None: ...

            start = a
            table = {a: {Done: b}, b: {Done: b}, c: {Done: a}}

        circles = [each for each in check(Two) if each.code == "never-waits"]
        assert [each.text.partition(" goes")[0] for each in circles] == ["b -> b"]


class TestUnansweredDigits:
    def test_the_keys_that_do_nothing_are_listed(self) -> None:
        class Menu(Flow):
            async def menu(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {
                menu: {
                    (ChannelDtmfReceived, "1"): bye,
                    (ChannelDtmfReceived, "2"): bye,
                    After(5): bye,
                }
            }

        (finding,) = check(Menu)
        assert (finding.code, finding.level) == ("unanswered-digit", "warning")
        assert "the keys 0 3 4 5 6 7 8 9 * # do nothing" in finding.text

    def test_a_row_that_names_every_key_is_fine(self) -> None:
        async def menu(self: Flow, event: Event) -> None: ...
        async def bye(self: Flow, event: Event) -> None: ...

        row: dict[object, object] = {(ChannelDtmfReceived, key): bye for key in "0123456789*#"}
        body = {"menu": menu, "bye": bye, "start": menu, "table": {menu: {**row, After(5): bye}}}
        assert check(type("Full", (Flow,), body)) == []

    def test_a_row_without_keys_asks_for_none(self) -> None:
        class Quiet(Flow):
            async def menu(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = menu
            table = {menu: {After(5): bye}}

        assert check(Quiet) == []


class TestOutcomes:
    def test_a_returned_outcome_without_an_edge_is_an_error(self) -> None:
        class Pin(Flow):
            async def pin(self, event: Event) -> Literal["right", "wrong"]:
                return "right"

            async def bye(self, event: Event) -> None: ...

            start = pin
            table = {pin: {"right": bye}}

        (finding,) = check(Pin)
        assert (finding.code, finding.level) == ("missing-outcome", "error")
        assert "'wrong'" in finding.text

    def test_an_edge_that_no_return_takes_is_an_error(self) -> None:
        class Pin(Flow):
            async def pin(self, event: Event) -> Literal["right"] | None:
                return "right"

            async def plain(self, event: Event) -> None: ...
            async def bye(self, event: Event) -> None: ...

            start = pin
            table = {pin: {"right": plain, "worng": bye, Done: bye}, plain: {"never": bye}}

        found = check(Pin)
        assert codes(found) == ["unknown-outcome", "unknown-outcome"]
        assert "'worng'" in found[0].text and "'never'" in found[1].text

    def test_done_after_a_body_that_always_returns_an_outcome_is_a_warning(self) -> None:
        class Pin(Flow):
            async def pin(self, event: Event) -> Literal["right"]:
                return "right"

            async def bye(self, event: Event) -> None: ...

            start = pin
            table = {pin: {"right": bye, Done: bye}}

        (finding,) = check(Pin)
        assert (finding.code, finding.level) == ("unknown-outcome", "warning")

    def test_an_annotation_that_says_any_text_is_believed(self) -> None:
        class Pin(Flow):
            async def pin(self, event: Event) -> str:
                return "right"

            async def bye(self, event: Event) -> None: ...

            start = pin
            table = {pin: {"right": bye, "wrong": bye}}

        assert check(Pin) == []


class TestMedia:
    def test_a_sound_that_asterisk_has_not_is_an_error_with_file_and_line(self) -> None:
        class Greeting(Flow):
            async def hello(self, event: Event) -> None:
                await self.channel.play("sound:helo-world")

            start = hello

        (finding,) = check(Greeting, SOUNDS)
        assert (finding.code, finding.level) == ("missing-sound", "error")
        assert "'helo-world'" in finding.text
        line = Greeting.hello.__code__.co_firstlineno + 1
        assert re.fullmatch(rf".*test_check\.py:{line} Greeting", finding.where)

    def test_sounds_are_not_checked_when_they_are_not_known(self) -> None:
        class Greeting(Flow):
            async def hello(self, event: Event) -> None:
                await self.channel.play("sound:helo-world")

            start = hello

        assert check(Greeting) == []

    def test_class_attributes_constants_and_policies_are_followed(self) -> None:
        class Closed(Flow):
            SORRY = ("sound:so-sorry",)
            on_error = Leave(prompt="sound:an-error")

            async def hello(self, event: Event) -> None:
                await self.channel.play(*self.SORRY, PROMPTS["closed"])

            start = hello

        missing = {finding.text.split("'")[1] for finding in check(Closed, set())}
        assert missing == {"so-sorry", "an-error", "we-are-closed", "demo-instruct"}

    def test_a_sound_outside_the_sounds_folder_is_not_looked_for(self) -> None:
        class Remote(Flow):
            async def hello(self, event: Event) -> None:
                await self.channel.play("sound:https://example.org/a.wav", "sound:/srv/a")

            start = hello

        assert check(Remote, set()) == []

    @pytest.mark.parametrize("media", ["hello-world", "sond:hello", "sound:", "sound:../etc/x"])
    def test_what_asterisk_could_never_play_is_an_error(self, media: str) -> None:
        class Greeting(Flow):
            PROMPT = media

            async def hello(self, event: Event) -> None:
                await self.channel.play(self.PROMPT)

            start = hello

        (finding,) = check(Greeting)
        assert (finding.code, finding.level) == ("bad-media", "error")

    def test_a_linear_function_is_checked_too(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.play("sound:nowhere")
            await channel.ask("pin", digits=4)

        assert codes(check(hello, set())) == ["missing-sound", "bad-media"]
