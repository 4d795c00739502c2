"""WebSockets that Asterisk opens itself, and REST over them."""

from __future__ import annotations

from tests.conformance.outbound import dialled
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

LATER = ("22",)
OUTBOUND = frozenset({"outbound"})


@scenario(75, needs=OUTBOUND, versions=LATER, alone=True)
async def outbound_persistent(a: Place) -> None:
    """Asterisk dials, says who it is, registers the application, and brings its calls."""
    app, channel = a.name("app"), a.name("one")
    async with dialled(a, app) as ours:
        one = await ours.next()
        assert one.credentials == ("asterisk", "dials-us")
        assert ours.url.endswith(one.path)
        registered = await one.events.next("ApplicationRegistered")
        assert registered["application"] == app
        assert one.events.types() == ["ApplicationRegistered"]
        assert (await a.get(f"applications/{app}")).status == 200
        endpoint = f"Local/8000@{a.context}/n"
        reply = await a.post(f"channels/{channel}", endpoint=endpoint, app=app)
        assert reply.status == 200
        await one.events.next("StasisStart", channel=channel)
        answer = await one.events.ask({"method": "DELETE", "uri": f"channels/{channel}"})
        assert answer["status_code"] == 204
        await one.events.next("ChannelDestroyed", channel=channel)
    await a.gone(f"applications/{app}")


@scenario(75, needs=OUTBOUND, versions=LATER, alone=True)
async def outbound_reconnects(a: Place) -> None:
    """A connection that is lost is opened again, and what happened meanwhile is told then."""
    app, channel = a.name("app"), a.name("one")
    async with dialled(a, app) as ours:
        one = await ours.next()
        await one.events.next("ApplicationRegistered")
        endpoint = f"Local/8000@{a.context}/n"
        reply = await a.post(f"channels/{channel}", endpoint=endpoint, app=app)
        assert reply.status == 200
        await one.events.next("StasisStart", channel=channel)
        await one.events.close()
        assert (await a.delete(f"channels/{channel}")).status == 204
        again = await ours.next()
        await again.events.next("ApplicationRegistered")
        await again.events.next("StasisEnd", channel=channel)
        await again.events.next("ChannelDestroyed", channel=channel)
        assert "StasisStart" not in again.events.types()


@scenario(75, needs=OUTBOUND, versions=LATER, alone=True)
async def outbound_per_call(a: Place) -> None:
    """Each call has a connection and an application of its own, named after its channel."""
    app, caller = a.name("app"), a.name("one")
    async with dialled(a, app, per_call=True) as ours:
        assert (await a.get(f"applications/{app}")).status == 404
        reply = await a.post(
            f"channels/{caller}",
            endpoint=f"Local/stasis-{app}@{a.context}/n",
            extension="8000",
            context=a.context,
        )
        assert reply.status == 200
        one = await ours.next()
        registered = await one.events.next("ApplicationRegistered")
        start = await one.events.next("StasisStart", channel=f"{caller};2")
        assert registered["application"] == start["application"]
        assert start["application"] == f"{app}:{start['channel']['name']}"
        names = {each["name"] for each in (await a.get("applications")).json}
        assert start["application"] in names and app not in names
        answer = await one.events.ask({"method": "DELETE", "uri": f"channels/{caller}%3B2"})
        assert answer["status_code"] == 204
        await one.events.next("StasisEnd", channel=f"{caller};2")
        assert one.events.types()[:2] == ["ApplicationRegistered", "StasisStart"]


@scenario(75, needs=OUTBOUND, versions=LATER, alone=True)
async def outbound_read_only(a: Place) -> None:
    """What may be asked over it is what its ARI user may ask."""
    async with dialled(a, a.name("app"), user=a.users.reader[0]) as ours:
        one = await ours.next()
        await one.events.next("ApplicationRegistered")
        answer = await one.events.ask({"method": "GET", "uri": "asterisk/ping"})
        assert answer["status_code"] == 200
        answer = await one.events.ask({"method": "POST", "uri": f"bridges/{a.name('b')}"})
        assert (answer["status_code"], answer["reason_phrase"]) == (403, "Forbidden")
        assert (await a.get(f"bridges/{a.name('b')}")).status == 404
