"""The comparison finds what differs between two targets, and nothing else."""

from __future__ import annotations

from typing import Any

from tests.conformance.compare import differences
from tests.conformance.tape import Frame, Tape, Told


def start(token: str, **more: Any) -> dict[str, Any]:
    """A StasisStart of a channel whose name was made with the token."""
    channel = {
        "id": f"c-{token}",
        "name": "Local/8000@conformance-0000002a;1",
        "creationtime": "2026-11-29T17:19:33.408+0000",
        **more,
    }
    return {"type": "StasisStart", "args": [], "channel": channel, "application": f"app-{token}"}


def end(token: str) -> dict[str, Any]:
    """Its StasisEnd."""
    return {**start(token), "type": "StasisEnd"}


def tape(token: str, *frames: dict[str, Any], told: tuple[Told, ...] = ()) -> Tape:
    """A scenario's run."""
    return Tape("scene", token, list(told), [Frame(0, each) for each in frames])


class TestTheSame:
    def test_names_times_and_numbers_of_a_run_do_not_count(self) -> None:
        other = start("bbbb2222", name="Local/8000@conformance-00000001;1")
        other["channel"]["creationtime"] = "2026-01-01T00:00:00.000+0000"
        assert differences([tape("aaaa1111", start("aaaa1111"))], [tape("bbbb2222", other)]) == []

    def test_ids_that_the_server_made_are_told_apart_by_their_order_alone(self) -> None:
        left = tape("a" * 8, start("a" * 8, id="1795974325.59"), start("a" * 8, id="1795974325.60"))
        right = tape("b" * 8, start("b" * 8, id="1767225601.3"), start("b" * 8, id="1767225601.9"))
        assert differences([left], [right], values=True) == []

    def test_a_scenario_that_only_one_has_run_is_left_out(self) -> None:
        assert differences([tape("aaaa1111", start("aaaa1111"))], []) == []

    def test_lists_of_names_have_no_order(self) -> None:
        left = Told("GET", "applications/x", 200, {"channel_ids": ["one", "two"]})
        right = Told("GET", "applications/x", 200, {"channel_ids": ["two", "one"]})
        assert differences([tape("a", told=(left,))], [tape("b", told=(right,))], values=True) == []


class TestDifferences:
    def test_the_order_of_an_objects_events(self) -> None:
        left = tape("aaaa1111", start("aaaa1111"), end("aaaa1111"))
        right = tape("bbbb2222", end("bbbb2222"), start("bbbb2222"))
        (line,) = differences([left], [right], "22", "inside")
        assert line.startswith("scene: socket 0, channel c\n")
        assert "22: StasisStart StasisEnd\n" in line
        assert line.endswith("inside: StasisEnd StasisStart")

    def test_an_end_that_is_missing_is_marked(self) -> None:
        left = tape("aaaa1111", start("aaaa1111"), end("aaaa1111"))
        (line,) = differences([left], [tape("bbbb2222", start("bbbb2222"))])
        assert line.startswith("scene: socket 0, channel c, the end\n")

    def test_fields_that_are_missing_unknown_or_of_another_type(self) -> None:
        left = tape("aaaa1111", start("aaaa1111", language="en", priority=1))
        right = tape("bbbb2222", start("bbbb2222", tenantid="x", priority="1"))
        assert differences([left], [right], "22", "inside") == [
            "StasisStart: channel.language is missing in inside (see scene)",
            "StasisStart: channel.priority is int in 22, str in inside",
            "StasisStart: channel.tenantid is unknown to 22 (see scene)",
        ]

    def test_values_only_on_demand(self) -> None:
        left = tape("aaaa1111", start("aaaa1111", state="Up"))
        right = tape("bbbb2222", start("bbbb2222", state="Down"))
        assert differences([left], [right]) == []
        assert differences([left], [right], "22", "inside", values=True) == [
            "StasisStart: channel.state is 'Up' in 22, 'Down' in inside (see scene)"
        ]

    def test_the_status_and_fields_of_replies(self) -> None:
        left = Told("GET", "channels/c-aaaa1111", 200, {"id": "c-aaaa1111", "name": "x"})
        right = Told("GET", "channels/c-bbbb2222", 200, {"id": "c-bbbb2222"})
        gone = Told("GET", "channels/c-bbbb2222", 404, {"message": "no"})
        one, two = [tape("aaaa1111", told=(left,))], [tape("bbbb2222", told=(right,))]
        assert differences(one, two, "22", "inside") == [
            "GET channels/… 200: name is missing in inside (see scene)"
        ]
        assert differences(one, [tape("bbbb2222", told=(gone,))], values=True) == [
            "GET channels/…: status is 200 in real, 404 in other (see scene)"
        ]
