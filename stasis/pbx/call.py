"""Calls as they are shown, out of what the manager interface says. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from stasis.ami import events

__all__ = [
    "Call",
    "CallDetails",
    "ChannelVariable",
    "Parked",
    "ParkingLot",
    "calls_of",
    "details_of",
    "known",
    "parked_of",
]

# How Asterisk writes that it has no number or name; a queue writes the second.
UNKNOWN = ("<unknown>", "unknown")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: one side of a call.

    talks_to: the other channels in its bridge. connected_number, connected_name: who it was told
    that it talks to. seconds: how old it is. place: where it is in the dialplan.
    """

    channel: str
    state: str
    caller_number: str
    caller_name: str
    connected_number: str
    seconds: int
    talks_to: Sequence[str]
    application: str
    place: str
    id: str


class CallDetails(msgspec.Struct, frozen=True, kw_only=True):
    """All about a channel.

    talks_to: the other channels in its bridge. seconds: how old it is. codecs: what it has
    agreed on; reads, writes: what Asterisk makes of it now. hangs_up_in: seconds; None: never.
    linked_id: the same for all channels of a call. variables: of the channel.
    """

    channel: str
    state: str
    id: str
    linked_id: str
    caller_number: str
    caller_name: str
    connected_number: str
    connected_name: str
    seconds: int
    bridge: str
    talks_to: Sequence[str]
    application: str
    data: str
    context: str
    extension: str
    priority: int | None
    codecs: str
    reads: str
    writes: str
    language: str
    account: str
    hangs_up_in: int | None
    variables: Mapping[str, str]


class ChannelVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of a channel; its value is "" when it is not set."""

    variable: str
    value: str


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A parked call.

    space: the extension where it is fetched. timeout: seconds left when it was asked, after
    which it rings parker; 0: it waits for ever. seconds: how long it has waited.
    """

    space: str
    lot: str
    channel: str
    caller_number: str
    caller_name: str
    parker: str
    timeout: int
    seconds: int


class ParkingLot(msgspec.Struct, frozen=True, kw_only=True):
    """A parking lot. timeout: seconds until a call rings back."""

    lot: str
    first: int
    last: int
    timeout: int


def calls_of(items: Iterable[events.CoreShowChannel]) -> list[Call]:
    """The channels, those of a call one after the other, the oldest call first."""
    items = sorted(items, key=lambda each: -seconds_of(each.duration))
    first: dict[str, int] = {}
    bridges: dict[str, list[str]] = defaultdict(list)
    for at, each in enumerate(items):
        first.setdefault(each.linkedid, at)
        if each.bridge_id:
            bridges[each.bridge_id].append(each.channel)
    return [
        Call(
            channel=each.channel,
            state=each.channel_state_desc,
            caller_number=known(each.caller_id_num),
            caller_name=known(each.caller_id_name),
            connected_number=known(each.connected_line_num),
            seconds=seconds_of(each.duration),
            talks_to=[name for name in bridges[each.bridge_id] if name != each.channel],
            application=each.app,
            place=f"{each.exten}@{each.context}" if each.exten else each.context,
            id=each.uniqueid,
        )
        for each in sorted(items, key=lambda each: first[each.linkedid])
    ]


def details_of(item: events.Status, calls: Iterable[Call]) -> CallDetails:
    """A channel. calls: all of them, to know who else is in its bridge."""
    pairs = [each.partition("=") for each in item.fields.all("Variable")]
    return CallDetails(
        channel=item.channel,
        state=item.channel_state_desc,
        id=item.uniqueid,
        linked_id=item.linkedid,
        caller_number=known(item.caller_id_num),
        caller_name=known(item.caller_id_name),
        connected_number=known(item.connected_line_num),
        connected_name=known(item.connected_line_name),
        seconds=item.seconds or 0,
        bridge=item.bridge_id,
        talks_to=next((each.talks_to for each in calls if each.channel == item.channel), []),
        application=item.app,
        data=item.data,
        context=item.context,
        extension=item.exten,
        priority=item.priority,
        codecs=item.native_formats,
        reads=item.readformat,
        writes=item.writeformat,
        language=item.language,
        account=item.account_code,
        hangs_up_in=item.time_to_hangup or None,
        variables={name: value for name, _, value in pairs},
    )


def parked_of(item: events.ParkedCall) -> Parked:
    """A parked call."""
    return Parked(
        space=item.parking_space,
        lot=item.parkinglot,
        channel=item.parkee_channel,
        caller_number=known(item.parkee_caller_id_num),
        caller_name=known(item.parkee_caller_id_name),
        parker=item.parker_dial_string,
        timeout=item.parking_timeout or 0,
        seconds=item.parking_duration or 0,
    )


def known(text: str) -> str:
    """A number or a name; "" when Asterisk has none."""
    return "" if text in UNKNOWN else text


def seconds_of(duration: str) -> int:
    """A duration such as 01:02:03 in seconds; 0 for what is none."""
    parts = duration.split(":")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return 0
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total
