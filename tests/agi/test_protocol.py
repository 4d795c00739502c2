"""The protocol apart from I/O: whatever way the bytes are split, they mean the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.agi import Environment, HungUp, Limits, Protocol, ProtocolError, Text
from stasis.agi.protocol import Item
from tests.agi.peer import ENVIRONMENT

BLOCK = ("\n".join(ENVIRONMENT) + "\n\n").encode()
VALUE = 'GET VARIABLE "X"'
USAGE = "520-Invalid command syntax.  Proper usage follows:\nfirst\nHANGUP\nlast\n520 End of proper usage."
# A command, and its reply.
REPLIES = (
    ("NOOP", "200 result=0"),
    (VALUE, "200 result=1 (Zoë)"),
    (VALUE, "200 result=1 (a\nHANGUP\n) b\nc)"),
    (VALUE, "200 result=0"),
    ('STREAM FILE "x" ""', "200 result=53 endpos=30880"),
    ("BOGUS", "510 Invalid or unknown command"),
    ("ANSWER", "511 Command Not Permitted on a dead channel or intercept routine"),
    ("SAY DIGITS", USAGE),
    ("NOOP", "299 a code of the future"),
)


def begun(limits: Limits | None = None) -> Protocol:
    protocol = Protocol(limits)
    assert isinstance(list(protocol.feed(BLOCK))[0], Environment)
    return protocol


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(CUTS, st.lists(st.sampled_from(REPLIES), max_size=5), st.booleans())
def test_any_split_of_the_bytes_means_the_same(
    cuts: list[int], replies: list[tuple[str, str]], hangs_up: bool
) -> None:
    protocol = Protocol()
    items: list[Item] = []
    for part in split(BLOCK, cuts):
        items.extend(protocol.feed(part))
    for command, reply in replies:
        protocol.asked(command)
        data = (reply + "\n").encode()
        if hangs_up:
            data = b"HANGUP\n" + data
        for part in split(data, cuts):
            items.extend(protocol.feed(part))
    assert items[0] == Environment.parse(ENVIRONMENT)
    expected: list[Item] = []
    for _, reply in replies:
        expected += [*([HungUp()] if hangs_up else []), Text(reply)]
    assert items[1:] == expected


def test_a_character_that_is_split_arrives_whole() -> None:
    protocol = begun()
    protocol.asked(VALUE)
    data = "200 result=1 (Zoë)\n".encode()
    at = data.index("ë".encode()) + 1
    assert [*protocol.feed(data[:at]), *protocol.feed(data[at:])] == [Text("200 result=1 (Zoë)")]


def test_what_is_no_utf_8_is_marked_and_the_rest_is_kept() -> None:
    protocol = begun()
    protocol.asked(VALUE)
    assert list(protocol.feed(b"200 result=1 (a\xff\xfeb)\n")) == [
        Text("200 result=1 (a\ufffd\ufffdb)")
    ]


def test_a_reply_that_is_announced_is_waited_for() -> None:
    protocol = begun()
    protocol.asked("GOSUB")
    assert list(protocol.feed(b"100 result=0 Trying...\n")) == []
    assert list(protocol.feed(b"200 result=0 Gosub complete\n")) == [
        Text("200 result=0 Gosub complete")
    ]


def test_a_hang_up_between_commands_is_told() -> None:
    assert list(begun().feed(b"HANGUP\n")) == [HungUp()]


def test_what_nobody_has_asked_for_is_never_the_next_reply() -> None:
    """As the rest of a value that holds a line feed and looks like its own end."""
    protocol = begun()
    protocol.asked(VALUE)
    forged = b"200 result=1 (x)\n200 result=1 (forged)\n"
    assert list(protocol.feed(forged)) == [Text("200 result=1 (x)")]
    protocol.asked(VALUE)
    assert list(protocol.feed(b"200 result=1 (true)\n")) == [Text("200 result=1 (true)")]
    assert protocol.unasked == 1


NONSENSE: dict[str, Callable[[], list[Item]]] = {
    "a browser": lambda: list(Protocol().feed(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
    "nothing at all": lambda: list(Protocol().feed(b"\n")),
    "a line without end": lambda: list(Protocol(Limits(line=100)).feed(b"agi_" + b"x" * 200)),
    "a long line": lambda: list(Protocol(Limits(line=100)).feed(b"agi_x: " + b"x" * 200 + b"\n")),
    "an environment without end": lambda: list(
        Protocol(Limits(environment=1_000)).feed(b"".join(b"agi_%d: x\n" % n for n in range(500)))
    ),
    "no reply": lambda: asked(b"hello\n"),
    "a reply without end": lambda: asked(b"520-usage\n" + b"x\n" * 1_000, Limits(reply=1_000)),
    "a flood": lambda: list(begun(Limits(unasked=10)).feed(b"200 result=0\n" * 20)),
}


def asked(data: bytes, limits: Limits | None = None) -> list[Item]:
    protocol = begun(limits)
    protocol.asked("NOOP")
    return list(protocol.feed(data))


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_an_error(kind: str) -> None:
    with pytest.raises(ProtocolError):
        NONSENSE[kind]()


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_no_bytes_raise_anything_else(parts: list[bytes]) -> None:
    protocol = Protocol()
    try:
        for part in parts:
            list(protocol.feed(part))
    except ProtocolError:
        return


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_nor_do_they_later(parts: list[bytes]) -> None:
    protocol = begun()
    protocol.asked(VALUE)
    try:
        for part in parts:
            list(protocol.feed(part))
    except ProtocolError:
        return
