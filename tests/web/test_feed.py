"""A feed: who may listen, what they hear and in which order, and how it ends for each."""

from __future__ import annotations

import asyncio
import gc
import json
import struct
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from attrs import frozen
from structlog.testing import capture_logs

from stasis.config import HttpConfig
from stasis.http import serve
from stasis.plugin import NoConfig, Plugin
from stasis.web import Feed, Problem, client, feed

EVENTS = "/api/v1/events"


@frozen
class Bearer:
    """Who listens."""

    name: str
    scopes: frozenset[str] = frozenset()


class House:
    """Something happens in it, and it is told."""

    def __init__(self, **options: Any) -> None:
        self.tokens = {name: Bearer(name) for name in ("ann", "bob")}
        self.count = 0
        self.snapshots: list[str] = []
        self.gate: asyncio.Event | None = None
        self.fails: Exception | None = None
        self.asked = 0
        self.feed: Feed[Bearer] = Feed(self.authenticate, **{"snapshot": self.snapshot, **options})

    async def authenticate(self, token: str) -> Bearer | None:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return self.tokens.get(token)

    async def snapshot(self, who: Bearer) -> Mapping[str, Any]:
        self.snapshots.append(who.name)
        count = self.count
        if self.gate is not None:
            await self.gate.wait()
        return {"count": count}

    def changes(self, to: Callable[[Bearer], bool] | None = None) -> None:
        self.count += 1
        self.feed.tell("changed", {"count": self.count}, to)


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[TestClient[Any, Any]]:
    """It, served on loopback."""
    app = web.Application()
    app.router.add_get(EVENTS, house.feed.join)

    async def stop(app: web.Application) -> None:
        await house.feed.close()

    app.on_shutdown.append(stop)
    async with TestClient(TestServer(app)) as made:
        yield made


@asynccontextmanager
async def listening(
    here: TestClient[Any, Any], token: str = "ann", **more: Any
) -> AsyncIterator[ClientWebSocketResponse]:
    """Somebody who has said who they are, and has not read anything yet."""
    async with here.ws_connect(EVENTS, **more) as socket:
        await socket.send_json({"token": token})
        yield socket


async def heard(socket: ClientWebSocketResponse, count: int = 1) -> list[dict[str, Any]]:
    """The next messages."""
    return [json.loads(await socket.receive_str(timeout=5)) for _ in range(count)]


async def ended(socket: ClientWebSocketResponse) -> tuple[int | None, str]:
    """The code and the reason with which a socket is closed."""
    while (got := await socket.receive(timeout=10)).type is WSMsgType.TEXT:
        pass
    assert got.type is WSMsgType.CLOSE, got
    return got.data, str(got.extra)


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


class TestMessages:
    async def test_the_snapshot_comes_first_and_then_each_change_by_its_number(self):
        house = House()
        house.changes()
        async with opened(house) as here, listening(here) as socket:
            (first,) = await heard(socket)
            for _ in range(3):
                house.changes()
            rest = await heard(socket, 3)
        assert [each.pop("at")[:2] for each in (first, *rest)] == ["20"] * 4
        assert first == {"seq": 0, "type": "snapshot", "count": 1}
        assert rest == [{"seq": n, "type": "changed", "count": n + 1} for n in (1, 2, 3)]

    async def test_what_happens_while_the_snapshot_is_made_is_told_after_it(self):
        house = House()
        house.gate = asyncio.Event()
        async with opened(house) as here, listening(here) as socket:
            await until(lambda: bool(house.snapshots))
            house.changes()
            house.changes()
            house.gate.set()
            assert [each["count"] for each in await heard(socket, 3)] == [0, 1, 2]

    async def test_one_may_have_chosen_what_it_hears(self):
        house = House()

        async def join(request: web.Request) -> web.StreamResponse:
            return await house.feed.join(request, lambda data: data["count"] % 2 == 0)

        app = web.Application()
        app.router.add_get(EVENTS, join)
        async with TestClient(TestServer(app)) as here, listening(here) as socket:
            await heard(socket)
            for _ in range(4):
                house.changes()
            assert [each["count"] for each in await heard(socket, 2)] == [2, 4]
            await house.feed.close()

    async def test_each_has_numbers_of_its_own(self):
        house = House()
        async with opened(house) as here, listening(here) as first:
            await heard(first)
            house.changes()
            assert (await heard(first))[0]["seq"] == 1
            async with listening(here) as second:
                assert (await heard(second))[0] == (await_free(0))
                house.changes()
                assert (await heard(second))[0]["seq"] == 1
            assert (await heard(first))[0]["seq"] == 2

    async def test_only_those_hear_it_to_whom_it_is_told(self):
        house = House()
        async with (
            opened(house) as here,
            listening(here, "ann") as ann,
            listening(here, "bob") as bob,
        ):
            await heard(ann)
            await heard(bob)
            house.changes(lambda who: who.name == "bob")
            house.changes()
            assert [each["count"] for each in await heard(bob, 2)] == [1, 2]
            (only,) = await heard(ann)
            assert (only["count"], only["seq"]) == (2, 1)

    async def test_it_says_who_listens(self):
        house = House()
        async with opened(house) as here:
            async with listening(here, "ann") as ann, listening(here, "bob") as bob:
                await heard(ann)
                await heard(bob)
                assert len(house.feed) == 2
                assert {who.name for who in house.feed.listening} == {"ann", "bob"}
            await until(lambda: len(house.feed) == 0)

    async def test_structs_are_told_and_a_time_of_their_own(self):
        class State(msgspec.Struct):
            open: bool

        house = House()
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.feed.tell("door", {"state": State(open=True), "at": "2020-01-01T00:00:00Z"})
            (told,) = await heard(socket)
        assert told == {
            "seq": 1,
            "type": "door",
            "at": "2020-01-01T00:00:00Z",
            "state": {"open": True},
        }

    @pytest.mark.parametrize("name", ["seq", "type"])
    async def test_names_of_its_own_are_refused_whether_anybody_listens_or_not(self, name):
        with pytest.raises(ValueError, match=f"door: '{name}' is the feed's own"):
            House().feed.tell("door", {name: 1})

    async def test_telling_does_not_wait_for_anybody(self):
        house = House()
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            for _ in range(500):
                house.changes()
            assert [each["count"] for each in await heard(socket, 500)] == list(range(1, 501))


def await_free(count: int) -> Any:
    """A snapshot, whatever its time and count."""

    class Snapshot:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, dict) and (other["seq"], other["type"]) == (count, "snapshot")

    return Snapshot()


class TestWho:
    async def test_a_token_may_come_as_a_header(self):
        house = House()
        headers = {"Authorization": "Bearer bob"}
        async with opened(house) as here, here.ws_connect(EVENTS, headers=headers) as socket:
            await heard(socket)
            assert house.snapshots == ["bob"]

    async def test_a_wrong_header_is_not_made_good_by_a_message(self):
        house = House()
        headers = {"Authorization": "Bearer nobody"}
        async with opened(house) as here, listening(here, "ann", headers=headers) as socket:
            assert (await ended(socket))[0] == 4401

    @pytest.mark.parametrize(
        "first",
        [
            '{"token": "nobody"}', '{"token": ""}', '{"token": null}', '{"token": ["ann"]}', "{}",
            '"ann"', "ann", "[]", "", "[" * 5000, '{"token": "' + "a" * 5000 + '"}',
            '{"token": "\\u0000"}', '{"token": "an\\u00f1"}', '{"token": "ann\\n"}',
        ],
    )  # fmt: skip
    async def test_a_first_message_without_a_token_that_is_known_ends_it(self, first):
        house = House()
        async with opened(house) as here, here.ws_connect(EVENTS) as socket:
            await socket.send_str(first)
            assert await ended(socket) == (4401, 'send {"token": "..."} first')
        assert house.snapshots == []

    async def test_a_binary_first_message_ends_it(self):
        async with opened(House()) as here, here.ws_connect(EVENTS) as socket:
            await socket.send_bytes(b'{"token": "ann"}')
            assert (await ended(socket))[0] == 4401

    async def test_an_oversized_first_message_ends_it_as_such(self):
        async with opened(House()) as here, here.ws_connect(EVENTS) as socket:
            await socket.send_str('{"token": "' + "a" * 20_000 + '"}')
            assert (await ended(socket))[0] == 1009

    async def test_who_says_nothing_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr(feed, "GREETING_SECONDS", 0.05)
        house = House()
        async with opened(house) as here, here.ws_connect(EVENTS) as socket:
            assert (await ended(socket))[0] == 4401
        assert house.asked == 0

    async def test_who_goes_before_saying_anything_leaves_nothing(self):
        house = House()
        async with opened(house) as here:
            async with here.ws_connect(EVENTS):
                pass
            await asyncio.sleep(0.02)
            assert len(house.feed) == 0

    async def test_a_token_in_the_address_does_not_count(self):
        async with opened(House()) as here, here.ws_connect(f"{EVENTS}?token=ann") as socket:
            await socket.send_str("{}")
            assert (await ended(socket))[0] == 4401

    async def test_when_tokens_cannot_be_looked_up_it_says_try_later(self):
        house = House()
        house.fails = RuntimeError("no database")
        with capture_logs() as logs:
            async with opened(house) as here, listening(here) as socket:
                assert await ended(socket) == (1013, "try again later")
        assert [line["log_level"] for line in logs] == ["warning"]

    async def test_what_is_no_websocket_is_refused(self):
        async with opened(House()) as here, here.get(EVENTS) as reply:
            assert reply.status == 400


class TestOrigin:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "", "http://"])
    async def test_a_page_of_another_host_is_refused(self, origin):
        house = House()
        with capture_logs() as logs:
            async with opened(house) as here:
                with pytest.raises(WSServerHandshakeError) as refused:
                    await here.ws_connect(EVENTS, headers={"Origin": origin})
        assert refused.value.status == 403 and house.asked == 0
        assert logs == [
            {"event": "refused", "log_level": "warning", "origin": origin, "path": EVENTS}
        ]

    async def test_a_page_of_this_host_or_one_that_is_named_may_listen(self):
        house = House(origins=["https://phone.example"])
        async with opened(house) as here:
            for origin in (f"http://127.0.0.1:{here.port}", "https://phone.example"):
                async with listening(here, headers={"Origin": origin}) as socket:
                    await heard(socket)


class TestToken:
    """It is looked at as long as the socket is open."""

    async def test_one_that_has_expired_is_noticed(self):
        house = House(again=0.03)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            del house.tokens["ann"]
            assert await ended(socket) == (4401, "the token is no longer valid")

    async def test_one_that_is_somebody_elses_by_now_is_no_longer_valid(self):
        house = House(again=0.03)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.tokens["ann"] = Bearer("eve")
            assert (await ended(socket))[0] == 4401

    async def test_what_it_may_hear_follows_its_scopes(self):
        house = House(again=0.03)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.tokens["ann"] = Bearer("ann", frozenset({"doors"}))
            await until(lambda: "doors" in house.feed.listening[0].scopes)

    async def test_while_it_cannot_be_looked_up_it_counts(self):
        house = House(again=0.02)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.fails = RuntimeError("no database")
            with capture_logs() as logs:
                await until(lambda: len(logs) > 2)
            house.changes()
            assert (await heard(socket))[0]["count"] == 1
            house.fails = None

    async def test_another_one_may_be_sent_in_time(self):
        house = House(again=0.05)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.tokens["new"] = Bearer("ann", frozenset({"more"}))
            await socket.send_json({"token": "new"})
            await until(lambda: "more" in house.feed.listening[0].scopes)
            del house.tokens["ann"]
            await asyncio.sleep(0.12)
            house.changes()
            assert (await heard(socket))[0]["count"] == 1

    async def test_another_one_that_comes_while_the_old_one_is_looked_at_counts(self):
        house = House(again=0.02)
        slow, looked = asyncio.Event(), asyncio.Event()
        known = house.authenticate

        async def authenticate(token: str) -> Bearer | None:
            if token == "ann" and house.asked:
                looked.set()
                await slow.wait()
                return None
            return await known(token)

        house.feed._authenticate = authenticate
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            await looked.wait()
            house.tokens["new"] = Bearer("ann")
            await socket.send_json({"token": "new"})
            await until(lambda: house.asked == 2)
            slow.set()
            house.changes()
            assert (await heard(socket))[0]["count"] == 1

    @pytest.mark.parametrize("token", ["bob", "nobody"])
    async def test_one_of_somebody_else_changes_nothing(self, token):
        house = House()
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            await socket.send_json({"token": token})
            await until(lambda: house.asked == 2)
            house.changes()
            assert (await heard(socket))[0]["count"] == 1
            assert [who.name for who in house.feed.listening] == ["ann"]

    async def test_it_is_revoked_at_once_by_end(self):
        house = House()
        async with (
            opened(house) as here,
            listening(here, "ann") as ann,
            listening(here, "bob") as bob,
        ):
            await heard(ann)
            await heard(bob)
            house.changes()
            house.feed.end(lambda who: who.name == "ann", "you have left")
            house.changes()
            assert [each["count"] for each in await heard(ann)] == [1]
            assert await ended(ann) == (4401, "you have left")
            assert [each["count"] for each in await heard(bob, 2)] == [1, 2]

    async def test_who_is_ended_before_the_snapshot_does_not_get_it(self):
        house = House()
        house.gate = asyncio.Event()
        async with opened(house) as here, listening(here) as socket:
            await until(lambda: bool(house.snapshots))
            house.feed.end(lambda who: True, "revoked")
            house.gate.set()
            got = await socket.receive()
            assert (got.type, got.data) == (WSMsgType.CLOSE, 4401)

    async def test_a_long_reason_is_cut_where_a_character_ends(self):
        house = House()
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            house.feed.end(lambda who: True, "ü" * 100)
            assert await ended(socket) == (4401, "ü" * 61)


class TestSaying:
    async def test_what_one_says_beside_a_token_is_heard_in_order(self):
        said: list[Any] = []

        async def hear(who: Bearer, what: Mapping[str, Any]) -> None:
            await asyncio.sleep(0.01 if not said else 0)
            said.append((who.name, what["n"]))

        async with opened(House(said=hear)) as here, listening(here) as socket:
            for n in range(3):
                await socket.send_json({"n": n})
            await until(lambda: len(said) == 3)
        assert said == [("ann", 0), ("ann", 1), ("ann", 2)]

    @pytest.mark.parametrize("odd", ["", "[]", "1", "{", "[" * 5000, '"' + "x" * 100 + '"'])
    async def test_what_is_no_object_is_not_heard_and_ends_nothing(self, odd):
        async def hear(who: Bearer, what: Mapping[str, Any]) -> None:
            raise AssertionError("never")

        house = House(said=hear)
        async with opened(house) as here, listening(here) as socket:
            await heard(socket)
            await socket.send_str(odd)
            await socket.send_bytes(b"{}")
            await asyncio.sleep(0.02)
            house.changes()
            assert (await heard(socket))[0]["count"] == 1

    async def test_a_problem_is_told_to_who_made_it(self):
        async def hear(who: Bearer, what: Mapping[str, Any]) -> None:
            raise Problem(409, "busy", "not now")

        async with opened(House(said=hear)) as here, listening(here) as socket:
            await heard(socket)
            await socket.send_json({"ring": 1})
            (told,) = await heard(socket)
        assert (told["type"], told["code"], told["detail"]) == ("problem", "busy", "not now")

    async def test_whatever_else_it_raises_ends_this_one_alone(self):
        async def hear(who: Bearer, what: Mapping[str, Any]) -> None:
            raise RuntimeError("secret")

        house = House(said=hear)
        with capture_logs() as logs:
            async with opened(house) as here, listening(here, "bob") as bob:
                await heard(bob)
                async with listening(here) as socket:
                    await socket.send_json({"ring": 1})
                    assert await ended(socket) == (1011, "failed")
                house.changes()
                assert (await heard(bob))[0]["count"] == 1
        assert [line["event"] for line in logs] == ["what was said failed"]

    async def test_a_snapshot_that_fails_ends_this_one_alone(self):
        house = House()

        async def broken(who: Bearer) -> Mapping[str, Any]:
            if who.name == "ann":
                raise RuntimeError("no database")
            return {}

        house.feed._snapshot = broken
        with capture_logs() as logs:
            async with opened(house) as here, listening(here, "bob") as bob:
                await heard(bob)
                async with listening(here) as socket:
                    assert await ended(socket) == (1011, "failed")
                house.changes()
                assert (await heard(bob))[0]["count"] == 1
        assert [(line["event"], line["who"]) for line in logs] == [("the feed failed", "ann")]


class TestLimits:
    async def test_more_than_the_limit_are_told_to_come_later(self):
        async with opened(House(limit=1)) as here, listening(here) as socket:
            await heard(socket)
            with pytest.raises(WSServerHandshakeError) as refused:
                await here.ws_connect(EVENTS)
            assert refused.value.status == 503
            assert refused.value.headers is not None
            assert refused.value.headers["Retry-After"] == "5"

    async def test_who_overtakes_while_another_says_who_it_is_does_not_break_the_limit(self):
        async with opened(House(limit=1)) as here, here.ws_connect(EVENTS) as first:
            async with listening(here) as second:
                await heard(second)
                await first.send_json({"token": "ann"})
                assert await ended(first) == (1013, "too many listen already")

    async def test_nobody_keeps_others_out_by_listening_many_times(self):
        async with opened(House(each=1)) as here, listening(here) as one:
            await heard(one)
            async with listening(here) as two, listening(here, "bob") as bob:
                assert (await ended(two))[0] == 1013
                await heard(bob)

    async def test_those_who_say_nothing_keep_nobody_out(self, monkeypatch):
        monkeypatch.setattr(feed, "GREETING_LIMIT", 3)
        async with opened(House()) as here:
            silent = [await here.ws_connect(EVENTS) for _ in range(5)]
            async with listening(here) as socket:
                await heard(socket)
            for each in silent[:3]:
                assert (await ended(each))[0] == 4401
            assert not any(each.closed for each in silent[3:])
            for each in silent[3:]:
                await each.close()


class TestSlow:
    async def test_who_is_too_slow_is_cut_off_and_the_others_go_on(self, monkeypatch):
        """The slow one reads nothing: its queue fills, then it is gone, with all it has kept."""
        monkeypatch.setattr(client, "CLOSING_SECONDS", 0.2)
        house = House(queue=20)
        large = "x" * 10_000
        with capture_logs() as logs:
            async with opened(house) as here, listening(here, "bob") as bob:
                await heard(bob)
                slow = await stopped(here)
                await until(lambda: len(house.feed) == 2)
                most = 0
                tracemalloc.start()
                before = tracemalloc.get_traced_memory()[0]
                for n in range(3000):
                    house.feed.tell("large", {"n": n, "text": large})
                    assert (await heard(bob))[0]["n"] == n
                    most = max(most, tracemalloc.get_traced_memory()[0] - before)
                tracemalloc.stop()
                await until(lambda: len(house.feed) == 1)
                slow.close()
        assert most < 6_000_000, "30 MB were told; what waits for the slow one is bounded"
        assert logs == []

    async def test_one_that_reads_again_hears_that_it_was_too_slow(self):
        house = House(queue=5)
        house.gate = asyncio.Event()
        async with opened(house) as here, listening(here) as socket:
            await until(lambda: bool(house.snapshots))
            for _ in range(6):
                house.changes()
            house.gate.set()
            assert await ended(socket) == (1013, "too slow: connect again")


async def stopped(here: TestClient[Any, Any]) -> asyncio.StreamWriter:
    """Somebody who listens and reads nothing at all."""
    assert isinstance(here.server, TestServer) and here.server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", here.server.port, limit=1024)
    writer.write(handshake("ann"))
    await reader.readuntil(b"\r\n\r\n")
    transport = writer.transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    return writer


def handshake(token: str) -> bytes:
    """A request for the feed."""
    return (
        f"GET {EVENTS} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


class TestStop:
    async def test_close_cuts_everybody_off_with_what_they_were_told_before(self):
        house = House()
        async with opened(house) as here, listening(here) as one, listening(here, "bob") as two:
            async with here.ws_connect(EVENTS) as silent:
                await heard(one)
                await heard(two)
                house.changes()
                await house.feed.close()
                assert len(house.feed) == 0
                assert (await heard(one))[0]["count"] == 1
                assert await ended(one) == (1001, "the program stops")
                assert await ended(two) == (1001, "the program stops")
                assert (await ended(silent))[0] == 4401

    async def test_who_does_not_read_is_dropped_in_the_end(self, monkeypatch):
        monkeypatch.setattr(client, "CLOSING_SECONDS", 0.1)
        house = House()
        async with opened(house) as here:
            slow = await stopped(here)
            await until(lambda: len(house.feed) == 1)
            for _ in range(600):
                house.feed.tell("large", {"text": "x" * 10_000})
                await asyncio.sleep(0)
            began = time.monotonic()
            await house.feed.close()
            assert time.monotonic() - began < 2
            slow.close()

    async def test_the_programs_server_stops_while_they_listen(self):
        """A plugin need not think of it: the server itself closes the feeds it has served."""
        house = House()

        class Door(Plugin):
            name = "door"

            def routes(self) -> list[web.RouteDef]:
                return [web.get("/events", house.feed.join)]

        async with ClientSession() as session:
            async with serve(HttpConfig(port=0), [Door(NoConfig())]) as port:
                sockets = [
                    await session.ws_connect(f"http://127.0.0.1:{port}/door/events")
                    for _ in range(5)
                ]
                for each in sockets[1:]:
                    await each.send_json({"token": "ann"})
                    await heard(each)
                began = time.monotonic()
            assert time.monotonic() - began < 3
            assert [(await ended(each))[0] for each in sockets] == [4401, *[1001] * 4]


class Counter(asyncio.Protocol):
    """A client that counts what it gets and answers pings: the cheapest there is."""

    transport: asyncio.Transport

    def __init__(self, done: asyncio.Event, expected: int) -> None:
        self.done = done
        self.expected = expected
        self.count = 0
        self.rest = b""
        self.head = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        if self.head:
            _, found, data = data.partition(b"\r\n\r\n")
            self.head = not found
        at = 0
        while len(data) - at >= 4:
            length, start = data[at + 1], at + 2
            if length == 126:
                (length,) = struct.unpack_from(">H", data, at + 2)
                start += 2
            if len(data) < start + length:
                break
            self.count += data[at] == 0x81
            if data[at] == 0x89:
                self.transport.write(b"\x8a\x80\0\0\0\0")
            at = start + length
        self.rest = data[at:]
        if self.count >= self.expected:
            self.done.set()


@pytest.mark.alone
@pytest.mark.timeout(180)
async def test_a_thousand_listen_to_a_thousand_messages():
    """Every one of the million arrives, for a minute of one core at most, and no tell holds it up."""
    house = House(limit=1000, each=1000)
    async with opened(house) as here:
        assert isinstance(here.server, TestServer)
        loop = asyncio.get_running_loop()
        counters = []
        for _ in range(1000):
            done = asyncio.Event()
            transport, counter = await loop.create_connection(
                lambda done=done: Counter(done, 1001), "127.0.0.1", here.server.port
            )
            transport.write(handshake("ann"))
            counters.append((transport, counter))
        await until(lambda: len(house.feed) == 1000)
        # What other tests of this process have left is none of the feed's work.
        gc.collect()
        gc.freeze()
        began = time.process_time()
        longest = 0.0
        for _ in range(1000):
            told = time.thread_time()
            house.changes()
            longest = max(longest, time.thread_time() - told)
            await asyncio.sleep(0)
        async with asyncio.timeout(150):
            for _, counter in counters:
                await counter.done.wait()
        seconds = time.process_time() - began
        gc.unfreeze()
        assert {counter.count for _, counter in counters} == {1001}
        assert seconds < 60 and longest < 0.25, f"{seconds:.1f} s, one tell {longest:.3f} s"
        for transport, _ in counters:
            transport.abort()
