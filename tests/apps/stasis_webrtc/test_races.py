"""Two things at once, at each moment: nobody is left alone, and each end is told and written once."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from stasis.testing.clock import run
from tests.apps.stasis_webrtc.calls.race import Race, wrong
from tests.apps.stasis_webrtc.calls.races import RACES


@pytest.mark.parametrize(
    "race",
    [pytest.param(race, id=f"{table}: {race.what}") for table in RACES for race in RACES[table]],
)
def test_nothing_is_wrong_whichever_moment_it_is(race: Race):
    with capture_logs() as log:
        assert run(wrong(race)) == []
    assert [each for each in log if each["log_level"] == "error"] == []
