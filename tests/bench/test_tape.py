"""The frames of the fake server are real ones, with the channels and numbers put in."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from bench.tape import DIGIT, KINDS, Tape, framed
from stasis.decode import Decoder


@pytest.fixture(scope="module")
def tape() -> Tape:
    return Tape("bench")


def texts(data: bytes) -> list[dict[str, Any]]:
    """The events in a row of frames, each of up to 65,535 bytes."""
    found = []
    while data:
        size, head = (int.from_bytes(data[2:4], "big"), 4) if data[1] == 126 else (data[1], 2)
        found.append(json.loads(data[head : head + size]))
        data = data[head + size :]
    return found


class TestEvents:
    def test_are_told_of_each_channel_in_turn_and_numbered_for_each(self, tape):
        events = texts(b"".join(tape.chunks(12, 3)))
        told = [(each["channel"]["id"], each["channel"]["accountcode"][:8]) for each in events]
        assert told == [(f"{n % 3:011}", f"{n // 3:08}") for n in range(12)]

    def test_come_in_runs_of_a_channel_where_that_is_asked_for(self, tape):
        events = texts(b"".join(tape.chunks(9, 2, run=2)))
        told = [(int(e["channel"]["id"]), int(e["channel"]["accountcode"][:8])) for e in events]
        assert told == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (0, 4)]
        digits = sum(each["type"] == DIGIT for each in texts(b"".join(tape.chunks(500, 7, run=9))))
        assert tape.digits(500, 7, run=9) == digits

    def test_come_in_the_proportions_of_the_real_frames(self, tape):
        whole = len(tape.kinds) * 10
        assert Counter(each["type"] for each in texts(b"".join(tape.chunks(whole, 1)))) == {
            kind: count * 10 for kind, count in Counter(tape.kinds).items()
        }
        assert set(tape.kinds) == set(KINDS)

    def test_are_marked_with_the_time_when_they_are_sent(self, tape):
        [event] = texts(tape.event(0, 1, at=1234567890123456789))
        assert int(event["channel"]["accountcode"][8:]) == 1234567890123456789

    def test_digits_are_counted_before_they_are_sent(self, tape):
        events = texts(b"".join(tape.chunks(500, 7)))
        assert tape.digits(500, 7) == sum(each["type"] == DIGIT for each in events) > 0

    def test_are_what_stasis_decodes_without_a_second_look(self, tape):
        decoder = Decoder()
        for event in texts(b"".join([*tape.chunks(100, 3), *tape.starts(2), *tape.ends(2)])):
            decoder.decode(json.dumps(event).encode())
        assert (decoder.frames, decoder.unknown, decoder.lenient) == (106, 0, 0)


class TestAFrame:
    @pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
    def test_says_its_length_in_the_shortest_form(self, size):
        head = {0: 2, 125: 2, 126: 4, 65_535: 4, 65_536: 10}[size]
        frame = framed(b"x" * size)
        assert len(frame) == head + size
        assert frame[0] == 0x81
