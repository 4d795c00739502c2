"""stasis.sql: a plugin's own tables, in SQLite or PostgreSQL, and the passwords kept in them.

For plugins that keep something of their own; `stasis` itself keeps nothing in a database. Needs
the extra `sql`: `pip install stasis-ari[sql]`. Tables and statements are SQLAlchemy's.
"""

from stasis.sql.column import Moment, Words, words
from stasis.sql.database import Database, StoreError
from stasis.sql.migrations import Migrations
from stasis.sql.passwords import Passwords, hashed, is_hash, matches

__all__ = [
    "Database",
    "Migrations",
    "Moment",
    "Passwords",
    "StoreError",
    "Words",
    "hashed",
    "is_hash",
    "matches",
    "words",
]
