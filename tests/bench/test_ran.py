"""A client that has not done its work has no speed."""

from __future__ import annotations

from bench.ran import Ran


def ran(done: int, error: str = "") -> Ran:
    return Ran.of({"us/event": 5.0, "disorder": 2}, done, 1000, error)


def test_a_run_that_has_done_all_has_its_numbers_and_no_error():
    assert ran(1000) == Ran({"us/event": 5.0, "disorder": 2, "lost": 0})


def test_a_few_lost_events_are_told_and_the_cost_of_the_others_still_holds():
    found = ran(995)
    assert (found.numbers["us/event"], found.numbers["lost"]) == (5.0, 5)
    assert found.error == "995 of 1,000 done"


def test_a_run_that_ended_on_its_way_has_no_cost_but_what_holds_for_a_part():
    found = ran(400, "its reader has ended: WouldBlock")
    assert found.numbers == {"us/event": None, "disorder": 2, "lost": 600}
    assert found.error == "its reader has ended: WouldBlock"
