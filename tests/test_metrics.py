"""What is counted is told under bounded labels, costs little, and is each `Metrics`' own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stasis.ari.channels import Channels
from stasis.ari.events import Event, StasisEnd, StasisStart
from stasis.ari.resource import Request, Response
from stasis.decode import Decoder
from stasis.errors import InvalidRequest, NotAri, OutcomeUnknown, Unreachable
from stasis.metrics import CONTENT_TYPE, Measured, Meter, Metrics

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def meter(metrics: Metrics) -> Meter:
    return metrics.of("main")


def read(metrics: Metrics, name: str, **labels: str) -> float | None:
    """The value of a sample as Prometheus would read it; None when it is not there."""
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def labels_of(metrics: Metrics, name: str) -> set[tuple[str, ...]]:
    """The values of the labels of all samples with that name, in the labels' order."""
    return {
        tuple(value for _, value in sorted(sample.labels.items()))
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name == name
    }


class TestEvents:
    def test_they_are_counted_by_kind(self, metrics: Metrics, meter: Meter):
        for event in (StasisStart(), StasisStart(), StasisEnd()):
            meter.events[type(event)] += 1
        assert read(metrics, "stasis_events_total", server="main", kind="StasisStart") == 2
        assert read(metrics, "stasis_events_total", server="main", kind="StasisEnd") == 1

    def test_a_kind_that_anybody_can_invent_is_no_label(self, metrics: Metrics, meter: Meter):
        decoder = Decoder()
        for number in range(50):
            meter.events[type(decoder.decode(b'{"type":"Invented%d"}' % number))] += 1
        assert labels_of(metrics, "stasis_events_total") == {("other", "main")}
        assert read(metrics, "stasis_events_total", kind="other") == 50

    def test_lag_is_a_histogram(self, metrics: Metrics, meter: Meter):
        meter.lag(0.004)
        meter.lag(0.2)
        assert read(metrics, "stasis_event_lag_seconds_bucket", le="0.05") == 1
        assert read(metrics, "stasis_event_lag_seconds_count", server="main") == 2

    def test_what_is_dropped_is_counted(self, metrics: Metrics, meter: Meter):
        meter.refused()
        meter.overflow()
        meter.overflow()
        assert read(metrics, "stasis_frames_refused_total", server="main") == 1
        assert read(metrics, "stasis_inbox_overflows_total", server="main") == 2


class TestConnection:
    def test_everything_is_there_at_zero_before_anything_happens(
        self, metrics: Metrics, meter: Meter
    ):
        for name in (
            "stasis_frames_refused_total",
            "stasis_inbox_overflows_total",
            "stasis_losses_total",
            "stasis_reconnects_total",
            "stasis_gap_seconds_count",
            "stasis_event_lag_seconds_count",
            "stasis_connected",
            "stasis_strays",
            "stasis_inbox_depth",
        ):
            assert read(metrics, name, server="main") == 0, name

    def test_the_first_connect_is_no_reconnect(self, metrics: Metrics, meter: Meter):
        meter.ready()
        assert read(metrics, "stasis_connected", server="main") == 1
        assert read(metrics, "stasis_reconnects_total") == 0
        assert read(metrics, "stasis_gap_seconds_count") == 0

    def test_a_loss_and_its_return_are_a_gap_with_a_length(self, metrics: Metrics, meter: Meter):
        meter.ready()
        meter.lost("closed: 1006")
        assert read(metrics, "stasis_connected", server="main") == 0
        assert read(metrics, "stasis_losses_total") == 1
        meter.ready(4.5)
        assert read(metrics, "stasis_connected", server="main") == 1
        assert read(metrics, "stasis_reconnects_total") == 1
        assert read(metrics, "stasis_gap_seconds_sum") == 4.5

    def test_the_reason_is_no_label(self, metrics: Metrics, meter: Meter):
        for number in range(20):
            meter.lost(f"reason {number}")
        assert labels_of(metrics, "stasis_losses_total") == {("main",)}

    def test_a_stop_is_no_loss(self, metrics: Metrics, meter: Meter):
        meter.ready()
        meter.stopped()
        assert read(metrics, "stasis_connected") == 0 == read(metrics, "stasis_losses_total")

    def test_strays_are_what_was_seen_last(self, metrics: Metrics, meter: Meter):
        meter.strays = 3
        assert read(metrics, "stasis_strays", server="main") == 3
        meter.strays = 0
        assert read(metrics, "stasis_strays", server="main") == 0

    def test_servers_are_told_apart_and_a_name_is_always_the_same_meter(self, metrics: Metrics):
        metrics.of("a").lost()
        metrics.of("a").lost()
        metrics.of("b").refused()
        assert read(metrics, "stasis_losses_total", server="a") == 2
        assert read(metrics, "stasis_losses_total", server="b") == 0
        assert read(metrics, "stasis_frames_refused_total", server="b") == 1


class TestCalls:
    def test_begun_adopted_and_ended_are_counted(self, metrics: Metrics, meter: Meter):
        meter.call_begun("ivr", "Ivr")
        meter.call_begun("ivr", "Ivr", adopted=True)
        meter.call_ended("ivr", "Ivr", "failed")
        begun = "stasis_calls_begun_total"
        assert read(metrics, begun, app="ivr", flow="Ivr", how="new") == 1
        assert read(metrics, begun, app="ivr", flow="Ivr", how="adopted") == 1
        assert read(metrics, "stasis_calls_ended_total", app="ivr", outcome="failed") == 1

    def test_live_ones_are_read_when_somebody_asks_and_not_before(self, metrics: Metrics):
        asked = []

        def source() -> Iterable[tuple[str, str, str, int]]:
            asked.append(1)
            return [("ivr", "Ivr", "menu", 2), ("ivr", "Ivr", "menu", 7), ("ivr", "Ivr", "pin", 0)]

        metrics.watch("main", source)
        assert asked == []
        assert read(metrics, "stasis_calls", app="ivr", flow="Ivr", state="menu") == 2
        assert asked == [1]
        assert read(metrics, "stasis_calls", state="pin") == 1
        assert read(metrics, "stasis_inbox_depth", server="main") == 7

    def test_a_state_that_everybody_has_left_falls_to_zero(self, metrics: Metrics):
        live = [("ivr", "Ivr", "menu", 0)]
        metrics.watch("main", lambda: live)
        assert read(metrics, "stasis_calls", state="menu") == 1
        live.clear()
        assert read(metrics, "stasis_calls", state="menu") == 0

    def test_the_channel_in_the_application_of_a_per_call_socket_is_no_label(
        self, metrics: Metrics, meter: Meter
    ):
        for number in range(20):
            app = f"percall:Local/x-{number};2"
            meter.call_begun(app, "Ivr")
            meter.call_ended(app, "Ivr", "ended")
        metrics.watch("main", lambda: [(f"percall:PJSIP/{n}", "Ivr", "menu", 0) for n in range(9)])
        assert read(metrics, "stasis_calls", app="percall") == 9
        for name in ("stasis_calls_begun_total", "stasis_calls_ended_total", "stasis_calls"):
            assert len(labels_of(metrics, name)) == 1


class TestRequests:
    """`Measured` is itself a `Send`: what goes through it is timed, and nothing else changes."""

    REQUEST = Request("GET", "/channels/c1", operation="channels.get")

    async def test_an_answer_is_handed_on_and_timed_by_operation_and_status(self, metrics: Metrics):
        async def send(request: Request) -> Response:
            return Response(404, "Not Found")

        measured = Measured(send, metrics, "main")
        assert (await measured(self.REQUEST)).status == 404
        assert labels_of(metrics, "stasis_request_seconds_count") == {
            ("channels.get", "main", "404")
        }

    async def test_it_takes_the_time_of_the_request(self, metrics: Metrics):
        async def send(request: Request) -> Response:
            await asyncio.sleep(0.02)
            return Response(204)

        await Measured(send, metrics, "main")(self.REQUEST)
        seconds = read(metrics, "stasis_request_seconds_sum", status="204")
        assert seconds is not None and 0.02 <= seconds < 5

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (Unreachable("GET", "/", "refused"), "unreachable"),
            (InvalidRequest("GET", "/", "too long"), "not_sent"),
            (OutcomeUnknown("GET", "/", "no answer"), "unknown"),
            (NotAri("GET", "/", 200, "not HTTP"), "200"),
            (RuntimeError("a bug"), "error"),
            (asyncio.CancelledError(), "cancelled"),
        ],
    )
    async def test_an_error_goes_through_and_has_its_status(
        self, metrics: Metrics, error: BaseException, status: str
    ):
        async def send(request: Request) -> Response:
            raise error

        with pytest.raises(type(error)):
            await Measured(send, metrics, "main")(self.REQUEST)
        assert read(metrics, "stasis_request_seconds_count", status=status) == 1

    async def test_no_id_is_in_a_label(self, metrics: Metrics):
        async def send(request: Request) -> Response:
            return Response(204)

        channels = Channels(Measured(send, metrics, "main"))
        for number in range(30):
            await channels.answer(f"channel-{number}")
        assert labels_of(metrics, "stasis_request_seconds_count") == {
            ("channels.answer", "main", "204")
        }
        assert b"channel-1" not in metrics.text()

    async def test_a_request_without_a_name_is_other(self, metrics: Metrics):
        async def send(request: Request) -> Response:
            return Response(200)

        await Measured(send, metrics, "main")(Request("GET", "/asterisk/info"))
        assert read(metrics, "stasis_request_seconds_count", operation="other") == 1


def test_a_stall_is_counted_by_whose_it_was(metrics: Metrics):
    metrics.stall(0.3, app="ivr", flow="Ivr", state="menu")
    metrics.stall(0.2)
    assert read(metrics, "stasis_stall_seconds_sum", app="ivr", state="menu") == 0.3
    assert read(metrics, "stasis_stall_seconds_count", app="", flow="", state="") == 1


def test_failed_logins_are_counted_by_kind_and_told_of_the_worst(metrics: Metrics, meter: Meter):
    meter.login_failed("InvalidPassword", "AMI")
    meter.login_failed("InvalidPassword", "AMI")
    meter.attackers = lambda: ((f"192.0.2.{number}", 100 - number) for number in range(100))
    labels = {"server": meter.server, "kind": "InvalidPassword", "service": "AMI"}
    assert read(metrics, "stasis_failed_logins_total", **labels) == 2
    told = "stasis_failed_logins_by_address"
    assert read(metrics, told, server=meter.server, address="192.0.2.0") == 100
    assert read(metrics, told, server=meter.server, address="192.0.2.20") is None


def test_the_process_is_told_too(metrics: Metrics):
    memory = read(metrics, "process_resident_memory_bytes")
    assert memory is not None and memory > 1_000_000


def test_when_a_series_began_is_not_told(metrics: Metrics, meter: Meter):
    assert b"_created" not in metrics.text()
    assert CONTENT_TYPE.startswith("text/plain; version=")


def test_two_in_one_process_share_nothing(metrics: Metrics):
    other = Metrics()
    metrics.of("main").lost()
    metrics.of("main").events[StasisStart] += 1
    assert read(other, "stasis_losses_total") is None
    assert other.of("main").events == {}


def test_counting_an_event_does_not_grow_with_the_calls(metrics: Metrics, meter: Meter):
    def never() -> Iterable[tuple[str, str, str, int]]:
        raise AssertionError("the calls were looked at")

    metrics.watch("main", never)
    for event in (StasisStart(), Event()):
        meter.events[type(event)] += 1
    assert meter.events == {StasisStart: 1, Event: 1}


def test_the_documentation_tells_each_metric_and_its_labels(metrics: Metrics, meter: Meter):
    meter.events[type(StasisStart())] += 1
    meter.call_begun("a", "b")
    meter.call_ended("a", "b", "ended")
    metrics.watch("main", lambda: [("a", "b", "c", 0)])
    metrics.stall(1)
    meter.login_failed("InvalidPassword", "AMI")
    meter.attackers = lambda: [("192.0.2.7", 1)]
    metrics.requests.labels("main", "channels.get", "200").observe(1)
    made = {
        (family.name, ", ".join(f"`{label}`" for label in sorted({*sample.labels} - {"le"})))
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if family.name.startswith("stasis_")
    }
    rows = re.findall(
        r"^\| `(stasis_\w+?)(?:_total)?` \| (.*?) \|", OPERATIONS.read_text("utf-8"), re.M
    )
    told = {(name, ", ".join(sorted(labels.split(", ")))) for name, labels in rows}
    assert told == made
