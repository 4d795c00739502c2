"""Variables over ARI, of channels and bridges."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, kinds, served, simulated


async def with_a_call(version: str = "22") -> tuple[Machine, list[object], Line, str]:
    """A call in the application."""
    machine, frames = served(version)
    line = await called(machine)
    path = f"channels/{line.channel.id}"
    await ask(machine, f"POST {path}/answer")
    return machine, frames, line, path  # type: ignore[return-value]


class TestOfAChannel:
    @simulated
    async def test_one_is_set_read_and_removed(self):
        machine, frames, _, path = await with_a_call()
        assert (await ask(machine, f"POST {path}/variable?variable=A&value=1")).status == 204
        assert (await ask(machine, f"GET {path}/variable?variable=A")).json == {"value": "1"}
        await ask(machine, f"POST {path}/variable?variable=A")
        answer = await ask(machine, f"GET {path}/variable?variable=A")
        assert (answer.status, answer.why) == (404, "Provided variable was not found")
        assert kinds(frames).count("ChannelVarset") == 2  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            ("GET /variable", 400),
            ("GET /variable?variable=SHELL(ls)", 500),
            ("POST /variable?variable=SHELL(ls)&value=x", 400),
            ("GET /variables", 400),
            ("POST /variables", 400),
        ],
    )
    @simulated
    async def test_what_is_wrong_is_refused(self, line: str, status: int):
        machine, _, _, path = await with_a_call()
        method, _, what = line.partition(" ")
        assert (await ask(machine, f"{method} {path}{what}")).status == status

    @simulated
    async def test_several_are_set_and_some_are_in_every_event(self):
        machine, _, line, path = await with_a_call()
        values = {"A": "1", "B": {"value": "2", "report_events": True}}
        assert (await ask(machine, f"POST {path}/variables", {"variables": values})).status == 204
        found = (await ask(machine, f"GET {path}/variables?variables=A,B")).json
        assert found == {"variables": {"A": "1", "B": "2"}}
        assert line.channel.json()["channelvars"] == {"B": "2"}
        answer = await ask(machine, f"POST {path}/variables", {"variables": {"A": 5}})
        assert answer.status == 400

    @pytest.mark.parametrize(("version", "seconds"), [("22", 3.0), ("16", 0.0)])
    @simulated
    async def test_setting_waits_for_its_turn_or_on_16_does_not_wait(
        self, version: str, seconds: float
    ):
        machine, frames = served(version, one=3.0)
        line = await called(machine)
        path = f"channels/{line.channel.id}"
        await ask(machine, f"POST {path}/answer")
        await ask(machine, f"POST {path}/play?media=sound:one")
        await ask(machine, f"POST {path}/variable?variable=A&value=1")
        assert machine.loop.time() == pytest.approx(seconds, abs=0.1)
        await asyncio.sleep(4)
        assert line.channel.variables["A"] == "1"
        assert kinds(frames)[-1] == "ChannelVarset"

    @simulated
    async def test_of_one_outside_stasis_is_read_and_not_set(self):
        machine, _ = served(plan="exten => wait,1,Wait(60)")
        line = await called(machine, "wait")
        path = f"channels/{line.channel.id}/variable?variable"
        assert (await ask(machine, f"GET {path}=EXTEN")).json == {"value": "wait"}
        assert (await ask(machine, f"POST {path}=A&value=1")).status == 409


class TestOfABridge:
    @simulated
    async def test_one_is_set_read_and_removed(self):
        machine, _ = served()
        await ask(machine, "POST bridges/b")
        path = "bridges/b/variable?variable=A"
        assert (await ask(machine, f"POST {path}&value=1&report_events=true")).status == 204
        assert (await ask(machine, f"GET {path}")).json == {"value": "1"}
        assert (await ask(machine, "GET bridges/b")).json["bridgevars"] == {"A": "1"}
        await ask(machine, f"POST {path}")
        assert (await ask(machine, f"GET {path}")).status == 404
        assert "bridgevars" not in (await ask(machine, "GET bridges/b")).json

    @simulated
    async def test_several_at_once(self):
        machine, _ = served()
        await ask(machine, "POST bridges/b")
        values = {"A": "1", "B": {"value": "2"}}
        assert (await ask(machine, "POST bridges/b/variables", {"variables": values})).status == 204
        found = (await ask(machine, "GET bridges/b/variables?variables=A,B")).json
        assert found == {"variables": {"A": "1", "B": "2"}}
        assert (await ask(machine, "GET bridges/b/variables")).status == 400


@pytest.mark.parametrize("what", ["channels/c/variables", "bridges/b/variable"])
@simulated
async def test_16_does_not_have_them(what: str):
    machine, _ = served("16")
    assert (await ask(machine, f"GET {what}?variable=A")).status == 404
