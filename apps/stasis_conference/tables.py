"""The tables of the database, in SQLAlchemy. A change here needs a migration beside it.

Rules: names begin with `conference_`, since the database may be shared. Moments are UTC. The
history names rooms by their names, so it outlives a room.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, text

from stasis.sql import Listed, Migrations, Moment, grant_table, outbox_table, words

__all__ = [
    "METADATA",
    "MIGRATIONS",
    "attempts",
    "live",
    "memberships",
    "outbox",
    "recordings",
    "rooms",
    "sessions",
    "tokens",
]

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "conference_version", 7782747001)

METADATA = MetaData()


def of_session() -> Column[int]:
    """The session that a row belongs to, and is forgotten with."""
    return Column(
        "session",
        Integer,
        ForeignKey("conference_sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


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

tokens = grant_table(
    "conference_tokens", METADATA, Column("rooms", Listed, nullable=False), words("pin")
)

outbox = outbox_table("conference_outbox", METADATA, topic="room")
