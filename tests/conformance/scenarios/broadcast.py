"""A call that is offered to several applications: the first that claims it has it."""

from __future__ import annotations

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

LATER = ("22",)
NOT_OFFERED = {"message": "Channel not found or not in broadcast state"}
CLAIMED = {"message": "Channel has already been claimed by another application"}


async def offer(a: Place, text: str, extension: str, watcher: Events) -> str:
    """A call that is offered by an extension, and that `watcher` hears of. Returns its id."""
    channel = a.name(text)
    reply = await a.post(
        "channels",
        endpoint=f"Local/{extension}@{a.context}/n",
        extension="8000",
        context=a.context,
        channelId=channel,
    )
    assert reply.status == 200, reply
    path = f"applications/{watcher.app}/subscription"
    assert (await a.post(path, eventSource=f"channel:{channel};2")).status == 200
    return f"{channel};2"


@scenario(76, versions=LATER)
async def claim_success(a: Place) -> None:
    """Both hear of the call and of who has it; the winner gets it, with no arguments."""
    name = a.name("desk")
    async with (
        a.listen(f"{name}-one") as one,
        a.listen(f"{name}-two") as two,
        a.listen(a.name("watcher")) as watcher,
    ):
        channel = await offer(a, "c", f"offer-{name}", watcher)
        for each in (one, two):
            offered = await each.next("CallBroadcast", channel=channel)
            assert (offered["caller"], offered["called"]) == ("", f"offer-{name}")
            assert offered["channel"]["dialplan"]["app_name"] == "StasisBroadcast"
        reply = await a.post("events/claim", channelId=channel, application=one.app)
        assert (reply.status, reply.body) == (204, b"")
        for each in (one, two):
            claimed = await each.next("CallClaimed", channel=channel)
            assert claimed["winner_app"] == one.app
        start = await one.next("StasisStart", channel=channel)
        assert start["args"] == []
        first, *then = one.types(channel=channel)[:3]
        assert first == "CallBroadcast"
        assert sorted(then) == ["CallClaimed", "StasisStart"]
        await two.none("StasisStart", within=0.2)
        assert (await a.post(f"channels/{channel}/continue")).status == 204
        await one.next("StasisEnd", channel=channel)
        told = await watcher.next("ChannelUserevent", channel=channel)
        assert told["userevent"]["status"] == "SUCCESS"


@scenario(76, versions=LATER)
async def claim_already_taken(a: Place) -> None:
    """Whoever comes second is refused, also the winner."""
    name = a.name("desk")
    async with (
        a.listen(f"{name}-one") as one,
        a.listen(f"{name}-two") as two,
        a.listen(a.name("watcher")) as watcher,
    ):
        channel = await offer(a, "c", f"offer-{name}", watcher)
        await one.next("CallBroadcast", channel=channel)
        assert (await a.post("events/claim", channelId=channel, application=two.app)).status == 204
        await two.next("StasisStart", channel=channel)
        for app in (one.app, two.app):
            reply = await a.post("events/claim", channelId=channel, application=app)
            assert (reply.status, reply.json) == (409, CLAIMED)
        await one.none("StasisStart", within=0.2)


@scenario(76, versions=LATER)
async def claim_filter(a: Place) -> None:
    """Who is not meant hears nothing; whoever knows the channel can have it all the same."""
    name = a.name("desk")
    async with (
        a.listen(f"{name}-one") as one,
        a.listen(f"other-{name}") as other,
        a.listen(a.name("watcher")) as watcher,
    ):
        channel = await offer(a, "c", f"offer-{name}", watcher)
        await one.next("CallBroadcast", channel=channel)
        await other.none("CallBroadcast", within=0.1)
        reply = await a.post("events/claim", channelId=channel, application=other.app)
        assert reply.status == 204
        await other.next("StasisStart", channel=channel)
        claimed = await one.next("CallClaimed", channel=channel)
        assert claimed["winner_app"] == other.app
        assert other.types(channel=channel)[0] == "StasisStart"


@scenario(76, versions=LATER)
async def claim_timeout(a: Place) -> None:
    """When nobody claims it in time it goes on in the dialplan, and is nobody's to claim."""
    name = a.name("desk")
    async with a.listen(f"{name}-one") as one, a.listen(a.name("watcher")) as watcher:
        channel = await offer(a, "c", f"soon-{name}", watcher)
        await one.next("CallBroadcast", channel=channel)
        told = await watcher.next("ChannelUserevent", channel=channel)
        assert told["userevent"]["status"] == "TIMEOUT"
        reply = await a.post("events/claim", channelId=channel, application=one.app)
        assert (reply.status, reply.json) == (404, NOT_OFFERED)
        assert one.types(channel=channel) == ["CallBroadcast"]


@scenario(76, versions=LATER)
async def claim_for_nobody(a: Place) -> None:
    """Claimed for an application that nobody has: the dialplan goes on, as if Stasis() failed."""
    name = a.name("desk")
    async with a.listen(f"{name}-one") as one, a.listen(a.name("watcher")) as watcher:
        channel = await offer(a, "c", f"offer-{name}", watcher)
        await one.next("CallBroadcast", channel=channel)
        reply = await a.post("events/claim", channelId=channel, application=f"{name}-nobody")
        assert reply.status == 204
        told = await watcher.next("ChannelUserevent", channel=channel)
        assert told["userevent"]["status"] == "FAILED"


@scenario(76, versions=LATER)
async def claim_refused(a: Place) -> None:
    """What a claim needs, and a call that is not offered."""
    for options, status, text in (
        ({}, 400, "channelId parameter is required"),
        ({"channelId": a.name("none")}, 400, "application parameter is required"),
        (
            {"channelId": a.name("none"), "application": a.name("app")},
            404,
            "Channel not found or not in broadcast state",
        ),
    ):
        reply = await a.post("events/claim", **options)
        assert (reply.status, reply.json) == (status, {"message": text}), options


@scenario(versions=("16",))
async def claim_is_unknown(a: Place) -> None:
    """Asterisk 16 knows no claims, no variables of bridges, and no REST over WebSocket."""
    for method, path in (
        ("POST", "events/claim"),
        ("GET", f"bridges/{a.name('b')}/variable"),
        ("GET", f"channels/{a.name('c')}/variables"),
        ("POST", f"channels/{a.name('c')}/progress"),
    ):
        reply = await a.request(method, path)
        assert reply.status in (404, 405), path
