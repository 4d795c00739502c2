"""How a dialled call ended, in the words of Asterisk's DIALSTATUS. Pure.

Asterisk tells it in two ways, and neither says all: a Dial event's word (its `NOANSWER` covers
rejected and unknown numbers too, and a channel that was created and dialled often gets none),
and the Q.850 cause of ChannelDestroyed (0 or 16 for an unanswered call on older versions).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

__all__ = ["DialStatus", "of_all", "of_end", "of_word"]

DialStatus: TypeAlias = Literal["ANSWER", "BUSY", "NOANSWER", "CONGESTION", "CHANUNAVAIL", "CANCEL"]
"""The outcome of dialling, as Asterisk's DIALSTATUS names it."""

# The words of a Dial event that settle it.
WORDS: dict[str, DialStatus] = {
    "BUSY": "BUSY",
    "CONGESTION": "CONGESTION",
    "CHANUNAVAIL": "CHANUNAVAIL",
}

# Q.850 causes. A rejected call (21) is busy to the caller: somebody is there, and will not talk.
CAUSES: dict[int, DialStatus] = {
    0: "NOANSWER",
    1: "CHANUNAVAIL",
    2: "CHANUNAVAIL",
    3: "CHANUNAVAIL",
    16: "NOANSWER",
    17: "BUSY",
    18: "NOANSWER",
    19: "NOANSWER",
    20: "CHANUNAVAIL",
    21: "BUSY",
    26: "CANCEL",
    27: "CHANUNAVAIL",
    28: "CHANUNAVAIL",
    31: "NOANSWER",
    34: "CONGESTION",
    38: "CONGESTION",
    41: "CONGESTION",
    42: "CONGESTION",
    44: "CONGESTION",
    102: "NOANSWER",
}


def of_word(dialstatus: str) -> DialStatus | None:
    """What a Dial event's `dialstatus` settles; None when the end has still to come."""
    return WORDS.get(dialstatus)


def of_end(cause: int, dialled: bool) -> DialStatus:
    """What the end of an unanswered channel means.

    cause: of ChannelDestroyed. dialled: whether a Dial event was seen: without one, nothing has
    rung (the extension does not exist, say), whatever the cause.
    """
    return CAUSES.get(cause, "CHANUNAVAIL") if dialled else "CHANUNAVAIL"


def of_all(statuses: Iterable[DialStatus]) -> DialStatus:
    """One word for several endpoints of which none has answered: the best news goes first."""
    found = set(statuses)
    order: tuple[DialStatus, ...] = ("NOANSWER", "BUSY", "CONGESTION", "CHANUNAVAIL")
    return next((status for status in order if status in found), "CANCEL")
