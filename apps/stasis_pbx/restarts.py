"""How often an Asterisk may be restarted and the like, whoever asks for it. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from stasis.pbx import Thing

__all__ = ["Restarts", "restart_like"]


def restart_like(thing: Thing) -> bool:
    """Whether a thing ends calls of everybody: only who may do anything may do it, if they mean
    it.
    """
    return bool(thing.confirm) and thing.scope.endswith(":admin")


class Restarts:
    """Counts them. most: of one Asterisk within `window` seconds. now: seconds that only grow."""

    def __init__(self, most: int, window: float, now: Callable[[], float]) -> None:
        self._most = most
        self._window = window
        self._now = now
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, server: str) -> float:
        """Seconds until the next may be; 0: now, and it is counted."""
        times, now = self._times[server], self._now()
        while times and now - times[0] >= self._window:
            times.popleft()
        if len(times) >= self._most:
            return times[0] + self._window - now
        times.append(now)
        return 0.0
