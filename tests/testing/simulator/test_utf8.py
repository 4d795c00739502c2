"""Text that is no UTF-8, as the simulator carries it."""

from __future__ import annotations

from stasis.testing.simulator.utf8 import is_utf8, replaced

BAD = b"J\xfcrgen".decode(errors="surrogateescape")


class TestIsUtf8:
    def test_any_text_of_json_is(self) -> None:
        assert is_utf8("")
        assert is_utf8("Jürgen 漢 🦉 \u202e")

    def test_bytes_that_are_none_are_not(self) -> None:
        assert not is_utf8(BAD)


class TestReplaced:
    def test_what_is_wrong_becomes_a_replacement_character(self) -> None:
        assert replaced(BAD) == "J\ufffdrgen"

    def test_what_is_right_stays(self) -> None:
        assert replaced("Jürgen 🦉") == "Jürgen 🦉"
