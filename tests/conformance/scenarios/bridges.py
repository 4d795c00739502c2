"""Bridges: who is in them, and what is refused."""

from __future__ import annotations

from tests.conformance.party import bridge, enter, since_start
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

ENTERED, LEFT = "ChannelEnteredBridge", "ChannelLeftBridge"
# A channel is hung up: what comes of it after the request.
ENDED = ["StasisEnd", "ChannelVarset", "ChannelDestroyed"]


@scenario(51)
async def bridge_by_id_lifecycle(a: Place) -> None:
    """A bridge has the id and the name it was given, is listed, and is gone when deleted."""
    async with a.listen(a.name("app"), subscribe_all=True) as events:
        made = a.name("b")
        reply = await a.post(f"bridges/{made}", type="mixing", name="Front")
        assert reply.status == 200
        created = reply.json.pop("creationtime")
        assert created
        assert {name: value for name, value in reply.json.items() if name != "creationtime"} == {
            "id": made,
            "technology": "simple_bridge",
            "bridge_type": "mixing",
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": "Front",
            "channels": [],
            "video_mode": "talker",
        }
        assert (await a.get(f"bridges/{made}")).json == reply.json
        assert reply.json in (await a.get("bridges")).json
        assert (await events.next("BridgeCreated", bridge=made))["bridge"] == reply.json
        reply = await a.delete(f"bridges/{made}")
        assert (reply.status, reply.body) == (204, b"")
        await events.next("BridgeDestroyed", bridge=made)
        for reply in (await a.get(f"bridges/{made}"), await a.delete(f"bridges/{made}")):
            assert reply.status == 404
            assert reply.json == {"message": "Bridge not found"}
        assert events.types(bridge=made) == ["BridgeCreated", "BridgeDestroyed"]


@scenario(versions=("22",))
async def bridge_id_is_taken(a: Place) -> None:
    """A bridge's id can be had once, whichever way it is asked for."""
    made = a.name("b")
    assert (await a.post(f"bridges/{made}")).status == 200
    for reply in (
        await a.post(f"bridges/{made}"),
        await a.post("bridges", bridgeId=made),
        await a.post(f"bridges/{made}", type="holding", name="other"),
    ):
        assert reply.status == 409
        assert reply.json == {"message": f"Bridge with id '{made}' already exists"}


@scenario(versions=("16",))
async def bridge_is_created_again(a: Place) -> None:
    """Asterisk 16 takes an existing id for the bridge that has it, unless the name differs."""
    made = a.name("b")
    assert (await a.post(f"bridges/{made}", name="Front")).status == 200
    reply = await a.post(f"bridges/{made}", name="Front")
    assert (reply.status, reply.body) == (200, b"")
    reply = await a.post(f"bridges/{made}", name="Back")
    assert reply.status == 500
    assert reply.json == {"message": "Changing bridge name is not implemented"}
    assert (await a.get(f"bridges/{made}")).json["name"] == "Front"


@scenario(52)
async def bridge_happy(a: Place) -> None:
    """Channels enter and leave in the order they are told; both name each other meanwhile."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b", one, two)
        now = (await a.get(f"bridges/{made}")).json
        assert sorted(now["channels"]) == [one, two]
        assert now["technology"] == "simple_bridge"
        names = {each: (await a.get(f"channels/{each}")).json["name"] for each in (one, two)}
        for each, peer in ((one, two), (two, one)):
            varset = await events.next("ChannelVarset", channel=each, where={"value": names[peer]})
            assert varset["variable"] == "BRIDGEPEER"
        assert (await a.post(f"bridges/{made}/removeChannel", channel=one)).status == 204
        left = await events.next(LEFT, channel=one)
        assert left["bridge"]["channels"] == [two]
        assert (await a.get(f"bridges/{made}")).json["channels"] == [two]
        reply = await a.post(f"bridges/{made}/removeChannel", channel=one)
        assert reply.status == 422
        assert reply.json == {"message": "Channel not in this bridge"}
        await events.settled()
        assert since_start(events, one) == [ENTERED, "ChannelVarset", "ChannelVarset", LEFT]
        assert since_start(events, two)[:2] == [ENTERED, "ChannelVarset"]


@scenario()
async def bridge_takes_several_or_none(a: Place) -> None:
    """A list of channels enters as a whole; with one that is unknown, none does."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b")
        reply = await a.post(f"bridges/{made}/addChannel", channel=[one, a.name("nobody")])
        assert reply.status == 400
        await events.none(ENTERED)
        reply = await a.post(f"bridges/{made}/addChannel", channel=[one, two])
        assert reply.status == 204
        for each in (one, two):
            await events.next(ENTERED, channel=each)
        reply = await a.post(f"bridges/{made}/removeChannel", channel=[one, two])
        assert reply.status == 204
        for each in (one, two):
            await events.next(LEFT, channel=each)


@scenario(53)
async def bridge_delete_keeps_channel(a: Place) -> None:
    """Who was in a deleted bridge is in its application as before, and can be bridged again."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await bridge(a, events, "b", one)
        assert (await a.delete(f"bridges/{made}")).status == 204
        left = await events.next(LEFT, channel=one)
        assert left["bridge"]["id"] == made and left["bridge"]["channels"] == []
        await events.none("StasisEnd", channel=one)
        again = await bridge(a, events, "b2", one)
        assert (await a.get(f"bridges/{again}")).json["channels"] == [one]
        assert since_start(events, one) == [ENTERED, LEFT, ENTERED]


@scenario(54)
async def bridge_hangup_sends_left(a: Place) -> None:
    """Who hangs up in a bridge leaves it first; the bridge stays."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b", one, two)
        assert (await a.delete(f"channels/{one}")).status == 204
        await events.next("ChannelDestroyed", channel=one)
        await events.settled()
        assert since_start(events, one) == [
            ENTERED,
            "ChannelVarset",
            "ChannelHangupRequest",
            "ChannelVarset",
            LEFT,
            *ENDED,
        ]
        assert (await a.get(f"bridges/{made}")).json["channels"] == [two]
        await events.none("StasisEnd", channel=two, within=0.1)


@scenario(55)
async def bridge_move_between(a: Place) -> None:
    """A channel that enters another bridge leaves the one it is in."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        first, second = await bridge(a, events, "b1", one), await bridge(a, events, "b2")
        for made in (second, first):
            assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
            await events.next(ENTERED, bridge=made, channel=one)
        assert since_start(events, one) == [ENTERED, LEFT, ENTERED, LEFT, ENTERED]
        order = [each["bridge"]["id"] for each in events.all(channel=one) if "bridge" in each]
        assert order == [first, first, second, second, first]
        assert (await a.get(f"bridges/{second}")).json["channels"] == []


@scenario()
async def bridge_enters_again(a: Place) -> None:
    """A channel that enters the bridge it is in leaves and enters it."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await bridge(a, events, "b", one)
        assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
        await events.next(ENTERED, channel=one)
        assert since_start(events, one) == [ENTERED, LEFT, ENTERED]


@scenario(56)
async def bridge_unhappy(a: Place) -> None:
    """What cannot enter or leave, and why."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        made = await bridge(a, events, "b")
        nobody, nowhere, outside = a.name("nobody"), a.name("nowhere"), f"{one};2"
        for path, channel, status, text in (
            (f"{made}/addChannel", nobody, 400, "Channel not found"),
            (f"{made}/addChannel", None, 400, "Missing parameter channel"),
            (f"{made}/addChannel", "", 400, "Missing parameter channel"),
            (f"{nowhere}/addChannel", one, 404, "Bridge not found"),
            (f"{made}/addChannel", outside, 422, "Channel not in Stasis application"),
            (f"{made}/removeChannel", nobody, 400, "Channel not found"),
            (f"{nowhere}/removeChannel", one, 404, "Bridge not found"),
            (f"{made}/removeChannel", outside, 422, "Channel not in Stasis application"),
            (f"{made}/removeChannel", one, 422, "Channel not in this bridge"),
            (f"{made}/videoSource/{nobody}", None, 400, "Channel not found"),
            (f"{made}/videoSource/{one}", None, 422, "Channel not in this bridge"),
        ):
            reply = await a.post(f"bridges/{path}", channel=channel)
            assert (reply.status, reply.json) == (status, {"message": text}), path
        reply = await a.post(f"channels/{one}/record", name=a.name("r"), format="wav")
        assert reply.status == 201
        await events.next("RecordingStarted", recording=a.name("r"))
        reply = await a.post(f"bridges/{made}/addChannel", channel=one)
        assert reply.status == 409
        assert reply.json == {"message": f"Channel {one} currently recording"}
        assert (await a.get(f"bridges/{made}")).json["channels"] == []


@scenario()
async def bridge_unknown(a: Place) -> None:
    """Nothing can be done with a bridge that is not there."""
    nowhere = f"bridges/{a.name('nowhere')}"
    for method, path, options in (
        ("get", "", {}),
        ("delete", "", {}),
        ("post", "/moh", {}),
        ("delete", "/moh", {}),
        ("post", "/play", {"media": "sound:hello-world"}),
        ("post", "/record", {"name": a.name("r"), "format": "wav"}),
        ("post", "/videoSource/nobody", {}),
        ("delete", "/videoSource", {}),
    ):
        reply = await getattr(a, method)(nowhere + path, **options)
        assert (reply.status, reply.json) == (404, {"message": "Bridge not found"}), path
