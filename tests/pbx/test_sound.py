"""Whether sounds can be played: what is known without trying, and what is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from stasis.ami import Ami, OutcomeUnknown, Stream, events
from stasis.pbx.sound import failed, spoken_in, unplayable
from stasis.testing.clock import virtual_time
from stasis.trigger import Gap
from tests.pbx.fake_ami import FakeAmi


async def test_of_one_sound_it_is_that_one() -> None:
    ami = FakeAmi({})
    assert await unplayable(cast(Ami, ami), "no-such-sound", "") == ["no-such-sound"]
    assert ami.asked == []


def test_a_language_is_set_when_it_is_given() -> None:
    assert (spoken_in("de"), spoken_in("")) == ({"CHANNEL(language)": "de"}, {})


@virtual_time
async def test_one_whose_end_was_lost_with_the_connection_is_not_waited_for() -> None:
    kinds = (events.VarSet, events.Hangup)
    stream: Stream[events.OfChannel] = Stream(
        kinds, (), None, 10, close=lambda _: None, open=lambda _: None
    )
    now = datetime(2026, 11, 30, tzinfo=UTC)
    stream.gap(Gap(start=now, end=now, seconds=0.0))
    with pytest.raises(OutcomeUnknown, match="was lost meanwhile"):
        await failed(stream, 3600.0)
