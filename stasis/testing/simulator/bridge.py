"""A bridge: who is in it, who hears whom, and the music it plays.

Rules: a channel is in one bridge at most; entering another one leaves the first. What a member
says or presses reaches the others as the bridge's type has it. Applications hear of a bridge
while one of their channels is in it, or when they have asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.machine import Machine

__all__ = ["RECORDER", "Bridge", "Queue"]

# How video is chosen, by the attribute of the bridge's type.
VIDEO = {"video_single": "single", "video_sfu": "sfu"}
# Since then a bridge that is being destroyed cannot be found.
AT_ONCE = ("20.13", "22.3")
# The server's own channel that records a bridge.
RECORDER = "Recorder/"
# What SIP calls the call of the one peer.
PEER_CALL = "BRIDGEPVTCALLID"
# What a transfer has left on a channel, until it enters a bridge.
TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")


class Queue:
    """Work that is done one after the other: what a bridge plays, or records.

    name: of the channel that does it. Nobody sees that channel, but it is in the bridge meanwhile.
    """

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._name = name
        self._waiting: deque[tuple[Callable[[], Awaitable[None]], Callable[[], None]]] = deque()
        self._running = False

    def queue(
        self, work: Callable[[], Awaitable[None]], drop: Callable[[], None] = lambda: None
    ) -> None:
        """Do this when what was asked for before is done. drop: it will not be done."""
        self._waiting.append((work, drop))
        if not self._running:
            self._running = True
            self._bridge.machine.spawn(self._run(), "simulated bridge")

    async def _run(self) -> None:
        name = self._bridge.take(self._name)
        try:
            while self._waiting:
                work, _ = self._waiting.popleft()
                await work()
        except HungUp:
            waiting, self._waiting = self._waiting, deque()
            for _, drop in () if self._bridge.gone else waiting:
                drop()
        finally:
            self._running = False
            self._bridge.dismiss(name)


class Bridge:
    """One bridge. kind: `mixing` or `holding`. members: in the order they came."""

    def __init__(self, machine: Machine, bridge_id: str, kinds: list[str], name: str) -> None:
        self.machine = machine
        self.id = bridge_id
        self.name = name
        self.kind = "holding" if "holding" in kinds else "mixing"
        self.video = next((VIDEO[each] for each in kinds if each in VIDEO), "talker")
        self.video_source = ""
        self.created = machine.stamp()
        self.members: list[Channel] = []
        self.roles: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, str] = {}
        self.reported: list[str] = []
        self.music = ""
        self.gone = False
        self.announcer = Queue(self, "Announcer/ARI")
        self._ended = False
        self._musician = ""
        self._mixed: list[str] = []
        self._ends: asyncio.Future[None] = machine.loop.create_future()
        self._alone: asyncio.Future[None] = machine.loop.create_future()
        self._seen: Counter[str] = Counter()
        machine.bridges[bridge_id] = self
        self.tell("BridgeCreated")

    @property
    def topic(self) -> str:
        """What its events are published on."""
        return f"bridge:{self.id}"

    @property
    def technology(self) -> str:
        """Which part of Asterisk mixes it."""
        if self.kind == "holding":
            return "holding_bridge"
        return "softmix" if len(self._mixed) > 2 or self.video == "sfu" else "simple_bridge"

    def json(self) -> dict[str, Any]:
        """As ARI's model Bridge."""
        found: dict[str, Any] = {
            "id": self.id,
            "technology": self.technology,
            "bridge_type": self.kind,
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": [member.id for member in self.members],
            "creationtime": self.created,
            "video_mode": self.video,
        }
        if self.video_source:
            found["video_source_id"] = self.video_source
        if self.reported:
            found["bridgevars"] = {name: self.variables[name] for name in self.reported}
        return found

    def set_variable(self, name: str, value: str, *, reported: bool = False) -> None:
        """Set a variable. reported: from now on it is in all that is told of the bridge."""
        self.variables[name] = value
        if reported and name not in self.reported:
            self.reported.append(name)

    def unset_variable(self, name: str) -> None:
        """Remove a variable; one that is not there is fine."""
        self.variables.pop(name, None)
        if name in self.reported:
            self.reported.remove(name)

    def tell(self, kind: str, **fields: Any) -> None:
        """Publish an event of this bridge."""
        self.machine.bus.publish(kind, {**fields, "bridge": self.json()}, self.topic)

    def add(
        self,
        channel: Channel,
        *,
        role: str = "",
        mute: bool = False,
        absorb: bool = False,
        anonymous: bool = False,
    ) -> None:
        """A channel enters, and leaves where it was before, were it here.

        anonymous: the others are not told who it is.
        """
        if channel.bridge is not None:
            channel.bridge.remove(channel)
        self.members.append(channel)
        told = {"role": role, "mute": mute, "absorb": absorb, "anonymous": anonymous}
        self.roles[channel.id] = told
        channel.bridge = self
        app = channel.control.app if channel.control is not None else None
        if app is not None:
            app.subscribe(self.topic)
            self._seen[app.name] += 1
        self.tell("ChannelEnteredBridge", channel=channel.json())
        for name in TRANSFERS:
            if name in channel.variables:
                channel.unset_variable(name)
        self._mix(channel.name)
        self._introduce()
        self._connect()
        for recording in self.machine.recordings.values():
            if recording.target is self:
                recording.hear_on()
        if self.music:
            channel.hear(f"music:{self.music}")

    def remove(self, channel: Channel) -> None:
        """A channel leaves. One that is not here is fine."""
        if channel not in self.members:
            return
        self._part(channel)
        self.members.remove(channel)
        self._mixed.remove(channel.name)
        self.roles.pop(channel.id, None)
        channel.bridge = None
        self.tell("ChannelLeftBridge", channel=channel.json())
        app = channel.control.app if channel.control is not None else None
        if app is not None and self._seen[app.name]:
            self._seen[app.name] -= 1
            app.unsubscribe(self.topic)
        if self.gone:
            self._end()
        else:
            self._introduce()
            self._connect()
            self._send_out()

    @property
    def sends(self) -> bool:
        """Whether anybody, or anything that plays, is in it: it is heard."""
        return any(not name.startswith(RECORDER) for name in self._mixed)

    def _send_out(self) -> None:
        """Whenever somebody has left and only the server's own channels are in it, these leave."""
        if self.members or not self._mixed:
            return
        alone, self._alone = self._alone, self.machine.loop.create_future()
        alone.set_result(None)
        if self._musician:
            self.play_music("")

    def _connect(self) -> None:
        """Two who are alone with each other are told who the other is."""
        if self.kind != "mixing" or not len(self.members) == len(self._mixed) == 2:
            return
        for member, other in (self.members, self.members[::-1]):
            if not self.roles[other.id]["anonymous"]:
                member.set_connected(*other.caller)
                member.introduce()

    def _part(self, channel: Channel) -> None:
        """Who leaves has no peer any more."""
        if self.kind == "mixing" and "BRIDGEPEER" in channel.variables:
            channel.set_variable("BRIDGEPEER", "")
            del channel.variables["BRIDGEPEER"]
            if PEER_CALL in channel.variables:
                channel.unset_variable(PEER_CALL)

    def _mix(self, name: str) -> None:
        """Somebody is mixed with the others. Softmix begins with whoever made it necessary."""
        self._mixed.insert(0 if len(self._mixed) == 2 else len(self._mixed), name)

    def take(self, name: str) -> str:
        """Take in a channel of the server's own that nobody sees. Returns its name."""
        name = f"{name}-{self.machine.number():08x};2"
        self._mix(name)
        self._introduce()
        return name

    def dismiss(self, name: str) -> None:
        """Such a channel is done."""
        self._mixed.remove(name)
        if self.gone:
            self._end()
        else:
            self._introduce()
            self._send_out()

    def _introduce(self) -> None:
        """Who mixes with others is one call with them, and knows their names."""
        if self.kind != "mixing" or len(self._mixed) < 2 or not self.members:
            return
        oldest = min(self.members, key=lambda member: member.created)
        for member in sorted(self.members, key=lambda member: self._mixed.index(member.name)):
            member.linked = oldest.linked
            others = [other for other in self.members if other is not member]
            if others:
                member.peer_account = others[-1].accountcode
            names = [name for name in self._mixed if name != member.name]
            member.set_variable("BRIDGEPEER", ",".join(names))
            call = others[0].protocol_id if len(others) == len(names) == 1 else ""
            if call:
                member.set_variable(PEER_CALL, call)
            elif PEER_CALL in member.variables:
                member.unset_variable(PEER_CALL)

    def play_music(self, name: str) -> None:
        """Play music to all; an empty name ends it."""
        self.music = name
        if name and not self._musician:
            self._musician = self.take("Announcer/ARI_MOH")
        elif not name and self._musician:
            musician, self._musician = self._musician, ""
            self.dismiss(musician)
        if name:
            self.play(f"music:{name}")

    def destroy(self) -> None:
        """All leave, and it is gone. Who hears a playback of its own leaves when that is over."""
        self.gone = True
        self._ends.set_result(None)
        if self.machine.has(*AT_ONCE):
            self.machine.bridges.pop(self.id, None)
        for member in self.members:
            self._part(member)
        for member in list(self.members):
            if member.control is None or not member.control.busy:
                self.remove(member)
            else:
                member.control.afterwards(partial(self.remove, member))
        self._end()

    def _end(self) -> None:
        """It is gone once nobody is in it, and no recording of it runs."""
        recorders = [name for name in self._mixed if name.startswith(RECORDER)]
        if self.members or recorders or self._ended:
            return
        self._ended = True
        self.machine.bridges.pop(self.id, None)
        self.tell("BridgeDestroyed")
        self.machine.bus.forget(self.topic)

    async def wait(
        self, seconds: float | None = None, until: asyncio.Future[Any] | None = None
    ) -> bool:
        """Wait for a time, or until something is done; returns whether it is done.

        A bridge that is destroyed lets what plays in it wait for ever, as on Asterisk: its end
        is never told. Raises HungUp, also when all have left: see `_send_out`.
        """
        alone = self._alone
        first: set[asyncio.Future[Any]] = {self._ends, alone}
        if until is not None:
            first.add(until)
        await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self.gone or alone.done():
            raise HungUp
        return bool(until is not None and until.done())

    # What passes through it

    def hears(self, listener: Channel, speaker: Channel) -> bool:
        """Whether one member hears another."""
        if listener is speaker or self.roles[speaker.id]["mute"] or speaker.held:
            return False
        if self.kind == "holding":
            return bool(self.roles[speaker.id]["role"] == "announcer")
        return True

    def sound(self, speaker: Channel, what: str) -> None:
        """A member says something."""
        for member in list(self.members):
            if self.hears(member, speaker):
                member.hear(what)
        if self.kind == "mixing" and not self.roles[speaker.id]["mute"] and not speaker.held:
            self._recorded(what)

    def _recorded(self, what: str) -> None:
        for recording in self.machine.recordings.values():
            if recording.target is self and recording.running:
                recording.hear_sound(what)

    def play(self, what: str) -> None:
        """Something is played to all."""
        for member in list(self.members):
            member.hear(what)
        self._recorded(what)

    def pass_on(self, sender: Channel, digit: str, duration: int) -> None:
        """A member has pressed a digit."""
        if self.roles[sender.id]["absorb"] or self.kind == "holding":
            return
        for member in list(self.members):
            if member is not sender and member.far is not None:
                member.far.digit(digit, duration)
