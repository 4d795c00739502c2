"""AstDB: Asterisk's own small database, where a dialplan keeps what lasts.

Asterisk compares families as SQL patterns: it takes `_` for any character and small letters for
large ones, so deleting `a_b` would delete `axb` and `A_B` too. Here a family is what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from stasis.ami import ActionFailed, UnknownAction, actions
from stasis.pbx.errors import Missing
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import Family, Key, Value

__all__ = ["AstDb", "Entry"]

# A line of `database show`: path and value are filled up with blanks, each to a column.
LINE = re.compile(r"(/\S.*?) *: (.*?) *")


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

    @thing("GET /astdb")
    async def tree(self, family: Family | None = None) -> Sequence[Entry]:
        """List the entries of a family, or all.

        Returns them by their names; none is no error. Raises PbxError. AMI: DBGetTree; the command
        `database show` where Asterisk has no such action (before 18.14).
        """
        return entries(await self._tree(family), family)

    @thing("PUT /astdb/{family}/{key}")
    async def put(self, family: Family, key: Key, value: Value) -> None:
        """Set a value, whether or not there is one.

        Raises PbxError. AMI: DBPut.
        """
        await self.ask(actions.DBPut(family=family, key=key, val=value))

    @thing("DELETE /astdb/{family}/{key}")
    async def delete(self, family: Family, key: Key) -> None:
        """Delete an entry.

        Raises Missing when there is none; PbxError. AMI: DBDel.
        """
        try:
            await self.ask(actions.DBDel(family=family, key=key))
        except ActionFailed as error:
            if "could not be deleted" not in error.message.casefold():
                raise
            raise Missing("astdb.delete", f"there is no {family}/{key}") from error

    @thing("DELETE /astdb/{family}", confirm="all entries of the family are deleted")
    async def delete_tree(self, family: Family, *, confirm: bool = False) -> int:
        """Delete a family with all that is in it.

        Returns how many entries it had. Raises Missing when it had none; PbxError. AMI: DBDelTree,
        or DBDel for each where Asterisk would take others for it.
        """
        found = await self._tree(family)
        own = entries(found, family)
        if not own:
            raise Missing("astdb.delete_tree", f"there is nothing in {family}")
        if len(own) == len(found):
            await self.ask(actions.DBDelTree(family=family))
        else:
            for each in own:
                await self.ask(actions.DBDel(family=family, key=each.key))
        return len(own)

    async def _tree(self, family: str | None) -> list[tuple[str, str]]:
        """Paths and values that Asterisk takes for the family's."""
        try:
            found = await self.items(actions.DBGetTree(family=family))
        except UnknownAction:
            line = f"database show {family}" if family else "database show"
            return lines(await self.ways.command(line))
        return [(each.key, each.val) for each in found]


def entries(found: Iterable[tuple[str, str]], family: str | None) -> Sequence[Entry]:
    """What is of a family, by name; without one everything, each of the path's first part."""
    result = []
    for path, value in sorted(found):
        first, _, rest = path.removeprefix("/").partition("/")
        if family is None:
            result.append(Entry(family=first, key=rest, value=value))
        elif path.startswith(f"/{family}/"):
            result.append(Entry(family=family, key=path[len(family) + 2 :], value=value))
    return result


def lines(told: Iterable[str]) -> list[tuple[str, str]]:
    """Paths and values out of what `database show` prints."""
    return [(found[1], found[2]) for each in told if (found := LINE.fullmatch(each))]
