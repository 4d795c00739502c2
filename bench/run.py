"""One run: a client's process through one scenario, on the fake server or on a real Asterisk."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import attrs

__all__ = ["OURS", "Client", "Failed", "FakeServer", "Process"]

TOP = Path(__file__).parents[1]
# Seconds for any step of a client, the longest scenario included.
PATIENCE = 180.0
# Seconds for its end.
ENDING = 5.0
SAMPLER = "py-spy>"
MISTAKE = '"level": "error"'


class Failed(Exception):
    """A client did not do what the scenario asks; the message says what it did."""


@attrs.frozen
class Client:
    """Who is measured.

    name: in the tables. command: what starts it; its options follow. extra: keys that its
    scenarios have beside everybody's. only: the scenarios that it runs; none: all.
    most: kind of a scenario to the most events or requests that it gets, see `peers.Peer`.
    """

    name: str
    command: tuple[str, ...]
    extra: Mapping[str, Any] = attrs.field(factory=dict)
    only: frozenset[str] = frozenset()
    most: Mapping[str, int] = attrs.field(factory=dict)


def of_ours(module: str) -> tuple[str, ...]:
    """A client that runs in this environment."""
    return (sys.executable, "-m", f"bench.clients.{module}")


OURS = (
    Client("bare", of_ours("bare")),
    Client("stasis", of_ours("stasis")),
    Client("stasis, uvloop", of_ours("stasis"), {"loop": "uvloop"}),
    Client(
        "stasis, socket",
        of_ours("stasis"),
        {"transport": "socket"},
        frozenset({"rest", "call"}),
    ),
)


class Process:
    """A child that tells its steps on standard output, one a line; what it says else is kept.

    mistakes: how many errors it has logged, as stasis writes them; peers count theirs themselves.
    """

    def __init__(self, command: list[str], name: str) -> None:
        self.name = name
        self.mistakes = 0
        self._said: list[str] = []
        self._process = subprocess.Popen(
            command,
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,  # so that what it has started in its turn ends with it
        )
        assert self._process.stderr is not None
        self._listening = threading.Thread(
            target=self._listen, args=(self._process.stderr,), daemon=True
        )
        self._listening.start()

    def _listen(self, errors: IO[str]) -> None:
        for line in errors:
            self.mistakes += MISTAKE in line
            self._said = [*self._said, line.rstrip()][-20:]

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._process.stdin is not None:
            # It ends by itself, and whatever has started it for us has things to write.
            self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listening.join(1.0)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def line(self, word: str = "") -> str:
        """The next line. word: what it must be. Raises Failed when it is not, or does not come."""
        assert self._process.stdout is not None
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            line = next((each.strip() for each in self._process.stdout if told(each)), "")
        finally:
            watch.cancel()
        if not line or (word and line != word):
            self._process.poll()
            self._listening.join(0.5)
            said = "\n".join(self._said)
            raise Failed(f"{self.name}: {word or 'a result'} was awaited, {line!r} came\n{said}")
        return line

    def json(self) -> dict[str, Any]:
        """The next line, as an object. Raises Failed."""
        line = self.line()
        try:
            found: dict[str, Any] = json.loads(line)
        except ValueError:
            raise Failed(f"{self.name}: a result was awaited, {line!r} came") from None
        return found


def told(line: str) -> bool:
    """Whether a line is the client's, and not that of a sampler around it."""
    return bool(line.strip()) and not line.startswith(SAMPLER)


class FakeServer:
    """The fake server's process and its control. url: of its ARI."""

    def __init__(self, process: Process) -> None:
        ports = process.json()
        self.url = f"http://127.0.0.1:{ports['ari']}/ari"
        self._control = socket.create_connection(("127.0.0.1", ports["control"]), PATIENCE)
        self._lines = self._control.makefile("rw", buffering=1)

    @classmethod
    @contextmanager
    def running(cls, docs: Path | None = None) -> Iterator[FakeServer]:
        """A server while the context lasts. docs: the API description that it gives."""
        more = [] if docs is None else ["--docs", str(docs)]
        command = [sys.executable, "-m", "bench.server", *more]
        with Process(command, "the fake server") as process:
            server = cls(process)
            try:
                yield server
            finally:
                server.close()

    def close(self) -> None:
        """Close the control."""
        self._lines.close()
        self._control.close()

    def do(self, what: str, **parameters: Any) -> dict[str, Any]:
        """Have it do something, and wait until it is done. Raises Failed."""
        self._lines.write(json.dumps({"do": what, **parameters}) + "\n")
        told: dict[str, Any] = json.loads(self._lines.readline())
        if "error" in told:
            raise Failed(f"the fake server: {told['error']}")
        return told
