"""Nothing that arrives can crash the process. The long run is `python -m tests.faults.fuzz`."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ari.event import Event
from stasis.ari.events import EVENTS, KEYS
from stasis.decode import Decoder, FrameError
from stasis.router import Claim, Router, keys_of
from tests.faults.fuzz import BYSTANDERS, fuzz
from tests.faults.mutator import Mutator, captured

# The ids that are claimed, of every kind.
IDS = ("a", "b", "../c", "\ufffd", "")

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*IDS, "\ud800", "channel:a", "bridge:b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "channels", "x", ""]), inner, max_size=3)
    ),
    max_leaves=8,
)
# Stands for a field that is missing.
GONE = object()


@st.composite
def strange(draw: st.DrawFn) -> bytes:
    """A captured frame with some values replaced, or dropped, and some ids that are claimed."""
    event: dict[str, Any] = json.loads(draw(st.sampled_from(captured())))
    for _ in range(draw(st.integers(0, 4))):
        holder = event
        while True:
            key = draw(st.sampled_from(sorted(holder)))
            if not isinstance(holder[key], dict) or not holder[key] or draw(st.booleans()):
                break
            holder = holder[key]
        value = draw(ODD | st.just(GONE) | st.sampled_from(sorted(EVENTS)))
        if value is not GONE:
            holder[key] = value
        elif len(holder) > 1:
            del holder[key]
    return json.dumps(event).encode()


class Ear:
    """Takes what it is given, and writes it down."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def hear(self, event: Event) -> None:
        self.heard.append(event)


class TestTheWhole:
    @pytest.mark.timeout(120)
    async def test_calls_that_strange_frames_do_not_name_go_their_way_and_end_once(self) -> None:
        """`fuzz` raises for whatever else does not hold: see there."""
        told = await fuzz(20_000, seed=1)
        assert told["lost"] == 0 and told["strays"] == 0
        assert told["frames"] >= 20_000 and told["bystanders"] > BYSTANDERS
        assert told["refused"] > 1_000 and told["calls"] > told["bystanders"]


class TestTheMutator:
    def test_the_same_seed_gives_the_same_frames(self) -> None:
        first, second = (Mutator(5, "ivr", lambda: ["one", "two"]) for _ in range(2))
        assert [first.frame() for _ in range(500)] == [second.frame() for _ in range(500)]

    def test_it_makes_every_kind_of_strangeness_soon(self) -> None:
        mutator, decoder = Mutator(5, "ivr", lambda: ["one", "two"]), Decoder()
        events = 0
        for _ in range(5_000):
            try:
                decoder.decode(mutator.frame())
            except FrameError:
                continue
            events += 1
        assert events + decoder.refused == decoder.frames == 5_000
        assert min(events - decoder.lenient, decoder.lenient, decoder.unknown, decoder.refused) > 50
        usual = {name for name in mutator.made if not name.startswith("huge")}
        assert len(usual) == 16

    def test_what_is_huge_is_refused_and_is_not_what_the_decoder_keeps(self) -> None:
        mutator = Mutator(5, "ivr", lambda: [])
        for huge in (mutator.huge_text, mutator.huge_list, mutator.huge_unknown):
            frame = huge()
            assert len(frame) > 20_000_000
            with pytest.raises(FrameError) as caught:
                Decoder().decode(frame)
            assert len(str(caught.value)) < 1_000


class TestTheDecoder:
    @given(strange())
    def test_any_frame_is_an_event_that_can_be_looked_at_or_is_refused(self, frame: bytes) -> None:
        decoder = Decoder()
        try:
            event = decoder.decode(frame)
        except FrameError:
            assert (decoder.frames, decoder.refused, decoder.in_row) == (1, 1, 1)
            return
        assert (decoder.frames, decoder.refused, decoder.in_row) == (1, 0, 0)
        assert decoder.lenient + decoder.unknown <= 1
        assert isinstance(event.type, str) and isinstance(event.raw, dict)
        assert repr(event) and msgspec.json.encode(event)  # it can be written, and sent on

    @given(strange(), st.data())
    def test_any_frame_broken_anywhere_is_an_event_or_is_refused(
        self, frame: bytes, data: st.DataObject
    ) -> None:
        at = data.draw(st.integers(0, len(frame)))
        with_junk = frame[:at] + data.draw(st.binary(max_size=4)) + frame[at:]
        for broken in (frame[:at], frame[at:], with_junk, frame + frame):
            try:
                assert isinstance(Decoder().decode(broken), Event)
            except FrameError:
                pass


class TestTheRouter:
    @given(st.lists(strange(), min_size=1, max_size=8))
    def test_whatever_is_dispatched_reaches_those_whose_id_it_names_and_nobody_else(
        self, frames: list[bytes]
    ) -> None:
        router, decoder = Router(), Decoder()
        ears: dict[tuple[str, str], Ear] = {}
        for kind in sorted({kind for row in KEYS.values() for _, kind in row}):
            for each in IDS:
                ears[kind, each] = Ear()
                router.claim((kind, each), Claim(ears[kind, each], ""))
        expected: dict[tuple[str, str], list[Event]] = {key: [] for key in ears}
        for frame in frames:
            try:
                event = decoder.decode(frame)
            except FrameError:
                continue
            named = {key for key in keys_of(event) if key in ears}
            assert router.dispatch(event) is bool(named)
            for key in named:
                expected[key].append(event)
        assert {key: ear.heard for key, ear in ears.items()} == expected

    @given(strange())
    def test_every_id_of_an_event_is_a_text_that_can_be_sent(self, frame: bytes) -> None:
        try:
            event = Decoder().decode(frame)
        except FrameError:
            return
        for _, id in keys_of(event):
            id.encode()
