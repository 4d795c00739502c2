"""An Asterisk of few words whose frames are made strange, and the people that call it.

Strange frames name the ids of the victims, whose calls may end at any moment and who call anew.
None names a bystander. What a strange frame says of an end is true here from then on.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import json
import os
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from stasis.ari.events import (
    ApplicationReplaced,
    BridgeDestroyed,
    ChannelDestroyed,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
)
from stasis.ari.resource import Request, Response
from stasis.config import Config
from stasis.decode import Decoder, FrameError
from stasis.link import Link
from stasis.program import Program
from stasis.transport.frames import Lost, Opened
from tests.faults.mutator import Mutator
from tests.faults.shaken import Call

APP = "fuzz"
VICTIMS = 8
# Frames between two things that a bystander's caller does.
PACE = 1_000
# After how many frames the socket is cut, and opened again.
GAP = 10_000
# After how many frames the calls are let run, as a socket does that has no more to read.
BREATH = 16
# After how many frames it is seen to that all victims live.
ROUND = 500


class Broken(AssertionError):
    """What was promised did not hold."""


class World:
    """An Asterisk of few words behind the two seams, and the people that call.

    fed: frames that were given to the link. calls: bystanders that called. history: what became
    of each, in its flow's words.
    """

    def __init__(self, frames: int, seed: int) -> None:
        self.frames = frames
        self.fed = 0
        self.mutated = 0
        self.calls = 0
        self.history: dict[str, list[str]] = {}
        self.mutator = Mutator(seed, APP, self.ids)
        self.random = self.mutator.random
        self.link = Link(
            Config(), {APP: Program.of(Call, self)}, frames=self.source(), send=self.send
        )
        self.channels: set[str] = set()
        self.bridges: dict[str, list[str]] = {}
        self.playing: dict[str, str] = {}
        self.recording: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.megabytes: list[float] = []
        self.enough = asyncio.Event()
        self._queue: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._ticks: list[tuple[int, int, asyncio.Event]] = []
        self._watched: dict[str, asyncio.Event] = {}
        self._number = 0
        self._ids: list[str] = []
        self._judge = Decoder()
        self.gaps = 0
        self.next_gap = GAP

    def number(self) -> int:
        """A number that was not there before."""
        self._number += 1
        return self._number

    def ids(self) -> list[str]:
        """What strange frames may name: nothing of a bystander."""
        if self.mutated % BREATH == 0:
            self._ids = self._live()
        return self._ids

    def _live(self) -> list[str]:
        named = [f"victim-{n}" for n in range(VICTIMS)]
        mine = [each for each, of in self.playing.items() if of in named][-8:]
        mine += [each for each, inside in self.bridges.items() if {*inside} & {*named}][-8:]
        mine += [each for each, of in self.recording.items() if of in named][-8:]
        return named + mine

    # Frames in

    async def source(self) -> AsyncIterator[Opened | Lost | bytes]:
        """What Asterisk tells, in its order, and strange frames whenever it has nothing to tell."""
        yield Opened(self._write, self._close)
        while True:
            if self.mutated == self.next_gap:
                # Nothing is lost in it, as with a socket that Asterisk opens: what is compared
                # afterwards must agree with what was told, whatever was told besides.
                self.next_gap += GAP
                self.gaps += 1
                yield Lost("the socket is cut", 0.0)
                yield Opened(self._write, self._close)
            if self._queue:
                self.fed += 1
                yield self._queue.popleft()
            elif self.mutated < self.frames and (self.mutated or self._is_ready()):
                frame = self._strange()
                self.mutated += 1
                self.fed += 1
                yield frame
                self._passed()
            else:
                if self.mutated >= self.frames:
                    self.enough.set()
                    self._tick(self.mutated + PACE)
                self._more.clear()
                if not self._queue:
                    try:
                        async with asyncio.timeout(0.01):
                            await self._more.wait()
                    except TimeoutError:
                        pass
                continue
            if self.fed % BREATH == 0:
                await asyncio.sleep(0)

    def _is_ready(self) -> bool:
        """Whether strange frames may begin: what may fail at a start is another matter."""
        return self.link.state.value == "ready"

    def _strange(self) -> bytes:
        """A strange frame that is no order to stop: another program that takes our application."""
        while True:
            frame = self.mutator.frame()
            if not any(word in frame for word in (b"Replaced", b"Finished", b"End", b"Destroyed")):
                return frame
            try:
                event = self._judge.decode(frame)
            except FrameError:
                return frame
            self._believe(event)
            if not isinstance(event, ApplicationReplaced) or event.application != APP:
                return frame

    def _believe(self, event: Event) -> None:
        """What a strange frame says of an end is true: else what has ended would be left over."""
        if isinstance(event, BridgeDestroyed):
            self.bridges.pop(event.bridge.id, None)
        elif isinstance(event, PlaybackFinished):
            self.playing.pop(event.playback.id, None)
        elif isinstance(event, RecordingFinished):
            self.recording.pop(event.recording.name, None)
        elif isinstance(event, StasisEnd | ChannelDestroyed):
            self.channels.discard(event.channel.id)
            for of in self.playing, self.recording:
                for each in [key for key, at in of.items() if at == event.channel.id]:
                    del of[each]
            for inside in self.bridges.values():
                if event.channel.id in inside:
                    inside.remove(event.channel.id)

    def _passed(self) -> None:
        self._tick(self.mutated)
        if self.mutated % ROUND == 0:
            alive = {runner.channel.id for runner in self.link.runners}
            for number in range(VICTIMS):
                if (channel_id := f"victim-{number}") not in alive:
                    self.enter(channel_id, "victim")
        if self.mutated % (self.frames // 10 or 1) == 0:
            self.megabytes.append(resident())

    def _tick(self, now: int) -> None:
        while self._ticks and self._ticks[0][0] <= now:
            heapq.heappop(self._ticks)[2].set()

    async def after(self, frames: int) -> None:
        """Wait until so many strange frames more have passed."""
        event = asyncio.Event()
        heapq.heappush(self._ticks, (self.mutated + frames, self.number(), event))
        await event.wait()

    def tell(self, kind: str, **fields: Any) -> None:
        """A sane event."""
        event = {"type": kind, "application": APP, **fields}
        self._queue.append(json.dumps(event).encode())
        self._more.set()

    def enter(self, channel_id: str, *args: str) -> None:
        """A channel enters our application."""
        self.channels.add(channel_id)
        self.tell("StasisStart", channel=channel(channel_id), args=list(args))

    def leave(self, channel_id: str) -> None:
        """A channel is gone."""
        if channel_id not in self.channels:
            return
        self.channels.discard(channel_id)
        for playback_id in [p for p, of in self.playing.items() if of == channel_id]:
            del self.playing[playback_id]
            self.tell("PlaybackFinished", playback=playback(playback_id, channel_id, "failed"))
        for name in [name for name, of in self.recording.items() if of == channel_id]:
            self.recorded(name)
        for bridge_id, inside in self.bridges.items():
            if channel_id in inside:
                inside.remove(channel_id)
                self.tell(
                    "ChannelLeftBridge", bridge={"id": bridge_id}, channel=channel(channel_id)
                )
        self.tell("StasisEnd", channel=channel(channel_id))
        self.tell("ChannelDestroyed", channel=channel(channel_id), cause=16, cause_txt="Normal")

    def recorded(self, name: str) -> None:
        """A recording has come to its end."""
        of = self.recording.pop(name)
        recording = {"name": name, "format": "wav", "state": "done", "duration": 7}
        self.tell("RecordingFinished", recording={**recording, "target_uri": f"channel:{of}"})

    # Requests out

    async def _write(self, text: str) -> None:
        raise AssertionError("requests go through Send")

    async def _close(self) -> None:
        raise Broken("the link gave the connection up")

    async def send(self, request: Request) -> Response:
        """Answer as Asterisk would, after it has told what follows from it."""
        await asyncio.sleep(0)
        given: dict[str, Any] = dict(request.query)
        if request.body:
            given |= json.loads(request.body)
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        answer = self.answer(request.method, parts, given)
        self._saw(f"{request.method} /{'/'.join(parts[:3])}")
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(204)
        return Response(200, "OK", json.dumps(answer).encode())

    def answer(self, method: str, parts: list[str], given: dict[str, Any]) -> Any:
        """What a request gives: JSON, a refusal, or None."""
        match (method, *parts):
            case ("GET", "asterisk", "info"):
                return {
                    "system": {"version": "22.10.1", "entity_id": "00:00:00:00:00:01"},
                    "status": {
                        "startup_time": "2026-01-01T00:00:00.000+0000",
                        "last_reload_time": "2026-01-01T00:00:00.000+0000",
                    },
                }
            case (_, "applications", app, *_):
                ids = [each for each in self.channels]
                return {"name": app, "channel_ids": ids, "bridge_ids": [*self.bridges]}
            case ("GET", "asterisk", "variable"):
                return {"value": self.variables.get(given["variable"], "")}
            case ("POST", "asterisk", "variable"):
                self.variables[given["variable"]] = given.get("value", "")
                return None
            case ("POST", "events", "user", name):
                extra = {k: v for k, v in given.items() if k == "variables"}.get("variables", {})
                self.tell(
                    "ChannelUserevent", eventname=name, userevent={**extra, "eventname": name}
                )
                return None
            case ("GET", "channels"):
                return [channel(each) for each in sorted(self.channels)]
            case ("GET", "bridges"):
                return [{"id": each, "channels": ids} for each, ids in self.bridges.items()]
            case (_, "channels", channel_id, *verb):
                return self._of_channel(method, channel_id, verb, given)
            case (_, "bridges", bridge_id, *verb):
                return self._of_bridge(method, bridge_id, verb, given)
            case (_, "playbacks", playback_id):
                of = self.playing.get(playback_id)
                if of is None:
                    return refused("Playback not found")
                if method == "GET":
                    return playback(playback_id, of, "playing")
                del self.playing[playback_id]
                self.tell("PlaybackFinished", playback=playback(playback_id, of, "done"))
            case ("GET", "recordings", "stored", name):
                return {"name": name, "format": "wav"}
            case (_, "recordings", "live", name, *_):
                if name not in self.recording:
                    return refused("Recording not found")
                if method == "GET":
                    of = f"channel:{self.recording[name]}"
                    return {"name": name, "format": "wav", "target_uri": of, "state": "recording"}
                self.recorded(name)
        return None

    def _of_channel(self, method: str, channel_id: str, verb: list[str], given: Any) -> Any:
        if channel_id not in self.channels:
            return refused("Channel not found")
        match (method, *verb):
            case ("GET",):
                return channel(channel_id)
            case ("DELETE",) | ("POST", "continue" | "move"):
                self.leave(channel_id)
            case ("POST", "play", playback_id):
                self.playing[playback_id] = channel_id
                made = playback(playback_id, channel_id, "playing")
                self.tell("PlaybackStarted", playback=made)
                return made
            case ("POST", "record"):
                self.recording[given["name"]] = channel_id
                return {"name": given["name"], "format": "wav", "state": "queued"}
            case ("GET", "variable"):
                value = self.variables.get(f"{channel_id} {given['variable']}")
                return refused("Variable was not found") if value is None else {"value": value}
            case ("POST", "variable"):
                # Only those that live: a variable goes with its channel.
                self.variables = {
                    k: v for k, v in self.variables.items() if k.split()[0] in self.channels | {k}
                }
                self.variables[f"{channel_id} {given['variable']}"] = given.get("value", "")
        return None

    def _of_bridge(self, method: str, bridge_id: str, verb: list[str], given: Any) -> Any:
        if method == "POST" and not verb:
            self.bridges[bridge_id] = []
            return {"id": bridge_id, "bridge_type": "mixing", "channels": []}
        inside = self.bridges.get(bridge_id)
        if inside is None:
            return refused("Bridge not found")
        if method == "DELETE":
            del self.bridges[bridge_id]
        elif verb == ["addChannel"]:
            for each in str(given["channel"]).split(","):
                if each not in self.channels:
                    return Response(400, "", b'{"message":"Channel not found"}')
                for others in self.bridges.values():
                    if each in others:
                        others.remove(each)
                inside.append(each)
                bridge = {"id": bridge_id, "channels": list(inside)}
                self.tell("ChannelEnteredBridge", bridge=bridge, channel=channel(each))
                self._saw(f"{each} is in a bridge")
        elif method == "GET":
            return {"id": bridge_id, "channels": list(inside)}
        return None

    def _watch(self, line: str) -> asyncio.Event:
        """What is set when this is seen."""
        return self._watched.setdefault(line, asyncio.Event())

    def _saw(self, line: str) -> None:
        if line in self._watched:
            self._watched.pop(line).set()

    # The people

    async def bystander(self) -> None:
        """A caller that goes the whole way, again and again, until enough frames have passed."""
        while not self.enough.is_set():
            self.calls += 1
            me = f"bystander-{self.random.randbytes(8).hex()}-{self.number()}"
            played = self._watch(f"POST /channels/{me}/play")
            recording = self._watch(f"POST /channels/{me}/record")
            bridged = self._watch(f"{me} is in a bridge")
            gone = self._watch(f"DELETE /channels/{me}")
            self.history[me] = []
            self.enter(me, "bystander")
            await played.wait()
            await self.after(self.random.randrange(PACE))
            self.press(me, "1")
            await recording.wait()
            await self.after(self.random.randrange(PACE))
            self.recorded(f"message-{me}")
            await bridged.wait()
            await self.after(self.random.randrange(PACE))
            self.press(me, "2")
            await gone.wait()

    def press(self, channel_id: str, digit: str) -> None:
        """A digit is pressed."""
        self.tell("ChannelDtmfReceived", channel=channel(channel_id), digit=digit, duration_ms=100)


def channel(channel_id: str) -> dict[str, Any]:
    """A channel as Asterisk tells of it."""
    kind = "bystander" if channel_id.startswith("bystander") else "victim"
    return {
        "id": channel_id,
        "name": f"PJSIP/{channel_id}",
        "state": "Up",
        "dialplan": {"app_name": "Stasis", "app_data": f"{APP},{kind}"},
    }


def playback(playback_id: str, of: str, state: str) -> dict[str, Any]:
    """A playback as Asterisk tells of it."""
    target = f"channel:{of}"
    return {"id": playback_id, "media_uri": "sound:x", "target_uri": target, "state": state}


def refused(message: str) -> Response:
    """What is asked for is not there."""
    return Response(404, "Not Found", json.dumps({"message": message}).encode())


def resident() -> float:
    """MB of memory that the process has now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
