"""What Asterisk is told after every connect: which events our applications can do without.

The filter belongs to the application, and goes with it: so it is set anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stasis.ari import Ari
from stasis.ari.events import (
    ChannelCallerId,
    ChannelConnectedLine,
    ChannelDialplan,
    ChannelVarset,
    Event,
)
from stasis.errors import NotSupported
from stasis.program import Program

__all__ = ["needless", "register"]

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
    """Filter what no flow needs, and make sure that Asterisk knows our applications.

    programs: by application. Returns the kinds that will not come.
    Raises NotFound when an application is not registered although the socket is open.
    ARI: PUT /applications/{applicationName}/eventFilter (16.3), GET of the same application.
    """
    quiet = needless(programs.values())
    lists: dict[str, object] = {
        "allowed": [],
        "disallowed": [{"type": kind.__name__} for kind in quiet],
    }
    for app in programs:
        try:
            await ari.applications.filter(app, filter=lists)
        except NotSupported:
            quiet = []
        await ari.applications.get(app)
    return frozenset(quiet)
