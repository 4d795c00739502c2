"""Requests over the event WebSocket, without one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stasis.testing import virtual_time
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.call import Answer
from stasis.testing.simulator.socket import Session, answer
from tests.testing.simulator.machines import new_machine

PING = {"type": "RESTRequest", "request_id": "r", "method": "GET", "uri": "asterisk/ping"}
VARIABLE = {"type": "RESTRequest", "method": "POST", "uri": "asterisk/variable"}


async def told(machine: Machine, request: object, **more: Any) -> dict[str, Any]:
    """The answer to a request, with its body decoded."""
    text = request if isinstance(request, str) else json.dumps(request)
    found = await answer(machine, text, **more)
    if "message_body" in found:
        found["message_body"] = json.loads(found["message_body"])
    return found


class TestAnAnswer:
    @virtual_time
    async def test_it_has_the_ids_of_its_request(self):
        found = await told(new_machine(), {**PING, "transaction_id": "t"})
        assert (found["transaction_id"], found["request_id"]) == ("t", "r")
        assert (found["status_code"], found["reason_phrase"]) == (200, "OK")
        assert (found["uri"], found["content_type"]) == ("asterisk/ping", "application/json")
        assert found["message_body"]["ping"] == "pong"

    @virtual_time
    async def test_ids_that_are_no_text_are_left_out(self):
        found = await told(new_machine(), {**PING, "request_id": 5})
        assert (found["request_id"], found["status_code"]) == ("", 200)

    @virtual_time
    async def test_nothing_to_say_has_no_body(self):
        request = {**VARIABLE, "query_strings": [{"name": "variable", "value": "X"}]}
        found = await told(new_machine(), request)
        assert found["status_code"] == 204
        assert not {"content_type", "message_body"} & set(found)


class TestParameters:
    @pytest.mark.parametrize(
        "how",
        [
            {"uri": "asterisk/variable?variable=X&value=a+b"},
            {
                "query_strings": [
                    {"name": "variable", "value": "X"},
                    {"name": "value", "value": "a b"},
                ]
            },
            {"content_type": "application/json", "message_body": '{"variable":"X","value":"a b"}'},
            {
                "content_type": "application/x-www-form-urlencoded",
                "message_body": "variable=X&value=a+b",
            },
        ],
    )
    @virtual_time
    async def test_they_come_in_the_address_beside_it_and_in_the_body(self, how: dict[str, Any]):
        machine = new_machine()
        assert (await told(machine, {**VARIABLE, **how}))["status_code"] == 204
        assert machine.variables["X"] == "a b"


class TestWhatIsWrong:
    @pytest.mark.parametrize("text", ["{", "", "1", '"x"'])
    @virtual_time
    async def test_no_json_object_is_answered_without_ids(self, text: str):
        found = await told(new_machine(), text)
        assert (found["status_code"], found["request_id"], found["uri"]) == (400, "", "")
        assert found["reason_phrase"] == "Failed to parse request message JSON"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"type": None}, "No 'type' property."),
            ({"type": "x"}, "Unknown request type."),
            ({"uri": ""}, "Empty or missing 'uri' property."),
            ({"uri": 5}, "Empty or missing 'uri' property."),
            ({"method": "get"}, "Unknown or missing 'method' property."),
            ({"method": None}, "Unknown or missing 'method' property."),
            ({"uri": "events?app=x"}, "Can't upgrade to websocket from a websocket"),
            ({"query_strings": [{"name": "x"}]}, "Unable to parse 'query_strings' array."),
            ({"query_strings": ["x"]}, "Unable to parse 'query_strings' array."),
            ({"message_body": "x"}, "No 'content_type' for 'message_body'."),
            ({"message_body": "x", "content_type": "text/plain"}, "Unknown content type."),
            (
                {"message_body": "{", "content_type": "application/json"},
                "Unable to parse 'message_body' as 'application/json'.",
            ),
        ],
    )
    @virtual_time
    async def test_a_request_that_is_none_says_why(self, change: dict[str, Any], why: str):
        found = await told(new_machine(), {**PING, **change})
        assert (found["status_code"], found["request_id"]) == (400, "r")
        assert found["message_body"] == {"message": why}

    @pytest.mark.parametrize(
        ("uri", "status"), [("/asterisk/ping", 405), ("ari/asterisk/ping", 404), ("?x", 405)]
    )
    @virtual_time
    async def test_an_address_is_below_ari_and_without_a_slash(self, uri: str, status: int):
        assert (await told(new_machine(), {**PING, "uri": uri}))["status_code"] == status

    @virtual_time
    async def test_a_file_cannot_travel_here(self, monkeypatch: pytest.MonkeyPatch):
        from stasis.testing.simulator.rest import call, serve

        found = call.Operation(
            "GET", (), lambda _: Answer(200, file=b"RIFF", content_type="audio/wav")
        )
        monkeypatch.setattr(serve, "route", lambda *_: (found, {}))
        assert (await told(new_machine(), PING))["status_code"] == 406


class TestRights:
    @virtual_time
    async def test_a_user_who_may_only_read_cannot_write(self):
        machine = new_machine()
        found = await told(machine, {**VARIABLE, "uri": "bridges/b"}, read_only=True)
        assert found["status_code"] == 403
        assert found["message_body"] == {"message": "Write access denied"}
        assert (await told(machine, PING, read_only=True))["status_code"] == 200

    @virtual_time
    async def test_options_tell_that_a_path_is_there(self):
        assert (await told(new_machine(), {**PING, "method": "OPTIONS"}))["status_code"] == 204
        unknown = {**PING, "method": "OPTIONS", "uri": "nonsense"}
        assert (await told(new_machine(), unknown))["status_code"] == 404


class TestASession:
    @virtual_time
    async def test_its_applications_are_registered_and_gone_with_it(self):
        machine = new_machine()
        session = Session(machine, ["a", "b"], lambda frame: None)
        assert set(machine.bus.applications) == {"a", "b"}
        session.close()
        assert machine.bus.applications == {}

    @virtual_time
    async def test_an_answer_is_a_frame_of_the_first_application(self):
        machine, frames = new_machine(), list[dict[str, Any]]()
        Session(machine, ["a", "b"], frames.append).receive(json.dumps(PING))
        await asyncio.sleep(0.1)
        (frame,) = frames
        assert frame["type"] == "RESTResponse"
        assert frame["application"] == "a"
        assert frame["asterisk_id"] and frame["timestamp"]

    @virtual_time
    async def test_an_event_filter_holds_back_answers_too(self):
        machine, frames = new_machine(), list[dict[str, Any]]()
        session = Session(machine, ["a"], frames.append)
        machine.bus.applications["a"].allowed = [{"type": "StasisStart"}]
        session.receive(json.dumps(PING))
        await asyncio.sleep(0.1)
        assert frames == []

    @virtual_time
    async def test_requests_are_carried_out_in_turn(self):
        machine, frames, pongs = new_machine(), list[dict[str, Any]](), list[str]()
        session = Session(machine, ["a"], frames.append)

        async def long() -> None:
            await asyncio.sleep(5)

        async def pong() -> None:
            pongs.append("pong")

        session.queue(long)
        session.receive(json.dumps(PING))
        session.queue(pong)
        await asyncio.sleep(4.9)
        assert (frames, pongs) == ([], [])
        await asyncio.sleep(0.2)
        assert (len(frames), pongs) == (1, ["pong"])

    @virtual_time
    async def test_what_was_asked_for_is_done_when_the_socket_is_gone(self):
        machine, frames = new_machine(), list[dict[str, Any]]()
        session = Session(machine, ["a"], frames.append)
        session.receive(json.dumps({**VARIABLE, "uri": "asterisk/variable?variable=X&value=1"}))
        session.close()
        await asyncio.sleep(0.1)
        assert machine.variables["X"] == "1"
        assert frames == []

    @virtual_time
    async def test_version_16_does_not_listen(self):
        machine, frames = new_machine("16"), list[dict[str, Any]]()
        Session(machine, ["a"], frames.append).receive(json.dumps(PING))
        await asyncio.sleep(0.1)
        assert frames == []

    @virtual_time
    async def test_a_second_session_takes_an_application_over(self):
        machine = new_machine()
        old, new = list[dict[str, Any]](), list[dict[str, Any]]()
        first = Session(machine, ["a"], old.append)
        Session(machine, ["a"], new.append)
        assert [each["type"] for each in old] == ["ApplicationReplaced"]
        first.close()
        machine.bus.send(machine.bus.applications["a"], "ChannelUserevent", {})
        assert [each["type"] for each in new] == ["ChannelUserevent"]
        assert len(old) == 1
