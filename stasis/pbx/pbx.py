"""`Pbx`: everything about a PBX, one method each, over whichever way has it."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType

from stasis.ami import Ami
from stasis.ari import Ari
from stasis.config import AsteriskConfig
from stasis.pbx.astdb import AstDb
from stasis.pbx.calls import Calls
from stasis.pbx.cdr import Cdr
from stasis.pbx.command import Commands
from stasis.pbx.confbridge import ConfBridge
from stasis.pbx.configuration import Configuration
from stasis.pbx.diagnostics import Diagnostics
from stasis.pbx.endpoints import Endpoints
from stasis.pbx.events import Events
from stasis.pbx.features import Features
from stasis.pbx.group import Group
from stasis.pbx.metrics import Metrics
from stasis.pbx.moh import Moh
from stasis.pbx.playback import Playback
from stasis.pbx.queues import Queues
from stasis.pbx.realtime import Realtime
from stasis.pbx.recordings import Recordings
from stasis.pbx.security import Security
from stasis.pbx.system import System
from stasis.pbx.transports import Transports
from stasis.pbx.trunks import Trunks
from stasis.pbx.voicemail import Voicemail
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
    def calls(self) -> Calls:
        """Calls: made, hung up, transferred, parked, listed."""
        return Calls(self.ways)

    @cached_property
    def astdb(self) -> AstDb:
        """Asterisk's own database."""
        return AstDb(self.ways)

    @cached_property
    def recordings(self) -> Recordings:
        """Recordings of channels, and what is stored."""
        return Recordings(self.ways)

    @cached_property
    def playback(self) -> Playback:
        """Sounds, numbers and times, to any channel."""
        return Playback(self.ways)

    @cached_property
    def confbridge(self) -> ConfBridge:
        """Asterisk's own conferences."""
        return ConfBridge(self.ways)

    @cached_property
    def voicemail(self) -> Voicemail:
        """Mailboxes and their messages."""
        return Voicemail(self.ways)

    @cached_property
    def endpoints(self) -> Endpoints:
        """SIP endpoints: phones and trunks."""
        return Endpoints(self.ways)

    @cached_property
    def trunks(self) -> Trunks:
        """Other servers, and the registrations with them."""
        return Trunks(self.ways)

    @cached_property
    def events(self) -> Events:
        """What happens, by AMI and ARI together."""
        return Events(self.ways)

    @cached_property
    def cdr(self) -> Cdr:
        """Call detail records."""
        return Cdr(self.ways)

    @cached_property
    def realtime(self) -> Realtime:
        """What Asterisk reads from a database."""
        return Realtime(self.ways)

    @cached_property
    def security(self) -> Security:
        """Who failed to log in, and what keeps them out."""
        return Security(self.ways)

    @cached_property
    def diagnostics(self) -> Diagnostics:
        """Logs, captures, and the support archive."""
        return Diagnostics(self.ways)

    @cached_property
    def system(self) -> System:
        """Asterisk itself: version, modules, restart."""
        return System(self.ways)

    @cached_property
    def metrics(self) -> Metrics:
        """Prometheus' numbers."""
        return Metrics(self.ways)

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration files, and what is wrong in them."""
        return Configuration(self.ways)

    @cached_property
    def transports(self) -> Transports:
        """Where SIP is listened for, TLS, and what browsers need."""
        return Transports(self.ways)

    @cached_property
    def moh(self) -> Moh:
        """Music on hold."""
        return Moh(self.ways)

    @cached_property
    def queues(self) -> Queues:
        """Queues, their members and callers."""
        return Queues(self.ways)

    @cached_property
    def features(self) -> Features:
        """Feature codes, and picking up."""
        return Features(self.ways)

    @cached_property
    def command(self) -> Commands:
        """Asterisk's own command line."""
        return Commands(self.ways)


GROUPS: tuple[type[Group], ...] = (
    Calls,
    Moh,
    Queues,
    Voicemail,
    Endpoints,
    Trunks,
    Cdr,
    Recordings,
    Playback,
    ConfBridge,
    Events,
    Features,
    Security,
    AstDb,
    Realtime,
    Diagnostics,
    Transports,
    System,
    Metrics,
    Configuration,
    Commands,
)
"""All groups, in the order of the guide."""
