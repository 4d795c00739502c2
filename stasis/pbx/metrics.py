"""Prometheus: what Asterisk itself counts, what stasis counts, and how both are scraped.

Asterisk has them at /metrics of its HTTP server when res_prometheus is loaded and prometheus.conf
says `enabled = yes` and `uri = metrics`: without the latter 22.10 has them at / instead. A program
of stasis has its own at /metrics of `[http]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import attrs
import msgspec

from stasis.ari.resource import Request
from stasis.config import AsteriskConfig
from stasis.errors import AriError
from stasis.metrics import samples_in
from stasis.pbx.errors import Needs, PbxError, Refused, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import HostAndPort, MetricName, Port
from stasis.section import Secret
from stasis.transport.http import Http

__all__ = ["Metrics", "MetricSample", "Scraped"]

OURS = "127.0.0.1:8080"


class MetricSample(msgspec.Struct, frozen=True, kw_only=True):
    """A number of Prometheus. kind: counter, gauge, histogram, … help: what it counts."""

    name: str
    labels: Mapping[str, str]
    value: float
    kind: str
    help: str


class Scraped(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a target can be scraped. samples: how many numbers it has. text: what is wrong."""

    job: str
    url: str
    up: bool
    samples: int
    text: str


class Metrics(Group):
    """Prometheus: Asterisk's numbers and ours."""

    name = "metrics"

    @thing("GET /metrics/asterisk", needs="res_prometheus.so")
    async def asterisk(self, like: MetricName = "") -> Sequence[MetricSample]:
        """Read what Asterisk counts. like: only names with this in them, such as asterisk_calls.

        Returns the numbers. Raises Needs when it has none, PbxError. HTTP: GET /metrics.
        """
        return picked(await self._text(self._asterisk()), like)

    @thing("GET /metrics/stasis")
    async def stasis(self, port: Port = 8080, like: MetricName = "") -> Sequence[MetricSample]:
        """Read what a program of stasis on this machine counts. port: of `[http]`.

        Returns the numbers. Raises Unavailable when none listens there; PbxError.
        HTTP: GET /metrics.
        """
        return picked(await self._text(ours(port)), like)

    @thing("GET /metrics/check")
    async def check(self, port: Port = 8080) -> Sequence[Scraped]:
        """Whether Prometheus could scrape both. port: of `[http]` of a program of stasis here.

        Returns one line for each. HTTP: GET /metrics.
        """
        found = []
        for job, config in (("asterisk", self._asterisk()), ("stasis", ours(port))):
            count, text = 0, ""
            try:
                count = len(picked(await self._text(config), ""))
            except PbxError as error:
                text = error.reason
            url = f"{config.url}/metrics"
            found.append(Scraped(job=job, url=url, up=not text, samples=count, text=text))
        return found

    @thing("GET /metrics/scrape-config")
    async def scrape_config(self, stasis: HostAndPort = OURS) -> str:
        """Write the section of prometheus.yml that scrapes both.

        stasis: where `[http]` of the program listens, as Prometheus reaches it.

        Returns YAML. Raises nothing.
        """
        parts = urlsplit(self.ways.config.url)
        return SCRAPE.format(scheme=parts.scheme, asterisk=netloc(self.ways.config), stasis=stasis)

    def _asterisk(self) -> AsteriskConfig:
        """Asterisk's HTTP server, without ARI's prefix."""
        parts = urlsplit(self.ways.config.url)
        return attrs.evolve(self.ways.config, url=f"{parts.scheme}://{netloc(self.ways.config)}")

    async def _text(self, config: AsteriskConfig) -> str:
        """What /metrics says. Raises PbxError."""
        ours = not config.username
        try:
            async with Http(config) as http:
                reply = await http(Request(method="GET", path="/metrics", repeatable=True))
        except AriError as error:
            who = "a program of stasis" if ours else "Asterisk"
            raise Unavailable(
                "", f"{config.url}/metrics: {who} does not answer there: {type(error).__name__}"
            ) from None
        if reply.status == 404 and not ours:
            raise Needs(
                "",
                "needs the module res_prometheus.so, loaded, and in prometheus.conf"
                f" enabled = yes and uri = metrics: there is no {config.url}/metrics",
            )
        if reply.status != 200:
            raise Refused("", f"{config.url}/metrics answers {reply.status} {reply.reason}")
        return reply.body.decode("utf-8", "replace")


def ours(port: int) -> AsteriskConfig:
    """A program of stasis on this machine, which is told no password of Asterisk's."""
    return AsteriskConfig(url=f"http://127.0.0.1:{port}", username="", password=Secret(""))


def netloc(config: AsteriskConfig) -> str:
    """Host and port of Asterisk's HTTP server."""
    parts = urlsplit(config.url)
    return f"{parts.netloc}" if parts.port else f"{parts.netloc}:{PORTS[parts.scheme]}"


def picked(text: str, like: str) -> list[MetricSample]:
    """The numbers whose names have this in them. Raises Refused for what is no such text."""
    try:
        found = samples_in(text)
    except ValueError as error:
        raise Refused("", f"what it answers is not Prometheus' text format: {error}") from None
    return [
        MetricSample(name=name, labels=labels, value=value, kind=kind, help=help)
        for name, labels, value, kind, help in found
        if like in name
    ]


PORTS = {"http": 80, "https": 443}
SCRAPE = """\
scrape_configs:
  # Asterisk's own: res_prometheus.so is loaded, and prometheus.conf has, in [general],
  # enabled = yes and uri = metrics.
  - job_name: asterisk
    metrics_path: /metrics
    scheme: {scheme}
    static_configs:
      - targets: ["{asterisk}"]
  # Those of the program that runs your call flows.
  - job_name: stasis
    metrics_path: /metrics
    static_configs:
      - targets: ["{stasis}"]
"""
