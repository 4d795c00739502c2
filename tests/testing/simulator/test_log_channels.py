"""The server's log channels."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.log_channels import LogChannels


def files(channels: LogChannels) -> list[str]:
    """Their files, as listed."""
    return [each["channel"] for each in channels.json()]


class TestAdding:
    def test_the_latest_is_listed_first_and_below_the_log_folder(self):
        channels = LogChannels()
        assert channels.add("one", "notice") and channels.add("/tmp/two", "error")
        assert files(channels) == [
            "/tmp/two",
            "/var/log/asterisk/one",
            "/var/log/asterisk/messages.log",
        ]

    def test_a_name_is_taken_once(self):
        channels = LogChannels()
        assert channels.add("one", "notice")
        assert not channels.add("one", "error")
        assert not channels.add("messages.log", "error")

    @pytest.mark.parametrize(
        ("asked", "kept"),
        [
            ("warning,notice", "NOTICE WARNING "),
            ("verbose(3)", "VERBOSE "),
            ("nonsense", ""),
            (
                "*",
                "DEBUG TRACE NOTICE WARNING ERROR VERBOSE DTMF CC FAX PJSIP_HISTORY SECURITY ",
            ),
        ],
    )
    def test_levels_are_written_in_asterisks_order(self, asked: str, kept: str):
        channels = LogChannels()
        channels.add("one", asked)
        assert channels.json()[0]["configuration"] == kept


class TestRemoving:
    def test_only_what_was_added_can_be_removed(self):
        channels = LogChannels()
        channels.add("one", "notice")
        assert channels.remove("one")
        assert not channels.remove("one")
        assert not channels.remove("messages.log")


class TestRotating:
    @pytest.mark.parametrize(
        ("name", "known"), [("one", True), ("messages.log", True), ("nonsense", False)]
    )
    def test_whatever_is_rotated_forgets_what_was_added(self, name: str, known: bool):
        channels = LogChannels()
        channels.add("one", "notice")
        assert channels.rotate(name) is known
        assert files(channels) == ["/var/log/asterisk/messages.log"]
