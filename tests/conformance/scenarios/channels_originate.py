"""Originating: a channel is made, dials, and enters an application or the dialplan."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import ANSWERED, HUNG_UP, hang_up, order, originate


@scenario(28)
async def originate_to_app(a: Place) -> None:
    """N calls give N StasisStart with their arguments, and 2N ChannelDestroyed."""
    async with a.listen(a.name("app")) as events:
        ids = [a.name(f"c{number}") for number in range(3)]
        for number, each in enumerate(ids):
            reply = await a.post(
                "channels",
                endpoint=f"Local/call-answer@{a.context}",
                app=events.app,
                appArgs=f"call,{number}",
                channelId=each,
            )
            assert reply.status == 200
            assert reply.json["id"] == each
            assert reply.json["state"] == "Down"
            assert reply.json["name"].startswith(f"Local/call-answer@{a.context}-")
            assert reply.json["dialplan"]["app_name"] == "AppDial2"
        for number, each in enumerate(ids):
            start = await events.next("StasisStart", channel=each)
            assert start["args"] == ["call", str(number)]
            assert start["channel"]["state"] == "Up"
            assert start["channel"]["dialplan"] == {
                "context": a.context,
                "exten": "call-answer",
                "priority": 1,
                "app_name": "Stasis",
                "app_data": f"{events.app},call,{number}",
            }
        for each in ids:
            gone = await hang_up(a, events, each)
            assert (gone["cause"], gone["cause_txt"]) == (16, "Normal Clearing")
            await events.next("ChannelDestroyed", channel=f"{each};2")
        for each in ids:
            assert order(events, each) == ANSWERED + HUNG_UP
            # The other end is heard of as well, since the call is this application's.
            assert order(events, f"{each};2", "ChannelDialplan") == [
                "ChannelStateChange",
                "ChannelHangupRequest",
                "ChannelHangupRequest",
                "ChannelDestroyed",
            ]


@scenario()
async def originate_dial_events(a: Place) -> None:
    """The state changes before Dial tells of it; every Dial names what was dialled."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c", "call-ring-answer")
        dials = events.all("Dial", channel=channel)
        assert [each["dialstatus"] for each in dials] == ["", "RINGING", "ANSWER"]
        for each in dials:
            assert each["dialstring"] == f"call-ring-answer@{a.context}/n"
            assert each["forward"] == ""
            assert "caller" not in each
            assert "forwarded" not in each
        states = events.all("ChannelStateChange", channel=channel)
        assert [each["channel"]["state"] for each in states] == ["Ringing", "Up"]
        # The first Dial and Ringing race; what follows does not.
        assert order(events, channel)[-5:] == [
            "Dial",
            "ChannelStateChange",
            "Dial",
            "ChannelVarset",
            "StasisStart",
        ]


@scenario(29)
async def originate_to_dialplan_combinations(a: Place) -> None:
    """Extension, context, priority and label reach their place; a label wins over a priority."""
    here, other = {"context": a.context}, {"context": f"{a.context}-calls"}
    places: list[tuple[dict[str, Any], list[str]]] = [
        ({**here, "extension": "call-place"}, ["place", "1"]),
        ({**here, "extension": "call-place", "priority": 1}, ["place", "1"]),
        ({**here, "extension": "call-place", "priority": 2}, ["place", "2"]),
        ({**here, "extension": "call-place", "label": "marked"}, ["place", "marked"]),
        (
            {**here, "extension": "call-place", "priority": 2, "label": "marked"},
            ["place", "marked"],
        ),
        ({**here, "extension": "call-at-4"}, ["at", "4", "1"]),
        ({**here, "extension": "call-at-4", "label": "marked"}, ["at", "4", "marked"]),
        ({**other, "extension": "call-place"}, ["other", "1"]),
        ({**other, "extension": "call-place", "priority": 3}, ["other", "marked"]),
        ({**other, "extension": "s"}, ["s", "1"]),
    ]
    async with a.listen(a.name("app")) as events:

        async def call(number: int, query: dict[str, Any], args: list[str]) -> None:
            channel = a.name(f"c{number}")
            reply = await a.post(
                f"channels/{channel}",
                endpoint=f"Local/call-answer@{a.context}",
                json={"variables": {"APP": events.app}},
                **query,
            )
            assert reply.status == 200
            start = await events.next("StasisStart", channel=channel)
            assert start["args"] == args, query
            assert start["channel"]["dialplan"]["context"] == query["context"]
            assert start["channel"]["dialplan"]["exten"] == query["extension"]

        await asyncio.gather(*(call(number, *each) for number, each in enumerate(places)))


@scenario()
async def originate_refused(a: Place) -> None:
    """What cannot be originated: each with its status and message."""
    local = f"Local/call-answer@{a.context}"
    async with a.listen(a.name("app")) as events:
        app = {"app": events.app}
        place = {"context": a.context, "extension": "call-place"}
        cases: list[tuple[dict[str, Any], int, dict[str, str]]] = [
            (app, 400, {"message": "Endpoint must be specified"}),
            (
                {"endpoint": local},
                400,
                {"message": "Application or extension must be specified"},
            ),
            (
                {"endpoint": local, "context": a.context},
                400,
                {"message": "Application or extension must be specified"},
            ),
            ({"endpoint": "nonsense", **app}, 400, {"message": "Invalid endpoint specified"}),
            (
                {"endpoint": local, **place, "label": "nowhere"},
                404,
                {"message": "Requested label can not be found"},
            ),
            (
                {"endpoint": local, **app, "originator": a.name("nobody")},
                400,
                {"message": "Provided originator channel was not found"},
            ),
            (
                {"endpoint": local, **app, "formats": "nonsense"},
                400,
                {"message": "Provided format (nonsense) was not found"},
            ),
            (
                {"endpoint": local, **app, "originator": "x", "formats": "ulaw"},
                400,
                {"message": "Originator and formats can't both be specified"},
            ),
        ]
        for query, status, message in cases:
            reply = await a.post("channels", **query)
            assert (reply.status, reply.json) == (status, message), query
        # Which of the two it is depends on what this connection was told before.
        nowhere = await a.post("channels", endpoint="Nonsense/x", **app)
        assert nowhere.status in (500, 409)
        if nowhere.status == 500:
            assert nowhere.json == {"error": "Allocation failed"}
        await events.settled()
        assert events.all() == []


@scenario(30)
async def originate_ids(a: Place) -> None:
    """Our ids are honoured in query, path and body; one that is taken is a conflict."""
    endpoint = f"Local/call-answer@{a.context}"
    async with a.listen(a.name("app")) as events:
        query, path, body = a.name("query"), a.name("path"), a.name("body")
        told = {"endpoint": endpoint, "app": events.app}
        ways: list[tuple[str, str, dict[str, Any]]] = [
            (query, "channels", told | {"channelId": query, "otherChannelId": f"{query}-far"}),
            (path, f"channels/{path}", told | {"otherChannelId": f"{path}-far"}),
            (
                body,
                "channels",
                {"json": told | {"channelId": body, "otherChannelId": f"{body}-far"}},
            ),
        ]
        for channel, where, request in ways:
            reply = await a.post(where, **request)
            assert (reply.status, reply.json["id"]) == (200, channel)
            await events.next("StasisStart", channel=channel)
            assert (await a.get(f"channels/{channel}-far")).status == 200
            assert (await a.get(f"channels/{channel};2")).status == 404
        for _, where, request in ways:
            again = await a.post(where, **request)
            assert again.status == 409
            assert again.json == {"message": "Channel with given unique ID already exists"}
        fresh = a.name("fresh")
        for taken in (query, fresh):
            reply = await a.post("channels", **told, channelId=fresh, otherChannelId=taken)
            assert reply.status == 409, taken
        assert (await a.get(f"channels/{fresh}")).status == 404


@scenario(31)
async def originate_linkedid(a: Place) -> None:
    """A call of its own is linked to itself; one with an originator to the originator's call."""
    async with a.listen(a.name("app")) as events:
        first = await originate(a, events, "first")
        alone = await originate(a, events, "alone")
        linked = await originate(a, events, "linked", originator=first)
        for channel, wanted in ((first, first), (alone, alone), (linked, first)):
            reply = await a.get(f"channels/{channel}/variable", variable="CHANNEL(linkedid)")
            assert reply.json == {"value": wanted}


@scenario(32)
async def originate_variables(a: Place) -> None:
    """Variables are on the channel from the start; those that are inherited, on the other end."""
    async with a.listen(a.name("app")) as events:
        variables = {"COLOUR": "green & blue", "_ONCE": "1", "__EVER": "2", "EMPTY": ""}
        variables["CALLERID(name)"] = "Carla"
        channel = await originate(a, events, "c", json={"variables": variables})
        for name, value in {
            "COLOUR": "green & blue",
            "ONCE": "1",
            "EVER": "2",
            "CALLERID(name)": "Carla",
            "EMPTY": "",
        }.items():
            reply = await a.get(f"channels/{channel}/variable", variable=name)
            assert (reply.status, reply.json) == (200, {"value": value}), name
        # Local takes them all over to its other end, inherited or not.
        for name, value in {"ONCE": "1", "EVER": "2", "COLOUR": "green & blue"}.items():
            reply = await a.get(f"channels/{channel};2/variable", variable=name)
            assert (reply.status, reply.json) == (200, {"value": value}), name
        reply = await a.get(f"channels/{channel}/variable", variable="_ONCE")
        assert reply.status == 404
        assert reply.json == {"message": "Provided variable was not found"}


@scenario()
async def originate_caller_id(a: Place) -> None:
    """callerId is who calls, as the application and the other end see it."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c", callerId='"Carla Q" <2025>')
        mine = (await a.get(f"channels/{channel}")).json
        far = (await a.get(f"channels/{channel};2")).json
        assert mine["caller"] == {"name": "Carla Q", "number": "2025"}
        assert mine["connected"] == {"name": "Carla Q", "number": "2025"}
        assert far["caller"] == {"name": "Carla Q", "number": "2025"}


@scenario(33)
async def originate_other_app_subscription(a: Place) -> None:
    """The application that a call is for hears of it, and no other."""
    async with a.listen(a.name("ours")) as ours, a.listen(a.name("other")) as other:
        channel = await originate(a, other, "c")
        await hang_up(a, other, channel)
        await ours.settled()
        assert ours.all() == []


@scenario()
async def originate_busy(a: Place) -> None:
    """Who is busy: Dial says so, and no StasisStart comes."""
    for extension, status, far_cause in (
        ("call-busy", "BUSY", 17),
        ("call-congested", "CONGESTION", 34),
    ):
        async with a.listen(a.name(extension)) as events:
            channel = a.name(f"c-{extension}")
            await a.post(
                f"channels/{channel}", endpoint=f"Local/{extension}@{a.context}", app=events.app
            )
            gone = await events.next("ChannelDestroyed", channel=channel)
            assert (gone["cause"], gone["cause_txt"]) == (0, "Unknown")
            assert gone["channel"]["state"] == "Down"
            far = await events.next("ChannelDestroyed", channel=f"{channel};2")
            assert (far["cause"], far["channel"]["state"]) == (far_cause, "Busy")
            assert order(events, channel) == ["Dial", "Dial", "ChannelDestroyed"]
            assert events.all("Dial")[-1]["dialstatus"] == status
            # On a busy server Asterisk asks for its hang-up before its state is told.
            told = order(events, f"{channel};2", "ChannelDialplan")
            assert told[-1] == "ChannelDestroyed"
            assert sorted(told[:-1]) == [
                "ChannelHangupRequest",
                "ChannelHangupRequest",
                "ChannelStateChange",
            ]


@scenario()
async def originate_hung_up_by_the_other_end(a: Place) -> None:
    """Who hangs up while it rings gives its cause, and Dial NOANSWER."""
    async with a.listen(a.name("app")) as events:
        channel = a.name("c")
        await a.post(
            f"channels/{channel}", endpoint=f"Local/call-refused@{a.context}", app=events.app
        )
        gone = await events.next("ChannelDestroyed", channel=channel)
        assert (gone["cause"], gone["cause_txt"]) == (21, "Call Rejected")
        await events.next("ChannelDestroyed", channel=f"{channel};2", where={"cause": 21})
        # The first Dial races with the other end, which hangs up at once.
        assert order(events, channel)[-2:] == ["Dial", "ChannelDestroyed"]
        assert sorted(order(events, channel)[:-2]) == ["ChannelHangupRequest", "Dial"]
        asked = events.all("ChannelHangupRequest", channel=channel)[0]
        assert asked["cause"] == 21
        assert "soft" not in asked
        assert events.all("Dial")[-1]["dialstatus"] == "NOANSWER"


@scenario()
async def originate_timeout(a: Place) -> None:
    """Nobody answers in time: no StasisStart, no Dial status, ChannelDestroyed."""
    cause = 19 if a.at_least(20) else 0
    async with a.listen(a.name("app")) as events:
        channel = a.name("c")
        reply = await a.post(
            f"channels/{channel}",
            endpoint=f"Local/call-ring@{a.context}",
            app=events.app,
            timeout=1,
        )
        assert reply.status == 200
        gone = await events.next("ChannelDestroyed", channel=channel)
        assert (gone["cause"], gone["channel"]["state"]) == (cause, "Ringing")
        far = await events.next("ChannelDestroyed", channel=f"{channel};2")
        assert far["cause"] == cause
        assert sorted(order(events, channel)) == [
            "ChannelDestroyed",
            "ChannelStateChange",
            "Dial",
            "Dial",
        ]
        assert [each["dialstatus"] for each in events.all("Dial")] == ["", "RINGING"]


@scenario()
async def originate_to_no_extension(a: Place) -> None:
    """An extension that is not there: 200 all the same, and the channel is gone at once."""
    async with a.listen(a.name("app")) as events:
        channel = a.name("c")
        reply = await a.post(
            f"channels/{channel}", endpoint=f"Local/nowhere@{a.context}", app=events.app
        )
        assert reply.status == 200
        for each in (channel, f"{channel};2"):
            gone = await events.next("ChannelDestroyed", channel=each)
            assert gone["cause"] == 0
            assert order(events, each) == ["ChannelDestroyed"]


@scenario()
async def originate_to_nobody(a: Place) -> None:
    """An application that nobody listens for: 200, and the channel is hung up when it answers."""
    async with a.listen(a.name("watcher")) as events:
        await a.post(f"applications/{events.app}/subscription", eventSource="channel:")
        channel = a.name("c")
        reply = await a.post(
            f"channels/{channel}",
            endpoint=f"Local/call-answer@{a.context}",
            app=a.name("nobody"),
        )
        assert reply.status == 200
        await events.next("ChannelDestroyed", channel=channel)
        assert "StasisStart" not in events.types(channel=channel)
