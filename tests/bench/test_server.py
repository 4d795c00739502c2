"""The fake server speaks HTTP, WebSocket and REST over it as clients of Asterisk know them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect

from bench.run import Failed, FakeServer
from stasis.ari import Ari
from stasis.config import AsteriskConfig
from stasis.errors import NotFound
from stasis.transport.http import Http


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer.running() as running:
        yield running


@pytest.fixture
async def socket(server: FakeServer) -> AsyncIterator[ClientConnection]:
    address = f"{server.url.replace('http', 'ws')}/events?app=bench"
    async with connect(address, subprotocols=["ari"], proxy=None) as opened:
        yield opened


async def heard(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [json.loads(await socket.recv()) for _ in range(count)]


class TestOverHttp:
    async def test_what_stasis_asks_is_answered_in_its_types(self, server):
        async with Http(AsteriskConfig(url=server.url)) as http:
            ari = Ari(http)
            info = await ari.asterisk.get_info(only=["system", "status"])
            assert info.system is not None
            assert info.system.version == "22.10.1"
            assert (await ari.channels.get("a channel")).id == "a channel"
            assert not await ari.bridges.list()
            assert (await ari.applications.get("bench")).name == "bench"
            await ari.channels.answer("c")
            with pytest.raises(NotFound):
                await ari.playbacks.get("p")

    async def test_a_request_in_pieces_and_two_in_one_piece_are_answered(self, server):
        host, port = server.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        request = b"POST /ari/channels/c/answer HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
        writer.write(request[:30])
        await writer.drain()
        writer.write(request[30:] + request)
        answers = [await reader.readuntil(b"\r\n\r\n") for _ in range(2)]
        assert [each.split(b"\r\n")[0] for each in answers] == [b"HTTP/1.1 204 No Content"] * 2
        writer.close()

    async def test_the_description_of_the_api_says_where_the_api_is(self, tmp_path):
        (tmp_path / "channels.json").write_text('{"basePath": "http://elsewhere/ari"}')
        with FakeServer.running(tmp_path) as server:
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"{server.url}/api-docs/channels.json") as answer,
            ):
                assert (await answer.json())["basePath"] == server.url


class TestTheEventSocket:
    async def test_a_burst_comes_between_its_marks(self, server, socket):
        sent = server.do("burst", events=10, channels=2)
        events = await heard(socket, 12)
        assert sent["sent"] == 10
        assert [events[0]["eventname"], events[-1]["eventname"]] == ["BenchGo", "BenchEnd"]
        assert events[0]["userevent"]["events"] == 10

    async def test_at_a_rate_events_take_their_time(self, server, socket):
        sent = server.do("burst", events=50, channels=2, rate=500)
        assert sent["seconds"] >= 49 / 500
        assert len(await heard(socket, 52)) == 52

    async def test_channels_arrive_and_leave(self, server, socket):
        server.do("arrive", channels=2)
        server.do("leave", channels=2)
        kinds = [each["type"] for each in await heard(socket, 8)]
        assert kinds == [
            *["StasisStart"] * 2,
            "ChannelUserevent",
            *["StasisEnd", "ChannelDestroyed"] * 2,
            "ChannelUserevent",
        ]

    async def test_a_user_event_that_is_asked_for_comes_back(self, server, socket):
        async with Http(AsteriskConfig(url=server.url)) as http:
            await Ari(http).events.user_event("Fence 1", application="bench")
        assert [each["eventname"] for each in await heard(socket, 1)] == ["Fence 1"]

    async def test_requests_over_it_are_answered_on_it(self, server, socket):
        asked = {"type": "RESTRequest", "request_id": "7", "method": "GET", "uri": "channels/c"}
        await socket.send(json.dumps(asked))
        [answer] = await heard(socket, 1)
        assert (answer["request_id"], answer["status_code"]) == ("7", 200)
        assert json.loads(answer["message_body"])["id"] == "c"

    async def test_pings_are_answered(self, socket):
        await (await socket.ping())

    async def test_without_a_client_nothing_can_be_played(self, server):
        with pytest.raises(Failed, match="is the client connected"):
            server.do("burst", events=1, channels=1)
