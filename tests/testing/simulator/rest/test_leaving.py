"""Channels that leave their application: where they go on."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine
from tests.testing.simulator.machines import ask, called, served, simulated, turn

PLAN = """
exten => there,1,Wait(11)
 same => n,Wait(12)
 same => n(label),Wait(13)
[other]
exten => a,1,Wait(21)
 same => 2,Wait(22)
exten => s,1,Wait(31)
"""


async def in_the_application() -> tuple[Machine, Channel, str]:
    """A channel at extension a, priority 1."""
    machine, _ = served(plan=" same => 3,Wait(3)\n" + PLAN)
    channel = (await called(machine)).channel
    path = f"channels/{channel.id}"
    await ask(machine, f"POST {path}/answer")
    return machine, channel, path


class TestContinuing:
    @pytest.mark.parametrize(
        ("query", "data"),
        [
            ("extension=there", "11"),
            ("extension=there&priority=2", "12"),
            ("extension=there&label=label", "13"),
            ("priority=3", "3"),
            ("context=other", "31"),
            ("context=other&extension=a", "21"),
            ("context=other&extension=a&priority=2", "22"),
        ],
    )
    @simulated
    async def test_leads_to_a_place(self, query: str, data: str):
        machine, channel, path = await in_the_application()
        assert (await ask(machine, f"POST {path}/continue?{query}")).status == 204
        await turn()
        assert (channel.app_name, channel.app_data) == ("Wait", data)

    @simulated
    async def test_without_a_place_leads_to_the_next_step(self):
        machine, channel, path = await in_the_application()
        await ask(machine, f"POST {path}/continue")
        await turn()
        assert channel.gone, "the next step is Hangup()"

    @simulated
    async def test_to_nowhere_ends_the_call(self):
        machine, channel, path = await in_the_application()
        await ask(machine, f"POST {path}/continue?extension=nowhere")
        await turn()
        assert channel.gone

    @simulated
    async def test_to_a_label_that_is_not_there_is_refused(self):
        machine, channel, path = await in_the_application()
        answer = await ask(machine, f"POST {path}/continue?extension=there&label=none")
        assert (answer.status, answer.why) == (404, "Requested label can not be found")
        assert channel.control is not None


@simulated
async def test_moving_needs_an_application():
    machine, _, path = await in_the_application()
    assert (await ask(machine, f"POST {path}/move")).status == 400


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ("", 400, "Required parameter 'endpoint' not provided."),
        ("endpoint=alice", 422, "Endpoint parameter 'alice' does not contain tech/resource"),
        (
            "endpoint=SIP/alice",
            422,
            "Endpoint technology 'SIP' does not match channel technology 'PJSIP'",
        ),
    ],
)
@simulated
async def test_a_redirect_of_the_phone_needs_an_endpoint_of_its_kind(
    query: str, status: int, why: str
):
    machine, _, path = await in_the_application()
    answer = await ask(machine, f"POST {path}/redirect?{query}")
    assert (answer.status, answer.why) == (status, why)
