"""Reading into a buffer that stays, whatever protocol reads.

For any other protocol asyncio allocates 256 KiB for each read and gives back what was not needed.
Only the heap's end has room for that, and what is kept of one read is where the next begins: with
many small reads, such as answers, the heap grows by megabytes while nothing is kept.
"""

from __future__ import annotations

import asyncio
import threading

__all__ = ["Buffered", "buffer"]

# Of one read. Asterisk's answers and events have about 1 KiB; a burst is read in many pieces.
SIZE = 64 * 1024


class Memory(threading.local):
    """The buffer of a thread, for all its connections: each read is copied before the next."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(SIZE))


MEMORY = Memory()


class Buffered(asyncio.BufferedProtocol):
    """Stands before another protocol and tells it everything. Each read is copied, in its size."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._received = protocol.data_received
        self._buffer = MEMORY.buffer

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to read to."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes were read."""
        self._received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool | None:
        """No more will come. Whether the transport stays open."""
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over; exc: why, None for an end in order."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """What waits to be written is too much."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It is little again."""
        self._protocol.resume_writing()


def buffer(transport: asyncio.Transport) -> None:
    """Have an open transport read into a buffer from now on; its protocol notices nothing.

    Not from within the protocol's own `data_received`.
    """
    protocol = transport.get_protocol()
    assert isinstance(protocol, asyncio.Protocol)
    reads = transport.is_reading()
    if reads:
        transport.pause_reading()  # uvloop looks at the kind of protocol when it begins to read
    transport.set_protocol(Buffered(protocol))
    if reads:
        transport.resume_reading()
