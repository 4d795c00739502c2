"""A fake ARI server that is faster than every client: `python -m bench.server`.

One process, one loop, no framework: HTTP/1.1 and the event WebSocket on one port, REST over that
WebSocket too. It prints the two ports, of ARI and of its control, and ends with its standard input.
The control takes one JSON object a line and answers with one, once it is done:
`{"do": "arrive", "channels": M, "rate": R or null}`, `{"do": "leave", …}` likewise, `{"do": "go"}`,
`{"do": "burst", "events": N, "channels": M, "rate": R or null}`; the rates are per second. Without
a rate `run` says how many events each channel has in its turn, else it is 1. `sent`, `seconds`, and
`cpu`, what this process has spent meanwhile, are in the answers; `{"do": "cpu"}` asks for no more
than that, since its start.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import select
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote

from bench.answers import REASONS, Answers
from bench.tape import Tape, framed, stamped

__all__ = ["Ari", "Control", "serve"]

KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING = 0x1, 0x8, 0x9


class Server:
    """What all connections share. sockets: the event WebSocket of each application."""

    def __init__(self, docs: Path | None) -> None:
        self.answers = Answers(docs)
        self.sockets: dict[str, Ari] = {}
        self.tapes: dict[str, Tape] = {}

    def tape(self, app: str) -> Tape:
        """The frames for an application."""
        if app not in self.tapes:
            self.tapes[app] = Tape(app)
        return self.tapes[app]

    def asked(self, method: str, target: str, host: str) -> tuple[int, bytes]:
        """One request, whichever way it has come. target: behind `/ari/`."""
        path, _, query = target.partition("?")
        if path.startswith("events/user/"):
            for app in parse_qs(query).get("application", ()):
                if app in self.sockets:
                    self.sockets[app].write(self.tape(app).told(unquote(path.split("/")[2])))
            return 204, b""
        return self.answers.find(method, path, host)


class Ari(asyncio.Protocol):
    """One connection: requests, until one of them makes it an event WebSocket."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._socket = False
        self._apps: list[str] = []
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects."""
        # uvloop's is none of asyncio's classes, and has its methods.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=2**20)

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._writable.set()
        for app in self._apps:
            if self._server.sockets.get(app) is self:
                del self._server.sockets[app]

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    async def written(self) -> None:
        """Wait until there is room for more."""
        await self._writable.wait()

    @property
    def fileno(self) -> int:
        """The socket's, for who writes past the loop while it has nothing to write."""
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    def write(self, data: bytes) -> None:
        """Write as it is."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Requests or frames, as many as are whole."""
        self._buffer += data
        while self._frame() if self._socket else self._request():
            pass

    def _request(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        line, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (each.partition(":") for each in lines)
        }
        whole = end + 4 + int(headers.get("content-length", 0))
        if len(self._buffer) < whole:
            return False
        del self._buffer[:whole]
        method, target, _ = line.split(" ")
        target = target.removeprefix("/ari/")
        if headers.get("upgrade", "").lower() == "websocket":
            self._open(target, headers)
            return True
        status, body = self._server.asked(method, target, headers.get("host", ""))
        self.write(
            b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, REASONS[status].encode(), len(body), body)
        )
        return True

    def _open(self, target: str, headers: dict[str, str]) -> None:
        """Become the event WebSocket of the applications that the request names."""
        accepted = b64encode(sha1(headers["sec-websocket-key"].encode() + KEY).digest())
        protocol = (
            b"Sec-WebSocket-Protocol: ari\r\n" if "sec-websocket-protocol" in headers else b""
        )
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"%bSec-WebSocket-Accept: %b\r\n\r\n" % (protocol, accepted)
        )
        self._socket = True
        query = parse_qs(target.partition("?")[2])
        self._apps = [app for names in query.get("app", ()) for app in names.split(",")]
        for app in self._apps:
            self._server.sockets[app] = self

    def _frame(self) -> bool:
        """One frame of a client: masked, in one piece."""
        data = self._buffer
        if len(data) < 6:
            return False
        kind, size, at = data[0] & 0x0F, data[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(data[2:10], "big"), 10
        if len(data) < at + 4 + size:
            return False
        mask, text = bytes(data[at : at + 4]), bytes(data[at + 4 : at + 4 + size])
        del data[: at + 4 + size]
        # As one large number: a loop over the bytes would cost more than all else here.
        pattern = (mask * (size // 4 + 1))[:size]
        text = (int.from_bytes(text, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")
        if kind == TEXT:
            self._requested(json.loads(text))
        elif kind == PING:
            self.write(bytes((0x8A, size)) + text)
        elif kind == CLOSE:
            self.write(bytes((0x88, size)) + text)
            self._transport.close()
        return True

    def _requested(self, asked: dict[str, Any]) -> None:
        """REST over the WebSocket."""
        uri = asked["uri"]
        if asked.get("query_strings"):
            pairs = [f"{each['name']}={each['value']}" for each in asked["query_strings"]]
            uri = f"{uri}{'&' if '?' in uri else '?'}{'&'.join(pairs)}"
        status, body = self._server.asked(asked["method"], uri, "")
        answer = {
            "type": "RESTResponse",
            "transaction_id": "",
            "request_id": asked["request_id"],
            "status_code": status,
            "reason_phrase": REASONS[status],
            "uri": asked["uri"],
            "application": self._apps[0] if self._apps else "",
            "timestamp": stamped(),
            "asterisk_id": "02:fc:00:00:00:01",
        }
        if body:
            answer |= {"content_type": "application/json", "message_body": body.decode()}
        self.write(framed(json.dumps(answer, separators=(",", ":")).encode()))


class Control:
    """Does what a line of the control asks."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of whoever measures."""
        while line := await reader.readline():
            asked = json.loads(line)
            try:
                told = await self._do(asked)
            except KeyError as error:
                told = {"error": f"{error} is missing: is the client connected?"}
            writer.write(json.dumps(told).encode() + b"\n")
        writer.close()

    async def _do(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["do"] == "cpu":
            return {"cpu": time.process_time()}
        app = asked.get("app", "bench")
        socket, tape = self._server.sockets[app], self._server.tape(app)
        channels = asked.get("channels", 0)
        if asked["do"] == "go":
            socket.write(tape.told("BenchGo", events=0, digits=0))
            return {"sent": 0}
        rate = asked.get("rate")
        if asked["do"] == "arrive":
            return await played(socket, list(tape.starts(channels)), rate)
        if asked["do"] == "leave":
            socket.write(tape.told("BenchGo", events=0, digits=0))
            told = await played(socket, list(tape.ends(channels)), rate)
            socket.write(tape.told("BenchEnd"))
            return told
        events, run = asked["events"], asked.get("run", 1)
        digits = tape.digits(events, channels, run)
        go, end = tape.told("BenchGo", events=events, digits=digits), tape.told("BenchEnd")
        if rate:
            told = await paced(socket, tape, go, events, channels, rate)
            socket.write(end)
            return told
        told = await played(socket, [go, *tape.chunks(events, channels, run), end])
        return {**told, "sent": events}


async def played(socket: Ari, chunks: list[bytes], rate: float | None = None) -> dict[str, Any]:
    """Write all of it as fast as the client takes it, or at a rate."""
    gc.collect()
    begun, cpu = time.perf_counter(), time.process_time()
    for number, chunk in enumerate(chunks):
        if rate:
            await asyncio.sleep(begun + number / rate - time.perf_counter())
        await socket.written()
        socket.write(chunk)
    await socket.written()
    return spent(len(chunks), begun, cpu)


async def paced(
    socket: Ari, tape: Tape, go: bytes, events: int, channels: int, rate: float
) -> dict[str, Any]:
    """Write each event at its time, marked with it, whether or not the client has caught up.

    From a thread: the timers of event loops are coarse, and with a short wait they go round and
    round, on a core that the client may need.
    """
    socket.write(go)
    # The client takes its own first look at the clock meanwhile.
    await asyncio.sleep(0.2)
    begun, cpu = time.perf_counter(), time.process_time()

    def send() -> None:
        for number in range(events):
            left = begun + number / rate - time.perf_counter()
            if left > 0:
                time.sleep(left)
            put(socket.fileno, tape.event(number, channels, time.monotonic_ns()))

    await asyncio.get_running_loop().run_in_executor(None, send)
    return spent(events, begun, cpu)


def put(file: int, data: bytes) -> None:
    """Write all of it to a socket that does not block, waiting for room."""
    while data:
        try:
            data = data[os.write(file, data) :]
        except BlockingIOError:
            select.select([], [file], [])


def spent(sent: int, begun: float, cpu: float) -> dict[str, Any]:
    """What the control answers."""
    seconds = time.perf_counter() - begun
    return {"sent": sent, "seconds": seconds, "cpu": time.process_time() - cpu}


async def serve(docs: Path | None = None) -> None:
    """Serve until the standard input ends. docs: see `Answers`."""
    loop = asyncio.get_running_loop()
    server = Server(docs)
    ari = await loop.create_server(lambda: Ari(server), "127.0.0.1", 0, backlog=1024)
    control = await asyncio.start_server(Control(server).serve, "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (ari, control)]
    sys.stdout.write(json.dumps(dict(zip(("ari", "control"), ports, strict=True))) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    ari.close()
    control.close()


def fastest() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the fastest event loop that is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def main() -> None:
    """On uvloop where it is installed."""
    parser = argparse.ArgumentParser(prog="python -m bench.server")
    parser.add_argument("--docs", type=Path)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=fastest()) as runner:
        runner.run(serve(options.docs))


if __name__ == "__main__":
    main()
