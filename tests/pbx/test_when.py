"""Moments as people say them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stasis.pbx.when import moment

NOW = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An hour before UTC: at NOW the next day has begun there."""
    with monkeypatch.context() as context:
        context.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-11-29T23:30:00+00:00"),
        ("90s", "2026-11-29T23:28:30+00:00"),
        ("2h", "2026-11-29T21:30:00+00:00"),
        ("7d", "2026-11-22T23:30:00+00:00"),
        ("today", "2026-11-29T23:00:00+00:00"),
        ("yesterday", "2026-11-28T23:00:00+00:00"),
        ("2026-07-01", "2026-06-30T22:00:00+00:00"),
        ("2026-11-29T12:30", "2026-11-29T11:30:00+00:00"),
        ("2026-11-29T12:30:15Z", "2026-11-29T12:30:15+00:00"),
        ("2026-11-29T12:30+05:30", "2026-11-29T07:00:00+00:00"),
    ],
)
def test_it_is_read_in_the_zone_of_this_machine(text: str, meant: str):
    assert moment(text, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-11-29T25:00"])
def test_a_day_that_there_is_not_is_an_error(text: str):
    with pytest.raises(ValueError):
        moment(text, NOW)
