"""A reply of Asterisk to one command."""

from __future__ import annotations

import re

from attrs import frozen

from stasis.agi.errors import ProtocolError

__all__ = ["Reply"]

CODE = re.compile(r"([0-9]{3})([ -])(.*)", re.DOTALL)
RESULT = re.compile(r"result=(\S*)(?: (.*))?", re.DOTALL)
FIELD = re.compile(r'([A-Za-z]+[0-9]*)=("(?:[^"\\]|\\.)*"|\S*)')


@frozen
class Reply:
    """A reply.

    code: 200, 510, 511, 520, or one that nobody knows yet. text: what follows it, of several
    lines for 520. result: of `result=`, "" when there is none. rest: what follows the result.
    """

    code: int
    text: str
    result: str = ""
    rest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reply:
        """Read a reply as it came, without or with its last line feed.

        Announcements (100 Trying) may precede it. Raises ProtocolError for what is no reply.
        """
        lines = text.removesuffix("\n").split("\n")
        while len(lines) > 1 and lines[0].startswith("1"):
            del lines[0]
        found = CODE.fullmatch("\n".join(lines))
        if found is None:
            raise ProtocolError(f"not a reply of Asterisk: {text[:100]!r}")
        code, kind, body = int(found[1]), found[2], found[3]
        if kind == "-":
            usage = body.split("\n")
            # The first line and the last say that it is usage, and those between are it.
            return cls(code, "\n".join(usage[1:-1]).strip())
        result = RESULT.fullmatch(body)
        return cls(code, body, result[1], result[2] or "") if result else cls(code, body)

    @property
    def number(self) -> int | None:
        """The result as a number; None when it is none."""
        try:
            return int(self.result)
        except ValueError:
            return None

    @property
    def value(self) -> str | None:
        """The text in brackets that is all the rest, as of a variable; None without."""
        rest = self.rest
        return rest[1:-1] if len(rest) > 1 and rest[0] == "(" and rest[-1] == ")" else None

    @property
    def note(self) -> str:
        """The word in brackets behind the result, like `timeout`; "" without."""
        found = re.match(r"\(([a-z]+)\)", self.rest)
        return found[1] if found else ""

    @property
    def fields(self) -> dict[str, str]:
        """What follows as `name=value`, like endpos; quotes are taken off."""
        return {name: value.strip('"') for name, value in FIELD.findall(self.rest)}
