"""`stasis drain`: who is told, by which signals, and how many calls are counted."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stasis.ari import Ari
from stasis.cli.drain import STEPS, Place, left, places_of, refuse_elsewhere, steps_for, told
from stasis.cli.process import Process
from stasis.errors import StasisError
from stasis.lease import Holder
from tests.answers import Answers

Cli = Callable[..., Any]

TOKEN = "a" * 16
HERE = socket.gethostname()
FIRST, BOTH = STEPS[:1], STEPS
OVER = [signal.SIGHUP]
EMPTY = "from stasis import Plugin\n\n\nclass Seeded(Plugin):\n    name = 'seeded'\n"


class Told(Process):
    """A process that only notes its signals."""

    def __init__(self) -> None:
        self.pid = 7
        self.signals: list[int] = []

    def tell(self, number: signal.Signals) -> bool:
        self.signals.append(number)
        return True


def place(answers: Answers, host: str = HERE, app: str = "ivr") -> Place:
    """The application, run by process 7."""
    return Place(Ari(answers), app, Holder(host=host, pid=7, id="x", beat=1))


class TestSteps:
    """One signal stops new calls, the second ends calls: none is sent twice by mistake."""

    @pytest.mark.parametrize(
        ("steps", "before", "due"),
        [
            (FIRST, 0, [signal.SIGTERM]),
            (FIRST, 1, []),
            (FIRST, 2, []),
            (BOTH, 0, [signal.SIGTERM, signal.SIGINT]),
            (BOTH, 1, [signal.SIGINT]),
            (BOTH, 2, []),
            (OVER, 0, [signal.SIGHUP]),
            (OVER, 1, [signal.SIGHUP]),
        ],
    )
    def test_only_what_was_not_sent_before(
        self, steps: Sequence[signal.Signals], before: int, due: Sequence[signal.Signals]
    ) -> None:
        assert list(steps_for(steps, before)) == due

    async def test_what_was_sent_is_written_on_asterisk(self) -> None:
        answers, process = Answers(), Told()
        answers.answer("GET /asterisk/variable", body={"value": ""})
        await told(process, [place(answers)], FIRST)
        assert process.signals == [signal.SIGTERM]
        assert (answers.last["variable"], answers.last["value"]) == ("STASIS_DRAIN_ivr", "x 1")

    @pytest.mark.parametrize(
        ("value", "signals"),
        [
            ("x 1", []),
            ("another 1", [signal.SIGTERM]),
            ("x", [signal.SIGTERM]),
            ("x much", [signal.SIGTERM]),
        ],
    )
    async def test_it_counts_of_this_process_alone(self, value: str, signals: list[int]) -> None:
        answers, process = Answers(), Told()
        answers.answer("GET /asterisk/variable", body={"value": value})
        await told(process, [place(answers)], FIRST)
        assert process.signals == signals

    async def test_one_application_that_was_drained_counts_for_the_process(self) -> None:
        """Its signal was for all that the process runs."""
        drained, other, process = Answers(), Answers(), Told()
        drained.answer("GET /asterisk/variable", body={"value": "x 1"})
        other.answer("GET /asterisk/variable", body={"value": ""})
        await told(process, [place(other), place(drained)], FIRST)
        assert process.signals == []

    async def test_a_hand_over_is_not_counted(self) -> None:
        answers, process = Answers(), Told()
        answers.answer("GET /asterisk/variable", body={"value": "x 1"})
        await told(process, [place(answers)], OVER)
        assert process.signals == [signal.SIGHUP]
        assert not [line for line in answers.requests if line.startswith("POST")]


class TestWho:
    async def test_one_that_gives_signs_of_life(self) -> None:
        beats = iter(range(1, 100))

        class Beating(Answers):
            async def __call__(self, request: Any) -> Any:
                lease = Holder(host="elsewhere", pid=7, id="x", beat=next(beats))
                self.answer("GET", body={"value": lease_text(lease)})
                return await super().__call__(request)

        (found,) = await places_of(Ari(Beating()), ["ivr"], 0.01)
        assert (found.app, found.holder.pid) == ("ivr", 7)

    async def test_none_that_does_not(self) -> None:
        answers = Answers()
        lease = Holder(host="elsewhere", pid=7, id="x", beat=1)
        answers.answer("GET", body={"value": lease_text(lease)})
        assert await places_of(Ari(answers), ["ivr"], 0.01) == []

    def test_one_on_another_machine_is_named_and_nobody_told(self) -> None:
        answers = Answers()
        places = [place(answers), place(answers, "elsewhere", "sales")]
        with pytest.raises(StasisError, match="sales by process 7 on elsewhere") as refused:
            refuse_elsewhere(places)
        assert f"This is {HERE}" in str(refused.value)
        assert "ivr" not in str(refused.value)
        refuse_elsewhere(places[:1])


def lease_text(holder: Holder) -> str:
    """As it stands in the variable."""
    return f'{{"host":"{holder.host}","pid":{holder.pid},"id":"{holder.id}","beat":{holder.beat}}}'


class TestLeft:
    async def test_calls_count_and_what_their_flows_have_made_does_not(self) -> None:
        """Of a Local channel both halves are the application's, wherever the far one is."""
        made = f"channel-ivr-{TOKEN}-1-0"
        inside = {
            "1.1": ("Stasis", "ivr"),
            "1.2": ("Stasis", "ivr,an,argument"),
            "1.3": ("Queue", "sales"),
            made: ("Stasis", "ivr"),
            f"channel-ivr-{TOKEN}-1-1;2": ("Stasis", "sales"),
            f"channel-ivr-{TOKEN}-1-2;2": ("Echo", ""),
            f"channel-ivr-{TOKEN}-1-3;2": ("Stasis", "ivr"),
        }
        answers = Answers()
        answers.answer("GET /applications", body={"name": "ivr", "channel_ids": list(inside)})
        answers.answer("GET /bridges", body=[])
        answers.answer(
            "GET /channels",
            body=[
                {"id": id, "dialplan": {"app_name": name, "app_data": data}}
                for id, (name, data) in inside.items()
            ],
        )
        assert await left([place(answers)]) == 3

    async def test_an_application_that_is_forgotten_has_none(self) -> None:
        answers = Answers()
        answers.answer("GET /channels", body=[])
        answers.answer("GET /bridges", body=[])
        answers.refuse("GET /applications", 404)
        assert await left([place(answers)]) == 0


class TestCommand:
    def test_ending_and_handing_over_exclude_each_other(self, cli: Cli) -> None:
        done = cli("drain", "--end", "--hand-over")
        assert (done.returncode, "choose one" in done.stderr) == (2, True)

    def test_without_a_plugin_it_says_how_to_name_an_application(
        self, cli: Cli, write: Callable[[str, str], Path]
    ) -> None:
        write("seeded.py", EMPTY)
        env = {"STASIS_PLUGINS_ENABLED": "seeded"}
        done = cli("drain", plugins={"seeded": "seeded:Seeded"}, env=env)
        assert (done.returncode, "--app NAME" in done.stderr) == (2, True)
