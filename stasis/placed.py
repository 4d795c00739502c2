"""Calls that a program places by itself: what comes of one that has yet to be answered.

Once it is answered it enters an application as a new call, and is its flow's. Until then nobody
claims it; the end of one that nobody answers is told here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import frozen

from stasis.ahead import Ahead
from stasis.ari import Ari
from stasis.ari.events import ChannelDestroyed, Dial, Event, StasisStart
from stasis.dialstatus import DialStatus, of_end, of_word
from stasis.errors import AriError, NotFound
from stasis.owner import new_id
from stasis.program import Program
from stasis.router import Router

__all__ = ["Placed", "PlacedResult", "Placements"]

# As ARI has it.
RING_SECONDS = 30
# Asterisk ends an unanswered call itself; what it has not told this long after, it will not tell.
GRACE_SECONDS = 5.0


@frozen
class PlacedResult:
    """What came of a call that was placed.

    status: `ANSWER`, or `NOANSWER`, `BUSY` (or declined), `CONGESTION`, `CHANUNAVAIL` (not
    reachable), `CANCEL` when we gave up. cause: Q.850, where Asterisk told it. seconds: from
    the request to the outcome.
    """

    status: DialStatus
    cause: int | None
    seconds: float


class Placed:
    """A call that was placed. Made by `asterisk.place`.

    id: its channel's. endpoint: who is called.
    """

    def __init__(self, id: str, endpoint: str, seconds: float, ari: Ari, router: Router) -> None:
        self.id = id
        self.endpoint = endpoint
        self._ari = ari
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._seconds = seconds
        self._dialled = False
        self._word: DialStatus | None = None
        self._canceled = False
        self._decided: asyncio.Future[PlacedResult] = self._loop.create_future()
        self._hearing = router.hearing
        self._end = router.expect(
            ("channel", id),
            StasisStart,
            Dial,
            ChannelDestroyed,
            where=self._hear,
            what=f"answer of {endpoint}",
        )

    def __repr__(self) -> str:
        told = self._decided.result().status if self.settled else "rings"
        return f"<Placed {self.id} {self.endpoint} {told}>"

    @property
    def settled(self) -> bool:
        """Whether it is known what came of it."""
        return self._decided.done()

    async def answered(self) -> PlacedResult:
        """Wait until it was answered, or was not. May be awaited again.

        One whose end fell into a gap counts as `NOANSWER` without a cause.
        ARI: Dial, StasisStart and ChannelDestroyed of its channel.
        """
        left = self._begun + self._seconds + GRACE_SECONDS - self._loop.time()
        while not self.settled:
            await asyncio.wait({self._decided}, timeout=max(0.0, left))
            if not self.settled and self._hearing.now:
                self.settle("NOANSWER")
            elif not self.settled:
                # Whether it has happened is only known after the gap.
                await self._hearing.again()
                left = GRACE_SECONDS
        return self._decided.result()

    async def cancel(self) -> None:
        """Give up: whoever rings is hung up, and the result is `CANCEL`. Who has answered stays.

        ARI: DELETE /channels/{channelId}.
        """
        if self.settled:
            return
        self._canceled = True
        try:
            await self._ari.channels.hangup(self.id)
        except NotFound:
            self.settle("CANCEL")

    async def look(self) -> None:
        """After a gap: its end, or its answer, may not have been told."""
        try:
            found = await self._ari.channels.get(self.id)
        except NotFound:
            self.settle("CANCEL" if self._canceled else "NOANSWER")
        except AriError:
            return  # it has its deadline
        else:
            if found.state == "Up":
                self.settle("ANSWER")

    def settle(self, status: DialStatus, cause: int | None = None) -> None:
        """It is known what came of it."""
        if not self.settled:
            seconds = self._loop.time() - self._begun
            self._decided.set_result(PlacedResult(status, cause, seconds))
            # Later: the router may be going through its waits.
            self._loop.call_soon(self._end.cancel)

    def _hear(self, event: Event) -> bool:
        if isinstance(event, Dial):
            if event.peer.id != self.id:
                return False
            self._dialled = True
            self._word = of_word(event.dialstatus) or self._word
            if event.dialstatus != "ANSWER":
                return False
            self.settle("ANSWER")
        elif isinstance(event, StasisStart):
            self.settle("ANSWER")
        elif isinstance(event, ChannelDestroyed):
            status = self._word or of_end(event.cause, self._dialled)
            self.settle("CANCEL" if self._canceled else status, event.cause)
        return True


class Placements:
    """What one Asterisk is asked to call, and those of whom it is not known what came of it.

    ahead: keeps the first record of each, which goes along. program: what an application runs.
    """

    def __init__(
        self, ari: Ari, router: Router, ahead: Ahead, program: Callable[[str], Program | None]
    ) -> None:
        self._ari = ari
        self._router = router
        self._ahead = ahead
        self._program = program
        self._pending: set[Placed] = set()

    async def originate(self, endpoint: str, app: str, **parameters: Any) -> str:
        """See `Link.originate`."""
        channel_id = new_id("call")
        await self._ask(channel_id, endpoint, app, **parameters)
        return channel_id

    async def place(self, endpoint: str, app: str, **parameters: Any) -> Placed:
        """See `Link.place`."""
        seconds = parameters.get("timeout") or RING_SECONDS
        placed = Placed(new_id("call"), endpoint, seconds, self._ari, self._router)
        try:
            await self._ask(placed.id, endpoint, app, **parameters)
        except AriError:
            placed.settle("CHANUNAVAIL")
            raise
        self._pending = {each for each in self._pending if not each.settled}
        self._pending.add(placed)
        return placed

    async def _ask(self, channel_id: str, endpoint: str, app: str, **parameters: Any) -> None:
        """Ask for a channel that will be a call."""
        variables = parameters.pop("variables", None) or {}
        record = self._ahead.variables(
            channel_id, app, self._program(app), parameters.get("app_args"), beside=variables
        )
        try:
            await self._ari.channels.originate_with_id(
                channel_id,
                endpoint=endpoint,
                app=app,
                variables={**variables, **record} or None,
                **parameters,
            )
        except AriError:
            self._ahead.take(channel_id)
            raise

    def looks(self) -> list[Coroutine[Any, Any, None]]:
        """What is to be done after a gap."""
        return [each.look() for each in self._pending if not each.settled]
