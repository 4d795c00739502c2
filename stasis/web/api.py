"""An API from a table: routes that check what comes, and the document that describes them.

Rules: nothing reaches an operation that its row does not allow; every refusal is a `Problem`.
The order: is there such a path and method, who asks, may they, and only then what they have sent.
Bodies are bounded by the server. No token, no body and no answer is in a log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiohttp import web

from stasis.errors import AriError, ChannelGone
from stasis.web.incoming import body_of, fields_of
from stasis.web.openapi import document
from stasis.web.operation import ANY, Asked, Operation, Who, rows_of
from stasis.web.problem import HEADERS, Problem
from stasis.web.token import bearer

__all__ = ["Api"]

log = structlog.get_logger("stasis.web")

W = TypeVar("W", bound=Who)

Authenticate = Callable[[str], Awaitable[W | None]]
Allowed = Callable[[W, Operation, Mapping[str, Any]], Awaitable[bool | None]]

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
    by their names; text where none is given, and what does not fit is not found. allowed: says
    False, or raises Problem, when who asks may not do just this. failures: errors that are no
    fault of ours, with status and code; their text is shown. about: the document's description,
    in Markdown. Raises ValueError for a table that says two things about one path and method.
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
        own = failures or {}
        self._failures = {**own, **{k: said for k, said in FAILURES.items() if k not in own}}
        self._rows = rows_of(operations)
        self._document = msgspec.json.encode(self.openapi())

    def openapi(self) -> dict[str, Any]:
        """Its OpenAPI 3.1 document."""
        return document(
            self.title,
            self.version,
            self.operations,
            self.base,
            self.paths,
            self.about,
            tuple(self._failures.values()),
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

        async def only_read(request: web.Request) -> web.Response:
            return not_possible(request, ["GET", "HEAD"])

        async def nothing(request: web.Request) -> web.Response:
            return Problem(404, "not_found", f"there is no {request.path} here").response()

        # Those without parts in braces first: /rooms/all before /rooms/{room}.
        paths = sorted(self._rows, key=lambda path: ["{" in part for part in path.split("/")])
        return [
            web.get(f"{prefix}/openapi.json", describe),
            *(web.route("*", prefix + path, self._answer(self._rows[path])) for path in paths),
            web.route("*", f"{prefix}/openapi.json", only_read),
            web.route("*", prefix + "/{rest:.*}", nothing),
        ]

    def _answer(
        self, rows: Mapping[str, Operation]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The answer to whatever is asked at one path."""

        async def answer(request: web.Request) -> web.StreamResponse:
            # A HEAD is a GET whose answer's body the server leaves out.
            operation = rows.get("GET" if request.method == "HEAD" else request.method)
            if operation is None:
                return not_possible(request, [*rows, *(["HEAD"] if "GET" in rows else [])])
            try:
                asked = await self._checked(request, operation)
                result = await operation.do(asked)
                return self._told(asked, operation, result)
            except Problem as problem:
                return problem.response()
            except tuple(self._failures) as error:
                return self._failed(operation, error).response()
            except web.HTTPException:
                raise
            except Exception as error:
                if isinstance(error, ConnectionError) and request.transport is None:
                    raise  # who asked has gone
                log.error("an operation failed", operation=operation.operation_id, exc_info=error)
                return Problem(500, "failed", "this failed; the program's log says why").response()

        return answer

    async def _checked(self, request: web.Request, operation: Operation) -> Asked[W, Any]:
        """What an operation gets. Raises Problem."""
        path = self._path(request, operation)
        who = await self._who(request, operation, path)
        query = fields_of(request, operation.query)
        body = (
            None
            if operation.body is None
            else await body_of(request, operation.body, bare=operation.bare)
        )
        return Asked(request, who, path, body, query)

    def _path(self, request: web.Request, operation: Operation) -> dict[str, Any]:
        kinds = {**self.paths, **operation.paths}
        found: dict[str, Any] = {}
        for name, text in request.match_info.items():
            try:
                found[name] = msgspec.convert(text, kinds.get(name, str), strict=False)
            except msgspec.ValidationError:
                raise Problem(404, "not_found", f"there is no such {name}") from None
        return found

    async def _who(
        self, request: web.Request, operation: Operation, path: Mapping[str, Any]
    ) -> W | None:
        if not operation.scope:
            return None
        token = bearer(request)
        who = await self._authenticate(token) if token else None
        if who is None:
            why = "missing" if token is None else "not known, or no longer valid"
            raise Problem(
                401,
                "no_token",
                f"the token is {why}: send Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if operation.scope != ANY and operation.scope not in who.scopes:
            log.warning("refused", who=who.name, operation=operation.operation_id)
            raise Problem(403, "no_scope", f"this token lacks the scope {operation.scope}")
        if self._allowed is not None and await self._allowed(who, operation, path) is False:
            log.warning("refused", who=who.name, operation=operation.operation_id)
            raise Problem(403, "not_allowed", "this token may not do this here")
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


def not_possible(request: web.Request, methods: Sequence[str]) -> web.Response:
    """What a method that a path has not is told. methods: those it has."""
    allow = ", ".join(sorted(methods))
    text = f"{request.method} is not possible here; {allow} is"
    return Problem(405, "method_not_allowed", text, headers={"Allow": allow}).response()
