"""What every test may use: a server that answers as told, and the promise that no task is left.

`answers` is a `Send` for handles and transports' users; a whole call runs on
`tests.fake.FakeAsterisk`, in virtual time where time matters. `labs` are the real ones: a
test that stops one has it running again at its end, and one that configures it takes its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings

from stasis.ari import Ari
from stasis.ari.version import Version
from stasis.lab.lab import Lab
from tests.answers import Answers
from tests.postgres import Postgres
from tests.real_server import RealServer

pytest_plugins = ["tests.asterisk.pbx.table"]

# The machine may be busy: what is slow is not wrong.
settings.register_profile(
    "stasis",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("stasis")


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """A test may print what is no Unicode; the report that leaves a worker's process has to be."""
    report = yield
    return json.loads(json.dumps(report, ensure_ascii=False).encode("utf-8", "replace"))


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


@pytest.fixture(scope="session")
def labs() -> Iterator[dict[str, Lab]]:
    """A real Asterisk of each version, up for the whole run and taken down after it."""
    running: dict[str, Lab] = {}
    try:
        for version in ("22", "16"):
            running[version] = Lab.up(version, f"tests-{version}-{os.getpid()}")
        yield running
    finally:
        for lab in running.values():
            lab.down()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL, up for the whole run."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of an empty database, of each kind: what holds for one holds for the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stasis.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


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
    app.router.add_route("*", "/ari/{path:.*}", real.over_http)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    real.port = runner.addresses[0][1]
    yield real
    await runner.cleanup()
