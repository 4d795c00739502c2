"""A command's line: every argument arrives in Asterisk as it was given, or is refused.

Asterisk splits a line at blanks, takes quotes off, and a backslash from before any character. So
each argument is quoted, with a backslash before quotes and backslashes. What would end the line or
the text (CR, LF, NUL) has no spelling, and a line that is too long would be cut in two commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from stasis.agi.errors import InvalidArgument

__all__ = ["argument", "line"]

FORBIDDEN = re.compile("[\r\n\0]")
SPECIAL = re.compile(r'(["\\])')
# What an application's own parser takes for more than text.
STRUCTURE = re.compile(r'([\\",()\[\]])')


def line(command: str, arguments: Iterable[str], limit: int) -> str:
    """The line of a command, without its line feed.

    command: its name, as in the table of commands. arguments: any texts. limit: bytes that the
    line may have with its line feed.

    Raises InvalidArgument for CR, LF, NUL, lone surrogates, and for a line that is too long.
    """
    parts = [command]
    for number, each in enumerate(arguments, 1):
        if found := FORBIDDEN.search(each):
            raise InvalidArgument(
                command,
                f"argument {number} holds {found[0]!r} at {found.start()}, and AGI has no spelling"
                " for CR, LF and NUL",
            )
        parts.append('"' + SPECIAL.sub(r"\\\1", each) + '"')
    text = " ".join(parts)
    try:
        size = len(text.encode()) + 1
    except UnicodeEncodeError as error:
        raise InvalidArgument(command, f"an argument is no Unicode text: {error.reason}") from None
    if size > limit:
        raise InvalidArgument(
            command,
            f"the line has {size} bytes with its quotes, and this Asterisk takes {limit};"
            " it would run the rest as a command of its own",
        )
    return text


def argument(text: str) -> str:
    """One argument of a dialplan application, for `exec`: commas, quotes and brackets are text.

    For applications that take their arguments apart in Asterisk's usual way, as nearly all do:
    Dial, Originate, Queue, Record, … Those that take one text as it is (NoOp, Set, Verbose, Log,
    Gosub) would keep the backslashes.
    """
    return STRUCTURE.sub(r"\\\1", text)
