"""An event keeps everything that was sent, and shows no secret."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stasis.ami.decode import decode
from stasis.ami.event import AmiEvent, Missed
from stasis.ami.events import EVENTS, AuthDetail, Hangup, UserEvent
from stasis.ami.message import Message
from stasis.ari.event import Event

HANGUP = (
    b"Event: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1.5\r\nChannel: PJSIP/a-1\r\n"
    b"Uniqueid: id-1\r\nCause: 16\r\nCause-txt: Normal Clearing\r\nNew: field"
)


class TestKinds:
    def test_a_known_one_is_typed(self) -> None:
        event = decode(Message.of(HANGUP))
        assert isinstance(event, Hangup) and isinstance(event, Event)
        assert (event.uniqueid, event.cause, event.cause_txt) == ("id-1", 16, "Normal Clearing")
        assert event.timestamp == datetime.fromtimestamp(1.5, UTC)
        assert event.type == "Hangup" and event.fields.get("New") == "field"
        assert event.application == ""

    def test_an_unknown_one_is_plain(self) -> None:
        event = decode(Message.of(b"Event: Novel\r\nA: 1\r\nA: 2"))
        assert type(event) is AmiEvent and event.type == "Novel"
        assert event.raw == {"Event": "Novel", "A": ["1", "2"]}

    def test_every_class_can_be_read(self) -> None:
        for name, kind in EVENTS.items():
            event = decode(Message.of(f"Event: {name}\r\nActionID: 1".encode()))
            assert type(event) is kind and event.action_id == "1"

    @given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=200))
    def test_nothing_that_arrives_raises(self, name: str, data: bytes) -> None:
        event = decode(Message.of(f"Event: {name}\r\n".encode() + data.replace(b"\x00", b"\r\n")))
        repr(event), event.raw


class TestSecrets:
    def test_they_show_nowhere(self) -> None:
        event = decode(Message.of(b"Event: AuthDetail\r\nUsername: alice\r\nPassword: hush"))
        assert isinstance(event, AuthDetail) and event.password.reveal() == "hush"
        assert "hush" not in f"{event} {event!r} {event.raw} {event.fields!r}"
        assert event.fields.get("Password") == "hush"


class TestMadeByHand:
    def test_it_tells_its_own_fields(self) -> None:
        assert UserEvent(user_event="x").raw == {"event": "UserEvent", "user_event": "x"}
        assert Missed(count=3).type == "Missed"
