"""Calls at all times: open, closed, holidays, time zones, and over midnight."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["HOURS"]

OPEN, CLOSED = "open@0", "closed@0"

HOURS = (
    # Europe/Berlin: Monday to Thursday 09:00-12:30 and 13:30-18:00, Friday 09:00-12:30.
    Row("in the middle of the morning", "hours:office", at="2026-11-23 10:00", hears=OPEN),
    Row("the first minute", "hours:office", at="2026-11-23 08:00", hears=OPEN),
    Row("the minute before", "hours:office", at="2026-11-23 07:59", hears=CLOSED),
    Row("the last minute before lunch", "hours:office", at="2026-11-23 11:29", hears=OPEN),
    Row("lunch", "hours:office", at="2026-11-23 11:30", hears=CLOSED),
    Row("after lunch", "hours:office", at="2026-11-23 12:30", hears=OPEN),
    Row("the end of the day", "hours:office", at="2026-11-23 17:00", hears=CLOSED),
    Row("a Thursday is of the span", "hours:office", at="2026-11-26 16:59", hears=OPEN),
    Row("a Friday has hours of its own", "hours:office", at="2026-11-27 13:00", hears=CLOSED),
    Row("a Saturday has none", "hours:office", at="2026-11-28 10:00", hears=CLOSED),
    Row("a holiday of each year", "hours:office", at="2028-12-25 10:00", hears=CLOSED),
    Row("a holiday of one year", "hours:office", at="2026-05-14 10:00", hears=CLOSED),
    Row("the same day a year later", "hours:office", at="2027-05-14 10:00", hears=OPEN),
    Row("summer time", "hours:office", at="2026-07-06 07:00", hears=OPEN),
    Row("the last day of summer time", "hours:office", at="2026-10-23 07:00", hears=OPEN),
    Row("winter time again", "hours:office", at="2026-10-26 07:00", hears=CLOSED),
    # America/New_York: Friday and Saturday 20:00-04:00, but not on 2026-07-04.
    Row("Friday evening over there", "hours:bar", at="2026-11-28 01:00", hears=OPEN),
    Row("Friday's night, on Saturday", "hours:bar", at="2026-11-28 08:59", hears=OPEN),
    Row("between two nights", "hours:bar", at="2026-11-28 09:00", hears=CLOSED),
    Row("Saturday's night, on Sunday", "hours:bar", at="2026-11-29 08:59", hears=OPEN),
    Row("no night before the first one", "hours:bar", at="2026-11-27 08:00", hears=CLOSED),
    Row("a night that ends on a holiday", "hours:bar", at="2026-07-04 06:00", hears=OPEN),
    Row("a night that begins on a holiday", "hours:bar", at="2026-07-05 06:00", hears=CLOSED),
    # Asia/Kathmandu, five hours and three quarters ahead: all day, but not on New Year's Day.
    Row("the last minute of the old year", "hours:kathmandu", at="2026-12-31 18:14", hears=OPEN),
    Row("the first of the new one", "hours:kathmandu", at="2026-12-31 18:15", hears=CLOSED),
    Row("the day after", "hours:kathmandu", at="2027-01-01 18:15", hears=OPEN),
    # From Saturday round to Monday, and nothing is said when it is closed.
    Row("days that go round the week", "hours:weekend", at="2026-11-23 10:30", hears=OPEN),
    Row("closed without a word", "hours:weekend", at="2026-11-24 10:30", ends="hung-up@0"),
    # Hours that lead to hours.
    Row("open in both", "hours:summer", at="2026-11-23 10:00", hears=OPEN),
    Row(
        "open in the first, not in the second", "hours:summer", at="2026-11-23 11:45", hears=CLOSED
    ),
    Row(
        "closed in the first, open in the third", "hours:summer", at="2026-11-28 01:30", hears=OPEN
    ),
    Row("a choice that leads to hours", "menu:main", "1s 8", "main@0 open@1.1"),
)
