"""ARI's channels without a phone: listening in on another, and media from outside."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.control import stasis
from stasis.testing.simulator.dialling import Dialling, in_application
from stasis.testing.simulator.expand import split_arguments
from stasis.testing.simulator.functions import write
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of
from stasis.testing.simulator.rest.making import FORMATS, ids_of

__all__: list[str] = []

INTERNAL = "An internal error prevented this request from being handled"


@operation("POST", "channels/{channel}/snoop")
def snoop(call: Call) -> Answer:
    """Listen to a channel, or whisper to it."""
    return snoop_as(call, call.text("snoopId"))


@operation("POST", "channels/{channel}/snoop/{snoop}")
def snoop_with_id(call: Call) -> Answer:
    """The same, by an id of the client's choice."""
    return snoop_as(call, call.path["snoop"])


def snoop_as(call: Call, one: str) -> Answer:
    """Make a snoop channel."""
    spy, whisper = call.text("spy") or "none", call.text("whisper") or "none"
    for name, text in (("spy", spy), ("whisper", whisper)):
        if text not in ("none", "both", "out", "in"):
            raise Refusal(400, f"Invalid direction specified for {name}")
    if spy == whisper == "none":
        raise Refusal(400, "Direction must be specified for at least spy or whisper")
    app = call.needed("app", "Application name is required")
    channel = channel_of(call, "Provided channel was not found")
    machine = call.machine
    one = one or machine.new_id()
    if one in machine.channels:
        raise Refusal(500, "Snoop channel could not be created")
    snooping = Channel(machine, one, f"Snoop/{channel.id}-{machine.number():08x}", "Up")
    snooping.spies = (channel, spy)
    snooping.whispers = (channel, whisper)
    channel.snooped.append(snooping)
    if spy in ("in", "both"):
        snooping.arriving = channel.arriving
    snooping.tell("ChannelCreated")
    args = call.text("appArgs")
    answer = Answer(200, snooping.json())
    snooping.app_name, snooping.app_data = "Stasis", f"{app},{args}" if args else app
    snooping.start(listened(snooping, app, split_arguments(args)))
    return answer


async def listened(snooping: Channel, app: str, args: list[str]) -> None:
    """The thread of a snoop channel. Nobody is told of STASISSTATUS."""
    await stasis(snooping, app, args, tells=False)


@operation("POST", "channels/externalMedia", "16.6")
def external_media(call: Call) -> Answer:
    """A channel whose media are somebody else's."""
    app = call.needed("app", "app cannot be empty")
    late = call.machine.version.major > 18
    host, kind = call.text("external_host"), call.text("format")
    encapsulation = call.text("encapsulation") or "rtp"
    transport = call.text("transport") or "udp"
    sort = call.text("connection_type") or "client"
    if (call.text("direction") or "both") != "both" and transport != "websocket":
        raise Refusal(501, "The direction is not supported")
    if not host and not (transport == "websocket" and sort == "server"):
        what = "is required for all but websocket server connections" if late else "cannot be empty"
        raise Refusal(400, f"external_host {what}")
    if not kind:
        raise Refusal(400, "format cannot be empty")
    if kind not in FORMATS:
        if late:
            raise Refusal(500, INTERNAL)
        raise Refusal(400, f"Provided format ({kind}) was not found")
    name, colon, port = host.rpartition(":")
    if transport in ("udp", "tcp") and not (name and colon and port.isdecimal()):
        more = " for all transports other than websocket" if late else ""
        raise Refusal(400, f"external_host must be <host>:<port>{more}")
    if (encapsulation, transport) not in (
        ("rtp", "udp"),
        ("audiosocket", "tcp"),
        ("none", "websocket"),
    ):
        right = {"rtp": "udp", "audiosocket": "tcp"}.get(encapsulation)
        if late and right is not None:
            what = f"transport must be '{right}' for {encapsulation} encapsulation"
            raise Refusal(400, what)
        raise Refusal(501, "The encapsulation and/or transport is not supported")
    if encapsulation == "audiosocket" and not call.text("data"):
        raise Refusal(400, "data can not be empty")
    machine = call.machine
    try:
        one, _ = ids_of(call, "")
    except Refusal:
        if late:
            raise Refusal(500, INTERNAL) from None
        raise
    technology = {"rtp": "UnicastRTP", "audiosocket": "AudioSocket", "none": "WebSocket"}
    number = f"0x7f{machine.number():010x}" if encapsulation == "rtp" else f"{machine.number():08x}"
    channel = Channel(machine, one, f"{technology[encapsulation]}/{host}-{number}", "Down")
    channel.tell("ChannelCreated")
    for key, value in call.variables().items():
        write(channel, key, value)
    if encapsulation == "rtp":
        channel.variables |= {
            "UNICASTRTP_LOCAL_PORT": "10000",
            "UNICASTRTP_LOCAL_ADDRESS": "127.0.0.1",
        }
    subscribed = machine.bus.active(app)
    if subscribed is not None:
        subscribed.subscribe(channel.topic)
    # The reply, and it alone, carries all of the channel's variables.
    answer = Answer(200, channel.json() | {"channelvars": dict(channel.variables)})
    dialled = f"{host}/c({kind})" if late and encapsulation == "rtp" else host
    data = call.text("data") if encapsulation == "audiosocket" else ""
    channel.start(joined(channel, Dialling(channel, dialled, repeats=True), app, data))
    return answer


async def joined(channel: Channel, dialling: Dialling, app: str, data: str) -> None:
    """The thread of a channel from outside: up at once, and into the application."""
    dialling.begin()
    dialling.news("ANSWER")
    channel.app_name, channel.app_data = "Stasis", f"{app},{data}" if data else app
    await in_application(channel, app, split_arguments(data))
