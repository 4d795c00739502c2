"""A fake at the two seams: frames in, requests out, for tests of a flow without a server.

It runs the real engine. Requests are written down and answered as Asterisk would; what Asterisk
would tell of them (a playback that started, a channel that entered a bridge) comes back as
events. What people do, the test does: press digits, answer, let a prompt end, hang up.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from stasis.ari.resource import Request, Response
from stasis.config import Config, KeepConfig
from stasis.flow import Flow
from stasis.link import Link
from stasis.program import Program, Runnable
from stasis.runner import Runner
from stasis.transport.frames import Lost, Opened

__all__ = ["FakeAsterisk", "FakeCall"]

# Turns of the event loop after which whatever can run without I/O or time has run.
TURNS = 60


class FakeCall:
    """A call in the fake.

    id: the channel's. flow, state: the flow that runs it, and the name of its state.
    """

    def __init__(self, asterisk: FakeAsterisk, channel_id: str, runner: Runner | None) -> None:
        self.id = channel_id
        self._asterisk = asterisk
        self._runner = runner

    @property
    def flow(self) -> Flow:
        """The flow that runs the call."""
        assert self._runner is not None, "this channel was dialled; it has no flow of its own"
        return self._runner.flow

    @property
    def state(self) -> str:
        """The name of the state the flow is in."""
        return self._runner.state if self._runner is not None else ""

    @property
    def failure(self) -> BaseException | None:
        """What the flow has raised, or None. A failed flow is `over`; its last state stays told."""
        return self._runner.failure if self._runner is not None else None

    @property
    def over(self) -> bool:
        """Whether the call has ended and everything of it is closed."""
        return self._runner not in self._asterisk.link.runners

    async def digit(self, digits: str) -> None:
        """The caller presses digits, one after the other."""
        for digit in digits:
            await self._asterisk.event("ChannelDtmfReceived", self.id, digit=digit, duration_ms=100)

    async def hangs_up(self) -> None:
        """The caller hangs up."""
        await self._asterisk.end(self.id, cause=16)

    async def answers(self) -> None:
        """A channel that the flow has dialled is answered, and enters the application."""
        await self._asterisk.answered(self.id)


class FakeAsterisk:
    """The fake. Use it as an async context manager.

    flow: a Flow class or an async function. plugin: what the flow sees as `self.plugin`.
    requests: what was sent, as `METHOD /path`, in order. link: the engine that runs.
    """

    def __init__(self, flow: Runnable, plugin: object = None, config: Config | None = None) -> None:
        self.requests: list[str] = []
        self.sent: list[Request] = []
        self.refuse: dict[str, Response] = {}
        self.variables: dict[tuple[str, str], str] = {}
        self.app = "test"
        self._channels: dict[str, dict[str, Any]] = {}
        self._playbacks: dict[str, dict[str, Any]] = {}
        self._bridges: dict[str, dict[str, Any]] = {}
        self._recordings: dict[str, dict[str, Any]] = {}
        self._stored: set[str] = set()
        self._queue: asyncio.Queue[Opened | Lost | bytes] = asyncio.Queue()
        self._later: deque[tuple[str, dict[str, Any]]] = deque()
        self.link = Link(
            config or Config(keep=KeepConfig(store="off")),
            {self.app: Program.of(flow, plugin)},
            frames=self._frames(),
            send=self._send,
        )
        self._count = 0
        self._ending: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> FakeAsterisk:
        self._task = asyncio.create_task(self.link.run())
        self._queue.put_nowait(Opened(self._write, self._close))
        await self.turn()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for runner in list(self.link.runners):
            await self.end(runner.channel.id, cause=16)
        async with asyncio.timeout(60):
            await self.link.idle()
        await asyncio.gather(*self._ending)
        self.link.stop()
        assert self._task is not None
        await self._task

    # What people do

    async def call(self, *args: str, number: str = "100", name: str = "") -> FakeCall:
        """Somebody calls. args: of `Stasis(app,…)`. number, name: the caller's."""
        self._count += 1
        channel_id = f"c{self._count}"
        self._new_channel(channel_id, f"PJSIP/{number}-{self._count:08x}", "Ring", number, name)
        self._tell("StasisStart", channel=self._channels[channel_id], args=list(args))
        runner: Runner | None = None
        for _ in range(TURNS):
            # A short flow may be over before the turn is: catch its runner as it starts.
            await asyncio.sleep(0)
            runner = next((r for r in self.link.runners if r.channel.id == channel_id), None)
            if runner is not None:
                break
        await self.turn()
        return FakeCall(self, channel_id, runner)

    def dialled(self) -> list[FakeCall]:
        """The channels that flows have made and that are still there, the oldest first."""
        return [
            FakeCall(self, id, None)
            for id, c in self._channels.items()
            if c["name"].startswith("~")
        ]

    async def plays(self) -> list[str]:
        """The media that play now."""
        await self.turn()
        return [playback["media_uri"] for playback in self._playbacks.values()]

    async def finish(self, state: str = "done") -> None:
        """Every playback that runs comes to its end. state: `done` or `failed`."""
        for playback_id in list(self._playbacks):
            self._finish(playback_id, state)
        await self.turn()

    async def finish_recording(self, name: str | None = None, duration: int = 5) -> None:
        """A recording comes to its end, by silence or a digit say. name: None takes all."""
        for each in [name] if name else list(self._recordings):
            self._finish_recording(each, duration)
        await self.turn()

    async def answered(self, channel_id: str) -> None:
        """A dialled channel is answered."""
        channel = self._channels[channel_id]
        channel["state"] = "Up"
        self._tell("ChannelStateChange", channel=channel)
        self._tell("Dial", peer=channel, dialstatus="ANSWER", dialstring="")
        if not channel.get("created"):
            channel["dialplan"] |= {"app_name": "Stasis", "app_data": self.app}
            self._tell("StasisStart", channel=channel, args=[])
        await self.turn()

    async def end(self, channel_id: str, cause: int = 16, status: str = "") -> None:
        """A channel hangs up, or a dialled one fails. cause: Q.850. status: its dial status."""
        channel = self._channels.pop(channel_id, None)
        if channel is None:
            return
        if status:
            self._tell("Dial", peer=channel, dialstatus=status, dialstring="")
        else:
            self._tell("ChannelHangupRequest", channel=channel, cause=cause)
        for playback_id, playback in list(self._playbacks.items()):
            if playback["target_uri"] == f"channel:{channel_id}":
                self._finish(playback_id, "failed")
        for name, recording in list(self._recordings.items()):
            if recording["target_uri"] == f"channel:{channel_id}":
                self._finish_recording(name, 1)
        for bridge in self._bridges.values():
            if channel_id in bridge["channels"]:
                bridge["channels"].remove(channel_id)
                self._tell("ChannelLeftBridge", bridge=bridge, channel=channel)
        if not status:
            self._tell("StasisEnd", channel=channel)
        if channel["name"].startswith("~"):
            self._tell("ChannelDestroyed", channel=channel, cause=cause, cause_txt="")
        await self.turn()

    async def event(self, kind: str, channel_id: str | None = None, **fields: Any) -> None:
        """Any event. kind: ARI's type. channel_id: a channel of the fake. fields: the rest."""
        if channel_id is not None:
            fields["channel"] = self._channels[channel_id]
        self._tell(kind, **fields)
        await self.turn()

    async def turn(self) -> None:
        """Let everything run that can run without time passing."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    # The seams

    async def _frames(self) -> AsyncIterator[Opened | Lost | bytes]:
        while True:
            yield await self._queue.get()

    async def _write(self, text: str) -> None:
        raise AssertionError("the fake takes requests through Send")

    async def _close(self) -> None:
        return None

    async def _send(self, request: Request) -> Response:
        line = f"{request.method} {request.path}"
        if line.startswith("POST /events/user/"):
            # The engine's own looks whether events come through are no matter of a flow.
            self._tell("ChannelUserevent", eventname=unquote(request.path.rpartition("/")[2]))
            return Response(204, "No Content")
        self.requests.append(line)
        self.sent.append(request)
        for prefix, refusal in self.refuse.items():
            if line.startswith(prefix):
                return refusal
        parameters: dict[str, Any] = dict(request.query)
        if request.body:
            parameters |= json.loads(request.body)
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        answer = self._answer(request.method, parts, parameters)
        while self._later:
            kind, fields = self._later.popleft()
            self._tell(kind, **fields)
        if answer is None:
            return Response(204, "No Content")
        if isinstance(answer, Response):
            return answer
        return Response(200, "OK", json.dumps(answer).encode())

    def _answer(self, method: str, parts: list[str], given: Mapping[str, Any]) -> Any:
        match (method, *parts):
            case ("GET", "asterisk", "info"):
                return {"system": {"version": "22.10.1", "entity_id": "00:00:00:00:00:01"}}
            case ("GET" | "PUT" | "POST", "applications", app, *_):
                return {"name": app, "channel_ids": list(self._channels)}
            case ("GET", "channels"):
                return list(self._channels.values())
            case ("POST", "channels", "create"):
                return self._made(str(given["channelId"]), given, created=True)
            case ("POST", "channels", "externalMedia"):
                return self._made(str(given["channelId"]), {"endpoint": "media"}, created=True)
            case ("POST", "channels", channel_id) if "endpoint" in given:
                return self._made(channel_id, given, created=False)
            case ("POST", "channels", _, "snoop", snoop_id):
                return self._made(snoop_id, {"endpoint": "Snoop"}, created=True)
            case ("POST" | "DELETE" | "GET", "channels", channel_id, *verb):
                return self._channel(method, channel_id, verb, given)
            case ("POST", "bridges", bridge_id, *verb):
                return self._bridge(bridge_id, verb, given)
            case ("GET", "bridges"):
                return list(self._bridges.values())
            case ("GET", "bridges", bridge_id):
                return self._bridges.get(bridge_id) or refused(404, "Bridge not found")
            case ("GET", "playbacks", playback_id):
                return self._playbacks.get(playback_id) or refused(404, "Playback not found")
            case ("GET", "recordings", "live", name):
                return self._recordings.get(name) or refused(404, "Recording not found")
            case ("DELETE", "bridges", bridge_id):
                bridge = self._bridges.pop(bridge_id, None)
                if bridge is None:
                    return refused(404, "Bridge not found")
                for channel_id in bridge["channels"]:
                    self._soon(
                        "ChannelLeftBridge",
                        bridge={**bridge, "channels": []},
                        channel=self._channels[channel_id],
                    )
                return None
            case ("DELETE", "playbacks", playback_id):
                if playback_id not in self._playbacks:
                    return refused(404, "Playback not found")
                playback = self._playbacks.pop(playback_id)
                self._soon("PlaybackFinished", playback={**playback, "state": "done"})
                return None
            case ("POST", "recordings", "live", name, "stop") | (
                "DELETE",
                "recordings",
                "live",
                name,
            ):
                recording = self._recordings.pop(name, None)
                if recording is None:
                    return refused(404, "Recording not found")
                if method == "POST":
                    self._stored.add(name)
                self._soon(
                    "RecordingFinished", recording={**recording, "state": "done", "duration": 3}
                )
                return None
            case ("GET", "recordings", "stored", name):
                if name not in self._stored:
                    return refused(404, "Recording not found")
                return {"name": name, "format": "wav"}
            case ("DELETE", "recordings", "stored", name):
                self._stored.discard(name)
                return None
        return None

    def _channel(
        self, method: str, channel_id: str, verb: list[str], given: Mapping[str, Any]
    ) -> Any:
        channel = self._channels.get(channel_id)
        if channel is None:
            return refused(404, "Channel not found")
        match (method, *verb):
            case ("GET",):
                return channel
            case ("DELETE",):
                self._ending.add(asyncio.create_task(self.end(channel_id)))
                return None
            case ("POST", "answer"):
                if channel["state"] != "Up":
                    channel["state"] = "Up"
                    self._soon("ChannelStateChange", channel=dict(channel))
                return None
            case ("POST", "continue" | "move"):
                self._channels.pop(channel_id)
                self._soon("StasisEnd", channel=channel)
                return None
            case ("POST", "play", playback_id):
                return self._play(f"channel:{channel_id}", playback_id, given)
            case ("POST", "record"):
                return self._record(f"channel:{channel_id}", given)
            case ("POST", "dial"):
                self._soon("Dial", peer=channel, dialstatus="RINGING", dialstring="")
                return None
            case ("GET", "variable"):
                name = str(given["variable"])
                if (channel_id, name) not in self.variables:
                    return refused(404, "Provided variable was not found")
                return {"value": self.variables[channel_id, name]}
            case ("POST", "variable"):
                self.variables[channel_id, str(given["variable"])] = str(given.get("value", ""))
                return None
        return None

    def _bridge(self, bridge_id: str, verb: list[str], given: Mapping[str, Any]) -> Any:
        if not verb:
            bridge = {
                "id": bridge_id,
                "bridge_type": "mixing",
                "technology": "simple_bridge",
                "bridge_class": "stasis",
                "creator": "Stasis",
                "name": given.get("name", ""),
                "channels": [],
                "creationtime": "2026-01-01T00:00:00.000+0000",
            }
            self._bridges[bridge_id] = bridge
            return bridge
        found = self._bridges.get(bridge_id)
        if found is None:
            return refused(404, "Bridge not found")
        match verb:
            case ["addChannel"]:
                ids = str(given["channel"]).split(",")
                if not all(channel_id in self._channels for channel_id in ids):
                    return refused(400, "Channel not found")
                for channel_id in ids:
                    self._part(channel_id)
                    found["channels"].append(channel_id)
                    self._soon(
                        "ChannelEnteredBridge",
                        bridge={**found, "channels": list(found["channels"])},
                        channel=self._channels[channel_id],
                    )
            case ["removeChannel"]:
                for channel_id in str(given["channel"]).split(","):
                    found["channels"].remove(channel_id)
                    self._soon(
                        "ChannelLeftBridge",
                        bridge={**found, "channels": list(found["channels"])},
                        channel=self._channels[channel_id],
                    )
            case ["play", playback_id]:
                return self._play(f"bridge:{bridge_id}", playback_id, given)
            case ["record"]:
                return self._record(f"bridge:{bridge_id}", given)
        return None

    def _part(self, channel_id: str) -> None:
        """Who enters a bridge leaves the one it is in, were it the same."""
        for bridge in self._bridges.values():
            if channel_id in bridge["channels"]:
                bridge["channels"].remove(channel_id)
                self._soon(
                    "ChannelLeftBridge",
                    bridge={**bridge, "channels": list(bridge["channels"])},
                    channel=self._channels[channel_id],
                )

    def _play(self, target: str, playback_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        media = given["media"]
        playback = {
            "id": playback_id,
            "media_uri": media[0] if isinstance(media, list) else str(media).split(",")[0],
            "target_uri": target,
            "language": "en",
            "state": "queued",
        }
        self._playbacks[playback_id] = playback
        self._soon("PlaybackStarted", playback={**playback, "state": "playing"})
        return playback

    def _record(self, target: str, given: Mapping[str, Any]) -> Any:
        name = str(given["name"])
        if name in self._recordings or name in self._stored:
            return refused(409, "Recording already exists")
        recording = {
            "name": name,
            "format": given["format"],
            "target_uri": target,
            "state": "queued",
        }
        self._recordings[name] = recording
        self._soon("RecordingStarted", recording={**recording, "state": "recording"})
        return recording

    def _finish(self, playback_id: str, state: str) -> None:
        playback = self._playbacks.pop(playback_id)
        self._tell("PlaybackFinished", playback={**playback, "state": state})

    def _finish_recording(self, name: str, duration: int) -> None:
        recording = self._recordings.pop(name)
        self._stored.add(name)
        self._tell(
            "RecordingFinished", recording={**recording, "state": "done", "duration": duration}
        )

    def _made(self, channel_id: str, given: Mapping[str, Any], *, created: bool) -> dict[str, Any]:
        channel = self._new_channel(channel_id, f"~{given['endpoint']}", "Down", "", "")
        if created:
            channel["created"] = True
            self._soon("StasisStart", channel=channel, args=[])
        else:
            # It is in no application before it is answered.
            channel["dialplan"] |= {"app_name": "AppDial2", "app_data": "(Outgoing Line)"}
            self._soon("Dial", peer=channel, dialstatus="", dialstring="")
        return channel

    def _new_channel(
        self, channel_id: str, name: str, state: str, number: str, caller: str
    ) -> dict[str, Any]:
        channel: dict[str, Any] = {
            "id": channel_id,
            "name": name,
            "state": state,
            "caller": {"name": caller, "number": number},
            "connected": {"name": "", "number": ""},
            "accountcode": "",
            "dialplan": {
                "context": "default",
                "exten": "8000",
                "priority": 1,
                "app_name": "Stasis",
                "app_data": self.app,
            },
            "creationtime": "2026-01-01T00:00:00.000+0000",
            "language": "en",
        }
        self._channels[channel_id] = channel
        return channel

    def _soon(self, kind: str, **fields: Any) -> None:
        """An event that follows from a request; it is told just before the answer."""
        self._later.append((kind, fields))

    def _tell(self, kind: str, **fields: Any) -> None:
        event = {
            "type": kind,
            "application": self.app,
            "timestamp": "2026-01-01T00:00:00.000+0000",
            **fields,
        }
        self._queue.put_nowait(json.dumps(event).encode())


def refused(status: int, message: str) -> Response:
    """An error as ARI writes it."""
    return Response(status, "", json.dumps({"message": message}).encode())
