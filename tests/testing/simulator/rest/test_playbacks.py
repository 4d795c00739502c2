"""Playbacks over ARI: looked at, stopped and wound while they last."""

from __future__ import annotations

import asyncio

import pytest

from tests.testing.simulator.machines import ask, called, served, simulated, turn


@simulated
async def test_one_is_there_until_it_ends():
    machine, _ = served(one=3.0)
    line = await called(machine)
    await ask(machine, f"POST channels/{line.channel.id}/answer")
    await ask(machine, f"POST channels/{line.channel.id}/play/p?media=sound:one")
    await turn()
    assert (await ask(machine, "GET playbacks/p")).json["state"] == "playing"
    await asyncio.sleep(4)
    for request in ("GET playbacks/p", "DELETE playbacks/p", "POST playbacks/p/control"):
        answer = await ask(machine, request)
        assert (answer.status, answer.why) == (404, "Playback not found")


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("operation=eject", 400), ("operation=pause", 204), ("operation=restart", 204)],
)
@simulated
async def test_it_is_controlled_by_a_known_operation(query: str, status: int):
    machine, _ = served(one=3.0)
    line = await called(machine)
    await ask(machine, f"POST channels/{line.channel.id}/answer")
    await ask(machine, f"POST channels/{line.channel.id}/play/p?media=sound:one")
    await turn()
    assert (await ask(machine, f"POST playbacks/p/control?{query}")).status == status
