"""A channel goes elsewhere: to another application, on in the dialplan, or is taken away."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.conformance.events import Events
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import hang_up, order, originate


async def arrive(a: Place, events: Events, name: str, **variables: str) -> str:
    """A channel that came into the application from the dialplan. Returns its id."""
    channel = a.name(name)
    reply = await a.post(
        f"channels/{channel}",
        endpoint=f"Local/call-answer@{a.context}/n",
        extension="call-place",
        context=a.context,
        json={"variables": {"APP": events.app} | variables},
    )
    assert reply.status == 200
    start = await events.next("StasisStart", channel=channel)
    assert start["args"] == ["place", "1"]
    return channel


@scenario(48)
async def redirect_off_nominal(a: Place) -> None:
    """What cannot be redirected; and Local to Local is taken, and nothing happens."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/redirect"
        missing = "Required parameter 'endpoint' not provided."
        for path, query, status, message in (
            (where, {}, 400, missing),
            (
                where,
                {"endpoint": "nonsense"},
                422,
                "Endpoint parameter 'nonsense' does not contain tech/resource",
            ),
            (
                where,
                {"endpoint": "PJSIP/alice"},
                422,
                "Endpoint technology 'PJSIP' does not match channel technology 'Local'",
            ),
            (
                f"channels/{a.name('gone')}/redirect",
                {"endpoint": "Local/x"},
                404,
                "Channel not found",
            ),
        ):
            reply = await a.post(path, **query)
            assert (reply.status, reply.json) == (status, {"message": message}), query
        before = order(events, channel)
        reply = await a.post(where, endpoint=f"Local/call-tone@{a.context}")
        assert reply.status == 204
        await events.settled()
        assert order(events, channel) == before


@scenario(49)
async def move_matrix(a: Place) -> None:
    """From one application to another and back, with no, one and several arguments."""
    async with a.listen(a.name("one")) as one, a.listen(a.name("two")) as two:
        channel = await arrive(a, one, "c")
        here, there = one, two
        for told, args in ((None, []), ("", []), ("x", ["x"]), ("a,b c", ["a", "b c"])):
            reply = await a.post(f"channels/{channel}/move", app=there.app, appArgs=told)
            assert (reply.status, reply.body) == (204, b"")
            end = await here.next("StasisEnd", channel=channel)
            assert end["application"] == here.app
            start = await there.next("StasisStart", channel=channel)
            assert start["args"] == args
            here, there = there, here
        # What the channel says of itself is still how it entered.
        shown = (await a.get(f"channels/{channel}")).json["dialplan"]
        assert shown["app_data"] == f"{one.app},place,1"
        await hang_up_unheard(a, here, channel)


async def hang_up_unheard(a: Place, events: Events, channel: str) -> None:
    """Hang up a channel that came from the dialplan: its application hears StasisEnd alone."""
    assert (await a.delete(f"channels/{channel}")).status == 204
    await events.next("StasisEnd", channel=channel)
    await a.gone(f"channels/{channel}")
    await events.settled()
    assert order(events, channel)[-2:] == ["ChannelHangupRequest", "StasisEnd"]


@scenario(49)
async def move_drops_empty_arguments(a: Place) -> None:
    """Stasis() keeps an empty argument, a move leaves it out."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c", f"call-up-{events.app},a,,c")
        start = await events.next("StasisStart", channel=f"{channel};2")
        assert start["args"] == ["a", "", "c"]
        await a.post(f"channels/{channel};2/move", app=events.app, appArgs="a,,c")
        start = await events.next("StasisStart", channel=f"{channel};2")
        assert start["args"] == ["a", "c"]


@scenario(49)
async def move_failed(a: Place) -> None:
    """Nobody listens there: the application that has the channel hears so and keeps it."""
    async with a.listen(a.name("app")) as events:
        channel = await arrive(a, events, "c")
        gone = a.name("gone")
        reply = await a.post(f"channels/{channel}/move", app=gone, appArgs="x,y")
        assert reply.status == 204
        told = await events.next("ApplicationMoveFailed", channel=channel)
        assert (told["destination"], told["args"]) == (gone, ["x", "y"])
        await events.none("StasisEnd", channel=channel)
        # It is still commanded from here.
        assert (await a.post(f"channels/{channel}/answer")).status == 204
        reply = await a.post(f"channels/{channel};2/move", app=events.app)
        assert (reply.status, reply.json) == (409, {"message": "Channel not in Stasis application"})


@scenario(49)
async def move_of_an_originated_channel(a: Place) -> None:
    """Who originated a channel goes on hearing of it, but for the end in the other application."""
    async with a.listen(a.name("one")) as one, a.listen(a.name("two")) as two:
        channel = await originate(a, one, "c")
        before = len(order(one, channel))
        assert (await a.post(f"channels/{channel}/move", app=two.app)).status == 204
        await two.next("StasisStart", channel=channel)
        await hang_up(a, one, channel)
        await two.next("StasisEnd", channel=channel)
        await two.settled()
        assert order(one, channel)[before:] == HUNG_UP_AFTER_MOVE
        assert order(two, channel) == ["StasisStart", "ChannelHangupRequest", "StasisEnd"]


# As the application hears it that the channel has left by a move.
HUNG_UP_AFTER_MOVE = ["StasisEnd", "ChannelHangupRequest", "ChannelVarset", "ChannelDestroyed"]


@scenario(50)
async def continue_matrix(a: Place) -> None:
    """Context, extension, priority and label, given or left out: where the channel goes on."""
    other = f"{a.context}-calls"
    here, place = {"context": a.context}, {"extension": "call-place"}
    places: list[tuple[dict[str, Any], list[str]]] = [
        # Nothing: the next priority.
        ({}, ["place", "2"]),
        ({"priority": 0}, ["place", "2"]),
        ({"priority": -1}, ["place", "2"]),
        ({"priority": 1}, ["place", "1"]),
        ({"priority": 2}, ["place", "2"]),
        ({"priority": 3}, ["place", "marked"]),
        ({"label": "marked"}, ["place", "marked"]),
        ({"priority": 1, "label": "marked"}, ["place", "marked"]),
        # An extension alone: its first priority, here.
        (place, ["place", "1"]),
        ({**place, "priority": 2}, ["place", "2"]),
        ({**place, "label": "marked"}, ["place", "marked"]),
        ({"extension": "call-at-7"}, ["at", "7", "1"]),
        ({"extension": "call-at-7", "label": "marked"}, ["at", "7", "marked"]),
        ({"extension": "call-at-7", "priority": 2}, ["at", "7", "marked"]),
        # A context alone: its extension s.
        ({"context": other}, ["s", "1"]),
        ({"context": other, "priority": 2}, ["s", "marked"]),
        ({"context": other, "label": "marked"}, ["s", "marked"]),
        ({"context": other, "extension": "s"}, ["s", "1"]),
        ({"context": other, "extension": "s", "label": "marked"}, ["s", "marked"]),
        ({"context": other, **place}, ["other", "1"]),
        ({"context": other, **place, "priority": 2}, ["other", "2"]),
        ({"context": other, **place, "label": "marked"}, ["other", "marked"]),
        ({"context": other, **place, "priority": 1, "label": "marked"}, ["other", "marked"]),
        ({**here, **place}, ["place", "1"]),
        ({**here, **place, "priority": 3}, ["place", "marked"]),
    ]
    async with a.listen(a.name("app")) as events:

        async def go_on(number: int, query: dict[str, Any], args: list[str]) -> None:
            channel = await arrive(a, events, f"c{number}")
            reply = await a.post(f"channels/{channel}/continue", **query)
            assert (reply.status, reply.body) == (204, b""), query
            start = await events.next("StasisStart", channel=channel)
            assert start["args"] == args, (query, start["args"])
            types = order(events, channel, "ChannelDialplan", "ChannelVarset")
            assert types[-3:] == ["StasisStart", "StasisEnd", "StasisStart"]

        await asyncio.gather(*(go_on(number, *each) for number, each in enumerate(places)))


@scenario(50)
async def continue_refused(a: Place) -> None:
    """A label that is not there is refused; the channel stays."""
    async with a.listen(a.name("app")) as events:
        channel = await arrive(a, events, "c")
        reply = await a.post(f"channels/{channel}/continue", label="nowhere")
        assert (reply.status, reply.json) == (404, {"message": "Requested label can not be found"})
        await events.none("StasisEnd", channel=channel)


@scenario(50)
async def continue_to_nowhere(a: Place) -> None:
    """An extension that is not there is taken, and the channel is hung up."""
    async with a.listen(a.name("app")) as events:
        channel = await arrive(a, events, "c")
        await a.post(f"applications/{events.app}/subscription", eventSource=f"channel:{channel}")
        reply = await a.post(f"channels/{channel}/continue", extension="nowhere")
        assert reply.status == 204
        gone = await events.next("ChannelDestroyed", channel=channel)
        assert gone["cause"] in (0, 16)
        assert order(events, channel, "ChannelDialplan")[-4:] == [
            "StasisEnd",
            "ChannelVarset",
            "ChannelHangupRequest",
            "ChannelDestroyed",
        ]
        status = events.all("ChannelVarset", channel=channel)[-1]
        assert (status["variable"], status["value"]) == ("STASISSTATUS", "SUCCESS")


@scenario(50)
async def continue_to_the_end(a: Place) -> None:
    """Without a place, a channel that was originated into the application is hung up."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        assert (await a.post(f"channels/{channel}/continue")).status == 204
        await events.next("StasisEnd", channel=channel)
        later = await a.post(f"channels/{channel}/answer")
        assert later.status in (404, 409)


@scenario(77, needs=frozenset({"redirect"}))
async def ami_redirect_steal(a: Place) -> None:
    """Who is redirected by AMI leaves its bridge and the application: no more commands."""
    async with a.listen(a.name("app")) as events:
        channel = await arrive(a, events, "c")
        bridge = a.name("b")
        await a.post(f"bridges/{bridge}", type="mixing")
        assert (await a.post(f"bridges/{bridge}/addChannel", channel=channel)).status == 204
        await events.next("ChannelEnteredBridge", channel=channel)
        name = (await a.get(f"channels/{channel}")).json["name"]
        await a.redirect(name, "call-answer")
        await events.next("StasisEnd", channel=channel)
        assert order(events, channel, "ChannelVarset", "ChannelDialplan") == [
            "StasisStart",
            "ChannelEnteredBridge",
            "ChannelLeftBridge",
            "StasisEnd",
        ]
        reply = await a.post(f"channels/{channel}/hold")
        assert (reply.status, reply.json) == (409, {"message": "Channel not in Stasis application"})
        assert (await a.get(f"bridges/{bridge}")).json["channels"] == []


@scenario(77, needs=frozenset({"ami"}))
async def bridge_steal(a: Place) -> None:
    """Whom the dialplan's Bridge() takes leaves bridge and application, without a word before.

    The application may go on commanding it, although it was told StasisEnd.
    """
    async with a.listen(a.name("app")) as events, a.listen(a.name("thief")) as thief:
        channel = await arrive(a, events, "c")
        bridge = a.name("b")
        await a.post(f"bridges/{bridge}", type="mixing")
        assert (await a.post(f"bridges/{bridge}/addChannel", channel=channel)).status == 204
        await events.next("ChannelEnteredBridge", channel=channel)
        name = (await a.get(f"channels/{channel}")).json["name"]
        await originate(a, thief, "t", "call-steal", json={"variables": {"TARGET": name}})
        await events.next("StasisEnd", channel=channel)
        assert order(events, channel, "ChannelVarset", "ChannelDialplan")[-3:] == [
            "ChannelEnteredBridge",
            "ChannelLeftBridge",
            "StasisEnd",
        ]
        await a.pause(0.1)
        assert (await a.post(f"channels/{channel}/hold")).status == 204
        assert (await a.get(f"bridges/{bridge}")).json["channels"] == []
