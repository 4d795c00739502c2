"""What AMI says of a mailbox and its messages is read, whatever is missing in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stasis.ami import events
from stasis.ami.decode import decode
from stasis.ami.message import Message
from stasis.pbx.mailbox import box_of, caller, message_of, parts

# As Asterisk 22 sent it.
BOX = """Event: VoicemailUserEntry
ActionID: 477ea3cb5134cc86
VMContext: default
VoiceMailbox: 2002
Fullname: Bob
Email: (null)
Pager:
Language:
TimeZone:
MaxMessageCount: 100
NewMessageCount: 3
OldMessageCount: 1"""
MESSAGE = """Event: VoicemailBoxDetail
ActionID: e6614f11b869949b
Folder: Urgent
CallerID: "Bob \\"x\\"" <2002>
Date: Sun Nov 29 11:53:32 PM UTC 2026
Duration: 2
Flag: Urgent
ID: 1795996412-00000001"""


def event(text: str) -> object:
    """An event as it came."""
    return decode(Message.of(text.replace("\n", "\r\n").encode()))


class TestABox:
    def test_it_is_read(self) -> None:
        told = event(BOX)
        assert isinstance(told, events.VoicemailUserEntry)
        box = box_of(told)
        assert (box.mailbox, box.name, box.new, box.old) == ("2002@default", "Bob", 3, 1)
        assert (box.email, box.limit) == ("", 100)

    def test_what_is_not_sent_is_nothing(self) -> None:
        box = box_of(events.VoicemailUserDetail(voice_mailbox="1", vm_context="x"))
        assert (box.mailbox, box.new, box.old, box.limit) == ("1@x", 0, 0, None)


class TestAMessage:
    def test_it_is_read(self) -> None:
        told = event(MESSAGE)
        assert isinstance(told, events.VoicemailBoxDetail)
        message = message_of(told)
        assert message.id == "1795996412-00000001"
        assert (message.caller_name, message.caller_number) == ('Bob "x"', "2002")
        assert message.left == datetime(2026, 11, 29, 23, 53, 32, tzinfo=UTC)
        assert (message.folder, message.seconds, message.urgent) == ("Urgent", 2, True)

    @pytest.mark.parametrize("id", ["", "7", "x-00000001", "179599641200-1", "1795996412"])
    def test_an_id_without_a_time_says_nothing_of_it(self, id: str) -> None:
        assert message_of(events.VoicemailBoxDetail(id=id)).left is None


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ('"Bob Zoë" <2002>', "Bob Zoë", "2002"),
        ("Bob <2002>", "Bob", "2002"),
        ("<2002>", "", "2002"),
        ("2002", "", "2002"),
        ('"2002" <>', "2002", ""),
        ("Unknown", "", ""),
        ('"<unknown>" <unknown>', "", ""),
        ('"half', "", '"half'),
        ("", "", ""),
    ],
)
def test_a_caller_is_taken_apart(text: str, name: str, number: str) -> None:
    assert caller(text) == (name, number)


def test_a_mailbox_is_in_the_context_default_unless_it_says_so() -> None:
    assert parts("2001") == ("2001", "default")
    assert parts("2001@sales") == ("2001", "sales")
