"""The intake of a link: what comes through its socket, one pass for each frame.

A frame is decoded, counted and handed on: to the plugin that hears its kind, to those who have
claimed its ids, to the calls when a new one enters. Nothing here waits, and nothing that arrives
may end the reader: every other call depends on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog

from stasis.ari.events import (
    ApplicationReplaced,
    ApplicationUnregistered,
    CallBroadcast,
    Event,
    RESTResponse,
    StasisStart,
)
from stasis.calls import Calls
from stasis.decode import Decoder, FrameError
from stasis.fence import Fences
from stasis.flow import needs_of
from stasis.gaps import Gaps
from stasis.metrics import Meter
from stasis.router import Router
from stasis.runner import Runner
from stasis.tasks import Spawn
from stasis.transport.socket import Socket

__all__ = ["TURNS", "Intake"]

log = structlog.get_logger("stasis.intake")

# After these the reader looks whether its applications are still here.
TURNS = frozenset({ApplicationReplaced, ApplicationUnregistered})
# So many frames that are no events are logged.
REFUSALS = 10


class Intake:
    """Of one link.

    asterisk: what plugins are told it comes from. fences: those that are out. gaps: are told when
    something was heard. spawn: starts a task beside the reader. socket: takes the answers to
    requests that travel beside the events. apps: those that events on a socket of Asterisk's own
    have named so far; None on a socket that we open. replaced: called with an application that
    another program has taken. named: called with each that such events name for the first time.
    hopeless: called when nothing that comes is an event.

    turned: what has come may end the reader, which is to look where it is. counts: events,
    answers to requests, events of nobody, and frames that were refused.
    """

    def __init__(
        self,
        asterisk: Any,
        calls: Calls,
        router: Router,
        fences: Fences,
        gaps: Gaps,
        meter: Meter,
        spawn: Spawn,
        socket: Socket | None,
        *,
        apps: set[str] | None,
        replaced: Callable[[str], None],
        named: Callable[[str], None],
        hopeless: Callable[[], None],
    ) -> None:
        self.apps = apps
        self.turned = False
        self._asterisk = asterisk
        self._calls = calls
        self._router = router
        self._fences = fences
        self._gaps = gaps
        self._meter = meter
        self._spawn = spawn
        self._socket = socket
        self._replaced = replaced
        self._named = named
        self._hopeless = hopeless
        self._decoder = Decoder()
        self._time: Callable[[], float] = time.monotonic
        self._hears: dict[str, tuple[type[Event], ...]] = {}
        self._events = self._answers = self._unclaimed = self._refused = 0
        # What more than a channel's own call is to know of.
        self._special: Mapping[type[Event], Callable[[Any], None]] = {
            StasisStart: calls.arrive,
            ApplicationReplaced: self._replace,
            CallBroadcast: self._claim,
        }

    @property
    def counts(self) -> dict[str, int]:
        """How many events came, and what became of what came."""
        return {
            "events": self._events,
            "answers": self._answers,
            "unclaimed": self._unclaimed,
            "refused": self._refused,
        }

    def begin(self) -> None:
        """A socket is open."""
        self._time = clock_of(asyncio.get_running_loop())
        self._decoder.begin()

    def renamed(self) -> None:
        """Other programs run now: their plugins may hear other kinds."""
        self._hears.clear()

    def frame(self, held: Collection[type[Event]], frame: bytes) -> bool:
        """What has come. held: kinds that wait for the reader. Returns whether it did not wait."""
        try:
            event = self._decoder.decode(frame)
        except FrameError as error:
            self._refuse(error)
            return True
        if type(event) in held:
            return False
        if isinstance(event, RESTResponse):
            self._answers += 1
            if self._socket is not None:
                self._socket.answered(event)
            return True
        self._events += 1
        self._gaps.heard_at = self._time()
        self._meter.events[type(event)] += 1
        try:
            self.take(event)
        except Exception as error:
            log.error(
                "an event was not handled; please report this", kind=event.type, exc_info=error
            )
        return True

    def take(self, event: Event) -> None:
        """One event: a new call, or something for those who claimed its ids."""
        app = event.application
        if self.apps is not None:
            if isinstance(event, ApplicationUnregistered):
                self.apps.discard(app)
                self.turned = True
            elif app not in self.apps:
                self.apps.add(app)
                self._named(app)
        hears = self._hears.get(app)
        if hears is None:
            hears = self._learn_hears(app)
        if hears and isinstance(event, hears):
            self._tell_plugin(event)
        special = self._special.get(type(event))
        if special is not None:
            special(event)
        elif not self._router.dispatch(event) and not self._fences.came(event):
            self._unclaimed += 1
            self._calls.note(event)

    def hear(self, event: Event) -> bool:
        """An event of another way, such as AMI's, about a channel of ours.

        Returns whether it went to a call: one whose flow names its kind in the table or `hears`.
        """
        claim = self._router.claimed(("channel", event.about or ""))
        if claim is None or not isinstance(claim.hearer, Runner):
            return False
        return type(event) in needs_of(type(claim.hearer.flow)) and self._router.tell(event)

    def _replace(self, event: ApplicationReplaced) -> None:
        self._replaced(event.application)

    def _claim(self, event: CallBroadcast) -> None:
        self._spawn(self._calls.claim(event))

    def _refuse(self, error: FrameError) -> None:
        """What came is no event."""
        self._refused += 1
        self._meter.refused()
        if self._refused <= REFUSALS:
            log.warning("a frame is not an event and was dropped", error=str(error)[:200])
        if self._decoder.hopeless:
            self._decoder.begin()
            self._hopeless()

    def _learn_hears(self, app: str) -> tuple[type[Event], ...]:
        """The kinds that an application's plugin hears, found when its first event comes."""
        program = self._calls.program(app)
        plugin: Any = None if program is None else program.plugin
        hears = tuple(getattr(plugin, "hears", ())) if hasattr(plugin, "heard") else ()
        if app in self._calls.programs:  # not what a per-call socket, or a stranger, calls itself
            self._hears[app] = hears
        return hears

    def _tell_plugin(self, event: Event) -> None:
        """Tell the application's plugin of a kind that it hears. What it raises is its own."""
        program = self._calls.program(event.application)
        plugin: Any = None if program is None else program.plugin
        try:
            plugin.heard(event, self._asterisk)
        except Exception as error:
            log.error("a plugin failed to hear an event", kind=event.type, exc_info=error)


def clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """The loop's clock; asyncio's own only calls another, which is quicker asked itself."""
    own = getattr(type(loop), "time", None) is asyncio.BaseEventLoop.time
    return time.monotonic if own else loop.time
