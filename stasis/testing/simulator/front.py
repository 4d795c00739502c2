"""ARI over HTTP: a request of aiohttp in, its response out.

Rules, as Asterisk has them: who asks is looked at first, then what; what is wrong with HTTP itself
is told as a page, all else as JSON. A path is read as it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from aiohttp import web

from stasis.ari.resource import Response
from stasis.testing.simulator.events_socket import EventsSocket, refused_upgrade
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.call import Refusal
from stasis.testing.simulator.rest.options import allowed, may_read, options, refusal
from stasis.testing.simulator.rest.serve import BODY_LIMIT, serve
from stasis.testing.simulator.users import User, user_of

__all__ = ["Front", "page"]

HEADERS = 100
EVENTS = "events"
REALM = 'Basic realm="Asterisk REST Interface"'
PREFIX = "/ari"


def page(machine: Machine, status: int, text: str, **headers: str) -> web.Response:
    """The page that tells what is wrong with a request."""
    phrase = HTTPStatus(status).phrase
    body = (
        f"<html><head><title>{status} {phrase}</title></head><body><h1>{phrase}</h1>"
        f"<p>{text}</p><address>Asterisk/{machine.version}</address></body></html>\n"
    )
    return made(machine, Response(status, phrase, body.encode(), "text/html"), headers)


def made(machine: Machine, answer: Response, headers: Mapping[str, str]) -> web.Response:
    """A response with the headers that all have."""
    common = {"Server": f"Asterisk/{machine.version}", "Cache-Control": "no-cache, no-store"}
    # An empty file is one of its kind; an empty answer is of none.
    has_kind = answer.body or answer.content_type != "application/json"
    kind = {"Content-Type": answer.content_type} if has_kind else {}
    return web.Response(
        status=answer.status,
        reason=answer.reason,
        body=answer.body or None,
        headers={**common, **headers, **kind},
    )


class Front:
    """The HTTP side of a server. users: who may come. origins: pages that may ask (CORS).

    write_timeout: seconds that a client may leave a frame unread before its WebSocket is dropped.
    sockets: those that are open.
    """

    def __init__(
        self,
        machine: Machine,
        users: Sequence[User],
        *,
        origins: Sequence[str] = (),
        write_timeout: float = 0.1,
    ) -> None:
        self.machine = machine
        self.users = tuple(users)
        self.origins = tuple(origins)
        self.write_timeout = write_timeout
        self.sockets: set[EventsSocket] = set()
        self.booting: Callable[[], bool] = lambda: False

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if len(request.headers) > HEADERS:
            return self.cut(page(self.machine, 413, "Too many headers"))
        path, _, text = request.raw_path.partition("?")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return page(self.machine, 404, "The requested URL was not found on this server.")
        query = parse_qsl(text, keep_blank_values=True)
        cors = self.cors(request)
        user = user_of(self.users, request.headers, query)
        if self.booting():
            return made(self.machine, refusal(503, "Asterisk not booted"), cors)
        if user is None:
            needed = {**cors, "WWW-Authenticate": REALM}
            return made(self.machine, refusal(401, "Authentication required"), needed)
        if not user.may_come_from(request.remote or "127.0.0.1"):
            return made(self.machine, refusal(403, "Access denied by ACL"), cors)
        if user.read_only and not may_read(request.method):
            return made(self.machine, refusal(403, "Write access denied"), cors)
        below = path.removeprefix(PREFIX).removeprefix("/")
        if below == EVENTS and request.method == "GET":
            return await self.upgrade(request, query, user)
        if request.method == "OPTIONS":
            return self.preflight(request, below, cors)
        return await self.carry(request, below, query, cors)

    def cors(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers for a page that may ask; none for another."""
        origin = request.headers.get("Origin", "")
        if origin not in self.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def preflight(
        self, request: web.BaseRequest, path: str, cors: Mapping[str, str]
    ) -> web.Response:
        """The answer to OPTIONS: what the path has, and for a page that may ask, that it may."""
        answer, methods = options(self.machine, path)
        headers = dict(cors)
        if methods:
            headers["Allow"] = ",".join(methods)
            if cors and request.headers.get("Access-Control-Request-Method") in methods:
                headers["Access-Control-Allow-Methods"] = ",".join(methods)
                if asked := request.headers.get("Access-Control-Request-Headers"):
                    headers["Access-Control-Allow-Headers"] = asked
        return made(self.machine, answer, headers)

    async def carry(
        self,
        request: web.BaseRequest,
        path: str,
        query: Sequence[tuple[str, str]],
        cors: Mapping[str, str],
    ) -> web.Response:
        """Have the request carried out."""
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > BODY_LIMIT:
                break
        kind = request.headers.get("Content-Type", "")
        answer, location = await serve(
            self.machine, request.method, path, query, bytes(body) or None, kind
        )
        headers = dict(cors)
        if location:
            headers["Location"] = f"{PREFIX}/{location.lstrip('/')}"
        if answer.status == 405:
            headers["Allow"] = ",".join(self.methods(path))
        response = made(self.machine, answer, headers)
        return self.cut(response) if answer.status == 413 else response

    def methods(self, path: str) -> list[str]:
        """The methods that a path has."""
        try:
            return allowed(self.machine, path)
        except Refusal:
            return []

    async def upgrade(
        self, request: web.BaseRequest, query: Sequence[tuple[str, str]], user: User
    ) -> web.StreamResponse:
        """Open an event WebSocket, and stay until it is closed."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return page(self.machine, 426, "")
        if (refusal := refused_upgrade(request)) is not None:
            return made(self.machine, Response(400, "Bad Request"), refusal)
        given = dict(reversed(query))
        apps = [each for each in given.get("app", "").split(",") if each]
        if not apps:
            return page(self.machine, 400, "HTTP request is missing param: [app]")
        everything = given.get("subscribeAll", "").lower() in ("yes", "true", "y", "t", "1", "on")
        socket = EventsSocket(
            self.machine,
            apps,
            everything=everything,
            read_only=user.read_only,
            write_timeout=self.write_timeout,
        )
        self.sockets.add(socket)
        try:
            return await socket.run(request)
        finally:
            self.sockets.discard(socket)

    def cut(self, response: web.Response) -> web.Response:
        """The response, after which the connection is closed."""
        response.force_close()
        return response
