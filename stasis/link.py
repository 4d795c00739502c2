"""A link to one Asterisk: its socket, its router, and the calls that run on it.

One reader takes what the socket yields, hands it to the intake and reads on; it never waits for
a flow. Several applications share the socket. After every connect the link tells Asterisk what it
needs and compares what lives with what it knew, before it is ready.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Literal, TypeAlias

import structlog

from stasis.ari import Ari, Send, Since, Version
from stasis.ari.events import Event
from stasis.bridge import Bridge
from stasis.calls import Calls
from stasis.config import Config
from stasis.errors import ApplicationTaken, InvalidRequest, StasisError
from stasis.fence import Fences
from stasis.flow import Leave
from stasis.gaps import Gaps
from stasis.intake import TURNS, Intake
from stasis.keep import keep_of
from stasis.metrics import Measured, Metrics
from stasis.placed import Placed, Placements
from stasis.program import Program
from stasis.recovery import Recovery
from stasis.router import Router
from stasis.runner import Runner
from stasis.settling import Settling
from stasis.tasks import Tasks
from stasis.tenure import Tenure
from stasis.transport.connect import Backoff, connect
from stasis.transport.frames import Frames, Lost, Opened
from stasis.transport.gate import Gate
from stasis.transport.http import Http
from stasis.transport.socket import Socket
from stasis.transport.sockets import Sockets
from stasis.transport.tap import Stopping, Tap
from stasis.walk import EVERYWHERE, OnWalk
from stasis.watch import Watch

__all__ = ["Link", "LinkState"]

log = structlog.get_logger("stasis.link")

LinkState: TypeAlias = Literal["connecting", "ready", "gap", "standby", "stopped"]

# How long the calls that a stop cuts may take to be hung up, and the lease to be given back.
LAST_SECONDS = 1.0
# Which versions take requests over a WebSocket.
OVER_SOCKET = Since("20.14", "21.9", "22.4")


class Link:
    """Runs calls on one Asterisk.

    config: which Asterisk, and the engine's limits. programs: what each Stasis application
    runs. name: the Asterisk's, in logs and metrics. metrics: where it counts. take_over: take
    the applications from another process that runs them; it lets go of its calls, and this one
    goes on with them. frames, send: the two seams, for tests and for sockets that Asterisk
    opens; None dials the configured Asterisk. over_socket: requests have only the socket of the
    frames to travel by, and the applications are those that events on it name. on_walk: who is
    told, at once, of each state that a call enters; the list can be added to at any time. tap:
    looks on at both seams.

    state: `connecting`, `ready`, `gap` (deaf, calls live on), `standby` (another program has our
    applications, we wait), `stopped`; others can watch it. ari: every operation, typed.
    version: Asterisk's. counts: events by what became of them. on_gap: called after every gap.
    """

    def __init__(
        self,
        config: Config,
        programs: Mapping[str, Program],
        *,
        name: str = "asterisk",
        metrics: Metrics | None = None,
        take_over: bool = False,
        frames: Frames | None = None,
        send: Send | None = None,
        over_socket: bool = False,
        on_walk: Iterable[OnWalk] = (),
        tap: Tap | None = None,
    ) -> None:
        self.config = config
        self.name = name
        self._tasks = Tasks()
        self._spawn = self._tasks.spawn
        self.state: Watch[LinkState] = Watch("connecting")
        self.router = Router()
        self.on_walk: list[OnWalk] = [*EVERYWHERE, *on_walk]
        self._http = Http(config.asterisk)
        self._socket = Socket(None) if over_socket else None
        self._sockets: Sockets | None = None
        if not over_socket and config.asterisk.transport == "socket":
            self._sockets = Sockets(config.asterisk, self._http)
        metrics = metrics or Metrics()
        self.meter = metrics.of(name)
        metrics.watch(name, self.live)
        carry: Send = send or self._socket or self._sockets or self._http
        direct: Send = send or self._socket or self._http
        self._tap = tap
        if tap is not None:
            carry, direct = tap.send(carry), tap.send(direct)
        self._gate = Gate(Measured(carry, metrics, name), self.router.hearing.regained)
        self.ari = Ari(self._gate)
        self._direct = Ari(Measured(direct, metrics, name))
        kept = Ari(Measured(carry, metrics, name)) if self._sockets else self._direct
        self.calls = Calls(
            programs,
            self.ari,
            self.router,
            config.engine,
            # Never over the event socket where there is another way: a channel that records takes
            # a variable only when it has done, and all that is sent after it would wait.
            keep_of(config.keep, kept, name),
            self.meter,
            self._spawn,
            self._backoff,
            self,
            self.on_walk,
        )
        self.calls.hosting = over_socket
        self._placements = Placements(self.ari, self.router, self.calls.ahead, self.calls.program)
        self._take_over = take_over
        self._frames = frames
        self._opened: Opened | None = None
        self._gaps = Gaps(config.asterisk, self.calls, self._spawn)
        self.on_gap = self._gaps.on_gap
        fences = Fences(self._direct)
        self._intake = Intake(
            self,
            self.calls,
            self.router,
            fences,
            self._gaps,
            self.meter,
            self._spawn,
            self._socket,
            apps=set() if over_socket else None,
            replaced=self._replace,
            named=self._name,
            hopeless=self._give_up,
        )
        self._recovery = Recovery(
            self._direct, self.router, self.calls, fences, config, self.meter, self._intake.take
        )
        self._settling = Settling(self)
        self._tenure = Tenure(self._direct, list(programs), config.asterisk.lease, self._spawn)
        self._taken = ""
        self._failed: StasisError | None = None
        self._stopped = asyncio.Event()
        if tap is not None:
            tap.attach(self)

    @property
    def programs(self) -> Mapping[str, Program]:
        """What each Stasis application runs."""
        return self.calls.programs

    @programs.setter
    def programs(self, programs: Mapping[str, Program]) -> None:
        self.calls.programs = programs
        self._intake.renamed()
        self._tenure.rename(list(programs))

    @property
    def version(self) -> Version | None:
        """Asterisk's, once it is known."""
        return self._recovery.version

    @property
    def apps(self) -> dict[str, Program]:
        """The applications that are registered here: all, or those that the socket has named."""
        if self._intake.apps is None:
            return dict(self.programs)
        found = {app: self.calls.program(app) for app in self._intake.apps}
        return {app: program for app, program in found.items() if program is not None}

    @property
    def runners(self) -> set[Runner]:
        """The calls that run."""
        return self.calls.runners

    @property
    def counts(self) -> dict[str, int]:
        """How many events came and what became of them, gaps, calls, and strays closed."""
        return {
            **self._intake.counts,
            "gaps": self._gaps.count,
            **self.calls.counts,
        }

    def live(self) -> Iterator[tuple[str, str, str, int]]:
        """For metrics: application, flow, state and events that wait, of each call."""
        for runner in self.runners:
            yield runner.app, type(runner.flow).__name__, runner.state, len(runner.inbox)

    @property
    def over_socket(self) -> bool:
        """Whether requests have only the socket to travel by, because Asterisk has opened it."""
        return self._intake.apps is not None

    # Life

    async def run(self) -> None:
        """Connect, take calls, and come back after every loss, until `stop`.

        Raises AriError when Asterisk cannot be reached at the start, ApplicationTaken when
        another program has one of our applications and `asterisk.when_taken` is `stop`.
        """
        structlog.contextvars.bind_contextvars(server=self.name)
        self._tasks.begin()
        stopped = asyncio.create_task(self._stopped.wait(), name="stasis stopped")
        reader = asyncio.create_task(self._read(), name="stasis reader")
        try:
            await asyncio.wait({reader, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                reader.result()
        finally:
            self.state.set("stopped")
            self.meter.stopped()
            await self._tenure.release()
            for runner in self.runners:
                runner.cut()
            # Calls that were cut are hung up: each is tried, and not for long.
            await self._tasks.end(reader, stopped, last=LAST_SECONDS)
            self.calls.rooms.let_go()
            if self._sockets is not None:
                await self._sockets.close()
            await self._http.close()

    def stop(self) -> None:
        """Close the socket and return from `run`. Calls should have ended before."""
        self._tell_tap("stop")
        self._stopped.set()

    def drain(self) -> None:
        """Take no new calls: they go on in the dialplan. Live ones finish."""
        self._tell_tap("drain")
        self.calls.draining = True
        self._tenure.tell_stopping(1)

    @property
    def draining(self) -> bool:
        """Whether no new calls are taken."""
        return self.calls.draining

    def end_calls(self, leave: Leave | None = None) -> None:
        """End every call soon. leave: how; None takes each flow's `on_error`."""
        self._tell_tap("end_calls")
        self.calls.end(leave)
        self._tenure.tell_stopping(2)

    def let_go(self, why: str) -> None:
        """Leave every call as it is on Asterisk; the next process that connects goes on with it.

        why: for the errors of what flows still try to do.
        """
        self._tell_tap("let_go")
        self._tenure.end()
        self._gate.shut(why)
        self._settling.cancel()  # it may be about to take over more of them
        self.calls.let_go()

    def _tell_tap(self, step: Stopping) -> None:
        if self._tap is not None:
            self._tap.stopping(step)

    async def idle(self) -> None:
        """Wait until no call runs."""
        await self.calls.idle()

    async def bridge(self, app: str, name: str, type: str = "mixing,dtmf_events") -> Bridge:
        """A bridge that belongs to an application and not to one call: a room.

        app: the Stasis application, in a flow `self.app`. name: of the room: the same name gives
        the same bridge, also after a restart of the program while somebody is inside. type: as of
        `Bridge.create`.

        It ends when somebody destroys it. Raises InvalidRequest when the application is not run
        here, AriError. ARI: POST /bridges/{bridgeId}.
        """
        if self.calls.program(app) is None:
            raise InvalidRequest(
                "POST",
                "/bridges",
                f"application {app!r} is not run here; this program runs"
                f" {', '.join(self.programs) or 'none'}. A flow's own is `self.app`",
            )
        return await self.calls.rooms.get(app, name, type)

    async def originate(self, endpoint: str, app: str, **parameters: Any) -> str:
        """Call an endpoint; once answered it enters an application of ours as a new call.

        endpoint: such as `PJSIP/alice`. app: one of ours. parameters: of
        `ari.channels.originate_with_id`, such as `app_args`, `caller_id`, `timeout` in seconds and
        `variables`. Returns the channel's id at once; `place` tells what comes of it too.
        Raises AllocationFailed. ARI: POST /channels/{channelId}.
        """
        return await self._placements.originate(endpoint, app, **parameters)

    async def place(self, endpoint: str, app: str, **parameters: Any) -> Placed:
        """As `originate`; returns a handle that tells whether it was answered, and why not.

        Raises AllocationFailed when the endpoint cannot be reached.
        ARI: POST /channels/{channelId}.
        """
        return await self._placements.place(endpoint, app, **parameters)

    def _backoff(self) -> Backoff:
        return Backoff(self.config.asterisk.backoff_min, self.config.asterisk.backoff_max)

    # The reader

    async def _read(self) -> None:
        if not self.over_socket:
            await self._recovery.greet(self._backoff())
            if self._sockets is not None:
                self._recovery.demand(OVER_SOCKET, 'asterisk.transport = "socket"')
        while True:
            if self._frames is None:
                await self._free()
            await self.idle()  # what was let go may still be at the last of its code
            self._gate.open()
            self.calls.apart = False
            frames = self._frames or connect(
                self.config.asterisk, list(self.programs), again=self._still_ours
            )
            if self._tap is not None:
                frames = self._tap.frames(frames)
            async with aclosing(frames):  # type: ignore[type-var]
                async for item in frames:
                    if type(item) is bytes:
                        self._intake.frame((), item)
                        if not self._intake.turned:
                            continue
                    elif isinstance(item, Opened):
                        self._open(item)
                        if item.push is not None and self._tap is None:
                            item.push(partial(self._intake.frame, TURNS))
                    elif isinstance(item, Lost):
                        self._lose(item)
                    self._intake.turned = False
                    if self._failed is not None:
                        raise self._failed
                    if self._taken or self._abandoned:
                        break
            if self._failed is not None:
                raise self._failed
            if not self._taken:
                return await self._over()
            self._stand_by()

    @property
    def _abandoned(self) -> bool:
        """Whether the socket is lost, and Asterisk has no application left to open it for."""
        return self.over_socket and self._opened is None and not self._intake.apps

    async def _over(self) -> None:
        """The frames have ended: Asterisk has closed the socket that it had opened, for good."""
        if self._socket is not None:
            self._socket.close()
        self._recovery.end_all("its connection is over")
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.engine.close_timeout):
                await self.idle()

    async def _free(self) -> None:
        """Make sure that no other process runs our applications: it would lose its calls to us."""
        if self.state.value == "standby":
            await self._tenure.lease.freed()
        elif not self._take_over and (other := await self._tenure.other()) is not None:
            app, holder = other
            if self.config.asterisk.when_taken == "stop":
                raise ApplicationTaken(app, str(holder))
            log.warning("standing by: the application is run already", app=app, by=str(holder))
            self.state.set("standby")
            await self._tenure.lease.freed(seen=True)

    async def _still_ours(self) -> bool:
        """Whether we may connect again: not when another process has taken over meanwhile.

        It has when we could not reach Asterisk for long, and to connect would take its calls.
        Raises AriError.
        """
        app = await self._tenure.lost()
        if app is not None:
            self._replaced(app)
        return app is None

    def _stand_by(self) -> None:
        """Another program has one of our applications: wait until it is gone."""
        log.warning("another program has taken an application; standing by", app=self._taken)
        self._taken = ""
        self._opened = None
        self._settling.stop()
        self.state.set("standby")

    def hear(self, event: Event) -> bool:
        """An event of another way, such as AMI's, about a channel of ours.

        Returns whether it went to a call: one whose flow names its kind in the table or `hears`.
        """
        return self._intake.hear(event)

    def _name(self, app: str) -> None:
        """The socket that Asterisk has opened is for one more application."""
        if self.calls.program(app) is None:
            log.warning("Asterisk has connected for an application that nothing here runs", app=app)
        elif self.state.value == "ready" and self._opened is not None:
            self._settling.again(self._opened)

    def _replace(self, app: str) -> None:
        if app in self.apps:
            self._replaced(app)

    def _replaced(self, app: str) -> None:
        """Another program has an application of ours. Its calls are that program's now."""
        if self.over_socket:
            # Asterisk says so of its own connections too when they are reloaded: events tell.
            if self._opened is not None:
                self._settling.again(self._opened)
            return
        log.error("another program has taken the application", app=app, calls=len(self.runners))
        self._intake.turned = True
        self.let_go("another program runs the application now")
        if self.config.asterisk.when_taken == "standby" and self._frames is None:
            self._taken = app
        else:
            self._failed = ApplicationTaken(app)

    # The socket

    def _open(self, opened: Opened) -> None:
        self._opened = opened
        self._intake.begin()
        if self._socket is not None:
            self._socket.opened(opened.write)
        self._settling.begin(opened)

    def _give_up(self) -> None:
        """Nothing that comes through this socket is an event."""
        if self._opened is not None:
            log.error("nothing that comes is an event; reconnecting")
            self._spawn(self._reopen(self._opened))

    async def _reopen(self, opened: Opened) -> None:
        await opened.close()

    def _lose(self, lost: Lost) -> None:
        self._opened = None
        self._settling.stop()
        if math.isinf(lost.retry_in):
            log.debug("the event socket is closed", reason=lost.reason)
            return  # what ends with it follows
        self.router.hearing.lose()
        if self.state.value == "ready":
            self._gaps.begin()
            self.meter.lost(lost.reason)
        self.state.set("gap")
        if self._socket is not None:
            self._socket.lost(lost.reason)
        if self._sockets is not None:
            self._sockets.doubt()
        log.warning(
            "the event socket is lost", reason=lost.reason, retry_in=round(lost.retry_in, 1)
        )

    def _to_lease(self) -> list[str]:
        """The applications that we say to run: where Asterisk has us dial, or keeps a socket."""
        if self._frames is not None and not self.over_socket:
            return []
        return [app for app in self.apps if ":" not in app]
