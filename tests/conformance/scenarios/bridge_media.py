"""What a whole bridge hears, and what is recorded of it."""

from __future__ import annotations

from tests.conformance.events import Events
from tests.conformance.party import bridge, enter, reaches, sending
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, FINISHED = "PlaybackStarted", "PlaybackFinished"
SHORT, LONG = "sound:hello-world", "sound:demo-instruct"


async def watched(a: Place, events: Events, *channels: str) -> str:
    """A bridge with these channels that the application has subscribed to. Returns its id."""
    made = await bridge(a, events, "b", *channels)
    path = f"applications/{events.app}/subscription"
    assert (await a.post(path, eventSource=f"bridge:{made}")).status == 200
    return made


async def play(a: Place, made: str, text: str, media: str | list[str]) -> str:
    """Start a playback for a bridge. Returns its id."""
    playback = a.name(text)
    reply = await a.post(f"bridges/{made}/play/{playback}", media=media)
    assert reply.status == 201, reply
    return playback


@scenario(64)
async def bridge_play(a: Place) -> None:
    """Everybody hears it; who plays it is in nobody's list of channels."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await watched(a, events, one)
        reply = await a.post(f"bridges/{made}/play", media=SHORT)
        assert reply.status == 201
        playback = reply.json["id"]
        assert reply.headers["location"].endswith(f"/playbacks/{playback}")
        assert reply.json.pop("state") in ("queued", "playing")
        what = {"id": playback, "media_uri": SHORT, "target_uri": f"bridge:{made}"}
        what |= {"language": "en"}
        assert reply.json.items() >= what.items()
        started = await events.next(STARTED, playback=playback)
        assert started["playback"] == {**what, "state": "playing"}
        assert (await a.get(f"bridges/{made}")).json["channels"] == [one]
        names = [each["name"] for each in (await a.get("channels")).json]
        assert not any(name.startswith("Announcer/") for name in names)
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"] == {**what, "state": "done"}


@scenario(64)
async def bridge_play_queues(a: Place) -> None:
    """Playbacks of one bridge come one after the other; a list continues."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await watched(a, events, one)
        first = await play(a, made, "p", "sound:digits/1")
        second = await play(a, made, "q", ["sound:digits/2", "sound:digits/3"])
        await events.next(FINISHED, playback=second)
        order = [
            (each["type"], each["playback"]["id"]) for each in events.all() if "playback" in each
        ]
        assert order == [
            (STARTED, first),
            (FINISHED, first),
            (STARTED, second),
            ("PlaybackContinuing", second),
            (STARTED, second),
            (FINISHED, second),
        ]


@scenario(64)
async def bridge_play_is_heard_by_subscribers(a: Place) -> None:
    """An application with nobody in the bridge hears of its playbacks once it has subscribed."""
    async with a.listen(a.name("app")) as events:
        made = a.name("b")
        assert (await a.post(f"bridges/{made}")).status == 200
        silent = await play(a, made, "p", "sound:digits/1")
        await events.none(STARTED, playback=silent)
        path = f"applications/{events.app}/subscription"
        assert (await a.post(path, eventSource=f"bridge:{made}")).status == 200
        await events.next(FINISHED, playback=silent)
        heard = await play(a, made, "q", "sound:digits/1")
        await events.next(FINISHED, playback=heard)
        assert events.types(playback=silent) == [FINISHED]
        assert events.types(playback=heard) == [STARTED, FINISHED]


@scenario(64)
async def bridge_play_stop_and_control(a: Place) -> None:
    """A bridge's playback is paused, resumed and stopped like a channel's."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await watched(a, events, one)
        playback = await play(a, made, "p", LONG)
        await events.next(STARTED, playback=playback)
        for operation, state in (("pause", "paused"), ("unpause", "playing")):
            reply = await a.post(f"playbacks/{playback}/control", operation=operation)
            assert reply.status == 204
            await reaches(a, playback, state)
        assert (await a.delete(f"playbacks/{playback}")).status == 204
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "done"
        assert events.types(playback=playback) == [STARTED, STARTED, FINISHED]
        playback = await play(a, made, "q", "sound:no-such-file")
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "failed"


@scenario()
async def bridge_destroyed_while_playing(a: Place) -> None:
    """Its playback is gone; mostly without a word, since nobody is told of the bridge any more."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await watched(a, events, one)
        playback = await play(a, made, "p", LONG)
        await events.next(STARTED, playback=playback)
        assert (await a.delete(f"bridges/{made}")).status == 204
        await events.next("BridgeDestroyed", bridge=made)
        await a.gone(f"playbacks/{playback}")
        await a.pause(0.2)
        assert events.types(playback=playback) in ([STARTED], [STARTED, FINISHED])
        states = {each["playback"]["state"] for each in events.all(FINISHED, playback=playback)}
        assert states <= {"failed"}


@scenario(64)
async def bridge_record(a: Place) -> None:
    """A bridge is recorded as a whole: it is mixed by softmix meanwhile, with nobody more in it."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        two = await enter(a, events, "two")
        made, name = await watched(a, events, one, two), a.name("r")
        await sending(events, one)
        reply = await a.post(f"bridges/{made}/record", name=name, format="wav")
        assert reply.status == 201
        assert reply.headers["location"].endswith(f"/recordings/live/{name}")
        assert reply.json.pop("state") in ("queued", "recording")
        what = {"name": name, "format": "wav", "target_uri": f"bridge:{made}"}
        assert reply.json.items() >= what.items()
        started = await events.next("RecordingStarted", recording=name)
        assert started["recording"] == {**what, "state": "recording"}
        now = (await a.get(f"bridges/{made}")).json
        assert now["technology"] == "softmix"
        assert sorted(now["channels"]) == [one, two]
        reply = await a.post(f"bridges/{made}/record", name=name, format="wav")
        text = f"Recording '{name}' already exists and can not be overwritten"
        assert (reply.status, reply.json) == (409, {"message": text})
        await a.pause(0.3)
        assert (await a.post(f"recordings/live/{name}/stop")).status == 204
        finished = (await events.next("RecordingFinished", recording=name))["recording"]
        assert finished.pop("duration") in (0, 1)
        assert finished == {**what, "state": "done"}
        assert events.types(recording=name) == ["RecordingStarted", "RecordingFinished"]
        assert len((await a.get(f"recordings/stored/{name}/file")).body) > 44


@scenario(64)
async def bridge_destroyed_while_recorded(a: Place) -> None:
    """The recording finishes and its file is there; whether its end is told is a matter of luck."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one", "media-tone")
        made, name = await watched(a, events, one), a.name("r")
        reply = await a.post(f"bridges/{made}/record", name=name, format="wav")
        assert reply.status == 201
        await events.next("RecordingStarted", recording=name)
        await a.pause(0.2)
        assert (await a.delete(f"bridges/{made}")).status == 204
        await events.next("BridgeDestroyed", bridge=made)
        await a.gone(f"recordings/live/{name}")
        for each in events.all("RecordingFinished", recording=name):
            assert each["recording"]["state"] == "done"
        assert (await a.get(f"recordings/stored/{name}")).status == 200


@scenario()
async def bridge_record_refused(a: Place) -> None:
    """What a bridge's recording cannot be, nor its playback."""
    made = a.name("b")
    assert (await a.post(f"bridges/{made}")).status == 200
    path, name = f"bridges/{made}/record", a.name("r")
    for options, status, text in (
        ({"format": "nonsense"}, 422, "specified format is unknown on this system"),
        ({"format": "wav", "ifExists": "nonsense"}, 400, "ifExists invalid"),
        ({"format": "wav", "terminateOn": "x"}, 400, "terminateOn invalid"),
    ):
        reply = await a.post(path, name=name, **options)
        assert (reply.status, reply.json) == (status, {"message": text}), options


@scenario()
async def bridge_moh(a: Place) -> None:
    """Music is started as often as one likes, and stopped once."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await bridge(a, events, "b", one)
        path, quiet = f"bridges/{made}/moh", {"message": "Bridge isn't playing music"}
        reply = await a.delete(path)
        assert (reply.status, reply.json) == (409, quiet)
        for options in ({}, {"mohClass": "default"}, {"mohClass": "nonsense"}):
            assert (await a.post(path, **options)).status == 204
        assert (await a.get(f"bridges/{made}")).json["channels"] == [one]
        assert (await a.delete(path)).status == 204
        await a.pause(0.1)
        reply = await a.delete(path)
        assert (reply.status, reply.json) == (409, quiet)
