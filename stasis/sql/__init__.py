"""stasis.sql: a plugin's own tables, in SQLite or PostgreSQL, and the passwords kept in them.

For plugins that keep something of their own; `stasis` itself keeps nothing in a database. Needs
the extra `sql`: `pip install stasis-ari[sql]`. Tables and statements are SQLAlchemy's.
"""

from stasis.sql.column import Listed, Moment, Words, words
from stasis.sql.database import Database, StoreError
from stasis.sql.grant_store import GrantStore, grant_table
from stasis.sql.migrations import Migrations
from stasis.sql.outbox import Outbox, outbox_table
from stasis.sql.passwords import Passwords, hashed, is_hash, matches

__all__ = [
    "Database",
    "GrantStore",
    "Listed",
    "Migrations",
    "Moment",
    "Outbox",
    "Passwords",
    "StoreError",
    "Words",
    "grant_table",
    "hashed",
    "is_hash",
    "matches",
    "outbox_table",
    "words",
]
