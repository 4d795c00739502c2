"""The calls of one Asterisk: who comes in, and how all of them end.

Who comes in does so in the reader, which may not wait. A channel that enters is one a flow waits
for, a replacement after a transfer, or a new call; none may stay in silence.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from stasis.adoption import Adoption
from stasis.ahead import Ahead
from stasis.ari import Ari, Version
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import CallBroadcast, ChannelDestroyed, Event, StasisEnd, StasisStart
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.errors import AriError, Conflict, NotFound
from stasis.farewell import Farewells
from stasis.flow import Leave
from stasis.found import loaded
from stasis.handover import Handovers
from stasis.identity import identity_of, kept_of
from stasis.keep import Keep
from stasis.metrics import Ending, Meter
from stasis.program import Program
from stasis.record import Record
from stasis.rooms import Rooms
from stasis.router import Router
from stasis.runner import Runner
from stasis.strays import Strays
from stasis.tasks import Spawn
from stasis.transport.connect import Backoff
from stasis.walk import OnWalk, Walked, tell

__all__ = ["Calls"]

log = structlog.get_logger("stasis.calls")

# Asterisk's own limit of a channel's id.
ID_LIMIT = 150


class Calls:
    """The calls that run.

    programs: by application. meter: what is counted of them. spawn: starts a task beside the
    reader. backoff: makes the waits of what is tried again. asterisk: what flows see as
    `self.asterisk`. on_walk: who is told of each call's steps.

    apart: the calls were let go, and none are taken. hosting: Asterisk has opened the socket, for
    applications of its choice: a call for one that we do not run is ours to send on. tasks: what
    runs each call. ahead: the records of calls that we ask for. adoption: of calls that live after
    a connect. farewells: to channels that are no calls here. handovers, strays: of these calls.
    """

    def __init__(
        self,
        programs: Mapping[str, Program],
        ari: Ari,
        router: Router,
        config: EngineConfig,
        keep: Keep,
        meter: Meter,
        spawn: Spawn,
        backoff: Callable[[], Backoff],
        asterisk: Any,
        on_walk: Sequence[OnWalk] = (),
    ) -> None:
        self.programs = programs
        self.runners: set[Runner] = set()
        self.rooms = Rooms(ari, router, config)
        self.draining = False
        self.hosting = False
        self.apart = False
        self.tasks: dict[Runner, asyncio.Task[None]] = {}
        self._ari = ari
        self._router = router
        self._config = config
        self._keep = keep
        self._meter = meter
        self._spawn = spawn
        self._asterisk = asterisk
        self._on_walk = on_walk
        self._begun = self._odd = 0
        self._offered: deque[str] = deque(maxlen=1000)
        self.ahead = Ahead(keep)
        self.adoption = Adoption(self, ari, router, keep, self.ahead)
        self.farewells = Farewells(ari, spawn, backoff, self.adoption.over)
        self.strays = Strays(ari, router, keep, meter, self.tokens, spawn)
        self.handovers = Handovers(
            keep, ari, router, self.program, self.take_up, lambda: self.apart
        )
        self._give = self.handovers.give  # one method object for all calls
        self._ending: tuple[Leave | None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def counts(self) -> dict[str, int]:
        """Calls that began and that were resumed, strays closed, and odd arrivals ignored."""
        return {
            "calls": self._begun,
            "resumed": self.adoption.resumed,
            "strays": self.strays.closed,
            "odd": self._odd,
        }

    def tokens(self) -> set[str]:
        """The tokens of the calls that run: what their flows make carries them."""
        return {runner.owner.token for runner in self.runners}

    def learn(self, version: Version | None) -> None:
        """The server's version, which decides what can be asked of it."""
        self._ari.version = version

    # Who comes in

    def arrive(self, event: StasisStart) -> None:
        """A channel enters: one a flow waits for, a replacement, or a new call."""
        if not usable(event.channel.id):
            self._odd += 1  # nothing that we could do with it would reach Asterisk
            return
        if self.apart:
            return  # the next process finds it
        replaced = event.replace_channel
        if replaced is not None:
            claim = self._router.claimed(("channel", replaced.id))
            if claim is not None and isinstance(claim.handle, Channel):
                claim.handle.become(event)
        key = ("channel", event.channel.id)
        claim = self._router.claimed(key)
        moved = claim is not None and claim.app != event.application
        if claim is not None and not moved:
            self._router.dispatch(event)
            return
        if claim is not None:
            # Asterisk keeps no order between two applications: the end in the first may come
            # after the start in the second. End it there now; the late one finds nobody.
            self._router.dispatch(StasisEnd(application=claim.app, channel=event.channel))
            self._router.release(key)
        program = self.program(event.application)
        identity = identity_of(event.channel.id)
        # What a flow makes enters its own application first; it may be moved from there.
        made = identity is not None and identity.app == kept_of(event.application) and not moved
        if made and self.adoption.settling:
            self.adoption.wait(event)  # its call may be resumed in a moment
        elif program is None:
            self._odd += 1  # of an application that is not ours
            if self.hosting:
                self.farewells.begin(event.channel.id, self.farewells.turn_away)
        elif made:
            self.farewells.begin(event.channel.id, partial(self._know, event, program))
        elif self.draining and event.channel.id not in self.handovers.moving:
            self.farewells.begin(event.channel.id, self.farewells.turn_away)
        else:
            self.start(event, program)

    def note(self, event: Event) -> None:
        """An event that nobody claims. While we settle it may be of a call that is resumed soon.

        Such as a digit that was pressed while no process ran, and that Asterisk has kept.
        """
        if isinstance(event, ChannelDestroyed):
            self.ahead.take(event.channel.id)  # it was asked for, and never came
        self.adoption.note(event)

    async def claim(self, event: CallBroadcast) -> None:
        """StasisBroadcast offers a call to several processes: the first to claim it has it.

        It then enters like any other; who comes too late keeps quiet. ARI: POST /events/claim.
        """
        channel_id = event.channel.id
        refusing = self.draining or self.apart or self.program(event.application) is None
        if refusing or channel_id in self._offered:
            return
        self._offered.append(channel_id)  # offered to each of our applications
        try:
            await self._ari.events.claim_channel(
                channel_id=channel_id, application=event.application
            )
        except (Conflict, NotFound):
            log.debug("another has claimed the call", channel=channel_id)
        except AriError as error:
            log.warning("could not claim a call", channel=channel_id, error=str(error))

    def program(self, app: str) -> Program | None:
        """What an application runs. One that serves a single call is called `app:channel`."""
        return self.programs.get(app) or self.programs.get(app.partition(":")[0])

    def start(self, event: StasisStart, program: Program) -> None:
        """A new call begins."""
        runner = self.runner_for(event.channel.id, event.application, program)
        record = self.ahead.take(event.channel.id)
        if runner is not None:
            if record is not None:
                runner.came_with(record)
            self._begun += 1
            self._router.dispatch(event)
            self.begin(runner)

    async def _know(self, event: StasisStart, program: Program, channel_id: str) -> None:
        """A channel that a flow has made comes back: as the call that it has become, or astray."""
        ends = self._router.expect(("channel", channel_id), StasisEnd, ChannelDestroyed)
        text, _ = await loaded(self._keep, channel_id)
        if ends.settled:
            return
        ends.cancel()
        if text and channel_id in self.farewells.ids:
            await self.start_late(event, program)
        else:
            log.warning("nobody runs this channel; hanging up", channel=channel_id)
            await self.farewells.hang_up(channel_id)

    async def start_late(self, event: StasisStart, program: Program) -> None:
        """Start a call that was about to be seen off."""
        self.start(event, program)
        if self._router.claimed(("channel", event.channel.id)) is None:
            await self.farewells.hang_up(event.channel.id)  # its flow could not be made

    def take_up(self, record: Record, snapshot: Snapshot, bridge_id: str | None) -> None:
        """A call that was handed over to an application of ours begins."""
        program = self.program(record.app)
        runner = None
        if program is not None:
            runner = self.runner_for(snapshot.id, record.app, program)
        if runner is None:
            return
        runner.owner.token, runner.owner.media_token = record.token, record.media
        runner.channel.resume(snapshot, bridge_id)
        self._begun += 1
        self._router.dispatch(
            StasisStart(application=record.app, channel=snapshot, args=record.args)
        )
        self._end_too(runner)
        self.begin(runner)

    def runner_for(self, channel_id: str, app: str, program: Program) -> Runner | None:
        """What is to run a call; None when its flow cannot be made, and the channel is hung up."""
        try:
            runner = Runner(
                channel_id,
                app,
                program,
                self._ari,
                self._router,
                self._config,
                self._keep,
                self._asterisk,
                self._on_walk,
            )
            runner.owner.on_hand_over = self._give
            return runner
        except Exception as error:
            # The flow's own `__init__` has failed, in the reader: end this call, and read on.
            at = asyncio.get_running_loop().time()
            flow = program.runnable
            step = Walked(channel_id, app, flow, "", None, "", at, failure=error)
            tell(self._on_walk, step)
            log.error("the flow could not be made", flow=program.flow.__name__, exc_info=error)
            self._router.release(("channel", channel_id))
            self.farewells.begin(channel_id, self.farewells.hang_up)
            return None

    def begin(self, runner: Runner, *, adopted: bool = False) -> None:
        """Run a call. adopted: another process has run it before."""
        if adopted and self.draining:
            self._end_too(runner)
        self._meter.call_begun(runner.app, type(runner.flow).__name__, adopted=adopted)
        self.runners.add(runner)
        self._idle.clear()
        self._spawn(self._run(runner), name=f"call {runner.channel.id}")

    async def _run(self, runner: Runner) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks[runner] = task
        try:
            if not runner.letting_go:  # it may be let go before its task begins
                await runner.run()
        finally:
            del self.tasks[runner]
            self.adoption.over(runner.channel.id)
            self.runners.discard(runner)
            self._meter.call_ended(runner.app, type(runner.flow).__name__, ending_of(runner))
            if runner.inbox.overflown:
                self._meter.overflow()
            if runner.channel.gone is None and not runner.letting_go:
                how = partial(self.farewells.hang_up, sent_on=runner.channel.sent_on)
                self.farewells.begin(runner.channel.id, how)
            if not self.runners:
                # Emptied, a set keeps the room of the most that it ever held; cleared it does not.
                self.runners.clear()
                self.tasks.clear()
                self._idle.set()

    # Their ends

    def end(self, leave: Leave | None = None) -> None:
        """End every call soon. leave: how; None takes each flow's `on_error`."""
        self._ending = (leave,)
        for runner in self.runners:
            runner.stop(leave or runner.flow.on_error)

    def _end_too(self, runner: Runner) -> None:
        """One more call, perhaps after all others have been told to end."""
        if self._ending is not None:
            runner.stop(self._ending[0] or runner.flow.on_error)

    def let_go(self) -> None:
        """Leave every call as it is, for another process to go on with. Nothing is closed.

        Whoever comes from now on is that process', until `apart` is taken back.
        """
        self.apart = True
        self.farewells.let_go()
        self.adoption.let_go()
        self.ahead.clear()
        for runner in list(self.runners):
            runner.let_go()
            if (task := self.tasks.get(runner)) is not None:
                task.cancel()
        self.rooms.let_go()

    def tell(self, runners: set[Runner], event: Event) -> None:
        """Put an event that is about no channel into the inboxes of calls that still run."""
        for runner in runners & self.runners:
            runner.hear(event)

    async def idle(self) -> None:
        """Wait until no call runs."""
        await self._idle.wait()


def ending_of(runner: Runner) -> Ending:
    """How a call was over for us."""
    if runner.letting_go:
        return "let_go"
    return "failed" if runner.failure is not None else "ended"


def usable(channel_id: str) -> bool:
    """Whether Asterisk could have such a channel, and we could name it in a request."""
    return (
        0 < len(channel_id) <= ID_LIMIT and channel_id.isprintable() and bool(channel_id.strip("."))
    )
