"""The tables of the database, in SQLAlchemy. A change here needs a migration beside it.

Rules: names begin with `conference_`, since the database may be shared. Moments are UTC. The
history names rooms by their names, so it outlives a room.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "METADATA",
    "VERSION_TABLE",
    "Moment",
    "Words",
    "attempts",
    "live",
    "memberships",
    "recordings",
    "rooms",
    "sessions",
]

VERSION_TABLE = "conference_version"

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone; SQLite knows none, so it is kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises ValueError for a moment without a time zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC)")
        return value and value.astimezone(UTC)

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


def of_session() -> Column[int]:
    """The session that a row belongs to, and is forgotten with."""
    return Column(
        "session",
        Integer,
        ForeignKey("conference_sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


def words(name: str, **options: Any) -> Column[str]:
    """A text that is never null."""
    return Column(name, Words, nullable=False, **options)


rooms = Table(
    "conference_rooms",
    METADATA,
    words("name", primary_key=True),
    words("title"),
    words("profile"),
    words("member_pin"),
    words("moderator_pin"),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("static", Boolean, nullable=False),
    words("origin"),
)

live = Table(
    "conference_live",
    METADATA,
    words("room", primary_key=True),
    Column("locked", Boolean, nullable=False),
    words("recording"),
    Column("paused", Boolean, nullable=False),
    Column("session", Integer),
    Column("ends_at", Moment),
    Column("grace_until", Moment),
)

sessions = Table(
    "conference_sessions",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("room"),
    Column("began", Moment, nullable=False, index=True),
    Column("ended", Moment),
    words("why"),
)

# A room has one conference at a time, whoever begins it.
Index(
    "conference_one_open_session",
    sessions.c.room,
    unique=True,
    sqlite_where=text("ended IS NULL"),
    postgresql_where=text("ended IS NULL"),
)

memberships = Table(
    "conference_memberships",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_session(),
    words("channel"),
    words("name"),
    words("number"),
    Column("moderator", Boolean, nullable=False),
    Column("joined", Moment, nullable=False),
    Column("left", Moment),
    words("why"),
    Column("speaking", Float, nullable=False),
)

recordings = Table(
    "conference_recordings",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_session(),
    words("name"),
    Column("begun", Moment, nullable=False),
    Column("ended", Moment),
    Column("seconds", Float, nullable=False),
)

attempts = Table(
    "conference_attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    words("room", index=True),
    words("caller", index=True),
    words("verdict"),
    Column("at", Moment, nullable=False, index=True),
)
