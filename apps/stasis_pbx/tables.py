"""The tables of the database, in SQLAlchemy. A change here needs a migration beside it.

Rules: names begin with `pbx_`, since the database may be shared. Moments are UTC.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Index, Integer, MetaData, Table

from stasis.sql import Migrations, Moment, grant_table, outbox_table, words

__all__ = ["METADATA", "MIGRATIONS", "audit", "outbox", "tokens"]

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "pbx_version", 7782747003)

METADATA = MetaData()

tokens = grant_table("pbx_tokens", METADATA)

outbox = outbox_table("pbx_outbox", METADATA)

audit = Table(
    "pbx_audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    words("who"),
    Column("token", Integer, nullable=False),
    words("address"),
    words("server"),
    words("thing"),
    words("arguments"),
    words("outcome"),
    Column("ended", Moment),
    Index("pbx_audit_at", "at"),
    sqlite_autoincrement=True,
)
