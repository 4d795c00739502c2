"""The flow of the calls that live while a link is fed strange frames: two kinds in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelLeftBridge,
    ChannelStateChange,
    ChannelTalkingStarted,
    ChannelUserevent,
    ChannelVarset,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisStart,
)
from stasis.flow import Flow, Leave
from stasis.table import Do
from stasis.trigger import Done, Other

if TYPE_CHECKING:
    from tests.faults.world import World


class Call(Flow):
    """Both kinds of calls: the first argument says which."""

    async def begin(self, event: Event) -> str:
        await self.channel.answer()
        return "bystander" if self.channel.args[:1] == ("bystander",) else "victim"

    # A bystander

    async def menu(self, event: Event) -> None:
        self.note("menu")
        await self.channel.play("sound:menu")

    async def message(self, event: Event) -> None:
        self.note("message")
        recording = await self.channel.record(f"message-{self.channel.id}")
        result = await recording.finished()
        self.note(f"recorded {result.duration}")

    async def room(self, event: Event) -> None:
        self.note("room")
        bridge = await self.channel.bridge()
        await bridge.add(self.channel)

    async def bye(self, event: Event) -> None:
        self.note("bye")

    # A victim

    async def shaken(self, event: Event) -> None:
        await self.channel.play("sound:one", "sound:two")
        bridge = await self.channel.bridge()
        await bridge.add(self.channel)
        repr(event), event.raw, event.type

    async def recorded(self, event: Event) -> None:
        world: World = self.plugin
        recording = await self.channel.record(f"victim-{world.number()}", if_exists="overwrite")
        await recording.finished()

    async def look(self, event: Event) -> None:
        repr(event), event.raw, event.type
        repr(self.channel), self.channel.caller_name

    def note(self, what: str) -> None:
        world: World = self.plugin
        world.history.setdefault(self.channel.id, []).append(what)

    async def ended(self, event: Event | None) -> None:
        if self.channel.args[:1] == ("bystander",):
            self.note("ended")

    on_done = Leave("hangup")
    start = begin
    table = {
        begin: {"bystander": menu, "victim": shaken},
        menu: {(ChannelDtmfReceived, "1"): message},
        message: {Done: room},
        room: {(ChannelDtmfReceived, "2"): bye},
        bye: {},
        shaken: {
            (ChannelDtmfReceived, "1"): recorded,
            ChannelDtmfReceived: Do(look),
            ChannelVarset: Do(look),
            ChannelUserevent: Do(look),
            ChannelStateChange: Do(look),
            ChannelEnteredBridge: Do(look),
            ChannelLeftBridge: Do(look),
            ChannelHangupRequest: Do(look),
            BridgeDestroyed: shaken,
            PlaybackFinished: recorded,
            Other(Dial): Do(look),
            Other(StasisStart): Do(look),
            StasisStart: shaken,
        },
        recorded: {
            RecordingFinished: shaken,
            Done: shaken,
            ChannelTalkingStarted: shaken,
            StasisStart: Do(look),
        },
    }
