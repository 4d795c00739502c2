"""Text that is no UTF-8, as the simulator carries it: what was wrong are lone surrogates. Pure.

Asterisk takes any bytes for a name or a value; JSON cannot tell them. Each place has its own way
out: an empty text, a replaced character, an error.
"""

from __future__ import annotations

__all__ = ["is_utf8", "replaced"]


def is_utf8(text: str) -> bool:
    """Whether it can be told as it is."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def replaced(text: str) -> str:
    """The text with U+FFFD for what cannot be told."""
    return text if is_utf8(text) else text.encode(errors="surrogateescape").decode(errors="replace")
