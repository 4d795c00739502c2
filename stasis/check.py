"""What can be seen of a flow without running it: states, exits, digits, outcomes, media. Pure.

An `error` is wrong whatever the caller does; a `warning` is what people mostly did not mean. The
codes are stable: machines may tell findings apart by them.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Collection, Iterator
from typing import Any, Literal

from stasis.ari.events import (
    ChannelDtmfReceived,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFailed,
    RecordingFinished,
)
from stasis.errors import InvalidRequest
from stasis.finding import Finding
from stasis.flow import Flow
from stasis.media import checked_media
from stasis.program import Program, Runnable
from stasis.source import calls, ends_call, may_wait, media, place
from stasis.table import Do, Row
from stasis.trigger import After, Done, Other, Trigger, kind_of, trigger_of

__all__ = ["check", "check_media"]

KEYPAD = "0123456789*#"

# What comes even when the caller does nothing.
COMING: tuple[type[Event], ...] = (PlaybackFinished, RecordingFinished, RecordingFailed, Dial)


def check(flow: Runnable, sounds: Collection[str] | None = None) -> list[Finding]:
    """What is wrong or doubtful in a flow.

    flow: a Flow class, or an async function of a channel. sounds: ids of the sounds that
    Asterisk has, such as `hello-world` or `digits/1`; None when they are not known.

    Codes: `unreachable-state`, `stuck-state`, `never-waits`, `no-end`, `unanswered-digit`,
    `missing-outcome`, `unknown-outcome`, `bad-media`, `missing-sound`. Raises FlowError as
    `Program.of`.
    """
    machine = Program.of(flow).flow
    findings: list[Finding] = []
    if isinstance(flow, type):
        stuck = set(stuck_states(machine))
        findings += unreachable(machine)
        findings += (stuck_finding(machine, state) for state in machine.states() if state in stuck)
        circles = list(circles_of(machine))
        findings += (circle_finding(machine, circle) for circle in circles)
        findings += endless(machine, stuck.union(*circles))
        for state, row in machine.rows.items():
            findings += unanswered(machine, state, row)
            findings += outcomes(machine, state, row)
    return [*findings, *bad_media(flow, sounds)]


def at(flow: type[Flow], state: str) -> str:
    """Where a state is: file, line, flow and name."""
    return f"{place(getattr(flow, state))} {flow.__name__}.{state}".strip()


def targets(row: Row) -> list[str]:
    """The states that a row leads to."""
    return [target for target in row.edges.values() if isinstance(target, str)]


def reached(flow: type[Flow]) -> set[str]:
    """The states that some chain of triggers leads to."""
    found: set[str] = set()
    waiting = [flow.start.__name__]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            waiting += targets(flow.rows.get(state, Row()))
    return found


def unreachable(flow: type[Flow]) -> Iterator[Finding]:
    """Rows that nothing leads to, and methods that look like a forgotten state."""
    known = reached(flow)
    for state in flow.states():
        if state not in known:
            text = f"no trigger leads to {state!r}; add an edge to it, or delete it"
            yield Finding("unreachable-state", at(flow, state), text)
    used = {*flow.states(), "ended"}
    used |= {t.method.__name__ for r in flow.rows.values() for t in r.edges.values() if doing(t)}
    methods = {
        method.__name__: method  # its own name: `start` is an alias
        for kind in flow.__mro__
        if issubclass(kind, Flow) and kind is not Flow
        for method in vars(kind).values()
        if inspect.iscoroutinefunction(method)
    }
    used |= {verb for method in methods.values() for on, verb in calls(method) if on == "self"}
    for name, method in methods.items():
        looks_like_one = list(inspect.signature(method).parameters)[1:] == ["event"]
        if looks_like_one and name not in used and not name.startswith("_"):
            text = f"{name!r} looks like a state, but the table does not name it"
            yield Finding("unreachable-state", at(flow, name), text, "warning")


def doing(target: object) -> typing.TypeGuard[Do]:
    """Whether a target is an action."""
    return isinstance(target, Do)


def stuck_states(flow: type[Flow]) -> Iterator[str]:
    """The states in which a caller who does nothing stays for ever."""
    for state, row in flow.rows.items():
        out = any(
            ends_call(flow, target.method.__name__) if doing(target) else True
            for trigger, target in row.edges.items()
            if comes(trigger)
        )
        if row.edges and not out and not ends_call(flow, state):
            yield state


def comes(trigger: Trigger) -> bool:
    """Whether a trigger can be expected to fire while the caller does nothing."""
    if isinstance(trigger, (After, Other, str)) or trigger is Done:
        return True
    kind = kind_of(trigger)
    return isinstance(kind, type) and issubclass(kind, COMING)


def stuck_finding(flow: type[Flow], state: str) -> Finding:
    """In a conversation people decide when it is over; alone, a caller waits for us."""
    talks = any(verb in ("add", "connect") for _, verb in calls(getattr(flow, state)))
    exits = ", ".join(trigger_of(trigger) for trigger in flow.rows[state].edges)
    if talks:
        text = (
            f"only the caller can end {state!r} ({exits}); when the other side of the bridge"
            " leaves, the caller stays: add Other(StasisEnd)"
        )
        return Finding("stuck-state", at(flow, state), text, "warning")
    text = (
        f"a caller who does nothing stays in {state!r} for ever: its exits are {exits}; add"
        " After(seconds), Done, an outcome, or the end of what it plays, records or dials"
    )
    return Finding("stuck-state", at(flow, state), text)


def circles_of(flow: type[Flow]) -> Iterator[list[str]]:
    """The states that lead to each other by `Done`, and of which none can wait."""
    next_: dict[str, str] = {}
    for state, row in flow.rows.items():
        target = row.edges.get(Done)
        sure = not any(isinstance(trigger, str) for trigger in row.edges)
        if isinstance(target, str) and sure and not may_wait(getattr(flow, state)):
            next_[state] = target
    seen: set[str] = set()
    for state in next_:
        path: list[str] = []
        while state in next_ and state not in seen:
            seen.add(state)
            path.append(state)
            state = next_[state]
        if state in path:
            yield path[path.index(state) :]


def circle_finding(flow: type[Flow], circle: list[str]) -> Finding:
    """Such a call keeps the processor busy, and nothing else."""
    text = (
        f"{' -> '.join([*circle, circle[0]])} goes round for ever: each leads on by Done, and none"
        " waits for anything. Await something there, such as playback.finished(), or lead on by"
        " After(seconds) or the end of what it plays"
    )
    return Finding("never-waits", at(flow, circle[0]), text)


def endless(flow: type[Flow], stuck: set[str]) -> Iterator[Finding]:
    """One warning for the states from which no trigger leads to an end."""
    ends = {s for s in flow.states() if not flow.rows.get(s, Row()).edges or ends_call(flow, s)}
    while True:
        more = {s for s, row in flow.rows.items() if s not in ends and ends & {*targets(row)}}
        if not more:
            break
        ends |= more
    lost = [state for state in flow.states() if state in reached(flow) - ends - stuck]
    if lost:
        text = (
            f"from {', '.join(lost)} no trigger leads to a state without a row: the call ends"
            " only when the caller hangs up"
        )
        yield Finding("no-end", at(flow, lost[0]), text, "warning")


def unanswered(flow: type[Flow], state: str, row: Row) -> Iterator[Finding]:
    """Keys that do nothing in a state that knows others."""
    named = {t[1] for t in row.edges if isinstance(t, tuple) and t[0] is ChannelDtmfReceived}
    missing = [key for key in KEYPAD if key not in named]
    if named and missing and ChannelDtmfReceived not in row.edges:
        text = f"the keys {' '.join(missing)} do nothing here; add ChannelDtmfReceived for the rest"
        yield Finding("unanswered-digit", at(flow, state), text, "warning")


def outcomes(flow: type[Flow], state: str, row: Row) -> Iterator[Finding]:
    """What the body says it returns, against what the row knows."""
    returned = returns(getattr(flow, state))
    if returned is None or not row.edges:
        return
    known = [trigger for trigger in row.edges if isinstance(trigger, str)]
    for outcome in returned:
        if outcome is not None and outcome not in known:
            text = (
                f"{state!r} returns {outcome!r}, which its row does not know: the flow would fail"
            )
            yield Finding("missing-outcome", at(flow, state), text)
    for outcome in known:
        if outcome not in returned:
            text = f"the row knows the outcome {outcome!r}, which {state!r} never returns"
            yield Finding("unknown-outcome", at(flow, state), text)
    if Done in row.edges and None not in returned:
        text = f"the row has Done, but {state!r} never returns None"
        yield Finding("unknown-outcome", at(flow, state), text, "warning")


def returns(method: Any) -> set[str | None] | None:
    """The outcomes that an annotation names, None among them for nothing; None when it is open."""
    annotation = getattr(method, "__annotations__", {}).get("return", "open")

    def probe() -> None: ...

    probe.__annotations__ = {"return": annotation}
    try:
        hint = typing.get_type_hints(probe, globalns=method.__globals__)["return"]
    except Exception:  # names that exist for the type checker only
        return None
    found: set[str | None] = set()
    for each in typing.get_args(hint) if typing.get_origin(hint) is not Literal else (hint,):
        if each is type(None):
            found.add(None)
        elif typing.get_origin(each) is Literal:
            found |= set(typing.get_args(each))
        else:
            return None
    return found or ({None} if hint is type(None) else None)


def bad_media(flow: Any, sounds: Collection[str] | None) -> Iterator[Finding]:
    """The media of a flow's source that cannot be played."""
    for medium in media(flow):
        for finding in check_media(medium.text, f"{medium.where} {flow.__name__}".strip(), sounds):
            if finding.code != "bad-media" or medium.played:
                yield finding


def check_media(text: str, where: str, sounds: Collection[str] | None) -> list[Finding]:
    """What is wrong with a medium: `bad-media`, `missing-sound`, or nothing.

    text: a media URI. where: it stands. sounds: as for `check`.
    """
    try:
        checked_media(text)
    except InvalidRequest as error:
        return [Finding("bad-media", where, error.reason)]
    scheme, _, name = text.partition(":")
    elsewhere = name.startswith(("/", "http://", "https://"))
    if scheme != "sound" or sounds is None or name in sounds or elsewhere:
        return []
    fix = "put the file into its sounds folder and `module reload sounds`, or correct the name"
    return [Finding("missing-sound", where, f"Asterisk has no sound {name!r}; {fix}")]
