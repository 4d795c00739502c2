"""The tables: the migrations make what is said of them, and their names are nobody else's."""

from __future__ import annotations

from stasis_pbx.store import Store
from stasis_pbx.tables import METADATA, MIGRATIONS

from tests.sql.tables import made_exactly, named_for


async def test_the_migrations_make_them_exactly(database_url: str, store: Store):
    await made_exactly(database_url, METADATA, MIGRATIONS)


def test_every_table_has_a_name_that_no_other_program_uses():
    named_for("pbx_", METADATA, MIGRATIONS)
