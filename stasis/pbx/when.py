"""A moment as people say it: `today`, `2h` ago, `2026-11-29`, `2026-11-29T12:30+01:00`.

Rules: without a zone it is the local time of the machine that stasis runs on.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

__all__ = ["moment"]

AGO = re.compile(r"([0-9]{1,5})([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DAYS = {"today": 0, "yesterday": 1}


def moment(text: str, now: datetime) -> datetime:
    """The moment that a `values.When` means, with its zone. now: the present, with its zone.

    A day means its beginning. Raises ValueError for a day or an hour that there is not.
    """
    if text == "now":
        return now
    if match := AGO.fullmatch(text):
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    if text in DAYS:
        day = now.astimezone().date() - timedelta(days=DAYS[text])
        return datetime(day.year, day.month, day.day).astimezone()
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.astimezone()
