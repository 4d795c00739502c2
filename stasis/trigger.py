"""Triggers: what leads from one state of a flow to another. Pure: no asyncio, no I/O.

A trigger is a kind of event, one with its detail, one of another channel, a time, an outcome's
text or `Done`. They are real objects, so a typo fails at import. What a state that was entered by
something other than an event of Asterisk gets as its event is here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

from attrs import frozen

from stasis.ari.events import (
    ChannelDtmfReceived,
    ChannelStateChange,
    ChannelUserevent,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFinished,
)
from stasis.errors import FlowError

__all__ = [
    "After",
    "Done",
    "Elapsed",
    "Gap",
    "Other",
    "Outcome",
    "Resumed",
    "Trigger",
    "detail_of",
    "kind_of",
    "kinds_in",
    "path_of",
    "trigger_of",
]

# The one detail a trigger may name for each kind of event: a path of attributes. One and no
# more, so that a row stays a dict and the machine deterministic.
DETAIL: dict[type[Event], tuple[str, ...]] = {
    ChannelDtmfReceived: ("digit",),
    ChannelStateChange: ("channel", "state"),
    ChannelUserevent: ("eventname",),
    Dial: ("dialstatus",),
    PlaybackFinished: ("playback", "state"),
    RecordingFinished: ("recording", "state"),
}


@frozen
class After:
    """The trigger «so many seconds after the state was entered».

    seconds: above 0; fractions are fine.
    """

    seconds: float

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.seconds, (int, float)):
            raise FlowError(f"After({self.seconds!r}): seconds must be a number, such as After(10)")
        if not self.seconds > 0:
            raise FlowError(f"After({self.seconds}): seconds must be above 0")


@frozen
class Other:
    """An event of another channel: one that this flow has dialled or taken over.

    kind: the event's class. detail: the one detail that its kind has, such as a Dial's status.
    """

    kind: type[Event]
    detail: str | None = None


class Elapsed(Event, frozen=True, kw_only=True, tag=True):
    """What a state entered by `After` gets as its event. seconds: the trigger's."""

    seconds: float = 0.0


class Outcome(Event, frozen=True, kw_only=True, tag=True):
    """What a state entered by an outcome or by `Done` gets as its event.

    outcome: the text the previous state's body returned; None for `Done`.
    """

    outcome: str | None = None


class Gap(Event, frozen=True, kw_only=True, tag=True):
    """Asterisk's events were lost for a while; the call lived on, and everything was compared.

    What had ended or changed meanwhile was told before this, as the events that were missed.
    Digits that were pressed meanwhile are lost. start: when the last event was heard, or the
    socket still answered. end: when all was known again. seconds: between the two.
    """

    start: datetime
    end: datetime
    seconds: float


class Resumed(Event, frozen=True, kw_only=True, tag=True):
    """The program was started anew, and the call goes on in the state that it was in.

    The state's body runs again with this as its event, and its timers begin anew. What it had
    created is still there, and the same command finds it. state: the state's name.
    """

    state: str


class Done:
    """The trigger «the state's body returned nothing». Used as it is: `Done: next_state`."""


Trigger: TypeAlias = type[Event] | tuple[type[Event], str] | Other | After | str | type[Done]


def kinds_in(triggers: Iterable[Trigger]) -> Iterator[type[Event]]:
    """The kinds of events that fire some triggers, whichever channel they are of."""
    for trigger in triggers:
        kind = trigger.kind if isinstance(trigger, Other) else kind_of(trigger)
        if isinstance(kind, type) and issubclass(kind, Event):
            yield kind


def kind_of(trigger: Trigger) -> object:
    """The event class of a trigger of the own channel, else None."""
    return trigger[0] if isinstance(trigger, tuple) else trigger


def path_of(kind: type[Event]) -> tuple[str, ...]:
    """The attributes that lead to the detail of an event; none when its kind has none."""
    return DETAIL.get(kind) or kind.detail


def detail_of(event: Event) -> str | None:
    """The event's detail, or None when its kind has none."""
    path = path_of(type(event))
    if not path:
        return None
    value: Any = event
    for name in path:
        value = getattr(value, name)
    return str(value)


def trigger_of(trigger: Trigger) -> str:
    """A trigger in words, for diagrams, logs and findings."""
    if isinstance(trigger, After):
        return f"after {trigger.seconds:g} s"
    if isinstance(trigger, Other):
        words = f"other {trigger.kind.__name__}"
        return words if trigger.detail is None else f"{words} {trigger.detail}"
    if isinstance(trigger, tuple):
        return f"{trigger[0].__name__} {trigger[1]}"
    if trigger is Done:
        return "done"
    return trigger if isinstance(trigger, str) else trigger.__name__
