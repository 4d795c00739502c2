"""Run by alembic: brings the tables of a connection to the newest form."""

from __future__ import annotations

from alembic import context
from stasis_conference.tables import METADATA, VERSION_TABLE

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
