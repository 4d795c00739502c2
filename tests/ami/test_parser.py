"""Any split of the bytes gives the same messages; what is too large costs neither memory nor line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami.errors import NotUnderstood
from stasis.ami.message import Message
from stasis.ami.parser import Oversized, Parser

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
VALUE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
KEY = st.text(st.sampled_from("AbC-19"), min_size=1, max_size=5)
MESSAGES = st.lists(st.lists(st.tuples(KEY, VALUE), min_size=1, max_size=5), max_size=6)
SPLITS = st.lists(st.integers(0, 400), max_size=12)


def written(messages: list[list[tuple[str, str]]], gap: bytes = b"\r\n\r\n") -> bytes:
    return GREETING + b"".join(
        b"\r\n".join(f"{key}: {value}".encode() for key, value in each) + gap for each in messages
    )


def fed(data: bytes, splits: list[int], **limits: int) -> list[Any]:
    parser = Parser(**limits)
    found: list[Any] = []
    last = 0
    for at in [*sorted(min(each, len(data)) for each in splits), len(data)]:
        found += parser.feed(data[last:at])
        last = at
    return found


def plain(found: list[Any]) -> list[Any]:
    return [
        (each.size, each.message.fields) if isinstance(each, Oversized) else each.fields
        for each in found
    ]


class TestSplits:
    @given(MESSAGES, SPLITS)
    def test_any_split_gives_what_was_written(
        self, messages: list[list[tuple[str, str]]], splits: list[int]
    ) -> None:
        assert plain(fed(written(messages), splits)) == messages

    @given(st.binary(max_size=200), SPLITS, st.integers(1, 40), st.integers(1, 40))
    def test_any_bytes_come_out_the_same_however_split(
        self, data: bytes, splits: list[int], message: int, line: int
    ) -> None:
        stream = GREETING + data.replace(b"\x00", b"\r\n").replace(b"\x01", b"\r\n\r\n")
        limits = {"max_message": message, "max_line": line}
        assert plain(fed(stream, splits, **limits)) == plain(fed(stream, [], **limits))

    def test_a_character_split_over_two_reads_arrives_whole(self) -> None:
        data = written([[("Name", "Zoë")]])
        assert fed(data, [data.index(b"\xc3") + 1])[0].get("Name") == "Zoë"

    def test_two_empty_lines_are_one_end(self) -> None:
        assert plain(fed(written([[("A", "1")], [("B", "2")]], b"\r\n\r\n\r\n\r\n"), [])) == [
            [("A", "1")],
            [("B", "2")],
        ]


class TestGreeting:
    def test_it_tells_the_version(self) -> None:
        parser = Parser()
        assert list(parser.feed(b"Asterisk Call Man")) == [] and parser.banner == ""
        list(parser.feed(b"ager/5.0.4\r\n"))
        assert parser.banner == "5.0.4"

    @pytest.mark.parametrize("data", [b"HTTP/1.1 400", b"\x15\x03\x01", b"A" * 9])
    def test_another_server_is_told(self, data: bytes) -> None:
        with pytest.raises(NotUnderstood, match=r"manager\.conf"):
            list(Parser().feed(data))

    def test_a_greeting_without_an_end_is_not_waited_for(self) -> None:
        parser = Parser()
        with pytest.raises(NotUnderstood):
            list(parser.feed(b"Asterisk Call Manager/" + b"1" * 200))


class TestLimits:
    def test_a_message_too_large_is_skipped_and_told(self) -> None:
        big = [("Response", "Success"), ("ActionID", "7"), ("Output", "x" * 5000)]
        data = written([[("A", "1")], big, [("B", "2")]])
        for splits in ([], list(range(0, 5200, 7))):
            first, skipped, last = fed(data, splits, max_message=1000)
            assert (first.get("A"), last.get("B")) == ("1", "2")
            assert skipped.size > 5000 and skipped.message.get("ActionID") == "7"

    def test_a_line_too_long_costs_its_message(self) -> None:
        found = fed(written([[("A", "x" * 50)], [("B", "2")]]), [], max_line=20)
        assert isinstance(found[0], Oversized) and found[1].get("B") == "2"

    def test_a_message_without_an_end_fills_no_memory(self) -> None:
        parser = Parser(max_message=1000)
        list(parser.feed(GREETING))
        for _ in range(1000):
            assert list(parser.feed(b"x" * 1000)) == []
            assert parser.waiting <= 2000

    def test_many_small_reads_are_not_searched_again_and_again(self) -> None:
        """A megabyte by 16 bytes: searched from its beginning each time it would take minutes."""
        parser = Parser()
        list(parser.feed(GREETING))
        for _ in range(65_536):
            list(parser.feed(b"0123456789abcdef"))
        assert len(list(parser.feed(b"\r\n\r\n"))) == 1

    def test_the_bytes_stay_with_the_message(self) -> None:
        (message,) = fed(written([[("A", "1"), ("B", "2")]]), [])
        assert isinstance(message, Message) and message.frame == b"A: 1\r\nB: 2"
