"""`Pbx`: everything about a PBX, one method each, over whichever way has it."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType

from stasis.ami import Ami
from stasis.ari import Ari
from stasis.config import AsteriskConfig
from stasis.pbx.astdb import AstDb
from stasis.pbx.group import Group
from stasis.pbx.ways import Ways

__all__ = ["GROUPS", "Pbx"]


class Pbx:
    """One Asterisk as a PBX; `async with` closes what it has opened.

    config: of that Asterisk, such as `load().asterisk`. ari, ami: what the program has already,
    such as `link.ari`; else each is opened when it is first needed.

    Every method raises `PbxError`.
    """

    def __init__(
        self, config: AsteriskConfig, *, ari: Ari | None = None, ami: Ami | None = None
    ) -> None:
        self.ways = Ways(config, ari=ari, ami=ami)

    async def __aenter__(self) -> Pbx:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the ways that were opened for it."""
        await self.ways.close()

    @cached_property
    def astdb(self) -> AstDb:
        """Asterisk's own database."""
        return AstDb(self.ways)


GROUPS: tuple[type[Group], ...] = (AstDb,)
"""All groups, in the order of the guide."""
