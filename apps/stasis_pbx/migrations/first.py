"""The first tables: tokens, the audit, and messages that webhooks are still to get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables. No id is used twice: a late answer must not meet another's row."""
    op.create_table(
        "pbx_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT),
        sa.Column("revoked", MOMENT),
        sa.Column("used", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pbx_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("dead", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("pbx_outbox_waiting", "pbx_outbox", ["hook", "topic", "id"])
    op.create_table(
        "pbx_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("thing", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("ended", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("pbx_audit_at", "pbx_audit", ["at"])
