"""An Asterisk that outlives the processes that dial it, as far as calls that go on need one.

It keeps channels, bridges, media and variables, tells its events to whoever dialled last, and
drops them while nobody has. `Process` is one program: it can be killed, and another one begun.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from stasis.ari.resource import Request, Response
from stasis.config import Config
from stasis.errors import OutcomeUnknown, Unreachable
from stasis.flow import Flow
from stasis.identity import identity_of
from stasis.link import Link
from stasis.program import Program, Runnable
from stasis.runner import Runner
from stasis.transport.frames import Frames, Lost, Opened

TURNS = 100
APP = "ivr"
# Which process a task belongs to, for those that dial by themselves.
DIALS: ContextVar[Process] = ContextVar("dials")


async def turn() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def refused(status: int, message: str) -> Response:
    """An error as ARI writes it."""
    return Response(status, "", json.dumps({"message": message}).encode())


class Server:
    """The server.

    lines: what was asked for and done, as `METHOD /path`. variables: of channels; globals: its
    own. started: when it was started, as it tells. echoes: whether fences come back. lose: the
    beginnings of requests that are done, and whose answers never come.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.channels: dict[str, dict[str, Any]] = {}
        self.bridges: dict[str, dict[str, Any]] = {}
        self.playbacks: dict[str, dict[str, Any]] = {}
        self.recordings: dict[str, dict[str, Any]] = {}
        self.stored: set[str] = set()
        self.variables: dict[tuple[str, str], str] = {}
        self.globals: dict[str, str] = {}
        self.apps: dict[str, Process | None] = {}
        self.heard: dict[str, set[str]] = {}
        self.started = "2026-01-01T00:00:00.000+0000"
        self.echoes = True
        self.lose: tuple[str, ...] = ()
        self.refuse: dict[str, Response] = {}
        self._later: list[tuple[str, str, dict[str, Any]]] = []
        self._count = 0

    # What people and media do

    async def calls(self, *args: str, app: str = APP, kind: str = "PJSIP") -> str:
        """Somebody calls. Returns the channel's id."""
        self._count += 1
        channel_id = f"c{self._count}"
        self._channel(channel_id, f"{kind}/100-{self._count:08x}", "Ring")
        self._enter(channel_id, app, *args)
        await self._told()
        return channel_id

    async def answers(self, channel_id: str) -> None:
        """A dialled channel is answered, and enters the application if it is not there yet."""
        channel = self.channels[channel_id]
        channel["state"] = "Up"
        app = channel["app"]
        self._soon(app, "ChannelStateChange", channel=channel)
        self._soon(app, "Dial", peer=channel, dialstatus="ANSWER")
        if channel["dialplan"].get("app_name") != "Stasis":
            self._enter(channel_id, app)
        await self._told()

    async def hangs_up(self, channel_id: str) -> None:
        """A channel is hung up, by its phone or by us."""
        self._gone(channel_id)
        await self._told()

    async def leaves(self, channel_id: str) -> None:
        """A channel goes on in the dialplan, by whoever's will."""
        self._left(channel_id)
        await self._told()

    async def digit(self, channel_id: str, digit: str) -> None:
        """A caller presses a digit."""
        channel = self.channels[channel_id]
        self.tell(channel["app"], "ChannelDtmfReceived", channel=channel, digit=digit)
        await turn()

    async def finish(self, playback_id: str) -> None:
        """A playback comes to its end."""
        self._finish(playback_id)
        await self._told()

    async def finish_recording(self, name: str) -> None:
        """A recording comes to its end, and is stored."""
        self._finish_recording(name)
        await self._told()

    def restart(self) -> None:
        """Asterisk is restarted: nothing of what lived is there, and another time is told."""
        for things in (self.channels, self.bridges, self.playbacks, self.recordings):
            things.clear()
        self.variables.clear()
        self.globals.clear()
        self.heard.clear()
        self.started = "2026-01-02T00:00:00.000+0000"

    def made(self, kind: str) -> list[str]:
        """The ids of what flows have made and lives, the oldest first. kind: as in the ids."""
        return [id for id in (*self.channels, *self.bridges) if id.startswith(f"{kind}-")]

    def changes(self) -> list[str]:
        """What was asked for but not only looked at, since the last `lines.clear()`."""
        ours = ("GET ", "POST /events/user", "POST /asterisk/variable", "PUT /applications")
        return [line for line in self.lines if not line.startswith(ours)]

    # Events

    def tell(self, app: str, kind: str, **fields: Any) -> None:
        """An event, to whoever has the application now."""
        process = self.apps.get(app)
        if process is not None:
            event = {"type": kind, "application": app, **fields}
            process.queue.put_nowait(json.dumps(event).encode())

    def dialled(self, process: Process) -> None:
        """A process has opened its socket: its applications are its own from now on."""
        for app in process.link.programs:
            before = self.apps.get(app)
            if before is not None and before is not process:
                self.tell(app, "ApplicationReplaced")
            self.apps[app] = process
            self.heard.setdefault(app, set())

    def left(self, process: Process) -> None:
        """The socket of a process is closed."""
        for app in [app for app, each in self.apps.items() if each is process]:
            self.apps[app] = None
            if not self.heard.get(app):
                del self.apps[app]
                self.heard.pop(app, None)

    def _soon(self, app: str, kind: str, **fields: Any) -> None:
        """An event that follows from what was done; told before the answer, as it was then."""
        self._later.append((app, kind, json.loads(json.dumps(fields))))

    async def _told(self) -> None:
        self._tell_all()
        await turn()

    def _tell_all(self) -> None:
        later, self._later = self._later, []
        for app, kind, fields in later:
            self.tell(app, kind, **fields)

    # Requests

    async def take(self, request: Request) -> Response:
        """One request: done, its events told, and answered."""
        line = f"{request.method} {request.path}"
        self.lines.append(line)
        for beginning, answer in self.refuse.items():
            if line.startswith(beginning):
                return answer
        given: dict[str, Any] = dict(request.query)
        if request.body:
            given |= json.loads(request.body)
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        answer = self._answer(request.method, parts, given)
        self._tell_all()
        if line.startswith(self.lose) and self.lose:
            raise OutcomeUnknown(request.method, request.path, "the answer was lost")
        if isinstance(answer, Response):
            return answer
        return Response(204) if answer is None else Response(200, "", json.dumps(answer).encode())

    def _answer(self, method: str, parts: list[str], given: Mapping[str, Any]) -> Any:
        match (method, *parts):
            case ("GET", "asterisk", "info"):
                return {"system": {"version": "22.10.1"}, "status": {"startup_time": self.started}}
            case ("GET", "asterisk", "variable"):
                return {"value": self.globals.get(given["variable"], "")}
            case ("POST", "asterisk", "variable"):
                self.globals[given["variable"]] = given.get("value", "")
                return None
            case ("POST", "events", "user", name):
                if self.echoes:
                    self._soon(given["application"], "ChannelUserevent", eventname=name)
                return None
            case (_, "applications", app, *_):
                if app not in self.heard:
                    return refused(404, "Application does not exist")
                return {"name": app, "channel_ids": sorted(self.heard[app] & set(self.channels))}
            case ("GET", "channels"):
                return list(self.channels.values())
            case ("GET", "bridges"):
                return list(self.bridges.values())
            case ("GET", "playbacks", id):
                return self.playbacks.get(id) or refused(404, "Playback not found")
            case ("GET", "recordings", "live", name):
                return self.recordings.get(name) or refused(404, "Recording not found")
            case ("GET", "recordings", "stored", name):
                there = name in self.stored
                return {"name": name, "format": "wav"} if there else refused(404, "not found")
            case ("DELETE", "playbacks", id):
                return self._finish(id) if id in self.playbacks else refused(404, "not found")
            case ("POST", "recordings", "live", name, "stop"):
                there = name in self.recordings
                return self._finish_recording(name) if there else refused(404, "not found")
            case ("POST", "channels", "create"):
                return self._make(str(given["channelId"]), given, enters=True)
            case ("POST", "channels", _, "snoop", id):
                return self._make(id, {**given, "endpoint": "Snoop/c"}, enters=True)
            case ("POST", "channels", id) if "endpoint" in given:
                for name, value in (given.get("variables") or {}).items():
                    self.variables[id, name] = value
                return self._make(id, given, enters=False)
            case (_, "channels", id, *verb):
                there = id in self.channels
                return self._of_channel(method, id, verb, given) if there else refused(404, "Channel not found")  # fmt: skip
            case ("POST", "bridges", id):
                return self._bridge(id, given)
            case (_, "bridges", id, *verb):
                there = id in self.bridges
                return self._of_bridge(method, id, verb, given) if there else refused(404, "Bridge not found")  # fmt: skip
        raise AssertionError(f"the server does not know {method} {parts}")

    def _of_channel(self, method: str, id: str, verb: list[str], given: Mapping[str, Any]) -> Any:
        channel = self.channels[id]
        match (method, *verb):
            case ("GET",):
                return channel
            case ("DELETE",):
                self._gone(id)
            case ("POST", "continue"):
                self._left(id)
            case ("POST", "move"):
                self._move(id, str(given["app"]), str(given.get("appArgs") or ""))
            case ("POST", "answer"):
                if channel["state"] != "Up":
                    channel["state"] = "Up"
                    self._soon(channel["app"], "ChannelStateChange", channel=channel)
            case ("POST", "play", playback_id):
                return self._play(f"channel:{id}", channel["app"], playback_id, given)
            case ("POST", "record"):
                return self._record(f"channel:{id}", channel["app"], given)
            case ("GET", "variable"):
                value = self.variables.get((id, given["variable"]))
                return {"value": value} if value is not None else refused(404, "not found")
            case ("POST", "variable"):
                self.variables[id, given["variable"]] = given.get("value", "")
            case ("POST", "dial"):
                if channel["state"] != "Down":
                    return refused(409, "Channel is not in the 'Down' state.")
                channel["state"] = "Ringing"
                self._soon(channel["app"], "ChannelStateChange", channel=channel)
                self._soon(channel["app"], "Dial", peer=channel, dialstatus="RINGING")
            case ("POST" | "DELETE", "ring" | "moh"):
                pass
            case _:
                raise AssertionError(f"the server does not know {method} {verb} of a channel")
        return None

    def _of_bridge(self, method: str, id: str, verb: list[str], given: Mapping[str, Any]) -> Any:
        bridge = self.bridges[id]
        match (method, *verb):
            case ("GET",):
                return bridge
            case ("DELETE",):
                for channel_id in list(bridge["channels"]):
                    self._part(channel_id)
                del self.bridges[id]
                self._soon(bridge["app"], "BridgeDestroyed", bridge=bridge)
            case ("POST", "addChannel"):
                for channel_id in str(given["channel"]).split(","):
                    if channel_id not in self.channels:
                        return refused(400, "Channel not found")
                    self._part(channel_id)
                    bridge["channels"].append(channel_id)
                    channel = self.channels[channel_id]
                    self._soon(
                        channel["app"], "ChannelEnteredBridge", bridge=bridge, channel=channel
                    )
            case ("POST", "removeChannel"):
                for channel_id in str(given["channel"]).split(","):
                    self._part(channel_id)
            case ("POST", "play", playback_id):
                return self._play(f"bridge:{id}", bridge["app"], playback_id, given)
            case ("POST", "record"):
                return self._record(f"bridge:{id}", bridge["app"], given)
            case _:
                raise AssertionError(f"the server does not know {method} {verb} of a bridge")
        return None

    def _channel(self, id: str, name: str, state: str) -> dict[str, Any]:
        channel: dict[str, Any] = {"id": id, "name": name, "state": state, "app": APP}
        channel["dialplan"] = {"context": "default", "exten": "8000", "priority": 1}
        self.channels[id] = channel
        return channel

    def _make(self, id: str, given: Mapping[str, Any], *, enters: bool) -> Any:
        if id in self.channels:
            return refused(409, "Channel with given unique ID already exists")
        channel = self._channel(id, f"{given['endpoint']}-{len(self.channels):08x}", "Down")
        channel["app"] = app = given["app"]
        self.heard.setdefault(app, set()).add(id)
        if enters:
            self._enter(id, app)
        else:
            self._soon(app, "Dial", peer=channel, dialstatus="")
        return channel

    def _enter(self, id: str, app: str, *args: str) -> None:
        channel = self.channels[id]
        channel["app"] = app
        channel["dialplan"] |= {"app_name": "Stasis", "app_data": ",".join([app, *args])}
        self.heard.setdefault(app, set()).add(id)
        self._soon(app, "StasisStart", channel=channel, args=list(args))

    def _move(self, id: str, app: str, args: str) -> None:
        """To another application; who has originated a channel goes on being told of it."""
        channel = self.channels[id]
        before = channel["app"]
        told = [arg for arg in args.split(",") if arg]
        if self.apps.get(app) is None:
            fields = {"channel": channel, "destination": app, "args": told}
            return self._soon(before, "ApplicationMoveFailed", **fields)
        if not identity_of(id):
            self.heard[before].discard(id)
        self.heard[app].add(id)
        channel["app"] = app
        self._soon(app, "StasisStart", channel=channel, args=told)
        self._soon(before, "StasisEnd", channel=channel)
        return None

    def _left(self, id: str) -> None:
        channel = self.channels[id]
        self._part(id)
        self._soon(channel["app"], "StasisEnd", channel=channel)
        channel["dialplan"] |= {"app_name": "Playback", "app_data": "demo-congrats"}
        self.heard[channel["app"]].discard(id)

    def _gone(self, id: str) -> None:
        channel = self.channels[id]
        for playback_id, playback in list(self.playbacks.items()):
            if playback["target_uri"] == f"channel:{id}":
                self._finish(playback_id)
        for name, recording in list(self.recordings.items()):
            if recording["target_uri"] == f"channel:{id}":
                self._finish_recording(name)
        self._part(id)
        if channel["dialplan"].get("app_name") == "Stasis":
            self._soon(channel["app"], "StasisEnd", channel=channel)
        self._soon(channel["app"], "ChannelDestroyed", channel=channel, cause=16, cause_txt="")
        del self.channels[id]
        for ids in self.heard.values():
            ids.discard(id)
        for key in [key for key in self.variables if key[0] == id]:
            del self.variables[key]

    def _part(self, channel_id: str) -> None:
        for bridge in self.bridges.values():
            if channel_id in bridge["channels"]:
                bridge["channels"].remove(channel_id)
                channel = self.channels[channel_id]
                self._soon(channel["app"], "ChannelLeftBridge", bridge=bridge, channel=channel)

    def _bridge(self, id: str, given: Mapping[str, Any]) -> Any:
        if id in self.bridges:
            return refused(409, "Bridge with given unique ID already exists")
        self.bridges[id] = bridge = {
            "id": id,
            "name": given.get("name", ""),
            "bridge_type": "mixing",
            "channels": [],
            "app": APP,
        }
        return bridge

    def _play(self, target: str, app: str, id: str, given: Mapping[str, Any]) -> Any:
        media = given["media"]
        playback = {
            "id": id,
            "media_uri": media[0] if isinstance(media, list) else str(media),
            "target_uri": target,
            "state": "playing",
            "app": app,
        }
        self.playbacks[id] = playback
        self._soon(app, "PlaybackStarted", playback=playback)
        return playback

    def _finish(self, id: str) -> None:
        playback = {**self.playbacks.pop(id), "state": "done"}
        self._soon(playback["app"], "PlaybackFinished", playback=playback)

    def _record(self, target: str, app: str, given: Mapping[str, Any]) -> Any:
        name = str(given["name"])
        if name in self.recordings or name in self.stored:
            return refused(409, "Recording already exists")
        recording = {"name": name, "format": "wav", "target_uri": target, "app": app}
        self.recordings[name] = recording = {**recording, "state": "recording"}
        self._soon(app, "RecordingStarted", recording=recording)
        return recording

    def _finish_recording(self, name: str) -> None:
        recording = {**self.recordings.pop(name), "state": "done", "duration": 5}
        self.stored.add(name)
        self._soon(recording["app"], "RecordingFinished", recording=recording)


class Process:
    """One program on the server. Use it as an async context manager; at its end it is killed.

    runs: what each application runs, or what APP runs. dials: opens its socket itself, and so
    looks at the lease first; the others are handed their frames. link: the engine. error: what
    ended it, or None.
    """

    def __init__(
        self,
        server: Server,
        runs: Runnable | Mapping[str, Runnable],
        config: Config | None = None,
        *,
        dials: bool = False,
        take_over: bool = False,
    ) -> None:
        self.server = server
        self.queue: asyncio.Queue[Opened | Lost | bytes | None] = asyncio.Queue()
        flows = runs if isinstance(runs, Mapping) else {APP: runs}
        self.link = Link(
            config or Config(),
            {app: Program.of(flow) for app, flow in flows.items()},
            take_over=take_over,
            frames=None if dials else self.frames(),
            send=self.send,
        )
        self.dead = False
        self.again: Callable[[], Awaitable[bool]] | None = None
        self.closed = 0
        self.error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Process:
        self.start()
        await turn()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.kill()

    def start(self) -> None:
        """Begin to run; whoever dials waits until the applications are free."""
        with as_dialler(self):
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self.link.run()
        except Exception as error:
            self.error = error

    async def kill(self) -> None:
        """As `kill -9` does it: nothing more of it reaches the server, and its socket closes."""
        self.dead = True
        self.server.left(self)
        self.link.let_go("killed")
        self.link.stop()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it does not run any more."""
        assert self._task is not None
        await self._task
        self.server.left(self)

    @property
    def ready(self) -> bool:
        """Whether it is connected, and all was compared."""
        return self.link.state.value == "ready"

    @property
    def over(self) -> bool:
        """Whether it runs no more."""
        return self._task is not None and self._task.done()

    def runner(self, channel_id: str) -> Runner:
        """What runs a call."""
        (runner,) = (each for each in self.link.runners if each.channel.id == channel_id)
        return runner

    def flow(self, channel_id: str) -> Any:
        """The flow that runs a call."""
        flow: Flow = self.runner(channel_id).flow
        return flow

    async def deaf(self) -> None:
        """The socket is lost; the server drops what it would tell."""
        self.server.left(self)
        self.queue.put_nowait(Lost("cut", 1.0))
        await turn()

    async def hears(self) -> None:
        """And is open again, if the link still wants that."""
        if self.again is None or await self.again():
            self.opens()
        else:
            self.queue.put_nowait(None)
        await turn()

    def opens(self) -> None:
        """The socket is open; the server is told of the applications."""
        self.server.dialled(self)
        self.queue.put_nowait(Opened(self._write, self._close))

    async def frames(self) -> AsyncIterator[Opened | Lost | bytes]:
        """The seam in."""
        self.opens()
        while (item := await self.queue.get()) is not None:
            yield item

    async def send(self, request: Request) -> Response:
        """The seam out."""
        await asyncio.sleep(0)
        if self.dead:
            raise Unreachable(request.method, request.path, "this process was killed")
        return await self.server.take(request)

    async def _write(self, text: str) -> None:
        raise AssertionError("requests go through `send`")

    async def _close(self) -> None:
        self.closed += 1


async def connecting(
    *_: Any, again: Callable[[], Awaitable[bool]] | None = None, **__: Any
) -> AsyncIterator[Opened | Lost | bytes]:
    """Instead of dialling: the socket of the process that asks, closed when it lets go of it."""
    process = DIALS.get()
    process.again = again
    try:
        async for item in process.frames():
            yield item
    finally:
        process.server.left(process)


@contextmanager
def as_dialler(process: Process) -> Iterator[None]:
    """What is started now belongs to this process."""
    token = DIALS.set(process)
    try:
        yield
    finally:
        DIALS.reset(token)


@contextmanager
def dialling() -> Iterator[None]:
    """Within it links that dial Asterisk dial the server that their process is for."""

    def connect(*args: Any, **kwargs: Any) -> Frames:
        return connecting(*args, **kwargs)

    with patch("stasis.link.connect", connect):
        yield


@asynccontextmanager
async def held(server: Server, *beginnings: str) -> AsyncIterator[None]:
    """Within it requests that begin so are done, and their answers kept back until its end."""
    release = asyncio.Event()
    take = server.take

    async def slowly(request: Request) -> Response:
        answer = await take(request)
        if f"{request.method} {request.path}".startswith(beginnings):
            await release.wait()
        return answer

    server.take = slowly  # type: ignore[method-assign]
    try:
        yield
    finally:
        server.take = take  # type: ignore[method-assign]
        release.set()
        await turn()
