"""An action to bytes. What would not arrive as it is, is refused before anything is sent.

The limits are Asterisk's own, seen on 16 and 22: a line of 1,022 bytes, 128 lines an action; a
value's leading blanks are dropped there. CR, LF and NUL would begin another field or action.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stasis.ami.errors import InvalidValue

__all__ = ["LINE_LIMIT", "encode", "variable", "variables"]

# Bytes of `Key: value`, and lines of an action, that Asterisk takes.
LINE_LIMIT = 1022
LINES = 128

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
BREAKS = re.compile(r"[\r\n\0]")
# What separates and groups when Asterisk takes `Variable` apart.
SEPARATING = re.compile(r'([\\,"()\[\]{}])')


def encode(action: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """An action with its fields, in order; a key may stand more than once.

    Raises InvalidValue, which names the key and never holds the value.
    """
    lines = [line(action, "Action", action), *(line(action, k, v) for k, v in fields)]
    if not action or len(lines) > LINES:
        raise InvalidValue(
            action, f"{len(lines)} lines: Asterisk takes {LINES}" if action else "no action named"
        )
    return b"".join(lines) + b"\r\n"


def line(action: str, key: str, value: str) -> bytes:
    """One field as it is sent."""
    if not KEY.fullmatch(key):
        raise InvalidValue(safe(action), f"{key[:80]!a} cannot be the name of a field")
    if BREAKS.search(value):
        raise InvalidValue(safe(action), f"{key}: a line break or a NUL cannot be sent")
    if value and value[0] <= " ":
        raise InvalidValue(safe(action), f"{key}: Asterisk drops blanks at the beginning")
    try:
        data = f"{key}: {value}".encode()
    except UnicodeEncodeError:
        raise InvalidValue(safe(action), f"{key}: not a Unicode text") from None
    if len(data) > LINE_LIMIT:
        raise InvalidValue(
            safe(action), f"{key}: {len(data):,} bytes with its name; Asterisk takes {LINE_LIMIT:,}"
        )
    return data + b"\r\n"


def safe(action: str) -> str:
    """An action's name as it can stand in an error, whatever was given for one."""
    return action if KEY.fullmatch(action) else ascii(action[:40])


def variables(values: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """A `Variable` field for each channel variable: values arrive as they are."""
    return [("Variable", variable(name, value)) for name, value in values.items()]


def variable(name: str, value: str) -> str:
    """One channel variable as `Variable` carries it: what separates there is escaped.

    name: of a variable, or a function with its arguments. Raises InvalidValue.
    """
    if not name or "=" in name or name != name.strip():
        raise InvalidValue("", f"{name[:80]!a} cannot be the name of a variable")
    return f"{SEPARATING.sub(_escaped, name)}={SEPARATING.sub(_escaped, value)}"


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[1]
