"""The dialplan of a simulated Asterisk: a test's own, or one in which every extension leads on."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from stasis.errors import StasisError
from stasis.testing.simulator.dialplan import Dialplan

__all__ = ["dialplan_of", "no_extension", "plan_of"]

# How many extensions an error lists.
NEAREST = 5


def dialplan_of(given: str | Path | None, apps: Sequence[str]) -> Dialplan:
    """Read a dialplan. given: text or a file; None for one that leads to the applications.

    Raises DialplanError for what the text says, StasisError for a text that is a file's name.
    """
    if isinstance(given, Path):
        return Dialplan.load(given)
    if given and "[" not in given:
        raise StasisError(
            f"dialplan={given!r}: a text has contexts, such as [default]; a file is given as"
            f" pathlib.Path({given!r})"
        )
    return Dialplan.parse(given or plan_of(apps))


def plan_of(apps: Sequence[str]) -> str:
    """A dialplan in which an application's name leads to it, and all else to the first."""
    lines = ["[default]"]
    for app in apps:
        lines.append(f"exten => {app},1,Stasis({app}${{ARGS}})")
    if apps:
        lines += [
            f"exten => {each},1,Stasis({apps[0]}${{ARGS}})" for each in ("s", "_[+*#0-9a-zA-Z].")
        ]
        lines += [f"exten => _[+*#0-9a-zA-Z],1,Stasis({apps[0]}${{ARGS}})"]
    return "\n".join(lines) + "\n"


def no_extension(plan: Dialplan, context: str, exten: str) -> str:
    """That a dialplan has no such extension, in words, with the nearest that it has."""
    what = f"the dialplan has no such extension in [{context}]"
    if context not in plan.contexts:
        known = ", ".join(f"[{each}]" for each in sorted(plan.contexts))
        return f"{what}; its contexts are {known or 'none'}"
    names = list(dict.fromkeys(extensions(plan, context)))
    near = difflib.get_close_matches(exten, names, NEAREST, 0.5)
    if near:
        return f"{what}; the nearest are {', '.join(near)}"
    more = f" and {len(names) - NEAREST} more" if len(names) > NEAREST else ""
    return f"{what}; it has {', '.join(names[:NEAREST]) or 'none'}{more}"


def extensions(plan: Dialplan, context: str) -> Iterator[str]:
    """The extensions of a context and of those that it includes, as they are written."""
    pending, seen = [context], set()
    while pending:
        name = pending.pop(0)
        here = plan.contexts.get(name)
        if here is None or name in seen:
            continue
        seen.add(name)
        yield from (each.pattern.text for each in here.extensions)
        pending += here.includes
