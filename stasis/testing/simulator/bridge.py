"""A bridge: who is in it, who hears whom, and the music it plays.

Rules: a channel is in one bridge at most; entering another one leaves the first. What a member
says or presses reaches the others as the bridge's type has it. Applications hear of a bridge
while one of their channels is in it, or when they have asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.machine import Machine

__all__ = ["Bridge"]


class Queue:
    """Work that is done one after the other: what a bridge plays, or records."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._waiting: deque[Callable[[], Awaitable[None]]] = deque()
        self._running = False

    def queue(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this when what was asked for before is done."""
        self._waiting.append(work)
        if not self._running:
            self._running = True
            self._machine.spawn(self._run(), "simulated bridge")

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._waiting.popleft()()
        except HungUp:
            self._waiting.clear()
        finally:
            self._running = False


class Bridge:
    """One bridge. kind: `mixing` or `holding`. members: in the order they came."""

    def __init__(self, machine: Machine, bridge_id: str, kinds: list[str], name: str) -> None:
        self.machine = machine
        self.id = bridge_id
        self.name = name
        self.kind = "holding" if "holding" in kinds else "mixing"
        self.video = next(
            (k.removeprefix("video_") for k in kinds if k.startswith("video_")), "talker"
        )
        self.video_source = ""
        self.created = machine.stamp()
        self.members: list[Channel] = []
        self.roles: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, str] = {}
        self.music = ""
        self.gone = False
        self.announcer, self.recorder = Queue(machine), Queue(machine)
        self._ends: asyncio.Future[None] = machine.loop.create_future()
        self._seen: Counter[str] = Counter()
        self._softmix = False
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
        if len(self.members) > 2:
            self._softmix = True
        elif not self.members:
            self._softmix = False
        return "softmix" if self._softmix else "simple_bridge"

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
        return found

    def tell(self, kind: str, **fields: Any) -> None:
        """Publish an event of this bridge."""
        self.machine.bus.publish(kind, {**fields, "bridge": self.json()}, self.topic)

    def add(
        self, channel: Channel, *, role: str = "", mute: bool = False, absorb: bool = False
    ) -> None:
        """A channel enters, and leaves where it was before, were it here."""
        if channel.bridge is not None:
            channel.bridge.remove(channel)
        self.members.append(channel)
        self.roles[channel.id] = {"role": role, "mute": mute, "absorb": absorb}
        channel.bridge = self
        app = channel.control.app if channel.control is not None else None
        if app is not None:
            app.subscribe(self.topic)
            self._seen[app.name] += 1
        self.tell("ChannelEnteredBridge", channel=channel.json())
        self._introduce()

    def remove(self, channel: Channel) -> None:
        """A channel leaves. One that is not here is fine."""
        if channel not in self.members:
            return
        if "BRIDGEPEER" in channel.variables and self.kind == "mixing":
            channel.set_variable("BRIDGEPEER", "")
            del channel.variables["BRIDGEPEER"]
        self.members.remove(channel)
        self.roles.pop(channel.id, None)
        channel.bridge = None
        self.tell("ChannelLeftBridge", channel=channel.json())
        app = channel.control.app if channel.control is not None else None
        if app is not None and self._seen[app.name]:
            self._seen[app.name] -= 1
            app.unsubscribe(self.topic)

    def _introduce(self) -> None:
        """Who mixes with others is one call with them, and knows their names."""
        if self.kind != "mixing" or len(self.members) < 2:
            return
        oldest = min(self.members, key=lambda member: member.created)
        for member in self.members:
            member.linked = oldest.linked
            others = [other for other in self.members if other is not member]
            member.peer_account = others[-1].accountcode
            member.set_variable("BRIDGEPEER", ",".join(other.name for other in others))

    def destroy(self) -> None:
        """All leave, and it is gone."""
        for member in list(self.members):
            self.remove(member)
        self.gone = True
        self._ends.set_result(None)
        self.machine.bridges.pop(self.id, None)
        self.tell("BridgeDestroyed")
        self.machine.bus.forget(self.topic)

    async def wait(
        self, seconds: float | None = None, until: asyncio.Future[Any] | None = None
    ) -> bool:
        """Wait for a time, or until something is done; returns whether it is done.

        A bridge that is destroyed lets what plays in it wait for ever, as on Asterisk: its end
        is never told. Raises HungUp.
        """
        first = {self._ends} if until is None else {self._ends, until}
        await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self.gone:
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
            if self.hears(member, speaker) and "in" not in speaker.muted:
                member.hear(what)

    def play(self, what: str) -> None:
        """Something is played to all."""
        for member in list(self.members):
            member.hear(what)

    def pass_on(self, sender: Channel, digit: str, duration: int) -> None:
        """A member has pressed a digit."""
        if self.roles[sender.id]["absorb"] or self.kind == "holding":
            return
        for member in list(self.members):
            if member is not sender and member.far is not None:
                member.far.digit(digit, duration)
