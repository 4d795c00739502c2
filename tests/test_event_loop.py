"""The event loop that a program runs on, as `engine.loop` says."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest
import uvloop

from stasis import stall as module
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.errors import ChannelGone, ConfigError
from stasis.event_loop import loop_factory
from stasis.stall import Stall, StallWatch
from tests.fake import FakeAsterisk
from tests.until import until


def test_asyncios_own_by_default():
    with asyncio.Runner(loop_factory=loop_factory(EngineConfig())) as runner:
        assert isinstance(runner.get_loop(), asyncio.BaseEventLoop)


def test_uvloop_where_it_is_named():
    with asyncio.Runner(loop_factory=loop_factory(EngineConfig(loop="uvloop"))) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)


def test_what_is_not_installed_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ConfigError, match=r"pip install .stasis-ari\[uvloop\]"):
        loop_factory(EngineConfig(loop="uvloop"))


def test_a_call_begins_acts_and_ends_on_uvloop():
    heard: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        try:
            await asyncio.sleep(3600)
        except ChannelGone as gone:
            heard.append(str(gone))
            raise

    async def test() -> None:
        async with FakeAsterisk(flow) as asterisk:
            call = await asterisk.call()
            await call.hangs_up()
            assert call.over and "POST /channels/c1/answer" in asterisk.requests

    with asyncio.Runner(loop_factory=loop_factory(EngineConfig(loop="uvloop"))) as runner:
        runner.run(test())
    assert heard == ["channel c1: hung up"]


def test_code_that_blocks_uvloop_is_found_too(monkeypatch: pytest.MonkeyPatch):
    """It blocks until it is found. A machine without time for us may look like another stall:
    where uvloop waits for work is not seen."""
    stalls: list[Stall] = []
    found = threading.Event()
    tell = module.tell

    def telling(words: str, stall: Stall, *more: Any, **named: Any) -> None:
        tell(words, stall, *more, **named)
        if "found.wait(10)" in stall.line:
            found.set()

    monkeypatch.setattr(module, "tell", telling)

    async def test() -> None:
        with StallWatch(0.1, stalls.append):
            await asyncio.sleep(0.2)
            assert found.wait(10)
            await until(lambda: blocking(stalls))

    with asyncio.Runner(loop_factory=loop_factory(EngineConfig(loop="uvloop"))) as runner:
        runner.run(test())
    (stall,) = blocking(stalls)
    assert stall.seconds >= 0.1 and __file__ in stall.where


def blocking(stalls: list[Stall]) -> list[Stall]:
    """Those of the line that is to be found."""
    return [each for each in stalls if "found.wait(10)" in each.line]
