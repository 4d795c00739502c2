"""Stored recordings: the files that recordings leave, played, copied and fetched."""

from __future__ import annotations

from urllib.parse import quote

from tests.conformance.party import enter, record, sending, stopped, stored
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, FINISHED = "RecordingStarted", "RecordingFinished"
GONE = {"message": "Recording not found"}
# The header of a WAV file that Asterisk writes.
WAV_HEADER = 44


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


@scenario(65)
async def recording_append(a: Place) -> None:
    """What is appended makes the file longer; what overwrites starts anew."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        await sending(events, one)
        sizes = []
        for exists, seconds in (("fail", 0.3), ("append", 0.5), ("overwrite", 0.1)):
            name = await record(a, one, "r", ifExists=exists)
            await events.next(STARTED, recording=name)
            await a.pause(seconds)
            await stopped(a, events, name)
            sizes.append(len((await stored(a, name)).body))
        first, longer, anew = sizes
        assert first > WAV_HEADER
        # 16 bytes are a millisecond.
        assert longer - first > 16 * 300
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
