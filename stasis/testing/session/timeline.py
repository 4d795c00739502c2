"""A session as lanes of bars and marks: one for the program, each channel and each bridge. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import define, field

from stasis.identity import identity_of
from stasis.testing.session.difference import words
from stasis.testing.session.file import (
    Answered,
    Came,
    End,
    Lost,
    Opened,
    Sent,
    Session,
    Stepped,
    Stopping,
)
from stasis.testing.session.script import is_own, parameters

__all__ = ["Item", "Kind", "Lane", "Timeline"]

Kind: TypeAlias = Literal[
    "state", "playback", "recording", "member", "life", "socket", "request", "own", "event", "digit"
]  # fmt: skip
"""What an item shows. own: a request of the engine's own."""

# Where on its lane an item stands, from above.
ROWS: Mapping[Kind, int] = {
    "socket": 0, "life": 0, "state": 0, "playback": 1, "recording": 1, "member": 1,
    "request": 2, "own": 2, "event": 3, "digit": 3,
}  # fmt: skip
# Events that begin and end something, by what they are about.
BEGINS = {"PlaybackStarted": "playback", "RecordingStarted": "recording"}
ENDS = {
    "PlaybackFinished": "playback",
    "RecordingFinished": "recording",
    "RecordingFailed": "recording",
}
PROGRAM = ("program", "")

Key: TypeAlias = tuple[str, str]


@define(eq=False)
class Item:
    """Something that lasts, or happens. end: None for what only happens; seconds all.

    line: what the file says of it. failed: whether it went wrong. place: among its like.
    """

    kind: Kind
    start: float
    label: str
    end: float | None = None
    line: Any = None
    failed: bool = False
    place: int = 0

    @property
    def row(self) -> tuple[int, int]:
        """Its place on the lane, from above."""
        return ROWS[self.kind], self.place


@define(eq=False)
class Lane:
    """What belongs to one channel, bridge, or the program. calls: those that it is part of."""

    kind: str
    id: str
    name: str = ""
    items: list[Item] = field(factory=list)
    calls: set[str] = field(factory=set)


@define(eq=False)
class Timeline:
    """A session's lanes, in the order in which they began. calls: their names by channel.

    states: the names of states, in the order in which they were entered first.
    """

    session: Session
    lanes: dict[Key, Lane] = field(factory=dict)
    calls: dict[str, str] = field(factory=dict)
    states: list[str] = field(factory=list)
    _open: dict[Key, Item] = field(factory=dict)
    _inside: dict[str, set[str]] = field(factory=dict)
    _sent: dict[int, Item] = field(factory=dict)

    @classmethod
    def of(cls, session: Session) -> Timeline:
        """Read a session."""
        timeline = cls(session)
        timeline._lane(*PROGRAM)
        for line in session.lines:
            if isinstance(line, (Opened, Lost)):
                timeline._socket(line)
            elif isinstance(line, Came):
                timeline._event(line)
            elif isinstance(line, Sent):
                timeline._request(line)
            elif isinstance(line, Answered):
                timeline._reply(line)
            elif isinstance(line, Stepped):
                timeline._step(line)
            elif isinstance(line, (Stopping, End)):
                reason = line.step if isinstance(line, Stopping) else line.reason
                timeline._add(PROGRAM, Item("event", line.at, reason, line=line))
        for item in (*timeline._open.values(), *timeline._sent.values()):
            item.end = session.seconds
        for (kind, id), lane in timeline.lanes.items():
            # The second half of a Local channel goes with the first.
            half = timeline.lanes.get((kind, id.removesuffix(";2")))
            lane.calls |= half.calls if half is not None else set()
        return timeline

    @property
    def seconds(self) -> float:
        """How long it is; never nothing, since others divide by it."""
        return max(self.session.seconds, 0.001)

    def _lane(self, kind: str, id: str, name: str = "") -> Lane:
        lane = self.lanes.setdefault((kind, id), Lane(kind, id))
        lane.name = name or lane.name
        return lane

    def _add(self, key: Key, item: Item) -> None:
        self._lane(*key).items.append(item)

    def _begin(self, key: Key, what: Key, item: Item) -> None:
        """Something begins that lasts. what: by which its end is known."""
        self._over(what, item.start)
        self._add(key, item)
        self._open[what] = item

    def _over(self, what: Key, at: float) -> Item | None:
        item = self._open.pop(what, None)
        if item is not None:
            item.end = at
        return item

    def _socket(self, line: Opened | Lost) -> None:
        if isinstance(line, Opened):
            item = Item("socket", line.at, "connected", line=line)
            self._begin(PROGRAM, ("socket", ""), item)
        else:
            self._over(("socket", ""), line.at)
            self._add(PROGRAM, Item("event", line.at, words(line), line=line, failed=True))

    def _event(self, line: Came) -> None:
        event, kind = line.event, str(line.event.get("type", "a frame that is no event"))
        keys = [self._channel(line.part(name)) for name in ("channel", "peer")]
        keys += [self._bridge(line.part("bridge"), line.at, kind), self._media(kind, line)]
        digit = kind == "ChannelDtmfReceived"
        label = str(event.get("digit")) if digit else words(line)
        media = line.part("playback", "recording")
        failed = kind == "RecordingFailed" or not event or media.get("state") == "failed"
        for key in dict.fromkeys(key for key in keys if key is not None) or [PROGRAM]:
            item = Item("digit" if digit else "event", line.at, label, line=line, failed=failed)
            self._add(key, item)
        if kind == "ChannelDestroyed" and keys[0] is not None:
            self._over(("state", keys[0][1]), line.at)

    def _channel(self, channel: Mapping[str, Any]) -> Key | None:
        if not channel.get("id"):
            return None
        key = ("channel", str(channel["id"]))
        self._lane(*key, name=str(channel.get("name", "")))
        return key

    def _bridge(self, bridge: Mapping[str, Any], at: float, kind: str) -> Key | None:
        """The lane of a bridge, and how long it lives and has its members."""
        if not bridge.get("id"):
            return None
        key = ("bridge", str(bridge["id"]))
        new = not self._lane(*key).items
        self._lane(*key, name=str(bridge.get("name") or bridge.get("bridge_type") or ""))
        if new:
            self._begin(key, ("bridge", key[1]), Item("life", at, str(bridge.get("bridge_type"))))
        members = [] if kind == "BridgeDestroyed" else [str(m) for m in bridge.get("channels", ())]
        inside = self._inside.setdefault(key[1], set())
        for place, member in enumerate(members):
            if member not in inside:
                lane = self.lanes.get(("channel", member))
                item = Item("member", at, lane.name if lane else member, place=place)
                self._begin(key, ("member", f"{key[1]} {member}"), item)
        for member in inside - {*members}:
            self._over(("member", f"{key[1]} {member}"), at)
        self._inside[key[1]] = {*members}
        if kind == "BridgeDestroyed":
            self._over(("bridge", key[1]), at)
        return key

    def _media(self, kind: str, line: Came) -> Key | None:
        """The lane of what a playback or recording is of, and how long it lasts."""
        media = line.part("playback", "recording")
        if not media:
            return None
        target, _, id = str(media.get("target_uri", "")).partition(":")
        key = (target, id) if target in ("channel", "bridge") else PROGRAM
        what = (BEGINS.get(kind) or ENDS.get(kind, ""), str(media.get("id") or media.get("name")))
        if kind in BEGINS:
            label = str(media.get("media_uri") or media.get("name"))
            shown: Kind = "playback" if what[0] == "playback" else "recording"
            self._begin(key, what, Item(shown, line.at, label, line=line))
        elif kind in ENDS:
            item = self._over(what, line.at)
            if item is not None:
                item.failed = media.get("state") == "failed"
        return key

    def _request(self, line: Sent) -> None:
        own = is_own(line)
        item = Item("own" if own else "request", line.at, words(line), line=line)
        self._sent[line.id] = item
        self._add(("channel", line.call) if line.call else PROGRAM, item)
        if line.call:
            for id in named(line):
                made = identity_of(id)
                if made is not None:
                    self._lane("bridge" if made.kind == "bridge" else "channel", id)
                for kind in ("channel", "bridge"):
                    if (kind, id) in self.lanes:
                        self.lanes[kind, id].calls.add(line.call)

    def _reply(self, line: Answered) -> None:
        item = self._sent.pop(line.id, None)
        if item is not None:
            item.end = line.at
            item.failed = line.status >= 400 or line.error not in ("", "cancelled")
            item.line = [item.line, line]

    def _step(self, line: Stepped) -> None:
        key, what = ("channel", line.call), ("state", line.call)
        self._lane(*key).calls.add(line.call)
        self.calls.setdefault(line.call, self.lanes[key].name or line.call)
        if line.action:
            return self._add(key, Item("event", line.at, f"does {line.action}", line=line))
        over = self._over(what, line.at)
        if over is not None:
            over.failed = bool(line.failure)
        if line.target:
            if line.target not in self.states:
                self.states.append(line.target)
            self._begin(key, what, Item("state", line.at, line.target, line=line))


def named(line: Sent) -> Iterable[str]:
    """The ids that a request names."""
    values = [str(value) for value in parameters(line).values()]
    return {*line.path.split("/")[2:3], *(part for value in values for part in value.split(","))}
