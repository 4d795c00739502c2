"""Device states over ARI."""

from __future__ import annotations

import pytest

from stasis.testing import virtual_time
from tests.testing.simulator.machines import ask, heard, new_machine

DESK = "deviceStates/Stasis:desk"


class TestOurs:
    @virtual_time
    async def test_a_state_is_set_listed_and_forgotten(self):
        machine = new_machine()
        assert (await ask(machine, f"PUT {DESK}?deviceState=inuse")).status == 204
        told = {"name": "Stasis:desk", "state": "INUSE"}
        assert (await ask(machine, f"GET {DESK}")).json == told
        assert (await ask(machine, "GET deviceStates")).json == [told]
        for _ in range(2):
            assert (await ask(machine, f"DELETE {DESK}")).status == 204
        assert (await ask(machine, f"GET {DESK}")).json["state"] == "UNKNOWN"
        assert (await ask(machine, "GET deviceStates")).json == []

    @pytest.mark.parametrize("state", ["", "?deviceState=NONSENSE", "?deviceState=UNKNOWN"])
    @virtual_time
    async def test_only_what_a_state_can_be_is_taken(self, state: str):
        answer = await ask(new_machine(), f"PUT {DESK}{state}")
        assert (answer.status, answer.why) == (500, "Unknown device")

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    @virtual_time
    async def test_others_are_not_ours_to_set(self, method: str):
        answer = await ask(new_machine(), f"{method} deviceStates/PJSIP%2Fa?deviceState=INUSE")
        assert (answer.status, answer.why) == (409, "Uncontrolled device specified")


class TestWhatIsTold:
    @virtual_time
    async def test_each_change_once_to_who_asked_for_it(self):
        machine = new_machine()
        frames = heard(machine, "a", "deviceState:Stasis:desk")
        every = heard(machine, "b", "deviceState:")
        other = heard(machine, "c", "deviceState:Stasis:other")
        for state in ("INUSE", "INUSE", "BUSY"):
            await ask(machine, f"PUT {DESK}?deviceState={state}")
        assert [each["device_state"]["state"] for each in frames] == ["INUSE", "BUSY"]
        assert {each["type"] for each in frames} == {"DeviceStateChanged"}
        assert len(every) == 2 and other == []

    @pytest.mark.parametrize(("version", "count"), [("22", 0), ("16", 2)])
    @virtual_time
    async def test_only_16_tells_that_one_is_deleted_as_often_as_asked(
        self, version: str, count: int
    ):
        machine = new_machine(version)
        await ask(machine, f"PUT {DESK}?deviceState=INUSE")
        frames = heard(machine, "a", "deviceState:")
        for _ in range(2):
            await ask(machine, f"DELETE {DESK}")
        assert [each["device_state"]["state"] for each in frames] == ["UNKNOWN"] * count
