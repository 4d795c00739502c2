"""How recordings end: by a digit, by silence, by their length, with their channel."""

from __future__ import annotations

import asyncio

from tests.conformance.party import enter, record, sending, stopped, stored, until_end
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, FINISHED = "RecordingStarted", "RecordingFinished"
GONE = {"message": "Recording not found"}
# The header of a WAV file that Asterisk writes.
WAV_HEADER = 44


@scenario(65)
async def recording_duration(a: Place) -> None:
    """With a limit of silence its end tells how long somebody talked."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-talk")
        name = await record(a, one, "r", maxSilenceSeconds=1)
        finished = (await events.next(FINISHED, recording=name))["recording"]
        talked, silent = finished["talking_duration"], finished["silence_duration"]
        assert talked in (1, 2)
        assert finished["duration"] in (2, 3)
        assert silent == finished["duration"] - talked


@scenario(65)
async def recording_of_limited_length(a: Place) -> None:
    """It ends by itself when it is as long as it may be."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = await record(a, one, "r", maxDurationSeconds=1)
        finished = (await events.next(FINISHED, recording=name))["recording"]
        assert finished["state"] == "done" and finished["duration"] in (0, 1)
        assert "talking_duration" not in finished


@scenario()
async def recording_ends_with_a_digit(a: Place) -> None:
    """Any digit, or one alone, ends it; the application hears the digit before."""
    async with a.listen(a.name("app")) as events:
        for text, ending in (("any", "any"), ("hash", "#")):
            one = await enter(a, events, text, "media-digits")
            name = await record(a, one, f"r-{text}", terminateOn=ending)
            await events.next(FINISHED, recording=name)
            order = [
                each.get("digit", each["type"])
                for each in events.all()
                if each["type"] == FINISHED or "digit" in each and each["channel"]["id"] == one
            ]
            assert order[-1] == FINISHED
            assert order[-2] == ("5" if ending == "any" else "#")


@scenario()
async def recording_of_nothing(a: Place) -> None:
    """When no sound comes for four seconds it is done, and its file is empty."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        await sending(events, one)
        begun = asyncio.get_running_loop().time()
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        finished = (await events.next(FINISHED, recording=name))["recording"]
        assert asyncio.get_running_loop().time() - begun > 3.0
        assert finished["state"] == "done" and finished["duration"] == 0
        assert len((await stored(a, name)).body) == WAV_HEADER


@scenario()
async def recording_cancelled(a: Place) -> None:
    """It finishes as done, and leaves no file."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        assert (await a.delete(f"recordings/live/{name}")).status == 204
        finished = (await events.next(FINISHED, recording=name))["recording"]
        assert finished["state"] == "done" and "duration" in finished
        await a.gone(f"recordings/live/{name}")  # it is told a moment before it is so
        for path in (f"live/{name}", f"stored/{name}"):
            reply = await a.get(f"recordings/{path}")
            assert (reply.status, reply.json) == (404, GONE)


@scenario()
async def recording_stopped_while_queued(a: Place) -> None:
    """Stopping what waits for its turn is accepted, and it starts all the same."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        reply = await a.post(f"channels/{one}/play", media="sound:hello-world")
        await events.next("PlaybackStarted")
        first, second = await record(a, one, "r"), await record(a, one, "s")
        assert (await a.get(f"recordings/live/{first}")).json["state"] == "queued"
        for path in ("pause", "mute"):
            reply = await a.post(f"recordings/live/{first}/{path}")
            assert (reply.status, reply.json) == (409, {"message": "Recording not in session"})
        assert (await a.post(f"recordings/live/{first}/stop")).status == 204
        assert (await a.delete(f"recordings/live/{second}")).status == 204
        for name in (first, second):
            assert (await a.get(f"recordings/live/{name}")).json["state"] == "canceled"
        await events.none(FINISHED, within=0.1)
        for name in (first, second):
            await events.next(STARTED, recording=name)
            assert (await a.get(f"recordings/live/{name}")).json["state"] == "recording"
            await stopped(a, events, name)


@scenario()
async def recording_ends_with_its_channel(a: Place) -> None:
    """A hang-up finishes it, and what was to follow, before the channel leaves its application."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        first, second = await record(a, one, "r"), await record(a, one, "s")
        await events.next(STARTED, recording=first)
        assert (await a.delete(f"channels/{one}")).status == 204
        await events.next("StasisEnd", channel=one)
        assert until_end(events, one)[-6:] == [
            (STARTED, first),
            ("ChannelHangupRequest", ""),
            (FINISHED, first),
            (STARTED, second),
            (FINISHED, second),
            ("StasisEnd", ""),
        ]
        assert (await a.get(f"recordings/stored/{first}")).status == 200
