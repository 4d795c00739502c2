"""The IVR's flow: its table, and that no caller breaks it. Its calls are in `test_calls.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from stasis_ivr.flow import Ivr
from stasis_ivr.plugin import IvrConfig, IvrPlugin
from structlog.testing import capture_logs

from stasis.flow import Flow
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.safe import assert_safe
from tests.apps.stasis_ivr.calls.row import Plugin, make_sounds, simulated


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds of fixed lengths, whatever is installed."""
    folder = tmp_path_factory.mktemp("sounds")
    make_sounds(folder)
    return folder


class TestTable:
    def test_every_kind_of_part_has_its_state(self):
        assert Ivr.next(Ivr.menu, "desk") is Ivr.desk
        assert Ivr.next(Ivr.menu, "hangup") is Ivr.goodbye
        assert Ivr.next(Ivr.desk, "ring") is Ivr.ringing
        assert Ivr.next(Ivr.ringing, "answered") is Ivr.talking
        assert Ivr.next(Ivr.message, "record") is Ivr.recording
        assert Ivr.next(Ivr.desk, "message") is Ivr.message
        assert Ivr.next(Ivr.play, "continue") is Ivr.leaving

    def test_it_is_a_flow(self):
        assert issubclass(Ivr, Flow) and "welcome" in Ivr.states()


class TestLeaving:
    @pytest.mark.parametrize(
        ("start", "seconds", "state"),
        [
            ("menu:main", 1, "menu"),
            ("desk:sales", 1, "desk"),
            ("desk:sales", 3, "ringing"),
            ("message:office", 1, "message"),
            ("message:office", 3, "recording"),
            ("message:office", 8, "again"),
            ("message:anything", 4, "saved"),
            ("play:news", 1, "play"),
        ],
    )
    @virtual_time
    async def test_a_hang_up_in_any_state_leaves_nothing_behind(
        self, start: str, seconds: float, state: str, sounds: Path
    ):
        async with simulated(Plugin(start), sounds) as asterisk:
            caller = await asterisk.call("ivr")
            await caller.waits(seconds)
            assert caller.state == state
            await caller.hangs_up()
            await caller.waits(1)
            assert not asterisk.link.runners and asterisk.left() == []


class TestSafety:
    @pytest.mark.parametrize("start", ["menu:main", "desk:sales", "message:office", "menu:codes"])
    def test_no_caller_breaks_it(self, start: str):
        with capture_logs():
            assert_safe(Ivr, plugin=Plugin(start), examples=40)

    @pytest.mark.parametrize("version", ["22", "16"])
    def test_nor_the_example_that_comes_with_it(self, version: str):
        with capture_logs():
            assert_safe(Ivr, plugin=IvrPlugin(IvrConfig()), examples=60, version=version)

    def test_phones_that_answer_by_themselves_change_nothing(self):
        def answering(asterisk: Asterisk) -> None:
            asterisk.phone("PJSIP/alice", "answers", after=2)
            asterisk.phone("PJSIP/bob", "unreachable")

        with capture_logs():
            assert_safe(Ivr, plugin=Plugin("menu:main"), examples=40, prepare=answering)
