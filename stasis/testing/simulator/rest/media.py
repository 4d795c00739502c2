"""Playing and recording, on channels and bridges: what is asked for waits for its turn."""

from __future__ import annotations

import re

from stasis.testing.simulator.bridge import RECORDER, Bridge, Queue
from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.playback import Playback
from stasis.testing.simulator.recording import Recording
from stasis.testing.simulator.rest.bridges import bridge_of
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of, control_of
from stasis.testing.simulator.wave import FORMATS

__all__: list[str] = []

ENDS_ON = ("none", "any", "*", "#")
NAME = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[^/].*[^/]|[^/]")


@operation("POST", "channels/{channel}/play")
def play(call: Call) -> Answer:
    """Play to a channel."""
    return play_as(call, call.text("playbackId"))


@operation("POST", "channels/{channel}/play/{playback}")
def play_with_id(call: Call) -> Answer:
    """The same, by an id of the client's choice."""
    return play_as(call, call.path["playback"])


def play_as(call: Call, playback_id: str) -> Answer:
    """Play to a channel, when what it plays now is over."""
    control = control_of(call)
    channel = control.channel
    media = call.many("media")
    if not media:
        raise Refusal(500, "Failed to queue media for playback")
    playback = made(call, playback_id, channel, media)
    control.queue(lambda: playback.run(channel.wait, channel.hear))
    control.drops.append(playback.fail)
    return Answer(201, playback.json(), f"/playbacks/{playback.id}")


def made(call: Call, playback_id: str, target: Channel | Bridge, media: list[str]) -> Playback:
    """A playback that is queued."""
    language = call.text("lang") or (target.language if isinstance(target, Channel) else "en")
    skip, offset = call.integer("skipms", 3000), call.integer("offsetms")
    playback_id = playback_id or call.machine.new_id()
    return Playback(call.machine, playback_id, target, media, language, skip, offset)


@operation("POST", "bridges/{bridge}/play")
def play_in_bridge(call: Call) -> Answer:
    """Play to all in a bridge."""
    return play_in_bridge_as(call, call.text("playbackId"))


@operation("POST", "bridges/{bridge}/play/{playback}")
def play_in_bridge_with_id(call: Call) -> Answer:
    """The same, by an id of the client's choice."""
    return play_in_bridge_as(call, call.path["playback"])


def play_in_bridge_as(call: Call, playback_id: str) -> Answer:
    """Play to all in a bridge: its announcer takes one after the other."""
    bridge = bridge_of(call)
    media = call.many("media")
    if not media:
        raise Refusal(500, "Allocation failed", "error")
    playback = made(call, playback_id, bridge, media)
    bridge.announcer.queue(lambda: playback.run(bridge.wait, bridge.play), playback.fail)
    return Answer(201, playback.json(), f"/playbacks/{playback.id}")


@operation("POST", "channels/{channel}/record")
def record(call: Call) -> Answer:
    """Record a channel."""
    channel = channel_of(call)
    if channel.control is None:
        raise Refusal(409, "Channel not in Stasis application")
    recording = recorded(call, channel)

    async def work() -> None:
        if channel.bridge is not None:
            recording.fail("Cannot record channel while in bridge")
            return
        recording.listen(channel)
        channel.recording = recording
        try:
            await recording.run(channel.wait)
        finally:
            channel.recording = None

    channel.control.queue(work)
    channel.control.drops.append(recording.give_up)
    return Answer(201, recording.json(), f"/recordings/live/{recording.name}")


@operation("POST", "bridges/{bridge}/record")
def record_bridge(call: Call) -> Answer:
    """Record what is said in a bridge."""
    bridge = bridge_of(call)
    recording = recorded(call, bridge)
    # Each has a recorder of its own: they run side by side.

    async def work() -> None:
        if not bridge.sends:
            recording.hear_nothing()
        await recording.run(bridge.wait)

    Queue(bridge, f"{RECORDER}ARI").queue(work)
    return Answer(201, recording.json(), f"/recordings/live/{recording.name}")


def recorded(call: Call, target: Channel | Bridge) -> Recording:
    """A recording that is queued. Raises Refusal."""
    machine, name, kind = call.machine, call.text("name"), call.text("format")
    exists = call.text("ifExists") or "fail"
    ends_on = call.text("terminateOn") or "none"
    limit, silence = call.integer("maxDurationSeconds"), call.integer("maxSilenceSeconds")
    if limit < 0:
        raise Refusal(400, "max_duration_seconds cannot be negative")
    if silence < 0:
        raise Refusal(400, "max_silence_seconds cannot be negative")
    if exists not in ("fail", "overwrite", "append"):
        raise Refusal(400, "ifExists invalid")
    if ends_on not in ENDS_ON:
        raise Refusal(400, "terminateOn invalid")
    if kind not in FORMATS:
        raise Refusal(422, "specified format is unknown on this system")
    if not NAME.fullmatch(name):
        raise Refusal(500, "Error parsing request")
    there = machine.stored(name) is not None
    if name in machine.recordings or (there and exists == "fail"):
        raise Refusal(409, f"Recording '{name}' already exists and can not be overwritten")
    return Recording(
        machine,
        name,
        kind,
        target,
        limit=limit,
        silence=silence,
        ends_on=ends_on,
        append=exists == "append",
        beep=call.truth("beep"),
    )
