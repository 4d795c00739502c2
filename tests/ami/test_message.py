"""A message keeps its fields in order, and shows no secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami.message import Message


class TestFields:
    def test_repeated_keys_are_kept_in_order(self) -> None:
        message = Message.of(b"Output: one\r\nOther: x\r\nOutput: \r\nOutput:   two")
        assert message.all("output") == ["one", "", "  two"]
        assert message.get("OUTPUT") == "one" and message.get("none", "d") == "d"
        assert "other" in message and "none" not in message and 3 not in message

    def test_a_line_without_a_colon_has_no_key(self) -> None:
        assert Message.of(b"nothing\r\nA:b").fields == [("", "nothing"), ("A", "b")]

    def test_a_bare_line_feed_begins_no_field(self) -> None:
        assert Message.of(b"A: b\nEvent: Forged\rX: y").fields == [("A", "b\nEvent: Forged\rX: y")]

    def test_what_is_no_utf8_becomes_a_sign_for_it(self) -> None:
        assert Message.of(b"A: Zo\xc3").get("A") == "Zo\ufffd"

    @given(st.binary())
    def test_nothing_raises(self, frame: bytes) -> None:
        repr(Message.of(frame))


class TestSecrets:
    @pytest.mark.parametrize(
        "key",
        ["Secret", "Password", "Md5Cred", "PasswordDigest", "OauthSecret", "RefreshToken", "Key",
         "ReceivedHash", "ExpectedResponse", "NewPassword"],
    )  # fmt: skip
    def test_they_do_not_show(self, key: str) -> None:
        message = Message([(key, "hush"), ("Name", "x")])
        assert "hush" not in repr(message) and "***" in repr(message)
        assert message.get(key) == "hush"

    def test_a_repeated_key_shows_all_its_values(self) -> None:
        assert repr(Message([("A", "1"), ("A", "2"), ("A", "3")])) == (
            "Message({'A': ['1', '2', '3']})"
        )
