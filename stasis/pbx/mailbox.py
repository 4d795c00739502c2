"""A mailbox of voicemail and its messages: found, and read from what AMI says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from stasis.ami import NoSuch, actions, events
from stasis.pbx.errors import Missing
from stasis.pbx.group import Group

__all__ = [
    "VoicemailBox",
    "VoicemailCounts",
    "VoicemailMessage",
    "box_of",
    "find_box",
    "find_message",
    "find_messages",
    "message_of",
    "parts",
]

CALLER = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"<]*?)) ?<([^<>]*)>')
# A message's id begins with the time it was left, in seconds since 1970.
ID = re.compile(r"([0-9]{9,10})-[0-9a-fA-F]+")
# What is not set is told by the first as a text.
UNSET = ("(null)", "<unknown>", "unknown")


class VoicemailBox(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox. new: messages not heard yet, urgent ones too. limit: how many a folder takes."""

    mailbox: str
    name: str
    new: int
    old: int
    email: str = ""
    pager: str = ""
    language: str = ""
    time_zone: str = ""
    limit: int | None = None


class VoicemailCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a mailbox holds. new: not heard yet, without the urgent ones. waiting: there is a new
    or an urgent one.
    """

    mailbox: str
    new: int
    urgent: int
    old: int
    waiting: bool


class VoicemailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message. left: when, as far as its id says. seconds: how long it is."""

    id: str
    folder: str
    caller_number: str
    caller_name: str
    left: datetime | None
    seconds: int
    urgent: bool


def parts(mailbox: str) -> tuple[str, str]:
    """The number and the context of a mailbox, which is `default` if it names none."""
    number, _, context = mailbox.partition("@")
    return number, context or "default"


async def find_box(group: Group, thing: str, mailbox: str) -> VoicemailBox:
    """A mailbox. Raises Missing, on the thing's behalf; AmiError."""
    number, context = parts(mailbox)
    try:
        told = await group.items(actions.VoicemailUserStatus(context=context, mailbox=number))
    except NoSuch:
        told = None
    if not told:
        raise Missing(thing, f"there is no mailbox {number}@{context}")
    return box_of(told[0])


async def find_messages(group: Group, thing: str, mailbox: str) -> Sequence[VoicemailMessage]:
    """The messages of a mailbox. Raises Missing, on the thing's behalf; AmiError."""
    number, context = parts(mailbox)
    try:
        told = await group.items(actions.VoicemailBoxSummary(context=context, mailbox=number))
    except NoSuch:
        raise Missing(thing, f"there is no mailbox {number}@{context}") from None
    return [message_of(each) for each in told]


async def find_message(group: Group, thing: str, mailbox: str, id: str) -> VoicemailMessage:
    """One message. Raises Missing, on the thing's behalf; AmiError."""
    for each in await find_messages(group, thing, mailbox):
        if each.id == id:
            return each
    raise Missing(thing, f"there is no message {id} in {'@'.join(parts(mailbox))}")


def box_of(told: events.VoicemailUserEntry | events.VoicemailUserDetail) -> VoicemailBox:
    """A mailbox out of the event that lists it."""
    return VoicemailBox(
        mailbox=f"{told.voice_mailbox}@{told.vm_context}",
        name=said(told.fullname),
        new=told.new_message_count or 0,
        old=told.old_message_count or 0,
        email=said(told.email),
        pager=said(told.pager),
        language=said(told.language),
        time_zone=said(told.time_zone),
        limit=told.max_message_count,
    )


def message_of(told: events.VoicemailBoxDetail) -> VoicemailMessage:
    """A message out of the event that lists it."""
    name, number = caller(told.caller_id)
    stamp = ID.fullmatch(told.id)
    return VoicemailMessage(
        id=told.id,
        folder=told.folder,
        caller_number=number,
        caller_name=name,
        left=datetime.fromtimestamp(int(stamp[1]), UTC) if stamp else None,
        seconds=told.duration or 0,
        urgent=told.flag.casefold() == "urgent",
    )


def caller(text: str) -> tuple[str, str]:
    """Name and number of `"Bob" <2002>`; a text that is not like that is the number."""
    found = CALLER.fullmatch(text.strip())
    if found is None:
        return "", said(text.strip())
    name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    return said(name.strip()), said(found[3].strip())


def said(text: str) -> str:
    """A text, if it is one: what is not set is ""."""
    return "" if text.casefold() in UNSET else text
