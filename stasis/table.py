"""A flow's table, compiled: for each state a row of what leads where. Pure: no asyncio, no I/O.

The table of a class is checked when the class is made: what could never fire, or leads nowhere,
is an error at import.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from stasis.ari.events import ChannelDtmfReceived, Event, StasisEnd
from stasis.errors import FlowError
from stasis.trigger import After, Done, Other, Trigger, detail_of, kind_of, kinds_in, path_of

if TYPE_CHECKING:
    from stasis.flow import Flow

__all__ = ["EMPTY", "Do", "Row", "compiled"]


@frozen
class Do:
    """A target that is not a state: run a method and stay. Toggles need no states of their own.

    method: an async method of the flow, taking the event.
    """

    method: Callable[..., Awaitable[None]]


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
