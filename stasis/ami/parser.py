"""Bytes in, messages out. No I/O; any split of the bytes gives the same messages.

What is beyond a limit is skipped up to the next empty line and told as `Oversized`, so that one
such message costs neither the memory nor the connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from stasis.ami.errors import NotUnderstood
from stasis.ami.message import Message

__all__ = ["Oversized", "Parser"]

END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"
# Bytes of the first line at most; another server may send anything.
BANNER_LIMIT = 128
# Bytes of a skipped message that are kept, to tell whose it was.
HEAD = 1024


@frozen
class Oversized:
    """A message that was skipped. size: its bytes. message: the whole lines it begins with."""

    size: int
    message: Message


class Parser:
    """Makes messages of what a connection receives.

    max_message: bytes of a message at most. max_line: bytes of a line at most.

    banner: the protocol's version, like "11.0.0"; "" until it has come.
    """

    def __init__(self, max_message: int = 16 * 2**20, max_line: int = 2**20) -> None:
        self.banner = ""
        self._max_message = max_message
        self._max_line = max_line
        self._buffer = bytearray()
        self._seen = 0  # where no end of a message begins before
        self._skipped = 0  # bytes of the message that is being skipped
        self._head = b""

    @property
    def waiting(self) -> int:
        """Bytes of a message that has not ended."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Message | Oversized]:
        """The messages that these bytes complete.

        Raises NotUnderstood when the first line is not the manager interface's.
        """
        self._buffer += data
        if not self.banner and not self._greeted():
            return
        while (found := self._next()) is not None:
            yield found

    def _greeted(self) -> bool:
        buffer = self._buffer
        end = buffer.find(b"\r\n", 0, BANNER_LIMIT)
        start = bytes(buffer[: len(BANNER)])
        if not BANNER.startswith(start) or (end < 0 and len(buffer) >= BANNER_LIMIT):
            raise NotUnderstood(
                "",
                f"not a manager interface: it begins with {bytes(buffer[:40])!r}; is the port the"
                " one of manager.conf, and does it speak TLS (tls = true)?",
            )
        if end < 0:
            return False
        self.banner = bytes(buffer[len(BANNER) : end]).decode("utf-8", "replace") or "unknown"
        del buffer[: end + 2]
        return True

    def _next(self) -> Message | Oversized | None:
        buffer = self._buffer
        if not self._skipped:
            while buffer.startswith(b"\r\n"):  # some answers end with two empty lines
                del buffer[:2]
                self._seen = 0
        end = buffer.find(END, self._seen)
        if end < 0:
            if self._skipped or len(buffer) > self._max_message + len(END):
                self._skip(max(0, len(buffer) - len(END) + 1))
            self._seen = max(0, len(buffer) - len(END) + 1)
            return None
        self._seen = 0
        if self._skipped or end > self._max_message:
            self._skip(end)
            return self._skipping(END)
        frame = bytes(buffer[:end])
        del buffer[: end + len(END)]
        if end > self._max_line and longest(frame) > self._max_line:
            self._head, self._skipped = frame[: min(self._max_message, HEAD)], end
            return self._skipping(b"")
        return Message.of(frame)

    def _skip(self, size: int) -> None:
        """Drop the beginning of what waits."""
        if not self._skipped:
            self._head = bytes(self._buffer[: min(self._max_message, HEAD)])
        self._skipped += size
        del self._buffer[:size]

    def _skipping(self, end: bytes) -> Oversized:
        """The message that was being skipped is over."""
        del self._buffer[: len(end)]
        size, self._skipped = self._skipped, 0
        head, self._head = self._head.rpartition(b"\r\n")[0], b""
        return Oversized(size, Message.of(head))


def longest(frame: bytes) -> int:
    """Bytes of the longest line."""
    return max(map(len, frame.split(b"\r\n")))
