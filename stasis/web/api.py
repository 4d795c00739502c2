"""An API from a table: routes that check what comes, and the document that describes them.

Rules: nothing reaches an operation that its row does not allow; every refusal is a `Problem`.
Bodies are bounded by the server. No token, no body and no answer is in a log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiohttp import web

from stasis.errors import AriError, ChannelGone
from stasis.web.openapi import document
from stasis.web.operation import Asked, Operation, Who
from stasis.web.problem import HEADERS, Problem

__all__ = ["Api"]

log = structlog.get_logger("stasis.web")

W = TypeVar("W", bound=Who)

Authenticate = Callable[[str], Awaitable[W | None]]
Allowed = Callable[[W, Operation, Mapping[str, Any]], Awaitable[None]]

# No token is longer.
TOKEN_LIMIT = 4096

FAILURES: Mapping[type[Exception], tuple[int, str]] = {
    ChannelGone: (409, "gone"),
    AriError: (503, "asterisk"),
}
"""What an error of the engine becomes: a status and a code."""


class Api(Generic[W]):
    """An API.

    title, version: for its document. operations: its table. authenticate: who a token is of; None
    when it is of nobody. base: where it is, seen from outside, such as `/conference/api/v1`; its
    part behind the plugin's name is the prefix of the routes. paths: types of parts of the path
    by their names; text where none is given, and what does not fit is not found. allowed: raises
    Problem when who asks may not do just this. failures: errors that are no fault of ours, with
    status and code; their text is shown. about: the document's description, in Markdown.
    """

    def __init__(
        self,
        title: str,
        *,
        version: str,
        operations: Sequence[Operation],
        authenticate: Authenticate[W],
        base: str,
        paths: Mapping[str, Any] | None = None,
        allowed: Allowed[W] | None = None,
        failures: Mapping[type[Exception], tuple[int, str]] | None = None,
        about: str = "",
    ) -> None:
        self.title = title
        self.version = version
        self.operations = operations
        self.base = base.rstrip("/")
        self.paths = paths or {}
        self.about = about
        self._authenticate = authenticate
        self._allowed = allowed
        self._failures = {**(failures or {}), **FAILURES}
        self._rows: dict[str, dict[str, Operation]] = defaultdict(dict)
        for each in operations:
            if each.method in self._rows[each.path]:
                raise ValueError(f"{each.method} {each.path} is there twice")
            self._rows[each.path][each.method] = each
        self._document = msgspec.json.encode(self.openapi())

    def openapi(self) -> dict[str, Any]:
        """Its OpenAPI 3.1 document."""
        return document(
            self.title, self.version, self.operations, self.base, self.paths, self.about
        )

    def routes(self, prefix: str | None = None) -> list[web.RouteDef]:
        """Its routes, for `Plugin.routes`.

        prefix: in front of each; None: `base` without its first part, the plugin's name.
        """
        if prefix is None:
            prefix = "/" + "/".join(self.base.strip("/").split("/")[1:])
        prefix = prefix.rstrip("/")

        async def describe(request: web.Request) -> web.Response:
            return web.Response(
                body=self._document, content_type="application/json", headers=HEADERS
            )

        async def nothing(request: web.Request) -> web.Response:
            return Problem(404, "not_found", f"there is no {request.path} here").response()

        # Those without parts in braces first: /rooms/all before /rooms/{room}.
        paths = sorted(self._rows, key=lambda path: ["{" in part for part in path.split("/")])
        return [
            web.get(f"{prefix}/openapi.json", describe),
            *(web.route("*", prefix + path, self._answer(self._rows[path])) for path in paths),
            web.route("*", prefix + "/{rest:.*}", nothing),
        ]

    def _answer(
        self, rows: Mapping[str, Operation]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The answer to whatever is asked at one path."""

        async def answer(request: web.Request) -> web.StreamResponse:
            operation = rows.get(request.method)
            if operation is None:
                allow = ", ".join(sorted(rows))
                text = f"{request.method} is not possible here; {allow} is"
                return Problem(405, "method_not_allowed", text, headers={"Allow": allow}).response()
            try:
                asked = await self._checked(request, operation)
                result = await operation.do(asked)
                return self._told(asked, operation, result)
            except Problem as problem:
                return problem.response()
            except web.HTTPRequestEntityTooLarge:
                return Problem(413, "too_large", "the body is too large").response()
            except tuple(self._failures) as error:
                return self._failed(operation, error).response()
            except (web.HTTPException, ConnectionError):
                raise
            except Exception as error:
                log.error("an operation failed", operation=operation.operation_id, exc_info=error)
                return Problem(500, "failed", "this failed; the program's log says why").response()

        return answer

    async def _checked(self, request: web.Request, operation: Operation) -> Asked[W, Any]:
        """What an operation gets. Raises Problem. The order: who, may they, and then what."""
        path = self._path(request)
        who = await self._who(request, operation, path)
        query = None if operation.query is None else fields_of(request, operation.query)
        if operation.query is None and request.query_string:
            raise Problem(422, "wrong_query", "no ?… is known here")
        body = None
        if operation.body is not None:
            body = await body_of(request, operation.body)
        return Asked(request, who, path, body, query)

    def _path(self, request: web.Request) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in request.match_info.items():
            try:
                found[name] = msgspec.convert(text, self.paths.get(name, str), strict=False)
            except msgspec.ValidationError:
                raise Problem(404, "not_found", f"there is no such {name}") from None
        return found

    async def _who(
        self, request: web.Request, operation: Operation, path: Mapping[str, Any]
    ) -> W | None:
        if not operation.scope:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip()
        who = None
        if scheme.lower() == "bearer" and 0 < len(token) <= TOKEN_LIMIT:
            who = await self._authenticate(token)
        if who is None:
            why = "not known, or no longer valid" if token else "missing"
            raise Problem(
                401,
                "no_token",
                f"the token is {why}: send Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if operation.scope != "*" and operation.scope not in who.scopes:
            log.warning("refused", who=who.name, operation=operation.operation_id)
            raise Problem(403, "no_scope", f"this token lacks the scope {operation.scope}")
        if self._allowed is not None:
            await self._allowed(who, operation, path)
        return who

    def _told(self, asked: Asked[W, Any], operation: Operation, result: Any) -> web.StreamResponse:
        response: web.StreamResponse
        if operation.raw:
            response = result
            response.headers.update(HEADERS)
        elif operation.answers is None:
            response = web.Response(status=operation.success, headers=HEADERS)
        else:
            response = web.Response(
                status=operation.success,
                body=msgspec.json.encode(result),
                content_type="application/json",
                headers=HEADERS,
            )
        for change in asked.also:
            change(response)
        return response

    def _failed(self, operation: Operation, error: Exception) -> Problem:
        """The problem that an expected error is."""
        status, code = next(
            said for kind, said in self._failures.items() if isinstance(error, kind)
        )
        if status >= 500:
            log.warning("not done", operation=operation.operation_id, error=str(error))
        retry = 5 if status == 503 else 0
        return Problem(status, code, str(error), retry_after=retry)


async def body_of(request: web.Request, kind: type) -> Any:
    """A request's body. Raises Problem."""
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "send Content-Type: application/json")
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.ValidationError as error:
        raise Problem(422, "wrong_body", str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Problem(400, "bad_json", "the body is no JSON") from None


def fields_of(request: web.Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """A request's query. Raises Problem."""
    if len(request.query) != len(set(request.query)):
        raise Problem(422, "wrong_query", "a name is there twice")
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(422, "wrong_query", str(error)) from None
