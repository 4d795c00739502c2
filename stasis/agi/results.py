"""What commands of AGI return: small values."""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

__all__ = ["Entered", "Heard", "Played", "Recognized", "Recorded", "State"]


class State(IntEnum):
    """The state of a channel, with Asterisk's numbers."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALING = 3
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7
    DIALING_OFF_HOOK = 8
    PRERING = 9


@frozen
class Played:
    """How playing ended.

    digit: the key that has ended it, "" when it was played to its end. position: where it ended;
    samples of 1/8000 s for `stream_file` and `get_option`, seconds for `control_stream_file`; -1
    there is the file's end.
    """

    digit: str
    position: float


@frozen
class Entered:
    """What a caller has keyed in.

    digits: without the `#` that has ended them. timed_out: whether the time was over before `#`
    or the last digit.
    """

    digits: str
    timed_out: bool


@frozen
class Recorded:
    """How recording ended.

    by: `dtmf`, or `timeout` when the time was over or nobody spoke. digit: the key, "" without.
    position: samples in the file.
    """

    by: str
    digit: str
    position: int


@frozen
class Heard:
    """One thing that a speech engine may have heard. score: as it counts; grammar: of which."""

    text: str
    score: int
    grammar: str


@frozen
class Recognized:
    """What `speech_recognize` has brought.

    by: `speech`, `digit`, or `timeout`. digit: the key, "" without. heard: the best first.
    position: samples of the prompt that were played.
    """

    by: str
    digit: str = ""
    heard: tuple[Heard, ...] = ()
    position: int = 0
