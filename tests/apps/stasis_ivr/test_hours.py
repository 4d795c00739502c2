"""Opening hours: ranges, spans of days, holidays, midnight, and summer time."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_ivr.hours import Hours, read
from stasis_ivr.table import Table
from stasis_ivr.target import Target

BERLIN = ZoneInfo("Europe/Berlin")


def hours(text: str) -> tuple[Hours, list[str]]:
    problems: list[str] = []
    table = Table(tomllib.loads(text), "ivr.toml [hours.office]", problems)
    return read("office", table), problems


def sound(text: str) -> Hours:
    found, problems = hours('timezone = "Europe/Berlin"\nthen = "menu:main"\n' + text)
    assert problems == []
    return found


OFFICE = sound(
    """
    closed = "message:office"
    holidays = ["12-25", "2026-05-14"]
    [open]
    mon-thu = ["09:00-12:30", "13:30-18:00"]
    fri = "09:00-15:00"
    """
)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 08:59", False),  # a Monday
        ("2026-11-23 09:00", True),
        ("2026-11-23 12:29", True),
        ("2026-11-23 12:30", False),
        ("2026-11-23 13:30", True),
        ("2026-11-26 17:59", True),  # Thursday
        ("2026-11-27 14:59", True),  # Friday
        ("2026-11-27 15:00", False),
        ("2026-11-28 10:00", False),  # Saturday
        ("2026-12-25 10:00", False),  # a Friday, each year
        ("2028-12-25 10:00", False),  # a Monday
        ("2026-05-14 10:00", False),  # a Thursday, once
        ("2027-05-14 10:00", True),
    ],
)
def test_an_office_week(moment: str, is_open: bool):
    assert OFFICE.open_at(datetime.fromisoformat(moment).replace(tzinfo=BERLIN)) is is_open


def test_the_moment_may_come_in_any_time_zone():
    assert OFFICE.open_at(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    assert not OFFICE.open_at(datetime(2026, 11, 23, 7, 59, tzinfo=UTC))


def test_summer_time_moves_the_hours_with_the_wall_clock():
    assert OFFICE.open_at(datetime(2026, 7, 6, 7, 0, tzinfo=UTC))
    assert not OFFICE.open_at(datetime(2026, 7, 6, 6, 59, tzinfo=UTC))


def test_open_and_closed_lead_where_the_file_says():
    assert OFFICE.at(datetime(2026, 11, 23, 10, tzinfo=BERLIN)) == Target("menu", "main")
    assert OFFICE.at(datetime(2026, 11, 22, 10, tzinfo=BERLIN)) == Target("message", "office")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-27 21:59", False),  # Friday
        ("2026-11-27 22:00", True),
        ("2026-11-27 23:59", True),
        ("2026-11-28 00:00", True),  # still Friday's
        ("2026-11-28 01:59", True),
        ("2026-11-28 02:00", False),
        ("2026-11-28 22:00", False),  # Saturday has none of its own
    ],
)
def test_a_range_past_midnight_belongs_to_the_day_it_began(moment: str, is_open: bool):
    night = sound('[open]\nfri = "22:00-02:00"')
    assert night.open_at(datetime.fromisoformat(moment).replace(tzinfo=BERLIN)) is is_open


def test_a_holiday_closes_the_night_that_begins_on_it():
    night = sound('holidays = ["11-27"]\n[open]\nfri = "22:00-02:00"')
    assert not night.open_at(datetime(2026, 11, 28, 1, tzinfo=BERLIN))


def test_a_span_of_days_may_go_round_the_week():
    weekend = sound('[open]\nsat-mon = "10:00-11:00"')
    days = [weekend.open_at(datetime(2026, 11, day, 10, tzinfo=BERLIN)) for day in range(23, 30)]
    assert days == [True, False, False, False, False, True, True]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_all_day_every_day_is_always_open(moment: datetime):
    always = sound('[open]\nmon-sun = "00:00-24:00"')
    assert always.open_at(moment.replace(tzinfo=UTC))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_without_any_hours_it_is_never_open(moment: datetime):
    assert not sound("").open_at(moment.replace(tzinfo=UTC) + timedelta(0))


def test_everything_wrong_is_told_at_once():
    _, problems = hours(
        """
        timezone = "Europe/Atlantis"
        holidays = ["13-01", "2026-02-30", "Easter"]
        opened = "menu:main"
        [open]
        monday = "09:00-10:00"
        mon-xyz = "09:00-10:00"
        tue = ["9-17", "09:00-25:00", "09:60-10:00", "24:00-10:00"]
        """
    )
    text = "\n".join(problems)
    assert "timezone: 'Europe/Atlantis' is no time zone here" in text
    for holiday in ("13-01", "2026-02-30", "Easter"):
        assert f"holidays: {holiday!r} is no day" in text
    assert "[hours.office.open]: monday: is no weekday" in text
    assert "mon-xyz: is no weekday" in text
    assert text.count("is no range") == 4
    assert "then: is missing" in text
    assert "opened: unknown key; did you mean open?" in text


def test_a_time_zone_is_needed():
    _, problems = hours('then = "menu:main"')
    assert problems == ["ivr.toml [hours.office]: timezone: is missing"]
