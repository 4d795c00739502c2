"""The device state handle: a lamp of ours."""

from __future__ import annotations

import pytest

from stasis.ari import Ari
from stasis.device_state import DeviceState
from stasis.errors import InvalidRequest, ServerError
from tests.answers import Answers


async def test_any_device_can_be_read(ari: Ari, answers: Answers):
    answers.answer("GET", 200, {"name": "PJSIP/alice", "state": "INUSE"})
    assert await DeviceState(ari, "PJSIP/alice").get() == "INUSE"
    assert answers.requests == ["GET /deviceStates/PJSIP%2Falice"]


async def test_ours_can_be_set(ari: Ari, answers: Answers):
    await DeviceState(ari, "Stasis:door").set("RINGING")
    assert answers.requests == ["PUT /deviceStates/Stasis%3Adoor"]
    assert answers.last["deviceState"] == "RINGING"


async def test_and_forgotten_once_or_twice(ari: Ari, answers: Answers):
    await DeviceState(ari, "Stasis:door").delete()
    answers.refuse("DELETE", 404, "Device not found")
    await DeviceState(ari, "Stasis:door").delete()
    assert answers.requests == ["DELETE /deviceStates/Stasis%3Adoor"] * 2


async def test_another_error_is_told(ari: Ari, answers: Answers):
    answers.refuse("DELETE", 500, "Internal error")
    with pytest.raises(ServerError):
        await DeviceState(ari, "Stasis:door").delete()


@pytest.mark.parametrize("verb", ["set", "delete"])
async def test_what_is_not_ours_is_not_touched(verb: str, ari: Ari, answers: Answers):
    device = DeviceState(ari, "PJSIP/alice")
    with pytest.raises(InvalidRequest, match="only names that begin with Stasis:"):
        await (device.set("BUSY") if verb == "set" else device.delete())
    assert answers.requests == []


def test_its_repr_names_it(ari: Ari):
    assert repr(DeviceState(ari, "Stasis:x")) == "<DeviceState Stasis:x>"
