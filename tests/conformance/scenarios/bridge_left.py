"""What the server itself does in a bridge ends when all others have left it."""

from __future__ import annotations

import asyncio

from tests.conformance.events import Events
from tests.conformance.party import enter
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.bridge_media import FINISHED, LONG, STARTED, play, watched

BEGUN, DONE = "RecordingStarted", "RecordingFinished"


async def record(a: Place, events: Events, made: str, text: str) -> str:
    """Record a bridge. Returns the recording's name, once it runs."""
    name = a.name(text)
    reply = await a.post(f"bridges/{made}/record", name=name, format="wav")
    assert reply.status == 201, reply
    await events.next(BEGUN, recording=name)
    return name


async def empty(a: Place, events: Events, text: str = "e") -> str:
    """A bridge with nobody in it that the application has subscribed to. Returns its id."""
    made = a.name(text)
    assert (await a.post(f"bridges/{made}")).status == 200
    path = f"applications/{events.app}/subscription"
    assert (await a.post(path, eventSource=f"bridge:{made}")).status == 200
    return made


async def leave(a: Place, made: str, channel: str, how: str, other: str) -> None:
    """The last one leaves. how: hung up, taken out, or brought into another bridge."""
    if how == "hangup":
        reply = await a.delete(f"channels/{channel}")
    elif how == "remove":
        reply = await a.post(f"bridges/{made}/removeChannel", channel=channel)
    else:
        reply = await a.post(f"bridges/{other}/addChannel", channel=channel)
    assert reply.status == 204, (how, reply)


@scenario()
async def bridge_left_by_all_while_recorded(a: Place) -> None:
    """The recording is done at once, however the last one leaves."""
    async with a.listen(a.name("app")) as events:
        other = await empty(a, events)
        for how in ("hangup", "remove", "another"):
            one = await enter(a, events, f"one-{how}", "media-tone")
            made = await empty(a, events, f"b-{how}")
            assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
            name = await record(a, events, made, f"r-{how}")
            await a.pause(0.3)
            before = asyncio.get_running_loop().time()
            await leave(a, made, one, how, other)
            finished = (await events.next(DONE, recording=name))["recording"]
            assert finished["state"] == "done"
            assert asyncio.get_running_loop().time() - before < 2.0, how
            await a.gone(f"recordings/live/{name}")
            await a.delete(f"bridges/{made}")


@scenario()
async def bridge_left_by_all_while_playing(a: Place) -> None:
    """What plays has failed, and so has what waited for its turn; it can be played to again."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        made = await watched(a, events, one)
        playbacks = [await play(a, made, text, LONG) for text in ("p", "q", "r")]
        await events.next(STARTED, playback=playbacks[0])
        assert (await a.post(f"bridges/{made}/removeChannel", channel=one)).status == 204
        for playback in playbacks:
            finished = await events.next(FINISHED, playback=playback)
            assert finished["playback"]["state"] == "failed"
            assert events.types(playback=playback) == [STARTED, FINISHED]
            await a.gone(f"playbacks/{playback}")
        again = await play(a, made, "s", "sound:digits/1")
        finished = await events.next(FINISHED, playback=again)
        assert finished["playback"]["state"] == "done"


@scenario()
async def bridge_left_by_all_ends_its_music(a: Place) -> None:
    """A bridge whose music is over sends nothing: what is recorded then is nothing."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        made = await watched(a, events, one)
        assert (await a.post(f"bridges/{made}/moh")).status == 204
        await a.pause(0.3)
        assert (await a.post(f"bridges/{made}/removeChannel", channel=one)).status == 204
        await a.pause(0.3)
        begun = asyncio.get_running_loop().time()
        name = await record(a, events, made, "r")
        assert (await events.next(DONE, recording=name))["recording"]["duration"] == 0
        assert asyncio.get_running_loop().time() - begun > 3.0


@scenario()
async def empty_bridge_recorded(a: Place) -> None:
    """When nothing is heard for four seconds it is done; who comes in before keeps it going."""
    async with a.listen(a.name("app")) as events:
        made = await empty(a, events)
        begun = asyncio.get_running_loop().time()
        name = await record(a, events, made, "r")
        finished = (await events.next(DONE, recording=name))["recording"]
        assert asyncio.get_running_loop().time() - begun > 3.0
        assert (finished["state"], finished["duration"]) == ("done", 0)
        name = await record(a, events, made, "s")
        one = await enter(a, events, "one", "media-tone")
        assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
        await events.none(DONE, recording=name, within=5.0)
        assert (await a.post(f"recordings/live/{name}/stop")).status == 204
        finished = (await events.next(DONE, recording=name))["recording"]
        assert 4 <= finished["duration"] <= 6


@scenario()
async def empty_bridge_recorded_and_played_to(a: Place) -> None:
    """It hears what is played, and is done with it: it is alone then. And the other way round."""
    async with a.listen(a.name("app")) as events:
        made = await empty(a, events)
        name = await record(a, events, made, "r")
        playback = await play(a, made, "p", "sound:digits/1")
        await events.next(FINISHED, playback=playback)
        before = asyncio.get_running_loop().time()
        await events.next(DONE, recording=name)
        assert asyncio.get_running_loop().time() - before < 2.0
        playback = await play(a, made, "q", LONG)
        await events.next(STARTED, playback=playback)
        name = await record(a, events, made, "s")
        assert (await a.post(f"recordings/live/{name}/stop")).status == 204
        await events.next(DONE, recording=name)
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "failed"
