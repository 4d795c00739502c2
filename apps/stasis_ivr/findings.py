"""What is allowed in an IVR's file and still looks like a mistake. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from stasis import Finding
from stasis_ivr.parts import IvrFile, Menu
from stasis_ivr.target import Target

__all__ = ["findings"]

# Where a caller who does nothing goes: what is not listed takes somebody to press or answer.
SILENT = ("failed", "no_answer", "unavailable", "busy", "after", "then", "closed")


def findings(file: IvrFile) -> Iterator[Finding]:
    """Parts that no call reaches, calls that never end, and keys that nobody answers."""
    reached = reach(file)
    for here in file.parts:
        where = f"{file.path} [{here.kind}.{here.name}]"
        if here not in reached:
            yield Finding(
                "unreachable-part",
                where,
                f"no call gets here; let a choice or `start` lead to {here}, or delete it",
            )
        elif not ends(file, here):
            yield Finding(
                "endless-call",
                where,
                "a caller who does nothing goes round for ever; let `failed` or `after` lead to"
                " hangup or continue somewhere",
            )
    for here, part in file.parts.items():
        if isinstance(part, Menu) and not part.invalid:
            yield Finding(
                "unanswered-digit",
                f"{file.path} [menu.{here.name}]",
                "a wrong key only repeats the prompt; say something with `invalid`",
                "warning",
            )


def reach(file: IvrFile) -> set[Target]:
    """The parts that a call can get to."""
    reached: set[Target] = set()
    ahead = [file.start, file.removed]
    while ahead:
        here = ahead.pop()
        if here in reached or here not in file.parts:
            continue
        reached.add(here)
        ahead += [to for _, to in file.exits(here)]
    return reached


def ends(file: IvrFile, start: Target) -> bool:
    """Whether a call that is in a part comes to an end though the caller does nothing."""
    seen: set[Target] = set()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        if here not in file.parts:
            return True
        if here not in seen:
            seen.add(here)
            ahead += [to for key, to in file.exits(here) if key in SILENT]
    return False
