"""The database of call records, as it is configured, and how its failures are told.

Rules: who has no database of call records needs nothing that one stands on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stasis.access import CdrConfig
from stasis.errors import ConfigError, StasisError
from stasis.pbx.errors import Needs, PbxError, Unavailable

if TYPE_CHECKING:
    from stasis.pbx.cdr_store import CdrStore

__all__ = ["of_database", "store_of"]


def store_of(config: CdrConfig) -> CdrStore:
    """The store, not open yet. Raises Unavailable, Needs."""
    url = config.database.reveal()
    if not url:
        raise Unavailable(
            "",
            "no database of call records is configured: set database in [asterisk.cdr], such as"
            " sqlite:///cdr.db",
        )
    try:
        from stasis.pbx.cdr_store import CdrStore  # not for everybody: it needs an extra
    except ModuleNotFoundError as error:
        raise Needs("", f"needs {error.name}: pip install 'stasis-ari[sql]'") from None
    try:
        return CdrStore(url)
    except ConfigError as error:
        raise Unavailable("", str(error)) from None


@contextmanager
def of_database(thing: str) -> Iterator[None]:
    """What goes wrong with the database within it is said as this thing's."""
    try:
        yield
    except PbxError as error:
        raise type(error)(thing, error.reason) from None
    except StasisError as error:
        raise Unavailable(thing, str(error)) from None
