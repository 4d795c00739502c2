"""A call detail record, whoever wrote it: Asterisk into its database, or stasis by AMI's `Cdr`.

Rules: columns have the names that Asterisk's own database writers give them. Moments are UTC.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from stasis.ami import events

__all__ = ["CdrEntry", "CdrRecord", "Disposition", "offset_of", "record_of", "start_of"]

Disposition: TypeAlias = Literal["ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION"]
"""What became of a call."""

FORMAT = "%Y-%m-%d %H:%M:%S"
LARGEST = 2**31 - 1
ZERO = timedelta(0)


class CdrEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A call's record, in short.

    calldate: when it began. src, dst: who called, and the extension that was called. duration,
    billsec: seconds in all, and since the answer. clid: the caller's name and number. id: its
    place in the database; 0 when it is not from there.
    """

    calldate: datetime
    src: str
    dst: str
    disposition: str
    duration: int
    billsec: int
    clid: str
    lastapp: str
    uniqueid: str
    id: int = 0


class CdrRecord(CdrEntry, frozen=True, kw_only=True):
    """A call's record as a whole.

    linkedid: the same in all records of one call. sequence: tells several records of one channel
    apart; negative when Asterisk did not tell it.
    """

    answer: datetime | None = None
    end: datetime | None = None
    dcontext: str = ""
    channel: str = ""
    dstchannel: str = ""
    lastdata: str = ""
    amaflags: str = ""
    accountcode: str = ""
    peeraccount: str = ""
    linkedid: str = ""
    sequence: int | None = None
    userfield: str = ""


def record_of(event: events.Cdr, offset: timedelta) -> CdrRecord:
    """The record that an event tells. offset: of the server's local time from UTC."""
    fields = event.fields
    start = when(event.start_time, offset)
    return CdrRecord(
        calldate=start or datetime.fromtimestamp(0, UTC),
        src=event.source,
        dst=event.destination,
        disposition=event.disposition,
        duration=within(event.duration),
        billsec=within(event.billable_seconds),
        clid=event.caller_id,
        lastapp=event.last_application,
        uniqueid=event.uniqueid,
        answer=when(event.answer_time, offset),
        end=when(event.end_time, offset),
        dcontext=event.destination_context,
        channel=event.channel,
        dstchannel=event.destination_channel,
        lastdata=event.last_data,
        amaflags=event.ama_flags,
        accountcode=event.account_code,
        peeraccount=fields.get("PeerAccount"),
        linkedid=fields.get("LinkedID"),
        sequence=sequence_of(event),
        userfield=event.user_field,
    )


def sequence_of(event: events.Cdr) -> int:
    """What tells it apart from others of its channel; the same when it is told once more."""
    told = event.fields.get("Sequence")
    if told.isascii() and told.isdecimal() and len(told) < 18:
        return int(told)
    # Every text of it, so that only the very same record has the same number.
    return -1 - zlib.crc32(repr(sorted(event.fields)).encode("utf-8", "replace"))


def offset_of(event: events.Cdr) -> timedelta | None:
    """The server's time zone, where it also tells the start as seconds since 1970 (StartEpoch)."""
    try:
        began = datetime.fromtimestamp(int(float(event.fields.get("StartEpoch"))), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    local = when(event.start_time, ZERO)
    return None if local is None else local - began


def start_of(event: events.Cdr) -> datetime | None:
    """When it began, in the server's local time as if that were UTC."""
    return when(event.start_time, ZERO)


def when(text: str, offset: timedelta) -> datetime | None:
    """A moment that Asterisk tells in its local time; None for none."""
    try:
        return datetime.strptime(text, FORMAT).replace(tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None


def within(seconds: int | None) -> int:
    """Seconds that a column can hold."""
    return max(0, min(seconds or 0, LARGEST))
