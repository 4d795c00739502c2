"""Audio that goes through: early media, bridges, listening in, media from outside."""

from __future__ import annotations

import socket

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import HUNG_UP, create, hang_up, order, originate, pair


async def listen_for_talk(a: Place, channel: str) -> None:
    """Have ChannelTalkingStarted told when the channel is spoken to from its far end."""
    reply = await a.post(
        f"channels/{channel}/variable", variable="TALK_DETECT(set)", value="500,128"
    )
    assert reply.status == 204


async def room(a: Place, events: Events) -> tuple[str, str]:
    """A bridge with one party. Returns the bridge, and the party's far end, who hears it."""
    bridge = a.name("b")
    assert (await a.post(f"bridges/{bridge}", type="mixing,dtmf_events")).status == 200
    near, far = await pair(a, events, "party")
    await listen_for_talk(a, far)
    assert (await a.post(f"bridges/{bridge}/addChannel", channel=near)).status == 204
    await events.next("ChannelEnteredBridge", channel=near)
    return bridge, far


async def add(a: Place, events: Events, bridge: str, channel: str) -> None:
    """Bring a channel into the bridge."""
    assert (await a.post(f"bridges/{bridge}/addChannel", channel=channel)).status == 204
    await events.next("ChannelEnteredBridge", channel=channel)


async def dial(a: Place, events: Events, channel: str, status: str) -> None:
    """Dial it, and wait until Dial says so."""
    assert (await a.post(f"channels/{channel}/dial")).status == 204
    await events.next("Dial", channel=channel, where={"dialstatus": status})


async def heard(a: Place, events: Events, far: str) -> None:
    """The party hears somebody."""
    await events.next("ChannelTalkingStarted", channel=far)


@scenario(39)
async def create_bridge_then_dial(a: Place) -> None:
    """A channel is bridged before it is called: who answers is heard at once."""
    async with a.listen(a.name("app")) as events:
        bridge, far = await room(a, events)
        channel = await create(a, events, "c", "call-ring-tone")
        await add(a, events, bridge, channel)
        await dial(a, events, channel, "ANSWER")
        await heard(a, events, far)
        assert (await a.get(f"channels/{channel}")).json["state"] == "Up"
        assert channel in (await a.get(f"bridges/{bridge}")).json["channels"]


@scenario(39)
async def bridge_early_media(a: Place) -> None:
    """Early media is heard in the bridge while nobody has answered."""
    async with a.listen(a.name("app")) as events:
        bridge, far = await room(a, events)
        channel = await create(a, events, "c", "call-early")
        await add(a, events, bridge, channel)
        await dial(a, events, channel, "PROGRESS")
        await heard(a, events, far)
        assert (await a.get(f"channels/{channel}")).json["state"] == "Down"
        gone = await hang_up(a, events, channel)
        assert gone["channel"]["state"] == "Down"
        assert order(events, channel, "ChannelVarset")[-4:] == [
            "ChannelHangupRequest",
            "ChannelLeftBridge",
            "StasisEnd",
            "ChannelDestroyed",
        ]


@scenario(39)
async def bridge_while_ringing(a: Place) -> None:
    """A channel enters the bridge while it rings, and is heard once it is answered."""
    async with a.listen(a.name("app")) as events:
        bridge, far = await room(a, events)
        channel = await create(a, events, "c", "call-ring-tone")
        await dial(a, events, channel, "RINGING")
        await add(a, events, bridge, channel)
        await events.next("Dial", channel=channel, where={"dialstatus": "ANSWER"})
        await heard(a, events, far)


@scenario(39)
async def bridge_after_answer(a: Place) -> None:
    """The usual way: dialled, answered, bridged. Digits go the other way."""
    async with a.listen(a.name("app")) as events:
        bridge, far = await room(a, events)
        channel = await create(a, events, "c", f"call-up-{events.app}")
        await dial(a, events, channel, "ANSWER")
        await events.next("StasisStart", channel=f"{channel};2")
        await add(a, events, bridge, channel)
        reply = await a.post(f"channels/{channel};2/play", media="tone:440")
        assert reply.status == 201
        await heard(a, events, far)
        assert (await a.post(f"channels/{far}/dtmf", dtmf="42")).status == 204
        for digit in "42":
            told = await events.next("ChannelDtmfReceived", channel=f"{channel};2")
            assert told["digit"] == digit


@scenario()
async def talk_detect(a: Place) -> None:
    """With TALK_DETECT both ends of speech are told, the second with its length."""
    async with a.listen(a.name("app")) as events:
        channel, far = await pair(a, events, "c")
        await listen_for_talk(a, channel)
        # Silence must be sent as well: what sends nothing is not seen to be silent.
        # In a query the comma would part two media.
        body = {"media": ["tone:440/600,0/1400"]}
        assert (await a.post(f"channels/{far}/play", json=body)).status == 201
        started = await events.next("ChannelTalkingStarted", channel=channel)
        assert "duration" not in started
        told = await events.next("ChannelTalkingFinished", channel=channel)
        assert 300 <= told["duration"] <= 2000


@scenario(45)
async def snoop_by_id(a: Place) -> None:
    """A snoop channel is up, in the application with its arguments, and goes by itself."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c", "call-tone")
        snoop = a.name("s")
        reply = await a.post(
            f"channels/{channel}/snoop/{snoop}", spy="in", app=events.app, appArgs="a,b"
        )
        assert reply.status == 200
        assert (reply.json["id"], reply.json["state"]) == (snoop, "Up")
        assert reply.json["name"].startswith(f"Snoop/{channel}-")
        start = await events.next("StasisStart", channel=snoop)
        assert start["args"] == ["a", "b"]
        again = await a.post(f"channels/{channel}/snoop/{snoop}", spy="in", app=events.app)
        assert again.status == 500
        assert again.json == {"message": "Snoop channel could not be created"}
        assert (await a.delete(f"channels/{snoop}")).status == 204
        await events.next("StasisEnd", channel=snoop)
        # Only because there is audio: it stays while the other channel is silent.
        await a.gone(f"channels/{snoop}")
        await events.settled()
        # Nobody is subscribed to it: its end is not told.
        assert order(events, snoop) == ["StasisStart", "ChannelHangupRequest", "StasisEnd"]
        assert (await a.get(f"channels/{channel}")).json["state"] == "Up"


@scenario(45)
async def snoop_refused(a: Place) -> None:
    """What is no way to listen in."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        for where, query, status, message in (
            (channel, {}, 400, "Direction must be specified for at least spy or whisper"),
            (
                channel,
                {"spy": "none"},
                400,
                "Direction must be specified for at least spy or whisper",
            ),
            (channel, {"spy": "nonsense"}, 400, "Invalid direction specified for spy"),
            (channel, {"whisper": "nonsense"}, 400, "Invalid direction specified for whisper"),
            (a.name("gone"), {"spy": "in"}, 404, "Provided channel was not found"),
        ):
            reply = await a.post(f"channels/{where}/snoop", app=events.app, **query)
            assert (reply.status, reply.json) == (status, {"message": message}), query
        reply = await a.post(f"channels/{channel}/snoop", spy="in")
        assert (reply.status, reply.json) == (400, {"message": "Application name is required"})


@scenario(45)
async def snoop_spy(a: Place) -> None:
    """Who spies inwards hears the far end; it ends with the channel."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c", "call-tone")
        snoop = a.name("s")
        await a.post(f"channels/{channel}/snoop/{snoop}", spy="in", app=events.app)
        await events.next("StasisStart", channel=snoop)
        await listen_for_talk(a, snoop)
        await heard(a, events, snoop)
        await hang_up(a, events, channel)
        await events.next("StasisEnd", channel=snoop)
        await a.gone(f"channels/{snoop}")


@scenario(45)
async def snoop_whisper(a: Place) -> None:
    """Who whispers outwards is heard by the far end."""
    async with a.listen(a.name("app")) as events:
        channel, far = await pair(a, events, "c")
        await listen_for_talk(a, far)
        snoop = a.name("s")
        await a.post(f"channels/{channel}/snoop/{snoop}", whisper="out", app=events.app)
        await events.next("StasisStart", channel=snoop)
        # Whispering needs audio to be written to the channel meanwhile.
        assert (await a.post(f"channels/{channel}/silence")).status == 204
        assert (await a.post(f"channels/{snoop}/play", media="tone:440")).status == 201
        await heard(a, events, far)


@scenario(46)
async def external_media_nominal(a: Place) -> None:
    """A channel for RTP from outside: up, with the address to send to as its variables."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.bind(("127.0.0.1", 0))
        port = outside.getsockname()[1]
        async with a.listen(a.name("app")) as events:
            channel = a.name("x")
            reply = await a.post(
                "channels/externalMedia",
                channelId=channel,
                app=events.app,
                external_host=f"127.0.0.1:{port}",
                format="ulaw",
                json={"variables": {"COLOUR": "green"}},
            )
            assert reply.status == 200
            assert reply.json["id"] == channel
            assert reply.json["name"].startswith(f"UnicastRTP/127.0.0.1:{port}-")
            start = await events.next("StasisStart", channel=channel)
            assert (start["args"], start["channel"]["state"]) == ([], "Up")
            values = {}
            for name in ("UNICASTRTP_LOCAL_ADDRESS", "UNICASTRTP_LOCAL_PORT", "COLOUR"):
                found = await a.get(f"channels/{channel}/variable", variable=name)
                assert found.status == 200, name
                values[name] = found.json["value"]
            assert values["COLOUR"] == "green"
            assert values["UNICASTRTP_LOCAL_ADDRESS"] == "127.0.0.1"
            assert 1024 < int(values["UNICASTRTP_LOCAL_PORT"]) < 65536
            again = await a.post(
                "channels/externalMedia",
                channelId=channel,
                app=events.app,
                external_host=f"127.0.0.1:{port}",
                format="ulaw",
            )
            assert again.status == (500 if a.at_least(20) else 409)
            await hang_up(a, events, channel)
            assert order(events, channel)[-4:] == HUNG_UP


@scenario(46)
async def external_media_off_nominal(a: Place) -> None:
    """What is missing: 400. What Asterisk cannot do: 501 or 400."""
    whole = {"app": a.name("app"), "external_host": "127.0.0.1:9", "format": "ulaw"}
    async with a.listen(a.name("app")):
        for left_out in whole:
            query = {name: value for name, value in whole.items() if name != left_out}
            reply = await a.post("channels/externalMedia", **query)
            assert reply.status == 400, left_out
        for more, status in (
            ({"encapsulation": "nonsense"}, 501),
            ({"encapsulation": "audiosocket"}, 400 if a.at_least(20) else 501),
            ({"transport": "nonsense"}, 400 if a.at_least(20) else 501),
            ({"external_host": "127.0.0.1"}, 400),
            ({"format": "nonsense"}, 500 if a.at_least(20) else 400),
        ):
            reply = await a.post("channels/externalMedia", **(whole | more))
            assert reply.status == status, more


@scenario(47)
async def rtp_statistics_non_rtp(a: Place) -> None:
    """A channel that has no RTP has no statistics: 403; one that is gone: 404."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        reply = await a.get(f"channels/{channel}/rtp_statistics")
        assert (reply.status, reply.json) == (403, {"message": "Unsupported channel type"})
        reply = await a.get(f"channels/{a.name('gone')}/rtp_statistics")
        assert (reply.status, reply.json) == (404, {"message": "Channel not found"})
