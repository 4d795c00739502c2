"""What every test may use: a server that answers as told, and the promise that no task is left.

`answers` is a `Send` for handles and transports' users; a whole call runs on
`stasis.testing.fake.FakeAsterisk`, in virtual time where time matters.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings

from stasis.ari import Ari
from stasis.ari.version import Version
from tests.answers import Answers
from tests.real_server import RealServer

# The machine may be busy: what is slow is not wrong.
settings.register_profile(
    "stasis",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("stasis")


@pytest.fixture(autouse=True)
def no_task_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test's event loop, real or virtual, has no task left when it is closed."""
    left: list[str] = []
    close = asyncio.Runner.close

    def closing(runner: asyncio.Runner) -> None:
        broken = sys.exc_info()[0] is not None  # what made it leave its tasks is told instead
        with suppress(RuntimeError):  # closed already: it was looked at then
            left.extend(str(task) for task in asyncio.all_tasks(runner.get_loop()) if not broken)
        close(runner)

    monkeypatch.setattr(asyncio.Runner, "close", closing)
    yield
    assert not left, f"tasks left: {left}"


@pytest.fixture
def answers() -> Answers:
    """A `Send` that answers as told."""
    return Answers()


@pytest.fixture
def ari(answers: Answers) -> Ari:
    """All operations of an Asterisk 22.10.1, on `answers`."""
    return Ari(answers, Version(22, 10, 1))


@pytest.fixture
async def real_server() -> AsyncIterator[RealServer]:
    """ARI over real HTTP and WebSocket, on a free port."""
    real = RealServer()
    app = web.Application()
    app.router.add_get("/ari/events", real.events)
    app.router.add_route("*", "/ari/{path:.*}", real.rest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    real.port = runner.addresses[0][1]
    yield real
    await runner.cleanup()
