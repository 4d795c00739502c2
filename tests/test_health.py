"""A monitor is told whether the program lives, whether it takes calls, and if not why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import define, field
from prometheus_client.parser import text_string_to_metric_families

from stasis.config import HttpConfig
from stasis.health import WHY, health, readiness
from stasis.http import serve
from stasis.metrics import Metrics
from stasis.watch import Watch

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"


@define
class Link:
    """What is read of a link."""

    state: Watch[str] = field(factory=lambda: Watch("ready"))
    draining: bool = False
    runners: set[int] = field(factory=set)


def link(state: str, *, draining: bool = False, calls: int = 0) -> Link:
    """A link in this state."""
    return Link(Watch(state), draining, set(range(calls)))


async def get(port: int | None, path: str) -> tuple[int, Any]:
    """Status and body of a page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as reply,
    ):
        json = reply.content_type == "application/json"
        return reply.status, await (reply.json() if json else reply.text())


def test_with_every_link_ready_it_is_ready():
    assert readiness({"a": link("ready", calls=2), "b": link("ready")}) == (
        True,
        {
            "ready": True,
            "servers": {
                "a": {"ready": True, "state": "ready", "calls": 2},
                "b": {"ready": True, "state": "ready", "calls": 0},
            },
        },
    )


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (link("connecting"), "it has not connected yet"),
        (link("gap"), "the connection is lost; live calls go on, and it is being opened again"),
        (link("standby"), "another process has the application; this one waits"),
        (link("stopped"), "it has stopped"),
        (link("dreaming"), "dreaming"),
        (
            link("ready", draining=True),
            "it is stopping: live calls finish, new ones are not taken",
        ),
        (link("gap", draining=True), "the connection is lost; live calls go on, and it is"),
    ],
)
def test_one_that_is_not_is_named_with_its_reason(broken: Link, why: str):
    ready, told = readiness({"well": link("ready"), "broken": broken})
    assert not ready and told["ready"] is False
    servers = told["servers"]
    assert isinstance(servers, dict)
    assert servers["well"]["ready"] is True and "why" not in servers["well"]
    assert servers["broken"]["ready"] is False
    assert servers["broken"]["why"].startswith(why)


def test_without_any_server_nothing_is_ready():
    assert readiness({}) == (False, {"ready": False, "servers": {}})


def test_the_documentation_tells_each_reason():
    text = OPERATIONS.read_text("utf-8")
    for state, why in WHY.items():
        assert f"| {why} | `{state}` |" in text


async def test_readyz_follows_the_links_while_they_change():
    main = link("connecting")
    async with serve(HttpConfig(port=0), [], health=health({"main": main})) as port:
        status, told = await get(port, "/readyz")
        assert status == 503 and told["servers"]["main"]["why"] == "it has not connected yet"
        main.state.set("ready")
        assert await get(port, "/readyz") == (
            200,
            {
                "ready": True,
                "servers": {"main": {"ready": True, "state": "ready", "calls": 0}},
            },
        )
        main.state.set("gap")
        assert (await get(port, "/readyz"))[0] == 503


async def test_healthz_answers_as_long_as_the_loop_runs_whatever_the_links_do():
    async with serve(HttpConfig(port=0), [], health=health({"main": link("gap")})) as port:
        assert await get(port, "/healthz") == (200, {"alive": True})


async def test_metrics_are_what_prometheus_reads():
    metrics = Metrics()
    metrics.of("main").lost()
    async with serve(HttpConfig(port=0), [], health=health({}, metrics)) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            assert reply.status == 200 and reply.content_type == "text/plain"
            families = {f.name: f for f in text_string_to_metric_families(await reply.text())}
    assert families["stasis_losses"].samples[0].value == 1


async def test_without_metrics_there_is_no_such_page():
    async with serve(HttpConfig(port=0), [], health=health({})) as port:
        assert (await get(port, "/metrics"))[0] == 404


async def test_nothing_is_changed_by_asking():
    async with (
        serve(HttpConfig(port=0), [], health=health({}, Metrics())) as port,
        aiohttp.ClientSession() as session,
    ):
        for page in ("metrics", "healthz", "readyz"):
            async with session.post(f"http://127.0.0.1:{port}/{page}") as reply:
                assert reply.status == 405
