"""What is measured: each scenario, how it goes, and the numbers that come of it.

The kinds, and what a client does in each, are described in `bench.clients`. A number is better
when it is smaller, but for those by the second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from bench.ran import Numbers, Ran
from bench.run import TOP, Client, Failed, FakeServer, Process

__all__ = ["ALL", "Place", "Scenario"]

APP = "bench"
# Channels that enter in a second, where nothing else is said: no Asterisk takes as many calls.
ARRIVALS = 2500
# Seconds that a run takes beside what its parameters say: always, and by its kind. About.
START = 1.5
SECONDS = {"burst": 4.0, "growth": 3.0, "handlers": 4.0, "rest": 2.0, "memory": 8.0, "call": 5.0}


@attrs.frozen
class Place:
    """Where a run goes. url, username, password: of ARI. server: the fake one, when it is that."""

    url: str
    username: str
    password: str
    server: FakeServer | None = None


@attrs.frozen
class Scenario:
    """One row of what is measured.

    name: its own. kind: what clients do, of `bench.clients`. about: for the table's title.
    parameters: of the scenario. quick: those instead of them in the quick mode. real: on a real
    Asterisk. only: the clients that run it; none: all. without: those that cannot.
    """

    name: str
    kind: str
    about: str
    parameters: Mapping[str, Any]
    quick: Mapping[str, Any] = attrs.field(factory=dict)
    real: bool = False
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What it measures, with its numbers."""
        return f"{self.name}: {self.about.format(**self.parameters)}"

    def takes(self, client: Client) -> bool:
        """Whether a client runs it."""
        if self.only and client.name not in self.only:
            return False
        return client.name not in self.without and (not client.only or self.kind in client.only)

    def sized(self, *, quick: bool) -> Scenario:
        """The same, in the size of the mode."""
        return attrs.evolve(self, parameters={**self.parameters, **self.quick}) if quick else self

    @property
    def seconds(self) -> float:
        """About how long a run takes; a slow client's takes longer."""
        given = self.parameters
        rate = given.get("rate") if self.kind in ("paced", "memory") else None
        enters = float(given.get("channels", 0) / (rate or given.get("arrivals", ARRIVALS)))
        if self.kind == "memory":
            enters *= 2 * int(given["cycles"])
        elif rate:
            enters = given["channels"] / ARRIVALS + given["events"] / rate
        return START + enters + float(given.get("hold", 0.0)) + SECONDS.get(self.kind, 0.0)

    def measure(self, client: Client, place: Place) -> Ran:
        """One run of one client. Raises Failed."""
        most = client.most.get(self.kind)
        fewer = {
            key: min(self.parameters[key], most)
            for key in ("events", "requests")
            if most is not None and key in self.parameters
        }
        scenario = attrs.evolve(self, parameters={**self.parameters, **fewer})
        return KINDS[self.kind](scenario, client, place)


def started(scenario: Scenario, client: Client, place: Place) -> Process:
    """The client's process, connected."""
    asked = {
        "name": scenario.kind,
        **scenario.parameters,
        **client.extra,
        "username": place.username,
        "password": place.password,
    }
    command = [*client.command, "--url", place.url, "--app", APP, "--scenario", json.dumps(asked)]
    return Process(command, f"{client.name}, {scenario.name}")


def fake(place: Place) -> FakeServer:
    """The fake server of a place that has one."""
    if place.server is None:
        raise Failed("this scenario runs on the fake server")
    return place.server


def told(scenario: Scenario, client: Client, place: Place) -> Ran:
    """burst, growth, handlers, paced, busy: events of channels that are live."""
    server, parameters = fake(place), scenario.parameters
    with started(scenario, client, place) as process:
        process.line("ready")
        arrivals = parameters.get("arrivals", ARRIVALS)
        server.do("arrive", channels=parameters["channels"], rate=arrivals)
        process.line("live")
        # What entering has set going, such as a request for each, is to be over.
        time.sleep(parameters.get("pause", 0.0))
        keys = {key: parameters.get(key) for key in ("events", "channels", "rate")}
        sent = server.do("burst", run=parameters.get("run", 1), **keys)
        found = process.json()
    events = sent["sent"]
    numbers: Numbers = {
        "us/event": found["cpu"] * 1e6 / events,
        "server us/event": sent["cpu"] * 1e6 / events,
    }
    if scenario.kind in ("burst", "growth", "handlers"):
        numbers["events/s"] = events / found["wall"]
    if "latency" in found:
        p50, p99, most = found["latency"]
        numbers |= {"p50 us": p50, "p99 us": p99, "most us": most}
    elif scenario.kind == "paced":
        numbers |= {"p50 us": None, "p99 us": None, "most us": None}
    if "stall" in found:
        numbers["stall ms"] = found["stall"]
    if "disorder" in found:
        numbers["disorder"] = found["disorder"]
    numbers["mistakes"] = found.get("mistakes", process.mistakes)
    return Ran.of(numbers, found["events"], events, found.get("error", ""))


def rest(scenario: Scenario, client: Client, place: Place) -> Ran:
    """rest: requests, many at once."""
    server, requests = fake(place), scenario.parameters["requests"]
    with started(scenario, client, place) as process:
        process.line("ready")
        before = server.do("cpu")["cpu"]
        server.do("go")
        found = process.json()
        spent = server.do("cpu")["cpu"] - before
    numbers: Numbers = {
        "req/s": requests / found["wall"],
        "us/request": found["cpu"] * 1e6 / requests,
        "server us/request": spent * 1e6 / requests,
        "mistakes": found.get("mistakes", process.mistakes),
    }
    return Ran.of(numbers, found["events"], requests, found.get("error", ""))


def memory(scenario: Scenario, client: Client, place: Place) -> Ran:
    """memory: channels come and go, some times."""
    server, channels = fake(place), scenario.parameters["channels"]
    rate = scenario.parameters["rate"]
    with started(scenario, client, place) as process:
        process.line("ready")
        for _ in range(scenario.parameters["cycles"]):
            server.do("arrive", channels=channels, rate=rate)
            process.line("live")
            # What entering has set going, such as a request for each, is to be over.
            time.sleep(scenario.parameters["pause"])
            server.do("leave", channels=channels, rate=rate)
            process.line("gone")
        found = process.json()
    rss = [size / 1e6 for size in found["rss"]]
    thousands = channels / 1000
    numbers: Numbers = {
        "MB/1,000 live": (rss[1] - rss[0]) / thousands,
        "MB after": rss[2] - rss[0],
        "MB after all": rss[-1] - rss[0],
        "MB more by cycle": (rss[-1] - rss[2]) / max(1, scenario.parameters["cycles"] - 1),
        "MB at ready": rss[0],
        "mistakes": found.get("mistakes", process.mistakes),
    }
    return Ran(numbers, found.get("error", ""))


def call(scenario: Scenario, client: Client, place: Place) -> Ran:
    """call: whole calls on a real Asterisk."""
    calls = scenario.parameters["calls"]
    marked = attrs.evolve(
        scenario, parameters={**scenario.parameters, "mark": f"{time.time_ns() % 10**9}-"}
    )
    with started(marked, client, place) as process:
        process.line("ready")
        found = process.json()
    numbers: Numbers = {
        "ms/call": found["cpu"] * 1000 / calls,
        "calls/s": calls / found["wall"],
        "mistakes": found.get("mistakes", process.mistakes),
    }
    return Ran.of(numbers, found["events"], calls, found.get("error", ""))


def start(scenario: Scenario, client: Client, place: Place) -> Ran:
    """start: `import stasis` in a fresh process, and `stasis run` until it takes calls."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import stasis"], cwd=TOP, check=True)
    imported = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], cwd=TOP, check=True)
    nothing = time.perf_counter() - imported
    environment = {
        **os.environ,
        "STASIS_ASTERISK_URL": place.url,
        "STASIS_ASTERISK_USERNAME": place.username,
        "STASIS_ASTERISK_PASSWORD": place.password,
        "STASIS_HTTP_PORT": "0",
        "STASIS_LOG_FORMAT": "json",
    }
    run = [sys.executable, "-m", "stasis", "run", "stasis_hello.flow:hello", "--app", APP]
    again = time.perf_counter()
    with subprocess.Popen(run, cwd=TOP, env=environment, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None
        said = ""
        for line in up.stderr:
            said += line
            if '"event": "ready"' in line or '"event":"ready"' in line:
                ready = time.perf_counter() - again
                up.kill()
                break
        else:
            raise Failed(f"`stasis run` did not get ready:\n{said[-2000:]}")
    return Ran({"import s": imported - begun - nothing, "ready s": ready})


KINDS: dict[str, Callable[[Scenario, Client, Place], Ran]] = {
    "burst": told,
    "growth": told,
    "handlers": told,
    "paced": told,
    "busy": told,
    "rest": rest,
    "memory": memory,
    "call": call,
    "start": start,
}


GROWING = frozenset({"bare", "stasis", "stasis, uvloop"})


def growth(channels: int) -> Scenario:
    """The same burst with more channels live."""
    return Scenario(
        f"growth {channels:,}",
        "growth",
        "the same burst, {channels:,} channels live",
        # Entering costs more than an event does: a client that is not done with it loses time.
        {"channels": channels, "events": 100_000, "arrivals": min(1250, channels * 5), "pause": 1},
        {"channels": channels // 50, "events": 1000, "arrivals": 2500, "pause": 0},
        only=GROWING,
    )


def in_runs(channels: int) -> Scenario:
    """The same, with some events of a channel in a row."""
    whole = growth(channels)
    return attrs.evolve(
        whole,
        name=f"{whole.name} in runs",
        about="the same, {channels:,} channels live, {run} events of a channel in a row",
        parameters={**whole.parameters, "run": 20},
        only=frozenset({"bare", "stasis"}),
    )


def paced(rate: int, seconds: int = 5) -> Scenario:
    """Events at a rate, and how old they are when a channel's code has them."""
    return Scenario(
        f"paced {rate:,}",
        "paced",
        "{rate:,} events/s, {channels} channels live, until the code of a channel has one",
        {"channels": 100, "events": rate * seconds, "rate": rate},
        {"channels": 10, "events": 200, "rate": min(rate, 2000)},
    )


ALL = (
    Scenario(
        "burst",
        "burst",
        "events as fast as they are taken, {channels} channels live, code runs for digits",
        {"channels": 500, "events": 100_000},
        {"channels": 20, "events": 2000},
    ),
    Scenario(
        "handlers",
        "handlers",
        "the same, code runs for each event",
        {"channels": 500, "events": 100_000},
        {"channels": 20, "events": 2000},
    ),
    *(growth(channels) for channels in (100, 500, 5_000, 50_000)),
    # Events of a channel in a row find it in the cache, but also wake it less often: hence both.
    in_runs(100),
    in_runs(50_000),
    *(paced(rate) for rate in (500, 2_000, 20_000)),
    Scenario(
        "busy",
        "busy",
        "{events:,} events at once while the code of all {channels} channels is busy",
        {"channels": 100, "events": 50_000, "hold": 3.0, "patience": 40.0},
        {"channels": 20, "events": 2000, "hold": 0.3},
        without=frozenset({"bare"}),  # it runs nothing for a channel
    ),
    Scenario(
        "rest",
        "rest",
        "GET /channels/ID, {at_once} at once",
        {"requests": 20_000, "at_once": 50},
        {"requests": 300, "at_once": 50},
    ),
    Scenario(
        "memory",
        "memory",
        "{channels:,} channels come, stay and go, {rate} a second, {cycles} times",
        {"channels": 2_000, "cycles": 3, "rate": 300, "pause": 2.0},
        {"channels": 50, "cycles": 2, "rate": 500, "pause": 0.2},
    ),
    Scenario("start", "start", "a new process", {}, only=frozenset({"stasis"})),
    Scenario(
        "call",
        "call",
        "{calls:,} whole calls on Asterisk 22, {at_once} at once",
        {"calls": 3000, "at_once": 10, "endpoint": "Local/answer@default"},
        {"calls": 20, "at_once": 5},
        real=True,
    ),
)
