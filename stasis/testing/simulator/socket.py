"""One event WebSocket as the server sees it: its applications, and requests that come over it.

Rules: it knows no sockets; whoever has one gives its text to `receive`, and gets each frame to
send from `out`. Requests are carried out one after the other, also those that still wait when the
socket is gone. Answers pass the event filter of the first application, as Asterisk has it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from attrs import frozen

from stasis.ari.resource import Response
from stasis.testing.simulator.bus import Listener
from stasis.testing.simulator.machine import ASTERISK_ID, Machine
from stasis.testing.simulator.rest.options import METHODS, may_read, options, refusal
from stasis.testing.simulator.rest.serve import serve, written

__all__ = ["Request", "Session", "answer", "read_request"]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

Work = Callable[[], Awaitable[None]]


@frozen
class Request:
    """A RESTRequest. transaction_id, request_id: the client's, for its answer.

    wrong: why it cannot be carried out, or nothing; status and reason are then Asterisk's own.
    """

    transaction_id: str = ""
    request_id: str = ""
    method: str = ""
    uri: str = ""
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    body: bytes | None = None
    wrong: str = ""


def read_request(text: str) -> Request | None:
    """The request in a text frame; None when the frame is no JSON at all."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, (dict, list)):
        return None
    fields: dict[str, Any] = found if isinstance(found, dict) else {}

    def said(name: str) -> str:
        value = fields.get(name)
        return value if isinstance(value, str) else ""

    uri, _, more = said("uri").partition("#")[0].partition("?")
    kind = said("content_type").partition(";")[0].strip().lower()
    body = said("message_body")
    extra = pairs(fields.get("query_strings"))
    checks = (
        ("No 'type' property.", not said("type")),
        ("Unknown request type.", said("type") != "RESTRequest"),
        ("Empty or missing 'uri' property.", not said("uri")),
        ("Unknown or missing 'method' property.", said("method") not in METHODS),
        ("Can't upgrade to websocket from a websocket", uri == "events"),
        ("Unable to parse 'query_strings' array.", extra is None),
        ("No 'content_type' for 'message_body'.", bool(body) and not kind),
        ("Unknown content type.", bool(body) and kind not in (FORM, JSON)),
        (f"Unable to parse 'message_body' as '{kind}'.", kind == JSON and not is_json(body)),
    )
    query = (*parse_qsl(more, keep_blank_values=True), *(extra or ()))
    return Request(
        said("transaction_id"),
        said("request_id"),
        said("method"),
        uri if said("type") == "RESTRequest" else "",
        query,
        kind,
        body.encode() if body else None,
        next((why for why, holds in checks if holds), ""),
    )


def pairs(given: Any) -> tuple[tuple[str, str], ...] | None:
    """The `query_strings` of a request; None when they are no list of names and values."""
    if not isinstance(given, list):
        return ()
    try:
        found = tuple((each["name"], each["value"]) for each in given)
    except (KeyError, TypeError):
        return None
    return found if all(isinstance(part, str) for pair in found for part in pair) else None


def is_json(body: str) -> bool:
    """Whether a body is JSON; none at all is fine."""
    try:
        json.loads(body or "{}")
    except ValueError:
        return False
    return True


async def answer(machine: Machine, text: str, *, read_only: bool = False) -> dict[str, Any]:
    """Carry out the request in a text frame. Returns the fields of its RESTResponse."""
    request = read_request(text)
    if request is None:
        return reply(Request(), Response(400, "Failed to parse request message JSON"))
    if request.wrong:
        body = written({"message": request.wrong})
        return reply(request, Response(400, "Bad request", body))
    response = await carry(machine, request, read_only=read_only)
    if response.content_type != JSON:
        response = Response(406, "Not Acceptable.  Use HTTP GET")
    return reply(request, response)


async def carry(machine: Machine, request: Request, *, read_only: bool) -> Response:
    """Carry out a request that is well formed."""
    if read_only and not may_read(request.method):
        return refusal(403, "Write access denied")
    if request.uri.startswith("/") or not request.uri:
        return refusal(405, "Invalid method")
    if request.method == "OPTIONS":
        return options(machine, request.uri)[0]
    response, _ = await serve(
        machine,
        request.method,
        request.uri,
        request.query,
        request.body,
        request.content_type or JSON,
    )
    return response


def reply(request: Request, response: Response) -> dict[str, Any]:
    """The fields of a RESTResponse."""
    found: dict[str, Any] = {
        "transaction_id": request.transaction_id,
        "request_id": request.request_id,
        "status_code": response.status,
        "reason_phrase": response.reason,
        "uri": request.uri,
    }
    if response.body:
        found["content_type"] = response.content_type
        found["message_body"] = response.body.decode()
    return found


class Session:
    """One event WebSocket, open from the start. apps: those that it is for; all are registered.

    out: takes each frame to send. everything: it hears of all that happens, where its
    applications are new. read_only: its user may only read.
    """

    def __init__(
        self,
        machine: Machine,
        apps: Sequence[str],
        out: Listener,
        *,
        everything: bool = False,
        read_only: bool = False,
    ) -> None:
        self.machine = machine
        self.apps = tuple(apps)
        self._out = out
        self._read_only = read_only
        self._waiting: deque[Work] = deque()
        self._listens = machine.has("20.14", "21.9", "22.4")
        self._works = False
        # The one object by which the bus knows whose an application is.
        self._listener = self._take
        for app in self.apps:
            machine.bus.connect(app, self._listener, everything=everything)

    def _take(self, frame: dict[str, Any]) -> None:
        self._out(frame)

    def receive(self, text: str) -> None:
        """The client has sent a text frame."""
        if self._listens:
            self.queue(lambda: self._answer(text))

    def queue(self, work: Work) -> None:
        """Do something when the requests before it are done."""
        self._waiting.append(work)
        if not self._works:
            self._works = True
            self.machine.spawn(self._work(), f"simulated socket of {', '.join(self.apps)}")

    def close(self) -> None:
        """The socket is gone. What was asked for is still carried out."""
        self._out = lambda frame: None
        for app in self.apps:
            self.machine.bus.disconnect(app, self._listener)

    async def _work(self) -> None:
        while self._waiting:
            await self._waiting.popleft()()
        self._works = False

    async def _answer(self, text: str) -> None:
        fields = await answer(self.machine, text, read_only=self._read_only)
        first = self.apps[0]
        app = self.machine.bus.applications.get(first)
        if app is not None and not app.lets_through("RESTResponse"):
            return
        stamp = {"timestamp": self.machine.stamp(), "asterisk_id": ASTERISK_ID}
        self._out({"type": "RESTResponse", **fields, "application": first, **stamp})
