"""The manager interface's actions, as classes: those of Asterisk 16 and 22 that a program needs.

Named as Asterisk names them, with its own units; `Ami.action` sends any other by its name. What a
version lacks is answered with `UnknownAction`. `Monitor` is not here: 22 has it no longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from stasis.ami import events
from stasis.ami.action import Action, ListAction, key_of, texts
from stasis.ami.answer import Answer
from stasis.ami.answers import (
    CommandOutput,
    CoreSettingsAnswer,
    CoreStatusAnswer,
    EventsAnswer,
    ExtensionStateAnswer,
    GetConfigAnswer,
    GetvarAnswer,
    ListCommandsAnswer,
    MailboxCountAnswer,
    MailboxStatusAnswer,
    MixMonitorAnswer,
    ModuleCheckAnswer,
    ParkAnswer,
    Pong,
    PresenceStateAnswer,
)
from stasis.ami.errors import InvalidValue
from stasis.ami.writer import variable

__all__ = [
    "AGI",
    "AbsoluteTimeout",
    "AgentLogoff",
    "Agents",
    "Atxfer",
    "BlindTransfer",
    "Bridge",
    "BridgeDestroy",
    "BridgeInfo",
    "BridgeKick",
    "BridgeList",
    "BridgeTechnologyList",
    "CancelAtxfer",
    "Change",
    "Command",
    "ConfbridgeKick",
    "ConfbridgeList",
    "ConfbridgeListRooms",
    "ConfbridgeLock",
    "ConfbridgeMute",
    "ConfbridgeSetSingleVideoSrc",
    "ConfbridgeStartRecord",
    "ConfbridgeStopRecord",
    "ConfbridgeUnlock",
    "ConfbridgeUnmute",
    "ControlPlayback",
    "CoreSettings",
    "CoreShowChannels",
    "CoreStatus",
    "CreateConfig",
    "DBDel",
    "DBDelTree",
    "DBGet",
    "DBGetTree",
    "DBPut",
    "DeviceStateList",
    "DialplanExtensionAdd",
    "DialplanExtensionRemove",
    "Events",
    "ExtensionState",
    "ExtensionStateList",
    "Filter",
    "GetConfig",
    "Getvar",
    "Hangup",
    "HangupMatching",
    "ListCategories",
    "ListCommands",
    "LocalOptimizeAway",
    "LoggerRotate",
    "MailboxCount",
    "MailboxStatus",
    "MessageSend",
    "MixMonitor",
    "MixMonitorMute",
    "ModuleCheck",
    "ModuleLoad",
    "MuteAudio",
    "Originate",
    "PJSIPHangup",
    "PJSIPNotify",
    "PJSIPQualify",
    "PJSIPRegister",
    "PJSIPShowAors",
    "PJSIPShowAuths",
    "PJSIPShowContacts",
    "PJSIPShowEndpoint",
    "PJSIPShowEndpoints",
    "PJSIPShowRegistrationInboundContactStatuses",
    "PJSIPShowRegistrationsInbound",
    "PJSIPShowRegistrationsOutbound",
    "PJSIPShowSubscriptionsInbound",
    "PJSIPShowSubscriptionsOutbound",
    "PJSIPUnregister",
    "Park",
    "ParkedCalls",
    "Parkinglots",
    "Ping",
    "PlayDTMF",
    "PresenceState",
    "PresenceStateList",
    "QueueAdd",
    "QueueChangePriorityCaller",
    "QueueLog",
    "QueueMemberRingInUse",
    "QueuePause",
    "QueuePenalty",
    "QueueReload",
    "QueueRemove",
    "QueueReset",
    "QueueStatus",
    "QueueSummary",
    "QueueWithdrawCaller",
    "Redirect",
    "Reload",
    "SendFlash",
    "SendText",
    "Setvar",
    "ShowDialPlan",
    "Status",
    "StopMixMonitor",
    "UpdateConfig",
    "UserEvent",
    "VoicemailBoxSummary",
    "VoicemailForward",
    "VoicemailMove",
    "VoicemailRefresh",
    "VoicemailRemove",
    "VoicemailUserStatus",
    "VoicemailUsersList",
]


# The connection


class Ping(Action[Pong], frozen=True, kw_only=True):
    """Ask for a sign of life."""


class Events(Action[EventsAnswer], frozen=True, kw_only=True):
    """Choose the classes of events. `Ami.mask` keeps them over reconnects.

    event_mask: `on`, `off`, or some of `system,call,log,verbose,agent,user,config,dtmf,reporting,
    cdr,dialplan,cc,message,test,security,aoc`.
    """

    event_mask: str


class Filter(Action[Answer], frozen=True, kw_only=True):
    """Have Asterisk send only events that match, or not those.

    operation: Add. filter: a pattern; one that begins with ! leaves out. match_criteria: from 22.
    """

    operation: str | None = None
    match_criteria: str | None = None
    filter: str | None = None


class ListCommands(Action[ListCommandsAnswer], frozen=True, kw_only=True):
    """Ask which actions this server has."""


# Calls


class Originate(Action[Answer], frozen=True, kw_only=True):
    """Make a call to an extension (exten, context, priority) or an application (and its data).

    timeout: milliseconds; Asterisk's own are 30,000. variable: set on the channel; values arrive
    as they are. async_: False holds up everything else on the connection until the call is
    answered. pre_dial_go_sub: from 20.
    """

    channel: str
    exten: str | None = None
    context: str | None = None
    priority: str | int | None = None
    application: str | None = None
    data: str | None = None
    timeout: int | None = None
    caller_id: str | None = None
    variable: Mapping[str, str] | None = None
    account: str | None = None
    early_media: bool | None = None
    async_: bool = True
    codecs: str | None = None
    channel_id: str | None = None
    other_channel_id: str | None = None
    pre_dial_go_sub: str | None = None


class Hangup(Action[Answer], frozen=True, kw_only=True):
    """Hang a channel up. cause: of Q.850. A pattern is refused: that is HangupMatching."""

    channel: str
    cause: int | None = None

    def fields(self) -> Iterator[tuple[str, str]]:
        """The channel, which is one, and the cause."""
        if self.channel.startswith("/"):
            raise InvalidValue("Hangup", "Channel: a pattern; HangupMatching takes those")
        return Action.fields(self)


class HangupMatching(ListAction[events.ChannelHungup], frozen=True, kw_only=True):
    """Hang up every channel whose name matches. channel: a pattern like /^PJSIP.alice-.*/."""

    channel: str
    cause: int | None = None

    @classmethod
    def name(cls) -> str:
        """Asterisk has one action for both."""
        return "Hangup"


class Redirect(Action[Answer], frozen=True, kw_only=True):
    """Send a channel, and another with it, to a place in the dialplan."""

    channel: str
    extra_channel: str | None = None
    exten: str
    extra_exten: str | None = None
    context: str
    extra_context: str | None = None
    priority: str | int
    extra_priority: str | int | None = None


class BlindTransfer(Action[Answer], frozen=True, kw_only=True):
    """Transfer who talks with a channel, without asking."""

    channel: str
    context: str | None = None
    exten: str | None = None


class Atxfer(Action[Answer], frozen=True, kw_only=True):
    """Begin an attended transfer for a channel in a bridge."""

    channel: str
    exten: str
    context: str | None = None


class CancelAtxfer(Action[Answer], frozen=True, kw_only=True):
    """End an attended transfer that has not been completed."""

    channel: str


class Bridge(Action[Answer], frozen=True, kw_only=True):
    """Join two channels. tone: who hears one: no, Channel1, Channel2 or Both."""

    channel1: str
    channel2: str
    tone: str | None = None


class Park(Action[ParkAnswer], frozen=True, kw_only=True):
    """Park a call. timeout: milliseconds."""

    channel: str
    timeout_channel: str | None = None
    announce_channel: str | None = None
    timeout: int | None = None
    parkinglot: str | None = None
    parking_space: str | None = None


class ParkedCalls(ListAction[events.ParkedCall], frozen=True, kw_only=True):
    """List who is parked."""

    parking_lot: str | None = None


class Parkinglots(ListAction[events.Parkinglot], frozen=True, kw_only=True):
    """List the parking lots."""


class CoreShowChannels(ListAction[events.CoreShowChannel], frozen=True, kw_only=True):
    """List all channels."""


class Status(ListAction[events.Status], frozen=True, kw_only=True):
    """List channels with all about them.

    variables: names, with commas between; their values are in `fields`.
    """

    channel: str | None = None
    variables: str | None = None
    all_variables: bool | None = None


class AbsoluteTimeout(Action[Answer], frozen=True, kw_only=True):
    """Hang a channel up after so many seconds; 0: never."""

    channel: str
    timeout: int


class Getvar(Action[GetvarAnswer], frozen=True, kw_only=True):
    """Read a variable of a channel, a global one, or a dialplan function."""

    channel: str | None = None
    variable: str


class Setvar(Action[Answer], frozen=True, kw_only=True):
    """Set a variable of a channel, a global one, or by a dialplan function."""

    channel: str | None = None
    variable: str
    value: str


class LocalOptimizeAway(Action[Answer], frozen=True, kw_only=True):
    """Let a Local channel made with /n be optimized away."""

    channel: str


class SendText(Action[Answer], frozen=True, kw_only=True):
    """Send a text to a channel."""

    channel: str
    message: str
    content_type: str | None = None


class PlayDTMF(Action[Answer], frozen=True, kw_only=True):
    """Send a key on a channel.

    duration: milliseconds. receive: as if the channel had pressed it.
    """

    channel: str
    digit: str
    duration: int | None = None
    receive: bool | None = None


class SendFlash(Action[Answer], frozen=True, kw_only=True):
    """Send a hook flash on a channel; from 22."""

    channel: str
    receive: bool | None = None


class MuteAudio(Action[Answer], frozen=True, kw_only=True):
    """Mute a channel. direction: in, out or all."""

    booleans = ("on", "off")
    channel: str
    direction: str
    state: bool


class ControlPlayback(Action[Answer], frozen=True, kw_only=True):
    """Steer a ControlPlayback on a channel. control: stop, forward, reverse, pause or restart."""

    channel: str
    control: str


class MessageSend(Action[Answer], frozen=True, kw_only=True):
    """Send a message outside of a call."""

    destination: str | None = None
    to: str | None = None
    from_: str | None = None
    body: str | None = None
    base64_body: str | None = None
    variable: Mapping[str, str] | None = None


class UserEvent(Action[Answer], frozen=True, kw_only=True):
    """Make an event that all clients with the class `user` hear. headers: its own fields."""

    user_event: str
    headers: Mapping[str, str] = {}

    def fields(self) -> Iterator[tuple[str, str]]:
        """Its name, and its own fields as they are given."""
        yield "UserEvent", self.user_event
        for key, value in self.headers.items():
            if key.lower() in ("action", "actionid", "userevent"):
                raise InvalidValue("UserEvent", f"{key} cannot be a field of a user event")
            yield key, value


# Bridges


class BridgeList(ListAction[events.BridgeListItem], frozen=True, kw_only=True):
    """List all bridges."""

    bridge_type: str | None = None


class BridgeInfo(ListAction[events.BridgeInfoChannel], frozen=True, kw_only=True):
    """List the channels in a bridge; more of it is in the list's `end`."""

    bridge_uniqueid: str


class BridgeDestroy(Action[Answer], frozen=True, kw_only=True):
    """End a bridge."""

    bridge_uniqueid: str


class BridgeKick(Action[Answer], frozen=True, kw_only=True):
    """Put a channel out of a bridge."""

    bridge_uniqueid: str | None = None
    channel: str


class BridgeTechnologyList(ListAction[events.BridgeTechnologyListItem], frozen=True, kw_only=True):
    """List the ways to mix."""


# Queues


class QueueAdd(Action[Answer], frozen=True, kw_only=True):
    """Add a member to a queue. reason: why it is paused; from 22."""

    queue: str
    interface: str
    penalty: int | None = None
    paused: bool | None = None
    reason: str | None = None
    member_name: str | None = None
    state_interface: str | None = None


class QueueRemove(Action[Answer], frozen=True, kw_only=True):
    """Take a member out of a queue."""

    queue: str
    interface: str


class QueuePause(Action[Answer], frozen=True, kw_only=True):
    """Pause a member, or no longer; without a queue in all of them."""

    interface: str
    paused: bool
    queue: str | None = None
    reason: str | None = None


class QueuePenalty(Action[Answer], frozen=True, kw_only=True):
    """Set a member's penalty."""

    interface: str
    penalty: int
    queue: str | None = None


class QueueMemberRingInUse(Action[Answer], frozen=True, kw_only=True):
    """Whether a member rings while its device is in use."""

    interface: str
    ring_in_use: bool
    queue: str | None = None


class QueueStatus(
    ListAction[events.QueueParams | events.QueueMember | events.QueueEntry],
    frozen=True,
    kw_only=True,
):
    """List queues, each followed by its members and its callers."""

    queue: str | None = None
    member: str | None = None


class QueueSummary(ListAction[events.QueueSummary], frozen=True, kw_only=True):
    """List queues in numbers."""

    queue: str | None = None


class QueueLog(Action[Answer], frozen=True, kw_only=True):
    """Write into the queue log."""

    queue: str
    event: str
    uniqueid: str | None = None
    interface: str | None = None
    message: str | None = None


class QueueReload(Action[Answer], frozen=True, kw_only=True):
    """Read queues.conf again."""

    booleans = ("yes", "no")
    queue: str | None = None
    members: bool | None = None
    rules: bool | None = None
    parameters: bool | None = None


class QueueReset(Action[Answer], frozen=True, kw_only=True):
    """Begin a queue's statistics anew."""

    queue: str | None = None


class QueueChangePriorityCaller(Action[Answer], frozen=True, kw_only=True):
    """Change a caller's priority."""

    queue: str
    caller: str
    priority: int
    immediate: bool | None = None


class QueueWithdrawCaller(Action[Answer], frozen=True, kw_only=True):
    """Send a waiting caller back to the dialplan."""

    queue: str
    caller: str
    withdraw_info: str | None = None


class Agents(ListAction[events.Agents], frozen=True, kw_only=True):
    """List the agents."""


class AgentLogoff(Action[Answer], frozen=True, kw_only=True):
    """Log an agent off. soft: not before the call is over."""

    agent: str
    soft: bool | None = None


# Conferences


class ConfbridgeList(ListAction[events.ConfbridgeList], frozen=True, kw_only=True):
    """List who is in a conference."""

    empty = ("no active conferences",)
    conference: str


class ConfbridgeListRooms(ListAction[events.ConfbridgeListRooms], frozen=True, kw_only=True):
    """List the conferences."""

    empty = ("no active conferences",)


class ConfbridgeKick(Action[Answer], frozen=True, kw_only=True):
    """Put somebody out; channel may be all or participants."""

    conference: str
    channel: str


class ConfbridgeMute(Action[Answer], frozen=True, kw_only=True):
    """Mute somebody; channel may be all or participants."""

    conference: str
    channel: str


class ConfbridgeUnmute(Action[Answer], frozen=True, kw_only=True):
    """Let somebody be heard again."""

    conference: str
    channel: str


class ConfbridgeLock(Action[Answer], frozen=True, kw_only=True):
    """Let nobody else in."""

    conference: str


class ConfbridgeUnlock(Action[Answer], frozen=True, kw_only=True):
    """Let others in again."""

    conference: str


class ConfbridgeStartRecord(Action[Answer], frozen=True, kw_only=True):
    """Record a conference."""

    conference: str
    record_file: str | None = None


class ConfbridgeStopRecord(Action[Answer], frozen=True, kw_only=True):
    """Record a conference no longer."""

    conference: str


class ConfbridgeSetSingleVideoSrc(Action[Answer], frozen=True, kw_only=True):
    """Show everybody one video."""

    conference: str
    channel: str


# Voicemail


class MailboxCount(Action[MailboxCountAnswer], frozen=True, kw_only=True):
    """Count a mailbox's messages. mailbox: NUMBER@CONTEXT."""

    mailbox: str


class MailboxStatus(Action[MailboxStatusAnswer], frozen=True, kw_only=True):
    """Whether a mailbox has new messages."""

    mailbox: str


class VoicemailUsersList(ListAction[events.VoicemailUserEntry], frozen=True, kw_only=True):
    """List the mailboxes; needs app_voicemail."""

    empty = ("there are no voicemail users",)


class VoicemailUserStatus(ListAction[events.VoicemailUserDetail], frozen=True, kw_only=True):
    """One mailbox; needs app_voicemail."""

    context: str
    mailbox: str


class VoicemailRefresh(Action[Answer], frozen=True, kw_only=True):
    """Count messages anew, after files were changed."""

    context: str | None = None
    mailbox: str | None = None


class VoicemailBoxSummary(ListAction[events.VoicemailBoxDetail], frozen=True, kw_only=True):
    """List a mailbox's messages; from 18.20 and 20.5."""

    context: str
    mailbox: str


class VoicemailMove(Action[Answer], frozen=True, kw_only=True):
    """Move a message; from 18.20 and 20.5."""

    context: str
    mailbox: str
    folder: str
    id: str
    to_folder: str


class VoicemailRemove(Action[Answer], frozen=True, kw_only=True):
    """Delete a message; from 18.20 and 20.5."""

    context: str
    mailbox: str
    folder: str
    id: str


class VoicemailForward(Action[Answer], frozen=True, kw_only=True):
    """Copy a message to another mailbox; from 18.20 and 20.5."""

    context: str
    mailbox: str
    folder: str
    id: str
    to_context: str
    to_mailbox: str
    to_folder: str


# Endpoints and trunks


class PJSIPShowEndpoints(ListAction[events.EndpointList], frozen=True, kw_only=True):
    """List the endpoints."""

    empty = ("no endpoints found",)


class PJSIPShowEndpoint(
    ListAction[
        events.EndpointDetail
        | events.AorDetail
        | events.AuthDetail
        | events.TransportDetail
        | events.IdentifyDetail
        | events.ContactStatusDetail
    ],
    frozen=True,
    kw_only=True,
):
    """Everything about an endpoint."""

    endpoint: str


class PJSIPShowAors(ListAction[events.AorList], frozen=True, kw_only=True):
    """List the addresses of record."""

    empty = ("no aors found",)


class PJSIPShowAuths(ListAction[events.AuthList], frozen=True, kw_only=True):
    """List how endpoints log in."""

    empty = ("no authobjects found", "no auths found")


class PJSIPShowContacts(ListAction[events.ContactList], frozen=True, kw_only=True):
    """List where phones can be reached."""

    empty = ("no contacts found",)


class PJSIPShowRegistrationsInbound(
    ListAction[events.InboundRegistrationDetail], frozen=True, kw_only=True
):
    """List which addresses of record phones may register."""


class PJSIPShowRegistrationInboundContactStatuses(
    ListAction[events.ContactStatusDetail], frozen=True, kw_only=True
):
    """List the registered phones and whether they answer."""


class PJSIPShowRegistrationsOutbound(
    ListAction[events.OutboundRegistrationDetail | events.AuthDetail], frozen=True, kw_only=True
):
    """List our registrations with other servers."""


class PJSIPShowSubscriptionsInbound(
    ListAction[events.InboundSubscriptionDetail], frozen=True, kw_only=True
):
    """List who has subscribed to us."""


class PJSIPShowSubscriptionsOutbound(
    ListAction[events.OutboundSubscriptionDetail], frozen=True, kw_only=True
):
    """List what we have subscribed to."""


class PJSIPQualify(Action[Answer], frozen=True, kw_only=True):
    """Ask an endpoint's phones for a sign of life."""

    endpoint: str


class PJSIPRegister(Action[Answer], frozen=True, kw_only=True):
    """Register with another server now."""

    registration: str


class PJSIPUnregister(Action[Answer], frozen=True, kw_only=True):
    """End a registration with another server."""

    registration: str


class PJSIPNotify(Action[Answer], frozen=True, kw_only=True):
    """Send an endpoint's phones a NOTIFY outside of a call; needs res_pjsip_notify.

    headers: name and value each; those named `Content` are the lines of its body.
    """

    endpoint: str
    headers: Sequence[tuple[str, str]]

    def fields(self) -> Iterator[tuple[str, str]]:
        """The endpoint, and a `Variable` for each header: a name may stand more than once."""
        yield "Endpoint", self.endpoint
        for name, value in self.headers:
            yield "Variable", variable(name, value)


class PJSIPHangup(Action[Answer], frozen=True, kw_only=True):
    """Hang a PJSIP channel up with a SIP status; from 22."""

    channel: str
    cause: int


class DeviceStateList(ListAction[events.DeviceStateChange], frozen=True, kw_only=True):
    """List the states of devices."""


class ExtensionState(Action[ExtensionStateAnswer], frozen=True, kw_only=True):
    """The state of a hint."""

    exten: str
    context: str


class ExtensionStateList(ListAction[events.ExtensionStatus], frozen=True, kw_only=True):
    """List the states of hints."""


class PresenceState(Action[PresenceStateAnswer], frozen=True, kw_only=True):
    """Somebody's presence."""

    provider: str


class PresenceStateList(ListAction[events.PresenceStateChange], frozen=True, kw_only=True):
    """List the presences."""


# Recording


class MixMonitor(Action[MixMonitorAnswer], frozen=True, kw_only=True):
    """Record a channel.

    file: with its ending; a path that is not absolute is below the monitor folder. command: a
    shell command of the server, run at the end.
    """

    channel: str
    file: str | None = None
    options: str | None = None
    command: str | None = None


class MixMonitorMute(Action[Answer], frozen=True, kw_only=True):
    """Mute a recording. direction: read, write or both."""

    booleans = ("1", "0")
    channel: str
    direction: str | None = None
    state: bool


class StopMixMonitor(Action[Answer], frozen=True, kw_only=True):
    """Stop a recording."""

    channel: str
    mix_monitor_id: str | None = None


# The database


class DBGet(ListAction[events.DBGetResponse], frozen=True, kw_only=True):
    """Read an entry."""

    family: str
    key: str


class DBGetTree(ListAction[events.DBGetTreeResponse], frozen=True, kw_only=True):
    """List entries."""

    empty = ("database entry not found",)
    family: str | None = None
    key: str | None = None


class DBPut(Action[Answer], frozen=True, kw_only=True):
    """Write an entry."""

    family: str
    key: str
    val: str | None = None


class DBDel(Action[Answer], frozen=True, kw_only=True):
    """Delete an entry."""

    family: str
    key: str


class DBDelTree(Action[Answer], frozen=True, kw_only=True):
    """Delete a family, or what is below a key of it."""

    family: str
    key: str | None = None


# AGI


class AGI(Action[Answer], frozen=True, kw_only=True):
    """Have a channel in AGI(agi:async) run a command; its end is told by AsyncAGIExec."""

    channel: str
    command: str
    command_id: str | None = None


# The system


class Command(Action[CommandOutput], frozen=True, kw_only=True):
    """Run a line of Asterisk's own command line. A line it does not know is an ActionFailed."""

    seconds = 60.0
    command: str


class CoreSettings(Action[CoreSettingsAnswer], frozen=True, kw_only=True):
    """Versions and limits."""


class CoreStatus(Action[CoreStatusAnswer], frozen=True, kw_only=True):
    """When it started, and how many calls there are."""


class Reload(Action[Answer], frozen=True, kw_only=True):
    """Read configuration again: of a module, or all."""

    seconds = 60.0
    module: str | None = None


class ModuleCheck(Action[ModuleCheckAnswer], frozen=True, kw_only=True):
    """Whether a module is loaded: NoSuch if not."""

    module: str


class ModuleLoad(Action[Answer], frozen=True, kw_only=True):
    """Load a module. load_type: load, unload, reload or refresh."""

    seconds = 60.0
    module: str | None = None
    load_type: str
    recursive: bool | None = None


class LoggerRotate(Action[Answer], frozen=True, kw_only=True):
    """Begin new log files."""


class GetConfig(Action[GetConfigAnswer], frozen=True, kw_only=True):
    """Read a configuration file, secrets too."""

    filename: str
    category: str | None = None
    filter: str | None = None


class ListCategories(Action[Answer], frozen=True, kw_only=True):
    """List a configuration file's sections."""

    filename: str


class CreateConfig(Action[Answer], frozen=True, kw_only=True):
    """Make an empty configuration file."""

    filename: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a configuration file.

    action: NewCat, RenameCat, DelCat, EmptyCat, Update, Delete, Append or Insert. cat: the
    section. var, value: the line. match: only a line with this value. line: its number.
    """

    action: str
    cat: str
    var: str | None = None
    value: str | None = None
    match: str | None = None
    line: str | None = None
    options: str | None = None

    def __repr__(self) -> str:
        return f"Change({self.action} {self.cat})"


class UpdateConfig(Action[Answer], frozen=True, kw_only=True):
    """Change a configuration file.

    changes: made in this order, all or none. reload: the module to read it again.
    """

    seconds = 30.0
    src_filename: str
    dst_filename: str
    reload: str | None = None
    changes: Sequence[Change] = ()

    def fields(self) -> Iterator[tuple[str, str]]:
        """The files, and each change with its number."""
        yield "SrcFilename", self.src_filename
        yield "DstFilename", self.dst_filename
        if self.reload is not None:
            yield "Reload", self.reload
        for number, change in enumerate(self.changes):
            for name in change.__struct_fields__:
                for key, value in texts(key_of(name), getattr(change, name)):
                    yield f"{key}-{number:06}", value


class ShowDialPlan(ListAction[events.ListDialplan], frozen=True, kw_only=True):
    """List the dialplan."""

    extension: str | None = None
    context: str | None = None


class DialplanExtensionAdd(Action[Answer], frozen=True, kw_only=True):
    """Add a step to the dialplan; a reload forgets it."""

    context: str
    extension: str
    priority: str | int
    application: str
    application_data: str | None = None
    replace: bool | None = None


class DialplanExtensionRemove(Action[Answer], frozen=True, kw_only=True):
    """Take an extension out of the dialplan."""

    context: str
    extension: str
    priority: str | int | None = None
