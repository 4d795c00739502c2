"""Queues, their members and their callers as they are shown, out of QueueStatus. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from stasis.ami import AmiEvent, events
from stasis.pbx.call import known

__all__ = [
    "QueueCaller",
    "QueueDetails",
    "QueueInfo",
    "QueueMember",
    "QueueSummary",
    "queues_of",
    "summary_of",
]

# The states of a device, as Asterisk numbers them, in the words of its command line.
STATES: Mapping[int | None, str] = {
    0: "Unknown",
    1: "Not in use",
    2: "In use",
    3: "Busy",
    4: "Invalid",
    5: "Unavailable",
    6: "Ringing",
    7: "Ring+Inuse",
    8: "On Hold",
}


class QueueInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A queue in numbers, since its statistics began.

    waiting: callers now. completed, abandoned: calls that were talked, and given up. hold_time,
    talk_time: seconds on the average. in_time: percent that were answered within service_level
    seconds.
    """

    queue: str
    strategy: str
    members: int
    waiting: int
    completed: int
    abandoned: int
    hold_time: int
    talk_time: int
    in_time: float
    service_level: int


class QueueMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a queue.

    interface: what rings. status: of its device: Not in use, Ringing, Unavailable … penalty: the
    lower, the sooner it rings. calls: taken in this queue. membership: `dynamic` (added while
    Asterisk runs), `static` (of the file) or `realtime`.
    """

    queue: str
    interface: str
    name: str
    status: str
    paused: bool
    reason: str
    penalty: int
    calls: int
    last_call: datetime | None
    membership: str


class QueueCaller(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who waits. position: the first is 1. seconds: waited already."""

    queue: str
    position: int
    channel: str
    caller_number: str
    caller_name: str
    seconds: int
    priority: int


class QueueDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A queue with its members and who waits."""

    info: QueueInfo
    members: Sequence[QueueMember]
    callers: Sequence[QueueCaller]


class QueueSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A queue now. logged_in: members that can be reached and are not paused. available: of them,
    those who could take a call. hold_time, talk_time: seconds on the average. longest_wait: of who
    waits now.
    """

    queue: str
    logged_in: int
    available: int
    waiting: int
    hold_time: int
    talk_time: int
    longest_wait: int


def queues_of(items: Iterable[AmiEvent]) -> list[QueueDetails]:
    """What QueueStatus lists."""
    listed = list(items)
    members = [member_of(each) for each in listed if isinstance(each, events.QueueMember)]
    callers = [caller_of(each) for each in listed if isinstance(each, events.QueueEntry)]
    found = []
    for each in listed:
        if isinstance(each, events.QueueParams):
            mine = [member for member in members if member.queue == each.queue]
            found.append(
                QueueDetails(
                    info=info_of(each, len(mine)),
                    members=mine,
                    callers=[caller for caller in callers if caller.queue == each.queue],
                )
            )
    return found


def info_of(item: events.QueueParams, members: int) -> QueueInfo:
    """A queue of the list."""
    return QueueInfo(
        queue=item.queue,
        strategy=item.strategy,
        members=members,
        waiting=item.calls or 0,
        completed=item.completed or 0,
        abandoned=item.abandoned or 0,
        hold_time=item.holdtime or 0,
        talk_time=item.talk_time or 0,
        in_time=item.servicelevel_perf or 0.0,
        service_level=item.service_level or 0,
    )


def member_of(item: events.QueueMember) -> QueueMember:
    """A member of the list."""
    return QueueMember(
        queue=item.queue,
        interface=item.location,
        name=item.name,
        status=STATES.get(item.status, str(item.status)),
        paused=bool(item.paused),
        reason=item.paused_reason,
        penalty=item.penalty or 0,
        calls=item.calls_taken or 0,
        last_call=datetime.fromtimestamp(item.last_call, UTC) if item.last_call else None,
        membership=item.membership,
    )


def caller_of(item: events.QueueEntry) -> QueueCaller:
    """A caller of the list."""
    return QueueCaller(
        queue=item.queue,
        position=item.position or 0,
        channel=item.channel,
        caller_number=known(item.caller_id_num),
        caller_name=known(item.caller_id_name),
        seconds=item.wait or 0,
        priority=item.priority or 0,
    )


def summary_of(item: events.QueueSummary) -> QueueSummary:
    """An item of QueueSummary."""
    return QueueSummary(
        queue=item.queue,
        logged_in=item.logged_in or 0,
        available=item.available or 0,
        waiting=item.callers or 0,
        hold_time=item.hold_time or 0,
        talk_time=item.talk_time or 0,
        longest_wait=item.longest_hold_time or 0,
    )
