"""One connection over many sockets: in order, whole, and over when it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from websockets.asyncio.client import ClientConnection

from stasis.transport import arrived as module
from stasis.transport.arrived import Arrived
from stasis.transport.connect import BREATH
from stasis.transport.frames import Lost, Opened
from stasis.transport.listen import Listener, listening
from tests.transport.dialling import REGISTERED, config, dial, event, user

CALL = "ivr:PJSIP/alice-00000001"
CALLED = event("ApplicationRegistered", CALL)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening(config(return_timeout=0.3)) as listener:
        yield listener


async def arrive(
    listener: Listener, *frames: str, path: str = "/ari"
) -> tuple[ClientConnection, Arrived]:
    """A socket that has sent some frames, and the connection it belongs to."""
    asterisk = await dial(listener.port, path=path)
    for frame in frames:
        await asterisk.send(frame)
    async with asyncio.timeout(10):
        return asterisk, await anext(listener)


async def take(call: Arrived, count: int) -> list[object]:
    """The next things its source yields; frames by their number or type."""
    async with asyncio.timeout(10):
        return [short(await anext(call.frames)) for _ in range(count)]


def short(item: object) -> object:
    """A frame as its number or type; Opened and Lost as their class."""
    if not isinstance(item, bytes):
        return type(item)
    frame = json.loads(item)
    return int(frame["eventname"]) if "eventname" in frame else frame["type"]


class TestFrames:
    async def test_what_is_written_reaches_asterisk_and_a_dead_socket_is_an_os_error(
        self, listener: Listener
    ):
        asterisk, call = await arrive(listener, REGISTERED)
        opened = await anext(call.frames)
        assert isinstance(opened, Opened)
        await opened.write('{"type":"RESTRequest"}')
        assert await asterisk.recv() == '{"type":"RESTRequest"}'
        await asterisk.close()
        assert await take(call, 2) == ["ApplicationRegistered", Lost]
        with pytest.raises(OSError):
            await opened.write("x")

    async def test_closing_it_drops_the_socket_and_takes_the_next(self, listener: Listener):
        asterisk, call = await arrive(listener, REGISTERED)
        opened = await anext(call.frames)
        assert isinstance(opened, Opened)
        await opened.close()
        await asterisk.wait_closed()
        again = await dial(listener.port)
        await again.send(user(1))
        assert await take(call, 4) == ["ApplicationRegistered", Lost, Opened, 1]
        await again.close()

    async def test_a_flood_lets_others_run(self, listener: Listener):
        asterisk, call = await arrive(listener, *map(user, range(300)))
        await asterisk.close()
        turns = 0

        async def live() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        await take(call, 2)
        living = asyncio.ensure_future(live())
        await asyncio.sleep(0)
        before = turns
        assert await take(call, 299) == list(range(1, 300))
        living.cancel()
        assert turns - before >= 299 // BREATH

    async def test_who_does_not_read_holds_the_sender_back_and_not_the_process(
        self, listener: Listener
    ):
        asterisk, call = await arrive(listener, REGISTERED)
        blocked = asyncio.create_task(flood(asterisk))
        done, _ = await asyncio.wait({blocked}, timeout=1)
        assert not done, "100 MB went into a process that reads nothing"
        got = await take(call, 500)
        assert got[:2] == [Opened, "ApplicationRegistered"]
        blocked.cancel()
        await asyncio.wait({blocked})
        asterisk.transport.abort()

    async def test_a_loss_says_who_closed_the_socket(self, listener: Listener):
        asterisk, call = await arrive(listener, REGISTERED)
        opened = await anext(call.frames)
        assert isinstance(opened, Opened)
        await opened.close()
        reasons = [await reason(call)]
        for close in (lambda each: each.close(1001, "bye"), lambda each: hang_up(each)):
            asterisk = await dial(listener.port)
            await asterisk.send(REGISTERED)
            await close(asterisk)
            reasons.append(await reason(call))
        assert reasons == [
            "we closed the socket: 1000",
            "Asterisk closed the socket: 1001 bye",
            "the connection broke without a close",
        ]


async def flood(asterisk: ClientConnection) -> None:
    """100 MB of events."""
    frame = user(1, more="x" * 10_000)
    for _ in range(10_000):
        await asterisk.send(frame)


async def hang_up(socket: ClientConnection) -> None:
    """Cut the connection, as a crash would, once what was sent has left."""
    await asyncio.sleep(0)
    socket.transport.close()


async def reason(call: Arrived) -> str:
    """Why its socket was lost."""
    async with asyncio.timeout(10):
        async for item in call.frames:
            if isinstance(item, Lost):
                return item.reason
    raise AssertionError("it has ended")


class TestSocketsInARow:
    async def test_a_half_open_one_is_read_to_its_end_and_dropped(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("stasis.transport.listen.GRACE_SECONDS", 0.1)
        old, call = await arrive(listener, REGISTERED, user(1), user(2))
        new = await dial(listener.port)
        await new.send(user(3))
        await old.wait_closed()
        assert await take(call, 6) == [Opened, "ApplicationRegistered", 1, 2, Lost, Opened]
        assert await take(call, 1) == [3]
        assert listener.counts == {"accepted": 1, "again": 1, "half-open": 1}
        await new.close()

    async def test_one_whose_end_has_not_been_read_yet_loses_nothing(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        # To read it takes a busy machine more than the second that a half-open one is given.
        monkeypatch.setattr("stasis.transport.listen.GRACE_SECONDS", 20.0)
        # More than fits into our queue: most of it waits in the kernel while the next one is there.
        old, call = await arrive(listener, *map(user, range(3000)))
        closing = asyncio.create_task(old.close())
        new = await dial(listener.port)
        await new.send(user(3000))
        async with asyncio.timeout(10):
            while not listener.counts["again"]:
                await asyncio.sleep(0.01)
        got = await take(call, 3004)
        assert [each for each in got if isinstance(each, int)] == list(range(3001))
        assert got[3001:3003] == [Lost, Opened]
        assert not listener.counts["half-open"]
        await closing
        await new.close()

    async def test_several_that_came_unread_are_all_read_in_order(self, listener: Listener):
        first, call = await arrive(listener, user(0))
        await first.close()
        for number in range(1, 4):
            each = await dial(listener.port)
            await each.send(user(number))
            await each.close()
            async with asyncio.timeout(10):
                while listener.counts["again"] < number:
                    await asyncio.sleep(0.01)
        got = await take(call, 12)
        assert [each for each in got if isinstance(each, int)] == [0, 1, 2, 3]
        assert got[::3] == [Opened] * 4

    async def test_too_many_unread_ones_are_refused(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("stasis.transport.listen.PENANCE_SECONDS", 0.01)
        _, call = await arrive(listener, user(0))
        for _ in range(module.WAITING):
            await (await dial(listener.port)).send(user(1))
        async with asyncio.timeout(10):
            while not listener.counts["unfit"]:
                await asyncio.sleep(0.01)
        assert listener.counts["again"] == module.WAITING - 1
        assert not call.per_call

    async def test_short_lived_ones_are_taken_slower_and_slower(self, listener: Listener):
        asterisk, call = await arrive(listener, user(0))
        waits = []
        for number in range(1, 4):
            await asterisk.close()
            async with asyncio.timeout(10):
                while not isinstance(item := await anext(call.frames), Lost):
                    pass
            waits.append(item.retry_in)
            asterisk = await dial(listener.port)
            await asterisk.send(user(number))
        assert module.LEAST_WAIT / 2 <= waits[0] < waits[2] <= 4 * module.LEAST_WAIT
        await asterisk.close()


class TestItsApplications:
    async def test_all_that_are_named_are_known_and_lead_back(self, listener: Listener):
        asterisk, call = await arrive(
            listener, REGISTERED, event("ApplicationRegistered", "hello"), user(1)
        )
        assert await take(call, 4) == [Opened, *["ApplicationRegistered"] * 2, 1]
        assert call.apps == {"ivr", "hello"}
        await asterisk.close()
        again = await dial(listener.port)
        await again.send(user(2, "hello"))  # Asterisk may have kept anything first
        assert await take(call, 3) == [Lost, Opened, 2]
        await again.close()

    async def test_one_that_was_lost_at_once_is_known_by_its_address(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "SETTLED_SECONDS", 60.0)
        asterisk, call = await arrive(listener, REGISTERED, path="/ari?a")
        await asterisk.close()
        assert await take(call, 3) == [Opened, "ApplicationRegistered", Lost]
        again = await dial(listener.port, path="/ari?a")
        await again.send(event("ApplicationRegistered", "hello"))
        assert await take(call, 2) == [Opened, "ApplicationRegistered"]
        assert call.apps == {"ivr", "hello"}
        await again.close()

    async def test_later_another_application_at_that_address_is_another(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "SETTLED_SECONDS", 0.0)
        asterisk, call = await arrive(listener, REGISTERED)
        await asterisk.close()
        await take(call, 3)
        other, second = await arrive(listener, event("ApplicationRegistered", "hello"))
        assert second is not call and call.apps == {"ivr"}
        await other.close()

    async def test_two_asterisks_of_one_host_are_told_apart_by_it(self, listener: Listener):
        # They have one asterisk_id, and may well have one application.
        first, one = await arrive(listener, REGISTERED, path="/ari?a")
        second, other = await arrive(listener, REGISTERED, path="/ari?b")
        assert one is not other and (one.target, other.target) == ("/ari?a", "/ari?b")
        await first.close()
        await second.close()

    async def test_one_with_another_address_is_another(self, listener: Listener):
        asterisk, call = await arrive(listener, REGISTERED, path="/ari?a")
        await asterisk.close()
        await take(call, 3)
        other, second = await arrive(
            listener, event("ApplicationRegistered", "hello"), path="/ari?b"
        )
        assert second is not call
        await other.close()

    async def test_a_frame_that_only_looks_like_a_registration_names_nothing(
        self, listener: Listener
    ):
        said = event("ChannelVarset", "other", value='"ApplicationRegistered"')
        odd = '{"type":"ApplicationRegistered"'
        asterisk, call = await arrive(listener, REGISTERED, said, odd)
        async with asyncio.timeout(10):
            got = [await anext(call.frames) for _ in range(4)]
        assert got[3] == odd.encode() and call.apps == {"ivr"}
        await asterisk.close()


class TestACallOfItsOwn:
    async def test_it_ends_when_asterisk_closes_it(self):
        async with listening(config(return_timeout=60.0)) as listener:
            asterisk, call = await arrive(listener, CALLED, event("StasisEnd", CALL))
            await asterisk.close(1000)
            async with asyncio.timeout(10):  # at once, not after return_timeout
                got = [short(each) async for each in call.frames]
            assert got == [Opened, "ApplicationRegistered", "StasisEnd", Lost]
            assert not listener._sources

    async def test_a_lost_one_waits_for_asterisk_to_dial_again(self, listener: Listener):
        asterisk, call = await arrive(listener, CALLED)
        asterisk.transport.abort()
        assert await take(call, 3) == [Opened, "ApplicationRegistered", Lost]
        again = await dial(listener.port)
        await again.send(event("ChannelDtmfReceived", CALL))
        assert await take(call, 2) == [Opened, "ChannelDtmfReceived"]
        await again.close()

    async def test_one_that_does_not_come_back_ends(self, listener: Listener):
        asterisk, call = await arrive(listener, CALLED)
        asterisk.transport.abort()
        async with asyncio.timeout(10):
            got = [short(each) async for each in call.frames]
        assert got == [Opened, "ApplicationRegistered", Lost]
        assert not listener._sources

    async def test_closing_by_ourselves_is_no_end(self, listener: Listener):
        asterisk, call = await arrive(listener, CALLED)
        opened = await anext(call.frames)
        assert isinstance(opened, Opened)
        await opened.close()
        again = await dial(listener.port)
        await again.send(event("StasisStart", CALL))
        assert await take(call, 4) == ["ApplicationRegistered", Lost, Opened, "StasisStart"]
        await again.close()
        await asterisk.close()


class TestLettingGo:
    async def test_who_stops_reading_closes_the_socket_in_order(self, listener: Listener):
        asterisk, call = await arrive(listener, REGISTERED)
        async with aclosing(call.frames) as source:  # type: ignore[type-var]
            await anext(source)
        async with asyncio.timeout(10):
            await asterisk.wait_closed()
        assert asterisk.close_code == 1000, "a reset may crash Asterisk 22.10"
        assert not listener._sources

    async def test_whoever_comes_then_is_a_new_connection(self, listener: Listener):
        _, call = await arrive(listener, REGISTERED)
        async with aclosing(call.frames) as source:  # type: ignore[type-var]
            await anext(source)
        again, second = await arrive(listener, REGISTERED)
        assert second is not call
        await again.close()

    async def test_it_shows_its_names_and_nothing_else(self, listener: Listener):
        asterisk, call = await arrive(listener, REGISTERED)
        assert repr(call) == "<Arrived ivr of 02:fc:00:00:00:01>"
        await asterisk.close()
