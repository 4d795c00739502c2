"""A seeded mutator: captured frames made strange, in every way that a frame can be.

Two kinds of strangeness: of the JSON (a field dropped, null, of another type, an id that belongs
to something else), and of the bytes (bits, cuts, broken UTF-8, what is no JSON at all). The same
seed gives the same frames.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from stasis.ari.events import EVENTS

Ids: TypeAlias = Callable[[], Sequence[str]]

FRAMES = Path(__file__).parent.parent / "frames"
# How many bytes "huge" is, and one in how many frames is huge.
HUGE = 20 * 2**20
HUGE_ONE_IN = 20_000
DEPTHS = (10, 60, 70, 500, 1_000, 10_000, 100_000)
KINDS = (*EVENTS, "Event", "Newer", "", "stasisstart", "\u202eStasisStart")

NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1.5,
    -0.0,
    1e308,
    2**31,
    2**63,
    -(2**64),
    10**400,
    float("nan"),
    float("inf"),
    float("-inf"),
    True,
    False,
)
TEXTS: tuple[str, ...] = (
    "",
    "\x00",
    "\x1b[31mred\x1b[0m\r\n",
    "\u202egnp.exe",
    "\ud800",
    "\udfff\ud800",
    "a\ud83dz",
    "\U0001f600",
    "\ufeff",
    "../../channels",
    "a/b?c=d#e%2F",
    "a b+c&d",
    "é" * 300,
    "x" * 70_000,
    "9999-12-31T23:59:59.999-2359",
    "0000-00-00T00:00:00.000+0000",
    "channel:",
    "bridge:",
    "null",
    "Up",
)


def captured() -> list[bytes]:
    """The frames of real servers that the tests keep."""
    return [
        line
        for path in sorted(FRAMES.glob("events-*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]


class Mutator:
    """Makes strange frames without end.

    seed: the same gives the same frames. app: the application that most of them name. ids: the
    ids that may stand in them, asked for at each frame; so that calls that live are meant.
    """

    def __init__(self, seed: int, app: str, ids: Ids) -> None:
        self.random = random.Random(seed)
        self.app = app
        self.ids = ids
        self.made: dict[str, int] = {}
        self._captured = captured()
        self._before: list[bytes] = []
        self._later: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.frame()

    def frame(self) -> bytes:
        """The next frame. `made` counts which mutation it was."""
        rand = self.random
        if self._later and rand.random() < 0.1:
            # What was held back comes now: out of order.
            return self._later.pop(rand.randrange(len(self._later)))
        if rand.randrange(HUGE_ONE_IN) == 0:
            return self._named(rand.choice((self.huge_text, self.huge_list, self.huge_unknown)))
        frame = self._named(rand.choices(MUTATIONS, WEIGHTS)[0])
        if len(frame) < 10_000 and rand.random() < 0.05:
            self._before[len(self._before) % 32 :] = [frame]
        if len(frame) < 10_000 and len(self._later) < 32 and rand.random() < 0.05:
            self._later.append(frame)
        return frame

    def _named(self, mutation: Callable[..., bytes]) -> bytes:
        name = mutation.__name__
        self.made[name] = self.made.get(name, 0) + 1
        return mutation() if hasattr(mutation, "__self__") else mutation(self)

    # What is made strange

    def event(self) -> dict[str, Any]:
        """A captured event; mostly of our application, and often about what lives."""
        rand = self.random
        event: dict[str, Any] = msgspec.json.decode(rand.choice(self._captured))
        if rand.random() < 0.9:
            event["application"] = self.app
        if rand.random() < 0.7:
            self.aim(event)
        return event

    def aim(self, event: dict[str, Any]) -> None:
        """Have all ids of an event be ones that live."""
        ids = self.ids()
        if not ids:
            return
        for holder, key in places(event):
            value = holder[key]
            if key == "id" or key == "name" and holder is event.get("recording"):
                holder[key] = self.random.choice(ids)
            elif key == "target_uri" and isinstance(value, str):
                kind = self.random.choice(("channel", "bridge"))
                holder[key] = f"{kind}:{self.random.choice(ids)}"

    def odd(self) -> Any:
        """A value that nobody expects."""
        rand = self.random
        kind = rand.randrange(8)
        if kind < 2:
            return rand.choice(NUMBERS)
        if kind < 4:
            return rand.choice(TEXTS)
        if kind == 4:
            return None
        if kind == 5:
            return rand.choice(([], {}, [[]], [None, 1, "a"], {"id": 5}, {"": ""}))
        if kind == 6:
            ids = self.ids()
            return rand.choice(ids) if ids else ""
        return nested(rand.choice((3, 20, 80)))

    # Strange JSON

    def plain(self) -> bytes:
        """As captured: the mix has sane ones too."""
        return encoded(self.event())

    def dropped(self) -> bytes:
        """A field less, at any depth."""
        event = self.event()
        holder, key = self.random.choice(places(event))
        del holder[key]
        return encoded(event)

    def null(self) -> bytes:
        """A field without a value."""
        event = self.event()
        holder, key = self.random.choice(places(event))
        holder[key] = None
        return encoded(event)

    def odd_value(self) -> bytes:
        """One to three values of another type, or beyond all measure."""
        event = self.event()
        for _ in range(self.random.randint(1, 3)):
            holder, key = self.random.choice(places(event))
            holder[key] = self.odd()
        return careless(event)

    def odd_field(self) -> bytes:
        """A field that nobody knows."""
        event = self.event()
        holder, _ = self.random.choice([(h, k) for h, k in places(event) if isinstance(h, dict)])
        holder[self.random.choice((*TEXTS, "frame", "type", "id", "channel", "bridge"))] = (
            self.odd()
        )
        return careless(event)

    def other_kind(self) -> bytes:
        """The fields of one kind under the name of another."""
        event = self.event()
        event["type"] = self.random.choice(KINDS)
        return encoded(event)

    def swapped(self) -> bytes:
        """Ids that belong to something else."""
        event = self.event()
        ids = self.ids()
        for holder, key in places(event):
            if key == "id" and ids and self.random.random() < 0.5:
                holder[key] = self.random.choice(ids)
        return encoded(event)

    def mixed(self) -> bytes:
        """The fields of two events in one."""
        return encoded({**self.event(), **self.event()})

    def arrayed(self) -> bytes:
        """An array where an object belongs."""
        event = self.event()
        objects = [(h, k) for h, k in places(event) if isinstance(h[k], dict)]
        if not objects or self.random.random() < 0.2:
            return encoded([event])
        holder, key = self.random.choice(objects)
        holder[key] = [holder[key]] if self.random.random() < 0.5 else list(holder[key])
        return encoded(event)

    def doubled_key(self) -> bytes:
        """The same keys twice, with other values."""
        return encoded(self.event())[:-1] + b"," + encoded(self.event())[1:]

    # Strange bytes

    def again(self) -> bytes:
        """A frame that came before."""
        return self.random.choice(self._before) if self._before else self.plain()

    def bits(self) -> bytes:
        """Some bits flipped."""
        frame = bytearray(encoded(self.event()))
        for _ in range(self.random.randint(1, 4)):
            frame[self.random.randrange(len(frame))] ^= 1 << self.random.randrange(8)
        return bytes(frame)

    def cut(self) -> bytes:
        """Only a part of it."""
        frame = encoded(self.event())
        at = self.random.randrange(len(frame))
        return frame[:at] if self.random.random() < 0.8 else frame[at:]

    def broken_utf8(self) -> bytes:
        """Bytes that are no character, somewhere in a text."""
        frame = encoded(self.event())
        at = self.random.choice([i for i, byte in enumerate(frame) if byte == 0x22]) + 1
        junk = self.random.choice(
            (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80")
        )
        return frame[:at] + junk + frame[at:]

    def deep(self) -> bytes:
        """Nested without sense."""
        depth = self.random.choice(DEPTHS)
        opening, closing = self.random.choice(((b"[", b"]"), (b'{"a":', b"}")))
        value = opening * depth + b"1" + closing * depth
        if self.random.random() < 0.2:
            return value
        if self.random.random() < 0.2:
            value = opening * depth
        key = self.random.choice((b"x", b"channel", b"userevent", b"args", b"application"))
        return encoded(self.event())[:-1] + b',"' + key + b'":' + value + b"}"

    def noise(self) -> bytes:
        """No JSON at all."""
        if self.random.random() < 0.5:
            return self.random.randbytes(self.random.randrange(200))
        return self.random.choice(
            (b"", b"null", b"5", b'"a"', b"{}", b"[]", b"<html>", b"\xef\xbb\xbf{}", b"{" * 50)
        )

    def huge_text(self) -> bytes:
        """A text of 20 MB in a field that is known."""
        event = self.event()
        holder, key = self.random.choice(places(event))
        holder[key] = "a" * HUGE
        return encoded(event)

    def huge_list(self) -> bytes:
        """A list of 20 MB."""
        return encoded(self.event())[:-1] + b',"args":[' + b"1," * (HUGE // 2) + b"1]}"

    def huge_unknown(self) -> bytes:
        """A text of 20 MB in a field that nobody knows."""
        return encoded(self.event())[:-1] + b',"x":"' + b"\xff" * HUGE + b'"}'


MUTATIONS: tuple[Callable[[Mutator], bytes], ...] = (
    Mutator.plain,
    Mutator.dropped,
    Mutator.null,
    Mutator.odd_value,
    Mutator.odd_field,
    Mutator.other_kind,
    Mutator.swapped,
    Mutator.mixed,
    Mutator.arrayed,
    Mutator.doubled_key,
    Mutator.again,
    Mutator.bits,
    Mutator.cut,
    Mutator.broken_utf8,
    Mutator.deep,
    Mutator.noise,
)
WEIGHTS = (8, 8, 6, 16, 6, 8, 10, 5, 6, 3, 5, 8, 4, 4, 1, 2)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Where the values of some JSON stand: their container, and the key or index in it."""
    found: list[tuple[Any, Any]] = []
    pending = [value]
    while pending:
        holder = pending.pop()
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, inner in items:
            found.append((holder, key))
            if isinstance(inner, dict | list):
                pending.append(inner)
    return found


def nested(depth: int) -> Any:
    """Lists and objects in each other."""
    value: Any = "deep"
    for level in range(depth):
        value = [value] if level % 2 else {"deeper": value}
    return value


def encoded(value: Any) -> bytes:
    """JSON as Asterisk writes it."""
    return msgspec.json.encode(value)


def careless(value: Any) -> bytes:
    """JSON as a careless server writes it: half characters escaped, NaN as it is."""
    return json.dumps(value).encode()
