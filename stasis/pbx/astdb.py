"""AstDB: Asterisk's own small database, where a dialplan keeps what lasts."""

from __future__ import annotations

import msgspec

from stasis.ami import actions
from stasis.pbx.errors import Missing
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import Family, Key, Value

__all__ = ["AstDb", "Entry"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: `family/key` has a value."""

    family: str
    key: str
    value: str


class AstDb(Group):
    """AstDB: families of keys with values."""

    name = "astdb"

    @thing("GET /astdb/{family}/{key}")
    async def get(self, family: Family, key: Key) -> Entry:
        """Get a value.

        Returns the entry. Raises Missing when there is none; PbxError. AMI: DBGet.
        """
        found = await self.items(actions.DBGet(family=family, key=key))
        if not found:
            raise Missing("astdb.get", f"there is no {family}/{key}")
        return Entry(family=family, key=key, value=found[0].val)

    @thing("PUT /astdb/{family}/{key}")
    async def put(self, family: Family, key: Key, value: Value) -> None:
        """Set a value, whether or not there is one.

        Raises PbxError. AMI: DBPut.
        """
        await self.ask(actions.DBPut(family=family, key=key, val=value))
