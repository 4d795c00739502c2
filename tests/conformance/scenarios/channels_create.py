"""Creating and dialling: the application has the channel before it is called."""

from __future__ import annotations

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import CREATED, HUNG_UP, create, hang_up, order

# What needs a channel that is up, each with its query. Asterisk 16 has no `progress`.
MEDIA: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "answer", {}),
    ("POST", "ring", {}),
    ("DELETE", "ring", {}),
    ("POST", "hold", {}),
    ("DELETE", "hold", {}),
    ("POST", "moh", {}),
    ("DELETE", "moh", {}),
    ("POST", "silence", {}),
    ("DELETE", "silence", {}),
    ("POST", "mute", {"direction": "both"}),
    ("DELETE", "mute", {"direction": "both"}),
    ("POST", "dtmf", {"dtmf": "1"}),
    ("POST", "play", {"media": "sound:hello-world"}),
    ("POST", "redirect", {"endpoint": "Local/x"}),
    ("POST", "continue", {}),
]


@scenario(34)
async def create_nominal(a: Place) -> None:
    """A created channel is Down and in the application; hung up, it is gone."""
    async with a.listen(a.name("app")) as events:
        channel = a.name("c")
        reply = await a.post(
            "channels/create",
            endpoint=f"Local/call-answer@{a.context}",
            app=events.app,
            appArgs="one,two",
            channelId=channel,
            json={"variables": {"COLOUR": "green"}},
        )
        assert reply.status == 200
        assert (reply.json["id"], reply.json["state"]) == (channel, "Down")
        start = await events.next("StasisStart", channel=channel)
        assert start["args"] == ["one", "two"]
        assert start["channel"]["state"] == "Down"
        assert start["channel"]["dialplan"]["app_data"] == f"{events.app},one,two"
        found = await a.get(f"channels/{channel}/variable", variable="COLOUR")
        assert found.json == {"value": "green"}
        gone = await hang_up(a, events, channel)
        assert gone["cause"] == 16
        await a.gone(f"channels/{channel}")
        assert order(events, channel) == ["ChannelVarset", *CREATED, *HUNG_UP]
        told = events.all("ChannelVarset", channel=channel)
        assert [(each["variable"], each["value"]) for each in told] == [
            ("COLOUR", "green"),
            ("STASISSTATUS", ""),
            ("STASISSTATUS", "SUCCESS"),
        ]
        # The other end is not heard of, unlike that of a call that is originated.
        await events.settled()
        assert events.types(channel=f"{channel};2") == []


@scenario(35)
async def create_ops_on_down_channel_412(a: Place) -> None:
    """A channel that is Down or rings takes no media and no dialplan: 412, whatever the query."""
    async with a.listen(a.name("app")) as events:
        channel = await create(a, events, "c", "call-ring")
        await refuse(a, channel)
        assert (await a.post(f"channels/{channel}/dial")).status == 204
        await events.next("ChannelStateChange", channel=channel, where={"channel.state": "Ringing"})
        await refuse(a, channel)


async def refuse(a: Place, channel: str) -> None:
    """Nothing of it is done now."""
    tries = [*MEDIA, ("POST", "mute", {}), ("POST", "dtmf", {}), ("POST", "redirect", {})]
    if a.at_least(22, 6):
        tries.append(("POST", "progress", {}))
    for method, what, query in tries:
        reply = await a.request(method, f"channels/{channel}/{what}", query=[*query.items()])
        assert reply.status == 412, (method, what)
        assert reply.json == {"message": "Channel in invalid state"}


@scenario(36)
async def create_dial_answer(a: Place) -> None:
    """Dial tells of the start, of ringing, and of the answer; the state changes just before."""
    async with a.listen(a.name("app")) as events:
        channel = await create(a, events, "c", "call-ring-answer")
        assert (await a.post(f"channels/{channel}/dial", timeout=10)).status == 204
        await events.next("Dial", channel=channel, where={"dialstatus": "ANSWER"})
        # The first Dial races with Ringing and its Dial.
        assert order(events, channel)[-2:] == ["ChannelStateChange", "Dial"]
        assert sorted(order(events, channel, *CREATED)) == [
            "ChannelStateChange",
            "ChannelStateChange",
            "Dial",
            "Dial",
            "Dial",
        ]
        dials = events.all("Dial", channel=channel)
        # Only the one of the start says what was dialled.
        assert sorted((each["dialstatus"], each["dialstring"]) for each in dials) == [
            ("", f"call-ring-answer@{a.context}/n"),
            ("ANSWER", ""),
            ("RINGING", ""),
        ]
        assert dials[-1]["dialstatus"] == "ANSWER"
        assert dials[-1]["peer"]["state"] == "Up"
        assert (await a.get(f"channels/{channel}")).json["state"] == "Up"
        await hang_up(a, events, channel)
        assert order(events, channel)[-4:] == HUNG_UP


@scenario(37)
async def create_dial_continue(a: Place) -> None:
    """Once it is answered it can go on in the dialplan."""
    async with a.listen(a.name("app")) as events:
        channel = await create(a, events, "c", json={"variables": {"APP": events.app}})
        await a.post(f"channels/{channel}/dial")
        await events.next("Dial", channel=channel, where={"dialstatus": "ANSWER"})
        reply = await a.post(
            f"channels/{channel}/continue", context=a.context, extension="call-place", priority=1
        )
        assert reply.status == 204
        start = await events.next("StasisStart", channel=channel)
        assert start["args"] == ["place", "1"]
        # It has not been in the dialplan before, so that no STASISSTATUS tells how it left.
        assert order(events, channel)[-4:] == [
            "StasisEnd",
            "ChannelDialplan",
            "ChannelVarset",
            "StasisStart",
        ]


@scenario(38)
async def dial_invalid(a: Place) -> None:
    """Who rings or is up cannot be dialled again, who is not in an application or gone neither."""
    async with a.listen(a.name("app")) as events:
        channel = await create(a, events, "c", "call-ring-answer")
        assert (await a.post(f"channels/{channel}/dial")).status == 204
        for state in ("Ringing", "Up"):
            await events.next("ChannelStateChange", channel=channel, where={"channel.state": state})
            again = await a.post(f"channels/{channel}/dial")
            assert again.status == 409
            assert again.json == {"message": "Channel is not in the 'Down' state"}
        other = await a.post(f"channels/{channel};2/dial")
        assert other.status == 409
        assert other.json == {"message": "Channel not in Stasis application"}
        gone = await a.post(f"channels/{a.name('gone')}/dial")
        assert (gone.status, gone.json) == (404, {"message": "Channel not found"})


@scenario()
async def create_refused(a: Place) -> None:
    """What cannot be created: each with its status and message."""
    local = f"Local/call-answer@{a.context}"
    async with a.listen(a.name("app")) as events:
        first = await create(a, events, "c")
        for query, status, message in (
            ({}, 400, {"message": "Endpoint must be specified"}),
            ({"endpoint": "nonsense"}, 400, {"message": "Invalid endpoint specified"}),
            (
                {"endpoint": local, "formats": "nonsense"},
                400,
                {"message": "Provided format (nonsense) was not found"},
            ),
            (
                {"endpoint": local, "channelId": first},
                409,
                {"message": "Channel with given unique ID already exists"},
            ),
            (
                {"endpoint": local, "channelId": a.name("d"), "otherChannelId": first},
                409,
                {"message": "Channel with given unique ID already exists"},
            ),
        ):
            reply = await a.post("channels/create", app=events.app, **query)
            assert (reply.status, reply.json) == (status, message), query


async def dialled(a: Place, events: Events, extension: str, **query: object) -> str:
    """Create a channel and dial it."""
    channel = await create(a, events, "c", extension)
    assert (await a.post(f"channels/{channel}/dial", **query)).status == 204
    return channel


@scenario()
async def dial_busy(a: Place) -> None:
    """Who is busy: Dial says so, and the channel stays in the application, Down."""
    await stays(a, "call-busy", "BUSY")


@scenario()
async def dial_congested(a: Place) -> None:
    """No way there: Dial says so, and the channel stays in the application, Down."""
    await stays(a, "call-congested", "CONGESTION")


async def stays(a: Place, extension: str, status: str) -> None:
    """The dial ends so, and the channel goes on."""
    async with a.listen(a.name("app")) as events:
        channel = await dialled(a, events, extension)
        told = await events.next("Dial", channel=channel, where={"dialstatus": status})
        assert told["peer"]["state"] == "Down"
        await events.none("StasisEnd", channel=channel)
        # The two Dial may come in either order.
        assert order(events, channel) == [*CREATED, "Dial", "Dial"]
        assert (await a.get(f"channels/{channel}")).json["state"] == "Down"
        gone = await hang_up(a, events, channel)
        assert gone["cause"] == 16
        assert order(events, channel) == [*CREATED, "Dial", "Dial", *HUNG_UP]


@scenario()
async def dial_refused(a: Place) -> None:
    """Who is hung up by the other end while it rings: no status of Dial, the channel is gone."""
    async with a.listen(a.name("app")) as events:
        channel = await dialled(a, events, "call-refused")
        asked = await events.next("ChannelHangupRequest", channel=channel)
        assert asked["cause"] == 21
        assert "soft" not in asked
        gone = await events.next("ChannelDestroyed", channel=channel)
        # Ours may win over that of the other end, and the first Dial be late.
        assert gone["cause"] in (16, 21)
        assert sorted(order(events, channel)) == sorted([*CREATED, "Dial", *HUNG_UP])
        assert order(events, channel)[-3:] == HUNG_UP[-3:]
        assert [each["dialstatus"] for each in events.all("Dial")] == [""]


@scenario()
async def dial_timeout(a: Place) -> None:
    """Nobody answers in time: the channel is hung up, without a status of Dial."""
    async with a.listen(a.name("app")) as events:
        channel = await dialled(a, events, "call-ring", timeout=1)
        asked = await events.next("ChannelHangupRequest", channel=channel)
        assert (asked["cause"], asked["soft"]) == (32, True)
        gone = await events.next("ChannelDestroyed", channel=channel)
        assert gone["cause"] == (19 if a.at_least(20) else 16)
        assert order(events, channel)[-4:] == HUNG_UP
        assert sorted(each["dialstatus"] for each in events.all("Dial")) == ["", "RINGING"]


@scenario()
async def dial_no_extension(a: Place) -> None:
    """An extension that is not there: 204, and the channel is gone without a Dial."""
    async with a.listen(a.name("app")) as events:
        channel = await dialled(a, events, "nowhere")
        gone = await events.next("ChannelDestroyed", channel=channel)
        assert gone["cause"] == 16
        assert order(events, channel) == [
            *CREATED,
            "StasisEnd",
            "ChannelVarset",
            "ChannelDestroyed",
        ]


@scenario()
async def dial_then_far_end_hangs_up(a: Place) -> None:
    """The called party hangs up: the application hears so, and the channel leaves it."""
    async with a.listen(a.name("app")) as events:
        channel = await dialled(a, events, "call-over-soon")
        await events.next("Dial", channel=channel, where={"dialstatus": "ANSWER"})
        gone = await events.next("ChannelDestroyed", channel=channel)
        asked = events.all("ChannelHangupRequest", channel=channel)
        assert ["soft" in each for each in asked] == [False]
        assert order(events, channel)[-4:] == HUNG_UP
        assert (gone["cause"], asked[0]["cause"]) == (16, 16)
