"""What the source of a flow says: places, calls, media."""

from __future__ import annotations

from typing import Any

from stasis import Channel, Event, Flow
from stasis.source import calls, ends_call, may_wait, media, place, texts

GREETING = "sound:from-a-constant"
TABLE = {"a": ["sound:in-a-list"], "b": {"c": "sound:deeper"}, "n": 5}


def made_at_run_time() -> Any:
    """A flow whose source is in no file."""
    space: dict[str, Any] = {"Flow": Flow}
    code = "class Made(Flow):\n    async def hello(self, event):\n        await self.channel.play('x')\n    start = hello\n"
    exec(code, space)
    return space["Made"]


def texts_of(flow: Any) -> list[str]:
    return [medium.text for medium in media(flow)]


class TestPlace:
    def test_a_function_is_where_its_def_is(self) -> None:
        line = texts_of.__code__.co_firstlineno
        assert place(texts_of).endswith(f"test_source.py:{line}")

    def test_a_class_is_where_its_head_is(self) -> None:
        assert "test_source.py:" in place(TestPlace)

    def test_what_has_no_source_is_nowhere(self) -> None:
        assert place(len) == ""


class TestCalls:
    def test_each_call_is_told_with_what_it_is_called_on(self) -> None:
        async def body(channel: Channel) -> None:
            await channel.play("sound:x")
            playback = await channel.play("sound:y")
            await playback.finished()

        assert list(calls(body)) == [
            ("channel", "play"),
            ("channel", "play"),
            ("playback", "finished"),
        ]

    def test_a_function_without_source_calls_nothing(self) -> None:
        assert list(calls(len)) == []


class TestEndsCall:
    def test_methods_that_call_each_other_are_followed_once(self) -> None:
        class Loop(Flow):
            async def one(self, event: Event) -> None:
                await self.two(event)

            async def two(self, event: Event) -> None:
                await self.one(event)

            async def three(self, event: Event) -> None:
                await self.two(event)
                await self.channel.continue_in_dialplan()

            start = one

        assert not ends_call(Loop, "one")
        assert ends_call(Loop, "three")
        assert not ends_call(Loop, "nothing")


class TestMedia:
    def test_each_medium_is_told_once_in_the_order_it_is_written(self) -> None:
        class Two(Flow):
            async def one(self, event: Event) -> None:
                await self.channel.play("sound:b", "sound:a")
                await self.channel.play("sound:b")

            start = one

        assert texts_of(Two) == ["sound:b", "sound:a"]

    def test_what_is_played_is_told_whatever_it_looks_like(self) -> None:
        async def hello(channel: Channel) -> None:
            channel.on_gone("not media: at all")  # type: ignore[arg-type]
            await channel.play("bare", *["sound:starred"])
            await channel.menu("sound:m", choices={"1": "x"}, invalid="wrong", no_input=["late"])

        played = {medium.text for medium in media(hello) if medium.played}
        assert played == {"bare", "sound:starred", "sound:m", "wrong", "late"}

    def test_constants_of_the_module_are_looked_into(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.play(GREETING)
            await channel.play(TABLE["a"][0])  # type: ignore[index]

        assert texts_of(hello) == ["sound:from-a-constant", "sound:in-a-list", "sound:deeper"]

    def test_either_branch_of_a_choice_counts(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.play("one" if channel.name else "two")

        assert texts_of(hello) == ["one", "two"]

    def test_a_text_made_at_run_time_is_left_alone(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.play(f"sound:{channel.name}")

        assert texts_of(hello) == []

    def test_a_replaced_method_does_not_count(self) -> None:
        class Base(Flow):
            async def one(self, event: Event) -> None:
                await self.channel.play("sound:old")

            async def two(self, event: Event) -> None:
                await self.channel.play("sound:kept")

            start = one

        class Sub(Base):
            async def one(self, event: Event) -> None:
                await self.channel.play("sound:new")

        assert texts_of(Sub) == ["sound:new", "sound:kept"]

    def test_a_flow_without_source_says_nothing(self) -> None:
        assert media(made_at_run_time()) == []


def test_texts_are_found_in_nested_containers() -> None:
    assert list(texts(TABLE)) == ["sound:in-a-list", "sound:deeper"]


class TestMayWait:
    def test_what_returns_as_soon_as_asterisk_has_answered_does_not(self) -> None:
        async def hello(channel: Channel) -> None:
            await channel.answer()
            await channel.play("sound:hello-world")

        assert not may_wait(hello)

    def test_everything_else_that_is_awaited_does(self) -> None:
        async def hello(channel: Channel) -> None:
            playback = await channel.play("sound:hello-world")
            await playback.finished()

        async def other(channel: Channel) -> None:
            desk = await channel.create("PJSIP/desk")
            await desk.answer()

        assert may_wait(hello) and may_wait(other)

    def test_without_its_source_it_may(self) -> None:
        assert may_wait(made_at_run_time().start)
