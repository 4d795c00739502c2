"""Opening hours: whether an office is open at a moment. Pure.

Times are wall-clock times of the office's time zone, so summer time needs no thought. A range
whose end is not after its start goes on past midnight, and belongs to the day it began on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from attrs import frozen

from stasis_ivr.table import Table
from stasis_ivr.target import HANGUP, Target, target

__all__ = ["DAYS", "Hours", "Range", "read"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

RANGE = re.compile(r"(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)")
MIDNIGHT = 24 * 60


@frozen
class Range:
    """From a minute of the day to another; up to 1440, the midnight at its end."""

    start: int
    end: int


@frozen
class Hours:
    """Opening hours.

    zone: the office's time zone. days: ranges by weekday, Monday is 0. holidays: days on which
    it is closed, `2026-12-25` or each year `12-25`. opened, closed: where a call goes.
    """

    name: str
    zone: tzinfo
    days: Mapping[int, tuple[Range, ...]]
    holidays: frozenset[str]
    opened: Target
    closed: Target

    def open_at(self, moment: datetime) -> bool:
        """Whether it is open. moment: with a time zone, of whatever kind."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today, yesterday = local.date(), local.date() - timedelta(days=1)
        return any(
            each.start <= minute < (each.end if each.end > each.start else MIDNIGHT)
            for each in self.ranges(today)
        ) or any(each.end <= each.start and minute < each.end for each in self.ranges(yesterday))

    def ranges(self, day: date) -> tuple[Range, ...]:
        """The ranges that begin on a day: none on a holiday."""
        text = day.isoformat()
        if text in self.holidays or text[5:] in self.holidays:
            return ()
        return self.days.get(day.weekday(), ())

    def at(self, moment: datetime) -> Target:
        """Where a call goes at a moment."""
        return self.opened if self.open_at(moment) else self.closed


def read(name: str, table: Table) -> Hours:
    """The hours of one `[hours.…]` table; what is wrong is told to the table."""
    zone_name = table.text("timezone", None)
    zone: tzinfo = ZoneInfo("UTC")
    if zone_name:
        try:
            zone = ZoneInfo(zone_name)
        except (ValueError, OSError, LookupError):
            table.problem(
                "timezone", f"{zone_name!r} is no time zone here; write one such as Europe/Berlin"
            )
    opened = table.table("open")
    days: dict[int, tuple[Range, ...]] = {}
    for key in opened.keys():
        ranges = tuple(found for text in opened.texts(key) for found in range_of(opened, key, text))
        for day in days_of(opened, key):
            days[day] = days.get(day, ()) + ranges
    opened.close()
    holidays = table.texts("holidays")
    for each in holidays:
        check_holiday(table, each)
    hours = Hours(
        name,
        zone,
        days,
        frozenset(holidays),
        target(table, "then"),
        target(table, "closed", HANGUP),
    )
    table.close()
    return hours


def days_of(table: Table, key: str) -> list[int]:
    """The weekdays a key means: `mon`, or `mon-fri`; `sat-mon` goes round."""
    first, dash, last = key.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        table.problem(key, f"is no weekday; write {', '.join(DAYS)}, or a span such as mon-fri")
        return []
    begin = DAYS.index(first)
    end = DAYS.index(last) if dash else begin
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def range_of(table: Table, key: str, text: str) -> list[Range]:
    """A range such as `09:00-17:30`, in minutes; nothing when it is wrong."""
    found = RANGE.fullmatch(text.strip())
    if found is not None:
        hours = [int(each) for each in found.groups()]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if hours[1] < 60 and hours[3] < 60 and start < MIDNIGHT and end <= MIDNIGHT:
            return [Range(start, end)]
    table.problem(key, f"{text!r} is no range; write such as 09:00-17:30, 24:00 at most")
    return []


def check_holiday(table: Table, text: str) -> None:
    """A day, or a day of each year."""
    try:
        date.fromisoformat(text if len(text) > 5 else f"2024-{text}")
        if len(text) not in (5, 10):
            raise ValueError(text)
    except ValueError:
        table.problem("holidays", f"{text!r} is no day; write 2026-12-25, or 12-25 for each year")
