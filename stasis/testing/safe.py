"""Any caller: random keys, silences, hang-ups and faults, under which a flow must stay safe.

    def test_no_caller_breaks_it() -> None:
        assert_safe(Ivr)

A script is tried in virtual time on the simulator. A flow is unsafe when one of them makes it
raise, keeps the call in a state for ever, or leaves something behind once the caller has gone.
Hypothesis finds such a script and makes it as short as it gets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen
from structlog.testing import capture_logs

from stasis.errors import FlowError, StasisError
from stasis.flow import After, Trigger
from stasis.plugin import Plugin
from stasis.program import Program, Runnable
from stasis.testing.asterisk import Asterisk, FlowFailed
from stasis.testing.clock import run
from stasis.testing.failure import in_words
from stasis.testing.left import Left
from stasis.testing.party import Callee, Caller
from stasis.testing.programs import programs_of
from stasis.testing.refusals import NeverRefused
from stasis.testing.strays import cancelled, strays
from stasis.testing.unawaited import Unawaited
from stasis.walk import OnWalk

if TYPE_CHECKING:
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
    "Unsafe",
    "Waits",
    "assert_safe",
    "tried",
]

KEYS = "1234567890*#"
# How long a caller who does nothing may be kept, unless the test says otherwise.
PATIENCE_SECONDS = 1800.0
CLOSING_SECONDS = 30.0


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


class Unsafe(AssertionError):
    """The flow is not safe under a script. script: the shortest that was found. why: what
    happened: an exception, a state that does not end, or what was left behind.
    """

    def __init__(self, flow: str, script: Sequence[Action], why: str) -> None:
        self.script = tuple(script)
        self.why = why
        steps = "".join(f"\n  {each}" for each in ("calls", *script))
        super().__init__(f"{flow} is not safe: {why}. The caller{steps}")


def assert_safe(
    flow: Tried,
    *,
    plugin: object = None,
    version: str = "22",
    sounds: Path | Mapping[str, float] | None = None,
    args: Sequence[str] = (),
    examples: int = 100,
    steps: int = 12,
    keys: str = KEYS,
    faults: bool = True,
    patience: float = PATIENCE_SECONDS,
    prepare: Callable[[Asterisk], None] | None = None,
) -> None:
    """Try a flow under random callers. Needs Hypothesis (`pip install 'stasis-ari[testing]'`).

    flow, plugin, version, sounds: as of `Asterisk`. args: of the application. examples: how many
    scripts. steps: how long one may be. keys: that a caller has. faults: also cut the socket and
    refuse requests. patience: seconds in which a call must end whose caller does nothing more;
    callees hang up half-way. prepare: is given the server before the call, to say what phones do.

    The same scripts are tried each time, so it fails or passes the same each time.

    Raises Unsafe with the shortest script, StasisError without Hypothesis.
    """
    __tracebackhide__ = True  # pytest shows the line of the test instead
    try:
        from hypothesis import HealthCheck, Phase, given, settings, target
    except ImportError:
        raise StasisError(
            "assert_safe needs Hypothesis: pip install 'stasis-ari[testing]'"
        ) from None

    name = getattr(flow, "__name__", type(flow).__name__)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(scripts(flow, keys, steps, faults=faults))
    def any_caller(script: tuple[Action, ...]) -> None:
        walked: set[str] = set()
        why = tried(
            *(flow, script),
            plugin=plugin,
            version=version,
            sounds=sounds,
            args=args,
            patience=patience,
            prepare=prepare,
            on_walk=lambda step: walked.add(f"{step.state} {step.trigger} {step.target}"),
        )
        # Scripts that lead further are the ones to go on from.
        target(len(walked), label="steps of the table")
        if why:
            raise Unsafe(name, script, why)

    shortest: Unsafe | None = None
    try:
        any_caller()
    except Unsafe as unsafe:
        shortest = unsafe  # Hypothesis raises the shortest last; its own report adds nothing
    if shortest is not None:
        raise Unsafe(name, shortest.script, shortest.why)


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


def tried(
    flow: Tried,
    script: Sequence[Action],
    *,
    plugin: object = None,
    version: str = "22",
    sounds: Path | Mapping[str, float] | None = None,
    args: Sequence[str] = (),
    patience: float = PATIENCE_SECONDS,
    prepare: Callable[[Asterisk], None] | None = None,
    on_walk: OnWalk | None = None,
) -> str:
    """Try a flow under one script, in virtual time. Parameters as of `assert_safe`.

    Returns what is wrong with it, or an empty text.
    """
    refusing = any(isinstance(each, Refuses) for each in script)
    hearers = (on_walk,) if on_walk is not None else ()

    async def scenario() -> str:
        asterisk = Asterisk(flow, plugin=plugin, version=version, sounds=sounds, on_walk=hearers)
        asterisk.looked = True  # here, where a refused request is no fault
        before = asyncio.all_tasks()
        why = ""
        try:
            async with asterisk:
                if prepare is not None:
                    prepare(asterisk)
                caller = await asterisk.call(*["", *args])
                for action in script:
                    await done(asterisk, caller, action)
                await ended(asterisk, caller, patience)
                why = raised(asterisk, refusing=refusing)
                if not why and not caller.over:
                    why = f"it keeps a silent caller in {caller.state!r} for {patience:g} s"
                assert why or caller.flow, "raises LookupError when the call reached no flow"
        except (FlowFailed, Left) as fault:
            why = why or str(fault)
        except NeverRefused:
            pass  # a script need not come to the request that it refuses
        running = asyncio.all_tasks() - before
        why = why or raised(asterisk, refusing=refusing) or strays(running)
        await cancelled(running)
        return why

    # Hundreds of calls: their log's lines would bury what was found.
    unawaited = Unawaited()
    with capture_logs(), unawaited.watched():
        why = run(scenario())
    return why or unawaited.told()


def raised(asterisk: Asterisk, *, refusing: bool) -> str:
    """What flows have raised that is their fault, in words, or an empty text.

    refusing: requests were refused, so that the errors for it are none of theirs.
    """
    for error in asterisk.failures.values():
        refused = isinstance(error, StasisError) and not isinstance(error, FlowError)
        if not (refusing and refused):
            return f"it raised {in_words(error)}"
    return ""


async def ended(asterisk: Asterisk, caller: Caller, patience: float) -> None:
    """Wait for the end of a call whose caller does nothing more; who was called leaves it."""
    machine = asterisk.machine
    if not await machine.until(lambda: caller.over, patience / 2):
        for each in callees(asterisk):
            await each.hangs_up()
        await machine.until(lambda: caller.over, patience / 2)
    # What a flow has raised is told once its call is closed.
    await machine.until(lambda: not asterisk.link.runners, CLOSING_SECONDS)


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
