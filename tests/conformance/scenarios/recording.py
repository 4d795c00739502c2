"""Recordings of channels: their events and their control, and what is refused."""

from __future__ import annotations

import asyncio

from tests.conformance.events import SECONDS
from tests.conformance.party import bridge, enter, record, since_start, stopped
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, FINISHED, FAILED = "RecordingStarted", "RecordingFinished", "RecordingFailed"
GONE = {"message": "Recording not found"}


@scenario(65)
async def recording_nominal(a: Place) -> None:
    """Queued, started, finished with its length; then stored, and live no more."""
    async with a.listen(a.name("app")) as events:
        one, name = await enter(a, events, "one", "media-tone"), a.name("r")
        reply = await a.post(f"channels/{one}/record", name=name, format="wav")
        assert reply.status == 201
        assert reply.headers["location"].endswith(f"/recordings/live/{name}")
        assert reply.json.pop("state") in ("queued", "recording")
        what = {"name": name, "format": "wav", "target_uri": f"channel:{one}"}
        assert reply.json.items() >= what.items()
        started = await events.next(STARTED, recording=name)
        assert started["recording"] == {**what, "state": "recording"}
        assert (await a.get(f"recordings/live/{name}")).json == started["recording"]
        assert (await a.get(f"recordings/stored/{name}")).status in (200, 404)
        await a.pause(0.3)
        finished = await stopped(a, events, name)
        assert finished.pop("duration") in (0, 1)
        assert finished == {**what, "state": "done"}
        await a.gone(f"recordings/live/{name}")  # it is told a moment before it is so
        for reply in (
            await a.get(f"recordings/live/{name}"),
            await a.post(f"recordings/live/{name}/stop"),
        ):
            assert (reply.status, reply.json) == (404, GONE)
        reply = await a.get(f"recordings/stored/{name}")
        assert reply.json == {"name": name, "format": "wav"}
        assert reply.json in (await a.get("recordings/stored")).json
        assert events.types(recording=name) == [STARTED, FINISHED]


@scenario(65)
async def recording_control(a: Place) -> None:
    """Pausing and muting are accepted as often as one likes; a pause is no part of its length."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        begun = asyncio.get_running_loop().time()
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        for method, path, state in (
            ("POST", "pause", "paused"),
            ("POST", "pause", "paused"),
            ("DELETE", "pause", "recording"),
            ("DELETE", "pause", "recording"),
            ("POST", "mute", "recording"),
            ("POST", "mute", "recording"),
            ("DELETE", "mute", "recording"),
            ("POST", "pause", "paused"),
        ):
            reply = await a.request(method, f"recordings/live/{name}/{path}")
            assert (reply.status, reply.body) == (204, b""), (method, path)
            assert (await a.get(f"recordings/live/{name}")).json["state"] == state, (method, path)
        before = asyncio.get_running_loop().time() - begun
        await a.pause(1.2)
        duration = (await stopped(a, events, name))["duration"]
        assert isinstance(duration, int) and 0 <= duration <= before
        assert events.types(recording=name) == [STARTED, FINISHED]


@scenario(65)
async def recording_conflicts(a: Place) -> None:
    """A name that is in use, live or stored, in any format, is taken; unless told otherwise."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        path, taken = f"channels/{one}/record", f"Recording '{name}' already exists and can not"
        tries = ({"format": "wav"}, {"format": "ulaw"})
        for options in (*tries, {"format": "wav", "ifExists": "overwrite"}):
            reply = await a.post(path, name=name, **options)
            assert (reply.status, reply.json) == (409, {"message": f"{taken} be overwritten"})
        await stopped(a, events, name)
        for options in tries:
            reply = await a.post(path, name=name, **options)
            assert (reply.status, reply.json) == (409, {"message": f"{taken} be overwritten"})
        for exists in ("overwrite", "append"):
            await record(a, one, "r", ifExists=exists)
            await events.next(STARTED, recording=name)
            await stopped(a, events, name)


@scenario()
async def recording_in_a_bridge_fails(a: Place) -> None:
    """A channel in a bridge cannot be recorded; one that is recorded cannot enter a bridge."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        made = await bridge(a, events, "b", one)
        name = await record(a, one, "r")
        failed = await events.next(FAILED, recording=name)
        assert failed["recording"] == {
            "name": name,
            "format": "wav",
            "state": "failed",
            "target_uri": f"channel:{one}",
            "cause": "Cannot record channel while in bridge",
        }
        assert events.types(recording=name) == [FAILED]
        assert (await a.get(f"recordings/live/{name}")).status == 404
        assert (await a.post(f"bridges/{made}/removeChannel", channel=one)).status == 204
        await events.next("ChannelLeftBridge", channel=one)
        name = await record(a, one, "s")
        await events.next(STARTED, recording=name)
        reply = await a.post(f"bridges/{made}/addChannel", channel=one)
        assert reply.status == 409
        await stopped(a, events, name)
        # It counts as recorded a moment longer than the event says.
        async with asyncio.timeout(SECONDS):
            path = f"bridges/{made}/addChannel"
            while (reply := await a.post(path, channel=one)).status == 409:
                await a.pause(0.02)
        assert reply.status == 204
        await events.next("ChannelEnteredBridge", channel=one)
        assert since_start(events, one) == [
            "ChannelEnteredBridge",
            "ChannelLeftBridge",
            "ChannelEnteredBridge",
        ]


@scenario()
async def recording_refused(a: Place) -> None:
    """What cannot be recorded, and how."""
    async with a.listen(a.name("app")) as events:
        one, name = await enter(a, events, "one", "media-tone"), a.name("r")
        for channel, options, status, text in (
            (a.name("nobody"), {}, 404, "Channel not found"),
            (f"{one};2", {}, 409, "Channel not in Stasis application"),
            (one, {"ifExists": "nonsense"}, 400, "ifExists invalid"),
            (one, {"terminateOn": "x"}, 400, "terminateOn invalid"),
            (
                one,
                {"maxDurationSeconds": -1},
                400,
                "max_duration_seconds cannot be negative",
            ),
            (one, {"maxSilenceSeconds": -1}, 400, "max_silence_seconds cannot be negative"),
        ):
            reply = await a.post(f"channels/{channel}/record", name=name, format="wav", **options)
            assert (reply.status, reply.json) == (status, {"message": text}), options
        reply = await a.post(f"channels/{one}/record", format="wav")
        assert (reply.status, reply.json) == (500, {"message": "Error parsing request"})
        await events.none(STARTED, within=0.1)


@scenario()
async def recording_unknown(a: Place) -> None:
    """Nothing can be done with a recording that is not there."""
    none = a.name("none")
    for method, path in (
        ("GET", f"live/{none}"),
        ("DELETE", f"live/{none}"),
        ("POST", f"live/{none}/stop"),
        ("POST", f"live/{none}/pause"),
        ("DELETE", f"live/{none}/pause"),
        ("POST", f"live/{none}/mute"),
        ("DELETE", f"live/{none}/mute"),
        ("GET", f"stored/{none}"),
        ("GET", f"stored/{none}/file"),
        ("DELETE", f"stored/{none}"),
        ("POST", f"stored/{none}/copy"),
    ):
        reply = await a.request(method, f"recordings/{path}")
        assert (reply.status, reply.json) == (404, GONE), path
