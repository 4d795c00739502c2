"""ARI, typed: every operation and every event of Asterisk 16 to 23.

The modules with ARI's plural names are generated (`python -m stasis.ari.generate`) and hold
declarations only; what they stand on is in `resource.py`, `event.py`, `structure.py` and
`version.py`. Nothing here does I/O: requests leave through `Send`.
"""

from __future__ import annotations

from stasis.ari.applications import Applications
from stasis.ari.asterisk import Asterisk
from stasis.ari.bridges import Bridges
from stasis.ari.channels import Channels
from stasis.ari.device_states import DeviceStates
from stasis.ari.endpoints import Endpoints
from stasis.ari.event import Event
from stasis.ari.events import EVENTS, KEYS, Events
from stasis.ari.mailboxes import Mailboxes
from stasis.ari.playbacks import Playbacks
from stasis.ari.recordings import Recordings
from stasis.ari.resource import Request, Resource, Response, Send
from stasis.ari.sounds import Sounds
from stasis.ari.version import Since, Version

__all__ = [
    "EVENTS",
    "KEYS",
    "Applications",
    "Ari",
    "Asterisk",
    "Bridges",
    "Channels",
    "DeviceStates",
    "Endpoints",
    "Event",
    "Events",
    "Mailboxes",
    "Playbacks",
    "Recordings",
    "Request",
    "Resource",
    "Response",
    "Send",
    "Since",
    "Sounds",
    "Version",
]


class Ari:
    """All operations of one Asterisk, by resource.

    send: carries a request to that Asterisk, over HTTP or its WebSocket. version: the server's;
    while it is None nothing is refused for being too new, and the server decides.

    Any operation raises, before sending, InvalidRequest for a value that cannot be sent and
    Unreachable without a connection; OutcomeUnknown when no answer comes; and by the answer
    Unauthorized (401), Forbidden (403, a read-only user), TooLarge (413), ServerError (5xx),
    NotBooted (503), and NotAri when it is no answer of ARI's. What is raised besides these is
    told with each operation. A parameter that takes one or several values takes a string, which
    is one value, or a sequence.
    """

    def __init__(self, send: Send, version: Version | None = None) -> None:
        self.applications = Applications(send)
        self.asterisk = Asterisk(send)
        self.bridges = Bridges(send)
        self.channels = Channels(send)
        self.device_states = DeviceStates(send)
        self.endpoints = Endpoints(send)
        self.events = Events(send)
        self.mailboxes = Mailboxes(send)
        self.playbacks = Playbacks(send)
        self.recordings = Recordings(send)
        self.sounds = Sounds(send)
        self.version = version

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources, in the order of their names."""
        return tuple(each for _, each in sorted(vars(self).items()) if isinstance(each, Resource))

    @property
    def version(self) -> Version | None:
        """The server's version. Setting it, after each connect, sets what is refused from then on."""
        return self.asterisk.version

    @version.setter
    def version(self, version: Version | None) -> None:
        for each in self.resources:
            each.version = version
