"""Events: what happens in an Asterisk, of AMI and ARI together, chosen and in one shape.

Rules: ARI's come by an application of our own with a socket of its own, so that no call of a
program hears anything twice; it is taken back at the end. One way that is lost leaves the other,
and is tried again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from time import monotonic
from types import TracebackType

import structlog

from stasis.ami import AmiError, AmiEvent, LoginRefused, Missed, Stream
from stasis.ari import Ari
from stasis.decode import Decoder, FrameError
from stasis.errors import AriError, Forbidden, NotAri, Unauthorized, Unreachable
from stasis.pbx.classes import must_hear
from stasis.pbx.errors import PbxError, Refused, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.happening import ALL, Choice, Happening, group_of, happening
from stasis.pbx.inflow import Inflow, Note
from stasis.pbx.ways import Ways
from stasis.transport.connect import connect
from stasis.transport.frames import Lost, Opened
from stasis.transport.http import Http
from stasis.trigger import Gap

__all__ = ["Events", "Following"]

log = structlog.get_logger("stasis.pbx")

SOURCES = ("channel:", "bridge:", "endpoint:")
# How long Asterisk may take to forget our application.
LEAVING_SECONDS = 2.0
LIMIT = 20_000
# How long until a way that is lost is tried again. Who is refused waits longer: that will not mend
# itself soon, and failed log-ins trip fail2ban.
AGAIN_SECONDS = 5.0
REFUSED_SECONDS = 300.0
REFUSED = (LoginRefused, Unauthorized, Forbidden, NotAri)


class Events(Group):
    """Events of AMI and ARI together."""

    name = "events"

    def follow(self, choice: Choice = ALL, *, server: str = "", limit: int = LIMIT) -> Following:
        """Follow what happens: `async with pbx.events.follow() as events`, `async for … in events`.

        choice: which events. server: the Asterisk's name, for `Happening.server`. limit: events
        that may wait for the reader; then the newest are dropped, and a `Missed` says how many.
        Entering raises PbxError when no way can be had. AMI: events; ARI: GET /events,
        POST /applications/{applicationName}/subscription.
        """
        return Following(self.ways, choice, server, limit)


class Following:
    """Happenings for one reader. dropped: events that it was too slow for."""

    def __init__(self, ways: Ways, choice: Choice, server: str, limit: int) -> None:
        self.choice = choice
        self._ways = ways
        self._server = server
        self._inflow = Inflow(limit)
        self._limit = limit
        self._tasks: list[asyncio.Task[None]] = []
        self._there: set[str] = set()  # the ways that have not ended
        self._to_come: set[str] = set()  # those that have not begun
        self._failed: Exception | None = None
        self._listening = asyncio.Event()
        self._app = f"stasis-events-{secrets.token_hex(4)}"
        self._ari: Ari | None = None  # once it is subscribed
        self._lost: dict[str, float] = {}  # the ways that are tried again: since when

    @property
    def dropped(self) -> int:
        """Events that it was too slow for."""
        return self._inflow.dropped

    async def __aenter__(self) -> Following:
        chosen = self.choice.source
        hears = {"ami": self._hear_ami, "ari": self._hear_ari}
        sources = [name for name in hears if chosen in ("", name)]
        self._there = set(sources)
        self._to_come = set(sources)
        for name in sources:
            self._tasks.append(asyncio.create_task(self._kept(name, hears[name])))
        try:
            await self._listening.wait()
            if self._failed is not None:
                raise self._failed
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._leave()

    def __aiter__(self) -> Following:
        return self

    async def __anext__(self) -> Happening:
        while True:
            item = await self._inflow.get()
            if item is None:
                raise StopAsyncIteration
            came, what = item
            if isinstance(what, Note):
                return noted(what, self._server, came)
            found = happening(what, self._server, came)
            if self.choice.of_channel(found):
                return found

    async def _leave(self) -> None:
        # Before its socket is closed: else Asterisk 16 would keep the application for ever.
        with suppress(AriError, TimeoutError):
            async with asyncio.timeout(LEAVING_SECONDS):
                await self._unsubscribe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _unsubscribe(self) -> None:
        """Take our application's subscriptions back. Raises AriError."""
        ari = self._ari
        if ari is None:
            return
        found = await ari.applications.get(self._app)
        # By the names that Asterisk gives them: `channel:` cannot be taken back.
        sources = (
            *(f"channel:{each}" for each in found.channel_ids),
            *(f"bridge:{each}" for each in found.bridge_ids),
            *(f"endpoint:{each}" for each in found.endpoint_ids),
        )
        if sources:
            await ari.applications.unsubscribe(self._app, event_source=sources)

    async def _kept(self, name: str, hear: Callable[[], Awaitable[None]]) -> None:
        """Hear one way, for ever; the last one that is lost says why to the reader."""
        while True:
            why, again = await ended(name, hear)
            self._there.discard(name)
            if not self._there:
                self._failed = why
                self._inflow.end(why)
                self._begun(name)
                return
            if name not in self._lost:
                self._lost[name] = monotonic()
                log.warning("events come by one way only", lost=name, reason=str(why))
                self._inflow.note(Note("ami" if name == "ami" else "ari", "Lost", str(why)))
            self._begun(name)
            if not again:
                return
            await asyncio.sleep(again)

    def _back(self, name: str) -> None:
        """A way is there: for the first time, or again."""
        self._there.add(name)
        since = self._lost.pop(name, None)
        if since is not None:
            self._inflow.note(gap(name, monotonic() - since))
        self._begun(name)

    async def _hear_ami(self) -> None:
        ami = await self._ways.ami()
        if classes := self.choice.classes():
            try:
                await must_hear(ami, "events.follow", *classes)
            except Refused as error:
                log.warning("not all events are heard", reason=error.reason)
        opened: Stream[AmiEvent] = ami.events(limit=self._limit)
        async with opened as stream:
            self._back("ami")
            async for event in stream:
                if isinstance(event, Missed):
                    self._inflow.miss(event.count)
                elif isinstance(event, Gap):
                    self._inflow.note(gap("ami", event.seconds))
                elif self.choice.named(event.type, group_of(event.type, event.privilege, "ami")):
                    self._inflow.put(event)

    async def _hear_ari(self) -> None:
        decoder = Decoder()
        lost: float | None = None
        # Of its own: a program that stops may have closed what it has lent.
        async with (
            Http(self._ways.config) as http,
            aclosing(connect(self._ways.config, [self._app])) as frames,  # type: ignore[type-var]
        ):
            ari = Ari(http)
            try:
                async for frame in frames:
                    if isinstance(frame, Opened):
                        decoder.begin()
                        await ari.applications.subscribe(self._app, event_source=SOURCES)
                        self._ari = ari
                        self._back("ari")
                        if lost is not None:
                            self._inflow.note(gap("ari", monotonic() - lost))
                            lost = None
                    elif isinstance(frame, Lost):
                        if self._ari is None:  # start_timeout waits for it; the other way does not
                            raise Unreachable("GET", "/events", frame.reason)
                        lost = lost or monotonic()
                        log.warning("ARI's events are lost", reason=frame.reason)
                    else:
                        self._take(decoder, frame)
            finally:
                self._ari = None

    def _take(self, decoder: Decoder, frame: bytes) -> None:
        """One of ARI's frames."""
        try:
            event = decoder.decode(frame)
        except FrameError as error:
            log.warning("ARI told something that is no event", error=str(error))
            return
        if self.choice.named(type := event.type, group_of(type, "", "ari")):
            self._inflow.put(event)

    def _begun(self, name: str) -> None:
        """A way is there, or will not be; the reader begins when that is known of all."""
        self._to_come.discard(name)
        if not self._to_come:
            self._listening.set()


async def ended(name: str, hear: Callable[[], Awaitable[None]]) -> tuple[Exception, float]:
    """Why a way has ended, and after how many seconds it is tried again; 0: it is not."""
    why, again = f"{name} has ended", 0.0
    try:
        await hear()
    except (AmiError, AriError) as error:
        why = error.reason
        again = REFUSED_SECONDS if isinstance(error, REFUSED) else AGAIN_SECONDS
    except PbxError as error:  # it is not configured
        why = error.reason
    return Unavailable("events.follow", why), again


def gap(source: str, seconds: float) -> Note:
    """Nothing was heard for a while."""
    text = f"events of {seconds:.1f} seconds are missing: the connection was lost"
    return Note("ami" if source == "ami" else "ari", "Gap", text, seconds=seconds)


def noted(note: Note, server: str, came: datetime) -> Happening:
    """A note as it is told."""
    fields = {"count": note.count} if note.count else {"seconds": note.seconds}
    return Happening(
        time=came,
        server=server,
        source=note.source,
        type=note.type,
        group="system",
        channel="",
        what=note.what,
        fields=fields if any(fields.values()) else {},
    )
