"""Events that a client makes."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import ask, called, served, simulated


class TestAUserEvent:
    @simulated
    async def test_reaches_its_application_with_variables_and_sources(self):
        machine, frames = served()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
        line = await called(machine)
        await ask(machine, "POST bridges/b")
        source = f"channel:{line.channel.id},bridge:b,endpoint:PJSIP/alice"
        path = f"POST events/user/hello?application=a&source={source}"
        assert (await ask(machine, path, {"variables": {"x": "1"}})).status == 204
        event = frames[-1]
        assert (event["type"], event["eventname"]) == ("ChannelUserevent", "hello")
        assert event["userevent"] == {"eventname": "hello", "x": "1"}
        assert event["channel"]["id"] == line.channel.id and event["bridge"]["id"] == "b"
        assert event["endpoint"]["resource"] == "alice"

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 400),
            ("application=nobody", 404),
            ("application=a&source=nonsense", 400),
            ("application=a&source=deviceState:d", 400),
            ("application=a&source=channel:nobody", 422),
        ],
    )
    @simulated
    async def test_that_is_wrong_is_refused(self, query: str, status: int):
        machine, frames = served()
        assert (await ask(machine, f"POST events/user/hello?{query}")).status == status
        assert frames == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("channelId=c", 400), ("channelId=c&application=a", 404)],
)
@simulated
async def test_a_claim_is_for_a_call_that_is_offered(query: str, status: int):
    machine, _ = served()
    assert (await ask(machine, f"POST events/claim?{query}")).status == status
