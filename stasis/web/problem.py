"""A problem: why a request was not done, for programs and for people (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from stasis.errors import StasisError

__all__ = ["Problem", "ProblemBody"]

# What every answer of an API carries: it is for who has asked, and is what it says it is.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class ProblemBody(msgspec.Struct, kw_only=True):
    """A problem as it is sent. code: one word for programs. detail: for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


class Problem(StasisError):
    """A request is not done.

    status: of HTTP, 400 to 599; ValueError for one that HTTP does not know. code: one word for
    programs, such as `no_room`. detail: what happened, and what to do. retry_after: seconds after
    which it is worth another try; 0: not. headers: further ones of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retry_after: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.title = HTTPStatus(status).phrase
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        if retry_after:
            self.headers["Retry-After"] = str(retry_after)

    def response(self) -> web.Response:
        """The answer that says so."""
        body = ProblemBody(
            title=self.title,
            status=self.status,
            code=self.code,
            # What somebody has sent may be in it, and need not be text that can be sent back.
            detail=str(self).encode("utf-8", "replace").decode(),
        )
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(body),
            content_type="application/problem+json",
            headers={**HEADERS, **self.headers},
        )
