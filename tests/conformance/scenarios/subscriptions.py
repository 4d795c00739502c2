"""Subscriptions: what an application hears beside its own calls."""

from __future__ import annotations

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.server import Reply


@scenario(14)
async def subscribe_channel_after_stasis_end(a: Place) -> None:
    """A channel that is subscribed to is heard of after it has left the application."""
    async with a.listen(a.name("app")) as events:
        near, far = await called(a, events.app)
        await events.next("StasisStart", channel=far)
        assert (await subscribe(a, events, f"channel:{far}")).json["channel_ids"] == [far]
        assert (await a.post(f"channels/{far}/continue")).status == 204
        await events.next("StasisEnd", channel=far)
        left = await events.next("ChannelUserevent", channel=far)
        assert left["eventname"] == "left"
        await a.delete(f"channels/{near}")
        await events.next("ChannelDestroyed", channel=far)


@scenario(14)
async def channel_is_not_heard_of_after_stasis_end(a: Place) -> None:
    """Without a subscription, the last that is heard of a caller is StasisEnd."""
    async with (
        a.listen(a.name("app")) as events,
        a.listen(a.name("watch"), subscribe_all=True) as w,
    ):
        near, far = await called(a, events.app)
        await events.next("StasisStart", channel=far)
        await a.post(f"channels/{far}/continue")
        await w.next("ChannelUserevent", channel=far)
        await a.delete(f"channels/{near}")
        await w.next("ChannelDestroyed", channel=far)
        await events.settled()
        assert events.types(channel=far)[-1] == "StasisEnd"


@scenario(15)
async def subscribe_errors(a: Place) -> None:
    """What cannot be subscribed to is refused, and giving up what was not subscribed to as well."""
    async with a.listen(a.name("app")) as events:
        path = f"applications/{events.app}/subscription"
        unknown = f"applications/{a.name('unknown')}/subscription"
        for method in (a.post, a.delete):
            assert (await method(unknown, eventSource="channel:x")).status == 404
            assert (await method(path)).status == 400
            for wrong in ("noscheme", "nonsense:x"):
                assert (await method(path, eventSource=wrong)).status == 400, wrong
        for nothing in (
            f"channel:{a.name('none')}",
            f"bridge:{a.name('none')}",
            f"endpoint:PJSIP/{a.name('none')}",
            "endpoint:Nonsense",
        ):
            assert (await a.post(path, eventSource=nothing)).status == 422, nothing
            assert (await a.delete(path, eventSource=nothing)).status == 422, nothing
        bridge = f"bridge:{a.name('b')}"
        await a.post(f"bridges/{a.name('b')}")
        for status in (422, 200, 422):
            if status == 200:
                await subscribe(a, events, bridge)
            assert (await a.delete(path, eventSource=bridge)).status == status
        assert (await a.delete(path, eventSource="deviceState:Stasis:never")).status == 422


@scenario(15)
async def subscribe_some(a: Place) -> None:
    """When one of several sources is unknown, those before it are subscribed to."""
    await a.post(f"bridges/{a.name('b')}")
    async with a.listen(a.name("app")) as events:
        sources = [f"bridge:{a.name('b')}", f"bridge:{a.name('none')}"]
        reply = await subscribe(a, events, *sources, status=422)
        assert reply.json == {"message": "Event source does not exist"}
        app = (await a.get(f"applications/{events.app}")).json
        assert app["bridge_ids"] == [a.name("b")]


@scenario()
async def subscriptions_are_counted(a: Place) -> None:
    """Who subscribes twice must give it up twice; a device is not counted."""
    bridge, device = f"bridge:{a.name('b')}", f"deviceState:Stasis:{a.name('d')}"
    await a.post(f"bridges/{a.name('b')}")
    async with a.listen(a.name("app")) as events:
        path = f"applications/{events.app}/subscription"
        for source in (bridge, "endpoint:PJSIP/alice"):
            for _ in range(2):
                await subscribe(a, events, source)
            counted = [(await a.delete(path, eventSource=source)).status for _ in range(3)]
            assert counted == [200, 200, 422], source
        for _ in range(2):
            await subscribe(a, events, device)
        assert [(await a.delete(path, eventSource=device)).status for _ in range(2)] == [200, 422]


@scenario()
async def subscription_to_an_own_call_is_counted(a: Place) -> None:
    """An application hears twice of a call it has made: as its maker, and as who has it."""
    channel = a.name("c")
    async with a.listen(a.name("app")) as events:
        await a.post(f"channels/{channel}", endpoint=f"Local/8000@{a.context}/n", app=events.app)
        await events.next("StasisStart", channel=channel)
        path, source = f"applications/{events.app}/subscription", f"channel:{channel}"
        assert channel in (await a.delete(path, eventSource=source)).json["channel_ids"]
        # What is left ends with StasisEnd.
        await a.delete(f"channels/{channel}")
        await events.next("StasisEnd", channel=channel)
        await a.gone(f"channels/{channel}")
        await events.settled()
        assert events.types(channel=channel)[-1] == "StasisEnd"


@scenario(16)
async def subscribe_bridge_other_app(a: Place) -> None:
    """A watcher of a bridge hears who enters and leaves, until it gives it up."""
    bridge = a.name("b")
    await a.post(f"bridges/{bridge}")
    async with a.listen(a.name("app")) as events, a.listen(a.name("watch")) as watch:
        await subscribe(a, watch, f"bridge:{bridge}")
        _, far = await called(a, events.app)
        await events.next("StasisStart", channel=far)
        await a.post(f"bridges/{bridge}/addChannel", channel=far)
        for each in (events, watch):
            entered = await each.next("ChannelEnteredBridge", bridge=bridge, channel=far)
            assert entered["bridge"]["channels"] == [far]
        reply = await a.delete(
            f"applications/{watch.app}/subscription", eventSource=f"bridge:{bridge}"
        )
        assert reply.json["bridge_ids"] == []
        await a.post(f"bridges/{bridge}/removeChannel", channel=far)
        left = await events.next("ChannelLeftBridge", bridge=bridge, channel=far)
        assert left["bridge"]["channels"] == []
        await watch.settled()
        assert watch.types() == ["ChannelEnteredBridge"]


@scenario(17)
async def bridge_destroyed_requires_subscription(a: Place) -> None:
    """Who made a bridge and had a channel in it hears of its end only if subscribed to it."""
    for bridge, subscribed in ((a.name("heard"), True), (a.name("unheard"), False)):
        async with a.listen(a.name(f"app-{subscribed}")) as events:
            await a.post(f"bridges/{bridge}")
            if subscribed:
                await subscribe(a, events, f"bridge:{bridge}")
            channel = a.name(f"c-{subscribed}")
            await a.post(
                f"channels/{channel}", endpoint=f"Local/8000@{a.context}/n", app=events.app
            )
            await events.next("StasisStart", channel=channel)
            await a.post(f"bridges/{bridge}/addChannel", channel=channel)
            await events.next("ChannelEnteredBridge", bridge=bridge)
            assert (await a.delete(f"bridges/{bridge}")).status == 204
            await events.next("ChannelLeftBridge", bridge=bridge)
            await a.gone(f"bridges/{bridge}")
            if subscribed:
                await events.next("BridgeDestroyed", bridge=bridge)
            await events.settled()
            assert events.types(bridge=bridge)[-1] == (
                "BridgeDestroyed" if subscribed else "ChannelLeftBridge"
            )


@scenario(18)
async def subscribe_all_bridges(a: Place) -> None:
    """`bridge:` is every bridge."""
    async with a.listen(a.name("app")) as events:
        await subscribe(a, events, "bridge:")
        await a.post(f"bridges/{a.name('b')}", name="named")
        created = await events.next("BridgeCreated", bridge=a.name("b"))
        assert created["bridge"]["name"] == "named"
        await a.delete(f"bridges/{a.name('b')}")
        await events.next("BridgeDestroyed", bridge=a.name("b"))
        assert events.types(bridge=a.name("b")) == ["BridgeCreated", "BridgeDestroyed"]


@scenario(18)
async def subscribe_all_channels(a: Place) -> None:
    """`channel:` is every channel, from its first moment."""
    async with a.listen(a.name("app")) as events:
        await subscribe(a, events, "channel:")
        near, far = await called(a, a.name("nobody"))
        for each in (near, far):
            await events.next("ChannelCreated", channel=each)
        # Both wait.
        for each in (near, far):
            await events.next("ChannelDialplan", channel=each, where={"dialplan_app": "Wait"})
        await a.delete(f"channels/{near}")
        for each in (near, far):
            await events.next("ChannelDestroyed", channel=each)
            assert events.types(channel=each)[0] == "ChannelCreated"
            assert events.types(channel=each)[-1] == "ChannelDestroyed"


@scenario(18)
async def subscribe_all_device_states(a: Place) -> None:
    """`deviceState:` is every device."""
    device = f"Stasis:{a.name('d')}"
    async with a.listen(a.name("app")) as events:
        await subscribe(a, events, "deviceState:")
        await a.put(f"deviceStates/{device}", deviceState="INUSE")
        await events.next("DeviceStateChanged", where=state_of(device, "INUSE"))


@scenario(18)
async def subscribe_all_endpoints(a: Place) -> None:
    """`endpoint:` is every endpoint, `endpoint:PJSIP` all of a technology; one is not repeated."""
    async with a.listen(a.name("app")) as events:
        reply = await subscribe(a, events, "endpoint:PJSIP/alice")
        assert reply.json["endpoint_ids"] == ["PJSIP/alice"]
        reply = await subscribe(a, events, "endpoint:PJSIP")
        assert sorted(reply.json["endpoint_ids"]) == ["PJSIP", "PJSIP/alice"]
        for each in ("endpoint:PJSIP", "endpoint:PJSIP/alice"):
            reply = await a.delete(f"applications/{events.app}/subscription", eventSource=each)
            assert reply.status == 200
        assert reply.json["endpoint_ids"] == []
        reply = await subscribe(a, events, "endpoint:")
        assert reply.json["endpoint_ids"] == ["__AST_ENDPOINT_ALL_TOPIC"]
        # Now each is subscribed to, and is not listed.
        reply = await subscribe(a, events, "endpoint:PJSIP/alice")
        assert reply.json["endpoint_ids"] == ["__AST_ENDPOINT_ALL_TOPIC"]


@scenario(18)
async def subscription_to_all_is_hard_to_give_up(a: Place) -> None:
    """There is no way back from every channel, bridge or endpoint; from every device in 22."""
    async with a.listen(a.name("app")) as events:
        path = f"applications/{events.app}/subscription"
        for scheme in ("channel", "bridge", "endpoint"):
            await subscribe(a, events, f"{scheme}:")
            assert (await a.delete(path, eventSource=f"{scheme}:")).status == 501, scheme
        await subscribe(a, events, "deviceState:")
        reply = await a.delete(path, eventSource="deviceState:")
        assert reply.status == 200
        left = [] if a.version == "22" else ["__AST_DEVICE_STATE_ALL_TOPIC"]
        assert reply.json == {
            "name": events.app,
            "channel_ids": ["__AST_CHANNEL_ALL_TOPIC"],
            "bridge_ids": ["__AST_BRIDGE_ALL_TOPIC"],
            "endpoint_ids": ["__AST_ENDPOINT_ALL_TOPIC"],
            "device_names": left,
            "events_allowed": [],
            "events_disallowed": [],
        }


@scenario(19)
async def subscribe_all_at_connect(a: Place) -> None:
    """`subscribeAll=true` is all of them at once."""
    device = f"Stasis:{a.name('d')}"
    async with a.listen(a.name("app"), subscribe_all=True) as events:
        await a.post(f"bridges/{a.name('b')}")
        await events.next("BridgeCreated", bridge=a.name("b"))
        near, far = await called(a, a.name("nobody"))
        for each in (near, far):
            await events.next("ChannelCreated", channel=each)
        # Both wait.
        for each in (near, far):
            await events.next("ChannelDialplan", channel=each, where={"dialplan_app": "Wait"})
        await a.put(f"deviceStates/{device}", deviceState="BUSY")
        await events.next("DeviceStateChanged", where=state_of(device, "BUSY"))
        await a.delete(f"channels/{near}")
        await events.next("ChannelDestroyed", channel=far)


@scenario(20)
async def device_state_double_subscribe(a: Place) -> None:
    """Who subscribes twice hears once, and once is enough to give it up."""
    device = f"Stasis:{a.name('d')}"
    async with a.listen(a.name("app")) as events:
        for _ in range(2):
            reply = await subscribe(a, events, f"deviceState:{device}")
            assert reply.json["device_names"] == [device]
        await a.put(f"deviceStates/{device}", deviceState="INUSE")
        await events.next("DeviceStateChanged", where=state_of(device, "INUSE"))
        await a.put(f"deviceStates/{device}", deviceState="NOT_INUSE")
        await events.next("DeviceStateChanged", where=state_of(device, "NOT_INUSE"))
        await events.settled()
        assert len(events.all("DeviceStateChanged")) == 2
        reply = await a.delete(
            f"applications/{events.app}/subscription", eventSource=f"deviceState:{device}"
        )
        assert reply.json["device_names"] == []
        await a.put(f"deviceStates/{device}", deviceState="BUSY")
        await events.none("DeviceStateChanged", within=0.2)


def state_of(device: str, state: str) -> dict[str, str]:
    """A filter for one state of one device."""
    return {"device_state.name": device, "device_state.state": state}


async def subscribe(a: Place, events: Events, *sources: str, status: int = 200) -> Reply:
    """Subscribe an application. Returns the reply, which must have that status."""
    reply = await a.post(f"applications/{events.app}/subscription", eventSource=sources)
    assert reply.status == status, reply
    return reply


async def called(a: Place, app: str) -> tuple[str, str]:
    """Call an application through the dialplan. Returns both halves; the second enters it."""
    near, far = a.name("near"), a.name("far")
    reply = await a.post(
        f"channels/{near}",
        endpoint=f"Local/status-{app}@{a.context}/n",
        otherChannelId=far,
        context=a.context,
        extension="8000",
        priority=1,
    )
    assert reply.status == 200
    return near, far
