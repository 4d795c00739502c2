"""Events of AMI as triggers: a connection beside each link whose flows name such events.

An event goes to the call whose channel it is about, if the call's flow names its kind; it is found
by the channel's id, however many calls there are. What is told while the connection is lost does
not come later: then the log says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from stasis.errors import ConfigError
from stasis.flow import needs_of
from stasis.link import Link
from stasis.program import Program

if TYPE_CHECKING:
    from stasis.ami.event import AmiEvent

__all__ = ["fed", "kinds_of"]

log = structlog.get_logger("stasis.ami_feed")


def kinds_of(programs: Iterable[Program]) -> tuple[type[Any], ...]:
    """The kinds of AMI events that tables or `hears` of these programs name."""
    needed = {kind for program in programs for kind in needs_of(program.flow)}
    return tuple(sorted((each for each in needed if each.way == "ami"), key=lambda e: e.__name__))


@asynccontextmanager
async def fed(links: Mapping[str, Link], programs: Mapping[str, Program]) -> AsyncIterator[None]:
    """Tell the links of AMI events while the context lasts; nothing when no flow names any.

    Raises ConfigError when one does, and AMI is not configured.
    """
    kinds = kinds_of(programs.values())
    tasks: list[asyncio.Task[None]] = []
    if kinds:
        if not links:
            raise ConfigError(unconfigured(kinds, listening=True))
        for name, link in links.items():
            if not link.config.asterisk.ami.username:
                raise ConfigError(unconfigured(kinds))
            tasks.append(asyncio.create_task(feed(link, kinds), name=f"stasis ami {name}"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def unconfigured(kinds: Iterable[type[AmiEvent]], *, listening: bool = False) -> str:
    """What to do about events of AMI that nobody brings."""
    names = ", ".join(kind.__name__ for kind in kinds)
    if listening:
        return (
            f"a flow's table names {names} of AMI: these need an Asterisk that stasis connects to,"
            " and with [listen] Asterisk connects"
        )
    return (
        f"a flow's table names {names} of AMI: set username in [asterisk.ami], and"
        " STASIS_ASTERISK_AMI_SECRET"
    )


async def feed(link: Link, kinds: tuple[type[AmiEvent], ...]) -> None:
    """Bring events to one link, for ever."""
    from stasis.ami import Ami, Missed
    from stasis.trigger import Gap

    ami = Ami(link.config.asterisk.manager())
    await ami.start(retry=True)
    try:
        async with ami.events(*kinds) as events:
            async for event in events:
                if isinstance(event, (Gap, Missed)):
                    log.warning("AMI events are missing: a flow may wait for one", server=link.name)
                else:
                    link.hear(event)
    finally:
        await ami.stop()
