"""Nothing that arrives can crash the reader, and nothing that was sent is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stasis.ari.channels import Channel
from stasis.ari.event import Event
from stasis.ari.events import EVENTS, ChannelDtmfReceived, RESTResponse, StasisEnd, StasisStart
from stasis.decode import DEEPEST, HOPELESS, LARGEST, LENIENT, PARTS, Decoder, FrameError, brackets

# A busy machine is no failure.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Frames of real servers, every channel seen (`subscribeAll=true`).
FRAMES = [
    pytest.param(line, id=f"{path.stem}-{number}")
    for path in sorted((Path(__file__).parent / "frames").glob("events-*.jsonl"))
    for number, line in enumerate(path.read_bytes().splitlines())
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


def decode(frame: bytes | str) -> Any:
    return Decoder().decode(frame)


def lossy(sent: object, kept: object, path: str = "") -> list[str]:
    """The paths of what was sent and is not in the event."""
    if isinstance(sent, dict) and isinstance(kept, msgspec.Struct):
        names = {each.encode_name: each.name for each in msgspec.structs.fields(type(kept))}
        found = []
        for key, value in sent.items():
            if key in names:
                found += lossy(value, getattr(kept, names[key]), f"{path}.{key}")
            elif (path, key) != ("", "type"):
                found.append(f"{path}.{key}")
        return found
    if isinstance(kept, tuple) and isinstance(sent, list) and len(sent) == len(kept):
        pairs = enumerate(zip(sent, kept, strict=True))
        return [each for i, (a, b) in pairs for each in lossy(a, b, f"{path}[{i}]")]
    if isinstance(kept, datetime) and isinstance(sent, str):
        kept, sent = kept, datetime.fromisoformat(sent)
    return [] if kept == sent else [path]


@pytest.mark.parametrize("frame", FRAMES)
def test_real_frames_become_typed_events_without_a_loss(frame: bytes) -> None:
    decoder = Decoder()
    event = decoder.decode(frame)
    sent = json.loads(frame)
    assert type(event) is EVENTS[sent["type"]]
    assert lossy(sent, event) == []
    assert (decoder.frames, decoder.unknown, decoder.lenient, decoder.refused) == (1, 0, 0, 0)


def test_the_event_keeps_its_frame() -> None:
    frame = b'{"type":"StasisStart","new":1,"args":["a"]}'
    event = decode(frame)
    assert event.frame == frame and event.raw["new"] == 1 and event.args == ("a",)


def test_text_and_bytes_are_the_same() -> None:
    assert decode('{"type":"StasisStart","args":["é"]}') == decode(
        '{"type":"StasisStart","args":["é"]}'.encode()
    )


def test_asterisks_timestamps_are_understood() -> None:
    event = decode(b'{"type":"StasisEnd","timestamp":"2026-11-25T15:09:49.538+0130"}')
    assert event.timestamp.utcoffset() == timedelta(hours=1, minutes=30)
    assert event.timestamp.astimezone(UTC) == datetime(2026, 11, 25, 13, 39, 49, 538000, tzinfo=UTC)


def test_an_unknown_kind_stays_an_event_with_everything_in_raw() -> None:
    decoder = Decoder()
    event = decoder.decode(b'{"type":"Newer","application":"ivr","channel":{"id":"1"}}')
    assert type(event) is Event
    assert (event.type, event.application) == ("Newer", "ivr")
    assert event.raw["channel"] == {"id": "1"}
    assert (decoder.unknown, decoder.lenient) == (1, 0)


def test_an_unknown_kind_may_be_odd_too() -> None:
    event = decode(b'{"type":"Newer","application":7,"timestamp":"soon","asterisk_id":"a"}')
    assert (event.application, event.timestamp, event.asterisk_id) == ("", None, "a")


def test_the_name_of_the_base_class_is_no_kind() -> None:
    decoder = Decoder()
    assert type(decoder.decode(b'{"type":"Event"}')) is Event
    assert decoder.unknown == 1


def test_an_answer_over_the_socket_is_told_from_an_event() -> None:
    answer = decode(
        b'{"type":"RESTResponse","request_id":"7","status_code":200,"message_body":"{}",'
        b'"application":"ivr","timestamp":"2026-11-25T15:09:49.538+0000"}'
    )
    assert isinstance(answer, RESTResponse)
    assert (answer.request_id, answer.status_code, answer.message_body) == ("7", 200, "{}")


def test_a_value_of_the_wrong_type_is_dropped_alone_and_counted() -> None:
    decoder = Decoder()
    event = decoder.decode(
        b'{"type":"ChannelDtmfReceived","digit":"1","duration_ms":"long",'
        b'"channel":{"id":"c","name":null,"state":"Up"}}'
    )
    assert isinstance(event, ChannelDtmfReceived)
    assert (event.digit, event.duration_ms) == ("1", 0)
    assert event.channel == Channel(id="c", state="Up")
    assert event.raw["duration_ms"] == "long"
    assert (decoder.lenient, decoder.refused) == (1, 0)


def test_broken_utf_8_costs_only_the_character() -> None:
    event = decode(b'{"type":"StasisStart","channel":{"id":"c","name":"a\xffb"}}')
    assert (event.channel.id, event.channel.name) == ("c", "a\ufffdb")


def test_broken_utf_8_in_a_field_nobody_knows_is_still_readable_in_raw() -> None:
    assert decode(b'{"type":"StasisEnd","new":"\xff"}').raw["new"] == "\ufffd"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"a\udfffb", "a\ufffdb"),
        (rb"\ud800\ud800", "\ufffd\ufffd"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud800", "\U0001f600\ufffd"),
        (rb"\\ud800\ud800", "\\ud800\ufffd"),
    ],
)
def test_half_a_character_costs_only_itself(sent: bytes, kept: str) -> None:
    """As it is it could not be sent back to Asterisk, nor written into a log."""
    decoder = Decoder()
    event = decoder.decode(b'{"type":"StasisEnd","channel":{"id":"c","name":"' + sent + b'"}}')
    assert isinstance(event, StasisEnd)
    assert (event.channel.id, event.channel.name) == ("c", kept)
    assert (decoder.lenient, decoder.refused) == (1, 0)


def test_a_whole_character_of_two_halves_is_no_surprise() -> None:
    decoder = Decoder()
    event = decoder.decode(rb'{"type":"StasisEnd","channel":{"id":"\ud83d\ude00"}}')
    assert isinstance(event, StasisEnd) and event.channel.id == "\U0001f600"
    assert decoder.lenient == 0


def test_broken_characters_and_wrong_types_in_one_frame_are_both_mended() -> None:
    event = decode(rb'{"type":"StasisEnd","channel":{"id":"\ud800","name":5}}')
    assert (event.channel.id, event.channel.name) == ("\ufffd", "")


class TestLimits:
    """What would hold the reader up, or fill the memory, is refused before it is read."""

    def frame(self, size: int, value: bytes = b"") -> bytes:
        """A StasisEnd of so many bytes."""
        begin = b'{"type":"StasisEnd","channel":{"id":"c"' + value + b'},"x":"'
        return begin + b"a" * (size - len(begin) - 2) + b'"}'

    def test_an_event_may_be_large_and_not_larger(self) -> None:
        assert decode(self.frame(LARGEST)).channel.id == "c"
        with pytest.raises(FrameError, match="1,048,577 bytes, more than 1,048,576"):
            decode(self.frame(LARGEST + 1))

    def test_an_answer_may_be_larger_since_somebody_waits_for_it(self) -> None:
        body = b"a" * (4 * LARGEST)
        frame = b'{"type":"RESTResponse","request_id":"7","message_body":"' + body + b'"}'
        answer = decode(frame)
        assert isinstance(answer, RESTResponse) and len(answer.message_body) == len(body)

    @pytest.mark.parametrize("end", [b"", b"}", b'"', b"[" * 5000], ids=repr)
    def test_what_is_large_and_no_json_is_refused(self, end: bytes) -> None:
        with pytest.raises(FrameError):
            decode(b'{"type":"StasisEnd","x":["' + b"a" * LARGEST + end)

    def test_a_large_frame_gets_no_lenient_look_which_takes_long(self) -> None:
        decoder = Decoder()
        assert isinstance(decoder.decode(self.frame(LENIENT, b',"name":5')), StasisEnd)
        with pytest.raises(FrameError, match="not as ARI describes it"):
            decoder.decode(self.frame(LENIENT + 1, b',"name":5'))
        assert (decoder.lenient, decoder.refused) == (1, 1)

    def test_a_large_frame_with_broken_utf_8_alone_is_still_an_event(self) -> None:
        assert decode(self.frame(LARGEST, b',"name":"\xff"')).channel.name == "\ufffd"

    @pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["[", "{"])
    def test_so_deep_and_no_deeper(self, begin: bytes, end: bytes) -> None:
        def nested(depth: int) -> bytes:
            """A frame so deep as a whole."""
            inner = begin * (depth - 2) + b"1" + end * (depth - 2)
            return b'{"type":"ChannelUserevent","userevent":{"x":' + inner + b"}}"

        event = decode(nested(DEEPEST))
        assert event.userevent["x"] and repr(event) and event.raw["userevent"]
        for depth in (DEEPEST + 1, 1_000, 100_000):
            with pytest.raises(FrameError, match="deep|objects and arrays"):
                decode(nested(depth))

    def test_so_many_parts_and_no_more(self) -> None:
        def parts(count: int) -> bytes:
            """A frame of so many objects and arrays."""
            return b'{"type":"StasisEnd","x":[' + b",".join([b"{}"] * (count - 2)) + b"]}"

        assert decode(parts(PARTS))
        with pytest.raises(FrameError, match="10,001 objects and arrays"):
            decode(parts(PARTS + 1))

    def test_brackets_in_texts_are_text(self) -> None:
        text = json.dumps('["[{\\"' * 20_000 + "\\")
        frame = f'{{"type":"StasisEnd","channel":{{"id":"c","name":{text}}}}}'
        assert decode(frame).channel.name == json.loads(text)

    def test_the_brackets_of_a_frame_are_those_that_a_decoder_sees(self) -> None:
        sent = {'a"[': ["}\\", {"": ['\\"']}, []], "]": {}}
        assert brackets(json.dumps(sent).encode()) == b"{[{[]}[]]{}}"


class TestInARow:
    """Frames that are no events, one after the other, tell of a connection that is none."""

    def refuse(self, decoder: Decoder, times: int) -> None:
        """Give it what is no event."""
        for _ in range(times):
            with pytest.raises(FrameError):
                decoder.decode(b"<html>")

    def test_many_in_a_row_are_hopeless(self) -> None:
        decoder = Decoder()
        self.refuse(decoder, HOPELESS - 1)
        assert not decoder.hopeless
        self.refuse(decoder, 1)
        assert decoder.hopeless and decoder.in_row == HOPELESS

    @pytest.mark.parametrize(
        "frame", [b'{"type":"StasisEnd"}', b'{"type":"Newer"}', b'{"type":"StasisEnd","args":5}']
    )
    def test_any_event_between_makes_it_a_new_row(self, frame: bytes) -> None:
        decoder = Decoder()
        self.refuse(decoder, HOPELESS - 1)
        decoder.decode(frame)
        self.refuse(decoder, HOPELESS - 1)
        assert not decoder.hopeless

    def test_a_new_connection_begins_a_new_row_and_counts_on(self) -> None:
        decoder = Decoder()
        self.refuse(decoder, HOPELESS)
        decoder.begin()
        assert not decoder.hopeless and decoder.refused == decoder.frames == HOPELESS


def test_a_key_of_no_name_does_not_become_the_frame() -> None:
    frame = b'{"type":"StasisEnd","":"QUJD"}'
    assert decode(frame).frame == frame


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"text",
        b"\xff\xfe",
        b"5",
        b"null",
        b"[]",
        b'["StasisStart"]',
        b"{}",
        b'{"type":null}',
        b'{"type":5}',
        b'{"type":["StasisStart"]}',
        b"[" * 100_000,
        b'{"type":"StasisEnd","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000,
    ],
    ids=lambda frame: repr(frame[:20]),
)
def test_what_is_no_event_is_refused_and_counted_and_the_next_one_works(frame: bytes) -> None:
    decoder = Decoder()
    with pytest.raises(FrameError) as caught:
        decoder.decode(frame)
    assert len(str(caught.value)) < 1000
    assert isinstance(decoder.decode(b'{"type":"StasisStart"}'), StasisStart)
    assert (decoder.frames, decoder.refused) == (2, 1)


def test_a_frame_error_is_a_value_error() -> None:
    assert issubclass(FrameError, ValueError)


def test_numbers_without_end_cost_nothing_else() -> None:
    event = decode(b'{"type":"StasisEnd","channel":{"id":"c"},"x":' + b"9" * 5000 + b"}")
    assert event.channel.id == "c" and event.raw["x"] == float("inf")


def test_the_same_key_twice_is_survived() -> None:
    assert decode(b'{"type":"StasisEnd","type":"StasisStart"}').frame


@calm
@given(st.binary(max_size=100))
def test_any_bytes_are_an_event_or_a_frame_error(frame: bytes) -> None:
    try:
        decode(frame)
    except FrameError:
        pass


@calm
@given(st.text(max_size=100))
def test_any_text_is_an_event_or_a_frame_error(frame: str) -> None:
    try:
        decode(frame)
    except FrameError:
        pass


@calm
@given(st.sampled_from([*EVENTS, "Newer"]), st.data())
def test_any_values_in_any_fields_are_still_that_event(name: str, data: st.DataObject) -> None:
    kind = EVENTS.get(name, Event)
    keys = st.sampled_from([each.encode_name for each in msgspec.structs.fields(kind)])
    fields = data.draw(st.dictionaries(keys | st.text(max_size=5), JSON, max_size=4))
    frame = json.dumps({**fields, "type": name}).encode()
    decoder = Decoder()
    event = decoder.decode(frame)
    assert type(event) is kind and event.frame == frame
    assert event.type == name and isinstance(repr(event), str)
    assert decoder.refused == 0


@calm
@given(st.sampled_from([p.values[0] for p in FRAMES]), st.data())
def test_real_frames_cut_or_with_one_byte_changed_never_raise_anything_else(
    frame: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(frame) - 1))
    for broken in (frame[:at], frame[:at] + data.draw(st.binary(max_size=3)) + frame[at + 1 :]):
        try:
            event = decode(broken)
        except FrameError:
            continue
        assert isinstance(event, Event)
