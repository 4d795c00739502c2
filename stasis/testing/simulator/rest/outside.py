"""ARI's channels without a phone: listening in on another, and media from outside."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.control import stasis
from stasis.testing.simulator.functions import write
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of
from stasis.testing.simulator.rest.making import ids_of

__all__: list[str] = []


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
    channel = channel_of(call)
    spy, whisper = call.text("spy") or "none", call.text("whisper") or "none"
    for name, text in (("spy", spy), ("whisper", whisper)):
        if text not in ("none", "both", "out", "in"):
            raise Refusal(400, f"Invalid direction specified for {name}")
    if spy == whisper == "none":
        raise Refusal(400, "Direction must be specified for at least spy or whisper")
    app = call.needed("app")
    machine = call.machine
    one = one or machine.new_id()
    if one in machine.channels:
        raise Refusal(409, "Channel with given unique ID already exists")
    snooping = Channel(machine, one, f"Snoop/{channel.id}-{machine.number():08x}", "Up")
    snooping.spies = (channel, spy)
    channel.snooped.append(snooping)
    snooping.tell("ChannelCreated")
    return enters(call, snooping, app)


def enters(call: Call, channel: Channel, app: str) -> Answer:
    """A channel that was made up and ready enters its application."""
    machine: Machine = call.machine
    args = call.text("appArgs").split(",") if call.text("appArgs") else []
    answer = Answer(200, channel.json())
    subscribed = machine.bus.active(app)
    if subscribed is not None:
        subscribed.subscribe(channel.topic)
    channel.app_name, channel.app_data = "Stasis", ",".join([app, *args])
    channel.start(stasis(channel, app, args))
    return answer


@operation("POST", "channels/externalMedia", "16.6")
def external_media(call: Call) -> Answer:
    """A channel whose media are somebody else's."""
    app = call.needed("app")
    host, kind = call.text("external_host"), call.text("format")
    encapsulation = call.text("encapsulation") or "rtp"
    transport = call.text("transport") or "udp"
    sort = call.text("connection_type") or "client"
    if (call.text("direction") or "both") != "both" and transport != "websocket":
        raise Refusal(501, "The direction is not supported")
    if not host and not (transport == "websocket" and sort == "server"):
        raise Refusal(400, "external_host is a required parameter")
    if not kind:
        raise Refusal(400, "format is a required parameter")
    name, colon, port = host.rpartition(":")
    if transport in ("udp", "tcp") and not (name and colon and port.isdecimal()):
        raise Refusal(400, "external_host must be <host>:<port>")
    if (encapsulation, transport) not in (
        ("rtp", "udp"),
        ("audiosocket", "tcp"),
        ("none", "websocket"),
    ):
        known = encapsulation in ("rtp", "audiosocket", "none")
        raise Refusal(
            400 if known and transport in ("udp", "tcp", "websocket") else 501,
            "The combination of parameters is not supported",
        )
    if encapsulation == "audiosocket" and not call.text("data"):
        raise Refusal(400, "data can not be empty")
    machine = call.machine
    one, _ = ids_of(call, "")
    technology = {"rtp": "UnicastRTP", "audiosocket": "AudioSocket", "none": "WebSocket"}
    channel = Channel(
        machine, one, f"{technology[encapsulation]}/{host}-{machine.number():08x}", "Down"
    )
    channel.tell("ChannelCreated")
    for key, value in call.variables().items():
        write(channel, key, value)
    if encapsulation == "rtp":
        channel.variables |= {
            "UNICASTRTP_LOCAL_PORT": "10000",
            "UNICASTRTP_LOCAL_ADDRESS": "127.0.0.1",
        }
    channel.become("Up")
    return enters(call, channel, app)
