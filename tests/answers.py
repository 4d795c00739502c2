"""A server of a few words, for tests of what is sent and of what an answer means."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from stasis.ari.resource import Request, Response


class Answers:
    """A `Send` that answers as told.

    requests: what was sent, as `METHOD /path`. sent: the same, whole. given: an answer for each
    beginning of such a line; without one, 204. An exception given as an answer is raised.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.sent: list[Request] = []
        self.given: dict[str, Response | Exception] = {}

    def answer(self, line: str, status: int = 200, body: Any = None) -> None:
        """Have requests that begin with the line answered so. body: to become JSON."""
        encoded = b"" if body is None else json.dumps(body).encode()
        self.given[line] = Response(status, "", encoded)

    def refuse(self, line: str, status: int, message: str = "refused") -> None:
        """Have requests that begin with the line refused as ARI does."""
        self.answer(line, status, {"message": message})

    async def __call__(self, request: Request) -> Response:
        line = f"{request.method} {request.path}"
        self.requests.append(line)
        self.sent.append(request)
        await asyncio.sleep(0)
        for beginning, answer in self.given.items():
            if line.startswith(beginning):
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return Response(204)

    @property
    def last(self) -> dict[str, Any]:
        """The parameters of the last request, from query and body."""
        request = self.sent[-1]
        body = json.loads(request.body) if request.body else {}
        return {**dict(request.query), **body, "": unquote(request.path)}
