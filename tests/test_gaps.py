"""Gaps: for how long events were lost, and who is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from stasis.config import AsteriskConfig
from stasis.gaps import Gaps
from stasis.testing.clock import virtual_time
from stasis.trigger import Gap

CONFIG = AsteriskConfig(ping_interval=10.0, ping_timeout=5.0)


class Calls:
    """Notes which calls are told."""

    def __init__(self) -> None:
        self.told: list[tuple[set[Any], Gap]] = []

    def tell(self, runners: set[Any], gap: Gap) -> None:
        self.told.append((runners, gap))


def gaps(calls: Calls | None = None) -> Gaps:
    """Those of a link."""
    return Gaps(CONFIG, calls or Calls(), lambda work, name: asyncio.create_task(work))  # type: ignore[arg-type]


@virtual_time
async def test_at_the_first_connect_there_was_none():
    assert gaps().end() is None


@virtual_time
async def test_it_begins_with_the_last_event():
    found = gaps()
    await asyncio.sleep(100)
    found.heard_at = asyncio.get_running_loop().time()
    await asyncio.sleep(2)
    found.begin()
    await asyncio.sleep(3)
    gap = found.end()
    assert gap is not None and gap.seconds == pytest.approx(5)
    assert (gap.end - gap.start).total_seconds() == pytest.approx(5)
    assert found.count == 1 and found.end() is None


@virtual_time
async def test_or_when_the_socket_was_certainly_alive():
    found = gaps()
    found.heard_at = asyncio.get_running_loop().time()
    await asyncio.sleep(100)
    found.begin()
    gap = found.end()
    assert gap is not None and gap.seconds == pytest.approx(15)


@virtual_time
async def test_calls_and_plugins_are_told_and_one_that_fails_keeps_no_other():
    calls, heard = Calls(), []
    found = gaps(calls)

    async def fails(gap: Gap) -> None:
        raise OSError("no database")

    async def hears(gap: Gap) -> None:
        heard.append(gap)

    found.on_gap += [fails, hears]
    found.begin()
    gap = found.end()
    assert gap is not None
    with capture_logs() as logs:
        found.tell(gap, {"a call"})  # type: ignore[arg-type]
        await asyncio.sleep(0)
    assert calls.told == [({"a call"}, gap)] and heard == [gap]
    assert any("`gap` has failed" in each["event"] for each in logs)
