"""What Asterisk is told after every connect: which events our applications can do without, and
what else they want to hear of.

Filter and subscriptions belong to the application, and go with it: so they are set anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from stasis.ari import Ari
from stasis.ari.events import (
    ChannelCallerId,
    ChannelConnectedLine,
    ChannelDialplan,
    ChannelUserevent,
    ChannelVarset,
    Event,
)
from stasis.errors import NotSupported, ResponseError
from stasis.program import Program

__all__ = ["needless", "register"]

log = structlog.get_logger("stasis.register")

# Kinds that come in numbers and that few flows want; Asterisk is asked to keep them.
NOISY: tuple[type[Event], ...] = (
    ChannelCallerId,
    ChannelConnectedLine,
    ChannelDialplan,
    ChannelVarset,
)


def needless(programs: Iterable[Program]) -> list[type[Event]]:
    """The noisy kinds that no table, no flow's `hears` and no plugin's `hears` names."""
    needed: set[type[Event]] = set()
    for program in programs:
        needed |= program.flow.needs() | set(getattr(program.plugin, "hears", ()))
    return [kind for kind in NOISY if kind not in needed]


async def register(ari: Ari, programs: Mapping[str, Program]) -> frozenset[type[Event]]:
    """Filter what no flow needs, make sure that Asterisk knows our applications, and subscribe
    those that watch something to it.

    programs: by application. Returns the kinds that will not come.
    Raises NotFound when an application is not registered although the socket is open.
    ARI: PUT /applications/{applicationName}/eventFilter (16.3), GET of the same application,
    POST of its /subscription.
    """
    quiet = needless(programs.values())
    for app, program in programs.items():
        # Our own fences are user events, and come by each application.
        wanted = (ChannelUserevent, *program.plugin.hears) if program.watches else ()
        lists = {
            "allowed": [{"type": kind.__name__} for kind in wanted],
            "disallowed": [{"type": kind.__name__} for kind in quiet if not wanted],
        }
        try:
            await ari.applications.filter(app, filter=lists)
        except NotSupported:
            quiet = []
        await ari.applications.get(app)
        if program.watches:
            try:
                await ari.applications.subscribe(app, event_source=program.watches)
            except ResponseError as error:
                log.error("Asterisk does not tell what a plugin watches", app=app, error=str(error))
    return frozenset(quiet)
