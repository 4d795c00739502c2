"""Realtime: what Asterisk reads from a database, and whether the database is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from stasis.ami import ActionFailed, PermissionDenied, actions
from stasis.pbx.errors import Missing, Needs
from stasis.pbx.group import Group
from stasis.pbx.realtime_state import (
    Category,
    FamilyMapping,
    FamilyState,
    ObjectMapping,
    configured,
    connected,
    effective,
    module_of,
    objects_in,
    row_in,
)
from stasis.pbx.thing import thing
from stasis.pbx.values import ColumnName, RealtimeFamily, RowValue

__all__ = ["Realtime", "RealtimeDriver", "RealtimeRow"]

# How a driver is asked whether it is connected.
STATUS = {"pgsql": "realtime show pgsql status", "odbc": "odbc show"}
# A column of each family's own. A driver notices that its database is gone, or back, when it asks.
COLUMNS = {
    "ps_endpoints": "id",
    "ps_auths": "id",
    "ps_aors": "id",
    "queues": "name",
    "queue_members": "queue_name",
    "voicemail": "mailbox",
    "extensions": "exten",
}
NOBODY = "stasis-looks"


class RealtimeDriver(msgspec.Struct, frozen=True, kw_only=True):
    """A driver of realtime. connected: None when it does not say. families: what it is for.
    told: what it says itself.
    """

    driver: str
    loaded: bool
    connected: bool | None
    families: Sequence[str]
    told: str


class RealtimeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as Asterisk reads it; secrets are `***`. columns: those that are not empty."""

    family: str
    columns: Mapping[str, str]


class Realtime(Group):
    """Realtime: endpoints, mailboxes, queue members and more out of a database."""

    name = "realtime"

    @thing("GET /realtime/families")
    async def families(self) -> Sequence[FamilyMapping]:
        """List the families of extconfig.conf, each with its table and its state.

        Returns them in the file's order. Raises Refused, Unavailable. AMI: GetConfig; CLI:
        core show config mappings, and the driver's own status.
        """
        mapped = list(configured(await self._file("extconfig.conf")))
        real = effective(await self.ways.command("core show config mappings"))
        drivers = {each.driver: each for each in await self.drivers()}
        found = []
        for family, driver, database, table, priority in mapped:
            state: FamilyState = "ready"
            if not drivers[driver].loaded:
                state = "driver not loaded"
            elif (family, driver) not in real:
                state = "needs reload"
            elif drivers[driver].connected is False:
                state = "no connection"
            found.append(
                FamilyMapping(
                    family=family,
                    state=state,
                    driver=driver,
                    database=database,
                    table=table,
                    priority=priority,
                )
            )
        return found

    @thing("GET /realtime/drivers")
    async def drivers(self) -> Sequence[RealtimeDriver]:
        """List the drivers that extconfig.conf names: loaded, and connected to their database?

        Returns one for each name. Raises Refused, Unavailable. CLI: realtime show pgsql status,
        odbc show.
        """
        mapped = list(configured(await self._file("extconfig.conf")))
        real = effective(await self.ways.command("core show config mappings"))
        found = []
        for driver in dict.fromkeys(each[1] for each in mapped):
            loaded = await self.ways.loaded(module_of(driver))
            told = await self._told(driver, real) if loaded else []
            found.append(
                RealtimeDriver(
                    driver=driver,
                    loaded=loaded,
                    connected=connected(told),
                    families=[each[0] for each in mapped if each[1] == driver],
                    told=" / ".join(line.strip() for line in told if line.strip())
                    or ("" if loaded else f"{module_of(driver)} is not loaded"),
                )
            )
        return found

    @thing("GET /realtime/families/{family}/row", needs="res_realtime.so")
    async def row(self, family: RealtimeFamily, column: ColumnName, value: RowValue) -> RealtimeRow:
        """Show a row of a family as Asterisk reads it: whether a phone of the database is found.

        Returns the first row whose column has that value. Raises Missing when there is none, which
        is also what Asterisk says when the database fails: see `drivers`. Raises Needs,
        Unavailable. CLI: realtime load.
        """
        if not await self.ways.loaded("res_realtime.so"):
            raise Needs("realtime.row", "needs the module res_realtime.so, which is not loaded")
        columns = row_in(await self.ways.command(f"realtime load {family} {column} {value}"))
        if not columns:
            raise Missing("realtime.row", f"{family} has no row whose {column} is {value}")
        return RealtimeRow(family=family, columns=columns)

    @thing("GET /realtime/objects")
    async def objects(self) -> Sequence[ObjectMapping]:
        """List the kinds of objects of sorcery.conf, and where Asterisk looks for them.

        Returns them in the file's order. Raises Refused, Unavailable. AMI: GetConfig.
        """
        return list(objects_in(await self._file("sorcery.conf")))

    async def _file(self, name: str) -> Sequence[Category]:
        """A configuration file; empty when there is none."""
        try:
            return (await self.ask(actions.GetConfig(filename=name))).categories
        except PermissionDenied:
            raise
        except ActionFailed as error:
            if "not found" in error.message.lower():
                return []
            raise

    async def _told(self, driver: str, real: set[tuple[str, str]]) -> Sequence[str]:
        """What a driver says of its connection. It says so of the last time that it asked."""
        command = STATUS.get(driver)
        if command is None:
            return []
        asked = next((name for name, its in sorted(real) if its == driver and name in COLUMNS), "")
        if asked:
            await self._said(f"realtime load {asked} {COLUMNS[asked]} {NOBODY}")
        return await self._said(command)

    async def _said(self, command: str) -> Sequence[str]:
        """What a command says, though it fails."""
        try:
            return await self.ways.command(command)
        except PermissionDenied:
            raise
        except ActionFailed as error:
            return error.output or [error.message]
