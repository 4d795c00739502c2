"""Bridges: how they mix, what they share, and what they keep."""

from __future__ import annotations

from tests.conformance.party import bridge, enter, since_start
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

ENTERED, LEFT = "ChannelEnteredBridge", "ChannelLeftBridge"


@scenario()
async def bridge_types(a: Place) -> None:
    """The type says how a bridge mixes; attributes come after it, known ones or not."""
    for text, told, technology, kind, video in (
        ("a", "mixing", "simple_bridge", "mixing", "talker"),
        ("b", "holding", "holding_bridge", "holding", "talker"),
        ("c", "mixing,dtmf_events", "simple_bridge", "mixing", "talker"),
        ("d", "mixing,proxy_media", "simple_bridge", "mixing", "talker"),
        ("e", "mixing,video_single", "simple_bridge", "mixing", "single"),
        ("f", "mixing,video_sfu", "softmix", "mixing", "sfu"),
    ):
        reply = await a.post(f"bridges/{a.name(text)}", type=told)
        assert reply.status == 200, told
        found = {name: reply.json.get(name) for name in ("technology", "bridge_type", "video_mode")}
        assert found == {"technology": technology, "bridge_type": kind, "video_mode": video}, told
    plain = await a.post("bridges")
    assert plain.json["bridge_type"] == "mixing" and plain.json["name"] == ""
    assert (await a.post(f"bridges/{a.name('y')}", type="mixing,nonsense")).status == 200
    for told in ("nonsense", "dtmf_events"):
        reply = await a.post(f"bridges/{a.name('z')}", type=told)
        assert reply.status == 500, told
        assert reply.json == {"message": "Unable to create bridge"}
    assert (await a.get(f"bridges/{a.name('z')}")).status == 404


@scenario()
async def bridge_of_three_is_mixed_by_softmix(a: Place) -> None:
    """The third channel changes the bridge's technology."""
    async with a.listen(a.name("app")) as events:
        channels = [await enter(a, events, each) for each in ("one", "two", "three")]
        made = await bridge(a, events, "b", *channels)
        now = (await a.get(f"bridges/{made}")).json
        assert now["technology"] == "softmix"
        assert sorted(now["channels"]) == sorted(channels)


@scenario(57)
async def bridge_id_propagation(a: Place) -> None:
    """Who is mixed shares the older linked id and the other's account; who is held does not."""
    async with a.listen(a.name("app")) as events:
        for kind in ("mixing", "holding"):
            ids = [await enter(a, events, f"{kind}-{each}") for each in ("one", "two")]
            for each, account in zip(ids, ("red", "blue"), strict=True):
                path = f"channels/{each}/variable"
                reply = await a.post(path, variable="CHANNEL(accountcode)", value=account)
                assert reply.status == 204
            made = await bridge(a, events, f"b-{kind}", *ids, kind=kind)
            assert sorted((await a.get(f"bridges/{made}")).json["channels"]) == sorted(ids)
            await a.pause(0.1)
            told = []
            for each in ids:
                for name in ("linkedid", "peeraccount"):
                    reply = await a.get(f"channels/{each}/variable", variable=f"CHANNEL({name})")
                    told.append(reply.json["value"])
            if kind == "mixing":
                assert told == [ids[0], "blue", ids[0], "red"]
            else:
                assert told == [ids[0], "", ids[1], ""]
                for each in ids:
                    reply = await a.get(f"channels/{each}/variable", variable="BRIDGEPEER")
                    assert reply.status == 404


@scenario(58)
async def bridge_video_source(a: Place) -> None:
    """A channel becomes the one video source; the event names the one before.

    Deleting the source is accepted, and changes nothing that can be seen.
    """
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b", one, two)
        for each in (one, two):
            assert (await a.post(f"bridges/{made}/videoSource/{each}")).status == 204
            changed = await events.next("BridgeVideoSourceChanged", bridge=made)
            assert changed["bridge"]["video_mode"] == "single"
            assert changed["bridge"]["video_source_id"] == each
            assert changed.get("old_video_source_id") == (None if each == one else one)
        assert (await a.get(f"bridges/{made}")).json["video_source_id"] == two
        assert (await a.post(f"bridges/{made}/videoSource/{two}")).status == 204
        assert (await a.delete(f"bridges/{made}/videoSource")).status == 204
        await events.none("BridgeVideoSourceChanged")
        now = (await a.get(f"bridges/{made}")).json
        assert (now["video_mode"], now["video_source_id"]) == ("single", two)


@scenario(59)
async def softmix_unhold(a: Place) -> None:
    """A hold that is intercepted is told, and is not ended by a third who joins."""
    async with a.listen(a.name("app")) as events:
        one, two, three = [await enter(a, events, each) for each in ("one", "two", "three")]
        path = f"channels/{one}/variable"
        assert (await a.post(path, variable="HOLD_INTERCEPT(set)", value="")).status == 204
        made = await bridge(a, events, "b", one, two)
        assert (await a.post(f"channels/{one}/hold")).status == 204
        held = await events.next("ChannelHold", channel=one)
        assert held["musicclass"] == "N/A"
        assert (await a.post(f"bridges/{made}/addChannel", channel=three)).status == 204
        await events.next(ENTERED, channel=three)
        await events.none("ChannelUnhold", channel=one)
        assert (await a.delete(f"channels/{one}/hold")).status == 204
        await events.next("ChannelUnhold", channel=one)


@scenario()
async def bridge_holding(a: Place) -> None:
    """A holding bridge takes participants and announcers, and tells nobody of a peer."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b", kind="holding")
        for each, role in ((one, "participant"), (two, "announcer")):
            reply = await a.post(f"bridges/{made}/addChannel", channel=each, role=role)
            assert reply.status == 204
            await events.next(ENTERED, channel=each)
        now = (await a.get(f"bridges/{made}")).json
        assert sorted(now["channels"]) == [one, two]
        assert now["technology"] == "holding_bridge"
        assert (await a.post(f"bridges/{made}/removeChannel", channel=one)).status == 204
        await events.next(LEFT, channel=one)
        assert since_start(events, one) == [ENTERED, LEFT]


@scenario(versions=("22",))
async def bridge_variables(a: Place) -> None:
    """A bridge keeps variables; those to be reported are in its frames."""
    async with a.listen(a.name("app")) as events:
        made = await bridge(a, events, "b")
        one, several = f"bridges/{made}/variable", f"bridges/{made}/variables"
        assert (await a.post(one, variable="X", value="1")).status == 204
        assert (await a.get(one, variable="X")).json == {"value": "1"}
        reply = await a.get(one, variable="NONE")
        assert (reply.status, reply.json["message"]) == (404, "Provided variable was not found")
        assert "bridgevars" not in (await a.get(f"bridges/{made}")).json
        reply = await a.post(one, variable="Y", value="2", report_events=True)
        assert reply.status == 204
        body = {"variables": {"P": "3", "Q": {"value": "4", "report_events": True}}}
        assert (await a.post(several, json=body)).status == 204
        reply = await a.get(several, variables=["P", "Q", "X"])
        assert reply.json == {"variables": {"P": "3", "Q": "4", "X": "1"}}
        assert (await a.get(several, variables=["P", "NONE"])).status == 404
        reported = {"Y": "2", "Q": "4"}
        assert (await a.get(f"bridges/{made}")).json["bridgevars"] == reported
        channel = await enter(a, events, "one")
        assert (await a.post(f"bridges/{made}/addChannel", channel=channel)).status == 204
        entered = await events.next(ENTERED, bridge=made)
        assert entered["bridge"]["bridgevars"] == reported
        assert (await a.post(one, variable="X")).status == 204
        assert (await a.get(one, variable="X")).status == 404


@scenario(versions=("22",))
async def bridge_variables_refused(a: Place) -> None:
    """What a bridge's variables cannot be."""
    made = a.name("b")
    assert (await a.post(f"bridges/{made}")).status == 200
    nowhere = f"bridges/{a.name('nowhere')}"
    value = "Each value in 'variables' must be a string or an object with 'value' and optional"
    for method, path, options, status, text in (
        ("get", f"bridges/{made}/variable", {}, 400, "Variable name is required"),
        ("get", f"bridges/{made}/variables", {}, 400, "At least one variable name is required"),
        ("post", f"bridges/{made}/variables", {}, 400, "The 'variables' field is required"),
        (
            "post",
            f"bridges/{made}/variables",
            {"json": {"variables": {"P": 3}}},
            400,
            f"{value} 'report_events'",
        ),
        ("post", f"{nowhere}/variable", {"variable": "X", "value": "1"}, 404, "Bridge not found"),
        ("get", f"{nowhere}/variables", {"variables": "P"}, 404, "Provided bridge was not found"),
    ):
        reply = await getattr(a, method)(path, **options)
        assert (reply.status, reply.json) == (status, {"message": text}), path
