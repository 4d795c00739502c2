"""The frames that the fake server plays: real ones, for many channels, in their real proportions.

Kinds, sizes and proportions are those of the frames in tests/frames that tell of a channel during
its life; the ones that begin or end it, or that name a thing within it, are left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["DIGIT", "Tape", "framed", "stamped"]

SOURCE = Path(__file__).parents[1] / "tests" / "frames" / "events-22.10.1.jsonl"
DIGIT = "ChannelDtmfReceived"
KINDS = (
    "ChannelVarset",
    "ChannelDialplan",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelStateChange",
    DIGIT,
    "ChannelTalkingStarted",
    "ChannelEnteredBridge",
    "ChannelLeftBridge",
    "ChannelUserevent",
)
# As long as what stands in their place, so that a frame's head does not change.
ID, MARK = "@channel-0@", "@" * 28


class Tape:
    """Frames for one application.

    app: its name. kinds: of the frames, in the order in which each channel has them, over and over.
    """

    def __init__(self, app: str) -> None:
        self.app = app
        with SOURCE.open() as file:
            found = [json.loads(line) for line in file]
        chosen = [each for each in found if each["type"] in KINDS and "channel" in each]
        # Spread, since the source has them as one test has made them.
        chosen = [chosen[i * 7 % len(chosen)] for i in range(len(chosen))]
        self.kinds = [each["type"] for each in chosen]
        self._parts = [self._cut(each) for each in chosen]
        self._start, self._end, self._gone = (
            self._cut(next(each for each in found if each["type"] == kind))
            for kind in ("StasisStart", "StasisEnd", "ChannelDestroyed")
        )

    def _cut(self, event: dict[str, Any]) -> tuple[bytes, ...]:
        """A frame cut where the channel's id and the mark stand."""
        channel = {**event["channel"], "id": ID, "name": f"PJSIP/phone-{ID}", "accountcode": MARK}
        changed = {**event, "channel": channel, "application": self.app}
        text = json.dumps(changed, separators=(",", ":"))
        head, between, rest = framed(text.encode()).split(ID.encode())
        middle, tail = rest.split(MARK.encode())
        return head, between, middle, tail

    def event(self, number: int, channels: int, at: int = 0, run: int = 1) -> bytes:
        """The event of that number, when it is told in turn of so many channels.

        at: when it is sent, in ns. run: how many events each channel has in its turn.
        """
        channel, turn = place(number, channels, run)
        return self._filled(self._parts[(turn + channel) % len(self._parts)], channel, turn, at)

    def digits(self, events: int, channels: int, run: int = 1) -> int:
        """How many of the first events are digits."""
        kinds = self.kinds
        count = len(kinds)
        places = (place(number, channels, run) for number in range(events))
        return sum(kinds[(turn + channel) % count] == DIGIT for channel, turn in places)

    def chunks(self, events: int, channels: int, run: int = 1, size: int = 128) -> list[bytes]:
        """All events, joined by that many."""
        return [
            b"".join(
                self.event(number, channels, run=run)
                for number in range(first, min(first + size, events))
            )
            for first in range(0, events, size)
        ]

    def starts(self, channels: int) -> Iterator[bytes]:
        """Each channel enters."""
        return (self._filled(self._start, channel, 0, 0) for channel in range(channels))

    def ends(self, channels: int) -> Iterator[bytes]:
        """Each channel leaves, and is gone."""
        for channel in range(channels):
            yield self._filled(self._end, channel, 0, 0) + self._filled(self._gone, channel, 0, 0)

    def told(self, name: str, **fields: object) -> bytes:
        """A ChannelUserevent of no channel. fields: of its `userevent`."""
        return framed(
            json.dumps(
                {
                    "type": "ChannelUserevent",
                    "timestamp": stamped(),
                    "eventname": name,
                    "userevent": {**fields, "eventname": name},
                    "asterisk_id": "02:fc:00:00:00:01",
                    "application": self.app,
                }
            ).encode()
        )

    def _filled(self, parts: tuple[bytes, ...], channel: int, number: int, at: int) -> bytes:
        head, between, middle, tail = parts
        id = b"%011d" % channel
        return b"%b%b%b%b%b%08d%020d%b" % (head, id, between, id, middle, number, at, tail)


def place(number: int, channels: int, run: int) -> tuple[int, int]:
    """The channel of an event, and the event's number among those of that channel."""
    turns, at = divmod(number, run)
    round, channel = divmod(turns, channels)
    return channel, round * run + at


def stamped() -> str:
    """The time, as Asterisk writes it."""
    now = time.time()
    return (
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}+0000"
    )


def framed(text: bytes) -> bytes:
    """One WebSocket text frame of a server: unmasked, in one piece (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text
