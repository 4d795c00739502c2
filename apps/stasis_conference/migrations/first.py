"""The first tables: rooms, their live state, sessions, memberships, recordings, attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def of_session() -> sa.Column[int]:
    """The session that a row belongs to."""
    return sa.Column(
        "session",
        sa.Integer,
        sa.ForeignKey("conference_sessions.id", ondelete="CASCADE"),
        nullable=False,
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conference_rooms",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("member_pin", sa.Text, nullable=False),
        sa.Column("moderator_pin", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
        sa.Column("static", sa.Boolean, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    )
    op.create_table(
        "conference_live",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("session", sa.Integer),
        sa.Column("ends_at", MOMENT),
        sa.Column("grace_until", MOMENT),
    )
    op.create_table(
        "conference_sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("ix_conference_sessions_began", "conference_sessions", ["began"])
    op.create_index(
        "conference_one_open_session",
        "conference_sessions",
        ["room"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_table(
        "conference_memberships",
        sa.Column("id", sa.Integer, primary_key=True),
        of_session(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("moderator", sa.Boolean, nullable=False),
        sa.Column("joined", MOMENT, nullable=False),
        sa.Column("left", MOMENT),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("speaking", sa.Float, nullable=False),
    )
    op.create_index("ix_conference_memberships_session", "conference_memberships", ["session"])
    op.create_table(
        "conference_recordings",
        sa.Column("id", sa.Integer, primary_key=True),
        of_session(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("begun", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.Column("seconds", sa.Float, nullable=False),
    )
    op.create_index("ix_conference_recordings_session", "conference_recordings", ["session"])
    op.create_table(
        "conference_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    for column in ("room", "caller", "at"):
        op.create_index(f"ix_conference_attempts_{column}", "conference_attempts", [column])
