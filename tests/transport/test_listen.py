"""The server for Asterisk's own connections: who gets in, who does not, and what each is told."""

from __future__ import annotations

import asyncio
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from socket import socket as tcp
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from stasis.config import ListenConfig
from stasis.errors import ConfigError
from stasis.section import Secret
from stasis.transport import listen as module
from stasis.transport.arrived import Arrived
from stasis.transport.frames import Lost, Opened
from stasis.transport.listen import Listener, listening, loopback
from tests.transport.dialling import REGISTERED, config, dial, event, user
from tests.transport.servers import PASSWORD, certificate, secret_free, told


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening(config()) as listener:
        yield listener


async def status(port: int, **values: Any) -> int:
    """The status that refuses a handshake."""
    with pytest.raises(InvalidStatus) as caught:
        await dial(port, **values)
    return caught.value.response.status_code


async def first(listener: Listener) -> Arrived:
    """The next connection that arrives."""
    async with asyncio.timeout(10):
        return await anext(listener)


class TestWhoGetsIn:
    async def test_nobody_when_the_program_is_about_to_stop_and_who_is_in_stays(
        self, listener: Listener
    ):
        asterisk = await dial(listener.port)
        await asterisk.send(REGISTERED)
        call = await first(listener)
        with capture_logs() as logs:
            listener.refuse()
            assert await status(listener.port) == 503
        assert logs == [] and listener.counts == {"accepted": 1}
        await asterisk.send(user(1))
        async with asyncio.timeout(10):
            got = [await anext(call.frames) for _ in range(3)]
        assert got[2] == user(1).encode()
        await asterisk.close()

    async def test_who_has_the_password_arrives_and_is_known_by_its_first_frame(
        self, listener: Listener
    ):
        asterisk = await dial(listener.port, path="/ari?connection=a")
        await asterisk.send(REGISTERED)
        call = await first(listener)
        assert (call.asterisk_id, call.application) == ("02:fc:00:00:00:01", "ivr")
        assert call.apps == {"ivr"} and not call.per_call
        assert isinstance(await anext(call.frames), Opened)
        assert await anext(call.frames) == REGISTERED.encode()
        assert asterisk.subprotocol == "ari"
        await asterisk.close()

    async def test_a_call_of_its_own_is_told_by_the_name_of_its_application(
        self, listener: Listener
    ):
        asterisk = await dial(listener.port)
        await asterisk.send(event("ApplicationRegistered", "ivr:PJSIP/alice-00000001"))
        call = await first(listener)
        assert call.per_call and call.application == "ivr:PJSIP/alice-00000001"
        await asterisk.close()

    @pytest.mark.parametrize(
        "given",
        [
            {"password": "wrong"},
            {"username": "other"},
            {"password": None},
            {"password": ""},
            {"headers": {"Authorization": "Basic %%%"}},
            {"headers": {"Authorization": "Basic"}},
            {"headers": {"Authorization": "Bearer c3Rhc2lzOmdlaGVpbS00NzEx"}},
            {"headers": [("Authorization", "Basic c3Rhc2lzOmdlaGVpbS00NzEx")] * 2},
        ],
    )
    async def test_anybody_else_is_told_401(self, listener: Listener, given: dict[str, Any]):
        with capture_logs() as logs:
            assert await status(listener.port, **given) == 401
        assert [each["status"] for each in logs] == [401]
        assert secret_free(str(logs)) and "wrong" not in str(logs).replace("is wrong", "")
        assert listener.counts == {"401": 1}

    async def test_another_path_is_told_404_before_the_password_is_looked_at(
        self, listener: Listener
    ):
        assert await status(listener.port, path="/other") == 404
        assert await status(listener.port, path="/ari/x", password="wrong") == 404

    @pytest.mark.parametrize("protocol", [None, "media"])
    async def test_who_does_not_speak_ari_is_told_400(
        self, listener: Listener, protocol: str | None
    ):
        assert await status(listener.port, protocol=protocol) == 400

    async def test_one_connection_too_many_is_told_503_until_another_has_gone(self):
        async with listening(config(connections=2)) as listener:
            one, two = await dial(listener.port), await dial(listener.port)
            assert await status(listener.port) == 503
            await one.close()
            async with asyncio.timeout(10):
                while listener._live and len(listener._live) > 1:
                    await asyncio.sleep(0.01)
            three = await dial(listener.port)
            await three.close()
            await two.close()

    async def test_a_refused_one_takes_no_place(self):
        async with listening(config(connections=1)) as listener:
            for _ in range(3):
                assert await status(listener.port, password="wrong") == 401
            assert await status(listener.port, protocol="media") == 400
            async with asyncio.timeout(10):
                while listener._live:
                    await asyncio.sleep(0.01)
            await (await dial(listener.port)).close()

    async def test_too_many_handshakes_in_a_second_are_told_503(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "monotonic", lambda: 1000.0)  # all in one second
        async with listening(config(handshakes=2)) as listener:
            for _ in range(2):
                assert await status(listener.port, password="wrong") == 401
            assert await status(listener.port) == 503

    async def test_a_flood_of_refusals_is_one_line_in_the_log(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "QUIET_SECONDS", 60.0)  # however long twenty take
        with capture_logs() as logs:
            for _ in range(20):
                assert await status(listener.port, password="wrong") == 401
        assert len(logs) == 1 and listener.counts["401"] == 20

    async def test_what_a_library_knows_of_a_header_is_not_logged(
        self, listener: Listener, caplog: pytest.LogCaptureFixture
    ):
        await (await dial(listener.port)).close()
        assert await status(listener.port, password="wrong") == 401
        assert "Authorization" not in caplog.text and secret_free(caplog.text)


class TestSlowAndStrange:
    async def test_a_handshake_that_never_comes_costs_its_connection(self):
        async with listening(config(open_timeout=0.1)) as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(b"GET /ari HTTP/1.1\r\n")
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()

    async def test_connections_that_only_wait_are_bounded_too(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "SPARE", 1)
        async with listening(config(connections=1)) as listener, AsyncExitStack() as stack:
            for _ in range(2):
                _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
                stack.callback(writer.close)
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            stack.callback(writer.close)
            with pytest.raises(ConnectionResetError):
                async with asyncio.timeout(10):
                    if not await reader.read():
                        raise ConnectionResetError
            assert listener.counts == {"dropped": 1}

    @pytest.mark.parametrize(
        "frame", ["hello", "[]", "{}", '{"type":"x"}', b"\xff\xfe", "[" * 100_000, '{"type":']
    )
    async def test_a_first_frame_that_is_no_event_is_sent_away_and_not_at_once(
        self, frame: str | bytes, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "PENANCE_SECONDS", 0.2)
        start = asyncio.get_running_loop().time()
        asterisk = await dial(listener.port)
        await asterisk.send(frame)
        with pytest.raises(ConnectionClosed) as caught:
            await asterisk.recv()
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1008
        # Asterisk dials again at once: a socket closed at once would be a tight loop.
        assert asyncio.get_running_loop().time() - start >= 0.19
        assert listener.counts == {"unfit": 1} and not listener._sources

    async def test_who_says_nothing_is_sent_away(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "PENANCE_SECONDS", 0.01)
        async with listening(config(open_timeout=0.1)) as listener:
            asterisk = await dial(listener.port)
            with pytest.raises(ConnectionClosed, match="said nothing"):
                await asterisk.recv()

    async def test_who_leaves_before_its_first_frame_leaves_no_trace(self, listener: Listener):
        await (await dial(listener.port)).close()
        asterisk = await dial(listener.port)
        await asterisk.send(REGISTERED)
        assert (await first(listener)).application == "ivr"
        assert listener.counts == {"accepted": 1}
        await asterisk.close()

    async def test_a_frame_larger_than_configured_costs_the_socket_and_no_more(self):
        async with listening(config(max_frame=65_536)) as listener:
            asterisk = await dial(listener.port)
            await asterisk.send(REGISTERED)
            call = await first(listener)
            await anext(call.frames), await anext(call.frames)
            await asterisk.send("x" * 70_000)
            lost = await anext(call.frames)
            assert isinstance(lost, Lost) and "1009" in lost.reason
            again = await dial(listener.port)
            await again.send(REGISTERED)
            assert isinstance(await anext(call.frames), Opened)
            await again.close()


class TestMemory:
    """What Asterisk sends is read into a buffer that is there already."""

    async def test_a_read_allocates_about_what_it_reads(self, listener: Listener):
        asterisk = await dial(listener.port)
        await asterisk.send(REGISTERED)
        call = await first(listener)
        async with asyncio.timeout(10):
            assert isinstance(await anext(call.frames), Opened)
            assert await anext(call.frames) == REGISTERED.encode()
            tracemalloc.start()
            try:
                await asterisk.send(user(1))
                assert await anext(call.frames) == user(1).encode()
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        await asterisk.close()
        assert peak < 100_000  # not the 256 KiB that asyncio asks for


class TestABurst:
    """More than is kept at once waits in Asterisk, and all of it comes, in its order."""

    async def burst(self, **values: Any) -> None:
        trust = values.pop("trust", None)
        async with listening(config(**values)) as listener:
            asterisk = await dial(listener.port, **({"ssl": trust} if trust else {}))

            async def talk() -> None:
                await asterisk.send(REGISTERED)
                for number in range(5_000):
                    await asterisk.send(user(number))
                await asterisk.close()

            talking = asyncio.create_task(talk())
            async with asyncio.timeout(25):
                call = await anext(listener)
                await asyncio.sleep(0.1)
                assert isinstance(await anext(call.frames), Opened)
                assert await anext(call.frames) == REGISTERED.encode()
                for number in range(5_000):
                    assert await anext(call.frames) == user(number).encode()
                assert isinstance(await anext(call.frames), Lost)
                await talking

    async def test_as_it_is(self):
        await self.burst()

    def test_on_uvloop(self):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.burst())

    @pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
    def test_under_tls(self, loop: Any, tmp_path: Path):
        chain, key = certificate(tmp_path)
        trust = ssl.create_default_context(cafile=chain)
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(self.burst(tls_certificate=chain, tls_key=key, trust=trust))


class TestDialledAgain:
    async def test_it_is_the_same_connection(self, listener: Listener):
        asterisk = await dial(listener.port)
        await asterisk.send(REGISTERED)
        call = await first(listener)
        assert isinstance(await anext(call.frames), Opened)
        assert await anext(call.frames) == REGISTERED.encode()
        await asterisk.close()
        assert isinstance(await anext(call.frames), Lost)
        again = await dial(listener.port)
        for frame in (user(1), user(2), REGISTERED):  # what it kept comes first
            await again.send(frame)
        assert isinstance(await anext(call.frames), Opened)
        got = [await anext(call.frames) for _ in range(3)]
        assert got == [each.encode() for each in (user(1), user(2), REGISTERED)]
        assert listener.counts == {"accepted": 1, "again": 1}
        await again.close()

    async def test_another_asterisk_or_application_is_another(self, listener: Listener):
        sockets = [await dial(listener.port) for _ in range(3)]
        frames = [
            REGISTERED,
            event("ApplicationRegistered", server="other"),
            event("ApplicationRegistered", "hello"),
        ]
        for socket, frame in zip(sockets, frames, strict=True):
            await socket.send(frame)
        found = {await first(listener) for _ in range(3)}
        assert {(each.asterisk_id[:5], each.application) for each in found} == {
            ("02:fc", "ivr"),
            ("other", "ivr"),
            ("02:fc", "hello"),
        }
        for socket in sockets:
            await socket.close()


class TestTheEnd:
    async def test_closing_it_yields_what_has_come_and_ends_everything(self):
        async with listening(config()) as listener:
            asterisk = await dial(listener.port)
            await asterisk.send(REGISTERED)
            call = await first(listener)
            opened = await anext(call.frames)
            for number in range(100):
                await asterisk.send(user(number))
            assert isinstance(opened, Opened)
        got = [each async for each in call.frames]
        assert got[:-1] == [each.encode() for each in (REGISTERED, *map(user, range(100)))]
        assert isinstance(got[-1], Lost)
        assert [each async for each in listener] == []

    async def test_who_comes_then_finds_nobody_so_that_asterisk_keeps_its_events(self):
        async with listening(config()) as listener:
            port = listener.port
        with pytest.raises(ConnectionRefusedError):
            await dial(port)

    async def test_closing_twice_is_no_error(self):
        async with listening(config()) as listener:
            await listener.close()
            await listener.close()


class TestConfiguration:
    async def test_without_a_password_it_does_not_listen(self):
        with pytest.raises(ConfigError, match=r"listen\.password: none is set"):
            async with listening(ListenConfig(port=0)):
                pass

    async def test_a_taken_port_is_told_with_its_key(self):
        with closing(tcp()) as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with pytest.raises(ConfigError, match=r"listen\.port: cannot listen on 127") as caught:
                async with listening(config(port=other.getsockname()[1])):
                    pass
        assert secret_free(told(caught.value))

    async def test_a_certificate_that_is_none_is_told_with_its_key(self, tmp_path: Path):
        file = tmp_path / "x.pem"
        for text in (None, "no certificate"):
            if text:
                file.write_text(text)
            with pytest.raises(ConfigError, match=r"listen\.tls_certificate, listen\.tls_key"):
                async with listening(config(tls_certificate=str(file), tls_key=str(file))):
                    pass

    async def test_with_a_certificate_it_speaks_tls_alone(self, tmp_path: Path):
        chain, key = certificate(tmp_path)
        async with listening(config(tls_certificate=chain, tls_key=key)) as listener:
            trust = ssl.create_default_context(cafile=chain)
            asterisk = await dial(listener.port, ssl=trust)
            await asterisk.send(REGISTERED)
            assert (await first(listener)).application == "ivr"
            await asterisk.close()
            with pytest.raises((InvalidHandshake, OSError)):
                await dial(listener.port)

    async def test_beyond_loopback_without_tls_it_warns(self):
        with capture_logs() as logs:
            async with listening(config(host="0.0.0.0")):
                pass
        assert "in the open" in logs[0]["event"]
        assert PASSWORD not in str(logs)

    @pytest.mark.parametrize(
        ("host", "holds"),
        [
            ("127.0.0.1", True),
            ("::1", True),
            ("localhost", True),
            ("0.0.0.0", False),
            ("pbx", False),
        ],
    )
    def test_what_only_this_machine_reaches(self, host: str, holds: bool):
        assert loopback(host) is holds

    def test_its_password_does_not_show(self):
        assert secret_free(f"{Listener(config())!r} {config()!r} {Secret(PASSWORD)}")
