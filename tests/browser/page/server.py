"""A server that the page can talk to: the API of the softphone from memory, as a test scripts it.

One user, alice, with her contacts, calls and lists. What the page asks is done at once and told on
the event socket; `refused` has it refused. There is no telephone: the page's fake one tells by
`sip/…` what its user does, and tests ring it.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import struct
import sys
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from stasis.web import pages

__all__ = ["Office", "PASSWORD", "POLICY", "opened"]

PASSWORD = "correct horse"
# What the plugin adds to the policy of stasis.web's pages.
POLICY = {"connect-src": "'self' ws: wss:", "media-src": "'self' blob: mediastream:"}
ENDPOINT = "w-alice-0badcafe"
ACTIONS: Mapping[str, Mapping[str, Any]] = {
    "hold": {"held": True},
    "unhold": {"held": False},
    "mute": {"muted": True},
    "unmute": {"muted": False},
    "record": {"recording": True},
    "stop_record": {"recording": False},
    "dtmf": {},
}


def ago(**parts: float) -> str:
    """A moment before now."""
    return (datetime.now(UTC) - timedelta(**parts)).isoformat()


def peer(name: str, number: str, user: str = "") -> dict[str, str]:
    return {"name": name, "number": number, "user": user}


class Office:
    """Everything the server knows; tests change it and `tell`."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, Any]] = []
        self.refused: dict[str, tuple[int, str]] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.tokens: set[str] = set()
        self.cookies: set[str] = set()
        self.count = 0
        self.expires_in = 900
        self.down = False
        self.device: dict[str, Any] = {}
        self.tries_left = 5
        self.me: dict[str, Any] = {
            "user": "alice",
            "name": "Alice Andersson",
            "extension": "101",
            "admin": False,
            "grants": {"may_call": ["*"], "may_receive": True, "may_record": True},
            "settings": {
                "dnd": False,
                "forward_always": None,
                "forward_busy": None,
                "forward_no_answer": None,
            },
        }
        self.contacts = [
            {"user": user, "name": name, "extension": extension, "presence": presence}
            for user, name, extension, presence in (
                ("bob", "Bob Berger", "102", "available"),
                ("carol", "Carol Chen", "103", "busy"),
                ("dilara", "Dilara Demir", "104", "dnd"),
                ("emil", "Emil Ek", "105", "offline"),
                ("farida", "Farida Fofana", "106", "available"),
                ("goran", "Goran Gavrić", "107", "ringing"),
            )
        ]
        self.calls: dict[str, dict[str, Any]] = {}
        self.history = [
            entry("h1", "in", peer("Bob Berger", "102", "bob"), ago(minutes=25), 0, "noanswer"),
            entry(
                "h2", "out", peer("Carol Chen", "103", "carol"), ago(minutes=50), 754, "answered"
            ),
            entry("h3", "in", peer("", "+49 30 901820"), ago(hours=26), 61, "answered"),
            entry("h4", "out", peer("Emil Ek", "105", "emil"), ago(hours=27), 0, "busy"),
            entry("h5", "in", peer("Dilara Demir", "104", "dilara"), ago(days=3), 0, "cancelled"),
        ]
        self.history[1]["recording"] = "r1"
        self.history[0]["message"] = "m1"
        self.history[4]["seen"] = True
        self.messages = [
            note("m1", peer("Bob Berger", "102", "bob"), ago(minutes=25), 3, heard=False),
            note("m2", peer("", "+49 30 901820"), ago(days=2), 2, heard=True),
        ]
        self.recordings = [
            {
                "id": "r1",
                "peer": peer("Carol Chen", "103", "carol"),
                "at": ago(minutes=50),
                "seconds": 4,
            }
        ]
        self.rooms: list[dict[str, Any]] | None = [
            {"room": "team", "title": "Team meeting", "members": 2, "locked": False},
            {"room": "board", "title": "", "members": 0, "locked": True},
        ]
        self.roster = [
            {
                "id": "x1",
                "name": "Carol Chen",
                "number": "103",
                "moderator": True,
                "muted": False,
                "talking": True,
                "me": False,
            },
            {
                "id": "x2",
                "name": "Goran Gavrić",
                "number": "107",
                "moderator": False,
                "muted": True,
                "talking": False,
                "me": False,
            },
        ]

    @property
    def missed(self) -> int:
        return sum(one["missed"] and not one["seen"] for one in self.history)

    @property
    def unheard(self) -> int:
        return sum(not one["heard"] for one in self.messages)

    def snapshot(self) -> dict[str, Any]:
        return {
            "me": self.me,
            "device": {"endpoint": ENDPOINT, "state": "ready"},
            "calls": list(self.calls.values()),
            "contacts": self.contacts,
            "missed": self.missed,
            "unheard": self.unheard,
        }

    async def tell(self, kind: str, **data: Any) -> None:
        """Say something on every event socket."""
        message = {"seq": 0, "type": kind, "at": ago(), **data}
        for socket in list(self.sockets):
            await socket.send_json(message)

    async def call(self, id: str, **fields: Any) -> dict[str, Any]:
        """Begin a call, or change it; and tell."""
        known = self.calls.get(id) or {
            "id": id,
            "state": "ringing",
            "direction": "in",
            "peer": peer("Bob Berger", "102", "bob"),
            "since": ago(),
            "device": None,
            "held": False,
            "held_by_other": False,
            "muted": False,
            "recording": False,
            "conference": None,
            "reason": None,
            "rejoin": False,
        }
        if fields.get("state") not in (None, known["state"]):
            fields.setdefault("since", ago())
        call = {**known, **fields}
        self.calls[id] = call
        if call["state"] == "ended":
            del self.calls[id]
        await self.tell("call", call=call)
        return call

    async def cut(self, code: int = 1001) -> None:
        """Close every event socket."""
        for socket in list(self.sockets):
            await socket.close(code=code)

    # Routes

    def routes(self) -> list[web.RouteDef]:
        v1 = "/api/v1"
        return [
            web.post(f"{v1}/login", self.log_in),
            web.post(f"{v1}/session/refresh", self.refresh),
            web.post(f"{v1}/session/logout", self.log_out),
            web.get(f"{v1}/events", self.events),
            web.post("/sip/{method}", self.sip),
            web.route("*", f"{v1}/{{path:.*}}", self.rest),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(("POST", "login", body))
        if self.tries_left <= 0:
            return problem(429, "too_many_attempts", {"Retry-After": "6"})
        if (body["user"], body["password"]) != ("alice", PASSWORD):
            self.tries_left -= 1
            return problem(401, "wrong_password")
        return self.signed_in()

    async def refresh(self, request: web.Request) -> web.Response:
        if self.down:
            return problem(503, "down")
        cookie = request.cookies.get("refresh", "")
        if cookie not in self.cookies:
            return problem(401, "no_session")
        self.cookies.discard(cookie)
        return self.signed_in()

    async def log_out(self, request: web.Request) -> web.Response:
        self.asked.append(("POST", "session/logout", None))
        self.cookies.discard(request.cookies.get("refresh", ""))
        return web.Response(status=204)

    def signed_in(self) -> web.Response:
        self.count += 1
        token = f"token-{self.count}"
        self.tokens.add(token)
        self.cookies.add(token)
        answer = web.json_response(
            {"access_token": token, "expires_in": self.expires_in, "session": "s1"}
        )
        answer.set_cookie("refresh", token, httponly=True, samesite="Strict")
        return answer

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        if self.down:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        first = await socket.receive_json()
        if first["token"] not in self.tokens:
            await socket.close(code=4401)
            return socket
        await socket.send_json({"seq": 0, "type": "snapshot", "at": ago(), **self.snapshot()})
        self.sockets.append(socket)
        try:
            async for message in socket:
                self.asked.append(("WS", "events", json.loads(message.data)))
        finally:
            self.sockets.remove(socket)
        return socket

    async def sip(self, request: web.Request) -> web.Response:
        """What the page's telephone does."""
        body = json.loads(await request.text())
        id = body["id"]
        match request.match_info["method"]:
            case "invite":
                number = body["number"]
                name = next(
                    (c["name"] for c in self.contacts if number in (c["extension"], c["user"])), ""
                )
                room = next((r for r in self.rooms or [] if r["room"] == number), None)
                await self.call(id, direction="out", peer=peer(name, number), device=ENDPOINT)
                if room:
                    await self.call(id, state="connected", conference=number)
            case "answer":
                await self.call(id, state="connected", device=ENDPOINT, rejoin=False)
            case "bye" if id in self.calls:
                await self.call(id, state="ended", reason="hangup")
        return web.Response(status=204)

    async def rest(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body = await request.json() if request.can_read_body else None
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.down:
            return problem(503, "down")
        if token not in self.tokens:
            return problem(401, "token")
        self.asked.append((request.method, path, body))
        if path in self.refused:
            status, code = self.refused[path]
            return problem(status, code)
        return await self.answer(request, path.split("/"), body)

    async def answer(self, request: web.Request, path: list[str], body: Any) -> web.StreamResponse:
        match [request.method, *path]:
            case ["POST", "device"]:
                await self.tell("taken", tab=body["tab"])
                return web.json_response({**device(self.count), **self.device})
            case ["PUT", "me", "settings"]:
                self.me["settings"] = body
                await self.tell("me", me=self.me)
                return web.json_response(body)
            case ["PUT", "me", "password"]:
                if body["old"] != PASSWORD:
                    return problem(403, "wrong_password")
                return web.Response(status=204)
            case ["POST", "calls", id, action]:
                return await self.act(id, action, body)
            case ["GET", "history"]:
                found = [h for h in self.history if h["missed"] or "missed" not in request.query]
                before = request.query.get("before", "9")
                return web.json_response(
                    [h for h in found if h["at"] < before][: int(request.query["limit"])]
                )
            case ["DELETE", "history", "missed"]:
                self.history = [{**one, "seen": True} for one in self.history]
                return web.Response(status=204)
            case ["GET", "messages" | "recordings" as kind]:
                return web.json_response(getattr(self, kind))
            case ["GET", "messages" | "recordings" as kind, id, "audio"]:
                if kind == "messages":
                    await self.heard(id)
                return web.Response(body=tone(4), content_type="audio/wav")
            case ["DELETE", "messages", id]:
                self.messages = [one for one in self.messages if one["id"] != id]
                await self.tell("message", message=None, removed=id, unheard=self.unheard)
                return web.Response(status=204)
            case ["GET", "rooms"]:
                return (
                    problem(404, "no_conference")
                    if self.rooms is None
                    else web.json_response(self.rooms)
                )
            case ["GET", "rooms", room]:
                return web.json_response(
                    {
                        "room": room,
                        "title": "",
                        "locked": False,
                        "recording": False,
                        "members": self.roster,
                    }
                )
        return problem(404, "not_found")

    async def heard(self, id: str) -> None:
        for one in self.messages:
            if one["id"] == id:
                one["heard"] = True
                await self.tell("message", message=one, removed=None, unheard=self.unheard)

    async def act(self, id: str, action: str, body: Any) -> web.Response:
        call = self.calls.get(id)
        if call is None:
            return problem(404, "no_call")
        if action in ACTIONS:
            await self.call(id, **ACTIONS[action])
        elif action == "conference":
            await self.call(id, conference=body["room"])
        elif action == "transfer":
            await self.call(id, state="ended", reason="transferred")
        elif action == "hangup":
            await self.call(id, state="ended", reason="hangup")
        elif action == "attend":
            for one in (id, body["with"]):
                await self.call(one, state="ended", reason="transferred")
        return web.Response(status=204)


def entry(id: str, way: str, who: Any, at: str, seconds: int, outcome: str) -> dict[str, Any]:
    missed = way == "in" and outcome != "answered"
    fields = {"id": id, "direction": way, "peer": who, "at": at, "seconds": seconds}
    return {
        **fields,
        "outcome": outcome,
        "missed": missed,
        "seen": not missed,
        "recording": None,
        "message": None,
    }


def note(id: str, who: Any, at: str, seconds: int, heard: bool) -> dict[str, Any]:
    return {"id": id, "from": who, "at": at, "seconds": seconds, "heard": heard}


def device(count: int) -> dict[str, Any]:
    return {
        "endpoint": ENDPOINT,
        "uri": f"sip:{ENDPOINT}@example.test",
        "password": f"secret-{count}",
        "websocket": "ws://example.test/ws",
        "ice_servers": [],
        "expires": ago(hours=-8),
    }


def problem(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"type": "about:blank", "status": status, "code": code, "detail": f"said: {code}"}
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


def tone(seconds: float) -> bytes:
    """A WAV file."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        frames = range(int(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", int(4000 * math.sin(n / 3))) for n in frames))
    return held.getvalue()


@asynccontextmanager
async def opened(dist: Path) -> AsyncIterator[Office]:
    """An office that serves a built page, on a free port."""
    office = Office()
    app = web.Application()
    plugin = web.Application()
    plugin.add_routes(
        [*office.routes(), *pages(dist, policy=POLICY, allow="microphone=(self)")[1:]]
    )
    app.add_subapp("/webrtc", plugin)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        office.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webrtc/"
        yield office
    finally:
        await office.cut()
        await runner.cleanup()


async def serve(dist: Path) -> None:
    """By hand: `python -m tests.browser.page.server FOLDER`, then log in as alice."""
    async with opened(dist) as office:
        sys.stdout.write(f"{office.url} alice {PASSWORD}\n")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
