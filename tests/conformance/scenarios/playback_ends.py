"""How playbacks end: stopped, with their channel, without a file, or never."""

from __future__ import annotations

from tests.conformance.party import LONG, bridge, enter, play, told, until_end
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

STARTED, CONTINUING, FINISHED = "PlaybackStarted", "PlaybackContinuing", "PlaybackFinished"
# It plays for 1.4 s.
SHORT = "sound:hello-world"


@scenario(63)
async def playback_in_bridge_hangup(a: Place) -> None:
    """Who hangs up in a bridge fails what it hears, then leaves; of what it was to hear then,
    mostly nothing is told.
    """
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        await bridge(a, events, "b", one, two)
        playback, queued = await play(a, one, "p"), await play(a, one, "q")
        await events.next(STARTED, playback=playback)
        assert (await a.delete(f"channels/{one}")).status == 204
        await events.next("StasisEnd", channel=one)
        story = [each for each in until_end(events, one) if each[1] != queued]
        assert story[-5:] == [
            ("ChannelHangupRequest", ""),
            (FINISHED, playback),
            ("ChannelVarset", ""),
            ("ChannelLeftBridge", ""),
            ("StasisEnd", ""),
        ]
        assert told(events, playback)[-1][1] == "failed"
        assert events.types(playback=queued) in ([], [STARTED, FINISHED])


@scenario()
async def playback_goes_on_when_its_bridge_is_destroyed(a: Place) -> None:
    """Who hears a playback leaves a destroyed bridge only when it is over."""
    async with a.listen(a.name("app")) as events:
        one, two = await enter(a, events, "one"), await enter(a, events, "two")
        made = await bridge(a, events, "b", one, two)
        playback = await play(a, one, "p", SHORT)
        await events.next(STARTED, playback=playback)
        assert (await a.delete(f"bridges/{made}")).status == 204
        await events.next("ChannelLeftBridge", channel=two)
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "done"
        await events.next("ChannelLeftBridge", channel=one)
        kinds = [
            each["type"] for each in events.all() if each["type"] in (FINISHED, "ChannelLeftBridge")
        ]
        assert kinds == ["ChannelLeftBridge", FINISHED, "ChannelLeftBridge"]


@scenario()
async def playback_stopped_while_queued(a: Place) -> None:
    """It is done at once when asked for, and its end is told when its turn comes: never started."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        first, second, third = [await play(a, one, each) for each in "pqr"]
        await events.next(STARTED, playback=first)
        assert (await a.delete(f"playbacks/{second}")).status == 204
        assert (await a.get(f"playbacks/{second}")).json["state"] == "done"
        await events.none(FINISHED, playback=second)
        assert (await a.delete(f"playbacks/{first}")).status == 204
        await events.next(STARTED, playback=third)
        assert events.types(playback=second) == [FINISHED]
        assert told(events, second)[0][1] == "done"
        assert (await a.get(f"playbacks/{second}")).status == 404


@scenario()
async def playback_ends_with_its_channel(a: Place) -> None:
    """All that a channel was to hear fails before it leaves its application."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playing, queued = await play(a, one, "p"), await play(a, one, "q")
        await events.next(STARTED, playback=playing)
        assert (await a.delete(f"channels/{one}")).status == 204
        await events.next("StasisEnd", channel=one)
        assert until_end(events, one)[-6:] == [
            (STARTED, playing),
            ("ChannelHangupRequest", ""),
            (FINISHED, playing),
            (STARTED, queued),
            (FINISHED, queued),
            ("StasisEnd", ""),
        ]
        assert [told(events, each)[-1][1] for each in (playing, queued)] == ["failed", "failed"]


@scenario()
async def playback_of_a_missing_file(a: Place) -> None:
    """A sound that is not there fails; in a list it is passed over, and the last one counts."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        none, some = "sound:no-such-file", "sound:digits/1"
        playback = await play(a, one, "p", none)
        await events.next(FINISHED, playback=playback)
        assert told(events, playback) == [
            (STARTED, "playing", none, None),
            (FINISHED, "failed", none, None),
        ]
        for text, media, state in (("q", [none, some], "done"), ("r", [some, none], "failed")):
            playback = await play(a, one, text, media)
            await events.next(FINISHED, playback=playback)
            assert told(events, playback) == [
                (STARTED, "playing", media[0], media[1]),
                (CONTINUING, "continuing", media[0], media[1]),
                (STARTED, "playing", media[1], None),
                (FINISHED, state, media[1], None),
            ]


@scenario()
async def playback_that_never_finishes(a: Place) -> None:
    """What Asterisk cannot make out, and a recording that is not there: started, then forgotten."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        for text, media in zip("abc", ("weird:x", "hello-world", "recording:none"), strict=True):
            playback = await play(a, one, text, media)
            await events.next(STARTED, playback=playback)
            await a.gone(f"playbacks/{playback}")
        playback = await play(a, one, "d", SHORT)
        await events.next(FINISHED, playback=playback)
        for text in "abc":
            assert events.types(playback=a.name(text)) == [STARTED]


@scenario()
async def playback_of_numbers_cannot_be_stopped(a: Place) -> None:
    """Numbers, digits and letters are said to their end, whatever is asked."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        for text, media in zip("abc", ("number:21", "digits:12", "characters:ab"), strict=True):
            playback = await play(a, one, text, media)
            await events.next(STARTED, playback=playback)
            reply = await a.delete(f"playbacks/{playback}")
            assert (reply.status, reply.json) == (500, {"message": "Could not stop playback"})
            reply = await a.post(f"playbacks/{playback}/control", operation="pause")
            assert (reply.status, reply.json) == (500, {"message": "Could not pause playback"})
            finished = await events.next(FINISHED, playback=playback)
            assert finished["playback"]["state"] == "done"
            assert events.types(playback=playback) == [STARTED, FINISHED]


@scenario()
async def playback_tone_unknown(a: Place) -> None:
    """A tone that the country does not have fails; an unknown country is the default one."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playback = await play(a, one, "p", "tone:nonsense")
        finished = await events.next(FINISHED, playback=playback)
        assert finished["playback"]["state"] == "failed"
        playback = await play(a, one, "q", "tone:ring;tonezone=zz")
        await events.next(STARTED, playback=playback)
        await events.none(FINISHED, playback=playback)


@scenario(61)
async def playback_list_stop(a: Place) -> None:
    """A list that is stopped ends where it is."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        playback = await play(a, one, "p", [LONG, "sound:digits/2"])
        await events.next(STARTED, playback=playback)
        assert (await a.delete(f"playbacks/{playback}")).status == 204
        await events.next(FINISHED, playback=playback)
        await events.none(STARTED, playback=playback)
        assert told(events, playback) == [
            (STARTED, "playing", LONG, "sound:digits/2"),
            (FINISHED, "done", LONG, "sound:digits/2"),
        ]
