"""The ways to one Asterisk: AMI, ARI and its command line, each opened when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeVar

from stasis.ami import Ami, AmiError, actions
from stasis.ari import Ari, Version
from stasis.config import AsteriskConfig
from stasis.pbx.command_line import CommandLine
from stasis.pbx.errors import Unavailable
from stasis.transport.http import Http

__all__ = ["Ways"]

T = TypeVar("T")

NEWEST = Version(99)


class Ways:
    """The ways. config: of one Asterisk.

    ari: operations that somebody has already, such as `link.ari`. ami: likewise.
    """

    def __init__(
        self, config: AsteriskConfig, *, ari: Ari | None = None, ami: Ami | None = None
    ) -> None:
        self.config = config
        self._ari = ari
        self._ami = ami
        self._opening = asyncio.Lock()
        self._opening_ari = asyncio.Lock()  # AMI may keep one waiting, and ARI not
        self._opened = AsyncExitStack()
        self._others: dict[str, Any] = {}
        self._opening_others = asyncio.Lock()  # a database may keep one waiting, and AMI not
        self._version: Version | None = None

    async def ami(self) -> Ami:
        """The manager interface, logged in. Raises Unavailable, AmiError."""
        async with self._opening:
            if self._ami is None:
                if not self.config.ami.username:
                    raise Unavailable(
                        "",
                        "no user of the manager interface is configured: set username in"
                        " [asterisk.ami] and STASIS_ASTERISK_AMI_SECRET, as in manager.conf",
                    )
                self._ami = await self._opened.enter_async_context(Ami(self.config.manager()))
            return self._ami

    async def ari(self) -> Ari:
        """ARI's operations. Nothing is sent yet."""
        async with self._opening_ari:
            if self._ari is None:
                self._ari = Ari(await self._opened.enter_async_context(Http(self.config)))
            return self._ari

    async def command(self, line: str) -> list[str]:
        """What Asterisk's command line says to a command, line by line.

        For commands that we write ourselves: the caller sees to what stands in it. What people
        write goes by `CommandLine.run`, which asks the lists. Raises PbxError, AmiError.
        """
        return await CommandLine(self.config.cli, self.ami).told(line)

    async def version(self) -> Version:
        """Asterisk's version. Raises Unavailable, AmiError."""
        if self._version is None:
            answer = await (await self.ami()).send(actions.CoreSettings())
            text = answer.asterisk_version or ""
            # A development build has no number: it has what the newest has.
            self._version = Version.parse(text) or NEWEST
        return self._version

    async def loaded(self, module: str) -> bool:
        """Whether a module, such as `app_queue.so`, is loaded. Raises Unavailable, AmiError."""
        try:
            await (await self.ami()).send(actions.ModuleCheck(module=module.removesuffix(".so")))
        except AmiError as error:
            if type(error).__name__ in ("NoSuch", "ActionFailed"):
                return False
            raise
        return True

    async def opened(self, name: str, make: Callable[[], AbstractAsyncContextManager[T]]) -> T:
        """What a group needs besides, such as a database: opened once, and closed with the ways.

        name: the group's own. make: makes it when it is first needed. Raises what it raises.
        """
        async with self._opening_others:
            if name not in self._others:
                self._others[name] = await self._opened.enter_async_context(make())
            found: T = self._others[name]
            return found

    async def close(self) -> None:
        """Close what was opened here."""
        await self._opened.aclose()
