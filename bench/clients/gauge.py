"""What a client measures of itself, and how it tells. Only the standard library: peers use it too.

CPU is that of the process, from BenchGo until the last event's code has run.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import time
from typing import Any

__all__ = ["END", "GO", "Gauge"]

GO, END = "BenchGo", "BenchEnd"


class Gauge:
    """Reads the command line; `begin` and `end` enclose what is measured.

    url: such as `http://127.0.0.1:8088/ari`. app: the Stasis application. scenario: as the package
    describes it. name: the scenario's. expected: what BenchGo has announced. events: those that
    came, added up by the client. latency: in ns, one for each event.
    """

    def __init__(self, arguments: list[str] | None = None) -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--url", required=True)
        parser.add_argument("--app", required=True)
        parser.add_argument("--scenario", required=True, type=json.loads)
        options = parser.parse_args(arguments)
        self.url: str = options.url
        self.app: str = options.app
        self.scenario: dict[str, Any] = options.scenario
        self.name: str = self.scenario["name"]
        self.username: str = self.scenario.get("username", "bench")
        self.password: str = self.scenario.get("password", "bench")
        self.expected: dict[str, int] = {}
        self.events = 0
        self.latency: list[int] = []
        self._arrived = 0
        self._cpu = self._wall = 0.0
        self._spent: dict[str, float] = {}

    def say(self, word: str) -> None:
        """One line to whoever has started us."""
        sys.stdout.write(word + "\n")
        sys.stdout.flush()

    def ready(self) -> None:
        """We are connected."""
        self.say("ready")

    def arrived(self) -> None:
        """A channel has entered; when all have, that is told."""
        self._arrived += 1
        if self._arrived == self.scenario.get("channels"):
            self._arrived = 0
            self.say("live")

    def begin(self, expected: dict[str, int] | None = None) -> None:
        """BenchGo has come: from here on is measured. expected: its `userevent`."""
        self.expected = expected or {}
        gc.collect()
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def end(self) -> None:
        """All has been done."""
        self._spent = {
            "cpu": time.process_time() - self._cpu,
            "wall": time.perf_counter() - self._wall,
        }

    def heard(self, mark: str) -> None:
        """A channel's code has an event. mark: its `channel.accountcode`."""
        self.latency.append(time.monotonic_ns() - int(mark[8:]))

    @staticmethod
    def rss() -> int:
        """Bytes of memory that the process has."""
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def report(self, **more: Any) -> None:
        """Tell what was measured, and end the process. more: beside CPU, events and latency."""
        told: dict[str, Any] = {**self._spent, "events": self.events, **more}
        if self.expected:
            told["lost"] = self.expected.get("events", 0) - self.events
        if self.latency:
            told["latency"] = quantiles(self.latency)
        self.say(json.dumps(told))
        os._exit(0)


def quantiles(latency: list[int]) -> list[float]:
    """p50, p99 and the most, in µs."""
    found = sorted(latency)
    last = len(found) - 1
    return [round(found[at] / 1000, 1) for at in (last // 2, last * 99 // 100, last)]
