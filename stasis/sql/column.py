"""Types of columns that mean the same in every database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

__all__ = ["Listed", "Moment", "Words", "words"]


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone; SQLite knows none, so it is kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises ValueError for a moment without a time zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC)")
        try:
            return value and value.astimezone(UTC)
        except OverflowError:  # at the ends of time, and beyond them in UTC
            end = datetime.min if value and value.year == 1 else datetime.max
            return end.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Words(TypeDecorator[str]):
    """A text of any length, without what a database cannot keep: callers choose their names."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database: no NUL, no half of a character."""
        return value and value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Listed(TypeDecorator[tuple[str, ...]]):
    """Words without blanks, in one text: a tuple in its order, a set in the order of letters."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str | None:
        """To the database."""
        if value is None:
            return None
        return " ".join(sorted(value) if isinstance(value, (set, frozenset)) else value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """From the database."""
        return None if value is None else tuple(value.split())


def words(name: str, **options: Any) -> Column[str]:
    """A column of text that is never null. options: as of SQLAlchemy's Column."""
    return Column(name, Words, nullable=False, **options)
