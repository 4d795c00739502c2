"""The reference: websockets, msgspec to dicts, and aiohttp, with nothing around them.

No dispatch to channels, no order kept for any of them, no types, no reconnect.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bench.clients.gauge import END, GO, Gauge

decode = msgspec.json.decode


class Bare:
    """One run."""

    def __init__(self, gauge: Gauge, socket: ClientConnection, http: aiohttp.ClientSession) -> None:
        self.gauge = gauge
        self.socket = socket
        self.http = http

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Each event as a dict, but for what begins and ends a measurement: that is acted on."""
        gauge, recv = self.gauge, self.socket.recv
        while True:
            event: dict[str, Any] = decode(await recv(decode=False))
            if event["type"] == "ChannelUserevent" and "channel" not in event:
                if event["eventname"] == GO:
                    gauge.begin(event["userevent"])
                elif event["eventname"] == END:
                    return
            else:
                yield event

    async def enter(self) -> None:
        """Read until all channels of the scenario have entered."""
        for _ in range(self.gauge.scenario.get("channels", 0)):
            assert decode(await self.socket.recv(decode=False))["type"] == "StasisStart"
            self.gauge.arrived()

    async def counted(self) -> None:
        """burst, growth, handlers: decode."""
        await self.enter()
        count = 0
        async for _ in self.events():
            count += 1
        self.gauge.events = count

    async def paced(self) -> None:
        """Decode, and look at the mark."""
        await self.enter()
        heard = self.gauge.heard
        async for event in self.events():
            heard(event["channel"]["accountcode"])
        self.gauge.events = len(self.gauge.latency)

    async def memory(self) -> None:
        """A dict entry for each channel is all that it keeps."""
        rss = [self.gauge.rss()]
        for _ in range(self.gauge.scenario["cycles"]):
            live: dict[str, Any] = {}
            while len(live) < self.gauge.scenario["channels"]:
                event = decode(await self.socket.recv(decode=False))
                live[event["channel"]["id"]] = event["channel"]
                self.gauge.arrived()
            assert decode(await self.socket.recv(decode=False))["eventname"] == GO
            rss.append(self.gauge.rss())
            async for event in self.events():
                live.pop(event["channel"]["id"], None)
            rss.append(self.gauge.rss())
            self.gauge.say("gone")
        self.gauge.report(rss=rss)

    async def request(self, method: str, path: str, **query: str) -> Any:
        """One request; its answer as msgspec reads it."""
        async with self.http.request(method, f"{self.gauge.url}{path}", params=query) as answer:
            body = await answer.read()
            assert answer.status < 300, (method, path, answer.status, body)
            return decode(body) if body else None

    async def get_all(self) -> None:
        """rest: after BenchGo."""
        assert decode(await self.socket.recv(decode=False))["eventname"] == GO
        scenario = self.gauge.scenario
        self.gauge.begin()
        left = iter(range(scenario["requests"]))

        async def some() -> None:
            for number in left:
                found = await self.request("GET", f"/channels/{number:011}")
                assert found["state"] == "Up"
                self.gauge.events += 1

        await asyncio.gather(*(some() for _ in range(scenario["at_once"])))

    async def call(self) -> None:
        """Calls on a real Asterisk."""
        scenario = self.gauge.scenario
        entered: dict[str, asyncio.Future[None]] = {}
        left: dict[str, asyncio.Future[None]] = {}

        async def read() -> None:
            while True:
                event = decode(await self.socket.recv(decode=False))
                waiting = {"StasisStart": entered, "StasisEnd": left}.get(event["type"])
                if waiting is not None and (f := waiting.pop(event["channel"]["id"], None)):
                    f.set_result(None)

        loop = asyncio.get_running_loop()
        reader = loop.create_task(read())
        numbers = iter(range(scenario["calls"]))

        async def some() -> None:
            for number in numbers:
                id = f"bare-{scenario.get('mark', '')}{number}"
                entered[id], left[id] = begins, ends = loop.create_future(), loop.create_future()
                query = {"endpoint": scenario["endpoint"], "app": self.gauge.app}
                await self.request("POST", f"/channels/{id}", **query)
                await begins
                await self.request("POST", f"/channels/{id}/answer")
                await self.request("DELETE", f"/channels/{id}")
                await ends
                self.gauge.events += 1

        self.gauge.begin()
        await asyncio.gather(*(some() for _ in range(scenario["at_once"])))
        reader.cancel()


KINDS: dict[str, Callable[[Bare], Awaitable[None]]] = {
    "burst": Bare.counted,
    "growth": Bare.counted,
    "handlers": Bare.counted,
    "paced": Bare.paced,
    "rest": Bare.get_all,
    "memory": Bare.memory,
    "call": Bare.call,
}


async def main() -> None:
    """One scenario."""
    gauge = Gauge()
    user = aiohttp.encode_basic_auth(gauge.username, gauge.password)
    headers = {"Authorization": user}
    address = f"{gauge.url.replace('http', 'ws', 1)}/events?app={gauge.app}"
    limit = aiohttp.TCPConnector(limit=gauge.scenario.get("at_once", 20))
    async with (
        aiohttp.ClientSession(headers=headers, connector=limit) as http,
        connect(
            address, additional_headers=headers, compression=None, max_queue=1024, proxy=None
        ) as socket,
    ):
        gauge.ready()
        await KINDS[gauge.name](Bare(gauge, socket, http))
        gauge.end()
        gauge.report()


if __name__ == "__main__":
    asyncio.run(main())
