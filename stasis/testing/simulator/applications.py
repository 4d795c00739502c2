"""The dialplan's applications: what each step of an extension does to its channel.

Rules: an application that is not here is told in the log and does nothing, as one that Asterisk
has not loaded would end the call: so it ends the call. Those that the table names are enough to
reach a flow and to try what happens around it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from stasis.testing.simulator.broadcast import broadcast
from stasis.testing.simulator.channel import Channel, HungUp, Redirected
from stasis.testing.simulator.control import stasis
from stasis.testing.simulator.expand import expand, split_arguments
from stasis.testing.simulator.functions import Dangerous, Missing, read, write

__all__ = ["APPLICATIONS", "run_dialplan"]

log = structlog.get_logger("stasis.testing")

# Answer() waits so long for the first sound of the far end. A Local channel sends none by itself.
ANSWER_SECONDS = 0.5
DIGIT_MS, GAP_MS = 100, 250


async def answer(channel: Channel, data: str) -> None:
    """Answer()."""
    if channel.state != "Up":
        channel.answer()
        if channel.name.startswith("Local/"):
            await channel.wait(ANSWER_SECONDS, channel.first_sound)


async def hangup(channel: Channel, data: str) -> None:
    """Hangup(cause)."""
    channel.cause = int(data) if data.isdecimal() else 16
    raise HungUp


async def wait(channel: Channel, data: str) -> None:
    """Wait(seconds)."""
    await channel.wait(float(data or 0))


async def echo(channel: Channel, data: str) -> None:
    """Echo(): until the caller hangs up."""
    await channel.wait()


async def nothing(channel: Channel, data: str) -> None:
    """NoOp(), Verbose(): nothing that takes time."""


async def tones(channel: Channel, data: str) -> None:
    """Playtones(cadence): from now on, while the dialplan goes on."""
    channel.hear(f"tone:{data}")


async def in_stasis(channel: Channel, data: str) -> None:
    """Stasis(app,args…)."""
    name, *args = split_arguments(data)
    if await stasis(channel, name, args):
        raise Jump


async def offered(channel: Channel, data: str) -> None:
    """StasisBroadcast(milliseconds,filter,args,notify)."""
    if await broadcast(channel, split_arguments(data)):
        raise Jump


async def assign(channel: Channel, data: str) -> None:
    """Set(NAME=value)."""
    name, _, value = data.partition("=")
    write(channel, name.strip(), value)


async def goto(channel: Channel, data: str) -> None:
    """Goto([[context,]extension,]priority)."""
    go(channel, data)


async def goto_if(channel: Channel, data: str) -> None:
    """GotoIf(condition?there:elsewhere)."""
    condition, _, places = data.partition("?")
    there, _, elsewhere = places.partition(":")
    place = there if condition.strip() not in ("", "0") else elsewhere
    if place.strip():
        go(channel, place)


def go(channel: Channel, place: str) -> None:
    """Go on at a place in the dialplan; a priority may be a label."""
    parts = [part.strip() for part in place.split(",")]
    parts = [channel.context, channel.exten][: 3 - len(parts)] + parts
    context, exten, priority = parts
    number: int | None
    if priority.isdecimal():
        number = int(priority)
    else:
        number = channel.machine.plan.priority_of(context, exten, priority)
    if number is None:
        raise HungUp
    channel.context, channel.exten, channel.priority = context, exten, number
    raise Jump


async def playback(channel: Channel, data: str) -> None:
    """Playback(sound&sound…)."""
    await answer(channel, "")
    for name in split_arguments(data)[0].split("&"):
        found = channel.machine.sounds.find(name, channel.language)
        if found is not None:
            channel.hear(f"sound:{name}")
            await channel.wait(found.seconds)


async def music(channel: Channel, data: str) -> None:
    """MusicOnHold(class,seconds)."""
    name, *seconds = split_arguments(data) or [""]
    channel.hear(f"music:{name or 'default'}")
    await channel.wait(float(seconds[0]) if seconds and seconds[0] else None)


async def ringing(channel: Channel, data: str) -> None:
    """Ringing()."""
    channel.indicate("RINGING")


async def progress(channel: Channel, data: str) -> None:
    """Progress()."""
    channel.indicate("PROGRESS")


async def busy(channel: Channel, data: str) -> None:
    """Busy(seconds)."""
    await refuse(channel, data, "BUSY", 17)


async def congestion(channel: Channel, data: str) -> None:
    """Congestion(seconds)."""
    await refuse(channel, data, "CONGESTION", 34)


async def refuse(channel: Channel, data: str, what: str, cause: int) -> None:
    """Tell that nobody will talk, and wait until the caller hangs up."""
    channel.indicate(what)
    if channel.state != "Up":
        channel.become("Busy")
    try:
        await channel.wait(float(data) if data else None)
    finally:
        channel.cause = cause
    raise HungUp


async def user_event(channel: Channel, data: str) -> None:
    """UserEvent(name,key: value,…)."""
    name, *pairs = split_arguments(data)
    found = {"eventname": name}
    for each in pairs:
        key, _, value = each.partition(":")
        found[key.strip()] = value.strip()
    channel.tell("ChannelUserevent", eventname=name, userevent=found)


async def send_dtmf(channel: Channel, data: str) -> None:
    """SendDTMF(digits)."""
    for digit in split_arguments(data)[0]:
        if digit == "w":
            await channel.wait(0.5)
            continue
        await channel.wait(DIGIT_MS / 1000)
        if channel.far is not None:
            channel.far.digit(digit, DIGIT_MS)
        await channel.wait(GAP_MS / 1000)


class Jump(Exception):
    """The dialplan goes on elsewhere."""


Step = Callable[[Channel, str], Awaitable[None]]

# By name in lower case: how Asterisk writes it, and what it does.
APPLICATIONS: dict[str, tuple[str, Step]] = {
    name.lower(): (name, step)
    for name, step in {
        "Answer": answer,
        "Busy": busy,
        "Congestion": congestion,
        "Echo": echo,
        "Goto": goto,
        "GotoIf": goto_if,
        "Hangup": hangup,
        "MusicOnHold": music,
        "NoOp": nothing,
        "Playback": playback,
        "PlayTones": tones,
        "Progress": progress,
        "Ringing": ringing,
        "SendDTMF": send_dtmf,
        "Set": assign,
        "Stasis": in_stasis,
        "StasisBroadcast": offered,
        "UserEvent": user_event,
        "Verbose": nothing,
        "Wait": wait,
    }.items()
}


def looked_up(channel: Channel, name: str) -> str:
    """A variable for `${…}`: what is not there is empty."""
    try:
        return read(channel, name)
    except (Missing, Dangerous):
        return ""


async def run_dialplan(channel: Channel, *, inner: bool = False) -> None:
    """Run a channel from its place in the dialplan to the end of it.

    inner: it goes on after an application that began it, so its end is not told of its own.
    """
    machine = channel.machine
    try:
        while True:
            step = machine.plan.find(channel.context, channel.exten, channel.priority)
            if step is None:
                channel.cause = channel.cause or 16
                break
            name, run = APPLICATIONS.get(step.application.lower(), (step.application, None))
            data = expand(step.args, lambda name: looked_up(channel, name))
            channel.runs(name, data)
            if run is None:
                log.warning("the simulator has no such dialplan application", application=name)
                channel.astray = f"the simulator has no dialplan application {name}(), which is at"
                channel.astray += f" {channel.place}"
                break
            place = (channel.context, channel.exten, channel.priority)
            try:
                await run(channel, data)
            except (Jump, Redirected):
                continue
            if (channel.context, channel.exten, channel.priority) == place:
                channel.priority += 1
    except HungUp:
        pass
    if not inner and not channel.taken_over:
        channel.tell("ChannelHangupRequest", cause=16, soft=True)
    channel.app_name = channel.app_data = ""
