"""Sockets and connections: who reads too slowly, too many at once, a server that starts again."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from tests.conformance.configuration import SESSIONS
from tests.conformance.events import SECONDS
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.server import Closed, Refused

HTTP = frozenset({"http"})


@scenario()
async def events_keep_their_order(a: Place) -> None:
    """What one application is sent comes in the order in which it happened."""
    async with a.listen(a.name("app")) as events:
        names = [f"event{number}" for number in range(50)]
        for name in names:
            assert (await a.post(f"events/user/{name}", application=events.app)).status == 204
        await events.next("ChannelUserevent", where={"eventname": names[-1]})
        assert [each["eventname"] for each in events.all("ChannelUserevent")] == names


@scenario(needs=HTTP)
async def any_page_may_open_a_socket(a: Place) -> None:
    """The origin of a handshake is not looked at: `allowed_origins` is for requests alone."""
    headers = {"Origin": "http://evil.example"}
    async with a.listen(a.name("app"), headers=headers) as events:
        await events.settled()


@scenario(needs=HTTP)
async def frame_too_long(a: Place) -> None:
    """A frame to Asterisk of more than 65,535 bytes ends the WebSocket."""
    async with a.listen(a.name("app")) as events:
        await events.send("x" * 65_536)
        assert await events.closed() == 1009
    await a.gone(f"applications/{a.name('app')}")


@scenario(needs=HTTP, alone=True)
async def slow_reader_is_dropped(a: Place) -> None:
    """Who does not read is cut off once no more fits, and has lost events then."""
    app = a.name("app")
    wire = await a.server.open((("app", app),), a.users.default, {})
    body = {"variables": {"load": "x" * 38_000}}
    sent = 0
    for number in range(500):
        reply = await a.post(f"events/user/event{number}", application=app, json=body)
        if reply.status == 404:
            break
        assert reply.status == 204
        sent += 1
        if number > 300:
            await a.pause(0.02)
    read = 0
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                await wire.receive()
                read += 1
    except Closed as closed:
        assert closed.code in (1006, 1011)
    await wire.close()
    assert 0 < read < sent
    await a.gone(f"applications/{app}")


@scenario(needs=HTTP, alone=True)
async def session_limit(a: Place) -> None:
    """A connection too many is closed without an answer; when others go, there is room again."""
    at = urlsplit(a.server.url)  # type: ignore[attr-defined]
    open_ones = []
    try:
        for _ in range(SESSIONS):
            open_ones.append(await asyncio.open_connection(at.hostname, at.port))
            await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        open_ones.append((reader, writer))
        try:
            writer.write(b"GET /ari/asterisk/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await asyncio.wait_for(reader.read(), 5) == b""
        except ConnectionError:
            pass
        try:
            wire = await a.server.open((("app", a.name("app")),), a.users.default, {})
        except Refused:
            raise
        except Exception as error:
            assert not isinstance(error, AssertionError)
        else:
            await wire.close()
            raise AssertionError("there was room for a WebSocket")
    finally:
        for _, writer in open_ones:
            writer.close()
    async with asyncio.timeout(5):
        while True:
            try:
                async with a.listen(a.name("app")) as events:
                    await events.settled()
                return
            except Refused:
                raise
            except (OSError, EOFError, Exception):
                await asyncio.sleep(0.05)


@scenario(needs=frozenset({"restart"}), alone=True)
async def restart_forgets(a: Place) -> None:
    """A restart ends all calls, and forgets applications, bridges and variables."""
    before = (await a.get("asterisk/info")).json
    await a.post("asterisk/variable", variable=a.name("V"), value="x")
    await a.post(f"bridges/{a.name('b')}")
    async with a.listen(a.name("app")) as events:
        await a.post(
            f"channels/{a.name('c')}", endpoint=f"Local/8000@{a.context}/n", app=events.app
        )
        await events.next("StasisStart", channel=a.name("c"))
        events.forget()
        await a.restart()
        assert await events.closed() == 1006
        request = await events.next("ChannelHangupRequest", channel=a.name("c"))
        assert request["cause"] == 4
        assert request["soft"] is True
        await events.next("StasisEnd", channel=a.name("c"))
    after = (await a.get("asterisk/info")).json
    assert after["status"]["startup_time"] != before["status"]["startup_time"]
    assert after["system"] == before["system"]
    assert (await a.get("channels")).json == []
    assert (await a.get("bridges")).json == []
    assert (await a.get(f"applications/{a.name('app')}")).status == 404
    assert (await a.get("asterisk/variable", variable=a.name("V"))).json == {"value": ""}


@scenario(needs=frozenset({"restart"}), versions=("22",), alone=True)
async def restart_keeps_device_states(a: Place) -> None:
    """Device states outlive a restart. (In 16 they do as well, and cannot be deleted after it.)"""
    device = f"deviceStates/Stasis:{a.name('d')}"
    await a.put(device, deviceState="INUSE")
    await a.restart()
    assert (await a.get(device)).json["state"] == "INUSE"
    assert (await a.delete(device)).status == 204
    assert (await a.get("deviceStates")).json == []
