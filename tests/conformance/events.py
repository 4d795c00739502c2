"""The frames of one WebSocket, as a scenario asks for them.

A frame is taken once; what nobody took stays, so that the order in which a scenario asks is not
the order in which things must come. `types` tells the order in which they came.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.conformance.server import Closed, Wire
from tests.conformance.tape import Frame, Tape

__all__ = ["SECONDS", "Events", "matches"]

# How long something that must come may take. On a busy machine it takes longer than one thinks.
SECONDS = 10.0

# What is on its way when a scenario has seen enough is still kept on the tape.
TAIL_SECONDS = 0.05

# Where a frame holds the object that a filter names, and what is compared there.
PLACES = {
    "channel": (("channel", "id"), ("peer", "id"), ("refer_to", "destination_channel", "id")),
    "bridge": (("bridge", "id"),),
    "playback": (("playback", "id"),),
    "recording": (("recording", "name"),),
    "app": (("application",),),
}

Matching = Callable[[dict[str, Any]], bool]


class Events:
    """The frames that came over one WebSocket, oldest first.

    apps: the applications it listens for. frames: all so far.
    """

    def __init__(
        self,
        wire: Wire,
        apps: tuple[str, ...],
        tape: Tape,
        probe: Callable[[str, str], Awaitable[None]],
        parting: Callable[[], Awaitable[None]],
        number: int = 0,
    ) -> None:
        self.apps = apps
        self.frames: list[dict[str, Any]] = []
        self._wire = wire
        self._tape = tape
        self._probe = probe
        self._parting = parting
        self._number = number
        self._taken: set[int] = set()
        self._news = asyncio.Event()
        self._code: int | None = None
        self._asked = 0
        self._reader = asyncio.create_task(self._read())

    @property
    def app(self) -> str:
        """The application it listens for; the first, if several."""
        return self.apps[0]

    async def _read(self) -> None:
        while True:
            try:
                text = await self._wire.receive()
            except Closed as closed:
                self._code = closed.code
                self._tell()
                return
            frame = json.loads(text)
            self.frames.append(frame)
            if not is_probe(frame):
                self._tape.frames.append(Frame(self._number, frame))
            self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def next(
        self,
        kind: str,
        *,
        seconds: float = SECONDS,
        where: Mapping[str, Any] | None = None,
        **objects: str,
    ) -> dict[str, Any]:
        """Take the next frame of this type, waiting for it.

        seconds: the longest it may take. where: dotted path to value, like
        `{"channel.state": "Up"}`. objects: `channel=`, `bridge=`, `playback=`: an id;
        `recording=`: a name; `app=`: the application.

        Raises AssertionError that lists what came instead.
        """
        wanted = matches(kind, where, objects)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for index, frame in enumerate(self.frames):
                        if index not in self._taken and wanted(frame):
                            self._taken.add(index)
                            return frame
                    if self._code is not None:
                        why = f"the socket was closed with {self._code}"
                        break
                    await self._news.wait()
        except TimeoutError:
            why = f"not within {seconds:g} s"
        raise AssertionError(
            f"no {kind} {objects or ''} {where or ''}: {why}; came: {self._summary()}"
        )

    async def none(
        self,
        kind: str,
        *,
        within: float = 0.3,
        where: Mapping[str, Any] | None = None,
        **objects: str,
    ) -> None:
        """Nobody took such a frame from here yet, and none comes. within: seconds to wait."""
        wanted = matches(kind, where, objects)
        await asyncio.sleep(within)
        came = [
            frame
            for index, frame in enumerate(self.frames)
            if index not in self._taken and wanted(frame)
        ]
        assert not came, f"there must be no {kind} {objects or ''} {where or ''}: {came}"

    async def settled(self) -> None:
        """Return once all that Asterisk had queued for these applications has come.

        Sends an event of our own to each and waits for it: an application's events keep their
        order. It is not counted among the others.
        """
        for app in self.apps:
            self._asked += 1
            mark = f"probe-{self._number}-{self._asked}"
            await self._probe(app, mark)
            await self.next("ChannelUserevent", where={"eventname": mark}, app=app)

    def all(
        self, kind: str = "", *, where: Mapping[str, Any] | None = None, **objects: str
    ) -> list[dict[str, Any]]:
        """All that came so far, taken or not. kind: a type; "" for every type."""
        wanted = matches(kind, where, objects)
        return [each for each in self.frames if wanted(each) and not is_probe(each)]

    def types(self, **objects: str) -> list[str]:
        """The types of what came so far about an object, in order."""
        wanted = matches("", None, objects)
        return [each["type"] for each in self.frames if wanted(each) and not is_probe(each)]

    def forget(self) -> None:
        """Take all that came so far."""
        self._taken.update(range(len(self.frames)))

    async def send(self, text: str | bytes) -> None:
        """Send a frame of our own as it stands."""
        await self._wire.send(text)

    async def ask(self, request: Mapping[str, Any], seconds: float = SECONDS) -> dict[str, Any]:
        """Send a REST request over this WebSocket and wait for its answer.

        request: the RESTRequest; `type`, `transaction_id` and `request_id` are filled in.
        Returns the RESTResponse.
        """
        self._asked += 1
        asked = {"type": "RESTRequest", "transaction_id": "", "request_id": f"r{self._asked}"}
        asked |= request
        await self.send(json.dumps(asked))
        return await self.next(
            "RESTResponse", seconds=seconds, where={"request_id": asked["request_id"]}
        )

    async def close(self) -> None:
        """Close the WebSocket from our side."""
        if self._code is None:
            await asyncio.sleep(TAIL_SECONDS)
            await self._parting()
        await self._wire.close()
        await self._reader

    async def closed(self, seconds: float = SECONDS) -> int:
        """Wait until the server has closed it. Returns the close code, 1006 when none came."""
        async with asyncio.timeout(seconds):
            await asyncio.shield(self._reader)
        assert self._code is not None
        return self._code

    def _summary(self) -> str:
        return ", ".join(about(each) for each in self.frames[-40:]) or "nothing"


def matches(kind: str, where: Mapping[str, Any] | None, objects: Mapping[str, str]) -> Matching:
    """A test for frames: their type ("" for any), dotted paths, and objects by id."""
    for name in objects:
        assert name in PLACES, f"no such filter: {name}; there are {', '.join(PLACES)}"

    def wanted(frame: dict[str, Any]) -> bool:
        return (
            (not kind or frame.get("type") == kind)
            and all(at(frame, path.split(".")) == value for path, value in (where or {}).items())
            and all(
                any(at(frame, place) == value for place in PLACES[name])
                for name, value in objects.items()
            )
        )

    return wanted


def at(frame: Any, path: tuple[str, ...] | list[str]) -> Any:
    """What is at a path; None where there is nothing."""
    for name in path:
        frame = frame.get(name) if isinstance(frame, dict) else None
    return frame


def is_probe(frame: dict[str, Any]) -> bool:
    """Whether it is one that `settled` had sent."""
    return str(frame.get("eventname", "")).startswith("probe-")


def about(frame: dict[str, Any]) -> str:
    """A frame in a few words."""
    names = [str(at(frame, place)) for each in PLACES.values() for place in each[:1]]
    return f"{frame.get('type')}({' '.join(each for each in names[:-1] if each != 'None')})"
