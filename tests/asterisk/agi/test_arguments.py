"""Any text in any argument arrives in a real Asterisk as it was, or is refused before sending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stasis.agi import Agi, InvalidArgument
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import run

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

T = TypeVar("T")

ODD = st.sampled_from(
    [*"\"\\ \t',;|$(){}[]%&=<>`~^!?\x01\x1b\x7f", "${EPOCH}", "$(id)", "ë", "漢", "😀"]
)
TEXT = st.one_of(
    st.lists(ODD, max_size=60).map("".join),
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=200),
)


@contextmanager
def live_call(lab: Lab) -> Iterator[Callable[[Callable[[Agi], Awaitable[T]]], T]]:
    """A call that a test without an event loop asks: a script in a thread does it."""
    ready: asyncio.Queue[Agi] = asyncio.Queue()
    runner = asyncio.Runner()
    loop = runner.get_loop()

    async def script(agi: Agi) -> None:
        await agi.answer()
        ready.put_nowait(agi)
        await over.wait()

    async def everything() -> None:
        await run(lab, script, caller="Wait 80", seconds=80)

    over = asyncio.Event()
    thread = threading.Thread(target=lambda: runner.run(everything()))
    thread.start()
    try:
        agi = asyncio.run_coroutine_threadsafe(ready.get(), loop).result(20)

        async def ask(work: Callable[[Agi], Awaitable[T]]) -> T:
            async with asyncio.timeout(10):
                return await work(agi)

        yield lambda work: asyncio.run_coroutine_threadsafe(ask(work), loop).result(15)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
        runner.close()


def test_any_text_is_the_variable_that_it_was(lab: Lab) -> None:
    with live_call(lab) as ask:

        @given(TEXT)
        @settings(max_examples=300)
        def check(text: str) -> None:
            async def work(agi: Agi) -> tuple[str | None, str | None]:
                await agi.set_variable("ODD", text)
                return await agi.get_variable("ODD"), await agi.get_full_variable("${ODD}")

            assert ask(work) == (text, text)

        check()


def test_any_text_is_the_database_s_family_key_and_value(lab: Lab) -> None:
    """Of a family and a key Asterisk takes 253 bytes together, and more value than a line."""
    name = TEXT.filter(lambda text: text and len(text.encode()) < 120)

    with live_call(lab) as ask:

        @given(name, name, TEXT)
        @settings(max_examples=100)
        def check(family: str, key: str, value: str) -> None:
            async def work(agi: Agi) -> str | None:
                await agi.database_put(f"h{family}", key, value)
                return await agi.database_get(f"h{family}", key)

            assert ask(work) == value

        check()


def test_what_would_end_a_line_is_refused_in_every_argument(lab: Lab) -> None:
    async def work(agi: Agi) -> None:
        for bad in "\r\n\0\ud800":
            for attempt in (
                agi.set_variable("X", f"a{bad}NOOP"),
                agi.set_variable(f"X{bad}", "a"),
                agi.get_variable(bad),
                agi.database_put("f", "k", bad),
                agi.stream_file(f"beep{bad}"),
                agi.say_alpha(f"a{bad}"),
                agi.exec(f"NoOp{bad}"),
                agi.exec("NoOp", bad),
                agi.verbose(bad),
                agi.set_callerid(f'"x{bad}" <1>'),
            ):
                with pytest.raises(InvalidArgument):
                    await attempt
        assert await agi.get_variable("X") is None

    with live_call(lab) as ask:
        ask(work)


def test_a_value_as_long_as_a_line_arrives_whole_and_a_longer_one_is_refused(lab: Lab) -> None:
    """Asterisk would take the rest of a longer line for a command of its own."""

    async def work(agi: Agi) -> None:
        room = agi.environment.limit - len('SET VARIABLE "LONG" ""\n')
        for text in ("x" * room, "ë" * (room // 2), '"' * (room // 2)):
            await agi.set_variable("LONG", text)
            assert await agi.get_variable("LONG") == text
            await agi.database_put("agi", "long", text[: room // 4])
            assert await agi.database_get("agi", "long") == text[: room // 4]
        for text in ("x" * (room + 1), "ë" * (room // 2 + 1), "\\" * (room // 2 + 1)):
            with pytest.raises(InvalidArgument, match=f"takes {agi.environment.limit}"):
                await agi.set_variable("LONG", text)
        assert (await agi.command("NOOP")).result == "0"

    with live_call(lab) as ask:
        ask(work)


def test_a_value_with_a_line_feed_is_read_whole(lab: Lab) -> None:
    """The dialplan can make one; the next reply is still the next command's."""

    async def work(agi: Agi) -> None:
        assert await agi.get_full_variable("a${URIDECODE(%0A(b)%0D%0A)}c") == "a\n(b)\r\nc"
        assert await agi.get_full_variable("next") == "next"

    with live_call(lab) as ask:
        ask(work)
