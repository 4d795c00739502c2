"""The event WebSocket: opened, lost, opened again; and what each refusal says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from stasis.errors import AriError, Unreachable
from stasis.transport import connect as module
from stasis.transport.connect import Backoff, connect, events_address
from stasis.transport.frames import Frames, Lost, Opened
from tests.transport.servers import (
    ENCODED,
    Asterisk,
    config,
    raw_server,
    running,
    secret_free,
    shake_hands,
    told,
)


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    async with running(Asterisk()) as server:
        yield server


def frames(asterisk: Asterisk, *apps: str, **values: Any) -> aclosing[Any]:
    """The frames of a server, closed at the end."""
    return aclosing(connect(config(asterisk.port, **values), apps or ("ivr",)))  # type: ignore[type-var]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which take no time here."""
    waited: list[float] = []
    sleep = asyncio.sleep

    class Quick:
        """asyncio, with a sleep that only writes down."""

        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        async def sleep(self, seconds: float) -> None:
            if seconds:
                waited.append(seconds)
            await sleep(0)

    monkeypatch.setattr(module, "asyncio", Quick())
    return waited


async def first(source: Frames) -> AriError:
    """The error that the first handshake raises."""
    async with aclosing(source):  # type: ignore[type-var]
        with pytest.raises(AriError) as caught:
            await anext(source)
    assert secret_free(told(caught.value)), "the password shows"
    return caught.value


class TestHandshake:
    async def test_it_names_the_applications_and_brings_credentials_in_a_header(
        self, asterisk: Asterisk
    ):
        async with frames(asterisk, "ivr", "a.b-c") as source:
            assert isinstance(await anext(source), Opened)
        (head,) = asterisk.heads
        assert head.path == "/ari/events?app=ivr,a.b-c"
        assert head.headers["Authorization"] == f"Basic {ENCODED}"

    async def test_it_can_ask_for_everything(self, asterisk: Asterisk):
        source = connect(config(asterisk.port), ["ivr"], subscribe_all=True)
        async with aclosing(source):  # type: ignore[type-var]
            await anext(source)
        assert asterisk.heads[0].path == "/ari/events?app=ivr&subscribeAll=true"

    def test_the_address_has_no_credentials_and_follows_tls(self):
        address = events_address(config(1, url="https://h:8089/ari"), ["a"], False)
        assert address == "wss://h:8089/ari/events?app=a"

    def test_only_the_scheme_is_changed(self):
        address = events_address(config(1, url="http://http.example/ari"), ["a"], False)
        assert address == "ws://http.example/ari/events?app=a"


class TestFrames:
    async def test_they_come_in_order_as_bytes_after_the_opening(self, asterisk: Asterisk):
        async def talk(socket: ServerConnection) -> None:
            await socket.send('{"type":"é"}')
            await socket.send(b"2")
            await socket.wait_closed()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            assert isinstance(await anext(source), Opened)
            assert [await anext(source), await anext(source)] == ['{"type":"é"}'.encode(), b"2"]

    @pytest.mark.parametrize("size", [2**20, 5 * 2**20])
    async def test_a_large_frame_arrives_whole(self, size: int, asterisk: Asterisk):
        async def talk(socket: ServerConnection) -> None:
            await socket.send("x" * size)
            await socket.wait_closed()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
            assert len(await anext(source)) == size

    async def test_one_larger_than_configured_costs_the_socket_and_no_more(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.send("x" * 70_000)
            await socket.wait_closed()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk, max_frame=65_536) as source:
            await anext(source)
            lost = await anext(source)
            assert isinstance(lost, Lost) and "1009" in lost.reason
            assert isinstance(await anext(source), Opened)

    async def test_a_flood_lets_others_run(self, asterisk: Asterisk):
        async def talk(socket: ServerConnection) -> None:
            for number in range(300):
                await socket.send(str(number))
            await socket.wait_closed()

        asterisk.talk = talk  # type: ignore[method-assign]
        turns = 0

        async def live() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with frames(asterisk) as source:
            await anext(source)
            await anext(source)
            living = asyncio.ensure_future(live())
            await asyncio.sleep(0)
            before = turns
            got = [await anext(source) for _ in range(299)]
            living.cancel()
        assert got == [str(number).encode() for number in range(1, 300)]
        assert turns - before >= 299 // module.BREATH

    async def test_what_is_written_arrives(self, asterisk: Asterisk):
        async def talk(socket: ServerConnection) -> None:
            asterisk.heard.append(await socket.recv())
            await socket.send("heard")
            await socket.wait_closed()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            opened = await anext(source)
            assert isinstance(opened, Opened)
            await opened.write('{"type":"RESTRequest"}')
            assert await anext(source) == b"heard"
        assert asterisk.heard == ['{"type":"RESTRequest"}']

    async def test_writing_to_a_closed_socket_is_an_os_error(self, asterisk: Asterisk):
        async with frames(asterisk) as source:
            opened = await anext(source)
            assert isinstance(opened, Opened)
            await opened.close()
            with pytest.raises(ConnectionResetError, match="closed the socket: 1000"):
                await opened.write("x")


class TestLost:
    async def test_a_clean_close_is_a_loss_and_it_comes_back(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close(1001, "shutting down")

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            kinds = [type(await anext(source)) for _ in range(5)]
        assert kinds == [Opened, Lost, Opened, Lost, Opened]
        assert len(asterisk.heads) == 3

    async def test_the_loss_says_why_and_when_it_tries_again(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close(1001, "shutting down")

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
            lost = await anext(source)
            assert isinstance(lost, Lost)
            assert lost.reason == "Asterisk closed the socket: 1001 shutting down"
            await anext(source)
            assert waits == [lost.retry_in]

    async def test_a_cut_is_told_as_one(self, asterisk: Asterisk, waits: list[float]):
        async def talk(socket: ServerConnection) -> None:
            socket.transport.abort()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
            lost = await anext(source)
        assert isinstance(lost, Lost) and lost.reason == "the connection broke without a close"

    async def test_we_may_close_it_to_have_it_opened_anew(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async with frames(asterisk) as source:
            opened = await anext(source)
            assert isinstance(opened, Opened)
            await opened.close()
            assert isinstance(await anext(source), Lost)
            assert isinstance(await anext(source), Opened)

    async def test_a_silent_server_is_found_out_by_its_missing_pong(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            await reader.read()

        async with raw_server(conversation) as port:
            source = connect(config(port, ping_interval=0.1, ping_timeout=0.1), ["ivr"])
            async with aclosing(source):  # type: ignore[type-var]
                await anext(source)
                lost = await anext(source)
        assert isinstance(lost, Lost) and lost.reason == "nothing came within 0.1 s of a ping"

    async def test_frames_that_are_none_cost_the_socket(self, waits: list[float]):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\xff\xff\xff garbage")
            await reader.read(1)

        async with raw_server(conversation) as port:
            source = connect(config(port), ["ivr"])
            async with aclosing(source):  # type: ignore[type-var]
                await anext(source)
                lost = await anext(source)
        assert isinstance(lost, Lost) and "1002" in lost.reason

    async def test_the_waits_grow_until_it_has_been_stable(
        self, asterisk: Asterisk, waits: list[float], monkeypatch: pytest.MonkeyPatch
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        asterisk.talk = talk  # type: ignore[method-assign]
        now = 0.0
        monkeypatch.setattr(module, "monotonic", lambda: now)
        monkeypatch.setattr("random.random", lambda: 1.0)
        async with frames(asterisk, backoff_min=1.0, backoff_max=5.0) as source:
            for _ in range(4):
                await anext(source)
                await anext(source)
            await anext(source)
            assert waits == [1.0, 2.0, 4.0, 5.0]
            now += module.STABLE_SECONDS
            await anext(source)
            await anext(source)
        assert waits[-1] == 1.0

    async def test_stopping_while_it_waits_ends_it_at_once(self, asterisk: Asterisk):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk, backoff_min=60.0, backoff_max=60.0) as source:
            await anext(source)
            await anext(source)
            waiting = asyncio.ensure_future(anext(source))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    async def test_stopping_closes_the_socket(self, asterisk: Asterisk):
        closed = asyncio.Event()

        async def talk(socket: ServerConnection) -> None:
            await socket.wait_closed()
            closed.set()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
        async with asyncio.timeout(5):
            await closed.wait()


class TestAgain:
    """Whether the socket may be opened again is asked before each attempt but the first."""

    async def test_when_it_may_not_no_more_frames_follow(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        async def again() -> bool:
            asked.append(len(asterisk.heads))
            return len(asked) < 3

        asterisk.talk = talk  # type: ignore[method-assign]
        asked: list[int] = []
        source = connect(config(asterisk.port), ["ivr"], again=again)
        kinds = [type(item) async for item in source]
        assert kinds == [Opened, Lost] * 3
        assert asked == [1, 2, 3] and len(asterisk.heads) == 3

    async def test_while_nobody_can_say_it_is_not_opened(
        self, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        async def again() -> bool:
            asked.append(len(asterisk.heads))
            if len(asked) == 1:
                raise Unreachable("GET", "/asterisk/variable", "nobody answers")
            return len(asked) == 2

        asterisk.talk = talk  # type: ignore[method-assign]
        asked: list[int] = []
        source = connect(config(asterisk.port), ["ivr"], again=again)
        items = [item async for item in source]
        assert [type(item) for item in items] == [Opened, Lost, Lost, Opened, Lost]
        assert items[2].reason == "nobody answers"  # type: ignore[union-attr]
        assert asked == [1, 1, 2]


class TestRefusedAtFirst:
    """The first handshake's failure is raised: the program has never run."""

    @pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
    async def test_without_patience_it_is_raised(self, status: int, asterisk: Asterisk):
        asterisk.refuse = [status]
        error = await first(connect(config(asterisk.port), ["ivr"]))
        assert str(status) in str(error) and len(asterisk.heads) == 1

    @pytest.mark.parametrize("status", [500, 503])
    async def test_what_only_starts_is_waited_for_if_we_may(
        self, status: int, asterisk: Asterisk, waits: list[float]
    ):
        asterisk.refuse = [status]
        async with frames(asterisk, start_timeout=1.0) as source:
            lost = await anext(source)
            assert isinstance(lost, Lost) and str(status) in lost.reason
            assert isinstance(await anext(source), Opened)

    @pytest.mark.parametrize("status", [401, 403, 404])
    async def test_what_will_not_mend_itself_is_raised_all_the_same(
        self, status: int, asterisk: Asterisk
    ):
        asterisk.refuse = [status]
        error = await first(connect(config(asterisk.port, start_timeout=1.0), ["ivr"]))
        assert str(status) in str(error)


class TestRefusedLater:
    """Once it has run, every failure is a loss, and it is tried again for ever."""

    @pytest.mark.parametrize("status", [503, 500, 404])
    async def test_a_starting_server_is_tried_again_soon(
        self, status: int, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
            await anext(source)
            asterisk.refuse = [status]
            lost = await anext(source)
            assert isinstance(lost, Lost) and str(status) in lost.reason
            assert isinstance(await anext(source), Opened)
        assert all(wait < 1 for wait in waits)

    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_refusal_that_lasts_is_not_hammered(
        self, status: int, asterisk: Asterisk, waits: list[float]
    ):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        asterisk.talk = talk  # type: ignore[method-assign]
        async with frames(asterisk) as source:
            await anext(source)
            await anext(source)
            asterisk.refuse = [status, status]
            for _ in range(2):
                lost = await anext(source)
                assert isinstance(lost, Lost) and lost.retry_in >= 30
            assert isinstance(await anext(source), Opened)
        assert sum(wait >= 30 for wait in waits) == 2

    async def test_a_server_that_is_gone_is_tried_until_it_is_back(self, waits: list[float]):
        async def talk(socket: ServerConnection) -> None:
            await socket.close()

        asterisk = Asterisk()
        asterisk.talk = talk  # type: ignore[method-assign]
        async with running(asterisk):
            source = connect(config(asterisk.port), ["ivr"])
            await anext(source)
            await anext(source)
        async with aclosing(source):  # type: ignore[type-var]
            for _ in range(3):
                lost = await anext(source)
                assert isinstance(lost, Lost) and "Connection refused" in lost.reason
                assert secret_free(lost.reason)


class TestBackoff:
    def test_it_doubles_between_its_bounds(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("random.random", lambda: 1.0)
        backoff = Backoff(0.5, 3.0)
        assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]

    def test_jitter_takes_up_to_half_of_it(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("random.random", lambda: 0.0)
        assert Backoff(1.0, 8.0).next() == 0.5

    def test_two_clients_do_not_come_back_together(self):
        waits = {Backoff(1.0, 8.0).next() for _ in range(20)}
        assert len(waits) > 10 and all(0.5 <= wait <= 1.0 for wait in waits)

    def test_after_a_reset_it_starts_again(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("random.random", lambda: 1.0)
        backoff = Backoff(1.0, 8.0)
        backoff.next()
        backoff.next()
        backoff.reset()
        assert backoff.next() == 1.0

    def test_bounds_in_the_wrong_order_keep_the_least(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("random.random", lambda: 1.0)
        backoff = Backoff(5.0, 1.0)
        assert [backoff.next(), backoff.next()] == [5.0, 5.0]
