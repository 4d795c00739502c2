"""The simulated server at the seams of a Link."""

from __future__ import annotations

import asyncio
import json

import pytest

from stasis.ari.resource import Request
from stasis.errors import OutcomeUnknown
from stasis.testing import virtual_time
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.seams import frames, send
from stasis.transport.frames import Lost, Opened
from tests.testing.simulator.machines import new_machine

PING = json.dumps({"type": "RESTRequest", "method": "GET", "uri": "asterisk/ping"})


def say(machine: Machine, name: str, app: str = "a") -> None:
    """Have an event of that name sent to an application."""
    machine.bus.send(machine.bus.applications[app], "ChannelUserevent", {"eventname": name})


class TestFrames:
    @virtual_time
    async def test_reading_registers_the_applications(self):
        machine = new_machine()
        line = frames(machine, ["a", "b"])
        assert machine.bus.applications == {} and not line.is_open
        assert isinstance(await anext(line), Opened)
        assert set(machine.bus.applications) == {"a", "b"} and line.is_open

    @virtual_time
    async def test_events_come_as_json_in_their_order(self):
        machine = new_machine()
        line = frames(machine, ["a"])
        await anext(line)
        for name in ("one", "two"):
            say(machine, name)
        for name in ("one", "two"):
            frame = await anext(line)
            assert isinstance(frame, bytes)
            assert json.loads(frame)["eventname"] == name

    @virtual_time
    async def test_what_is_written_is_answered_among_them(self):
        line = frames(new_machine(), ["a"])
        opened = await anext(line)
        assert isinstance(opened, Opened)
        await opened.write(PING)
        frame = await anext(line)
        assert isinstance(frame, bytes)
        assert json.loads(frame)["status_code"] == 200

    @virtual_time
    async def test_it_may_hear_of_everything(self):
        machine = new_machine()
        await anext(frames(machine, ["a"], subscribe_all=True))
        assert machine.bus.applications["a"].everything

    @virtual_time
    async def test_closing_it_leaves_no_application(self):
        machine = new_machine()
        line = frames(machine, ["a"])
        await anext(line)
        await line.aclose()
        assert machine.bus.applications == {} and not line.is_open


class TestACut:
    @virtual_time
    async def test_it_is_told_of_after_what_had_come_and_mended_in_time(self):
        machine = new_machine()
        line = frames(machine, ["a"])
        await anext(line)
        say(machine, "before")
        line.cut(5.0)
        assert machine.bus.applications == {} and not line.is_open
        assert isinstance(await anext(line), bytes)
        lost = await anext(line)
        assert isinstance(lost, Lost) and lost.retry_in == 5.0
        cut_at = machine.loop.time()
        assert isinstance(await anext(line), Opened)
        assert machine.loop.time() - cut_at == pytest.approx(5.0)
        assert (line.cuts, line.is_open) == (1, True)

    @virtual_time
    async def test_what_happens_meanwhile_is_not_told(self):
        machine = new_machine()
        line = frames(machine, ["a"])
        await anext(line)
        application = machine.bus.applications["a"]
        application.subscribe("channel:c")  # so that it stays known
        line.cut(5.0)
        machine.bus.publish("ChannelUserevent", {"eventname": "lost"}, "channel:c")
        await anext(line)
        await anext(line)
        say(machine, "kept")
        frame = await anext(line)
        assert isinstance(frame, bytes) and json.loads(frame)["eventname"] == "kept"

    @virtual_time
    async def test_nothing_can_be_written_until_it_is_mended(self):
        line = frames(new_machine(), ["a"])
        opened = await anext(line)
        assert isinstance(opened, Opened)
        line.cut(5.0)
        with pytest.raises(ConnectionResetError):
            await opened.write(PING)

    @virtual_time
    async def test_a_second_cut_in_a_gap_is_none(self):
        line = frames(new_machine(), ["a"])
        await anext(line)
        line.cut(5.0)
        line.cut(5.0)
        assert line.cuts == 1

    @virtual_time
    async def test_a_client_that_drops_its_socket_comes_back(self):
        line = frames(new_machine(), ["a"])
        opened = await anext(line)
        assert isinstance(opened, Opened)
        await opened.close()
        assert isinstance(await anext(line), Lost)
        assert isinstance(await anext(line), Opened)


class TestSend:
    @virtual_time
    async def test_a_request_is_answered(self):
        response = await send(new_machine())(Request("GET", "/asterisk/ping"))
        assert response.status == 200
        assert json.loads(response.body)["ping"] == "pong"

    @virtual_time
    async def test_query_and_body_arrive(self):
        machine = new_machine()
        body = json.dumps({"value": "x"}).encode()
        request = Request("POST", "/asterisk/variable", (("variable", "X"),), body)
        assert (await send(machine)(request)).status == 204
        assert machine.variables["X"] == "x"

    @virtual_time
    async def test_no_answer_in_time_is_an_unknown_outcome_and_the_server_goes_on(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        from stasis.testing.simulator import seams

        machine, done = new_machine(), list[str]()

        async def slow(*given: object) -> object:
            await asyncio.sleep(60)
            done.append("done")
            raise AssertionError("nobody waits for it")

        monkeypatch.setattr(seams, "serve", slow)
        with pytest.raises(OutcomeUnknown):
            await send(machine)(Request("GET", "/asterisk/ping", seconds=5))
        assert done == []
        await asyncio.sleep(60)
        assert done == ["done"]

    @virtual_time
    async def test_a_server_that_stops_answers_nothing(self, monkeypatch: pytest.MonkeyPatch):
        from stasis.testing.simulator import seams

        machine = new_machine()

        async def slow(*given: object) -> object:
            await asyncio.sleep(60)
            raise AssertionError("it was stopped")

        monkeypatch.setattr(seams, "serve", slow)
        asked = asyncio.create_task(send(machine)(Request("GET", "/x", seconds=100)))
        await asyncio.sleep(1)
        await machine.stop()
        with pytest.raises(OutcomeUnknown):
            await asked
