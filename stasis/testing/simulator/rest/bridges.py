"""ARI's bridges: made, filled, emptied and destroyed."""

from __future__ import annotations

from stasis.testing.simulator.bridge import Bridge
from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.control import Control
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__ = ["bridge_of"]


def bridge_of(call: Call, message: str = "Bridge not found") -> Bridge:
    """The bridge that the path names. Raises Refusal (404) with this message."""
    bridge = call.machine.bridges.get(call.path["bridge"])
    if bridge is None:
        raise Refusal(404, message)
    return bridge


@operation("GET", "bridges")
def list_(call: Call) -> Answer:
    """Every bridge."""
    return Answer(200, [bridge.json() for bridge in call.machine.bridges.values()])


@operation("POST", "bridges")
def create(call: Call) -> Answer:
    """Make a bridge."""
    return made(call, call.text("bridgeId"))


@operation("POST", "bridges/{bridge}")
def create_with_id(call: Call) -> Answer:
    """The same, by an id of the client's choice."""
    return made(call, call.path["bridge"])


def made(call: Call, bridge_id: str) -> Answer:
    """Make a bridge. Raises Refusal."""
    machine, name = call.machine, call.text("name")
    bridge_id = bridge_id or machine.new_id()
    there = machine.bridges.get(bridge_id)
    if there is not None:
        if machine.has("20.13", "22.3"):
            raise Refusal(409, f"Bridge with id '{bridge_id}' already exists")
        if name and name != there.name:
            raise Refusal(500, "Changing bridge name is not implemented")
        return Answer(200)
    kinds = (call.text("type") or "mixing").split(",")
    if not {"mixing", "holding"}.intersection(kinds):
        raise Refusal(500, "Unable to create bridge")
    return Answer(200, Bridge(machine, bridge_id, kinds, name).json())


@operation("GET", "bridges/{bridge}")
def get(call: Call) -> Answer:
    """One bridge."""
    return Answer(200, bridge_of(call).json())


@operation("DELETE", "bridges/{bridge}")
def destroy(call: Call) -> None:
    """Everyone leaves, and it is gone."""
    bridge_of(call).destroy()


def channels_of(call: Call) -> list[Channel]:
    """The channels that are named. Raises Refusal (400, 422)."""
    ids = call.many("channel")
    if not ids:
        raise Refusal(400, "Missing parameter channel")
    found = [call.machine.channels.get(each) for each in ids]
    if any(channel is None for channel in found):
        raise Refusal(400, "Channel not found")
    channels = [channel for channel in found if channel is not None]
    if any(channel.control is None for channel in channels):
        raise Refusal(422, "Channel not in Stasis application")
    return channels


@operation("POST", "bridges/{bridge}/addChannel")
async def add_channel(call: Call) -> None:
    """Put channels in. Each goes in its turn, behind what it was told before."""
    bridge, channels = bridge_of(call), channels_of(call)
    for channel in channels:
        if any(each.target is channel for each in call.machine.recordings.values()):
            raise Refusal(409, f"Channel {channel.id} currently recording")
    role, mute, absorb = call.text("role"), call.truth("mute"), call.truth("absorbDTMF")
    anonymous = call.truth("inhibitConnectedLineUpdates")
    for channel in channels:
        assert channel.control is not None

        def enter(channel: Channel = channel) -> None:
            if not bridge.gone:
                bridge.add(channel, role=role, mute=mute, absorb=absorb, anonymous=anonymous)

        await turn(channel.control, enter)


@operation("POST", "bridges/{bridge}/removeChannel")
async def remove_channel(call: Call) -> None:
    """Take channels out."""
    bridge, channels = bridge_of(call), channels_of(call)
    if any(channel.bridge is not bridge for channel in channels):
        raise Refusal(422, "Channel not in this bridge")
    for channel in channels:
        assert channel.control is not None
        await turn(channel.control, lambda channel=channel: bridge.remove(channel))


async def turn(control: Control, work: object) -> None:
    """Do something in a channel's turn, and wait for it. One that ends first is fine."""

    async def run() -> None:
        work()  # type: ignore[operator]

    try:
        await control.queue(run)
    except HungUp:
        return


@operation("POST", "bridges/{bridge}/videoSource/{channel}")
def set_video_source(call: Call) -> None:
    """Whose picture all see."""
    bridge = bridge_of(call)
    channel = call.machine.channels.get(call.path["channel"])
    if channel is None:
        raise Refusal(400, "Channel not found")
    if channel.bridge is not bridge:
        raise Refusal(422, "Channel not in this bridge")
    was, bridge.video_source, bridge.video = bridge.video_source, channel.id, "single"
    if was == channel.id:
        return
    more = {"old_video_source_id": was} if was else {}
    bridge.tell("BridgeVideoSourceChanged", **more)


@operation("DELETE", "bridges/{bridge}/videoSource")
def clear_video_source(call: Call) -> None:
    """Nobody's: Asterisk takes it for done, and goes on showing the one it had."""
    bridge_of(call)


@operation("POST", "bridges/{bridge}/moh")
def start_moh(call: Call) -> None:
    """Play music to all."""
    bridge_of(call).play_music(call.text("mohClass") or "default")


@operation("DELETE", "bridges/{bridge}/moh")
def stop_moh(call: Call) -> None:
    """Play no more music."""
    bridge = bridge_of(call)
    if not bridge.music or bridge.kind == "holding":
        raise Refusal(409, "Bridge isn't playing music")
    bridge.play_music("")
