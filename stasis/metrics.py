"""What is counted, for Prometheus: events, requests, losses, calls, and how late things are.

Rules of this file: counting an event costs one dictionary entry, whatever the number of calls;
what can be read when somebody asks is read then; every label has a bounded set of values, so
none holds an id or a caller's text. Each `Metrics` has its own registry: nothing is global.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Literal, TypeAlias

from attrs import define, field
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from stasis.ari.event import Event
from stasis.ari.resource import Request, Response, Send
from stasis.errors import NotSent, OutcomeUnknown, ResponseError, Unreachable

__all__ = ["CONTENT_TYPE", "Addresses", "Calls", "Ending", "Measured", "Meter", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Calls: TypeAlias = Callable[[], Iterable[tuple[str, str, str, int]]]
"""Gives (application, flow, state, events waiting in the inbox) of each live call."""

Addresses: TypeAlias = Callable[[], Iterable[tuple[str, int]]]
"""Gives (address, failed log-ins), the worst first."""

Ending: TypeAlias = Literal["ended", "failed", "let_go"]
"""How a call was over: as wished by flow or caller; its flow failed; another process has it."""

# Seconds. Requests on loopback take 1 ms, a blocking one up to 15 s; lag is to stay below 50 ms.
REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
GAP_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600)
# Of how many addresses failed log-ins are told: the worst.
ADDRESSES = 20
STALL_BUCKETS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


@define(eq=False)
class Meter:
    """What one server's link counts, by cheap methods; made by `Metrics.of`.

    server: its name, a label. connected: whether it is connected and registered now. strays:
    channels and bridges of ours that nobody owned when last compared. events: decoded, by their
    class, which is the kind; unknown kinds are plain `Event`.
    """

    server: str
    _metrics: Metrics = field(repr=False)
    connected: bool = False
    strays: int = 0
    events: defaultdict[type[Event], int] = field(factory=partial(defaultdict, int))
    seen: set[tuple[str, str, str]] = field(factory=set, repr=False)
    calls: Calls = field(default=tuple, repr=False)
    attackers: Addresses = field(default=tuple, repr=False)

    def lag(self, seconds: float) -> None:
        """How long an event was on its way, from when Asterisk was asked for it until we had it."""
        self._metrics.lags.labels(self.server).observe(seconds)

    def refused(self) -> None:
        """A frame was no event, and was dropped."""
        self._metrics.refused.labels(self.server).inc()

    def overflow(self) -> None:
        """An inbox was full, and its flow was ended for it."""
        self._metrics.overflows.labels(self.server).inc()

    def lost(self, reason: str = "") -> None:
        """The connection was lost. reason: for the log; it is no label, being anybody's text."""
        self.connected = False
        self._metrics.losses.labels(self.server).inc()

    def ready(self, gap_seconds: float | None = None) -> None:
        """Connected and registered. gap_seconds: since the loss; None for the first time."""
        self.connected = True
        if gap_seconds is not None:
            self._metrics.reconnects.labels(self.server).inc()
            self._metrics.gaps.labels(self.server).observe(gap_seconds)

    def login_failed(self, kind: str, service: str) -> None:
        """Somebody failed to log in to Asterisk. kind: the event's; service: such as PJSIP."""
        self._metrics.logins.labels(self.server, kind, service).inc()

    def stopped(self) -> None:
        """The link is over, and no loss is counted for it."""
        self.connected = False

    def call_begun(self, app: str, flow: str, *, adopted: bool = False) -> None:
        """A call begins, or is taken over from an earlier process."""
        how = "adopted" if adopted else "new"
        self._metrics.begun.labels(self.server, known(app), flow, how).inc()

    def call_ended(self, app: str, flow: str, outcome: Ending) -> None:
        """A call is over for us. outcome: how, see `Ending`."""
        self._metrics.ended.labels(self.server, known(app), flow, outcome).inc()


class Metrics(Collector):
    """All metrics of a process.

    registry: of prometheus-client; a plugin may register its own collectors there.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._meters: dict[str, Meter] = {}
        server = ["server"]

        def counter(name: str, what: str, labels: Iterable[str] = ("server",)) -> Counter:
            return Counter(f"stasis_{name}", what, labels, registry=registry)

        self.refused = counter("frames_refused", "Frames that were no events and were dropped")
        self.overflows = counter("inbox_overflows", "Calls ended because their inbox was full")
        self.losses = counter("losses", "Connections to Asterisk that were lost")
        self.reconnects = counter("reconnects", "Losses after which the link was ready again")
        self.begun = counter(
            "calls_begun", "Calls that began or were adopted", ["server", "app", "flow", "how"]
        )
        self.ended = counter(
            "calls_ended", "Calls that are over, by how", ["server", "app", "flow", "outcome"]
        )
        self.logins = counter(
            "failed_logins", "Failed log-ins to Asterisk", ["server", "kind", "service"]
        )
        self.stalls = Histogram(
            "stasis_stall_seconds",
            "How long code blocked the event loop",
            ["app", "flow", "state"],
            buckets=STALL_BUCKETS,
            registry=registry,
        )
        self.lags = Histogram(
            "stasis_event_lag_seconds",
            "From a probe's request until its event was read",
            server,
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.gaps = Histogram(
            "stasis_gap_seconds",
            "From a loss until the link was ready again",
            server,
            buckets=GAP_BUCKETS,
            registry=registry,
        )
        self.requests = Histogram(
            "stasis_request_seconds",
            "Requests to Asterisk, by operation and status",
            ["server", "operation", "status"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        ProcessCollector(registry=registry)
        registry.register(self)

    def of(self, server: str) -> Meter:
        """The meter of a server, always the same one; its counters are there from now on, at 0."""
        if server not in self._meters:
            self._meters[server] = Meter(server, self)
            for each in (self.refused, self.overflows, self.losses, self.reconnects):
                each.labels(server)
            for other in (self.lags, self.gaps):
                other.labels(server)
        return self._meters[server]

    def watch(self, server: str, source: Calls) -> None:
        """Ask this source for the live calls of a server, each time somebody asks for metrics."""
        self.of(server).calls = source

    def stall(self, seconds: float, app: str = "", flow: str = "", state: str = "") -> None:
        """Code has blocked the event loop. app, flow, state: whose; empty when of no call.

        May be called from any thread.
        """
        self.stalls.labels(known(app), flow, state).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format; `CONTENT_TYPE` says which."""
        return generate_latest(Plain(self.registry))

    def collect(self) -> Iterator[Metric]:
        """What is read only now: prometheus-client calls it."""
        events = CounterMetricFamily(
            "stasis_events", "Events read, by kind", labels=["server", "kind"]
        )
        connected = GaugeMetricFamily(
            "stasis_connected", "1 while connected and registered", labels=["server"]
        )
        strays = GaugeMetricFamily(
            "stasis_strays", "Channels and bridges of ours that nobody owns", labels=["server"]
        )
        depth = GaugeMetricFamily(
            "stasis_inbox_depth", "Events waiting in the fullest inbox", labels=["server"]
        )
        calls = GaugeMetricFamily(
            "stasis_calls", "Live calls, by state", labels=["server", "app", "flow", "state"]
        )
        attackers = GaugeMetricFamily(
            "stasis_failed_logins_by_address",
            f"Failed log-ins of the {ADDRESSES} worst addresses",
            labels=["server", "address"],
        )
        for meter in self._meters.values():
            server = meter.server
            for address, count in islice(meter.attackers(), ADDRESSES):
                attackers.add_metric([server, address], count)
            for kind, count in meter.events.items():
                events.add_metric([server, name_of(kind)], count)
            connected.add_metric([server], meter.connected)
            strays.add_metric([server], meter.strays)
            # States that were seen once stay, at 0: a series that vanishes is no fallen value.
            counts = dict.fromkeys(meter.seen, 0)
            deepest = 0
            for app, flow, state, waiting in meter.calls():
                key = (known(app), flow, state)
                counts[key] = counts.get(key, 0) + 1
                deepest = max(deepest, waiting)
            meter.seen |= counts.keys()
            depth.add_metric([server], deepest)
            for key, count in counts.items():
                calls.add_metric([server, *key], count)
        yield from (events, connected, strays, depth, calls, attackers)


class Plain(Collector):
    """A registry without the time at which each series began, which would double their number."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Each metric as it is, but for those samples."""
        for metric in self._registry.collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric


class Measured:
    """A `Send` that measures another one: latency by operation and status.

    The status is HTTP's, or `unreachable`, `not_sent`, `unknown` (no answer came), `cancelled`.
    A request that is tried again inside counts once, with all its time.
    """

    def __init__(self, send: Send, metrics: Metrics, server: str) -> None:
        self._send = send
        self._requests = metrics.requests
        self._server = server
        self._series: dict[tuple[str, int | str], Histogram] = {}

    async def __call__(self, request: Request) -> Response:
        """Carry one request. Raises what the other raises."""
        begun = time.perf_counter()
        status: int | str = "cancelled"
        try:
            response = await self._send(request)
            status = response.status
            return response
        except Unreachable:
            status = "unreachable"
            raise
        except NotSent:
            status = "not_sent"
            raise
        except OutcomeUnknown:
            status = "unknown"
            raise
        except ResponseError as error:
            status = error.status
            raise
        except Exception:
            status = "error"
            raise
        finally:
            seconds = time.perf_counter() - begun
            key = (request.operation or "other", status)
            series = self._series.get(key)
            if series is None:
                # Finding it among all others costs more than the rest of this.
                series = self._series[key] = self._requests.labels(self._server, *key)
            series.observe(seconds)


def name_of(kind: type[Event]) -> str:
    """A kind of event as a label."""
    return "other" if kind is Event else kind.__name__


def known(app: str) -> str:
    """The application without the channel's name that a per-call socket puts behind it."""
    return app.partition(":")[0]


def samples_in(text: str) -> list[tuple[str, dict[str, str], float, str, str]]:
    """Prometheus' text format, read: name, labels, value, kind and help of each number.

    Raises ValueError for what is none.
    """
    return [
        (sample.name, dict(sample.labels), float(sample.value), family.type, family.documentation)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
