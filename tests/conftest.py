"""What every test may use: a server that answers as told, and the promise that no task is left.

`answers` is a `Send` for handles and transports' users; a whole call runs on
`stasis.testing.fake.FakeAsterisk`, in virtual time where time matters.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import pytest

from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.ari.version import Version


@pytest.fixture(autouse=True)
def no_task_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test's event loop, real or virtual, has no task left when it is closed."""
    left: list[str] = []
    close = asyncio.Runner.close

    def closing(runner: asyncio.Runner) -> None:
        broken = sys.exc_info()[0] is not None  # what made it leave its tasks is told instead
        with suppress(RuntimeError):  # closed already: it was looked at then
            left.extend(str(task) for task in asyncio.all_tasks(runner.get_loop()) if not broken)
        close(runner)

    monkeypatch.setattr(asyncio.Runner, "close", closing)
    yield
    assert not left, f"tasks left: {left}"


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


@pytest.fixture
def answers() -> Answers:
    """A `Send` that answers as told."""
    return Answers()


@pytest.fixture
def ari(answers: Answers) -> Ari:
    """All operations of an Asterisk 22.10.1, on `answers`."""
    return Ari(answers, Version(22, 10, 1))
