"""What the command line writes: results to standard output, everything else to standard error.

With `--json` standard output holds one JSON document and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stasis.errors import AriError, ConfigError, StasisError

__all__ = ["as_json", "error_text", "say", "table", "tell"]

# Columns of a table that goes to a file or another program, which has no width of its own.
WIDE = 200


def console(*, error: bool = False) -> Console:
    """A console on the stream as it is now. Long words are not broken: people copy them."""
    return Console(stderr=error, soft_wrap=True, highlight=False, emoji=False)


def tell(line: str = "", style: str = "") -> None:
    """A line of the result, taken literally."""
    console().print(Text(line, style=style))


def say(line: str, style: str = "") -> None:
    """A line beside the result, to standard error, taken literally."""
    console(error=True).print(Text(line, style=style))


def as_json(value: object) -> None:
    """The result as JSON."""
    tell(json.dumps(value, indent=2, ensure_ascii=False))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """The result as a table. head: all empty for none. styles: one for each row, or none."""
    shown = Table(
        box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), show_header=any(head)
    )
    for name in head:
        shown.add_column(name, overflow="fold")
    for row, style in zip(rows, styles or [""] * len(rows), strict=True):
        shown.add_row(*map(escape, row), style=style or None)
    screen = Console(highlight=False, emoji=False)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = WIDE
    screen.print(shown)


def error_text(error: StasisError) -> str:
    """An error on one screen: what is wrong, and what to do."""
    if isinstance(error, ConfigError):
        return "\n".join(("the configuration is wrong:", *(f"  - {p}" for p in error.problems)))
    text = str(error)
    if isinstance(error, AriError):
        text += "\n`stasis doctor` looks at each step on the way to Asterisk"
    return text
