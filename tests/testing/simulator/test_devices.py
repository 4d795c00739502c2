"""The states of devices, as their calls are."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing import virtual_time
from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Behaviour, Phone
from tests.testing.simulator.machines import heard, new_machine

ALICE, LOCAL = "PJSIP/alice", "Local/8000@default"


def with_alice(behaviour: Behaviour = "rings", *states: str) -> Machine:
    """A server with a phone that has channels in these states."""
    machine = new_machine()
    machine.phones[ALICE] = Phone(ALICE, behaviour)
    for number, state in enumerate(states):
        Channel(machine, f"c{number}", f"{ALICE}-{number:08x}", state)
    return machine


class TestAPhone:
    @pytest.mark.parametrize(
        ("states", "found"),
        [
            ((), "NOT_INUSE"),
            (("Down",), "NOT_INUSE"),
            (("Ringing",), "RINGING"),
            (("Ring",), "INUSE"),
            (("Up",), "INUSE"),
            (("Up", "Ringing"), "RINGINUSE"),
        ],
    )
    @virtual_time
    async def test_it_is_as_its_calls_are(self, states: tuple[str, ...], found: str):
        assert with_alice("rings", *states).devices.state(ALICE) == found

    @virtual_time
    async def test_a_call_on_hold_is_told(self):
        machine = with_alice("rings", "Up")
        machine.channels["c0"].held = True
        assert machine.devices.state(ALICE) == "ONHOLD"

    @virtual_time
    async def test_where_nobody_is_registered_it_is_not_available(self):
        assert with_alice("unreachable").devices.state(ALICE) == "UNAVAILABLE"

    @virtual_time
    async def test_each_change_is_told_once_a_moment_later(self):
        machine = with_alice("rings", "Down")
        frames = heard(machine, "a", f"deviceState:{ALICE}")
        channel = machine.channels["c0"]
        for state in ("Ringing", "Up"):
            channel.become(state)
            await asyncio.sleep(0.1)
        channel.become("Dialing")
        await asyncio.sleep(0.1)
        channel.destroy()
        await asyncio.sleep(0.1)
        states = [each["device_state"]["state"] for each in frames]
        assert states == ["RINGING", "INUSE", "NOT_INUSE"]


class TestALocalChannel:
    @virtual_time
    async def test_it_is_in_use_while_it_is_there(self):
        machine = new_machine()
        assert machine.devices.state(LOCAL) == "NOT_INUSE"
        Channel(machine, "c", f"{LOCAL}-00000001;1", "Down")
        assert machine.devices.state(LOCAL) == "INUSE"

    @virtual_time
    async def test_one_that_leads_nowhere_is_invalid(self):
        assert new_machine().devices.state("Local/9@default") == "INVALID"

    @virtual_time
    async def test_it_is_told_each_time(self):
        machine = new_machine()
        frames = heard(machine, "a", "deviceState:")
        halves = [Channel(machine, f"c;{n}", f"{LOCAL}-00000001;{n}", "Down") for n in (1, 2)]
        for half in halves:
            half.become("Up")
        await asyncio.sleep(0.1)
        for half in halves:
            half.destroy()
        await asyncio.sleep(0.1)
        states = [each["device_state"]["state"] for each in frames]
        assert states == ["INUSE", "INUSE", "NOT_INUSE", "NOT_INUSE"]


class TestOthers:
    @virtual_time
    async def test_what_a_client_has_set_is_kept(self):
        machine = new_machine()
        machine.devices.set["Stasis:x"] = "BUSY"
        assert machine.devices.json("Stasis:x") == {"name": "Stasis:x", "state": "BUSY"}
        assert machine.devices.state("Stasis:y") == "UNKNOWN"
        assert machine.devices.state("Custom:y") == "UNKNOWN"

    @virtual_time
    async def test_what_is_not_there_is_invalid(self):
        for name in ("PJSIP/nobody", "nonsense", "Snoop/c"):
            assert new_machine().devices.state(name) == "INVALID"
