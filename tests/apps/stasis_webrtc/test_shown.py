"""How rows and calls are shown."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from stasis_webrtc.rows import (
    AuditRow,
    CallRow,
    MessageRow,
    RecordingRow,
    SessionRow,
    UserRow,
)
from stasis_webrtc.shown import (
    audit_of,
    call_of,
    contact_of,
    entry_of,
    me_of,
    message_of,
    recording_of,
    session_of,
    settings_of,
    user_of,
)
from stasis_webrtc.view import CallView, Peer

from tests.apps.stasis_webrtc.accounts import NOON

ANNA = UserRow("anna", NOON, NOON, "Anna", "201", password="$argon2id$geheim", dnd=True)
LATER = NOON + timedelta(seconds=90.6)
ENTRY = CallRow(1, "anna", "c", "in", "", "+4930", "", NOON, None, LATER, "busy", True, False)


def as_json(thing: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(msgspec.json.encode(thing))
    return found


def test_a_call_says_nothing_where_there_is_nothing():
    view = CallView("x", "anna", "ringing", "in", Peer("", "202", "bert"), NOON, NOON)
    shown = as_json(call_of(view))
    assert shown["device"] is shown["conference"] is shown["reason"] is None
    assert shown["peer"] == {"name": "", "number": "202", "user": "bert"}
    assert shown["since"] == "2026-11-23T12:00:00Z"
    assert "user" not in shown and "began" not in shown


def test_a_peer_outside_is_no_user():
    view = CallView("x", "anna", "connected", "in", Peer("", "+4930"), NOON, NOON)
    assert as_json(call_of(view))["peer"] == {"name": "", "number": "+4930"}


@pytest.mark.parametrize("show", [me_of, user_of, lambda row: contact_of(row, "dnd")])
def test_no_password_is_shown(show: object):
    assert callable(show)
    assert "argon2" not in str(as_json(show(ANNA)))


def test_settings_are_null_where_there_are_none():
    shown = as_json(settings_of(ANNA))
    assert shown == {
        "dnd": True,
        "forward_always": None,
        "forward_busy": None,
        "forward_no_answer": None,
    }


def test_a_user_without_a_title_is_called_by_its_name():
    nobody = UserRow("x", NOON, NOON)
    assert me_of(nobody).name == contact_of(nobody, "offline").name == "x"
    assert user_of(nobody).name == ""


def test_a_call_that_was_not_answered_says_why_and_has_no_length():
    shown = as_json(entry_of(ENTRY))
    assert (shown["outcome"], shown["seconds"], shown["missed"]) == ("busy", 0, True)
    assert shown["recording"] is None and shown["id"] == "c"


def test_one_that_was_says_how_long():
    answered = CallRow(
        1, "anna", "c", "out", "", "1", "", NOON, NOON, LATER, "hangup", False, True, 7
    )
    shown = as_json(entry_of(answered))
    assert (shown["outcome"], shown["seconds"], shown["recording"]) == ("answered", 91, "7")


def test_no_clock_that_was_put_back_makes_a_length_less_than_nothing():
    row = CallRow(1, "anna", "c", "out", "", "1", "", LATER, LATER, NOON, "hangup", False, True)
    assert entry_of(row).seconds == 0


def test_messages_and_recordings_are_known_by_numbers_not_by_files():
    message = MessageRow(4, "anna", "webrtc/messages/x", "", "+4930", "", NOON, None, False)
    recording = RecordingRow(5, "anna", "webrtc/recordings/x", "c", "", "1", "", NOON, LATER)
    shown = as_json(message_of(message)), as_json(recording_of(recording))
    assert (shown[0]["id"], shown[0]["from"]) == ("4", {"name": "", "number": "+4930"})
    assert (shown[0]["seconds"], shown[1]["seconds"], shown[1]["id"]) == (0, 91, "5")
    assert "webrtc/" not in str(shown)


def test_a_session_and_the_audit_log_are_shown_as_they_are():
    session = SessionRow("0" * 32, "anna", "Chrome", "192.0.2.1", NOON, NOON, LATER, "w-x")
    shown = as_json(session_of(session))
    assert (shown["endpoint"], shown["address"]) == ("w-x", "192.0.2.1")
    row = AuditRow(1, NOON, "logged_in", "anna", "", "192.0.2.1", "", "<script>")
    assert as_json(audit_of(row))["detail"] == "<script>"
