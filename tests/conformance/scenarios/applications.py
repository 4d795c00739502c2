"""Applications: who is known, who hears what."""

from __future__ import annotations

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario


@scenario(13)
async def app_get_list(a: Place) -> None:
    """A connected application is listed and can be asked for; an unknown one is not there."""
    name = a.name("app")
    assert (await a.get(f"applications/{name}")).status == 404
    async with a.listen(name):
        one = await a.get(f"applications/{name}")
        assert one.status == 200
        assert one.json == {
            "name": name,
            "channel_ids": [],
            "bridge_ids": [],
            "endpoint_ids": [],
            "device_names": [],
            "events_allowed": [],
            "events_disallowed": [],
        }
        assert one.json in (await a.get("applications")).json


@scenario()
async def socket_without_application(a: Place) -> None:
    """A WebSocket that names no application is refused."""
    assert (await a.refused()).status == 400
    assert (await a.refused("")).status == 400


@scenario()
async def socket_for_two_applications(a: Place) -> None:
    """One WebSocket hears several applications, each event once for each that hears it."""
    async with a.listen(a.name("one"), a.name("two")) as events:
        for app in events.apps:
            assert (await a.get(f"applications/{app}")).status == 200
            reply = await a.post("events/user/hello", application=app)
            assert reply.status == 204
            await events.next("ChannelUserevent", app=app)
        await events.settled()
        assert len(events.all("ChannelUserevent")) == 2
    for app in events.apps:
        await a.gone(f"applications/{app}")


@scenario(26)
async def application_replaced(a: Place) -> None:
    """A second WebSocket takes the application; the first is told once, and hears no more."""
    async with a.listen(a.name("app")) as first:
        await first.settled()
        async with a.listen(a.name("app")) as second:
            told = await first.next("ApplicationReplaced")
            assert told["application"] == first.app
            await a.post("events/user/hello", application=second.app)
            await second.next("ChannelUserevent")
            reply = await a.post(f"channels/{a.name('c')}", **call(a, second.app))
            assert reply.status == 200
            await second.next("StasisStart", channel=a.name("c"))
            await second.settled()
            assert first.types() == ["ApplicationReplaced"]
            await first.close()
            # Nor does the second lose it when the first closes.
            await a.pause(0.1)
            await second.settled()
            assert second.all("ApplicationReplaced") == []


@scenario(27)
async def reconnect_has_no_replay(a: Place) -> None:
    """What happens while nobody listens is lost; the call goes on, and obeys."""
    channel = a.name("c")
    async with a.listen(a.name("app")) as events:
        await a.post(f"channels/{channel}", **call(a, events.app))
        await events.next("StasisStart", channel=channel)
        # From now on the other half waits, and nothing happens by itself.
        waits = {"dialplan_app": "Wait"}
        await events.next("ChannelDialplan", channel=f"{channel};2", where=waits)
    # The application is still there, since it has a channel.
    await a.pause(0.1)
    known = (await a.get(f"applications/{a.name('app')}")).json["channel_ids"]
    assert sorted(known) == [channel, f"{channel};2"]
    assert (await a.post(f"channels/{channel}/mute", direction="both")).status == 204
    assert (await a.post(f"channels/{channel}/variable", variable="X", value="1")).status == 204
    # In 16 it is set only later.
    while (await a.get(f"channels/{channel}/variable", variable="X")).json.get("value") != "1":
        await a.pause(0.02)
    async with a.listen(a.name("app")) as events:
        await events.settled()
        assert events.types() == []
        assert (await a.delete(f"channels/{channel}")).status == 204
        await events.next("StasisEnd", channel=channel)
        for half in (channel, f"{channel};2"):
            await events.next("ChannelDestroyed", channel=half)
        ends = [each for each in events.types(channel=channel) if each != "ChannelVarset"]
        assert ends == ["ChannelHangupRequest", "StasisEnd", "ChannelDestroyed"]


@scenario()
async def call_for_nobody(a: Place) -> None:
    """An originate for an application that nobody listens for is taken, and ends at once."""
    reply = await a.post(f"channels/{a.name('c')}", **call(a, a.name("nobody")))
    assert reply.status == 200
    await a.gone(f"channels/{a.name('c')}")


@scenario()
async def subscribe_all_is_ignored_when_the_application_is_known(a: Place) -> None:
    """A taker's `subscribeAll` counts for nothing."""
    async with a.listen(a.name("app")), a.listen(a.name("app"), subscribe_all=True) as second:
        assert (await a.post(f"bridges/{a.name('b')}")).status == 200
        await second.settled()
        assert second.types(bridge=a.name("b")) == []


@scenario(versions=("16",))
async def subscribe_all_outlives_its_socket(a: Place) -> None:
    """In 16 an application that heard all stays for ever, with its filter."""
    path = f"applications/{a.name('app')}"
    async with a.listen(a.name("app"), subscribe_all=True):
        reply = await a.put(f"{path}/eventFilter", json={"disallowed": [{"type": "Dial"}]})
        assert reply.status == 200
    await a.pause(0.2)
    assert (await a.get(path)).json["events_disallowed"] == [{"type": "Dial"}]


@scenario(versions=("22",))
async def subscribe_all_ends_with_its_socket(a: Place) -> None:
    """In 22 it goes, and its filter with it."""
    path = f"applications/{a.name('app')}"
    async with a.listen(a.name("app"), subscribe_all=True):
        reply = await a.put(f"{path}/eventFilter", json={"disallowed": [{"type": "Dial"}]})
        assert reply.status == 200
    await a.gone(path)
    async with a.listen(a.name("app")):
        assert (await a.get(path)).json["events_disallowed"] == []


@scenario(21)
async def event_filter_allowed(a: Place) -> None:
    """With a list of what is allowed, nothing else comes."""
    async with a.listen(a.name("app")) as events:
        await filtered(a, events.app, allowed=["StasisStart", "ChannelUserevent"])
        await whole_call(a, events.app)
        await events.settled()
        assert events.types() == ["StasisStart"]


@scenario(21)
async def event_filter_disallowed(a: Place) -> None:
    """What is disallowed does not come, everything else does."""
    async with a.listen(a.name("app")) as events:
        await filtered(a, events.app, disallowed=["Dial", "ChannelVarset"])
        await whole_call(a, events.app)
        await events.next("ChannelDestroyed", channel=a.name("c"))
        await events.settled()
        assert {"StasisStart", "StasisEnd", "ChannelStateChange"} <= set(events.types())
        assert not {"Dial", "ChannelVarset"} & set(events.types())


@scenario(21)
async def event_filter_both(a: Place) -> None:
    """What is allowed and disallowed is disallowed. Lists that are left out stay as they are."""
    path = None
    async with a.listen(a.name("app")) as events:
        path = f"applications/{events.app}/eventFilter"
        await filtered(a, events.app, allowed=["StasisStart", "StasisEnd", "ChannelUserevent"])
        reply = await a.put(path, json={"disallowed": [{"type": "StasisStart"}]})
        assert reply.status == 200
        assert [each["type"] for each in reply.json["events_allowed"]] == [
            "StasisStart",
            "StasisEnd",
            "ChannelUserevent",
        ]
        await whole_call(a, events.app)
        await events.next("StasisEnd", channel=a.name("c"))
        await events.settled()
        assert events.types() == ["StasisEnd"]
        reply = await a.put(path, json={})
        assert reply.json["events_allowed"] == reply.json["events_disallowed"] == []


@scenario(21)
async def event_filter_errors(a: Place) -> None:
    """A filter that is no list of types is refused; a type nobody knows is taken."""
    async with a.listen(a.name("app")) as events:
        path = f"applications/{events.app}/eventFilter"
        for wrong in ({"allowed": "Dial"}, {"allowed": None}, {"disallowed": [{"kind": "Dial"}]}):
            assert (await a.put(path, json=wrong)).status == 400, wrong
        reply = await a.put(path, json={"disallowed": [{"type": "Nonsense"}]})
        assert reply.status == 200
        assert (await a.put(path)).json["events_disallowed"] == []
        unknown = f"applications/{a.name('unknown')}/eventFilter"
        assert (await a.put(unknown, json={})).status == 404


@scenario(22)
async def stasisstatus(a: Place) -> None:
    """The dialplan learns whether there was an application."""
    async with a.listen(a.name("watch"), subscribe_all=True) as watch:
        async with a.listen(a.name("app")) as events:
            other = await called(a, "good", a.name("app"))
            start = await events.next("StasisStart")
            assert start["channel"]["id"] == other
            assert (await a.post(f"channels/{other}/continue")).status == 204
            await status(watch, other, "SUCCESS")
        other = await called(a, "unknown", a.name("nobody"))
        await status(watch, other, "FAILED")
        await a.gone(f"applications/{a.name('app')}")
        other = await called(a, "vanished", a.name("app"))
        await status(watch, other, "FAILED")


@scenario(22)
async def stasisstatus_of_an_inactive_application(a: Place) -> None:
    """An application that is kept by its channels, but that nobody listens for, takes none."""
    async with a.listen(a.name("watch"), subscribe_all=True) as watch:
        async with a.listen(a.name("app")) as events:
            first = await called(a, "first", a.name("app"))
            await events.next("StasisStart", channel=first)
        await a.pause(0.1)
        assert (await a.get(f"applications/{a.name('app')}")).status == 200
        other = await called(a, "second", a.name("app"))
        await status(watch, other, "FAILED")


def call(a: Place, app: str) -> dict[str, str]:
    """The parameters of an originate whose one half enters the application."""
    return {"endpoint": f"Local/8000@{a.context}/n", "app": app}


async def called(a: Place, name: str, app: str) -> str:
    """Call an application through the dialplan. Returns the id of the channel that enters it."""
    near, far = a.name(f"near-{name}"), a.name(f"far-{name}")
    reply = await a.post(
        f"channels/{near}",
        endpoint=f"Local/status-{app}@{a.context}/n",
        otherChannelId=far,
        context=a.context,
        extension="8000",
        priority=1,
    )
    assert reply.status == 200
    return far


async def status(watch: Events, channel: str, wanted: str) -> None:
    """The dialplan says how its application ended."""
    event = await watch.next("ChannelUserevent", channel=channel)
    assert event["eventname"] == "left"
    assert event["userevent"]["status"] == wanted


async def filtered(a: Place, app: str, **lists: list[str]) -> None:
    """Set an application's event filter."""
    body = {name: [{"type": kind} for kind in kinds] for name, kinds in lists.items()}
    reply = await a.put(f"applications/{app}/eventFilter", json=body)
    assert reply.status == 200
    for name, kinds in body.items():
        assert reply.json[f"events_{name}"] == kinds


async def whole_call(a: Place, app: str) -> None:
    """A call that enters the application and ends."""
    channel = a.name("c")
    async with a.listen(a.name("beside"), subscribe_all=True) as beside:
        await a.post(f"channels/{channel}", **call(a, app))
        # Asterisk sets it just before StasisStart, which only the application itself is sent.
        await beside.next("ChannelVarset", channel=channel, where={"variable": "STASISSTATUS"})
        await a.delete(f"channels/{channel}")
        for half in (channel, f"{channel};2"):
            await beside.next("ChannelDestroyed", channel=half)
