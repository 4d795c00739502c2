"""What the commands write: tables and lines. What callers are called is shown, never obeyed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["live_table", "member_table", "said", "token_table"]

# Columns of a table that goes to a file or another program, which has no width of its own.
WIDE = 200

STATES = ("moderator", "waiting", "muted", "deaf", "held", "talking")


def said(line: str) -> None:
    """A line of the result, taken literally."""
    Console(soft_wrap=True, highlight=False, emoji=False).print(Text(line))


def live_table(live: Mapping[str, Mapping[str, Any]], planned: Sequence[Mapping[str, Any]]) -> None:
    """Rooms by name, those in which somebody is first."""
    rows = [
        [
            room["room"],
            room["title"],
            str(sum(not each["waiting"] for each in room["members"])),
            str(sum(each["waiting"] for each in room["members"])),
            "locked" if room["locked"] else "open",
            room["recording"],
            moment(room["began"]),
        ]
        for room in live.values()
    ]
    rows += [
        [room["name"], room["title"], "0", "0", "", "", ""]
        for room in planned
        if room["name"] not in live
    ]
    table(("room", "title", "members", "waiting", "door", "recording", "began"), rows)


def member_table(room: Mapping[str, Any]) -> None:
    """A room and who is in it."""
    facts = [
        "locked" if room["locked"] else "open",
        f"recording {room['recording']}",
        f"since {moment(room['began'])}" if room["began"] else "",
        f"until {moment(room['ends_at'])}" if room["ends_at"] else "",
    ]
    said(f"{room['room']} {shown(room['title'])}: {', '.join(filter(None, facts))}")
    rows = [
        [
            member["id"],
            member["number"],
            member["name"],
            " ".join(state for state in STATES if member[state]),
            moment(member["joined"]),
            f"{member['speaking']:.0f} s",
        ]
        for member in room["members"]
    ]
    table(("id", "number", "name", "is", "joined", "talked"), rows)


def token_table(tokens: Sequence[Mapping[str, Any]]) -> None:
    """Tokens by their ids."""
    rows = [
        [
            str(each["id"]),
            each["name"],
            " ".join(each["scopes"]),
            " ".join(each["rooms"]),
            moment(each["expires"]) or "never",
            moment(each["used"]),
            moment(each["revoked"]),
        ]
        for each in tokens
    ]
    table(("id", "name", "scopes", "rooms", "expires", "used", "revoked"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The result as a table."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in head:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(Text(shown(cell)) for cell in row))
    screen = Console(highlight=False, emoji=False)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = WIDE
    screen.print(made)


def moment(text: str | None) -> str:
    """A moment as people read it, in UTC."""
    return "" if text is None else text[:19].replace("T", " ")


def shown(text: str) -> str:
    """A text without what a terminal would obey: callers choose their names."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
