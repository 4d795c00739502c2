"""One socket for REST: answers find their requests, and what it owes is known."""

from __future__ import annotations

import asyncio

import pytest

from stasis.ari.resource import Request, Response
from stasis.testing.clock import virtual_time
from stasis.transport.asked import encode
from stasis.transport.line import LATE_SECONDS, MOST, Line
from tests.transport.wires import CLOSED, Wire


def now() -> float:
    """The loop's time."""
    return asyncio.get_running_loop().time()


def asking(line: Line, number: int = 1, seconds: float = 5.0) -> asyncio.Task[Response]:
    """One more request, under way."""
    request = encode(Request("GET", f"/channels/{number}"), str(number))
    return asyncio.ensure_future(line.ask(str(number), request, seconds))


@virtual_time
async def test_an_answer_is_the_response():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    request = asking(line)
    await asyncio.sleep(0)
    wire.answer(status=404, body='{"message":"Channel not found"}')
    assert not line.served
    assert await request == Response(
        404, "OK", b'{"message":"Channel not found"}', "application/json"
    )
    assert line.served
    await line.close()


@virtual_time
async def test_events_are_none_and_nothing_that_comes_ends_it():
    wire = Wire()
    line = Line(wire.connection, lambda line: None)
    for frame in (
        b'{"type":"ApplicationReplaced","application":"x"}',
        b'{"type":"RESTResponse","request_id":7}',
        b'{"type":"RESTResponse","request_id":"","status_code":400}',
        b"no JSON",
        b"\xff\xfe",
        b"[" * 100_000,
    ):
        wire.tell(frame)
    assert (await asking(line)).status == 200
    await line.close()


@virtual_time
async def test_broken_characters_cost_no_answer():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    request = asking(line)
    await asyncio.sleep(0)
    wire.tell(
        b'{"type":"RESTResponse","request_id":"1","status_code":200,"reason_phrase":"OK",'
        b'"content_type":"application/json","message_body":"{\\"value\\":\\"Jos\xe9\\"}"}'
    )
    assert (await request).body.decode() == '{"value":"Jos\ufffd"}'
    await line.close()


@virtual_time
async def test_an_answer_without_a_body_has_none():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    request = asking(line)
    await asyncio.sleep(0)
    wire.tell(b'{"type":"RESTResponse","request_id":"1","status_code":204,"reason_phrase":"No"}')
    assert await request == Response(204, "No", b"", "")
    await line.close()


@virtual_time
async def test_what_is_not_answered_in_time_is_still_owed():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    with pytest.raises(TimeoutError):
        await asking(line, seconds=5)
    assert now() == pytest.approx(5) and line.owed == 1 and not line.brisk(now())
    wire.answer()
    await asyncio.sleep(0)
    assert line.owed == 0
    await line.close()


@virtual_time
async def test_so_is_what_its_caller_has_given_up():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    request = asking(line)
    await asyncio.sleep(0)
    request.cancel()
    await asyncio.wait([request])
    assert line.owed == 1
    other = asking(line, 2)
    await asyncio.sleep(0)
    wire.answer(0, body="of the one that was given up")
    wire.answer(1, body="of the other")
    assert (await other).body == b"of the other" and line.owed == 0
    await line.close()


@virtual_time
async def test_it_is_brisk_while_answers_come():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    await asyncio.sleep(60)  # idle before
    requests = [asking(line, number) for number in range(3)]
    await asyncio.sleep(LATE_SECONDS * 0.9)
    assert line.brisk(now())
    wire.answer(0)
    await asyncio.sleep(LATE_SECONDS * 0.9)
    assert line.brisk(now())
    await asyncio.sleep(LATE_SECONDS * 0.2)
    assert not line.brisk(now())
    await line.close()
    await asyncio.wait(requests)
    assert requests[0].result().status == 200
    for lost in requests[1:]:
        assert isinstance(lost.exception(), ConnectionResetError)


@virtual_time
async def test_and_not_when_so_much_is_owed_that_writing_might_wait():
    wire = Wire(answers=False)
    line = Line(wire.connection, lambda line: None)
    requests = [asking(line, number) for number in range(MOST)]
    assert line.brisk(now())
    await asyncio.sleep(0)
    assert not line.brisk(now())
    await line.close()
    await asyncio.wait(requests)
    assert all(isinstance(lost.exception(), ConnectionResetError) for lost in requests)


@virtual_time
async def test_a_loss_is_told_once_and_ends_all_that_waits():
    wire, lost = Wire(answers=False), list[Line]()
    line = Line(wire.connection, lost.append)
    requests = [asking(line, number) for number in range(2)]
    await asyncio.sleep(0)
    wire.lose()
    for request in requests:
        with pytest.raises(ConnectionResetError, match=CLOSED):
            await request
    await line.reader
    await line.close()
    assert lost == [line] and line.lost and wire.ended
    with pytest.raises(ConnectionResetError):
        await asking(line)
    assert len(wire.sent) == 2


@virtual_time
async def test_a_write_that_fails_is_told_and_so_is_the_end_that_follows():
    wire, lost = Wire(), list[Line]()
    line = Line(wire.connection, lost.append)
    wire.broken = ConnectionResetError("broken pipe")
    with pytest.raises(ConnectionResetError, match="broken pipe"):
        await asking(line)
    assert lost == []  # the reader tells
    wire.lose()
    await line.reader
    assert lost == [line]
