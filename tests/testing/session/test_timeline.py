"""A session as lanes: who is there, what lasts how long, and to which call it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stasis.testing.session import file
from stasis.testing.session.file import Came, Header, Line, Session
from stasis.testing.session.timeline import Item, Lane, Timeline

OFFICE = Path(__file__).parent.parent / "sessions" / "office-22.jsonl"
FIRST, SECOND = "1795973737.8", "1795973739.9"


@pytest.fixture(scope="module")
def office() -> Timeline:
    """Of the session that was recorded on a real server."""
    return Timeline.of(Session.load(OFFICE))


def items(lane: Lane, kind: str) -> list[Item]:
    return [item for item in lane.items if item.kind == kind]


def of(*lines: Line) -> Timeline:
    """Of a session with these lines."""
    return Timeline.of(Session(Path("s.jsonl"), Header(stasis_session=1), list(lines)))


def came(at: float, kind: str, **fields: Any) -> Came:
    return Came(at=at, event={"type": kind, "application": "ivr", **fields})


class TestOfARealServer:
    def test_there_is_a_lane_for_the_program_each_channel_and_each_bridge(
        self, office: Timeline
    ) -> None:
        kinds = [lane.kind for lane in office.lanes.values() if lane.items]
        assert kinds[0] == "program"
        assert kinds.count("channel") == 6, "two phones, and two halves of each desk"
        assert kinds.count("bridge") == 2
        assert office.calls == {
            FIRST: "PJSIP/person1-00000004",
            SECOND: "PJSIP/person1-00000005",
        }

    def test_a_calls_states_follow_each_other(self, office: Timeline) -> None:
        states = items(office.lanes["channel", FIRST], "state")
        assert [item.label for item in states] == [
            "menu", "pin", "account", "menu", "ringing", "talking", "goodbye",
        ]  # fmt: skip
        for one, other in zip(states, states[1:], strict=False):
            assert one.end == other.start
        assert office.states[:2] == ["menu", "pin"]

    def test_playbacks_last_from_their_start_to_their_end(self, office: Timeline) -> None:
        playbacks = items(office.lanes["channel", FIRST], "playback")
        assert [item.label for item in playbacks] == [
            "sound:demo-instruct",
            "sound:vm-password",
            "digits:42",
            "sound:demo-instruct",
            "sound:vm-goodbye",
        ]
        assert all(item.end is not None and item.end > item.start for item in playbacks)

    def test_keys_are_marks_with_the_key(self, office: Timeline) -> None:
        digits = items(office.lanes["channel", FIRST], "digit")
        assert "".join(item.label for item in digits) == "*100002"
        assert all(item.end is None for item in digits)

    def test_a_request_lasts_until_its_answer(self, office: Timeline) -> None:
        requests = items(office.lanes["channel", FIRST], "request")
        assert requests[0].label == f"POST /channels/{FIRST}/answer"
        assert requests[0].end is not None and 0 < requests[0].end - requests[0].start < 1
        assert not requests[0].failed

    def test_the_engines_own_requests_are_apart(self, office: Timeline) -> None:
        assert items(office.lanes["program", ""], "own")
        assert items(office.lanes["channel", FIRST], "own"), "what is kept of the call"

    def test_a_bridge_has_its_members(self, office: Timeline) -> None:
        (bridge, _) = [lane for lane in office.lanes.values() if lane.kind == "bridge"]
        assert len(items(bridge, "member")) == 2
        assert {item.place for item in items(bridge, "member")} == {0, 1}, "none covers another"
        (life,) = items(bridge, "life")
        assert all(item.start >= life.start for item in items(bridge, "member"))

    def test_what_a_call_has_made_belongs_to_it(self, office: Timeline) -> None:
        lanes = [lane for lane in office.lanes.values() if SECOND in lane.calls]
        assert sorted(lane.kind for lane in lanes) == ["bridge", "channel", "channel", "channel"]
        assert all(FIRST not in lane.calls for lane in lanes)


class TestOfWhatGoesWrong:
    def test_what_has_no_end_lasts_to_the_end(self) -> None:
        timeline = of(
            file.Opened(at=0.0),
            file.Stepped(at=1.0, call="c", app="ivr", flow="F", target="menu"),
            file.Sent(at=2.0, id=1, method="GET", path="/x", call="c", app="ivr"),
            file.End(at=9.0, reason="limit"),
        )
        lane = timeline.lanes["channel", "c"]
        assert [item.end for item in lane.items] == [9.0, 9.0]

    def test_a_request_that_was_refused_has_failed(self) -> None:
        timeline = of(
            file.Sent(at=0.0, id=1, method="GET", path="/x"),
            file.Answered(at=0.5, id=1, seconds=0.5, status=404),
            file.Sent(at=1.0, id=2, method="GET", path="/x"),
            file.Answered(at=1.5, id=2, seconds=0.5, error="unknown"),
            file.Sent(at=2.0, id=3, method="GET", path="/x"),
            file.Answered(at=2.5, id=3, seconds=0.5, error="cancelled"),
        )
        failed = [item.failed for item in timeline.lanes["program", ""].items]
        assert failed == [True, True, False]

    def test_a_playback_that_failed_has_failed(self) -> None:
        playback = {"id": "p", "media_uri": "sound:x", "target_uri": "channel:c"}
        timeline = of(
            came(0.0, "PlaybackStarted", playback={**playback, "state": "playing"}),
            came(1.0, "PlaybackFinished", playback={**playback, "state": "failed"}),
        )
        (bar,) = items(timeline.lanes["channel", "c"], "playback")
        assert (bar.start, bar.end, bar.failed) == (0.0, 1.0, True)

    @pytest.mark.parametrize(
        "line",
        [
            Came(at=1.0, unread=10),
            came(1.0, "Odd", channel="x", bridge=[], playback=1, peer=None),
            came(1.0, "PlaybackFinished", playback={}),
            came(1.0, "ChannelEnteredBridge", bridge={"id": "b", "channels": ["c"]}, channel={}),
            file.Answered(at=1.0, id=99, seconds=0.0),
        ],
    )
    def test_an_odd_line_is_no_obstacle(self, line: Line) -> None:
        assert of(line).seconds == 1.0

    def test_an_empty_session_has_a_length(self) -> None:
        assert of().seconds > 0


def test_a_state_in_which_the_flow_has_raised_is_marked() -> None:
    step = {"call": "1", "app": "ivr", "flow": "Ivr"}
    made = of(
        file.Stepped(at=0.0, target="menu", **step),
        file.Stepped(at=1.0, state="menu", target="pin", **step),
        file.Stepped(at=2.0, state="pin", failure="KeyError", **step),
    )
    states = items(made.lanes["channel", "1"], "state")
    assert [(item.label, item.failed) for item in states] == [("menu", False), ("pin", True)]
