"""Where two targets differ, frame by frame: order, fields, types, and on demand the values.

Two runs of a scenario are made alike first: its token goes from all names, and what a server makes
up (ids, times, the numbers of Local channels) becomes a placeholder in order of appearance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from tests.conformance.tape import Tape

__all__ = ["differences"]

SHORTER = ", the end"
UNIQUE = re.compile(r"\b[\w-]*\d{9,10}\.\d+\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
LOCAL = re.compile(r"-[0-9a-f]{8}(?=;[12]|$)")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
SERVER = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
# The fields that name the object a frame is about.
OBJECTS = (
    *(("channel", "id"), ("peer", "id"), ("bridge", "id"), ("playback", "id")),
    *(("recording", "name"), ("device_state", "name"), ("endpoint", "resource")),
)


def differences(
    real: Sequence[Tape],
    other: Sequence[Tape],
    real_name: str = "real",
    other_name: str = "other",
    *,
    values: bool = False,
) -> list[str]:
    """One text for each difference, over the scenarios that both have. Empty: none."""
    ours = {each.scenario: alike(each) for each in other}
    pairs = [
        (each.scenario, alike(each), ours[each.scenario]) for each in real if each.scenario in ours
    ]
    lines = []
    for scenario, left, right in pairs:
        lines += orders(scenario, left, right, real_name, other_name)
    # Where one only ends earlier, the scenario may just have been over.
    lines.sort(key=lambda line: SHORTER in line)
    lines += fields(pairs, real_name, other_name)
    if values:
        lines += valued(pairs, real_name, other_name)
    return lines


def alike(tape: Tape) -> Tape:
    """The tape, with all that differs from run to run replaced."""
    seen: dict[str, str] = {}

    def placed(found: re.Match[str]) -> str:
        return seen.setdefault(found.group(), f"<id{len(seen) + 1}>")

    def same(value: Any) -> Any:
        if isinstance(value, dict):
            return {same(name): same(each) for name, each in value.items()}
        if isinstance(value, list):
            items = [same(each) for each in value]
            # Lists of names have no order.
            return sorted(items) if all(isinstance(each, str) for each in items) else items
        if not isinstance(value, str):
            return value
        value = value.replace(f"-{tape.token}", "").replace(tape.token, "<token>")
        value = SERVER.sub("<server>", TIME.sub("<time>", value))
        return LOCAL.sub("-<n>", UNIQUE.sub(placed, value))

    copy = Tape(tape.scenario)
    for each in tape.frames:
        copy.frames.append(type(each)(each.socket, same(each.frame)))
    for told in tape.told:
        copy.told.append(type(told)(told.method, same(told.path), told.status, same(told.json)))
    return copy


def objects(tape: Tape) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """The frames of each socket and each object, in order."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for each in tape.frames:
        names = {
            f"{path[0] if path[0] != 'peer' else 'channel'} {name}"
            for path in OBJECTS
            if (name := at(each.frame, path)) is not None
        }
        for name in names or {"nothing"}:
            found[each.socket, name].append(each.frame)
    return found


def orders(scenario: str, left: Tape, right: Tape, real: str, other: str) -> list[str]:
    """The objects whose frames came in another order, or not at all."""
    lines = []
    a, b = objects(left), objects(right)
    for key in dict.fromkeys([*a, *b]):
        socket, name = key
        wanted = [each["type"] for each in a.get(key, [])]
        got = [each["type"] for each in b.get(key, [])]
        if wanted != got:
            shorter = wanted[: len(got)] == got or got[: len(wanted)] == wanted
            lines.append(
                f"{scenario}: socket {socket}, {name}{SHORTER if shorter else ''}\n    {real:>8}: {' '.join(wanted)}\n"
                f"    {other:>8}: {' '.join(got)}"
            )
    return lines


Pairs = Sequence[tuple[str, Tape, Tape]]


def fields(pairs: Pairs, real: str, other: str) -> list[str]:
    """Fields that only one side ever sent, or never sent as the other does."""
    sides = []
    for side in (1, 2):
        shapes: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        where: dict[tuple[str, str], str] = {}
        for pair in pairs:
            tape = pair[side]
            assert isinstance(tape, Tape)
            for kind, value in spoken(tape):
                for path, leaf in leaves(value):
                    shapes[kind][path].add(type(leaf).__name__)
                    where.setdefault((kind, path), pair[0])
        sides.append((shapes, where))
    (a, in_a), (b, in_b) = sides
    lines = []
    for kind in a.keys() & b.keys():
        for path in a[kind].keys() - b[kind].keys():
            lines.append(f"{kind}: {path} is missing in {other} (see {in_a[kind, path]})")
        for path in b[kind].keys() - a[kind].keys():
            lines.append(f"{kind}: {path} is unknown to {real} (see {in_b[kind, path]})")
        for path in a[kind].keys() & b[kind].keys():
            if a[kind][path] != b[kind][path]:
                lines.append(
                    f"{kind}: {path} is {'/'.join(sorted(a[kind][path]))} in {real},"
                    f" {'/'.join(sorted(b[kind][path]))} in {other}"
                )
    return sorted(lines)


def spoken(tape: Tape) -> Iterator[tuple[str, Any]]:
    """What a server said: the kind of it, and the JSON."""
    for each in tape.frames:
        yield each.frame["type"], each.frame
    for told in tape.told:
        if told.json is not None:
            yield f"{told.method} {route(told.path)} {told.status}", told.json


def valued(pairs: Pairs, real: str, other: str) -> list[str]:
    """Values that differ, where the order of frames is the same; and the replies one by one."""
    found: dict[str, list[str]] = defaultdict(list)

    def note(kind: str, scenario: str, left: Any, right: Any) -> None:
        a, b = dict(leaves(left)), dict(leaves(right))
        for path in a.keys() & b.keys():
            if a[path] != b[path]:
                line = f"{kind}: {path} is {a[path]!r} in {real}, {b[path]!r} in {other}"
                found[line].append(scenario)

    for scenario, left, right in pairs:
        a, b = objects(left), objects(right)
        for key in a.keys() & b.keys():
            wanted, got = a[key], b[key]
            match = SequenceMatcher(
                None, [each["type"] for each in wanted], [each["type"] for each in got], False
            )
            for block in match.get_matching_blocks():
                for offset in range(block.size):
                    frame = wanted[block.a + offset]
                    note(frame["type"], scenario, frame, got[block.b + offset])
        asked = [(each.method, each.path) for each in left.told]
        if asked == [(each.method, each.path) for each in right.told]:
            for one, two in zip(left.told, right.told, strict=True):
                kind = f"{one.method} {route(one.path)}"
                note(kind, scenario, {"status": one.status}, {"status": two.status})
                note(kind, scenario, one.json, two.json)
    return sorted(f"{line} (see {', '.join(dict.fromkeys(see))})" for line, see in found.items())


def route(path: str) -> str:
    """A path with its ids taken out: every second segment, as ARI's paths are made."""
    parts = path.split("/")
    return "/".join("…" if row % 2 else part for row, part in enumerate(parts))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no object and no list, with its path; a list's items share one."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, f"{path}[]")
    else:
        yield path, value


def at(frame: Any, path: Sequence[str]) -> Any:
    """What is at a path; None where there is nothing."""
    for name in path:
        frame = frame.get(name) if isinstance(frame, dict) else None
    return frame
