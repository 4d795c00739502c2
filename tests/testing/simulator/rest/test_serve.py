"""A request in, its response out."""

from __future__ import annotations

import json

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.serve import BODY_LIMIT, serve
from tests.testing.simulator.machines import new_machine, served, simulated


class TestAResponse:
    @simulated
    async def test_has_json_without_spaces_or_nothing(self):
        machine = new_machine()
        response, location = await serve(machine, "POST", "bridges/b", [("name", "x")])
        assert (response.status, response.reason, location) == (200, "OK", "")
        assert json.loads(response.body)["name"] == "x" and b": " not in response.body
        response, _ = await serve(machine, "DELETE", "bridges/b")
        assert (response.status, response.reason, response.body) == (204, "No Content", b"")

    @simulated
    async def test_names_where_what_was_made_is(self):
        machine, _ = served()
        await serve(machine, "POST", "bridges/b")
        play = [("media", "sound:one")]
        _, location = await serve(machine, "POST", "bridges/b/play/p", play)
        assert location == "/playbacks/p"

    @simulated
    async def test_of_a_refusal_says_why(self):
        response, _ = await serve(new_machine(), "GET", "channels/nobody")
        assert (response.status, response.body) == (404, b'{"message":"Channel not found"}')

    @simulated
    async def test_of_a_body_that_is_too_large_is_413(self):
        body = b"x" * (BODY_LIMIT + 1)
        response, _ = await serve(new_machine(), "POST", "bridges", body=body)
        assert response.status == 413

    @simulated
    async def test_of_a_failure_of_ours_is_500_and_remembered(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        machine = new_machine()
        monkeypatch.setattr(Machine, "new_id", lambda machine: 1 / 0)
        response, _ = await serve(machine, "POST", "bridges")
        assert response.status == 500 and b"the simulator failed" in response.body
        assert isinstance(machine.failures.pop(), ZeroDivisionError)
