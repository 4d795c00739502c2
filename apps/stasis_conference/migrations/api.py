"""What the API needs: tokens, and messages that webhooks are still to get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables. No id is used twice: a late answer must not meet another's row."""
    op.create_table(
        "conference_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("rooms", sa.Text, nullable=False),
        sa.Column("pin", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT),
        sa.Column("revoked", MOMENT),
        sa.Column("used", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conference_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("dead", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("conference_outbox_waiting", "conference_outbox", ["hook", "room", "id"])
