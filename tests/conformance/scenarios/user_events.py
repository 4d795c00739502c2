"""User events, and the variables that events carry."""

from __future__ import annotations

from typing import Any

from tests.conformance.configuration import CHANNELVARS
from tests.conformance.place import Place
from tests.conformance.scenario import scenario


@scenario(23)
async def user_event_alone(a: Place) -> None:
    """An event of a name comes back to its application, with its variables."""
    async with a.listen(a.name("app")) as events:
        assert (await a.post("events/user/first", application=events.app)).status == 204
        first = await events.next("ChannelUserevent", where={"eventname": "first"})
        assert first["userevent"] == {"eventname": "first"}
        assert not {"channel", "bridge", "endpoint"} & first.keys()
        body = {"variables": {"colour": "röt", "size": "1,2"}}
        reply = await a.post("events/user/second", application=events.app, json=body)
        assert reply.status == 204
        second = await events.next("ChannelUserevent", where={"eventname": "second"})
        assert second["userevent"] == {"eventname": "second", "colour": "röt", "size": "1,2"}


@scenario(23)
async def user_event_matrix(a: Place) -> None:
    """An event brings the objects it is about, one of each kind."""
    channel, bridge = a.name("c"), a.name("b")
    await a.post(f"bridges/{bridge}")
    async with a.listen(a.name("app")) as events:
        await a.post(f"channels/{channel}", endpoint=f"Local/8000@{a.context}/n", app=events.app)
        await events.next("StasisStart", channel=channel)
        sources = {"channel": channel, "bridge": bridge, "endpoint": "PJSIP/alice"}
        for number, kinds in enumerate(
            (["channel"], ["bridge"], ["endpoint"], ["channel", "bridge"], list(sources))
        ):
            name = f"event{number}"
            reply = await a.post(
                f"events/user/{name}",
                application=events.app,
                source=[f"{kind}:{sources[kind]}" for kind in kinds],
                json={"variables": {"about": "it"}},
            )
            assert reply.status == 204, (kinds, reply)
            event = await events.next("ChannelUserevent", where={"eventname": name})
            assert event["userevent"] == {"eventname": name, "about": "it"}
            got = {kind: event[kind] for kind in sources if kind in event}
            assert sorted(got) == sorted(kinds)
            for kind in kinds:
                assert identity(kind, got[kind]) == sources[kind]


@scenario(23)
async def user_event_is_for_one_application(a: Place) -> None:
    """Only the application it is for hears it, whoever has the channel; but who watches it does."""
    channel = a.name("c")
    async with a.listen(a.name("app")) as events, a.listen(a.name("other")) as other:
        await a.post(f"channels/{channel}", endpoint=f"Local/8000@{a.context}/n", app=events.app)
        await events.next("StasisStart", channel=channel)
        await a.post("events/user/plain", application=other.app)
        await other.next("ChannelUserevent", where={"eventname": "plain"})
        await events.settled()
        assert events.all("ChannelUserevent") == []
        await a.post("events/user/about", application=other.app, source=f"channel:{channel}")
        await other.next("ChannelUserevent", where={"eventname": "about"})
        await events.settled()
        assert len(events.all("ChannelUserevent")) == 0


@scenario(24)
async def user_event_invalid(a: Place) -> None:
    """What is missing or unknown is refused."""
    async with a.listen(a.name("app")) as events:
        path = "events/user/x"
        assert (await a.post(path)).status == 400
        assert (await a.post(path, application=a.name("unknown"))).status == 404
        for wrong, status in (
            ("noscheme", 400),
            ("nonsense:x", 400),
            (f"channel:{a.name('none')}", 422),
            (f"bridge:{a.name('none')}", 422),
            (f"endpoint:PJSIP/{a.name('none')}", 422),
        ):
            reply = await a.post(path, application=events.app, source=wrong)
            assert reply.status == status, (wrong, reply)
        await events.settled()
        assert events.types() == []


@scenario(25)
async def event_channelvars(a: Place) -> None:
    """The variables that ari.conf names are in every channel of every event."""
    channel, bridge = a.name("c"), a.name("b")
    await a.post(f"bridges/{bridge}")
    async with a.listen(a.name("app")) as events:
        await a.post(
            f"channels/{channel}",
            endpoint=f"Local/8000@{a.context}/n",
            app=events.app,
            json={"variables": {CHANNELVARS[0]: "sweet", "OTHER": "not told"}},
        )
        start = await events.next("StasisStart", channel=channel)
        assert start["channel"]["channelvars"] == {CHANNELVARS[0]: "sweet", CHANNELVARS[1]: ""}
        await a.post(f"channels/{channel}/variable", variable=CHANNELVARS[1], value="large")
        await a.post(f"bridges/{bridge}/addChannel", channel=channel)
        wanted = {CHANNELVARS[0]: "sweet", CHANNELVARS[1]: "large"}
        for kind in ("ChannelEnteredBridge", "ChannelLeftBridge", "StasisEnd", "ChannelDestroyed"):
            event = await events.next(kind, channel=channel)
            assert event["channel"]["channelvars"] == wanted, kind
            if kind == "ChannelEnteredBridge":
                assert (await a.get(f"channels/{channel}")).json["channelvars"] == wanted
                await a.delete(f"channels/{channel}")
        await events.next("ChannelDestroyed", channel=f"{channel};2")


def identity(kind: str, told: dict[str, Any]) -> str:
    """The id of an object in an event."""
    return f"{told['technology']}/{told['resource']}" if kind == "endpoint" else str(told["id"])
