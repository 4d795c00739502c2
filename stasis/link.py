"""A link to one Asterisk: its socket, its router, and the calls that run on it.

One reader takes what the socket yields. It decodes, settles waits, fills inboxes and reads on;
it never waits for a flow. Several applications share the socket.
"""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

import structlog

from stasis.ari import Ari, Send, Since, Version
from stasis.ari.asterisk import AsteriskInfo
from stasis.ari.events import (
    ApplicationReplaced,
    Event,
    RESTResponse,
    StasisEnd,
    StasisStart,
)
from stasis.config import Config
from stasis.decode import Decoder, FrameError
from stasis.errors import (
    ApplicationTaken,
    AriError,
    Forbidden,
    NotBooted,
    NotSupported,
    OutcomeUnknown,
    StasisError,
    Unauthorized,
    Unreachable,
)
from stasis.flow import Leave
from stasis.owner import new_id
from stasis.program import Program
from stasis.register import register
from stasis.resync import missed
from stasis.router import Router
from stasis.runner import Runner
from stasis.transport.connect import Backoff, connect
from stasis.transport.frames import Frames, Lost, Opened
from stasis.transport.http import Http
from stasis.transport.socket import Socket
from stasis.watch import Watch

__all__ = ["Link", "LinkState"]

log = structlog.get_logger("stasis.link")

LinkState: TypeAlias = Literal["connecting", "ready", "gap", "stopped"]

# How long the calls that a stop cuts may take to be hung up.
LAST_SECONDS = 1.0
# Which versions take requests over the event WebSocket.
OVER_SOCKET = Since("20.14", "21.9", "22.4")
# Ids of channels that flows made. One that enters unclaimed has lost its flow.
# All of the id: the other half of a Local channel of ours (`…;2`) is a caller, and Asterisk's own
# ids begin with its systemname, which may be `media-01`.
MADE = re.compile(r"(channel|snoop|media)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Link:
    """Runs calls on one Asterisk.

    config: which Asterisk, and the engine's limits. programs: what each Stasis application
    runs. frames, send: the two seams, for tests; None dials the configured Asterisk.

    state: `connecting`, `ready`, `gap` (deaf, calls live on), `stopped`; others can watch it.
    ari: every operation, typed. version: Asterisk's. counts: events by what became of them.
    """

    def __init__(
        self,
        config: Config,
        programs: Mapping[str, Program],
        *,
        frames: Frames | None = None,
        send: Send | None = None,
    ) -> None:
        self.config = config
        self.programs = dict(programs)
        self.state: Watch[LinkState] = Watch("connecting")
        self.version: Version | None = None
        self.router = Router()
        self.runners: set[Runner] = set()
        self.draining = False
        self.counts = {"events": 0, "unclaimed": 0, "refused": 0, "calls": 0, "gaps": 0}
        self._http = Http(config.asterisk)
        self._socket = Socket(self._http) if config.asterisk.transport == "socket" else None
        self.ari = Ari(send or self._socket or self._http)
        self._direct = Ari(send or self._http)
        self._frames = frames
        self._decoder = Decoder()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened: Opened | None = None
        self._failed: StasisError | None = None
        self._stopped = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    # Life

    async def run(self) -> None:
        """Connect, take calls, and come back after every loss, until `stop`.

        Raises AriError when Asterisk cannot be reached at the start, ApplicationTaken when
        another program takes one of our applications.
        """
        stopped = asyncio.create_task(self._stopped.wait(), name="stasis stopped")
        reader = asyncio.create_task(self._read(), name="stasis reader")
        try:
            await asyncio.wait({reader, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                reader.result()
        finally:
            self.state.set("stopped")
            await cancelled(reader, stopped, *self._tasks)
            if self._tasks:
                # Calls that were cut are hung up: each is tried, and not for long.
                await asyncio.wait(self._tasks, timeout=LAST_SECONDS)
                await cancelled(*self._tasks)
            await self._http.close()

    def stop(self) -> None:
        """Close the socket and return from `run`. Calls should have ended before."""
        self._stopped.set()

    def drain(self) -> None:
        """Take no new calls: they go on in the dialplan. Live ones finish."""
        self.draining = True

    def end_calls(self, leave: Leave | None = None) -> None:
        """End every call soon. leave: how; None takes each flow's `on_error`."""
        for runner in self.runners:
            runner.stop(leave or runner.flow.on_error)

    async def idle(self) -> None:
        """Wait until no call runs."""
        await self._idle.wait()

    async def originate(self, endpoint: str, app: str, **parameters: Any) -> str:
        """Call an endpoint; once answered it enters an application of ours as a new call.

        endpoint: such as `PJSIP/alice`. app: one of ours. parameters: of
        `ari.channels.originate_with_id`. Returns the channel's id.
        Raises AllocationFailed. ARI: POST /channels/{channelId}.
        """
        channel_id = new_id("call")
        await self.ari.channels.originate_with_id(
            channel_id, endpoint=endpoint, app=app, **parameters
        )
        return channel_id

    async def _greet(self) -> None:
        """Learn the server's version, trying for `asterisk.start_timeout` while it is not there."""
        config = self.config.asterisk
        backoff = Backoff(config.backoff_min, config.backoff_max)
        deadline = asyncio.get_running_loop().time() + config.start_timeout
        while True:
            try:
                info = await self._direct.asterisk.get_info(only=["system"])
                break
            except (Unreachable, NotBooted) as error:
                wait = backoff.next()
                if asyncio.get_running_loop().time() + wait > deadline:
                    raise
                log.info("waiting for Asterisk", error=error.reason, retry_in=round(wait, 1))
                await asyncio.sleep(wait)
        self._learn(info)
        log.info("connected", asterisk=str(self.version or "unknown"), url=config.url)
        version = self.version
        if self._socket is not None and version is not None and not OVER_SOCKET.holds(version):
            raise NotSupported(
                "GET",
                "/events",
                f'asterisk.transport = "socket" needs {OVER_SOCKET}; this is {version}: use "http"',
            )

    def _learn(self, info: AsteriskInfo) -> None:
        self.version = Version.parse(info.system.version) if info.system else None
        self.ari.version = self._direct.version = self.version

    # The reader

    async def _read(self) -> None:
        await self._greet()
        frames = self._frames or connect(self.config.asterisk, list(self.programs))
        async with aclosing(frames):  # type: ignore[type-var]
            async for item in frames:
                if isinstance(item, bytes):
                    self._frame(item)
                elif isinstance(item, Opened):
                    self._open(item)
                else:
                    self._lose(item)
                if self._failed is not None:
                    raise self._failed

    def _frame(self, frame: bytes) -> None:
        try:
            event = self._decoder.decode(frame)
        except FrameError as error:
            self.counts["refused"] += 1
            if self.counts["refused"] <= 10:
                log.warning("a frame is not an event and was dropped", error=str(error)[:200])
            return
        if isinstance(event, RESTResponse):
            if self._socket is not None:
                self._socket.answered(event)
            return
        self.counts["events"] += 1
        try:
            self.take(event)
        except Exception as error:
            # Nothing that arrives may end the reader: every other call depends on it.
            log.error(
                "an event was not handled; please report this", kind=event.type, exc_info=error
            )

    def take(self, event: Event) -> None:
        """One event: a new call, or something for those who claimed its ids."""
        if isinstance(event, StasisStart):
            self._arrive(event)
        elif isinstance(event, ApplicationReplaced):
            self._failed = ApplicationTaken(event.application)
        elif not self.router.dispatch(event):
            self.counts["unclaimed"] += 1

    def _arrive(self, event: StasisStart) -> None:
        """A channel enters: one a flow waits for, a replacement, or a new call."""
        replaced = event.replace_channel
        if replaced is not None:
            claim = self.router.claimed(("channel", replaced.id))
            if claim is not None and claim.become is not None:
                claim.become(event)
        key = ("channel", event.channel.id)
        claim = self.router.claimed(key)
        moved = claim is not None and claim.app != event.application
        if claim is not None and not moved:
            self.router.dispatch(event)
            return
        if claim is not None:
            # Asterisk keeps no order between two applications: the end in the first may come
            # after the start in the second. End it there now; the late one finds nobody.
            self.router.dispatch(StasisEnd(application=claim.app, channel=event.channel))
            self.router.release(key)
        program = self.programs.get(event.application.partition(":")[0])
        if (MADE.fullmatch(event.channel.id) and not moved) or program is None:
            self._spawn(self._turn_away(event, hangup=True))
        elif self.draining:
            self._spawn(self._turn_away(event, hangup=False))
        else:
            self._start(event, program)

    def _start(self, event: StasisStart, program: Program) -> None:
        try:
            runner = Runner(
                event.channel.id,
                event.application,
                program,
                self.ari,
                self.router,
                self.config.engine,
            )
        except Exception as error:
            # The flow's own `__init__` has failed, in the reader: end this call, and read on.
            log.error("the flow could not be made", flow=program.flow.__name__, exc_info=error)
            self.router.release(("channel", event.channel.id))
            self._spawn(self._turn_away(event, hangup=True))
            return
        self.counts["calls"] += 1
        self.runners.add(runner)
        self._idle.clear()
        self.router.dispatch(event)
        self._spawn(self._call(runner), name=f"call {event.channel.id}")

    async def _call(self, runner: Runner) -> None:
        try:
            await runner.run()
        finally:
            self.runners.discard(runner)
            if runner.channel.gone is None:
                self._spawn(self._rescue(runner.channel.id))
            if not self.runners:
                self._idle.set()

    async def _turn_away(self, event: StasisStart, *, hangup: bool) -> None:
        """A channel that nobody here will run: it must not stay in silence."""
        channel = event.channel
        try:
            if not hangup:
                await self.ari.channels.continue_in_dialplan(channel.id)
                return
            log.warning("nobody runs this channel; hanging up", channel=channel.id)
        except StasisError as error:
            log.warning("could not go on in the dialplan", channel=channel.id, error=str(error))
        await self._rescue(channel.id)

    async def _rescue(self, channel_id: str) -> None:
        """Hang up a channel that nobody runs any more, as soon as Asterisk can be reached."""
        backoff = Backoff(self.config.asterisk.backoff_min, self.config.asterisk.backoff_max)
        while True:
            try:
                return await self.ari.channels.hangup(channel_id)
            except (Unreachable, OutcomeUnknown, NotBooted) as error:
                wait = backoff.next()
                log.warning("cannot hang up yet", channel=channel_id, error=error.reason)
                await asyncio.sleep(wait)
            except AriError:
                return

    # The socket

    def _open(self, opened: Opened) -> None:
        self._opened = opened
        if self._socket is not None:
            self._socket.opened(opened.write)
        self._spawn(self._settle(opened), name="stasis settle")

    def _lose(self, lost: Lost) -> None:
        self._opened = None
        if self.state.value == "ready":
            self.counts["gaps"] += 1
        self.state.set("gap")
        if self._socket is not None:
            self._socket.lost(lost.reason)
        log.warning(
            "the event socket is lost", reason=lost.reason, retry_in=round(lost.retry_in, 1)
        )

    async def _settle(self, opened: Opened) -> None:
        """After every connect: tell Asterisk what we need, and see what became of our calls."""
        first = self.state.value == "connecting"
        try:
            if not first:
                # It may be another version now: Asterisk was restarted, or upgraded.
                self._learn(await self._direct.asterisk.get_info(only=["system"]))
            self.router.filtered = await register(self.ari, self.programs)
            if not first:
                for event in await missed(self.ari, self.router):
                    self.take(event)
        except AriError as error:
            if first and isinstance(error, (Forbidden, Unauthorized)):
                self._failed = error  # trying again will not mend it
            if self._opened is opened:
                log.warning("the applications could not be set up; reconnecting", error=str(error))
                await opened.close()
            return
        if self._opened is opened:
            self.state.set("ready")
            log.info("ready", apps=list(self.programs))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "a task of stasis failed; please report this",
                task=task.get_name(),
                exception="".join(traceback.format_exception(error)).rstrip(),
            )


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
