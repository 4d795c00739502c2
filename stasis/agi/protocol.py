"""The protocol apart from I/O: bytes in, what they mean out.

First comes the environment, then one reply for each command. Asterisk may say HANGUP between any
two of them, once. It sends nothing else: what nobody has asked for is dropped and counted, so that
a value with a line feed cannot be taken for the next reply. Everything has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from attrs import frozen

from stasis.agi.environment import Environment
from stasis.agi.errors import ProtocolError

__all__ = ["HungUp", "Item", "Limits", "Protocol", "Text"]

LINE = re.compile(r"[0-9]{3}[ -]")
# The replies to these end in a value, which is any text: also one with line feeds.
VALUED = ("GET VARIABLE ", "GET FULL VARIABLE ", "DATABASE GET ", "RECEIVE TEXT ")
HANGUP = "HANGUP"


@frozen
class Limits:
    """What a peer may send. line, environment, reply: bytes. unasked: lines that nobody awaits."""

    line: int = 65_536
    environment: int = 65_536
    reply: int = 262_144
    unasked: int = 100


@frozen
class Text:
    """A whole reply, as `Reply.parse` reads it."""

    text: str


@frozen
class HungUp:
    """The channel was hung up; what needs none can still be asked."""


Item: TypeAlias = Environment | Text | HungUp


class Protocol:
    """One session's bytes. limits: what is allowed. unasked: how many lines were dropped."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.unasked = 0
        self.begun = False
        self._buffer = bytearray()
        self._scanned = 0
        self._lines: list[str] = []
        self._size = 0
        self._waits = False
        self._valued = False

    def asked(self, line: str) -> None:
        """A command is being sent: one reply is awaited. Send the next one after that."""
        self._waits = True
        self._valued = line.startswith(VALUED)

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take what has come, however it was split. Yields what is whole.

        Raises ProtocolError for what is no AGI, or is too long.
        """
        self._buffer += data
        while (end := self._buffer.find(b"\n", self._scanned)) >= 0:
            raw = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._scanned = 0
            if len(raw) > self.limits.line:
                raise ProtocolError(f"a line is longer than {self.limits.line} bytes")
            yield from self._line(raw.decode("utf-8", "replace"), len(raw))
        self._scanned = len(self._buffer)
        if self._scanned > self.limits.line:
            raise ProtocolError(f"a line is longer than {self.limits.line} bytes")

    def _line(self, line: str, size: int) -> Iterator[Item]:
        self._size += size + 1
        if not self.begun:
            yield from self._environment(line.removesuffix("\r"))
        elif not self._lines and line == HANGUP:
            self._size = 0
            yield HungUp()
        elif not self._waits:
            self._size = 0
            self.unasked += 1
            if self.unasked > self.limits.unasked:
                raise ProtocolError("the peer sends what nobody has asked for")
        else:
            yield from self._reply(line)

    def _environment(self, line: str) -> Iterator[Item]:
        if self._size > self.limits.environment:
            raise ProtocolError(f"the environment has over {self.limits.environment} bytes")
        if line:
            if not line.startswith("agi_"):
                raise ProtocolError(f"not a line of AGI's environment: {line[:100]!r}")
            self._lines.append(line)
            return
        lines, self._lines, self._size, self.begun = self._lines, [], 0, True
        if not lines:
            raise ProtocolError("the environment is empty")
        yield Environment.parse(lines)

    def _reply(self, line: str) -> Iterator[Item]:
        if self._size > self.limits.reply:
            raise ProtocolError(f"a reply is longer than {self.limits.reply} bytes")
        if not self._lines:
            if not LINE.match(line):
                raise ProtocolError(f"not a reply of Asterisk: {line[:100]!r}")
            if line.startswith("1"):
                self._size = 0  # 100 Trying: the reply is still to come
                return
        self._lines.append(line)
        first = self._lines[0]
        if first[3] == "-":
            whole = len(self._lines) > 1 and line.startswith(f"{first[:3]} ")
        else:
            whole = not (self._valued and " (" in first) or line.endswith(")")
        if whole:
            text, self._lines, self._size, self._waits = "\n".join(self._lines), [], 0, False
            yield Text(text)
