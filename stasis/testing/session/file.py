"""A session file: JSON Lines, a header and then what happened, each line with its time.

A line is written when it happens, so a process that is killed has left all that came before. The
file has a limit: when it is reached one last line says so. Times are seconds since the start, by
the event loop's clock.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import structlog
from attrs import define, field

from stasis.errors import StasisError

__all__ = [
    "FORMAT",
    "LIMIT",
    "Answered",
    "Came",
    "End",
    "Header",
    "Hidden",
    "Line",
    "Lost",
    "Opened",
    "Sent",
    "Session",
    "SessionError",
    "Stepped",
    "Stopping",
    "Writer",
]

log = structlog.get_logger("stasis.testing.session")

FORMAT = 1
"""Of the file. A reader refuses one that is newer than itself."""
LIMIT = 200 * 2**20
"""Bytes of a file at most, unless told otherwise."""
# So much is kept for the line that ends the file.
LAST = 200


class SessionError(StasisError):
    """A session file cannot be written, read or used; the text says where and what to do."""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line.

    stasis_session: the format's version. server: the Asterisk's name. started: date and time of
    the start, UTC. apps: the applications that ran. keep: where calls were kept. masked: what was
    not written as it was. limit: of the file, in bytes.
    """

    stasis_session: int
    server: str = ""
    started: str = ""
    apps: list[str] = msgspec.field(default_factory=list)
    keep: str = "off"
    masked: list[str] = msgspec.field(default_factory=list)
    limit: int = LIMIT


class Timed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """A line. at: seconds since the start."""

    at: float


class Opened(Timed, frozen=True, kw_only=True, tag="opened"):
    """The event socket is open."""


class Lost(Timed, frozen=True, kw_only=True, tag="lost"):
    """The event socket is lost. retry_in: seconds; None when it is over for good."""

    reason: str = ""
    retry_in: float | None = None


class Came(Timed, frozen=True, kw_only=True, tag="event"):
    """An event, as Asterisk sent it. unread: bytes of a frame that was no event."""

    event: dict[str, Any] = {}
    unread: int = 0

    def part(self, *names: str) -> dict[str, Any]:
        """The first of these objects that the event has, such as its channel; else an empty one."""
        found = (self.event.get(name) for name in names)
        return next((each for each in found if isinstance(each, dict)), {})


class Sent(Timed, frozen=True, kw_only=True, tag="request", omit_defaults=True):
    """A request. id: counts them. call, app, state: of the flow that sent it; else empty."""

    id: int
    operation: str = ""
    method: str
    path: str
    query: list[tuple[str, str]] = []
    body: Any = None
    call: str = ""
    app: str = ""
    state: str = ""


class Answered(Timed, frozen=True, kw_only=True, tag="reply", omit_defaults=True):
    """What came of a request.

    id: the request's. seconds: it took. status, reason, body: the answer's. size: bytes of a body
    that is no JSON, and is not written. error: why there was no answer: `unknown` (none came),
    `unreachable` (it was not sent), `cancelled`, or an error's name.
    """

    id: int
    seconds: float
    status: int = 0
    reason: str = ""
    body: Any = None
    size: int = 0
    error: str = ""


class Stepped(Timed, frozen=True, kw_only=True, tag="step", omit_defaults=True):
    """A call has entered a state; the fields are those of `stasis.walk.Walked`, in words.

    failure: at the end, the name of the error that the flow has raised.
    """

    call: str
    app: str
    flow: str
    state: str = ""
    trigger: str = ""
    target: str = ""
    action: str = ""
    failure: str = ""


class Hidden(Timed, frozen=True, kw_only=True, tag="masked"):
    """From here on `value` stands for something that is not written."""

    value: str


class Stopping(Timed, frozen=True, kw_only=True, tag="stopping"):
    """The program is told to stop. step: by this method of its link."""

    step: str


class End(Timed, frozen=True, kw_only=True, tag="end"):
    """Nothing was written after this. reason: `stopped`, `limit`, or what went wrong."""

    reason: str


Line: TypeAlias = Opened | Lost | Came | Sent | Answered | Stepped | Hidden | Stopping | End

ENCODER = msgspec.json.Encoder()
LINE: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


@define
class Session:
    """A session that was read.

    path: of its file. lines: in the order they were written. complete: whether the file says why
    it ends; one of a process that was killed does not.
    """

    path: Path
    header: Header
    lines: list[Line] = field(factory=list)
    complete: bool = False

    @classmethod
    def load(cls, path: Path | str) -> Session:
        """Read a file. A last line that was cut off is left out. Raises SessionError."""
        path = Path(path)
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise SessionError(f"{path} cannot be read: {error.strerror}") from None
        first, *rest = raw.split(b"\n")
        session = cls(path, header_of(path, first))
        for number, text in enumerate(rest, 2):
            if not text.strip():
                continue
            try:
                session.lines.append(LINE.decode(text))
            except (ValueError, RecursionError) as error:
                if number == len(rest) + 1:
                    break  # written in part: there is no newline behind it
                raise SessionError(f"{path}, line {number}: {error}") from None
        session.complete = bool(session.lines) and isinstance(session.lines[-1], End)
        return session

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.lines[-1].at if self.lines else 0.0

    def mentioned(self) -> set[str]:
        """The applications that calls were in."""
        return {line.app for line in self.lines if isinstance(line, (Sent, Stepped)) and line.app}


def header_of(path: Path, text: bytes) -> Header:
    """The first line. Raises SessionError."""
    try:
        header = msgspec.json.decode(text, type=Header)
    except (ValueError, RecursionError):
        raise SessionError(
            f"{path}, line 1: not the header of a session; `stasis record` writes such files"
        ) from None
    if header.stasis_session > FORMAT:
        raise SessionError(
            f"{path} has format {header.stasis_session}, and this stasis knows {FORMAT}: use the"
            " stasis that has written it, or a later one"
        )
    return header


class Writer:
    """Writes a session file, for its owner alone to read. A full disk ends it, and no call.

    limit: bytes. Raises SessionError when the file is there already, or cannot be made.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.limit = limit
        self.written = 0
        self._passed = False
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise SessionError(
                f"{path} is there already; name another file, or delete it"
            ) from None
        except OSError as error:
            raise SessionError(f"{path} cannot be written: {error.strerror}") from None
        self._file: FileIO | None = FileIO(number, "wb")

    @property
    def open(self) -> bool:
        """Whether more is written."""
        return self._file is not None

    def begin(self, header: Header) -> None:
        """Write the first line."""
        self._put(ENCODER.encode(header))

    def write(self, line: Line) -> None:
        """Write a line; nothing once the file has ended."""
        text = ENCODER.encode(line)
        self._passed = self._passed or not isinstance(line, (End, Hidden))
        if self.written + len(text) + 1 > self.limit - LAST and not isinstance(line, End):
            if self.open:
                log.warning("the session file is full", path=str(self.path), bytes=self.written)
            return self.end(line.at, "limit")
        self._put(text)

    def end(self, at: float, reason: str) -> None:
        """Write the last line, and close. at: seconds since the start.

        A session in which nothing has passed leaves no file: Asterisk was not reached.
        """
        if self._file is not None and not self._passed:
            self._close()
            self.path.unlink(missing_ok=True)
        elif self._file is not None:
            self._put(ENCODER.encode(End(at=at, reason=reason[: LAST // 2])))
            self._close()

    def _put(self, text: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(text + b"\n")
            self.written += len(text) + 1
        except OSError as error:
            log.error("the session is not written any more", path=str(self.path), error=str(error))
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what could not be written has been told
                file.close()
