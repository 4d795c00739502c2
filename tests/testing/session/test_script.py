"""What a session expects: the order of a call, what is the engine's own, and where it ends."""

from __future__ import annotations

from pathlib import Path

from stasis.testing.session.file import (
    Answered,
    Came,
    Header,
    Line,
    Sent,
    Session,
    Stepped,
    Stopping,
)
from stasis.testing.session.script import Script, batches, is_own, question


def sent(id: int, path: str = "/channels/c/answer", call: str = "c", at: float = 0.0) -> Sent:
    return Sent(at=at, id=id, method="POST", path=path, call=call, app="ivr")


def answered(id: int, at: float = 0.0) -> Answered:
    return Answered(at=at, id=id, seconds=0.0, status=204)


def step(target: str, at: float = 0.0, app: str = "ivr") -> Stepped:
    return Stepped(at=at, call="c", app=app, flow="F", target=target)


def came(at: float) -> Came:
    return Came(at=at, event={"type": "X"})


def script(*lines: Line) -> Script:
    session = Session(Path("s.jsonl"), Header(stasis_session=1), list(lines))
    return Script.of(session, {"ivr"})


class TestOrder:
    def test_one_after_the_other(self) -> None:
        found = script(sent(1), answered(1), sent(2), answered(2))
        assert [each.sent.id for each in found.next("c")] == [1]
        found.next("c")[0].met = True
        assert [each.sent.id for each in found.next("c")] == [2]

    def test_those_under_way_together_may_change_places(self) -> None:
        found = script(sent(1), sent(2), answered(1), sent(3), answered(2), answered(3))
        assert [each.sent.id for each in found.next("c")] == [1, 2]

    def test_a_call_that_is_not_known_has_nothing_to_send(self) -> None:
        assert script(sent(1)).next("other") == []

    def test_a_request_before_a_step_is_missed_at_it(self) -> None:
        found = script(step("a"), sent(1), answered(1), step("b"))
        found.steps["c"][0].met = True
        missed = found.before("c", found.next_step("c"))
        assert missed is not None and missed.sent.id == 1
        missed.met = True
        assert found.before("c", found.next_step("c")) is None


class TestTheEnginesOwn:
    def test_what_no_call_has_sent_is(self) -> None:
        assert is_own(sent(1, call=""))
        assert not is_own(sent(1))

    def test_what_is_kept_of_a_call_is_too(self) -> None:
        kept = Sent(
            at=0, id=1, method="POST", path="/x", query=[("variable", "STASIS_FLOW")], call="c"
        )
        long = Sent(
            at=0, id=1, method="POST", path="/x", body={"variable": "STASIS_FLOW"}, call="c"
        )
        assert is_own(kept) and is_own(long)

    def test_so_is_the_end_of_a_channel_that_nobody_runs_any_more(self) -> None:
        bare = Sent(at=0, id=1, method="DELETE", path="/channels/c%3B2", call="c;2")
        flows = Sent(
            at=0, id=1, method="DELETE", path="/channels/c", query=[("reason", "normal")], call="c"
        )
        assert is_own(bare) and not is_own(flows)

    def test_the_same_question_has_its_answers_in_turn_and_then_the_last(self) -> None:
        found = script(
            sent(1, "/channels", call=""), answered(1, 0.1),
            sent(2, "/channels", call=""), answered(2, 0.2),
        )  # fmt: skip
        answers = [found.answer(question(sent(9, "/channels"))) for _ in range(3)]
        assert [each.id if each else 0 for each in answers] == [1, 2, 2]
        assert found.answer("GET /other") is None


class TestPortions:
    """What has come to the program before it did something again is given to it together."""

    def at(self, *lines: Line) -> list[list[float]]:
        return [[each.at for each in batch] for batch in batches(lines)]

    def test_what_came_at_nearly_the_same_time_is_one(self) -> None:
        assert self.at(came(1.0), answered(1, 1.0002), came(1.0009)) == [[1.0, 1.0002, 1.0009]]

    def test_what_came_later_is_another(self) -> None:
        assert self.at(came(1.0), came(1.002)) == [[1.0], [1.002]]

    def test_so_is_what_came_after_something_was_done(self) -> None:
        assert self.at(came(1.0), sent(1, at=1.0001), came(1.0002)) == [[1.0], [1.0002]]
        assert self.at(came(1.0), step("a", 1.0001), came(1.0002)) == [[1.0], [1.0002]]

    def test_nothing_is_given_after_a_stop(self) -> None:
        assert self.at(came(1.0), Stopping(at=2.0, step="stop"), came(3.0)) == [[1.0]]
        assert self.at(Stopping(at=2.0, step="drain"), came(3.0)) == [[2.0], [3.0]]


class TestWhereItEnds:
    def test_a_stop_ends_what_is_compared(self) -> None:
        found = script(step("a", 1.0), Stopping(at=2.0, step="end_calls"), step("b", 2.0))
        assert found.end == 2.0
        assert [each.at for each in found.due()] == [1.0]

    def test_a_drain_does_not(self) -> None:
        found = script(Stopping(at=1.0, step="drain"), step("a", 2.0))
        assert [each.at for each in found.due()] == [2.0]

    def test_other_applications_are_not_expected(self) -> None:
        assert script(step("a", app="other")).due() == []
