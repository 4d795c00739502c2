"""Where a call goes next: a part of the file, or an end. Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from attrs import frozen

from stasis_ivr.table import Table

__all__ = ["CONTINUE", "HANGUP", "KINDS", "REPEAT", "Kind", "Target", "target"]

Kind: TypeAlias = Literal[
    "menu", "desk", "message", "play", "hours", "hangup", "continue", "repeat"
]

KINDS: tuple[Kind, ...] = ("menu", "desk", "message", "play", "hours")
"""The kinds that have a table each, such as `[menu.main]`."""


@frozen
class Target:
    """A part of the file, `menu:main`, or `hangup`, `continue` (in the dialplan), `repeat`."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


HANGUP = Target("hangup")
CONTINUE = Target("continue")
REPEAT = Target("repeat")
"""The same menu again."""


def target(
    table: Table, key: str, default: Target | None = None, *, repeat: bool = False
) -> Target:
    """The target a key names; what is wrong is told to the table.

    default: None makes the key required. repeat: whether `repeat` is allowed.
    """
    text = table.text(key, None if default is None else "")
    if not text:
        return default or HANGUP
    kind, colon, name = text.partition(":")
    if colon and name and kind in KINDS:
        return Target(kind, name)
    ends = ("hangup", "continue", *(("repeat",) if repeat else ()))
    if text in ends:
        return next(Target(each) for each in get_args(Kind) if each == text)
    table.problem(
        key,
        f"{text!r} leads nowhere; write {', '.join(f'{k}:NAME' for k in KINDS)}, or"
        f" {', '.join(ends)}",
    )
    return default or HANGUP
