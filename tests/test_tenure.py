"""Who runs our applications: what is said on the server, and when it is taken back."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from typing import Any

from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.errors import Unreachable
from stasis.tenure import RELEASE_SECONDS, Tenure
from stasis.testing.clock import virtual_time


class Globals:
    """An Asterisk of global variables. hangs: it does not answer any more."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.hangs = False

    async def __call__(self, request: Request) -> Response:
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.sleep(60)
            raise Unreachable(request.method, request.path, "it hangs")
        given = {**dict(request.query), **json.loads(request.body or b"{}")}
        if request.method == "POST":
            self.values[given["variable"]] = given["value"]
            return Response(204)
        value = self.values.get(given["variable"], "")
        return Response(200, "OK", json.dumps({"value": value}).encode())

    def holder(self, app: str = "ivr") -> dict[str, Any]:
        """Who says to run an application."""
        value = self.values.get(f"STASIS_LEASE_{app}", "")
        return json.loads(value) if value else {}


def spawn(work: Coroutine[Any, Any, None], name: str | None = None) -> asyncio.Task[None]:
    """A task beside the test."""
    return asyncio.get_running_loop().create_task(work, name=name)


def tenure(asterisk: Globals, *apps: str) -> Tenure:
    return Tenure(Ari(asterisk), apps or ("ivr",), 2.0, spawn)


@virtual_time
async def test_it_gives_signs_of_life_until_it_ends():
    asterisk = Globals()
    ours = tenure(asterisk)
    ours.begin(["ivr"])
    await asyncio.sleep(5)
    assert asterisk.holder()["pid"] == os.getpid() and asterisk.holder()["beat"] == 3
    ours.end()
    await asyncio.sleep(5)
    assert asterisk.holder()["beat"] == 3


@virtual_time
async def test_without_an_application_nothing_is_said():
    asterisk = Globals()
    ours = tenure(asterisk)
    ours.begin([])
    await asyncio.sleep(5)
    assert asterisk.values == {} and not ours.held


@virtual_time
async def test_how_far_a_stop_has_come_is_told_at_once():
    asterisk = Globals()
    ours = tenure(asterisk)
    ours.begin(["ivr"])
    await asyncio.sleep(0.1)
    ours.tell_stopping(1)
    await asyncio.sleep(0.1)
    assert asterisk.holder()["stopping"] == 1
    ours.end()


@virtual_time
async def test_it_is_taken_back_at_the_end():
    asterisk = Globals()
    ours = tenure(asterisk)
    ours.begin(["ivr"])
    await asyncio.sleep(0.1)
    await ours.release()
    assert asterisk.holder() == {}


@virtual_time
async def test_an_asterisk_that_hangs_keeps_nobody():
    asterisk = Globals()
    ours = tenure(asterisk)
    ours.begin(["ivr"])
    await asyncio.sleep(0.1)
    asterisk.hangs = True
    began = asyncio.get_running_loop().time()
    await ours.release()
    assert asyncio.get_running_loop().time() - began <= RELEASE_SECONDS + 0.01


@virtual_time
async def test_what_another_has_taken_is_lost_and_left_alone():
    asterisk = Globals()
    ours, others = tenure(asterisk), tenure(asterisk)
    ours.begin(["ivr"])
    await asyncio.sleep(0.1)
    assert await ours.lost() is None
    ours.end()  # as when Asterisk is out of reach
    asterisk.values.clear()
    others.begin(["ivr"])
    await asyncio.sleep(0.1)
    assert await ours.lost() == "ivr"
    await ours.release()
    assert asterisk.holder()["id"] == others.lease._id
    others.end()


@virtual_time
async def test_who_has_never_held_it_has_lost_nothing():
    asterisk = Globals()
    others = tenure(asterisk)
    others.begin(["ivr"])
    await asyncio.sleep(0.1)
    assert await tenure(asterisk).lost() is None
    others.end()
