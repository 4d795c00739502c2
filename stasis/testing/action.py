"""What any caller may do, step by step: the actions of a script, and scripts at random.

Rules: an action reads as what people do. One that is not possible any more is left out when it
is carried out, so every script can be tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from stasis.plugin import Plugin
from stasis.program import Program, Runnable
from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Callee, Caller
from stasis.testing.programs import programs_of
from stasis.trigger import After, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Action",
    "CalleeAnswers",
    "CalleeHangsUp",
    "Cut",
    "HangsUp",
    "Presses",
    "Refuses",
    "Speaks",
    "Tried",
    "Waits",
    "callees",
    "done",
    "scripts",
]


@frozen
class Presses:
    """The caller presses a key."""

    key: str

    def __str__(self) -> str:
        return f"presses {self.key}"


@frozen
class Waits:
    """The caller does nothing for so many seconds."""

    seconds: float

    def __str__(self) -> str:
        return f"waits {self.seconds:g} s"


@frozen
class Speaks:
    """The caller says something for so many seconds."""

    seconds: float

    def __str__(self) -> str:
        return f"speaks for {self.seconds:g} s"


@frozen
class HangsUp:
    """The caller hangs up; nothing follows."""

    def __str__(self) -> str:
        return "hangs up"


@frozen
class CalleeAnswers:
    """Whoever rings, and has rung longest, answers."""

    def __str__(self) -> str:
        return "who is called answers"


@frozen
class CalleeHangsUp:
    """Whoever was called hangs up, or is busy. cause: Q.850."""

    cause: int

    def __str__(self) -> str:
        return f"who is called hangs up ({self.cause})"


@frozen
class Cut:
    """The event socket is lost for so many seconds."""

    seconds: float

    def __str__(self) -> str:
        return f"the socket is cut for {self.seconds:g} s"


@frozen
class Refuses:
    """Asterisk refuses the next request whose path ends so. status: of HTTP."""

    verb: str
    status: int

    def __str__(self) -> str:
        return f"the next {self.verb} is refused with {self.status}"


Action: TypeAlias = (
    Presses | Waits | Speaks | HangsUp | CalleeAnswers | CalleeHangsUp | Cut | Refuses
)
"""One step of a script."""

Tried: TypeAlias = "Runnable | Plugin | Mapping[str, Runnable | Program]"
"""What is tried: as `Asterisk` takes it."""


FAULTS: tuple[Action, ...] = (
    *(Refuses(verb, 404) for verb in ("play", "record", "addChannel", "dial")),
    *(Refuses(verb, 500) for verb in ("answer", "bridges", "play", "channels")),
    Cut(0.5),
    Cut(15.0),
)


def scripts(
    flow: Tried, keys: str, steps: int, *, faults: bool
) -> SearchStrategy[tuple[Action, ...]]:
    """Scripts of any caller: runs of keys, those that the table names above all, and the rest."""
    from hypothesis import strategies as st

    def one(*actions: Action) -> SearchStrategy[tuple[Action, ...]]:
        return st.sampled_from([(each,) for each in actions])

    named = [key for key in keys if key in keys_of(flow)] or list(keys)
    typed = st.lists(st.sampled_from([Presses(key) for key in keys]), min_size=1, max_size=4)
    parts = [
        *(one(*map(Presses, named)),) * 3,
        *(typed.map(tuple),) * 2,
        one(*map(Waits, sorted({0.5, *waits_of(flow)}))),
        one(CalleeAnswers(), CalleeHangsUp(16), CalleeHangsUp(17)),
        one(Speaks(2.0), HangsUp()),
    ]
    if faults:
        parts.append(one(*FAULTS))
    whole = st.lists(st.one_of(parts), max_size=steps)
    return whole.map(lambda found: until_hung_up([each for part in found for each in part][:steps]))


def until_hung_up(script: list[Action]) -> tuple[Action, ...]:
    """What follows a hang-up is left out."""
    ends = [at for at, each in enumerate(script) if isinstance(each, HangsUp)]
    return tuple(script[: ends[0] + 1] if ends else script)


def keys_of(flow: Tried) -> set[str]:
    """The digits that the flow's table names."""
    found = (key[1] for key in triggers(flow) if isinstance(key, tuple))
    return {detail for detail in found if isinstance(detail, str)}


def waits_of(flow: Tried) -> set[float]:
    """Silences that are just long enough for the flow's own time-outs."""
    waits = {each.seconds + 0.5 for each in triggers(flow) if isinstance(each, After)}
    return waits or {10.5, 61.0}


def triggers(flow: Tried) -> list[Trigger]:
    """The keys of all tables."""
    tables = [program.flow.table for program in programs_of(flow).values()]
    return [key for table in tables for row in table.values() for key in row]


def callees(asterisk: Asterisk) -> list[Callee]:
    """Who was called and is still there."""
    return [each for each in asterisk.callees if not each.over]


async def done(asterisk: Asterisk, caller: Caller, action: Any) -> None:
    """Carry out one step. What is not possible any more is left out."""
    match action:
        case Presses(key):
            await caller.dials(key)
        case Waits(seconds):
            await caller.waits(seconds)
        case Speaks(seconds):
            await caller.speaks(seconds)
        case HangsUp():
            await caller.hangs_up()
        case CalleeAnswers():
            for each in [c for c in callees(asterisk) if not c.answered][:1]:
                await each.answers()
        case CalleeHangsUp(cause):
            for each in callees(asterisk)[:1]:
                await each.hangs_up(cause)
        case Cut(seconds):
            await asterisk.cut(seconds)
        case Refuses(verb, status):
            asterisk.refuse(f"POST (/.*)?/{verb}(/[^/]*)?", status, times=1)
