"""The table of call records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXTS = (
    "clid src dst dcontext channel dstchannel lastapp lastdata disposition amaflags accountcode"
    " peeraccount uniqueid linkedid userfield"
).split()


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cdr",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("calldate", sa.DateTime, nullable=False),
        sa.Column("answer", sa.DateTime),
        sa.Column("end", sa.DateTime),
        sa.Column("duration", sa.Integer, nullable=False, server_default="0"),
        sa.Column("billsec", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sequence", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in TEXTS),
        sqlite_autoincrement=True,
    )
    op.create_index("cdr_once", "cdr", ["uniqueid", "sequence", "calldate"], unique=True)
    for name in ("calldate", "linkedid", "src", "dst"):
        op.create_index(f"cdr_{name}", "cdr", [name])
