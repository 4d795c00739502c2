"""Writes a session: what passes both seams of a link, and the steps of its calls.

It costs some tens of microseconds for each frame and request. Whatever goes wrong here is told in
the log, and the call goes on.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import attrs
import msgspec
import structlog
from structlog.contextvars import get_contextvars

from stasis.ari.resource import Request, Response, Send
from stasis.channel import Channel
from stasis.errors import OutcomeUnknown, Unreachable
from stasis.lease import PREFIX as LEASE
from stasis.link import Link
from stasis.section import Secret
from stasis.testing.session.arrivals import Arrivals
from stasis.testing.session.file import (
    FORMAT,
    LIMIT,
    Answered,
    Came,
    Header,
    Hidden,
    Line,
    Lost,
    Opened,
    Sent,
    Stepped,
    Stopping,
    Writer,
)
from stasis.testing.session.mask import SECRETS, Mask
from stasis.testing.session.pseudonyms import Pseudonyms
from stasis.transport.frames import Frames
from stasis.transport.frames import Lost as SocketLost
from stasis.transport.frames import Opened as SocketOpened
from stasis.trigger import trigger_of
from stasis.walk import Walked

__all__ = ["Masking", "SessionTap", "SessionTaps"]

log = structlog.get_logger("stasis.testing.session")

REST = b'"RESTResponse"'


@attrs.frozen
class Masking:
    """What is not written as it was. Secrets never are, and what `ask(…, secret=True)` was told.

    people: numbers, names, endpoints and addresses become pseudonyms. entries: so do the digits
    that answer any question for more than one of them.
    """

    people: bool = True
    entries: bool = True

    def words(self) -> list[str]:
        """For the file's header."""
        return [
            "secrets",
            *(["numbers", "names", "endpoints", "addresses"] if self.people else []),
            "entries" if self.entries else "secret entries",
        ]


class SessionTap:
    """Writes the session of one link to a file.

    path: of the file, which must not be there yet. masking: what is masked. limit: of the file,
    in bytes. Raises SessionError when the file cannot be made.
    """

    def __init__(
        self, path: Path | str, masking: Masking | None = None, limit: int = LIMIT
    ) -> None:
        self.masking = masking or Masking()
        self.writer = Writer(Path(path), limit)
        self._pseudonyms = Pseudonyms(self._hidden)
        self._mask = Mask(self._pseudonyms, people=self.masking.people)
        self._link: Link | None = None
        self._ids = count(1)
        self._clock: Callable[[], float] | None = None
        self._begun = 0.0
        self._entries: dict[tuple[str, str], tuple[int, str]] = {}
        self._arrivals = Arrivals(self._now)

    def attach(self, link: Link) -> None:
        """The link has been made; its steps are written too."""
        self._link = link
        link.on_walk.append(self._walked)
        secrets = secrets_of(link.config)
        self._mask = Mask(self._pseudonyms, secrets, people=self.masking.people)

    def stopping(self, step: str) -> None:
        """The link is told to stop."""
        with self._safely():
            self._write(Stopping(at=self._now(), step=step))

    def close(self, reason: str = "stopped") -> None:
        """Write the last line. Nothing is written any more."""
        if self._clock is not None:
            with self._safely():
                self.writer.end(self._now(), reason)

    async def frames(self, frames: Frames) -> Frames:
        """The same items, each written before it is passed on."""
        async with aclosing(frames):  # type: ignore[type-var]
            async for item in frames:
                if self.writer.open:
                    with self._safely():
                        self._came(item)
                yield item

    def send(self, send: Send) -> Send:
        """A `Send` that carries to the same place, and writes requests and answers."""

        async def carried(request: Request) -> Response:
            if LEASE in str(request.query) or not self.writer.open:
                return await send(request)  # or it is a sign of life, every two seconds
            id = next(self._ids)
            with self._safely():
                self._sent(id, request)
            begun = asyncio.get_running_loop().time()
            try:
                response = await send(request)
            except BaseException as error:
                with self._safely():
                    self._failed(id, begun, error)
                raise
            with self._safely():
                self._answered(id, begun, request, response)
            return response

        return carried

    # What is written

    def _came(self, item: SocketOpened | SocketLost | bytes) -> None:
        if isinstance(item, SocketOpened):
            return self._write(Opened(at=self._now()))
        if isinstance(item, SocketLost):
            retry = None if math.isinf(item.retry_in) else item.retry_in
            return self._write(Lost(at=self._now(), reason=item.reason, retry_in=retry))
        if REST in item[:100]:
            return  # the answer to a request, which is written as such
        at, event = self._arrivals.at(), decoded(item)
        if not isinstance(event, dict):
            return self.writer.write(Came(at=at, unread=len(item)))
        if event.get("type") == "ChannelDtmfReceived":
            self._key(event)
        self.writer.write(Came(at=at, event=self._mask.frame(event)))

    def _write(self, line: Line) -> None:
        """Something else than a frame, that parts those before it from those after it."""
        self._arrivals.part()
        self.writer.write(line)

    def _key(self, event: dict[str, Any]) -> None:
        """A key that answers a question for more than one is written as another."""
        channel = event.get("channel")
        channel_id = str(channel.get("id", "")) if isinstance(channel, dict) else ""
        assert self._link is not None
        claim = self._link.router.claimed(("channel", channel_id))
        handle = claim.handle if claim is not None else None
        if not isinstance(handle, Channel) or not handle.digits.asking:
            return
        digits = handle.digits
        if digits.asked == "secret" or (digits.asked == "entry" and self.masking.entries):
            key = (channel_id, str(event.get("application")))
            question, before = self._entries.get(key, (0, ""))
            if question != digits.questions:
                before = ""
            pressed = str(event.get("digit", ""))
            self._entries[key] = (digits.questions, before + pressed)
            event["digit"] = self._pseudonyms.digit(before, pressed)

    def _sent(self, id: int, request: Request) -> None:
        whose = get_contextvars()
        self._write(
            Sent(
                at=self._now(),
                id=id,
                operation=request.operation,
                method=request.method,
                path=self._mask.path(request.path),
                query=self._mask.query(request.query),
                body=self._mask.frame(decoded(request.body)) if request.body else None,
                call=str(whose.get("channel", "")),
                app=str(whose.get("app", "")),
                state=str(whose.get("state", "")),
            )
        )

    def _answered(self, id: int, begun: float, request: Request, response: Response) -> None:
        at, body = self._now(), response.body
        found = None if request.binary or not body else decoded(body)
        self._write(
            Answered(
                at=at,
                id=id,
                seconds=round(asyncio.get_running_loop().time() - begun, 6),
                status=response.status,
                reason=response.reason,
                body=self._mask.answer(request, found),
                size=len(body) if body and found is None else 0,
            )
        )

    def _failed(self, id: int, begun: float, error: BaseException) -> None:
        seconds = round(asyncio.get_running_loop().time() - begun, 6)
        words = next((word for kind, word in ERRORS.items() if isinstance(error, kind)), "")
        self._write(
            Answered(at=self._now(), id=id, seconds=seconds, error=words or type(error).__name__)
        )

    def _walked(self, walked: Walked) -> None:
        with self._safely():
            self._write(step_of(walked, self._now()))

    def _hidden(self, value: str) -> None:
        self.writer.write(Hidden(at=self._now(), value=value))

    def _now(self) -> float:
        """Seconds since the first line, which this begins to write."""
        if self._clock is None:
            self._clock = asyncio.get_running_loop().time
            self._begun = self._clock()
            link = self._link
            assert link is not None
            self.writer.begin(
                Header(
                    stasis_session=FORMAT,
                    server=link.name,
                    started=datetime.now(UTC).isoformat(timespec="milliseconds"),
                    apps=list(link.programs),
                    keep=link.config.keep.store,
                    masked=self.masking.words(),
                    limit=self.writer.limit,
                )
            )
        return round(self._clock() - self._begun, 6)

    @contextmanager
    def _safely(self) -> Iterator[None]:
        """Nothing of the program may notice what goes wrong in here."""
        try:
            yield
        except Exception as error:
            log.error("a line of the session is not written; please report this", exc_info=error)


class SessionTaps:
    """Makes a tap for each link of a program, each with a file of its own.

    path: of the file; of several, the server's name is put into it. several: whether there may be.
    """

    def __init__(
        self, path: Path, masking: Masking, limit: int = LIMIT, *, several: bool = False
    ) -> None:
        self._path = path
        self._masking = masking
        self._limit = limit
        self._several = several
        self.taps: list[SessionTap] = []

    def __call__(self, name: str) -> SessionTap:
        """The tap of a link. Raises SessionError when its file cannot be made."""
        tap = SessionTap(self._free(name), self._masking, self._limit)
        self.taps.append(tap)
        return tap

    def close(self) -> None:
        """Write the last line of each."""
        for tap in self.taps:
            tap.close()

    def _free(self, name: str) -> Path:
        if not self._several:
            return self._path
        taken = {tap.writer.path for tap in self.taps}
        stem, suffix = self._path.stem, self._path.suffix
        names = (
            f"{stem}-{name}{more}{suffix}" for more in chain([""], (f"-{n}" for n in count(2)))
        )
        return next(path for each in names if (path := self._path.with_name(each)) not in taken)


ERRORS: Mapping[type[BaseException], str] = {
    Unreachable: "unreachable",
    OutcomeUnknown: "unknown",
    asyncio.CancelledError: "cancelled",
}


def step_of(walked: Walked, at: float) -> Stepped:
    """A step of a call as a line. at: seconds since the start."""
    return Stepped(
        at=at,
        call=walked.channel_id,
        app=walked.app,
        flow=walked.flow.__name__,
        state=walked.state,
        trigger="" if walked.trigger is None else trigger_of(walked.trigger),
        target=walked.target,
        action=walked.action,
        failure="" if walked.failure is None else type(walked.failure).__name__,
    )


def decoded(data: bytes) -> Any:
    """What it is as JSON; None when it is none."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return None


def secrets_of(value: Any) -> list[str]:
    """The secrets of a configuration: every Secret, and what plugins' tables call so."""
    if isinstance(value, Secret):
        return [value.reveal()]
    if attrs.has(type(value)):
        value = {each.name: getattr(value, each.name) for each in attrs.fields(type(value))}
    if isinstance(value, dict):
        found = [each for key, each in value.items() if SECRETS.search(str(key))]
        return [
            *(each for each in found if isinstance(each, str)),
            *(secret for each in value.values() for secret in secrets_of(each)),
        ]
    return []
