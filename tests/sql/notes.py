"""Tables of the tests' own, as a plugin would have them: people, and what they have written."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

from stasis.sql import Database, Migrations, Moment, words

METADATA = MetaData()
MIGRATIONS = Migrations(Path(__file__).parent / "revisions", "notes_version", 4711)

people = Table("notes_people", METADATA, words("name", primary_key=True), words("secret"))

notes = Table(
    "notes_notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("notes_people.name", ondelete="CASCADE"), nullable=False),
    words("text"),
    Column("at", Moment, nullable=False),
)


def notes_in(url: str) -> Database:
    """The database at this url."""
    return Database(url, MIGRATIONS, "[plugin.notes]: database")
