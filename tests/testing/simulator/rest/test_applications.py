"""Applications over ARI: subscriptions and filters."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import ask, called, kinds, served, simulated


@simulated
async def test_they_are_listed_with_what_they_hear_of():
    machine, _ = served()
    line = await called(machine)
    found = (await ask(machine, "GET applications/a")).json
    assert (found["name"], found["channel_ids"]) == ("a", [line.channel.id])
    assert (await ask(machine, "GET applications")).json == [found]
    answer = await ask(machine, "GET applications/nobody")
    assert (answer.status, answer.why) == (404, "Application not found")


class TestSubscriptions:
    @simulated
    async def test_begin_and_end(self):
        machine, frames = served()
        await ask(machine, "POST bridges/b")
        path = "applications/a/subscription?eventSource=bridge:b"
        assert (await ask(machine, f"POST {path}")).json["bridge_ids"] == ["b"]
        assert (await ask(machine, f"DELETE {path}")).json["bridge_ids"] == []
        assert (await ask(machine, f"DELETE {path}")).status == 422
        await ask(machine, "DELETE bridges/b")
        assert kinds(frames) == []

    @pytest.mark.parametrize(
        ("source", "status"),
        [
            ("", 400),
            ("nonsense:x", 400),
            ("channel", 400),
            ("channel:nobody", 422),
            ("bridge:none", 422),
            ("endpoint:PJSIP/nobody", 422),
            ("endpoint:PJSIP/alice", 200),
            ("endpoint:PJSIP", 200),
            ("deviceState:anything", 200),
            ("channel:", 200),
        ],
    )
    @simulated
    async def test_are_to_what_there_is(self, source: str, status: int):
        machine, _ = served()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
        path = f"POST applications/a/subscription?eventSource={source}"
        assert (await ask(machine, path)).status == status

    @simulated
    async def test_before_a_mistake_in_a_list_hold(self):
        machine, _ = served()
        path = "POST applications/a/subscription?eventSource=deviceState:d,channel:nobody"
        assert (await ask(machine, path)).status == 422
        assert machine.bus.applications["a"].json()["device_names"] == ["d"]

    @simulated
    async def test_to_everything_of_a_kind_cannot_be_ended(self):
        machine, _ = served()
        path = "applications/a/subscription?eventSource=bridge:"
        await ask(machine, f"POST {path}")
        assert (await ask(machine, f"DELETE {path}")).status == 501


class TestFilters:
    @simulated
    async def test_hold_until_they_are_lifted(self):
        machine, _ = served()
        kind = [{"type": "StasisStart"}]
        path = "PUT applications/a/eventFilter"
        found = (await ask(machine, path, {"disallowed": kind})).json
        assert (found["events_allowed"], found["events_disallowed"]) == ([], kind)
        found = (await ask(machine, path, {"allowed": kind})).json
        assert (found["events_allowed"], found["events_disallowed"]) == (kind, kind)
        found = (await ask(machine, path, {})).json
        assert (found["events_allowed"], found["events_disallowed"]) == ([], [])

    @pytest.mark.parametrize("body", [{"allowed": "x"}, {"allowed": [5]}, {"allowed": [{}]}])
    @simulated
    async def test_of_no_known_form_are_refused(self, body: Any):
        machine, _ = served()
        assert (await ask(machine, "PUT applications/a/eventFilter", body)).status == 400
