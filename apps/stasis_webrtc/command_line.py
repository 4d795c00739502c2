"""How commands reach the accounts, ask for passwords, and show tables."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stasis import ConfigError
from stasis_webrtc.account import Accounts
from stasis_webrtc.audit import Audit
from stasis_webrtc.session import Sessions
from stasis_webrtc.store import DATABASE, WHERE, Store
from stasis_webrtc.token import Tokens

__all__ = ["BY", "at", "done", "entered", "table", "yes"]

T = TypeVar("T")

BY = "command line"
"""Who has done it, in the audit log."""

# Columns of a table that goes to a file or another program, which has no width of its own.
WIDE = 200


def done(context: typer.Context, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """What comes of work on the accounts of the configured database. Raises StasisError."""
    url = context.obj.load().plugin.get("webrtc", {}).get("database", DATABASE)
    if not isinstance(url, str):
        raise ConfigError(f"{WHERE}: must be a text in quotes")
    return asyncio.run(opened(url, work))


async def opened(url: str, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Open the database, work, and close it."""
    store = Store(url)
    await store.open()
    try:
        log = Audit(store, now, lines=False)
        sessions = Sessions(store, Tokens(store, now), log, now)
        return await work(Accounts(store, sessions, log, now))
    finally:
        await store.close()


def now() -> datetime:
    """The moment that everything is written down by."""
    return datetime.now(UTC)


def entered() -> str:
    """A password, asked for twice, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if first != getpass.getpass("once more: "):
        raise typer.BadParameter("the two are not alike")
    return first


def at(moment: datetime) -> str:
    """A moment for people, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def yes(value: bool) -> str:
    """A flag for people."""
    return "yes" if value else "no"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows, to standard output."""
    shown = Table(
        box=None,
        pad_edge=False,
        header_style="bold",
        padding=(0, 2, 0, 0),
        show_header=any(head),
    )
    for name in head:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*map(escape, row))
    screen = Console(highlight=False, emoji=False)
    if not screen.is_terminal:
        screen.width = WIDE
    screen.print(shown)
