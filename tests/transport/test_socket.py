"""REST over the event socket: answers find their requests, and a loss is an unknown outcome."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stasis.ari.events import RESTResponse
from stasis.ari.resource import Request, Response
from stasis.errors import InvalidRequest, OutcomeUnknown, Unreachable
from stasis.testing.clock import virtual_time
from stasis.transport.asked import MESSAGE_LIMIT
from stasis.transport.socket import Socket


class Wire:
    """The socket's other end: writes down what was sent. broken: raised at the next write."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.broken: Exception | None = None

    async def write(self, text: str) -> None:
        if self.broken is not None:
            raise self.broken
        self.sent.append(json.loads(text))


async def files(request: Request) -> Response:
    """What travels over HTTP."""
    return Response(200, "OK", b"RIFF", "audio/wav")


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def socket(wire: Wire) -> Socket:
    """An open one."""
    socket = Socket(files)
    socket.opened(wire.write)
    return socket


def answer(wire: Wire, number: int = -1, status: int = 200, body: str = "{}") -> RESTResponse:
    """Asterisk's answer to a request that was written."""
    return RESTResponse(
        request_id=wire.sent[number]["request_id"],
        status_code=status,
        reason_phrase="OK",
        content_type="application/json",
        message_body=body,
    )


GET = Request("GET", "/channels/a%20b", (("variable", "X+Y"),), seconds=5)


@virtual_time
async def test_a_request_is_one_frame_as_asterisk_reads_it():
    wire, socket = Wire(), Socket(files)
    socket.opened(wire.write)
    asking = asyncio.ensure_future(
        socket(Request("POST", "/channels/c/variable", (("variable", "X"),), b'{"a":"\xc3\xa9"}'))
    )
    await asyncio.sleep(0)
    (sent,) = wire.sent
    assert sent == {
        "request_id": sent["request_id"],
        "type": "RESTRequest",
        "method": "POST",
        "uri": "channels/c/variable",
        "query_strings": [{"name": "variable", "value": "X"}],
        "content_type": "application/json",
        "message_body": '{"a":"é"}',
    }
    socket.answered(answer(wire))
    await asking


async def test_without_a_body_none_is_sent(wire: Wire, socket: Socket):
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    assert "message_body" not in wire.sent[0] and "content_type" not in wire.sent[0]
    assert wire.sent[0]["uri"] == "channels/a%20b"
    socket.answered(answer(wire))
    await asking


async def test_its_answer_is_the_response(wire: Wire, socket: Socket):
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    socket.answered(answer(wire, status=404, body='{"message":"Channel not found"}'))
    assert await asking == Response(
        404, "OK", b'{"message":"Channel not found"}', "application/json"
    )


async def test_answers_find_their_requests_in_any_order(wire: Wire, socket: Socket):
    first, second = asyncio.ensure_future(socket(GET)), asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    socket.answered(answer(wire, 1, body="2"))
    socket.answered(answer(wire, 0, body="1"))
    assert [(await first).body, (await second).body] == [b"1", b"2"]
    assert wire.sent[0]["request_id"] != wire.sent[1]["request_id"]


async def test_an_answer_that_nobody_waits_for_is_dropped(wire: Wire, socket: Socket):
    socket.answered(RESTResponse(request_id="strange"))
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    socket.answered(answer(wire))
    socket.answered(answer(wire))
    assert (await asking).status == 200


async def test_files_go_over_http(wire: Wire, socket: Socket):
    response = await socket(Request("GET", "/recordings/stored/x/file", binary=True))
    assert response.body == b"RIFF" and wire.sent == []


async def test_while_the_socket_is_down_requests_go_over_http(wire: Wire):
    socket = Socket(files)
    assert (await socket(GET)).body == b"RIFF"
    socket.opened(wire.write)
    socket.lost("gone")
    assert (await socket(GET)).body == b"RIFF"
    assert wire.sent == []


@virtual_time
async def test_where_there_is_no_http_they_wait_until_asterisk_has_dialled_again():
    wire, socket = Wire(), Socket(None)
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(4)
    assert not asking.done()
    socket.opened(wire.write)
    await asyncio.sleep(0.1)
    socket.answered(answer(wire))
    assert (await asking).status == 200


@virtual_time
async def test_but_not_longer_than_the_answer_may_take():
    with pytest.raises(Unreachable, match="the event socket is down"):
        await Socket(None)(GET)
    assert asyncio.get_running_loop().time() == pytest.approx(5)


@virtual_time
async def test_and_not_when_the_connection_is_over():
    socket = Socket(None)
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(1)
    socket.close()
    with pytest.raises(Unreachable):
        await asking
    assert asyncio.get_running_loop().time() == pytest.approx(1)


async def test_without_http_no_file_can_be_had():
    with pytest.raises(Unreachable, match="files come over HTTP"):
        await Socket(None)(Request("GET", "/recordings/stored/x/file", binary=True))


async def test_what_may_be_sent_twice_is_sent_again_when_the_socket_is_lost(
    wire: Wire, socket: Socket
):
    asking = asyncio.ensure_future(socket(Request("GET", "/channels", repeatable=True)))
    await asyncio.sleep(0)
    assert len(wire.sent) == 1
    socket.lost("gone")
    assert (await asking).body == b"RIFF"


async def test_so_it_is_when_it_cannot_be_written(wire: Wire, socket: Socket):
    wire.broken = ConnectionResetError("broken pipe")
    assert (await socket(Request("GET", "/channels", repeatable=True))).body == b"RIFF"


async def test_what_is_under_way_when_it_is_lost_has_an_unknown_outcome(wire: Wire, socket: Socket):
    asking = [asyncio.ensure_future(socket(GET)) for _ in range(2)]
    await asyncio.sleep(0)
    socket.lost("Asterisk closed the socket: 1001")
    for each in asking:
        with pytest.raises(OutcomeUnknown, match="socket lost: Asterisk closed the socket: 1001"):
            await each


async def test_a_write_that_fails_has_an_unknown_outcome(wire: Wire, socket: Socket):
    wire.broken = ConnectionResetError("broken pipe")
    with pytest.raises(OutcomeUnknown, match="broken pipe"):
        await socket(GET)


@virtual_time
async def test_no_answer_in_time_is_an_unknown_outcome():
    wire, socket = Wire(), Socket(files)
    socket.opened(wire.write)
    with pytest.raises(OutcomeUnknown, match="no answer on the socket in 5 s"):
        await socket(GET)
    assert asyncio.get_running_loop().time() == pytest.approx(5)
    socket.answered(answer(wire))


async def test_after_a_reconnect_it_goes_on(socket: Socket):
    socket.lost("gone")
    fresh = Wire()
    socket.opened(fresh.write)
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    socket.answered(answer(fresh))
    assert (await asking).status == 200


async def test_a_request_whose_caller_was_cancelled_is_forgotten(wire: Wire, socket: Socket):
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    socket.answered(answer(wire))
    socket.lost("gone")
    assert len(socket._asked) == 0


async def test_a_lost_socket_does_not_mind_one_that_was_just_cancelled(wire: Wire, socket: Socket):
    asking = asyncio.ensure_future(socket(GET))
    await asyncio.sleep(0)
    asking.cancel()
    socket.lost("gone")
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_message_longer_than_asterisk_takes_is_refused_before_sending(
    wire: Wire, socket: Socket
):
    body = json.dumps({"x": "a" * MESSAGE_LIMIT}).encode()
    with pytest.raises(InvalidRequest, match=f"a socket takes {MESSAGE_LIMIT}"):
        await socket(Request("POST", "/channels", body=body))
    assert wire.sent == []
