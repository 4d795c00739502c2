"""Where a scenario runs: a server, names of its own on it, and the promise that nothing is left.

Every name that a scenario gives (applications, channels, bridges, recordings, …) ends with the
scenario's token. So scenarios run side by side, and what is a scenario's can be told.
"""

from __future__ import annotations

import asyncio
import json as json_text
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from tests.conformance.belongings import Belongings
from tests.conformance.events import Events
from tests.conformance.phones import Phone
from tests.conformance.server import Ask, Auth, Refused, Reply, Server, Users
from tests.conformance.tape import Tape, Told

__all__ = ["CONTEXT", "Place"]

# The dialplan context of this suite.
CONTEXT = "conformance"
# What the labs run, and the simulator is.
RELEASES = {"16": (16, 28, 0), "22": (22, 10, 1)}
EVERY_DEVICE = "__AST_DEVICE_STATE_ALL_TOPIC"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# Looks at what is left, 50 ms apart, before it counts.
LOOKS = 60


class Place:
    """A server as one scenario sees it.

    version: "16" or "22". context: the dialplan context of this suite. users: the credentials the
    server knows. tape: what went over the wires so far.
    """

    def __init__(self, server: Server, scenario: str = "") -> None:
        self.server = server
        self.version = server.version
        self.context = CONTEXT
        self.users = Users()
        self.token = secrets.token_hex(4)
        self.tape = Tape(scenario, self.token)
        self._open: list[Events] = []
        self._opened = 0
        self._phones: list[Phone] = []
        self._ours = Belongings(self.token, self.tape)
        self._devices: set[str] = set()

    def name(self, text: str) -> str:
        """A name that is this run's alone; the same for the same text."""
        return f"{text}-{self.token}"

    def at_least(self, *version: int) -> bool:
        """Whether the server is of that version or later, like `at_least(20, 14)`."""
        return RELEASES[self.version] >= version

    async def get(self, path: str, **query: Any) -> Reply:
        """GET, with query parameters as keywords. See `post`."""
        return await self._ask("GET", path, query)

    async def post(self, path: str, **query: Any) -> Reply:
        """POST, with query parameters as keywords.

        path: below /ari/; encoded here, but for `/`, `+` and what is written as %XX. json: a JSON body.
        form: a form body. A list goes out joined by commas, True as `true`.
        """
        return await self._ask("POST", path, query)

    async def put(self, path: str, **query: Any) -> Reply:
        """PUT, with query parameters as keywords. See `post`."""
        return await self._ask("PUT", path, query)

    async def delete(self, path: str, **query: Any) -> Reply:
        """DELETE, with query parameters as keywords. See `post`."""
        return await self._ask("DELETE", path, query)

    async def _ask(self, method: str, path: str, query: dict[str, Any]) -> Reply:
        json, form = query.pop("json", None), query.pop("form", None)
        body, headers = None, {}
        if json is not None:
            body, headers = json_text.dumps(json).encode(), {"Content-Type": JSON}
        elif form is not None:
            body, headers = urlencode(form).encode(), {"Content-Type": FORM}
        pairs = [(name, plain(value)) for name, value in query.items() if value is not None]
        return await self.request(method, path, query=pairs, headers=headers, body=body)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | list[bytes] | None = None,
        auth: Auth | str = "default",
    ) -> Reply:
        """Any request. body: a list of pieces goes out chunked. auth: None sends no credentials.

        Raises OSError when the connection is closed without an answer.
        """
        path = quote(path, safe="/%+")
        reply = await self.server.send(
            Ask(method, path, tuple(query), headers or {}, body, self._auth(auth))
        )
        told = Told(method, path, reply.status, reply.json)
        self.tape.told.append(told)
        self._ours.note(told)
        if any(value.startswith("deviceState:") for _, value in query):
            self._devices.add(path.split("/")[1])
        return reply

    def _auth(self, auth: Auth | str) -> Auth:
        return self.users.default if isinstance(auth, str) else auth

    @asynccontextmanager
    async def listen(
        self,
        *apps: str,
        subscribe_all: bool = False,
        auth: Auth | str = "default",
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Events]:
        """An event WebSocket for some applications. query: more parameters of the handshake.

        Raises Refused when the server does not want it.
        """
        pairs = [("app", ",".join(apps))] if apps else []
        if subscribe_all:
            pairs.append(("subscribeAll", "true"))
        wire = await self.server.open((*pairs, *query), self._auth(auth), headers or {})
        if subscribe_all:
            self._devices.update(apps)

        async def parting() -> None:
            for app in self._devices.intersection(apps):
                await self._give_up_devices(app)

        events = Events(wire, apps, self.tape, self._probe, parting, self._opened)
        self._opened += 1
        self._open.append(events)
        try:
            yield events
        finally:
            await events.close()

    def socket(self, *apps: str, **options: Any) -> Any:
        """A WebSocket for requests: `await socket.ask({"method": …, "uri": …})`. See `listen`."""
        return self.listen(*apps, **options)

    async def refused(self, *apps: str, **options: Any) -> Reply:
        """The answer to a handshake that must not succeed. See `listen`."""
        try:
            async with self.listen(*apps, **options):
                raise AssertionError(f"the handshake for {apps} succeeded")
        except Refused as refused:
            return refused.reply

    async def _probe(self, app: str, mark: str) -> None:
        ask = Ask("POST", f"events/user/{mark}", (("application", app),), auth=self.users.default)
        reply = await self.server.send(ask)
        assert reply.status == 204, f"the probe of {app}: {reply!r}"

    async def _give_up_devices(self, app: str) -> None:
        """Give up an application's device states before its WebSocket is closed.

        Asterisk 22 can deadlock when a WebSocket is closed while a device changes that it hears
        of; then no application comes or goes any more.
        """
        if self.version != "22":
            return
        known = (await self._quietly("GET", f"applications/{quote(app, safe='')}")).json
        for device in known.get("device_names", []):
            name = "" if device == EVERY_DEVICE else device
            ask = Ask(
                "DELETE",
                f"applications/{quote(app, safe='')}/subscription",
                (("eventSource", f"deviceState:{name}"),),
                auth=self.users.default,
            )
            await self.server.send(ask)

    async def pause(self, seconds: float) -> None:
        """Let time pass: real on a real server, virtual in-process."""
        await asyncio.sleep(seconds)

    async def gone(self, path: str, seconds: float = 5.0) -> None:
        """Wait until a GET of this path is answered with 404."""
        async with asyncio.timeout(seconds):
            while (await self.get(path)).status != 404:
                await asyncio.sleep(0.02)

    async def redirect(self, channel: str, exten: str, priority: int = 1) -> None:
        """Take a channel, by its *name*, to an extension of our context, as AMI's Redirect does."""
        await self.server.outside.redirect(channel, self.context, exten, priority)

    async def restart(self) -> None:
        """Stop the server and start it again. For scenarios that run alone."""
        await self.server.outside.restart()

    async def cli(self, line: str) -> str:
        """A command on Asterisk's own command line."""
        return await self.server.outside.cli(line)

    async def phone(self, shown: str) -> Phone:
        """A telephone, at an endpoint of our context. shown: as the caller's name."""
        phone = await self.server.outside.phone(shown, self.context)
        self._phones.append(phone)
        return phone

    async def leave(self) -> None:
        """Delete all that is this run's. Raises AssertionError with what would not go."""
        for phone in self._phones:
            await phone.close()
        for events in self._open:
            await events.close()
        self.tape.frames = [each for each in self.tape.frames if self._ours.about(each.frame)]
        for _ in range(LOOKS):
            left = await self._ours.left(self._quietly)
            if not left:
                return
            for path in left:
                await self._quietly("DELETE", path)
            await asyncio.sleep(0.05)
        raise AssertionError(f"left over: {', '.join(left)}")

    async def _quietly(self, method: str, path: str) -> Reply:
        """A request that is not kept on the tape."""
        return await self.server.send(Ask(method, path, auth=self.users.default))


def plain(value: Any) -> str:
    """A query parameter's value as ARI reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(plain(each) for each in value)
    return str(value)
