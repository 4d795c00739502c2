"""What is left once all calls are over, and which state of which flow has made it."""

from __future__ import annotations

from urllib.parse import unquote

from structlog.contextvars import get_contextvars

from stasis.ari.resource import Request
from stasis.link import Link
from stasis.testing.simulator.machine import Machine

__all__ = ["Left", "Makers", "left_on", "left_text"]

# What can be given a name in a request.
NAMES = ("bridgeId", "channelId", "otherChannelId", "playbackId", "snoopId", "name")
# A room that nobody is in is closed by the next process only: until then it stays.
CLOSING = (
    "What is made by the verbs of a channel is closed for you; what `asterisk.ari` makes, the flow"
    " must close itself, in `ended`"
)


class Left(AssertionError):
    """Something is left on the server, or in the engine, after every caller has gone."""


class Makers:
    """Who has made what: noted from the requests, by the id of the thing."""

    def __init__(self) -> None:
        self._makers: dict[str, str] = {}

    def note(self, request: Request) -> None:
        """A request is sent, in the task of the flow that asks for it."""
        if request.method != "POST":
            return
        whose = get_contextvars()
        flow, state = whose.get("flow", ""), whose.get("state", "")
        maker = f"{flow}.{state}" if flow and state else str(flow)
        if maker:
            ids = [unquote(part) for part in request.path.split("/")]
            ids += [value for name, value in request.query if name in NAMES]
            for each in ids:
                self._makers.setdefault(each, maker)

    def of(self, id: str) -> str:
        """Who has made it, in words; "" when it is not known."""
        maker = self._makers.get(id)
        return f", made in {maker}" if maker else ""


def left_on(machine: Machine, link: Link, makers: Makers) -> list[str]:
    """What is on the server, or waits in the engine, now, in words."""
    rooms = link.calls.rooms.by_id()
    things = [(f"channel {each.id} ({each.name})", each.id) for each in machine.channels.values()]
    things += [
        (
            f"room {each.name!r} with nobody inside" if each.id in rooms else f"bridge {each.id}",
            each.id,
        )
        for each in machine.bridges.values()
        if each.id not in rooms or not each.members
    ]
    things += [(f"playback {each}", each) for each in machine.playbacks]
    things += [(f"recording {each} that runs", each) for each in machine.recordings]
    found = [text + makers.of(id) for text, id in things]
    claims = [(kind, name) for kind, name in link.router.settled() if name not in rooms]
    found += [f"the engine still listens for {kind} {name}" for kind, name in claims]
    waits = link.router.counts()["waits"]
    return found + [f"{waits} waits of a flow that nobody ended"] * bool(waits)


def left_text(found: list[str]) -> str:
    """What `Left` says."""
    made = f". {CLOSING}" if any(", made in " in each for each in found) else ""
    return f"left behind: {'; '.join(found)}{made}"
