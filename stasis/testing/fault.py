"""What goes wrong on purpose: a fault, and when it hits.

Pure: no sockets, no clock. Each armed fault draws from a generator of its own, so the same seed
and the same traffic give the same faults, whatever else is armed.
"""

from __future__ import annotations

import random
import re
from typing import Literal, TypeAlias, get_args

import attrs

__all__ = ["Fault", "Faults", "Hit", "How"]

How: TypeAlias = Literal["rst", "fin", "silent"]
Kind: TypeAlias = Literal["before", "between", "delay", "halve", "corrupt", "throttle"]

# What each kind needs beside itself, and what it means to leave it out.
NEEDS = {"delay": "seconds", "throttle": "rate"}


@attrs.frozen
class Fault:
    """One way in which an HTTP request or a WebSocket frame goes wrong.

    kind: `before` cuts the connection and the request (or the frame from Asterisk) is not passed
    on; `between` cuts it once Asterisk answers, so the request was carried out and nobody hears
    of it; `delay` holds the reply or frame, and all behind it, for `seconds`; `halve` passes half
    of its bytes and cuts; `corrupt` changes `flips` bytes; `throttle` passes `rate` bytes a second.
    on: `request` for HTTP, the opening of a WebSocket included; `frame` for what Asterisk sends
    over a WebSocket, one frame at a time; pings and pongs are never hit.
    method, path: regular expressions that an HTTP request must contain; the path is matched as it
    is sent, with its query. text: one that a frame must contain in its first 64 KiB.
    probability: of a match to be hit. nth: only the n-th match, from 1. times: hits at most.
    how: the way to cut: `rst`, `fin`, or `silent`, which freezes both directions and closes none.
    seconds: of `delay`. rate: bytes a second of `throttle`. flips: bytes that `corrupt` changes.
    framing: False lets `corrupt` also hit the HTTP head or the frame's header.

    Raises ValueError when the parameters do not fit each other.
    """

    kind: Kind
    on: Literal["request", "frame"] = attrs.field(default="request", kw_only=True)
    method: str = attrs.field(default="", kw_only=True)
    path: str = attrs.field(default="", kw_only=True)
    text: str = attrs.field(default="", kw_only=True)
    probability: float = attrs.field(default=1.0, kw_only=True)
    nth: int | None = attrs.field(default=None, kw_only=True)
    times: int | None = attrs.field(default=None, kw_only=True)
    how: How = attrs.field(default="rst", kw_only=True)
    seconds: float = attrs.field(default=0.0, kw_only=True)
    rate: int = attrs.field(default=0, kw_only=True)
    flips: int = attrs.field(default=1, kw_only=True)
    framing: bool = attrs.field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"no fault is called {self.kind!r}: {', '.join(get_args(Kind))}")
        if self.how not in get_args(How):
            raise ValueError(f"no cut is called {self.how!r}: {', '.join(get_args(How))}")
        if self.on not in ("request", "frame"):
            raise ValueError(f"on={self.on!r}: a fault hits a request or a frame")
        if self.on == "frame" and (self.method or self.path or self.kind == "between"):
            raise ValueError("a frame has no method, no path and no reply; use text, and `before`")
        if self.on == "request" and self.text:
            raise ValueError("text is of frames; a request is matched by method and path")
        needed = NEEDS.get(self.kind)
        if needed is not None and getattr(self, needed) <= 0:
            raise ValueError(f"{self.kind} needs {needed} above 0")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability={self.probability} is not between 0 and 1")
        if any(each is not None and each < 1 for each in (self.flips, self.nth, self.times)):
            raise ValueError("flips, nth and times count from 1")
        for name in ("method", "path", "text"):
            try:
                re.compile(getattr(self, name))
            except re.error as error:
                raise ValueError(f"{name} is not a regular expression: {error}") from None


@attrs.frozen
class Hit:
    """A fault that hits one request or frame.

    fault: which. number: the how many-th hit of it, from 1.
    """

    fault: Fault
    number: int
    _random: random.Random = attrs.field(repr=False, eq=False)

    def flips(self, start: int, stop: int) -> dict[int, int]:
        """Which bytes to change from `start` up to `stop`: position, and what to xor it with."""
        size = min(self.fault.flips, max(0, stop - start))
        chosen = sorted(self._random.sample(range(start, stop), size)) if size else []
        return {position: self._random.randrange(1, 256) for position in chosen}


class Armed:
    """A fault that waits for its match, with its own source of chance."""

    def __init__(self, fault: Fault, chance: random.Random) -> None:
        self.fault = fault
        self._chance = chance
        self._method = re.compile(fault.method)
        self._path = re.compile(fault.path)
        self._text = re.compile(fault.text.encode())
        self._matches = 0
        self._hits = 0

    def request(self, method: str, target: str) -> Hit | None:
        """Whether it hits this HTTP request."""
        if self.fault.on != "request":
            return None
        if not self._method.search(method) or not self._path.search(target):
            return None
        return self._matched()

    def frame(self, payload: bytes) -> Hit | None:
        """Whether it hits the frame that begins with this payload."""
        if self.fault.on != "frame" or not self._text.search(payload):
            return None
        return self._matched()

    def _matched(self) -> Hit | None:
        fault = self.fault
        self._matches += 1
        # Drawn for every match, so that one decision does not shift those after it.
        drawn, own = self._chance.random(), self._chance.getrandbits(64)
        if fault.nth is not None and self._matches != fault.nth:
            return None
        if fault.times is not None and self._hits >= fault.times:
            return None
        if drawn >= fault.probability:
            return None
        self._hits += 1
        return Hit(fault, self._hits, random.Random(own))  # noqa: S311  faults, not secrets


class Faults:
    """The faults that are armed. The first that hits, in the order of arming, is the only one.

    seed: the same seed, the same arming and the same traffic give the same hits.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._armed: list[Armed] = []

    def arm(self, *faults: Fault) -> None:
        """Let these faults hit what comes from now on."""
        for fault in faults:
            self._count += 1
            chance = random.Random(f"{self._seed}/{self._count}")  # noqa: S311  the same again
            self._armed.append(Armed(fault, chance))

    def disarm(self, *faults: Fault) -> None:
        """Take these faults back; all of them when none is named."""
        self._armed = [each for each in self._armed if faults and each.fault not in faults]

    def request(self, method: str, target: str) -> Hit | None:
        """The fault that hits an HTTP request, if any does."""
        for armed in self._armed:
            if (hit := armed.request(method, target)) is not None:
                return hit
        return None

    def frame(self, payload: bytes) -> Hit | None:
        """The fault that hits a frame from Asterisk, if any does. payload: how it begins."""
        for armed in self._armed:
            if (hit := armed.frame(payload)) is not None:
                return hit
        return None
