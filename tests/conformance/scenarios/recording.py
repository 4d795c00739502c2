"""Recordings of channels: their events, their control, how they end, and the files they leave."""

from __future__ import annotations

from urllib.parse import quote

from tests.conformance.events import Events
from tests.conformance.party import bridge, enter, sending, since_start, until_end
from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.server import Reply

STARTED, FINISHED, FAILED = "RecordingStarted", "RecordingFinished", "RecordingFailed"
GONE = {"message": "Recording not found"}
# The header of a WAV file that Asterisk writes.
WAV_HEADER = 44


async def record(a: Place, channel: str, text: str, **options: object) -> str:
    """Start a recording of a channel. Returns its name."""
    name = a.name(text)
    options = {"format": "wav", **options}
    reply = await a.post(f"channels/{channel}/record", name=name, **options)
    assert reply.status == 201, reply
    return name


async def stopped(a: Place, events: Events, name: str) -> dict[str, object]:
    """Stop a recording that runs. Returns it as it finished."""
    reply = await a.post(f"recordings/live/{name}/stop")
    assert reply.status == 204, reply
    finished: dict[str, object] = (await events.next(FINISHED, recording=name))["recording"]
    return finished


async def stored(a: Place, name: str) -> Reply:
    """The file of a stored recording."""
    return await a.get(f"recordings/stored/{name}/file")


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
        await a.pause(1.2)
        assert (await stopped(a, events, name))["duration"] == 0
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


@scenario(65)
async def recording_append(a: Place) -> None:
    """What is appended makes the file longer; what overwrites starts anew."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        await sending(events, one)
        sizes = []
        for exists in ("fail", "append", "overwrite"):
            name = await record(a, one, "r", ifExists=exists)
            await events.next(STARTED, recording=name)
            await a.pause(0.4)
            await stopped(a, events, name)
            sizes.append(len((await stored(a, name)).body))
        first, longer, anew = sizes
        assert first > WAV_HEADER
        assert longer > 1.5 * first
        assert anew < longer


@scenario(65)
async def recording_format(a: Place) -> None:
    """Each format has a file of its own kind; one that is unknown is refused."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        for form, kind, stored_as in (
            ("ulaw", "audio/ulaw", "ulaw"),
            ("gsm", "audio/gsm", "gsm"),
            ("wav16", "audio/wav16", "wav16"),
            ("sln", "audio/sln", "sln"),
        ):
            name = await record(a, one, form, format=form)
            await events.next(STARTED, recording=name)
            await stopped(a, events, name)
            assert (await a.get(f"recordings/stored/{name}")).json["format"] == stored_as
            assert (await stored(a, name)).headers["content-type"] == kind
        for options in ({"format": "nonsense"}, {}):
            reply = await a.post(f"channels/{one}/record", name=a.name("r"), **options)
            assert reply.status == 422
            assert reply.json == {"message": "specified format is unknown on this system"}


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
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        await events.none(FINISHED, recording=name, within=3.0)
        finished = (await events.next(FINISHED, recording=name))["recording"]
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
        assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
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


@scenario()
async def recording_in_a_folder(a: Place) -> None:
    """A name may have a slash; in a path it is written %2F."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = f"folder/{a.name('r')}"
        reply = await a.post(f"channels/{one}/record", name=name, format="wav")
        assert reply.json["name"] == name
        await events.next(STARTED, recording=name)
        quoted = quote(name, safe="")
        assert (await a.post(f"recordings/live/{quoted}/stop")).status == 204
        await events.next(FINISHED, recording=name)
        assert (await a.get(f"recordings/stored/{quoted}")).json["name"] == name
        assert (await a.delete(f"recordings/stored/{quoted}")).status == 204


@scenario(66)
async def stored_copy(a: Place) -> None:
    """A recording is copied to a name that nothing has, and deleted once."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name, copy = await record(a, one, "r"), a.name("copy")
        await events.next(STARTED, recording=name)
        await a.pause(0.2)
        await stopped(a, events, name)
        path = f"recordings/stored/{name}"
        reply = await a.post(f"{path}/copy", destinationRecordingName=copy)
        assert (reply.status, reply.json) == (200, {"name": copy, "format": "wav"})
        assert (await stored(a, copy)).body == (await stored(a, name)).body
        reply = await a.post(f"{path}/copy", destinationRecordingName=copy)
        text = "A recording with the same name already exists on the system"
        assert (reply.status, reply.json) == (409, {"message": text})
        reply = await a.post(f"{path}/copy")
        assert reply.status == 400
        assert reply.json == {"message": "Invalid destination recording name"}
        none = f"recordings/stored/{a.name('none')}/copy"
        reply = await a.post(none, destinationRecordingName=a.name("other"))
        assert (reply.status, reply.json) == (404, GONE)
        assert (await a.delete(path)).status == 204
        reply = await a.delete(path)
        assert (reply.status, reply.json) == (404, GONE)
        assert (await a.get(f"recordings/stored/{copy}")).status == 200


@scenario(66)
async def stored_file(a: Place) -> None:
    """The file comes as it is: a WAV of 8000 samples a second."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        await a.pause(0.2)
        await stopped(a, events, name)
        reply = await stored(a, name)
        assert reply.status == 200
        assert reply.headers["content-type"] == "audio/wav"
        header, rate = reply.body[:WAV_HEADER], reply.body[24:28]
        assert header[:4] == b"RIFF" and header[8:16] == b"WAVEfmt "
        assert int.from_bytes(rate, "little") == 8000
        assert int.from_bytes(header[40:44], "little") == len(reply.body) - WAV_HEADER


@scenario(66)
async def stored_recording_is_played(a: Place) -> None:
    """What was recorded can be heard again; a file without a sound fails."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one", "media-tone"), await enter(a, events, "two")
        await sending(events, one)
        await sending(events, two)
        for each, state in ((one, "done"), (two, "failed")):
            name = await record(a, each, f"r-{state}")
            await events.next(STARTED, recording=name)
            await a.pause(0.3)
            await stopped(a, events, name)
            reply = await a.post(f"channels/{each}/play", media=f"recording:{name}")
            assert reply.status == 201
            finished = await events.next("PlaybackFinished", playback=reply.json["id"])
            assert finished["playback"]["state"] == state


@scenario(66, needs=frozenset({"http"}))
async def stored_file_over_http(a: Place) -> None:
    """Its length is said, and nobody is to keep it."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        name = await record(a, one, "r")
        await events.next(STARTED, recording=name)
        await stopped(a, events, name)
        reply = await stored(a, name)
        assert reply.headers["content-length"] == str(len(reply.body))
        assert reply.headers["cache-control"] == "no-cache, no-store"
