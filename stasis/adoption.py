"""Adoption: after a connect the calls that live and that nobody runs are taken over.

A call with a record is resumed in its state, one without has just come in, and what was on its
way into an application is brought there. From the connect until all is done (`settling`) it is
not known yet whose a channel is: what comes meanwhile is kept, and told or let in at the end.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from stasis.ahead import Ahead
from stasis.ari import Ari
from stasis.ari.events import (
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    ChannelStateChange,
    Dial,
    Event,
    StasisEnd,
    StasisStart,
)
from stasis.census import Census
from stasis.errors import AriError, NotFound
from stasis.found import Found, found_in
from stasis.handover import is_in
from stasis.identity import identity_of
from stasis.keep import Keep
from stasis.resume import resume
from stasis.router import Key, Router, keys_of
from stasis.runner import Runner

if TYPE_CHECKING:
    from stasis.calls import Calls

__all__ = ["Adoption"]

log = structlog.get_logger("stasis.adoption")

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


class Adoption:
    """Of the calls of one Asterisk.

    ahead: of the calls that we have asked for. settling: whether it is not known yet whose a
    channel is. resumed: how many calls were.
    """

    def __init__(self, calls: Calls, ari: Ari, router: Router, keep: Keep, ahead: Ahead) -> None:
        self.settling = False
        self.resumed = 0
        self._calls = calls
        self._ari = ari
        self._router = router
        self._keep = keep
        self._ahead = ahead
        self._late: list[StasisStart] = []
        self._early: deque[Event] = deque(maxlen=EARLY)
        self._over: set[str] = set()

    # While it is settled

    def wait(self, event: StasisStart) -> None:
        """A channel of a flow has come in: it may be of a call that is resumed in a moment."""
        self._late.append(event)

    def note(self, event: Event) -> None:
        """An event that nobody claims: it may be of a call that is resumed soon.

        Such as a digit that was pressed while no process ran, and that Asterisk has kept.
        """
        if self.settling and not isinstance(event, TOLD):
            self._early.append(event)

    def over(self, channel_id: str) -> None:
        """A channel is no call any more, though the census may show it."""
        if self.settling:
            self._over.add(channel_id)

    def let_go(self) -> None:
        """Another process has the calls now."""
        self._late.clear()
        self._early.clear()

    # Then

    async def run(self, census: Census) -> list[Key]:
        """Take over the calls that live and that nobody runs, and close what is nobody's.

        Returns the ids of the channels that were taken over: they may have gone meanwhile, so
        they are to be looked for once more. Raises AriError when Asterisk cannot be asked.
        """
        calls = self._calls
        with suppress(OSError):  # a folder that cannot be read: each call says so, or has no file
            await self._keep.prune(census.channels)
        self._ahead.prune(census.channels)
        calls.rooms.adopt(census.bridges.values(), census.heard)
        keys: list[Key] = []
        living = await found_in(census, self._router, self._keep)
        # What the census knows may be over by now, or be about to close.
        ours = self._over | calls.farewells.ids | {runner.channel.id for runner in calls.tasks}
        known = {found.snapshot.id for found in living} | ours
        before = set(calls.runners)
        for found in living:
            key = ("channel", found.snapshot.id)
            if self._router.claimed(key) is None and found.snapshot.id not in ours:
                try:
                    self._adopt(found, census, known)
                except Exception as error:
                    # Every other call waits for this to be done: one must not keep them.
                    log.error("a call was not taken over; please report this", exc_info=error)
                    self._router.release(key)
                    calls.farewells.begin(found.snapshot.id, calls.farewells.hang_up)
                keys.append(key)
        self._repeat(calls.runners - before)
        late, self._late = self._late, []
        self._over.clear()
        self.settling = False
        for event in late:
            calls.arrive(event)
        calls.strays.close(census, known | calls.farewells.ids)
        return keys

    def _repeat(self, adopted: set[Runner]) -> None:
        """Tell calls that were just taken over what has come for them meanwhile."""
        early, self._early = self._early, deque(maxlen=EARLY)
        for event in early:
            claims = (self._router.claimed(key) for key in keys_of(event))
            if any(claim is not None and claim.hearer in adopted for claim in claims):
                self._router.dispatch(event)

    def _adopt(self, found: Found, census: Census, known: set[str]) -> None:
        """known: ids of the channels that are calls."""
        calls = self._calls
        program, record = calls.program(found.app), found.record
        channel_id = found.snapshot.id
        if found.bound:
            calls.farewells.begin(channel_id, partial(self._bring, found))
        elif program is not None and record is not None and not record.begun:
            calls.take_up(record, found.snapshot, census.within.get(channel_id))
        elif program is not None and record is None and identity_of(channel_id) is not None:
            calls.start(found.start, program)  # it has been a call elsewhere, and is back
        elif program is None or (record is None and not found.problem):
            calls.arrive(found.start)
        elif self._ahead.brings(channel_id, record):
            calls.start(found.start, program)  # we asked for it, and it came while we were deaf
        elif (runner := calls.runner_for(channel_id, found.app, program)) is not None:
            try:
                resume(runner, found, census, calls.rooms.by_id(), known)
            except Exception as error:
                self._lose(runner, found, error)
            else:
                self.resumed += 1
            calls.begin(runner, adopted=True)

    async def _bring(self, found: Found, channel_id: str) -> None:
        """A call that another program's application may have, or was about to get."""
        calls = self._calls
        record, program = found.record, calls.program(found.app)
        assert record is not None
        try:
            if await is_in(self._ari, record.app, channel_id):
                return
            if not record.begun:
                return await calls.handovers.finish(channel_id, record)
        except AriError as error:
            log.warning("could not be handed over", channel=channel_id, error=str(error))
            if isinstance(error, NotFound):
                await calls.farewells.hang_up(channel_id)
            return
        if program is not None and channel_id in calls.farewells.ids:
            await calls.start_late(found.start, program)

    def _lose(self, runner: Runner, found: Found, error: Exception) -> None:
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
        self._router.dispatch(found.start)
        if leave is not None:
            runner.stop(leave)
