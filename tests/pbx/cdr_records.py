"""Call records for tests: as AMI tells them, and as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stasis.ami import events
from stasis.ami.decode import decode
from stasis.ami.message import Message
from stasis.pbx.cdr_record import CdrRecord

__all__ = ["NOON", "event", "record"]

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

# As Asterisk 22 has sent it.
TOLD = {
    "Event": "Cdr",
    "Privilege": "cdr,all",
    "AccountCode": "",
    "Source": "2001",
    "Destination": "2002",
    "DestinationContext": "default",
    "CallerID": '"Zoë, =1+1" <2001>',
    "Channel": "PJSIP/2001-00000000",
    "DestinationChannel": "PJSIP/2002-00000001",
    "LastApplication": "Dial",
    "LastData": "PJSIP/2002,20",
    "StartTime": "2026-11-29 13:00:00",
    "AnswerTime": "2026-11-29 13:00:02",
    "EndTime": "2026-11-29 13:00:07",
    "Duration": "7",
    "BillableSeconds": "5",
    "Disposition": "ANSWERED",
    "AMAFlags": "DOCUMENTATION",
    "UniqueID": "1795996299.1",
    "UserField": "",
    "Sequence": "3",
    "LinkedID": "1795996299.0",
    "PeerAccount": "",
    "StartEpoch": "1795953600.038203",
}


def event(**changed: str | None) -> events.Cdr:
    """An event as AMI has it; None leaves a field out."""
    fields = {key: value for key, value in {**TOLD, **changed}.items() if value is not None}
    frame = "\r\n".join(f"{key}: {value}" for key, value in fields.items()).encode()
    found = decode(Message.of(frame))
    assert isinstance(found, events.Cdr)
    return found


def record(number: int = 0, **changed: Any) -> CdrRecord:
    """A record. number: so many minutes after noon, and its uniqueid."""
    fields: dict[str, Any] = {
        "calldate": NOON + timedelta(minutes=number),
        "src": "2001",
        "dst": "2002",
        "disposition": "ANSWERED",
        "duration": 7,
        "billsec": 5,
        "clid": '"Zoë" <2001>',
        "lastapp": "Dial",
        "uniqueid": f"1795953600.{number}",
        "sequence": number,
    }
    return CdrRecord(**{**fields, **changed})
