"""A fault proxy: between an ARI client and Asterisk, it cuts, delays, halves, corrupts, throttles.

It passes bytes on and knows only enough HTTP to tell a WebSocket from a request. What hits which
request is drawn from a seed, so a failure that was seen once is seen again. Real sockets need
real time: not for `virtual_time`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter, deque
from types import TracebackType

from stasis.testing.fault import Fault, Faults, How
from stasis.testing.passage import Passage
from stasis.testing.tally import Happened, Tally

__all__ = ["FaultProxy"]


class FaultProxy:
    """Listens on a free port; `async with` opens and closes it.

    host, port: Asterisk's HTTP server. seed: of everything that is drawn.
    listen: the address to listen on; give another than loopback only to a network that is yours,
    since whoever connects talks to Asterisk.
    """

    def __init__(self, host: str, port: int, *, seed: int = 0, listen: str = "127.0.0.1") -> None:
        self._tally = Tally()
        self._to = (host, port)
        self._at = listen
        self._faults = Faults(seed)
        self._port = 0
        self._reserved: socket.socket | None = None
        self._listening: socket.socket | None = None
        self._hanging = False
        self._timer: asyncio.TimerHandle | None = None
        self._passages: dict[asyncio.Task[None], Passage] = {}

    async def __aenter__(self) -> FaultProxy:
        # Never listens: it keeps the port ours while connections are refused.
        self._reserved = self._bound(0)
        self._port = int(self._reserved.getsockname()[1])
        self._listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._silence()
        if self._timer is not None:
            self._timer.cancel()
        if self._reserved is not None:
            self._reserved.close()
        passages = dict(self._passages)
        for task in passages:
            task.cancel()
        await asyncio.gather(*passages, return_exceptions=True)
        for passage in passages.values():
            # Its own may have been interrupted, or never begun.
            await passage.release()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """ARI's address through the proxy, for `asterisk.url`."""
        host = f"[{self._at}]" if ":" in self._at else self._at
        return f"http://{host}:{self._port}/ari"

    @property
    def sockets(self) -> int:
        """WebSocket connections that pass bytes now."""
        return sum(each.live and each.kind == "socket" for each in self._passages.values())

    @property
    def frozen(self) -> int:
        """Connections that are frozen or hang now."""
        return sum(each.frozen for each in self._passages.values())

    # What goes wrong

    def arm(self, *faults: Fault) -> None:
        """Let these faults hit what comes from now on; the first that hits is the only one."""
        self._faults.arm(*faults)

    def disarm(self, *faults: Fault) -> None:
        """Take these faults back; all of them when none is named."""
        self._faults.disarm(*faults)

    async def cut(self, how: How = "rst", *, sockets: bool = True, requests: bool = False) -> int:
        """Cut what is connected now, on both sides, in the middle of whatever it does.

        how: `rst` resets, `fin` closes without a WebSocket close frame, `silent` freezes both
        ways and closes nothing, as when a cable is pulled: until `thaw`. sockets, requests: which
        connections; those of HTTP also when they are idle. Returns how many.
        """
        chosen = [
            each
            for each in self._passages.values()
            if each.live and (sockets if each.kind == "socket" else requests)
        ]
        await asyncio.gather(*(each.cut(how) for each in chosen))
        for each in chosen:
            kind = "freeze" if how == "silent" else "cut"
            self._tally.happened(kind, each.number, f"a {each.kind} connection", how)
        return len(chosen)

    def thaw(self) -> int:
        """Let all that is frozen or hangs go on, with nothing lost. Returns how many."""
        chosen = [each for each in self._passages.values() if each.frozen]
        for each in chosen:
            each.thaw()
            self._tally.happened("thaw", each.number, f"a {each.kind} connection")
        return len(chosen)

    def refuse(self, seconds: float | None = None, *, hang: bool = False) -> None:
        """Take no new connections; those that are there go on.

        seconds: for how long; None is until `accept`. hang: take them and never answer, instead of
        refusing them. Those hang on afterwards, until `thaw`.
        """
        self.accept()
        self._hanging = hang
        if not hang:
            self._silence()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self.accept)
        duration = "until further notice" if seconds is None else f"{seconds:g} s"
        self._tally.happened("refuse", 0, "new connections", f"{duration}{', hanging' * hang}")

    def accept(self) -> None:
        """Take new connections again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hanging = False
        if self._listening is None:
            self._listen()

    # What was done

    @property
    def counts(self) -> Counter[str]:
        """How often: `connections`, `requests`, `frames`, and every kind of the log."""
        return self._tally.counts

    @property
    def log(self) -> deque[Happened]:
        """What was done on purpose, or failed: the last 10,000 things, oldest first."""
        return self._tally.log

    async def reached(self, kind: str, times: int = 1, *, timeout: float | None = None) -> None:
        """Wait until something has happened so many times.

        kind: a key of `counts`, such as `between`. timeout: seconds. Raises TimeoutError.
        """
        await self._tally.reached(kind, times, timeout)

    # Listening

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET6 if ":" in self._at else socket.AF_INET)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind((self._at, port))
        except OSError:
            bound.close()
            raise
        return bound

    def _listen(self) -> None:
        self._listening = self._bound(self._port)
        self._listening.listen(128)
        asyncio.get_running_loop().add_reader(self._listening, self._take)

    def _silence(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            if self._listening is None:
                return
            accepted, _ = self._listening.accept()
            accepted.setblocking(False)
            self._tally.count("connections")
            number = self.counts["connections"]
            passage = Passage(number, accepted, self._faults, self._tally, hung=self._hanging)
            if self._hanging:
                self._tally.happened("hang", number, "a new connection")
            task = asyncio.create_task(passage.run(*self._to), name=f"fault proxy {number}")
            self._passages[task] = passage
            task.add_done_callback(self._passages.pop)
