"""A `stasis run` on this machine, to signal it and to see it end, and never another process.

It is held by a file descriptor: its number may be another process's the next moment, the
descriptor never is.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from stasis.errors import StasisError

__all__ = ["Process", "is_stasis"]


class Process:
    """A running `stasis run` of this user. Use it as a context manager.

    pid: its number; the descriptor is closed at the end of the context.

    Raises StasisError when there is no such process, it is another user's, or another program.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._descriptor = os.pidfd_open(pid)
        except AttributeError:
            raise StasisError("signalling a process safely needs Linux: see `stasis run`") from None
        except (OSError, OverflowError, ValueError):
            raise StasisError(f"process {pid} has ended, or cannot be reached from here") from None
        try:
            self._check()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def _check(self) -> None:
        """Raises StasisError when it must not be signalled."""
        folder = Path("/proc", str(self.pid))
        try:
            user = folder.stat().st_uid
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError as error:
            raise StasisError(f"process {self.pid} cannot be looked at: {error.strerror}") from None
        if not words:
            raise StasisError(f"process {self.pid} has ended")
        if user != os.geteuid():
            raise StasisError(
                f"process {self.pid} is of the user with number {user}: run this as that user"
            )
        if not is_stasis(words):
            # Its other words may be secrets of another program.
            raise StasisError(
                f"process {self.pid} is {Path(words[0]).name!r}, not `stasis run`; it was left"
                f" alone. If it is the program all the same: kill -TERM {self.pid}"
            )

    def tell(self, number: signal.Signals) -> bool:
        """Send a signal. Returns whether it still was there to take it."""
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            return False
        return True

    async def over(self, seconds: float) -> bool:
        """Wait for its end, so many seconds at most. Returns whether it has ended."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._descriptor, ended.set)
        try:
            async with asyncio.timeout(seconds):
                await ended.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._descriptor)
        return True


def is_stasis(words: Sequence[str]) -> bool:
    """Whether a command line is that of `stasis run`, by name, by path or by `python -m stasis`."""
    names = [Path(word).name for word in words]
    return "run" in names and "stasis" in names[: names.index("run")]
