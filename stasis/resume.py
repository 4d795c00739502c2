"""To resume: a call goes on where an older process left it, in its state and with its data.

What its flow had made goes to it again; what has ended meanwhile it is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import field, frozen

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import ChannelDestroyed, StasisEnd
from stasis.bridge import Bridge
from stasis.census import Census
from stasis.channel import Channel
from stasis.dialling import Dialling
from stasis.errors import FlowError
from stasis.found import Found
from stasis.identity import Identity, identity_of
from stasis.record import unpacked
from stasis.recording import StoredRecording
from stasis.runner import Runner
from stasis.trigger import Resumed

__all__ = ["resume"]


def resume(
    runner: Runner,
    found: Found,
    census: Census,
    rooms: Mapping[str, Bridge],
    calls: Collection[str] = (),
) -> None:
    """Make a runner go on with a call: its handle, what its flow had made, and its data.

    calls: ids of the channels that are calls: one that this flow has handed over is not its own.
    The runner enters the state with `Resumed` when it is run. Raises FlowError when the call
    cannot be resumed, and whatever the flow's `upgrade` raises.
    """
    record, flow, owner = found.record, type(runner.flow), runner.owner
    if record is None:
        raise FlowError(found.problem)
    owner.token, owner.entry = record.token, record.entry
    owner.media_token = record.media
    runner.old_media = True
    runner.stale = record.version != flow.version
    runner.channel.args = record.args
    runner.channel.resume(found.snapshot, census.within.get(found.snapshot.id))
    living = Living(runner, census, rooms, frozenset(calls))
    for id, identity in made_by(census, {record.token}):
        living.take(id, identity)
    if record.flow != flow.__name__:
        raise FlowError(f"the call ran {record.flow}; {found.app!r} runs {flow.__name__} now")
    if record.state not in flow.states():
        raise FlowError(f"the call was in state {record.state!r}, which {flow.__name__} has not")
    if flow.linear:
        raise FlowError(f"{flow.__name__} is a function: it can only begin anew")
    if flow.data is not None:
        runner.flow.data = unpacked(flow, record, living)
    runner.hear(Resumed(application=found.app, state=record.state))
    for channel in living.missing:
        # Whoever waits for the end of what had been there hears of it.
        for kind in (StasisEnd, ChannelDestroyed):
            runner.hear(kind(application=found.app, channel=Snapshot(id=channel.id)))


def made_by(census: Census, tokens: Collection[str]) -> list[tuple[str, Identity]]:
    """What the flows of these calls have made, and lives."""
    ids = ((id, identity_of(id)) for id in (*census.channels, *census.bridges))
    return [(id, found) for id, found in ids if found is not None and found.token in tokens]


@frozen
class Living:
    """What lives of a call that is resumed.

    rooms: handles, by id, of the bridges that belong to no call. calls: ids of the channels that
    are calls. missing: what its data name and is gone.
    """

    runner: Runner
    census: Census
    rooms: Mapping[str, Bridge]
    calls: frozenset[str] = frozenset()
    missing: list[Channel] = field(factory=list)
    _handles: dict[str, Any] = field(factory=dict)

    def take(self, id: str, identity: Identity) -> None:
        """Claim and own what the flow had made; its state may ask for it again."""
        owner = self.runner.owner
        if identity.kind == "bridge":
            self.bridge(id)
        elif id in self.calls:
            handle = Channel(owner, id, own=False)
            handle.let_go()
            handle.resume(self.census.channels[id], self.census.within.get(id))
            self._handles[id] = handle
        else:
            snapshot = self.census.channels[id]
            entered = self.census.app_of(snapshot) is not None
            handle = Channel.made(owner, id, entered=entered)
            handle.resume(snapshot, self.census.within.get(id))
            self._handles[id] = handle
        if identity.entry == owner.entry:
            key = ("bridge" if identity.kind == "bridge" else "channel", id)
            owner.keep_found(key, self._handles[id])

    def channel(self, channel_id: str, *, gone: bool) -> Channel:
        """A channel's handle: one that lives, or one that says it has gone."""
        if channel_id == self.runner.channel.id:
            return self.runner.channel
        handle = self._handles.get(channel_id)
        if handle is None:
            handle = Channel(self.runner.owner, channel_id, own=False)
            handle.lose("ended while the program was not running")
            self._handles[channel_id] = handle
            if not gone:
                self.missing.append(handle)
                # The state that made it must not make it again: it hears of its end.
                self.runner.owner.keep_found(("channel", channel_id), handle)
        return handle

    def bridge(self, bridge_id: str) -> Bridge:
        """A bridge's handle; one that is gone says that it is destroyed."""
        handle = self._handles.get(bridge_id)
        if handle is None:
            live = self.census.bridges.get(bridge_id)
            owner, made = self.runner.owner, identity_of(bridge_id)
            own = live is not None and made is not None and made.token == owner.token
            handle = self.rooms.get(bridge_id) or Bridge.resumed(owner, bridge_id, live, own=own)
            self._handles[bridge_id] = handle
        return handle

    def dialling(self, told: dict[str, Any]) -> Dialling:
        """What had come of dialling."""
        bridge = self.bridge(told["bridge"]) if told["bridge"] is not None else None
        return Dialling.resumed(
            self.runner.channel, told, lambda id: self.channel(id, gone=False), bridge
        )

    def stored(self, name: str, format: str) -> StoredRecording:
        """A stored recording."""
        return StoredRecording(self.runner.owner, name, format)
