"""Playbacks on channels: their events and their control."""

from __future__ import annotations

from tests.conformance.party import LONG, bridge, enter, play, reaches, told
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, CONTINUING, FINISHED = "PlaybackStarted", "PlaybackContinuing", "PlaybackFinished"
# Of 1.4 s, of 5.6 s, and of 16 s.
SHORT, FIVE, SIXTEEN = "sound:hello-world", "sound:vm-intro", "sound:tt-monkeys"
GONE = {"message": "Playback not found"}


@scenario(60)
async def playback_basic(a: Place) -> None:
    """Started, then finished; asked for in between it is playing, and afterwards it is not there."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        reply = await a.post(f"channels/{one}/play", media=SHORT)
        assert reply.status == 201
        playback = reply.json["id"]
        assert reply.headers["location"].endswith(f"/playbacks/{playback}")
        assert reply.json.pop("state") in ("queued", "playing")
        told_first = {
            "id": playback,
            "media_uri": SHORT,
            "target_uri": f"channel:{one}",
            "language": "en",
        }
        assert reply.json.items() >= told_first.items()
        started = await events.next(STARTED, playback=playback)
        assert started["playback"] == {**told_first, "state": "playing"}
        assert (await a.get(f"playbacks/{playback}")).json == started["playback"]
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"] == {**told_first, "state": "done"}
        await a.gone(f"playbacks/{playback}")  # it is told a moment before it is so
        reply = await a.get(f"playbacks/{playback}")
        assert (reply.status, reply.json) == (404, GONE)
        assert events.types(playback=playback) == [STARTED, FINISHED]


@scenario(60)
async def playback_control(a: Place) -> None:
    """Paused and going on: started again. Forward, back and from the start: no event."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playback = await play(a, one, "p")
        await events.next(STARTED, playback=playback)
        for operation, state in (
            ("pause", "paused"),
            ("unpause", "playing"),
            ("forward", "playing"),
            ("reverse", "playing"),
            ("restart", "playing"),
        ):
            reply = await a.post(f"playbacks/{playback}/control", operation=operation)
            assert (reply.status, reply.body) == (204, b""), operation
            await a.pause(0.1)
            await reaches(a, playback, state)
        assert (await a.delete(f"playbacks/{playback}")).status == 204
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "done"
        assert events.types(playback=playback) == [STARTED, STARTED, FINISHED]


@scenario()
async def playback_control_refused(a: Place) -> None:
    """What cannot be asked of a playback, and when."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playing, queued = await play(a, one, "p"), await play(a, one, "q")
        await events.next(STARTED, playback=playing)
        for playback, operation, status, text in (
            (playing, "nonsense", 400, "Invalid operation nonsense"),
            (playing, None, 400, "Missing operation"),
            (queued, "pause", 409, "Can only pause while media is playing"),
            (queued, "unpause", 409, "Can only unpause while media is playing"),
            (queued, "forward", 409, "Can only forward while media is playing"),
            (queued, "reverse", 409, "Can only reverse while media is playing"),
            (a.name("none"), "pause", 404, "Playback not found"),
        ):
            reply = await a.post(f"playbacks/{playback}/control", operation=operation)
            assert (reply.status, reply.json) == (status, {"message": text}), operation
        assert (await a.delete(f"playbacks/{a.name('none')}")).status == 404
        assert (await a.get(f"playbacks/{queued}")).json["state"] == "queued"


@scenario(61)
async def playback_list(a: Place) -> None:
    """A list plays from first to last: it continues between, and tells what comes next."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        media = ["sound:digits/1", "sound:digits/2", "sound:digits/3"]
        playback = await play(a, one, "p", media)
        await events.next(FINISHED, playback=playback)
        first, second, third = media
        assert told(events, playback) == [
            (STARTED, "playing", first, second),
            (CONTINUING, "continuing", first, second),
            (STARTED, "playing", second, third),
            (CONTINUING, "continuing", second, third),
            (STARTED, "playing", third, None),
            (FINISHED, "done", third, None),
        ]


@scenario(61)
async def playback_list_in_the_body(a: Place) -> None:
    """A list can be sent as JSON, and its language said."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        media = ["sound:digits/1", "sound:digits/2"]
        body = {"media": media, "lang": "en_US", "playbackId": a.name("p")}
        reply = await a.post(f"channels/{one}/play", json=body)
        assert reply.status == 201
        assert reply.json["id"] == a.name("p") and reply.json["language"] == "en_US"
        assert (reply.json["media_uri"], reply.json["next_media_uri"]) == tuple(media)
        await events.next(FINISHED, playback=a.name("p"))
        assert events.types(playback=a.name("p")) == [
            STARTED,
            CONTINUING,
            STARTED,
            FINISHED,
        ]


@scenario(61)
async def playback_list_forward_reverse(a: Place) -> None:
    """Forward goes towards the next of the list; back at the beginning stays there."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playback = a.name("p")
        path = f"channels/{one}/play/{playback}"
        reply = await a.post(path, media=[SIXTEEN, LONG], skipms=15000)
        assert reply.status == 201
        await events.next(STARTED, playback=playback)
        control = f"playbacks/{playback}/control"
        assert (await a.post(control, operation="forward")).status == 204
        await events.next(CONTINUING, playback=playback, seconds=5.0)
        started = await events.next(STARTED, playback=playback)
        assert started["playback"]["media_uri"] == LONG
        assert (await a.post(control, operation="reverse")).status == 204
        await events.none(CONTINUING, playback=playback)
        assert (await a.get(f"playbacks/{playback}")).json["media_uri"] == LONG


@scenario(62)
async def playback_tone(a: Place) -> None:
    """Tones by name, by name in a country, and by frequency play until they are stopped."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        tones = ("tone:ring", "tone:record;tonezone=us", "tone:350+440/1000")
        for text, media in zip("abc", tones, strict=True):
            playback = await play(a, one, text, media)
            started = await events.next(STARTED, playback=playback)
            assert started["playback"]["media_uri"] == media
            await events.none(FINISHED, playback=playback, within=0.2)
            assert (await a.delete(f"playbacks/{playback}")).status == 204
            finished = await events.next(FINISHED, playback=playback)
            assert finished["playback"]["state"] == "done"


@scenario(63)
async def playback_in_bridge(a: Place) -> None:
    """Two playbacks on a channel in a bridge come one after the other; it stays in the bridge."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        await bridge(a, events, "b", one, two)
        first, second = await play(a, one, "p", SHORT), await play(a, one, "q", "sound:digits/1")
        await events.next(FINISHED, playback=second)
        order = [
            (each["type"], each["playback"]["id"]) for each in events.all() if "playback" in each
        ]
        assert order == [
            (STARTED, first),
            (FINISHED, first),
            (STARTED, second),
            (FINISHED, second),
        ]
        assert "ChannelLeftBridge" not in events.types(channel=one)


@scenario()
async def playback_refused(a: Place) -> None:
    """Who cannot hear anything."""
    async with a.listen(a.name("app")) as events:
        one, down = await enter(a, events, "one"), a.name("down")
        endpoint = f"Local/8000@{a.context}"
        reply = await a.post("channels/create", endpoint=endpoint, app=events.app, channelId=down)
        assert reply.status == 200
        await events.next("StasisStart", channel=down)
        for channel, status, text in (
            (a.name("nobody"), 404, "Channel not found"),
            (f"{one};2", 409, "Channel not in Stasis application"),
            (down, 412, "Channel in invalid state"),
        ):
            reply = await a.post(f"channels/{channel}/play", media=SHORT)
            assert (reply.status, reply.json) == (status, {"message": text}), channel
        reply = await a.post(f"channels/{one}/play")
        assert reply.status == 500
        assert reply.json == {"message": "Failed to queue media for playback"}


@scenario()
async def playback_id_can_be_had_twice(a: Place) -> None:
    """Two playbacks of one id are both played."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        for _ in range(2):
            playback = await play(a, one, "p", "sound:digits/1")
        for _ in range(2):
            await events.next(FINISHED, playback=playback)
        assert events.types(playback=playback) == [STARTED, FINISHED] * 2


@scenario()
async def commands_wait_behind_a_playback(a: Place) -> None:
    """Entering a bridge waits until the playback is over; hanging up and reading do not."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        made = await bridge(a, events, "b")
        playback = await play(a, one, "p", FIVE)
        await events.next(STARTED, playback=playback)
        assert (await a.post(f"channels/{one}/mute", direction="in")).status == 204
        assert (await a.get(f"channels/{one}")).status == 200
        assert FINISHED not in events.types(playback=playback)
        assert (await a.post(f"bridges/{made}/addChannel", channel=one)).status == 204
        await events.next("ChannelEnteredBridge", channel=one)
        assert FINISHED in events.types(playback=playback)
