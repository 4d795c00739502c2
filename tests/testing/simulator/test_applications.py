"""The dialplan's applications: what each does, and how a channel goes from one to the next."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from stasis.testing.simulator.applications import APPLICATIONS, run_dialplan
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import called, heard, kinds, served, simulated, turn


async def runs(*steps: str, seconds: float = 0.1, **sounds: float) -> tuple[Machine, Line]:
    """A call runs these steps for so long."""
    first, *rest = steps
    lines = [f"exten => 8000,1,{first}", *(f" same => n,{step}" for step in rest)]
    machine, _ = served(plan="\n".join(lines), **sounds)
    line = Line.incoming(machine, "100", ("default", "8000", 1))
    line.channel.start(run_dialplan(line.channel))
    await asyncio.sleep(seconds)
    return machine, line


class TestEach:
    @simulated
    async def test_answer_answers_once(self):
        _, line = await runs("Answer()", "Answer()", "Wait(5)")
        assert line.told == ["ANSWER"]

    @simulated
    async def test_playback_answers_and_plays_what_is_there(self):
        _, line = await runs("Playback(one&gone&two)", seconds=4, one=3.0, gone=0.0)
        assert line.told == ["ANSWER"] and line.heard_all == ["sound:one", "sound:two"]
        assert line.channel.app_name == "Playback"

    @pytest.mark.parametrize(
        ("step", "told"), [("Ringing()", ["RINGING"]), ("Progress()", ["PROGRESS"])]
    )
    @simulated
    async def test_ringing_and_progress_are_told(self, step: str, told: list[str]):
        assert (await runs(step, "Wait(5)"))[1].told == told

    @pytest.mark.parametrize(
        ("step", "told", "cause"), [("Busy(3)", "BUSY", 17), ("Congestion(3)", "CONGESTION", 34)]
    )
    @simulated
    async def test_busy_and_congestion_are_told_and_end_the_call(
        self, step: str, told: str, cause: int
    ):
        _, line = await runs(step, "Wait(5)", seconds=2)
        assert line.told == [told] and line.channel.state == "Busy" and line.ended is None
        await asyncio.sleep(2)
        assert line.ended == cause

    @pytest.mark.parametrize(("step", "cause"), [("Hangup()", 16), ("Hangup(21)", 21)])
    @simulated
    async def test_hangup_ends_it_with_its_cause(self, step: str, cause: int):
        assert (await runs(step, "Wait(5)"))[1].ended == cause

    @simulated
    async def test_wait_waits(self):
        _, line = await runs("Wait(1.5)", "Hangup()", seconds=1.4)
        assert line.ended is None
        await asyncio.sleep(0.2)
        assert line.ended == 16

    @simulated
    async def test_echo_sends_digits_back_until_the_end(self):
        _, line = await runs("Answer()", "Echo()")
        line.channel.receive("5", 100)
        assert line.digits == ["5"]
        line.hang_up()
        await turn()
        assert line.channel.gone

    @simulated
    async def test_music_plays_for_its_time(self):
        _, line = await runs("MusicOnHold(jazz,3)", "Playtones(440)", "Wait(5)", seconds=4)
        assert line.heard_all == ["music:jazz", "tone:440"]

    @simulated
    async def test_digits_are_sent_one_after_the_other(self):
        _, line = await runs("SendDTMF(1w2)", "Wait(5)", seconds=0.5)
        assert line.digits == ["1"]
        await asyncio.sleep(1)
        assert line.digits == ["1", "2"]

    @simulated
    async def test_a_variable_is_set_and_expanded(self):
        _, line = await runs("Set(A=${EXTEN}-${NOTHING})", "Wait(5)")
        assert line.channel.variables["A"] == "8000-"

    @simulated
    async def test_an_event_of_its_own_is_told(self):
        machine, line = await runs("Wait(1)", "UserEvent(Hello,a: 1,b:2)", "Wait(5)")
        frames = heard(machine, "x", line.channel.topic)
        await asyncio.sleep(1)
        event = next(frame for frame in frames if frame["type"] == "ChannelUserevent")
        assert event["eventname"] == "Hello"
        assert event["userevent"] == {"eventname": "Hello", "a": "1", "b": "2"}

    @simulated
    async def test_each_step_is_told_by_the_name_that_asterisk_has(self):
        machine, line = await runs("Wait(1)", "noop(x)", "Wait(5)")
        frames = heard(machine, "x", line.channel.topic)
        await asyncio.sleep(1)
        assert kinds(frames) == ["ChannelDialplan"] * 2
        assert [frame["dialplan_app"] for frame in frames] == ["NoOp", "Wait"]


class TestTheWay:
    @pytest.mark.parametrize(
        "step",
        [
            "Goto(there)",
            "Goto(3)",
            "Goto(8000,there)",
            "Goto(default,8000,3)",
            "GotoIf(1?there:2)",
            "GotoIf(0?2:there)",
            "GotoIf($[${NOTHING}0 = 0]?there)",
        ],
    )
    @simulated
    async def test_a_jump_leads_to_a_place(self, step: str):
        machine, _ = served(
            plan=f"exten => 8000,1,{step}\n same => n,Hangup(17)\n same => n(there),Wait(5)"
        )
        line = await called(machine, "8000")
        assert (line.channel.app_name, line.channel.priority) == ("Wait", 3)

    @simulated
    async def test_a_condition_without_its_place_goes_on(self):
        _, line = await runs("GotoIf(0?8)", "Wait(5)")
        assert line.channel.app_name == "Wait"

    @simulated
    async def test_a_jump_to_nowhere_ends_the_call(self):
        assert (await runs("Goto(nowhere)", "Wait(5)"))[1].ended is not None

    @simulated
    async def test_the_end_of_the_extension_is_that_of_the_call(self):
        machine, line = await runs("NoOp()")
        assert line.ended == 16 and machine.channels == {}

    @simulated
    async def test_an_unknown_application_ends_the_call_and_is_named(self):
        with capture_logs() as logs:
            _, line = await runs("Nonsense(x)", "Wait(5)")
        assert line.ended is not None
        assert [each["application"] for each in logs] == ["Nonsense"]

    @simulated
    async def test_a_redirect_leads_elsewhere_from_any_step(self):
        _, line = await runs("Wait(60)", "Playback(one)")
        line.channel.redirect("default", "8000", 2)
        await turn()
        assert line.heard_all == ["sound:one"]


def test_a_name_is_written_as_one_likes():
    assert all(name == written.lower() for name, (written, _) in APPLICATIONS.items())
