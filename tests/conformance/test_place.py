"""A scenario's names are its own, and what it leaves behind is deleted, or fails it."""

from __future__ import annotations

import pytest

from stasis.testing.clock import virtual_time
from tests.conformance.inside import Inside
from tests.conformance.place import Place
from tests.conformance.run import run
from tests.conformance.scenario import Scenario
from tests.conformance.server import Ask, Reply
from tests.conformance.simulated import simulated


def scenario(body: object) -> Scenario:
    """A scenario that is not in the list."""
    return Scenario(None, "ours", "test", body, frozenset(), ("22",), False)  # type: ignore[arg-type]


@virtual_time
async def test_two_runs_have_different_names_and_one_has_the_same() -> None:
    async with simulated("22") as machine:
        one, two = (Place(Inside(machine, "22")) for _ in range(2))
        assert one.name("c") == one.name("c") != two.name("c")


@virtual_time
async def test_what_is_left_is_deleted() -> None:
    async def leaves(a: Place) -> None:
        async with a.listen(a.name("app")) as events:
            await a.post(f"bridges/{a.name('b')}")
            # Its id is the server's.
            await a.post("channels", endpoint=f"Local/8000@{a.context}/n", app=events.app)
            await events.next("StasisStart")

    async with simulated("22") as machine:
        outcome = await run(Inside(machine, "22"), scenario(leaves))
        assert (outcome.result, outcome.why) == ("passed", "")
        assert not machine.channels
        assert not machine.bridges


@virtual_time
async def test_what_would_not_go_fails_the_scenario() -> None:
    class Stubborn(Inside):
        async def send(self, ask: Ask) -> Reply:
            return Reply(204, {}, b"") if ask.method == "DELETE" else await super().send(ask)

    async def leaves(a: Place) -> None:
        await a.post(f"bridges/{a.name('b')}")

    async with simulated("22") as machine:
        outcome = await run(Stubborn(machine, "22"), scenario(leaves))
        assert outcome.result == "failed"
        assert "left over: bridges/b-" in outcome.why


@virtual_time
async def test_a_failure_says_what_was_asked_last() -> None:
    async def fails(a: Place) -> None:
        assert (await a.get("channels/nobody")).status == 200

    async with simulated("22") as machine:
        outcome = await run(Inside(machine, "22"), scenario(fails))
        assert outcome.result == "failed"
        assert "in fails" in outcome.why
        assert "path='channels/nobody', status=404" in outcome.why


@virtual_time
async def test_others_frames_are_not_kept() -> None:
    async with simulated("22") as machine:
        server = Inside(machine, "22")
        one, two = Place(server), Place(server)
        async with one.listen(one.name("all"), subscribe_all=True) as events:
            await two.post(f"bridges/{two.name('b')}")
            await one.post(f"bridges/{one.name('b')}")
            await events.next("BridgeCreated", bridge=one.name("b"))
            await events.next("BridgeCreated", bridge=two.name("b"))
        await one.leave()
        await two.leave()
        kept = {each.frame["bridge"]["id"] for each in one.tape.frames}
        assert kept == {one.name("b")}


@virtual_time
async def test_a_handshake_that_must_fail_may_not_succeed() -> None:
    async with simulated("22") as machine:
        place = Place(Inside(machine, "22"))
        assert (await place.refused()).status == 400
        with pytest.raises(AssertionError, match="succeeded"):
            await place.refused(place.name("app"))
