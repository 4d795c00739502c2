"""Request by request and step by step: what is met, what differs, and what may have been too late."""

from __future__ import annotations

from pathlib import Path

from stasis.testing.session.comparison import Comparison
from stasis.testing.session.difference import Difference
from stasis.testing.session.file import Answered, Came, Header, Line, Sent, Session, Stepped
from stasis.testing.session.script import Exchange


def sent(path: str, at: float = 1.0, id: int = 0) -> Sent:
    return Sent(at=at, id=id, method="POST", path=path, call="c", app="ivr")


def step(target: str, at: float = 1.0, state: str = "a", trigger: str = "done") -> Stepped:
    return Stepped(
        at=at, call="c", app="ivr", flow="F", state=state, trigger=trigger, target=target
    )


def compared(*lines: Line) -> Comparison:
    session = Session(Path("s.jsonl"), Header(stasis_session=1), list(lines))
    return Comparison(session, {"ivr": None}, 1.0, lambda call: ("now", "KeyError: 1"))


TWO = (
    sent("/one", 1.0, 1),
    Answered(at=1.1, id=1, seconds=0.1),
    sent("/two", 2.0, 2),
    Answered(at=2.1, id=2, seconds=0.1),
)


class TestRequests:
    def test_each_is_met_in_its_turn(self) -> None:
        comparison = compared(*TWO)
        for path in ("/one", "/two"):
            found = comparison.request(sent(path, 1.5))
            assert isinstance(found, Exchange)
            comparison.meet(found)
            assert found.met

    def test_the_second_before_the_first_is_another(self) -> None:
        found = compared(*TWO).request(sent("/two"))
        assert isinstance(found, Difference)
        assert (found.what, found.expected["request"]) == ("another request", "POST /one")

    def test_one_that_is_much_too_early_or_late_is_told_with_both_times(self) -> None:
        found = compared(*TWO).request(sent("/one", 2.5))
        assert isinstance(found, Difference)
        assert (found.what, found.expected["at"], found.got["at"]) == (
            "another time",
            "1.000 s",
            "2.500 s",
        )

    def test_one_that_may_have_been_too_late_gives_way_to_the_same_again(self) -> None:
        comparison = compared(*TWO)
        first, again = sent("/one"), sent("/one")
        comparison.request(first)
        found = comparison.request(again)
        assert isinstance(found, Exchange) and found.by is again

    def test_but_was_sent_if_what_came_behind_it_is(self) -> None:
        comparison = compared(*TWO)
        first = comparison.request(sent("/one", 1.0))
        second = comparison.request(sent("/two", 1.5))
        assert isinstance(first, Exchange) and first.met
        assert isinstance(second, Exchange) and not second.met

    def test_a_difference_has_the_state_and_what_was_raised(self) -> None:
        found = compared(*TWO).request(sent("/x"))
        assert isinstance(found, Difference)
        assert (found.state, found.failure) == ("now", "KeyError: 1")


class TestSteps:
    def test_the_same_step_is_none(self) -> None:
        assert compared(step("b")).step(step("b")) is None

    def test_another_trigger_is_another_step(self) -> None:
        found = compared(step("b")).step(step("b", trigger="after 2 s"))
        assert found is not None and found.what == "another state"

    def test_what_the_flow_is_called_does_not_matter(self) -> None:
        renamed = Stepped(
            at=1.0, call="c", app="ivr", flow="G", state="a", trigger="done", target="b"
        )
        assert compared(step("b")).step(renamed) is None

    def test_nor_what_has_led_to_the_end(self) -> None:
        assert compared(step("", trigger="StasisEnd")).step(step("", trigger="")) is None

    def test_a_request_that_should_have_been_sent_before_it_is_missing(self) -> None:
        for then, now in ((step("b", 3.0), step("x")), (step("", 3.0), step("", 3.0))):
            found = compared(*TWO, then).step(now)
            assert found is not None
            assert found.what == "a request is missing"
            assert found.expected["request"] == "POST /one"

    def test_a_step_more_than_there_were_is_too_many(self) -> None:
        comparison = compared(step("b"))
        comparison.step(step("b"))
        found = comparison.step(step("c", state="b"))
        assert found is not None and found.what == "a state too many"


class TestWhatCameBefore:
    def test_the_last_few_are_told_of_the_call_alone(self) -> None:
        comparison = compared(*TWO)
        for number in range(10):
            comparison.came(Came(at=number, event={"type": f"E{number}", "channel": {"id": "c"}}))
            comparison.came(Came(at=number, event={"type": "Other", "channel": {"id": "d"}}))
        playback = {"target_uri": "channel:c", "media_uri": "sound:a"}
        comparison.came(Came(at=10, event={"type": "PlaybackStarted", "playback": playback}))
        found = comparison.request(sent("/x"))
        assert isinstance(found, Difference)
        assert [line.split()[1] for line in found.recent] == [
            "E5", "E6", "E7", "E8", "E9", "PlaybackStarted",
        ]  # fmt: skip
