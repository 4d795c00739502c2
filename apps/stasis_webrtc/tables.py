"""The tables of the database, in SQLAlchemy. A change here needs a migration beside it.

Rules: names begin with `webrtc_`, since the database may be shared. Moments are UTC. What belongs
to a user is forgotten with it; the audit log names users by their names, so it outlives them.
Passwords and refresh tokens are here as hashes only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, text

from stasis.sql import Migrations, Moment, Words, words

__all__ = [
    "METADATA",
    "MIGRATIONS",
    "attempts",
    "audit",
    "calls",
    "keys",
    "messages",
    "recordings",
    "refreshes",
    "sessions",
    "users",
]

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "webrtc_version", 7782747002)

METADATA = MetaData()


def of(column: str, target: str) -> Column[str]:
    """The row that this one belongs to, and is forgotten with."""
    key = ForeignKey(f"webrtc_{target}", ondelete="CASCADE")
    return Column(column, Words, key, nullable=False, index=True)


def number() -> Column[int]:
    """A number of the row's own."""
    return Column("id", Integer, primary_key=True)


def moment(name: str, **options: Any) -> Column[Any]:
    """A moment that is never null."""
    return Column(name, Moment, nullable=False, **options)


def flag(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False)


def peer() -> list[Column[str]]:
    """Who is at the other side of a call."""
    return [words("peer_name"), words("peer_number"), words("peer_user")]


users = Table(
    "webrtc_users",
    METADATA,
    words("name", primary_key=True),
    words("title"),
    words("extension"),
    words("outside"),
    words("password"),
    words("may_call"),
    flag("may_receive"),
    flag("may_record"),
    flag("admin"),
    flag("disabled"),
    flag("dnd"),
    words("forward_always"),
    words("forward_busy"),
    words("forward_no_answer"),
    flag("messages"),
    words("greeting"),
    moment("created"),
    moment("changed"),
)
HAS_EXTENSION = text("extension <> ''")
Index(
    "webrtc_one_extension",
    users.c.extension,
    unique=True,
    sqlite_where=HAS_EXTENSION,
    postgresql_where=HAS_EXTENSION,
)

sessions = Table(
    "webrtc_sessions",
    METADATA,
    words("id", primary_key=True),
    of("user", "users.name"),
    words("device"),
    words("address"),
    words("endpoint", index=True),
    moment("began"),
    moment("seen"),
    moment("expires"),
    Column("ended", Moment, index=True),
    words("why"),
)

refreshes = Table(
    "webrtc_refreshes",
    METADATA,
    words("hash", primary_key=True),
    of("session", "sessions.id"),
    Column("generation", Integer, nullable=False),
    moment("issued"),
    Column("used", Moment),
    words("successor"),
)
UNUSED = text("used IS NULL")
# A session has one token that nobody has used yet, whoever refreshes it at the same moment.
Index(
    "webrtc_one_unused_refresh",
    refreshes.c.session,
    unique=True,
    sqlite_where=UNUSED,
    postgresql_where=UNUSED,
)

keys = Table(
    "webrtc_keys", METADATA, words("kid", primary_key=True), words("secret"), moment("made")
)

attempts = Table(
    "webrtc_attempts",
    METADATA,
    number(),
    words("user", index=True),
    words("address", index=True),
    words("verdict"),
    moment("at", index=True),
)

audit = Table(
    "webrtc_audit",
    METADATA,
    number(),
    moment("at", index=True),
    words("kind"),
    words("user", index=True),
    words("by"),
    words("address"),
    words("session"),
    words("detail"),
)

calls = Table(
    "webrtc_calls",
    METADATA,
    number(),
    of("user", "users.name"),
    words("call"),
    words("direction"),
    *peer(),
    moment("began", index=True),
    Column("answered", Moment),
    moment("ended"),
    words("reason"),
    flag("missed"),
    flag("seen"),
)
Index("webrtc_one_row_of_a_call", calls.c.user, calls.c.call, unique=True)

messages = Table(
    "webrtc_messages",
    METADATA,
    number(),
    of("user", "users.name"),
    words("recording", unique=True),
    *peer(),
    moment("began"),
    Column("seconds", Float),
    flag("heard"),
)

recordings = Table(
    "webrtc_recordings",
    METADATA,
    number(),
    of("user", "users.name"),
    words("recording", unique=True),
    words("call"),
    *peer(),
    moment("began"),
    Column("ended", Moment),
)
