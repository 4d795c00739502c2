"""What lasts: begun for each Asterisk that comes, and again when it has failed.

That records and failures are written is in tests/asterisk/pbx/test_http.py.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from stasis_pbx.lasting import Lasting
from structlog.testing import capture_logs

from stasis import Secret
from stasis.config import AsteriskConfig, CdrConfig, Config
from stasis.pbx import Unavailable
from stasis.testing.clock import virtual_time


class Ways:
    """To an Asterisk that is not there. asked: how often."""

    asked = 0

    async def ami(self) -> Any:
        self.asked += 1
        raise Unavailable("", "not there")


def link(database: str, *, write: bool = True) -> Any:
    cdr = CdrConfig(database=Secret(database), write=write)
    return SimpleNamespace(config=Config(asterisk=AsteriskConfig(cdr=cdr)))


async def seconds(lasting: Lasting, time: float) -> None:
    task = asyncio.create_task(lasting.run())
    await asyncio.sleep(time)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@virtual_time
async def test_one_that_fails_is_told_and_tried_again_and_one_that_comes_later_too():
    ways = {name: Ways() for name in "ab"}
    links = {"a": link("sqlite://")}
    asyncio.get_running_loop().call_later(30, links.update, {"b": link("sqlite://")})

    def pbx(name: str) -> Any:
        return SimpleNamespace(ways=ways[name])

    with capture_logs() as logs:
        await seconds(Lasting(lambda: links, pbx, security=False), 59)
    assert (ways["a"].asked, ways["b"].asked) == (4, 2)
    assert {each["event"] for each in logs} == {"call records are not written"}
    assert {each["server"] for each in logs} == {"a", "b"}


@virtual_time
async def test_where_nothing_is_to_be_written_nothing_is_asked():
    links = {"a": link(""), "b": link("sqlite://", write=False)}

    def pbx(name: str) -> Any:
        raise AssertionError("it was asked")

    await seconds(Lasting(lambda: links, pbx, security=False), 60)
