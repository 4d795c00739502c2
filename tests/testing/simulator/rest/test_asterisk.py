"""What the server is, and its global variables."""

from __future__ import annotations

import asyncio

from stasis.testing import virtual_time
from tests.testing.simulator.machines import ask, heard, new_machine


class TestInfo:
    @virtual_time
    async def test_it_tells_its_version_and_its_age(self):
        machine = new_machine()
        await asyncio.sleep(60)
        found = (await ask(machine, "GET asterisk/info")).json
        assert set(found) == {"build", "system", "config", "status"}
        assert found["system"]["version"] == "22.10.1"
        assert found["status"]["startup_time"] == "2026-01-01T00:00:00.000+0000"

    @virtual_time
    async def test_parts_can_be_asked_for_and_unknown_ones_are_passed_over(self):
        machine = new_machine("16")
        found = (await ask(machine, "GET asterisk/info?only=nonsense,config")).json
        assert set(found) == {"config"}
        assert (await ask(machine, "GET asterisk/info?only=nonsense")).json == {}

    @virtual_time
    async def test_a_ping_is_answered(self):
        assert (await ask(new_machine(), "GET asterisk/ping")).json["ping"] == "pong"


class TestGlobalVariables:
    @virtual_time
    async def test_what_is_set_is_read(self):
        machine = new_machine()
        assert (await ask(machine, "POST asterisk/variable?variable=X&value=5")).status == 204
        assert (await ask(machine, "GET asterisk/variable?variable=X")).json == {"value": "5"}

    @virtual_time
    async def test_what_is_not_set_and_what_is_a_function_is_empty(self):
        machine = new_machine()
        await ask(machine, "POST asterisk/variable?variable=SHELL(x)&value=5")
        for name in ("X", "SHELL(x)"):
            answer = await ask(machine, f"GET asterisk/variable?variable={name}")
            assert answer.json == {"value": ""}

    @virtual_time
    async def test_a_name_is_needed(self):
        for method in ("GET", "POST"):
            answer = await ask(new_machine(), f"{method} asterisk/variable")
            assert (answer.status, answer.why) == (400, "Variable name is required")

    @virtual_time
    async def test_who_hears_of_all_channels_hears_of_it(self):
        machine = new_machine()
        frames, other = heard(machine, "a", "channel:"), heard(machine, "b", "channel:c")
        await ask(machine, "POST asterisk/variable?variable=X&value=5")
        (told,) = frames
        assert (told["type"], told["variable"], told["value"]) == ("ChannelVarset", "X", "5")
        assert "channel" not in told
        assert other == []
