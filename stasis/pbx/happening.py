"""What happens in an Asterisk, in one shape whichever way it is told. Pure.

Rules: every event has one group, by its name and its classes. What stands in it is told as it
came, but secrets are `***`. AMI and ARI tell many things twice, each in its own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import msgspec
from attrs import field, frozen

from stasis.ami import AmiEvent
from stasis.ari.event import Event
from stasis.pbx.mask import ASSIGNED, HIDDEN, names_secret

__all__ = [
    "ALL",
    "EVENT_GROUPS",
    "NOTES",
    "Choice",
    "EventGroup",
    "Happening",
    "Source",
    "group_of",
    "happening",
]

Source: TypeAlias = Literal["ami", "ari"]
EventGroup: TypeAlias = Literal[
    "calls",
    "dialplan",
    "moh",
    "queues",
    "voicemail",
    "endpoints",
    "trunks",
    "cdr",
    "recordings",
    "playback",
    "confbridge",
    "features",
    "security",
    "rtp",
    "system",
]

# The group by how an event's name begins; the longest that fits counts.
BEGINNINGS: Mapping[str, EventGroup] = {
    "AGIExec": "dialplan",
    "Agent": "queues",
    "AorDetail": "endpoints",
    "AsyncAGI": "dialplan",
    "CEL": "cdr",
    "Cdr": "cdr",
    "ChannelDialplan": "dialplan",
    "ChannelUserevent": "dialplan",
    "ChannelVarset": "dialplan",
    "Confbridge": "confbridge",
    "Contact": "endpoints",
    "DeviceState": "endpoints",
    "Endpoint": "endpoints",
    "ExtensionStatus": "endpoints",
    "MWI": "voicemail",
    "MessageWaiting": "voicemail",
    "MixMonitor": "recordings",
    "MusicOnHold": "moh",
    "Newexten": "dialplan",
    "Park": "features",
    "Peer": "endpoints",
    "Pickup": "features",
    "Playback": "playback",
    "Presence": "endpoints",
    "QueueCaller": "queues",
    "Queue": "queues",
    "RTCP": "rtp",
    "Record": "recordings",
    "Registry": "trunks",
    "TextMessage": "endpoints",
    "Unpark": "features",
    "UserEvent": "dialplan",
    "VarSet": "dialplan",
    "VoicemailPasswordChange": "voicemail",
}
# The group by a class of the manager interface, for names that are not above.
CLASSES: Mapping[str, EventGroup] = {
    "security": "security",
    "agent": "queues",
    "cdr": "cdr",
    "cc": "features",
    "dialplan": "dialplan",
    "call": "calls",
}
# The classes by which the manager interface tells of a group; of playback it tells nothing.
TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "calls": ("call",),
    "dialplan": ("dialplan",),
    "moh": ("call",),
    "queues": ("agent",),
    "voicemail": ("call",),
    "endpoints": ("call", "system"),
    "trunks": ("system",),
    "cdr": ("cdr",),
    "recordings": ("call",),
    "playback": (),
    "confbridge": ("call",),
    "features": ("call",),
    "security": ("security",),
    "rtp": ("reporting",),
    "system": ("system",),
}
# The groups of which ARI tells.
TOLD_BY_ARI = frozenset({"calls", "dialplan", "endpoints", "playback", "recordings", "system"})
# ARI's events have no classes; those that do not begin so are of the system.
OF_CALLS = ("Bridge", "Channel", "Dial", "Stasis", "Call")

# What a line for people says, in this order, of the manager interface's fields.
SAID = (
    "Queue", "MemberName", "Interface", "Conference", "Mailbox", "New", "Old", "Peer", "PeerStatus",
    "AOR", "URI", "ContactStatus", "Domain", "Status", "Device", "State", "AccountID", "Service",
    "RemoteAddress", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ChannelStateDesc",
    "Context", "Exten", "DestChannel", "DialStatus", "DialString", "BridgeUniqueid", "BridgeType",
    "BridgeTechnology", "Application", "AppData", "Variable", "Value", "Digit", "Cause",
    "Cause-txt", "Reason", "Response", "Paused", "Pausedreason", "Penalty", "Position", "Count",
    "Class", "ParkingSpace", "Parkinglot", "UserEvent", "Source", "Destination", "Duration",
    "BillableSeconds", "Disposition", "EventName", "Module", "Message",
)  # fmt: skip
# Fields of the manager interface that name a channel, or are its id.
CHANNELS = (
    "Channel", "Uniqueid", "DestChannel", "DestUniqueid", "UniqueID", "DestinationChannel",
    "Channel1", "Channel2", "Uniqueid1", "Uniqueid2", "TransfererChannel", "TransfererUniqueid",
    "TransfereeChannel", "TransfereeUniqueid", "ParkeeChannel", "ParkeeUniqueid", "LocalOneChannel",
    "LocalTwoChannel", "TargetChannel",
)  # fmt: skip
# Of the events themselves: they are told to everybody.
NOTES = frozenset({"Gap", "Missed", "Lost"})
# Applications whose first argument is a PIN.
PINS = frozenset({"authenticate", "disa"})
# In a variable's name, beside what `names_secret` knows: who calls may have entered it.
ENTERED = ("pin", "auth")

EVENT_GROUPS: frozenset[str] = frozenset(
    {*BEGINNINGS.values(), *CLASSES.values(), "system", "calls"}
)
"""All groups that an event may have."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event. time: of the server, where it says it, else when it came. server: of which
    Asterisk, by its name. source: which way it came; of both where neither has said it.

    type: as Asterisk names it; `Gap` and `Missed` where events are missing, `Lost` where one way
    is not there. channel: the name of the channel, or empty. what: for people. fields: all that
    was said.
    """

    time: datetime
    server: str
    source: Literal["ami", "ari", "both"]
    type: str
    group: EventGroup
    channel: str
    what: str
    fields: dict[str, Any]

    def about(self) -> Iterator[str]:
        """The names and ids of all channels that it is about."""
        if self.source == "ami":
            for key in CHANNELS:
                if value := self.fields.get(key):
                    yield str(value)
            return
        for value in self.fields.values():
            if isinstance(value, dict):
                yield from (str(value[key]) for key in ("name", "id") if key in value)


def tuple_of(words: Iterable[str]) -> tuple[str, ...]:
    """Words in their order."""
    return tuple(words)


@frozen
class Choice:
    """Which events are wanted; empty is all. `Gap`, `Missed` and `Lost` always come.

    source: one way only. types: patterns of names, such as `Queue*`. channel: a pattern of a
    channel's name, or its id; `PJSIP/alice` is each of this endpoint. groups: of those only.
    """

    source: Source | Literal[""] = ""
    types: tuple[str, ...] = field(default=(), converter=tuple_of)
    channel: str = ""
    groups: tuple[str, ...] = field(default=(), converter=tuple_of)

    def classes(self) -> list[str]:
        """The classes that the manager interface must tell for the groups that were chosen."""
        return sorted({each for group in self.groups for each in TOLD_BY[group]})

    def comes_by(self, source: Source) -> bool:
        """Whether anything of the groups that were chosen comes this way."""
        told = TOLD_BY_ARI if source == "ari" else {each for each in TOLD_BY if TOLD_BY[each]}
        return not self.groups or not told.isdisjoint(self.groups)

    def named(self, type: str, group: str) -> bool:
        """Whether events of this name and group are wanted, whatever their channel."""
        if self.groups and group not in self.groups:
            return False
        return not self.types or any(fnmatchcase(type, each) for each in self.types)

    def of_channel(self, happening: Happening) -> bool:
        """Whether it is about the channel that is wanted."""
        return not self.channel or any(fits(each, self.channel) for each in happening.about())

    def takes(self, happening: Happening) -> bool:
        """Whether an event is wanted."""
        return happening.type in NOTES or (
            self.source in ("", happening.source)
            and self.named(happening.type, happening.group)
            and self.of_channel(happening)
        )


ALL = Choice()
"""Everything."""


def fits(name: str, pattern: str) -> bool:
    """Whether a channel's name is one of a pattern, or of an endpoint: `PJSIP/alice`."""
    # The last part alone is Asterisk's: PJSIP/alice-home-0000002a is none of PJSIP/alice.
    return name.rpartition("-")[0] == pattern or fnmatchcase(name, pattern)


@lru_cache(4096)
def group_of(type: str, privilege: str, source: Source) -> EventGroup:
    """The group of an event. privilege: its classes, of the manager interface."""
    classes = privilege.split(",")
    if "security" in classes:
        return "security"
    for length in range(len(type), 1, -1):
        if (found := BEGINNINGS.get(type[:length])) is not None:
            return found
    if source == "ari":
        return "calls" if type.startswith(OF_CALLS) else "system"
    return next((CLASSES[each] for each in classes if each in CLASSES), "system")


def happening(event: AmiEvent | Event, server: str, came: datetime | None = None) -> Happening:
    """An event as it is told. server: the Asterisk's name. came: when; None: now."""
    if isinstance(event, AmiEvent):
        return of_ami(event, server, came or datetime.now(UTC))
    return of_ari(event, server, came or datetime.now(UTC))


def of_ami(event: AmiEvent, server: str, came: datetime) -> Happening:
    """An event of the manager interface."""
    fields = event.raw
    if "Variable" in fields and secret(str(fields["Variable"])):
        fields["Value"] = HIDDEN
    hide(fields, "Application", "AppData")
    hide(fields, "LastApplication", "LastData")
    if isinstance(own := fields.get("ChanVariable"), list):  # of `channelvars` in manager.conf
        fields["ChanVariable"] = [unset(each) for each in own]
    elif own:
        fields["ChanVariable"] = unset(str(own))
    said = [f"{key}={value}" for key in SAID if told(value := fields.get(key))]
    channel = fields.get("Channel") or fields.get("DestChannel") or ""
    return Happening(
        time=event.timestamp or came,
        server=server,
        source="ami",
        type=event.type,
        group=group_of(event.type, event.privilege, "ami"),
        channel=str(channel),
        what=" ".join(said),
        fields=fields,
    )


def of_ari(event: Event, server: str, came: datetime) -> Happening:
    """An event of ARI."""
    fields = event.raw
    if secret(str(fields.get("variable", ""))):
        fields["value"] = HIDDEN
    hide(fields, "dialplan_app", "dialplan_app_data")
    for each in fields.values():
        if isinstance(each, dict) and isinstance(at := each.get("dialplan"), dict):
            hide(at, "app_name", "app_data")
        if isinstance(each, dict) and isinstance(own := each.get("channelvars"), dict):
            each["channelvars"] = {k: HIDDEN if v and secret(k) else v for k, v in own.items()}
    type = event.type
    channel = fields.get("channel") or fields.get("peer") or {}
    return Happening(
        time=event.timestamp or came,
        server=server,
        source="ari",
        type=type,
        group=group_of(type, "", "ari"),
        channel=str(channel.get("name", "")) if isinstance(channel, dict) else "",
        what=" ".join(words(fields)),
        fields=fields,
    )


def words(fields: Mapping[str, Any]) -> Iterator[str]:
    """What is said of ARI's fields: plain ones as they are, of objects what they are called."""
    for key, value in fields.items():
        if key in ("type", "timestamp", "application", "asterisk_id"):
            continue
        if isinstance(value, dict):
            if key != "channel" and (name := value.get("name") or value.get("id")):
                yield f"{key}={name}"
            if "state" in value:
                yield f"state={value['state']}"
        elif told(value) and not isinstance(value, list):
            yield f"{key}={value}"


def told(value: object) -> bool:
    """Whether a field says something."""
    return value not in (None, "", "<unknown>")


def hide(fields: dict[str, Any], application: str, data: str) -> None:
    """Hide the secrets in an application's arguments."""
    if data in fields:
        fields[data] = arguments(str(fields.get(application, "")), str(fields[data]))


def arguments(application: str, data: str) -> str:
    """An application's arguments without PINs, and without the values of secret variables."""
    low = application.lower()
    if low in PINS and data:
        return "".join((HIDDEN, *data.partition(",")[1:]))
    if low == "set":
        return unset(data)
    if low == "mset":
        return ",".join(map(unset, data.split(",")))
    return ASSIGNED.sub(rf"\1{HIDDEN}", data)


def unset(assigned: str) -> str:
    """NAME=VALUE, without the value when it is a secret."""
    name, equals, _ = assigned.partition("=")
    return f"{name}={HIDDEN}" if equals and secret(name) else assigned


def secret(variable: str) -> bool:
    """Whether a variable of that name is shown to nobody."""
    low = variable.lower()
    return names_secret(variable) or any(word in low for word in ENTERED)
