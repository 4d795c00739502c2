"""Reading and editing Asterisk's configuration files from afar, over AMI.

    files = ConfigFiles(ways)
    before = await files.read("musiconhold.conf")
    await files.edit(
        "musiconhold.conf",
        [AddSection(section="jazz", lines=[("mode", "files"), ("directory", "/srv/jazz")])],
        reload="res_musiconhold",
        seen=before,
    )

An edit is all or nothing; one that has begun is done to its end, also when its caller is cancelled.
Before it the file is copied beside itself, as `FILE.stasis-before`; after it the file is read
again. When it is not as meant, or its module does not take it, the copy is put back. Asterisk keeps
comments, but not those in `;-- --;` and those behind the last line, and writes included files anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from stasis.ami import ActionFailed, AmiError, NoSuch, actions
from stasis.pbx.config_file import ConfigFile, Edit, checked
from stasis.pbx.errors import Missing, Refused
from stasis.pbx.ways import Ways

__all__ = ["ConfigFiles"]

T = TypeVar("T")

COPY = ".stasis-before"
TEMPLATES = "TEMPLATES=include"


class ConfigFiles:
    """The configuration files of one Asterisk. ways: to it."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self._editing = asyncio.Lock()

    async def read(self, name: str) -> ConfigFile:
        """Read a file, with templates and with what it includes.

        name: a `ConfigFileName`. It has secrets, which its repr does not show. Raises Missing when
        there is no such file, Refused when Asterisk may not read it or does not understand it;
        PbxError, AmiError. AMI: GetConfig.
        """
        try:
            action = actions.GetConfig(filename=name, filter=TEMPLATES)
            answer = await (await self.ways.ami()).send(action)
        except NoSuch:
            raise Missing(name, "there is no such file in Asterisk's folder") from None
        except ActionFailed as error:
            raise Refused(name, error.message) from None
        return ConfigFile.of(name, answer.fields)

    async def edit(
        self, name: str, edits: Sequence[Edit], *, reload: str = "", seen: ConfigFile | None = None
    ) -> ConfigFile:
        """Change a file, all or nothing, and have its module read it.

        reload: the module, such as `res_musiconhold`; "" reads nothing. seen: what was read
        before: refused when the file is another by now.

        Returns the file as it is then. Raises BadValue, Missing, Refused: nothing is changed then;
        PbxError, AmiError. AMI: GetConfig, CreateConfig, UpdateConfig, Reload.
        """
        checked(edits)
        async with self._editing:
            return await whole(self._edit(name, edits, reload, seen))

    async def _edit(
        self, name: str, edits: Sequence[Edit], reload: str, seen: ConfigFile | None
    ) -> ConfigFile:
        before = await self.read(name)
        if seen is not None and before != seen:
            raise Refused(name, "it has changed since it was read: read it again")
        changes = [change for each in edits for change in each.changes(before)]
        await self._copy(name, name + COPY)
        await self._update(name, name, changes)
        after = await self.read(name)
        if not all(each.holds(after) for each in edits):
            await self._copy(name + COPY, name)
            raise Refused(name, "Asterisk kept something else; the file is as it was before")
        try:
            await self.reload(reload)
        except AmiError as error:
            await self._copy(name + COPY, name)
            with contextlib.suppress(AmiError):
                await self.reload(reload)
            raise Refused(name, f"{error}; the file is as it was before") from error
        return after

    async def undo(self, name: str, *, reload: str = "") -> ConfigFile:
        """Put a file back as it was before the last edit here. A second time changes nothing.

        Returns the file as it is then. Raises Missing when nothing was edited; PbxError, AmiError.
        AMI: UpdateConfig, Reload.
        """
        async with self._editing:
            return await whole(self._undo(name, reload))

    async def _undo(self, name: str, reload: str) -> ConfigFile:
        try:
            before = await self.read(name + COPY)
        except Missing:
            raise Missing(name, "it was never edited from here") from None
        await self._copy(name + COPY, name)
        await self.reload(reload)
        after = await self.read(name)
        if after.sections != before.sections:
            raise Refused(name, "a file that it includes was changed: put that back by hand")
        return after

    async def reload(self, module: str) -> None:
        """Have a module read its files again; "" does nothing.

        Raises Refused when it does not take them, AmiError. AMI: Reload, which tells that; the
        command line says that all went well.
        """
        if module:
            await (await self.ways.ami()).send(actions.Reload(module=module))

    async def _copy(self, name: str, to: str) -> None:
        """Copy a file: an update without changes. The other has to be there first."""
        try:
            await (await self.ways.ami()).send(actions.GetConfig(filename=to))
        except NoSuch:
            await (await self.ways.ami()).send(actions.CreateConfig(filename=to))
        await self._update(name, to, ())

    async def _update(self, name: str, to: str, changes: Sequence[actions.Change]) -> None:
        try:
            action = actions.UpdateConfig(src_filename=name, dst_filename=to, changes=changes)
            await (await self.ways.ami()).send(action)
        except ActionFailed as error:
            raise Refused(to, f"{error.message}{HINTS.get(error.message, '')}") from None


async def whole(doing: Coroutine[Any, Any, T]) -> T:
    """Do it to its end, also when the caller is cancelled: a file is not left half-way."""
    task = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


HINTS = {
    "Save of config failed": ": it, and what it includes, has to belong to the user that Asterisk"
    " runs as",
    "Update did not complete successfully": ": it has changed since it was read",
    "Create category did not complete successfully": ": it has changed since it was read",
}
