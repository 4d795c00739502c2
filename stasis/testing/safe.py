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
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from stasis.errors import FlowError, StasisError
from stasis.testing.action import (
    Action,
    CalleeAnswers,
    CalleeHangsUp,
    Cut,
    HangsUp,
    Presses,
    Refuses,
    Speaks,
    Tried,
    Waits,
    callees,
    done,
    scripts,
)
from stasis.testing.asterisk import Asterisk, FlowFailed
from stasis.testing.clock import Stalled, run
from stasis.testing.failure import in_words
from stasis.testing.left import Left
from stasis.testing.party import Caller
from stasis.testing.refusals import NeverRefused
from stasis.testing.strays import cancelled, strays
from stasis.testing.unawaited import Unawaited
from stasis.walk import OnWalk

if TYPE_CHECKING:
    pass

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
        try:
            why = run(scenario())
        except Stalled as stalled:
            why = f"it does not let time go on: {stalled}"
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
