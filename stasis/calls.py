"""The calls of one Asterisk: who comes in, who is resumed, and how all of them end.

Everything but `adopt` runs in the reader and may not wait. A channel that enters is one a flow
waits for, a replacement after a transfer, or a new call; none may stay in silence.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from stasis.adopt import Found, found_in, loaded, resume, strays_in
from stasis.ahead import Ahead
from stasis.ari import Ari, Version
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    CallBroadcast,
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    ChannelStateChange,
    Dial,
    Event,
    StasisEnd,
    StasisStart,
)
from stasis.census import Census, is_out
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.errors import (
    AriError,
    Conflict,
    NotBooted,
    NotFound,
    OutcomeUnknown,
    StasisError,
    Unreachable,
)
from stasis.flow import Leave
from stasis.handover import Handovers, is_in
from stasis.identity import identity_of, kept_of
from stasis.keep import Keep
from stasis.metrics import Ending, Meter
from stasis.program import Program
from stasis.record import Record
from stasis.rooms import Rooms
from stasis.router import Key, Router, keys_of
from stasis.runner import Runner
from stasis.transport.connect import Backoff
from stasis.walk import OnWalk, Walked, tell

__all__ = ["Calls"]

log = structlog.get_logger("stasis.calls")

# Asterisk's own limit of a channel's id.
ID_LIMIT = 150
# So many events of calls that may be resumed are kept until it is known; then the oldest go.
EARLY = 10_000
# What the comparison after a connect tells itself.
TOLD = (
    StasisEnd,
    ChannelDestroyed,
    ChannelStateChange,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    Dial,
)


class Calls:
    """The calls that run.

    programs: by application. meter: what is counted of them. spawn: starts a task beside the
    reader. backoff: makes the waits of what is tried again. settling: after a connect it is not
    known yet whose a channel is. apart: the calls were let go, and none are taken. hosting:
    Asterisk has opened the socket, for applications of its choice: a call for one that we do not
    run is ours to send on. counts: calls that began, that were resumed, strays that were closed,
    and odd arrivals that were ignored. tasks: what runs each call. asterisk: what flows see as
    `self.asterisk`. on_walk: who is told of each call's steps.
    """

    def __init__(
        self,
        programs: Mapping[str, Program],
        ari: Ari,
        router: Router,
        config: EngineConfig,
        keep: Keep,
        meter: Meter,
        spawn: Callable[..., object],
        backoff: Callable[[], Backoff],
        asterisk: Any,
        on_walk: Sequence[OnWalk] = (),
    ) -> None:
        self.programs = programs
        self.runners: set[Runner] = set()
        self.rooms = Rooms(ari, router, config)
        self.draining = False
        self.settling = False
        self.hosting = False
        self.apart = False
        self.counts = {"calls": 0, "resumed": 0, "strays": 0, "odd": 0}
        self.tasks: dict[Runner, asyncio.Task[None]] = {}
        self._ari = ari
        self._router = router
        self._config = config
        self._keep = keep
        self.ahead = Ahead(keep)
        self._meter = meter
        self._suspects: set[str] = set()
        self._spawn = spawn
        self._backoff = backoff
        self._asterisk = asterisk
        self._on_walk = on_walk
        self._offered: deque[str] = deque(maxlen=1000)
        self._late: list[StasisStart] = []
        self._early: deque[Event] = deque(maxlen=EARLY)
        self._over: set[str] = set()
        self._parting: set[str] = set()
        self._handovers = Handovers(
            keep, ari, router, self.program, self._take_up, lambda: self.apart
        )
        self._give = self._handovers.give  # one method object for all calls
        self._ending: tuple[Leave | None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def learn(self, version: Version | None) -> None:
        """The server's version, which decides what can be asked of it."""
        self._ari.version = version

    # Who comes in

    def arrive(self, event: StasisStart) -> None:
        """A channel enters: one a flow waits for, a replacement, or a new call."""
        if not usable(event.channel.id):
            self.counts["odd"] += 1  # nothing that we could do with it would reach Asterisk
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
        if made and self.settling:
            self._late.append(event)  # of a call that may be resumed in a moment
        elif program is None:
            self.counts["odd"] += 1  # of an application that is not ours
            if self.hosting:
                self._part(event.channel.id, self._turn_away)
        elif made:
            self._part(event.channel.id, partial(self._know, event, program))
        elif self.draining and event.channel.id not in self._handovers.moving:
            self._part(event.channel.id, self._turn_away)
        else:
            self._start(event, program)

    def note(self, event: Event) -> None:
        """An event that nobody claims. While we settle it may be of a call that is resumed soon.

        Such as a digit that was pressed while no process ran, and that Asterisk has kept.
        """
        if isinstance(event, ChannelDestroyed):
            self.ahead.take(event.channel.id)  # it was asked for, and never came
        if self.settling and not isinstance(event, TOLD):
            self._early.append(event)

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

    def _start(self, event: StasisStart, program: Program) -> None:
        runner = self._runner(event.channel.id, event.application, program)
        record = self.ahead.take(event.channel.id)
        if runner is not None:
            if record is not None:
                runner.came_with(record)
            self.counts["calls"] += 1
            self._router.dispatch(event)
            self._begin(runner)

    async def _know(self, event: StasisStart, program: Program, channel_id: str) -> None:
        """A channel that a flow has made comes back: as the call that it has become, or astray."""
        ends = self._router.expect(("channel", channel_id), StasisEnd, ChannelDestroyed)
        text, _ = await loaded(self._keep, channel_id)
        if ends.settled:
            return
        ends.cancel()
        if text and channel_id in self._parting:
            await self._start_late(event, program)
        else:
            log.warning("nobody runs this channel; hanging up", channel=channel_id)
            await self._rescue(channel_id)

    async def _start_late(self, event: StasisStart, program: Program) -> None:
        """Start a call that was about to be seen off."""
        self._start(event, program)
        if self._router.claimed(("channel", event.channel.id)) is None:
            await self._rescue(event.channel.id)  # its flow could not be made

    def _take_up(self, record: Record, snapshot: Snapshot, bridge_id: str | None) -> None:
        """A call that was handed over to an application of ours begins."""
        program = self.program(record.app)
        runner = None
        if program is not None:
            runner = self._runner(snapshot.id, record.app, program)
        if runner is None:
            return
        runner.owner.token, runner.owner.media_token = record.token, record.media
        runner.channel.resume(snapshot, bridge_id)
        self.counts["calls"] += 1
        self._router.dispatch(
            StasisStart(application=record.app, channel=snapshot, args=record.args)
        )
        if self._ending is not None:
            runner.stop(self._ending[0] or runner.flow.on_error)
        self._begin(runner)

    def _runner(self, channel_id: str, app: str, program: Program) -> Runner | None:
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
            self._part(channel_id, self._rescue)
            return None

    def _begin(self, runner: Runner, *, adopted: bool = False) -> None:
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
            if self.settling:
                self._over.add(runner.channel.id)
            self.runners.discard(runner)
            self._meter.call_ended(runner.app, type(runner.flow).__name__, ending_of(runner))
            if runner.inbox.overflown:
                self._meter.overflow()
            if runner.channel.gone is None and not runner.letting_go:
                sent_on = runner.channel.sent_on
                self._part(runner.channel.id, partial(self._rescue, sent_on=sent_on))
            if not self.runners:
                # Emptied, a set keeps the room of the most that it ever held; cleared it does not.
                self.runners.clear()
                self.tasks.clear()
                self._idle.set()

    def _part(self, channel_id: str, how: Callable[[str], Awaitable[None]]) -> None:
        """See a channel off that nobody here runs; until then it is no call that is found."""
        self._parting.add(channel_id)

        async def see_off() -> None:
            try:
                await how(channel_id)
            finally:
                if self.settling and channel_id in self._parting:
                    self._over.add(channel_id)
                self._parting.discard(channel_id)

        self._spawn(see_off())

    async def _turn_away(self, channel_id: str) -> None:
        """A channel that nobody here will run: it must not stay in silence."""
        try:
            await self._ari.channels.continue_in_dialplan(channel_id)
        except (NotFound, Conflict):
            return  # it has gone, or is in the dialplan already
        except StasisError as error:
            log.warning("could not go on in the dialplan", channel=channel_id, error=str(error))
            await self._rescue(channel_id)

    async def _rescue(self, channel_id: str, *, sent_on: bool = False) -> None:
        """Hang up a channel that nobody runs any more, as soon as Asterisk can be reached.

        sent_on: it may be in the dialplan, and only its end was not heard; there it stays.
        """
        backoff = self._backoff()
        while channel_id in self._parting:
            try:
                if sent_on and is_out(await self._ari.channels.get(channel_id)):
                    return
                return await self._ari.channels.hangup(channel_id)
            except (Unreachable, OutcomeUnknown, NotBooted) as error:
                wait = backoff.next()
                log.warning("cannot hang up yet", channel=channel_id, error=error.reason)
                await asyncio.sleep(wait)
            except AriError:
                return

    # After a connect

    async def adopt(self, census: Census) -> list[Key]:
        """Take over the calls that live and that nobody runs, and close what is nobody's.

        Returns the ids of the channels that were taken over: they may have gone meanwhile, so
        they are to be looked for once more. Raises AriError when Asterisk cannot be asked.
        """
        with suppress(OSError):  # a folder that cannot be read: each call says so, or has no file
            await self._keep.prune(census.channels)
        self.ahead.prune(census.channels)
        self.rooms.adopt(census.bridges.values(), census.heard)
        keys: list[Key] = []
        calls = await found_in(census, self._router, self._keep)
        # What the census knows may be over by now, or be about to close.
        ours = self._over | self._parting | {runner.channel.id for runner in self.tasks}
        known = {found.snapshot.id for found in calls} | ours
        before = set(self.runners)
        for found in calls:
            key = ("channel", found.snapshot.id)
            if self._router.claimed(key) is None and found.snapshot.id not in ours:
                try:
                    self._adopt(found, census, known)
                except Exception as error:
                    # Every other call waits for this to be done: one must not keep them.
                    log.error("a call was not taken over; please report this", exc_info=error)
                    self._router.release(key)
                    self._part(found.snapshot.id, self._rescue)
                keys.append(key)
        self._repeat(self.runners - before)
        late, self._late = self._late, []
        self._over.clear()
        self.settling = False
        for event in late:
            self.arrive(event)
        known |= self._parting
        strays = strays_in(census, census.heard, self.tokens(), self._router, known)
        for id, identity in strays:
            self.counts["strays"] += 1
            self._spawn(self._close(id, identity.kind))
        return keys

    def _repeat(self, adopted: set[Runner]) -> None:
        """Tell calls that were just taken over what has come for them meanwhile."""
        early, self._early = self._early, deque(maxlen=EARLY)
        for event in early:
            claims = (self._router.claimed(key) for key in keys_of(event))
            if any(claim is not None and claim.hearer in adopted for claim in claims):
                self._router.dispatch(event)

    def tokens(self) -> set[str]:
        """The tokens of the calls that run: what their flows make carries them."""
        return {runner.owner.token for runner in self.runners}

    def _adopt(self, found: Found, census: Census, known: set[str]) -> None:
        """known: ids of the channels that are calls."""
        program, record = self.program(found.app), found.record
        begins = StasisStart(application=found.app, channel=found.snapshot, args=found.args)
        if found.bound:
            self._part(found.snapshot.id, partial(self._bring, found))
            return
        if program is not None and record is not None and not record.begun:
            self._take_up(record, found.snapshot, census.within.get(found.snapshot.id))
            return
        if program is not None and record is None and identity_of(found.snapshot.id) is not None:
            self._start(begins, program)  # it has been a call elsewhere, and is back
            return
        if program is None or (record is None and not found.problem):
            self.arrive(begins)
            return
        if self.ahead.brings(found.snapshot.id, record):
            self._start(begins, program)  # we have asked for it, and it came while we were deaf
            return
        runner = self._runner(found.snapshot.id, found.app, program)
        if runner is None:
            return
        try:
            resume(runner, found, census, self.rooms.by_id(), known)
        except Exception as error:
            self._lose(runner, begins, error)
        else:
            self.counts["resumed"] += 1
        if self.draining and self._ending is not None:
            # The program stops, and all others have been told so already.
            runner.stop(self._ending[0] or runner.flow.on_error)
        self._begin(runner, adopted=True)

    async def _bring(self, found: Found, channel_id: str) -> None:
        """A call that another program's application may have, or was about to get."""
        record, program = found.record, self.program(found.app)
        assert record is not None
        try:
            if await is_in(self._ari, record.app, channel_id):
                return
            if not record.begun:
                return await self._handovers.finish(channel_id, record)
        except AriError as error:
            log.warning("could not be handed over", channel=channel_id, error=str(error))
            if isinstance(error, NotFound):
                await self._rescue(channel_id)
            return
        if program is not None and channel_id in self._parting:
            await self._start_late(
                StasisStart(application=found.app, channel=found.snapshot, args=found.args),
                program,
            )

    def _lose(self, runner: Runner, begins: StasisStart, error: Exception) -> None:
        """A call that cannot be resumed follows its flow's policy."""
        leave = runner.on_lost
        log.warning(
            "the call cannot be resumed",
            channel=runner.channel.id,
            flow=type(runner.flow).__name__,
            error=f"{type(error).__name__}: {error}",
            becomes="restart" if leave is None else leave.then,
        )
        runner.begin_anew()
        self._router.dispatch(begins)
        if leave is not None:
            runner.stop(leave)

    async def count_strays(self, apps: Iterable[str]) -> None:
        """Report what belongs to no call that lives, and that did not the last time either.

        apps: those that are registered here.
        Raises AriError when Asterisk cannot be asked.
        """
        census = await Census.take(self._ari, apps)
        calls = {found.snapshot.id for found in await found_in(census, self._router, self._keep)}
        strays = strays_in(census, census.heard, self.tokens(), self._router, calls)
        ids = {id for id, _ in strays}
        self._meter.strays = len(ids & self._suspects)
        if self._meter.strays:
            log.warning("strays: see `stasis strays`", ids=sorted(ids & self._suspects)[:10])
        self._suspects = ids

    async def _close(self, id: str, kind: str) -> None:
        log.warning("closing what belongs to no call", kind=kind, id=id)
        try:
            if kind == "bridge":
                await self._ari.bridges.destroy(id)
            else:
                await self._ari.channels.hangup(id)
        except AriError as error:
            log.debug("could not be closed", id=id, error=str(error))

    # Their ends

    def end(self, leave: Leave | None = None) -> None:
        """End every call soon. leave: how; None takes each flow's `on_error`."""
        self._ending = (leave,)
        for runner in self.runners:
            runner.stop(leave or runner.flow.on_error)

    def let_go(self) -> None:
        """Leave every call as it is, for another process to go on with. Nothing is closed.

        Whoever comes from now on is that process', until `apart` is taken back.
        """
        self.apart = True
        self._parting.clear()
        self._late.clear()
        self._early.clear()
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
