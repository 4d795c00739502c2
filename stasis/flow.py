"""A flow: states, and one table that says which trigger leads where. Pure: no asyncio, no I/O.

A state is an async method; its body is what happens on entering. The table maps each state to
its row, and a row maps triggers to the next state, or to `Do(method)`, an action that leaves
the state as it is. Triggers are real objects, so a typo fails at import. Every state has one
implicit edge: the channel's own StasisEnd leads to `ended`. A state without a row is final:
when its body returns, the call is left as `on_done` says.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen

from stasis.ari.events import (
    ChannelDtmfReceived,
    ChannelStateChange,
    ChannelUserevent,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
)
from stasis.errors import FlowError

if TYPE_CHECKING:
    from stasis.channel import Channel
    from stasis.link import Link

__all__ = [
    "After",
    "Do",
    "Done",
    "Elapsed",
    "Flow",
    "Gap",
    "Leave",
    "Other",
    "Outcome",
    "Resumed",
    "Row",
    "Trigger",
    "needs_of",
    "trigger_of",
]

State: TypeAlias = Callable[..., Awaitable[str | None]]

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


@frozen
class Do:
    """A target that is not a state: run a method and stay. Toggles need no states of their own.

    method: an async method of the flow, taking the event.
    """

    method: Callable[..., Awaitable[None]]


@frozen
class Leave:
    """How a call is left when its flow is over or has failed: never in limbo.

    then: `hangup`, or `continue` in the dialplan. prompt: a media URI played before; a caller
    who was not answered hears it as early media. reason: the hangup's ARI reason (`normal`,
    `busy`, `failure`, …). context, extension, priority: where the dialplan goes on; without, at
    the next priority.
    """

    then: Literal["hangup", "continue"] = "hangup"
    prompt: str | None = None
    reason: str = "normal"
    context: str | None = None
    extension: str | None = None
    priority: int | None = None


Trigger: TypeAlias = type[Event] | tuple[type[Event], str] | Other | After | str | type[Done]
Target: TypeAlias = State | Do
Table: TypeAlias = Mapping[Any, Mapping[Any, Any]]


def kinds_in(triggers: Iterable[Trigger]) -> Iterator[type[Event]]:
    """The kinds of events that fire some triggers, whichever channel they are of."""
    for trigger in triggers:
        kind = trigger.kind if isinstance(trigger, Other) else kind_of(trigger)
        if isinstance(kind, type) and issubclass(kind, Event):
            yield kind


def kind_of(trigger: Trigger) -> object:
    """The event class of a trigger of the own channel, else None."""
    return trigger[0] if isinstance(trigger, tuple) else trigger


@frozen
class Row:
    """One state's row, compiled: what the runner looks up.

    edges: trigger to the name of a state, or to `Do`. timers: seconds and their trigger.
    kinds: of the events that its triggers name. fine: those of them that it tells apart by detail.
    """

    edges: dict[Trigger, str | Do] = field(factory=dict)
    timers: tuple[After, ...] = ()
    takes_digits: bool = False
    kinds: frozenset[type[Event]] = field(init=False)
    fine: frozenset[type[Event]] = field(init=False)

    @kinds.default
    def _kinds(self) -> frozenset[type[Event]]:
        return frozenset(kinds_in(self.edges))

    @fine.default
    def _fine(self) -> frozenset[type[Event]]:
        return frozenset(
            kinds_in(
                each
                for each in self.edges
                if isinstance(each, tuple) or (isinstance(each, Other) and each.detail is not None)
            )
        )

    def match(self, event: Event, *, own: bool) -> Trigger | None:
        """The trigger of this row that an event fires: the one with its detail goes first."""
        kind = type(event)
        if kind not in self.kinds:
            return None
        if kind in self.fine and (detail := detail_of(event)) is not None:
            fine: Trigger = (kind, detail) if own else Other(kind, detail)
            if fine in self.edges:
                return fine
        plain: Trigger = kind if own else Other(kind)
        return plain if plain in self.edges else None


EMPTY = Row()


class Flow:
    """Base of a call flow. Subclass it, write states, and give `start` and `table`.

    channel: the call's channel. app: the Stasis application that the call has entered. plugin: the
    plugin that declared the flow, with its config. asterisk: the link to the Asterisk that the
    call is on.
    data: what must outlive a restart of the program: give the class an instance of a small attrs
    class or dataclass whose fields all have defaults (`data = IvrData()`); each call gets a copy.
    Its fields hold plain values, and handles such as `Channel | None`, kept as their ids.
    version: of the data's form: raise it when older data does not fit any more, see `upgrade`.
    on_lost: what becomes of a live call that cannot be resumed after a restart: `"restart"` from
    the start, or a Leave; None takes `engine.on_lost`.
    on_done: how the call is left after a final state. on_error: how after an exception,
    an overflow, or a wait that ran out of time. hears: event kinds that the code waits for and
    no table names; Asterisk is asked not to send ChannelVarset and its like to who needs none.
    """

    channel: Channel
    app: str
    plugin: Any
    asterisk: Link
    data: Any = None
    version: ClassVar[int] = 1
    start: ClassVar[Any]
    table: ClassVar[Table] = {}
    on_done: ClassVar[Leave] = Leave()
    on_error: ClassVar[Leave] = Leave(reason="failure")
    on_lost: ClassVar[Leave | Literal["restart"] | None] = None
    hears: ClassVar[tuple[type[Event], ...]] = ()
    rows: ClassVar[dict[str, Row]] = {}
    linear: ClassVar[bool] = False

    async def ended(self, event: Event | None) -> None:
        """Runs when the channel has left Stasis. Override it to write down or clean up.

        event: the StasisEnd, or None when the end was found out otherwise. The channel takes no
        commands any more; what the flow created is closed after this returns.
        """

    async def keep(self) -> None:
        """Write `data` down now; by itself that happens when a state is entered.

        On Asterisk 20.20, 22.10 and later it waits for media that play on the channel.
        ARI: POST /channels/{channelId}/variable, unless `keep.store` says otherwise.
        """
        if self._keep is not None:
            await self._keep.keep()

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """Turn data that an older version of the flow has kept into today's form.

        Override it when you raise `version`. data: the fields by name. version: of the flow that
        kept them. Returns the fields as they are now. Raise any exception when it cannot be
        done: then the call follows `on_lost`, as it does when this is not overridden.
        """
        raise FlowError(f"{cls.__name__}: no upgrade from version {version} to {cls.version}")

    _keep: Any = None
    _needs: ClassVar[frozenset[type[Event]]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_leaves(cls)
        if hasattr(cls, "start") or "table" in cls.__dict__:
            cls.rows = compiled(cls)

    @classmethod
    def next(cls, state: Any, trigger: Trigger | Event) -> Any:
        """Where a trigger leads from a state, without running anything: for tests.

        state: a state, such as `Ivr.menu`. trigger: as in the table, or an event of the own
        channel. Returns the state, the `Do`, or None when the row does not know the trigger.
        """
        row = cls.rows.get(state.__name__, EMPTY)
        if isinstance(trigger, Event):
            found = row.match(trigger, own=True)
            if found is None:
                return None
            trigger = found
        target = row.edges.get(trigger)
        if target is None and isinstance(trigger, tuple):
            target = row.edges.get(trigger[0])
        if target is None and isinstance(trigger, Other) and trigger.detail is not None:
            target = row.edges.get(Other(trigger.kind))
        return getattr(cls, target) if isinstance(target, str) else target

    @classmethod
    def needs(cls) -> set[type[Event]]:
        """The event kinds that its table or `hears` name."""
        kinds: set[type[Event]] = set(cls.hears)
        return kinds.union(*(row.kinds for row in cls.rows.values()))

    @classmethod
    def states(cls) -> list[str]:
        """The names of all states, the start first, then in the order of the table."""
        names = [cls.start.__name__, *cls.rows]
        for row in cls.rows.values():
            names += [target for target in row.edges.values() if isinstance(target, str)]
        return list(dict.fromkeys(names))


def needs_of(flow: type[Flow]) -> frozenset[type[Event]]:
    """What `needs` says of a flow, found once: it is asked for each event."""
    found: frozenset[type[Event]] | None = vars(flow).get("_needs")
    if found is None:
        found = flow._needs = frozenset(flow.needs())
    return found


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


def check_leaves(cls: type[Flow]) -> None:
    """Refuse what says not how a call is left. Raises FlowError."""
    for name in ("on_done", "on_error", "on_lost"):
        policy = getattr(cls, name)
        if isinstance(policy, Leave) or (name == "on_lost" and policy in (None, "restart")):
            continue
        words = ', "restart" or None' if name == "on_lost" else ""
        raise FlowError(f"{cls.__name__}.{name} must be a Leave(…){words}, not {policy!r}")


def compiled(cls: type[Flow]) -> dict[str, Row]:
    """The class's table by names, so that a subclass may override a state. Raises FlowError."""
    if not hasattr(cls, "start"):
        raise FlowError(f"{cls.__name__}: say where it begins: start = a_state")
    state_name(cls, cls.start, "start")
    rows: dict[str, Row] = {}
    for state, entries in cls.table.items():
        name = state_name(cls, state, "a key of table")
        if not isinstance(entries, Mapping):
            raise FlowError(f"{cls.__name__}.{name}: its row must be a dict of triggers")
        edges: dict[Trigger, str | Do] = {}
        for trigger, target in entries.items():
            check_trigger(cls, name, trigger)
            if isinstance(target, Do):
                state_name(cls, target.method, f"Do in {name}")
                edges[trigger] = target
            else:
                edges[trigger] = state_name(cls, target, f"a target of {name}")
        rows[name] = Row(
            edges,
            tuple(t for t in edges if isinstance(t, After)),
            any(kind_of(t) is ChannelDtmfReceived for t in edges),
        )
    return rows


def state_name(cls: type[Flow], state: object, where: str) -> str:
    """The name of a state, checked: an async method of the class. Raises FlowError.

    A subclass may have overridden it: then it is its own that is checked.
    """
    name = getattr(state, "__name__", "")
    method = getattr(cls, name, None)
    if not inspect.isfunction(state) or method is None:
        raise FlowError(f"{cls.__name__}: {where} must be a method of the flow, not {state!r}")
    if not inspect.iscoroutinefunction(method):
        raise FlowError(f"{cls.__name__}.{name}: a state is an async method (async def)")
    if not takes_event(method):
        raise FlowError(
            f"{cls.__name__}.{name}: it is given the event it is entered by; write"
            f" async def {name}(self, event: Event)"
        )
    return str(name)


def takes_event(method: Callable[..., object]) -> bool:
    """Whether a method can be called with one event."""
    try:
        inspect.signature(method).bind("self", "event")
    except TypeError:
        return False
    return True


def check_trigger(cls: type[Flow], state: str, trigger: object) -> None:
    """Refuse what can never fire. Raises FlowError."""
    where = f"{cls.__name__}.{state}"
    kind: object = trigger
    detail: object = None
    if isinstance(trigger, tuple):
        if len(trigger) != 2 or not isinstance(trigger[1], str):
            raise FlowError(f"{where}: a trigger is (event class, one detail), not {trigger!r}")
        kind, detail = trigger
    elif isinstance(trigger, Other):
        kind, detail = trigger.kind, trigger.detail
    elif isinstance(trigger, (After, str)) or trigger is Done:
        return
    if not (isinstance(kind, type) and issubclass(kind, Event)):
        raise FlowError(
            f"{where}: {trigger!r} is no trigger; use an event class, (event class, detail),"
            " Other(…), After(seconds), an outcome's text, or Done"
        )
    if detail is not None and not path_of(kind):
        raise FlowError(f"{where}: {kind.__name__} has no detail to tell apart")
    if kind is StasisEnd and not isinstance(trigger, Other):
        raise FlowError(f"{where}: the own StasisEnd ends the flow; override `ended` instead")
