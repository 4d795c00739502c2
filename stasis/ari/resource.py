"""What a generated operation stands on: a request, the `Send` seam, and the answer's meaning.

Rules of this file: every byte that goes out is encoded here and nowhere else; no I/O; a status
becomes an error here and nowhere else. `transport/` carries a `Request` and returns a `Response`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from attrs import field, frozen

from stasis.ari.structure import structure
from stasis.ari.version import Since, Version
from stasis.errors import (
    BY_STATUS,
    AllocationFailed,
    InvalidRequest,
    MethodNotAllowed,
    NotAri,
    NotFound,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    ResponseError,
    ServerError,
)

__all__ = [
    "BLOCKING_SECONDS",
    "LISTING_SECONDS",
    "Request",
    "Resource",
    "Response",
    "Send",
    "many",
    "segment",
]

T = TypeVar("T")

# Asterisk reads a request line of at most 4,096 bytes and a body of at most 40,960.
QUERY_LIMIT = 2_000
BODY_LIMIT = 40_960
# Control characters, and halves of a character alone.
UNSENDABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# What goes into a path as it is; ids of ours are of nothing else.
PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*", re.ASCII)

# How long an answer may take. Blocking: what waits in the channel's own queue, behind a running
# playback. Listing: what grows with the server, or starts a module.
CONTROL_SECONDS = 5.0
LISTING_SECONDS = 10.0
BLOCKING_SECONDS = 15.0


@frozen
class Request:
    """One ARI request, encoded and ready to carry.

    method: GET, POST, PUT or DELETE. path: below `/ari`, percent-encoded, with leading slash.
    query: name and value pairs, not yet encoded. body: JSON bytes, or None.
    seconds: how long to wait for the answer. repeatable: may be sent again when the first try
    did not come through. binary: the answer is a file and must come over HTTP. operation: what
    it is called in Python, such as `channels.answer`, for metrics; never sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    seconds: float = CONTROL_SECONDS
    repeatable: bool = False
    binary: bool = False
    operation: str = ""


@frozen
class Response:
    """What came back: HTTP status, reason phrase, body bytes and their content type."""

    status: int
    reason: str = ""
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"


class Send(Protocol):
    """The seam out: carry one request to Asterisk and return its answer, whatever its status.

    Raises Unreachable when nothing was sent, OutcomeUnknown when no answer came.
    """

    async def __call__(self, request: Request) -> Response: ...


def segment(value: str) -> str:
    """Encode one path segment. Everything but letters, digits and `_.-~` is percent-encoded.

    Asterisk decodes `+` as a space even in paths, so `+` goes out as `%2B`. Control characters
    and the empty or dots-only segment are refused.

    Raises InvalidRequest.
    """
    if PLAIN.fullmatch(value):
        return value
    checked("path", repr(value)[:80], "an id or name", value)
    if not value.strip("."):
        raise InvalidRequest("path", repr(value), "an id or name must not be empty or only dots")
    return quote(value, safe="")


def checked(method: str, path: str, name: str, value: str) -> str:
    """The value itself, or InvalidRequest when it holds control characters or lone surrogates."""
    if UNSENDABLE.search(value):
        raise InvalidRequest(
            method, path, f"{name}: control characters cannot be sent to Asterisk: {value[:80]!r}"
        )
    return value


def many(values: str | Sequence[str] | None) -> Sequence[str] | None:
    """One value or several, as several. A lone string is one value, whatever commas it holds."""
    return [values] if isinstance(values, str) else values


class Resource:
    """Base of the generated resources: one `_call` that every operation uses.

    send: the seam out. version: the server's, or None while unknown (then nothing is gated).
    """

    def __init__(self, send: Send, version: Version | None = None) -> None:
        self._send = send
        self.version = version

    async def _call(
        self,
        returns: type[T] | None,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        body: Mapping[str, object] | None = None,
        since: Since | None = None,
        newer: Mapping[str, Since] | None = None,
        seconds: float = CONTROL_SECONDS,
        repeatable: bool | None = None,
        resolve: str | None = None,
        binary: bool = False,
        operation: str = "",
    ) -> T:
        """Send one operation and return its result as `returns` (None for a 204).

        query: parameters by wire name; None is left out, a list is joined by commas. body: the
        JSON body. since: versions that have the operation. newer: parameters by wire name that
        came later than the operation, and since when. seconds: how long the answer may take.
        resolve: a path to GET when the outcome of a create with an id of ours is unknown.
        operation: the name that the request carries.

        Raises the errors of `stasis.errors.AriError`.
        """
        if since is not None and self.version is not None and not since.holds(self.version):
            raise NotSupported(
                method, path, f"Asterisk {self.version} does not have it; it needs {since}"
            )
        if len(path) > QUERY_LIMIT:
            raise InvalidRequest(method, path[:80], "the id or name is too long for a request line")
        for name, first in (newer or {}).items():
            given = (query or {}).get(name) is not None or name in (body or {})
            if given and self.version is not None and not first.holds(self.version):
                # Asterisk ignores a parameter that it does not know, and that would go unnoticed.
                raise NotSupported(
                    method, path, f"Asterisk {self.version} has no {name}; it needs {first}"
                )
        if repeatable is None:
            repeatable = method in ("GET", "DELETE", "PUT")
        pairs, extra = encode_query(method, path, query or {})
        content = {**extra, **(body or {})}
        request = Request(
            method,
            path,
            pairs,
            encode_body(method, path, content) if content or body is not None else None,
            seconds,
            repeatable,
            binary,
            operation,
        )
        try:
            response = await self._send(request)
        except OutcomeUnknown as unknown:
            if resolve is None:
                raise
            response = await self._resolved(resolve, unknown, f"{operation}.resolve")
        return result(request, response, returns, since)

    async def _resolved(self, path: str, unknown: OutcomeUnknown, operation: str) -> Response:
        """The object that a create without an answer made, or the same uncertainty again.

        The id is ours, so the server can tell. Whatever else goes wrong here says nothing about
        the create, so its own error stands.
        """
        try:
            response = await self._send(
                Request("GET", path, seconds=CONTROL_SECONDS, repeatable=True, operation=operation)
            )
        except (NotSent, OutcomeUnknown):
            raise unknown from None
        if response.status == 404:
            lost = OutcomeUnknown(
                unknown.method, unknown.path, "no answer came, and the object is not there now"
            )
            lost.absent = True
            raise lost from unknown
        if response.status != 200:
            raise unknown
        return response


def encode_query(
    method: str, path: str, query: Mapping[str, object]
) -> tuple[tuple[tuple[str, str], ...], dict[str, object]]:
    """Query pairs, and what must travel in the JSON body instead.

    Asterisk splits a query value at commas but not a JSON array, and limits the request line:
    a list with a comma in a value, and everything of a long query, goes into the body.
    """
    given = {name: value for name, value in query.items() if value is not None}
    pairs: list[tuple[str, str]] = []
    extra: dict[str, object] = {}
    for name, value in given.items():
        if isinstance(value, str):
            pairs.append((name, checked(method, path, name, value)))
        elif isinstance(value, bool):
            pairs.append((name, "true" if value else "false"))
        elif isinstance(value, (int, float)):
            pairs.append((name, str(value)))
        elif isinstance(value, Sequence):
            items = [checked(method, path, name, str(item)) for item in value]
            if not items:
                raise InvalidRequest(method, path, f"{name}: the list is empty")
            if any("," in item for item in items):
                if method == "GET":
                    raise InvalidRequest(method, path, f"{name}: a value must not hold a comma")
                extra[name] = items
            else:
                pairs.append((name, ",".join(items)))
        else:
            raise InvalidRequest(method, path, f"{name}: cannot send a {type(value).__name__}")
    # 3 bytes for each non-ASCII byte at most: a cheap upper bound of the encoded length.
    if sum(len(n) + 3 * len(v.encode()) for n, v in pairs) > QUERY_LIMIT:
        if method == "GET":
            raise InvalidRequest(method, path, "the parameters are too long for a request line")
        extra = {**given, **extra}
        pairs = []
    return tuple(pairs), extra


def encode_body(method: str, path: str, body: Mapping[str, object]) -> bytes:
    """The JSON body, checked for control characters and size. Raises InvalidRequest."""
    check_strings(method, path, body)
    encoded = msgspec.json.encode(body)
    if len(encoded) > BODY_LIMIT:
        raise InvalidRequest(
            method, path, f"the body is {len(encoded)} bytes; Asterisk takes {BODY_LIMIT}"
        )
    return encoded


def check_strings(method: str, path: str, value: object) -> None:
    """Refuse control characters anywhere in a JSON value: Asterisk writes some of them raw to AMI."""
    if isinstance(value, str):
        checked(method, path, "body", value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_strings(method, path, key)
            check_strings(method, path, item)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        for item in value:
            check_strings(method, path, item)


def result(request: Request, response: Response, returns: type[T] | None, since: Since | None) -> T:
    """The typed result of an answer, or the error its status means."""
    if response.status >= 400:
        raise refusal(request, response, since)
    if response.status not in (200, 201, 202, 204):
        raise NotAri(
            request.method,
            request.path,
            response.status,
            response.reason,
            "not an answer of ARI; check asterisk.url in stasis.toml",
        )
    if returns is None:
        return None  # type: ignore[return-value]
    if request.binary:
        return response.body  # type: ignore[return-value]
    if not response.body:
        # Asterisk 18 answers 200 with an empty body when a bridge id exists already.
        raise NotAri(
            request.method, request.path, response.status, "an empty body where JSON belongs"
        )
    try:
        return structure(response.body, returns)
    except ValueError as error:
        raise NotAri(
            request.method,
            request.path,
            response.status,
            "the reply is not ARI's JSON",
            f"is asterisk.url the ARI of an Asterisk? {error}",
        ) from None


def refusal(request: Request, response: Response, since: Since | None) -> ResponseError:
    """The error that a status of 400 or more means, with Asterisk's own words."""
    words, by_ari = message_of(response)
    kind = BY_STATUS.get(response.status) or (
        ServerError if response.status >= 500 else ResponseError
    )
    hint = HINTS.get(response.status, "")
    if kind is ServerError and "allocation" in words.lower():
        kind, hint = AllocationFailed, "the endpoint cannot be reached"
    if kind in (NotFound, MethodNotAllowed) and since is not None:
        hint = f"the operation needs {since}"
    elif kind is NotFound and not by_ari:
        kind = NotAri
        hint = "is ARI enabled (ari.conf: enabled = yes) and does asterisk.url end in its prefix?"
    return kind(request.method, request.path, response.status, words, hint)


HINTS = {
    401: "check asterisk.username and asterisk.password against ari.conf",
    403: "the ARI user is read-only or an ACL refuses this address: see ari.conf",
    412: "answer the channel first",
    503: "Asterisk is still starting",
}


def message_of(response: Response) -> tuple[str, bool]:
    """Asterisk's words in an error body, and whether the body was ARI's JSON at all."""
    try:
        data: Any = json.loads(response.body or b"")
    except (ValueError, RecursionError):
        return response.reason or "no reason given", False
    if isinstance(data, dict):
        for key in ("message", "error"):
            if isinstance(data.get(key), str):
                return str(data[key])[:500], True
    return response.reason or "no reason given", False
