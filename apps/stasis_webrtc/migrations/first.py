"""The first tables: users, sessions and their tokens, keys, attempts, audit, and calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def words(name: str, *more: sa.ForeignKey, key: bool = False) -> sa.Column[str]:
    """A text that is never null."""
    return sa.Column(name, sa.Text, *more, primary_key=key, nullable=False)


def of(column: str, target: str) -> sa.Column[str]:
    """The row that this one belongs to."""
    return words(column, sa.ForeignKey(f"webrtc_{target}", ondelete="CASCADE"))


def moment(name: str, *, null: bool = False) -> sa.Column[object]:
    """A moment."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def flag(name: str) -> sa.Column[bool]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean, nullable=False)


def number() -> sa.Column[int]:
    """A number of the row's own."""
    return sa.Column("id", sa.Integer, primary_key=True)


def peer() -> list[sa.Column[str]]:
    """Who is at the other side of a call."""
    return [words("peer_name"), words("peer_number"), words("peer_user")]


def one(name: str, table: str, column: str, where: str) -> None:
    """An index of which a value is there once, among the rows that it is of."""
    only = sa.text(where)
    op.create_index(name, table, [column], unique=True, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webrtc_users",
        words("name", key=True),
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
    one("webrtc_one_extension", "webrtc_users", "extension", "extension <> ''")
    op.create_table(
        "webrtc_sessions",
        words("id", key=True),
        of("user", "users.name"),
        words("device"),
        words("address"),
        words("endpoint"),
        moment("began"),
        moment("seen"),
        moment("expires"),
        moment("ended", null=True),
        words("why"),
    )
    op.create_table(
        "webrtc_refreshes",
        words("hash", key=True),
        of("session", "sessions.id"),
        sa.Column("generation", sa.Integer, nullable=False),
        moment("issued"),
        moment("used", null=True),
        words("successor"),
    )
    one("webrtc_one_unused_refresh", "webrtc_refreshes", "session", "used IS NULL")
    op.create_table("webrtc_keys", words("kid", key=True), words("secret"), moment("made"))
    op.create_table(
        "webrtc_attempts",
        number(),
        words("user"),
        words("address"),
        words("verdict"),
        moment("at"),
    )
    op.create_table(
        "webrtc_audit",
        number(),
        moment("at"),
        words("kind"),
        words("user"),
        words("by"),
        words("address"),
        words("session"),
        words("detail"),
    )
    op.create_table(
        "webrtc_calls",
        number(),
        of("user", "users.name"),
        words("call"),
        words("direction"),
        *peer(),
        moment("began"),
        moment("answered", null=True),
        moment("ended"),
        words("reason"),
        flag("missed"),
        flag("seen"),
    )
    op.create_index("webrtc_one_row_of_a_call", "webrtc_calls", ["user", "call"], unique=True)
    op.create_table(
        "webrtc_messages",
        number(),
        of("user", "users.name"),
        words("recording"),
        *peer(),
        moment("began"),
        sa.Column("seconds", sa.Float),
        flag("heard"),
        sa.UniqueConstraint("recording"),
    )
    op.create_table(
        "webrtc_recordings",
        number(),
        of("user", "users.name"),
        words("recording"),
        words("call"),
        *peer(),
        moment("began"),
        moment("ended", null=True),
        sa.UniqueConstraint("recording"),
    )
    for table, columns in (
        ("sessions", ("user", "endpoint", "ended")),
        ("refreshes", ("session",)),
        ("attempts", ("user", "address", "at")),
        ("audit", ("at", "user")),
        ("calls", ("user", "began")),
        ("messages", ("user",)),
        ("recordings", ("user",)),
    ):
        for column in columns:
            op.create_index(f"ix_webrtc_{table}_{column}", f"webrtc_{table}", [column])
