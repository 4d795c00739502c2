"""What happened while the socket was lost: what has ended is told, what lives is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari import Ari
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDestroyed,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
)
from stasis.ari.resource import Request, Response
from stasis.errors import OutcomeUnknown, ServerError, Unreachable
from stasis.flow import After, Flow, Other
from stasis.resync import missed
from stasis.router import Claim, Router
from stasis.testing.clock import virtual_time
from stasis.testing.fake import FakeAsterisk
from stasis.transport.frames import Lost, Opened
from tests.answers import Answers
from tests.calls import Call, calling


class Deaf:
    """Hears nothing."""

    def hear(self, event: Event) -> None:
        raise AssertionError(f"heard {event}")


def claiming(*keys: tuple[str, str], app: str = "ivr") -> Router:
    """A router with these ids claimed."""
    router = Router()
    for key in keys:
        router.claim(key, Claim(Deaf(), app))
    return router


class TestMissed:
    async def test_a_playback_that_is_there_no_more_has_finished(self, ari: Ari, answers: Answers):
        answers.refuse("GET /playbacks/over", 404, "Playback not found")
        answers.answer("GET /playbacks/plays", 200, {"id": "plays", "state": "playing"})
        router = claiming(("playback", "over"), ("playback", "plays"))
        (event,) = await missed(ari, router)
        assert isinstance(event, PlaybackFinished) and event.application == "ivr"
        assert (event.playback.id, event.playback.state) == ("over", "done")

    async def test_so_has_a_recording(self, ari: Ari, answers: Answers):
        answers.refuse("GET /recordings/live/over", 404, "Recording not found")
        answers.answer("GET /recordings/live/runs", 200, {"name": "runs", "state": "recording"})
        (event,) = await missed(ari, claiming(("recording", "over"), ("recording", "runs")))
        assert isinstance(event, RecordingFinished) and event.application == "ivr"
        assert (event.recording.name, event.recording.state) == ("over", "done")

    async def test_a_bridge_is_destroyed_or_subscribed_to_again(self, ari: Ari, answers: Answers):
        answers.answer("GET /bridges", 200, [{"id": "stands"}, {"id": "strange"}])
        answers.answer("POST /applications", 200, {"name": "ivr"})
        (event,) = await missed(ari, claiming(("bridge", "over"), ("bridge", "stands")))
        assert isinstance(event, BridgeDestroyed) and event.bridge.id == "over"
        assert answers.requests == ["GET /bridges", "POST /applications/ivr/subscription"]
        assert answers.last["eventSource"] == "bridge:stands"

    async def test_a_channel_has_left_and_is_gone(self, ari: Ari, answers: Answers):
        answers.answer("GET /channels", 200, [{"id": "talks"}, {"id": "strange"}])
        left, gone = await missed(ari, claiming(("channel", "over"), ("channel", "talks")))
        assert isinstance(left, StasisEnd) and isinstance(gone, ChannelDestroyed)
        assert left.channel.id == gone.channel.id == "over"
        assert left.application == gone.application == "ivr"

    async def test_media_end_before_their_channel(self, ari: Ari, answers: Answers):
        answers.refuse("GET /playbacks", 404)
        answers.refuse("GET /recordings", 404)
        answers.answer("GET /bridges", 200, [])
        answers.answer("GET /channels", 200, [])
        router = claiming(("channel", "c"), ("bridge", "b"), ("recording", "r"), ("playback", "p"))
        assert [event.type for event in await missed(ari, router)] == [
            "PlaybackFinished",
            "RecordingFinished",
            "BridgeDestroyed",
            "StasisEnd",
            "ChannelDestroyed",
        ]

    async def test_each_is_told_to_the_application_that_claimed_it(
        self, ari: Ari, answers: Answers
    ):
        answers.answer("GET /channels", 200, [])
        router = claiming(("channel", "c1"))
        router.claim(("channel", "c2"), Claim(Deaf(), "queue"))
        told = [(event.channel.id, event.application) for event in await missed(ari, router)]  # type: ignore[attr-defined]
        assert told == [("c1", "ivr")] * 2 + [("c2", "queue")] * 2

    @pytest.mark.parametrize("kind", ["channel", "bridge", "playback", "recording"])
    async def test_what_is_only_being_created_is_not_missed(
        self, ari: Ari, answers: Answers, kind: str
    ):
        router = claiming((kind, "new"))
        router.hold((kind, "new"))
        assert await missed(ari, router) == [] and answers.requests == []

    @pytest.mark.parametrize("kind", ["channel", "bridge"])
    async def test_nor_what_is_claimed_while_asterisk_answers(
        self, ari: Ari, answers: Answers, kind: str
    ):
        router = claiming((kind, "old"))
        lists: list[dict[str, str]] = [{"id": "old"}]
        answers.answer(f"GET /{kind}s", 200, lists)
        answers.answer("POST /applications", 200, {"name": "ivr"})
        asking = asyncio.ensure_future(missed(ari, router))
        while not answers.requests:
            await asyncio.sleep(0)
        router.claim((kind, "new"), Claim(Deaf(), "ivr"))
        assert await asking == []

    async def test_with_nothing_claimed_nobody_is_asked(self, ari: Ari, answers: Answers):
        assert await missed(ari, Router()) == [] and answers.requests == []

    async def test_an_answer_that_says_nothing_ends_nothing(self, ari: Ari, answers: Answers):
        for error in (Unreachable("GET", "/x", "down"), OutcomeUnknown("GET", "/x", "late")):
            answers.given = {"GET /playbacks": error}
            with pytest.raises(type(error)):
                await missed(ari, claiming(("playback", "p")))
        answers.refuse("GET /playbacks", 500)
        with pytest.raises(ServerError):
            await missed(ari, claiming(("playback", "p")))


async def deaf(asterisk: FakeAsterisk) -> None:
    """The socket is lost."""
    asterisk._queue.put_nowait(Lost("cut", 1.0))
    await asterisk.turn()


async def hearing(asterisk: FakeAsterisk) -> None:
    """And comes back."""
    asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
    await asterisk.turn()
    assert asterisk.link.state.value == "ready"


def vanish(asterisk: FakeAsterisk, channel_id: str) -> None:
    """A channel hangs up, and nobody is told."""
    asterisk._channels.pop(channel_id)
    for bridge in asterisk._bridges.values():
        if channel_id in bridge["channels"]:
            bridge["channels"].remove(channel_id)


class TestThroughAGap:
    """End to end: what was armed before the gap is settled after it."""

    @virtual_time
    async def test_a_playback_that_ended_meanwhile_is_heard_out(self):
        async with calling() as call:
            playback = await call.channel.play("sound:a")
            waiting = asyncio.ensure_future(playback.finished())
            await deaf(call.asterisk)
            call.asterisk._playbacks.clear()
            assert not waiting.done()
            await hearing(call.asterisk)
            result = await waiting
            assert (result.state, result.media_uri) == ("done", "sound:a")
            assert call.owner.counts()["media"] == 0

    @virtual_time
    async def test_one_that_still_plays_plays_on(self):
        async with calling() as call:
            playback = await call.channel.play("sound:a")
            await deaf(call.asterisk)
            await hearing(call.asterisk)
            waiting = asyncio.ensure_future(playback.finished())
            await call.asterisk.turn()
            assert not waiting.done()
            await call.asterisk.finish()
            assert (await waiting).state == "done"

    @virtual_time
    async def test_a_recording_that_ended_meanwhile_is_stored(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            waiting = asyncio.ensure_future(recording.finished())
            await deaf(call.asterisk)
            call.asterisk._recordings.clear()
            call.asterisk._stored.add("msg")
            assert not waiting.done()
            await hearing(call.asterisk)
            result = await waiting
            assert result.state == "done" and result.stored is not None
            assert (result.stored.name, result.stored.format) == ("msg", "wav")

    @virtual_time
    async def test_one_that_still_runs_runs_on(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            await deaf(call.asterisk)
            await hearing(call.asterisk)
            await recording.stop()
            assert call.requests[-1] == "POST /recordings/live/msg/stop"
            assert (await recording.finished()).state == "done"

    @virtual_time
    async def test_a_bridge_that_is_gone_is_destroyed(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            await deaf(call.asterisk)
            call.asterisk._bridges.clear()
            await hearing(call.asterisk)
            await bridge.emptied(0)
            assert bridge.destroyed and not call.owner.owns(("bridge", bridge.id))

    @virtual_time
    async def test_one_that_stands_is_subscribed_to_again(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await deaf(call.asterisk)
            call.requests.clear()
            await hearing(call.asterisk)
            assert "POST /applications/test/subscription" in call.requests
            assert not bridge.destroyed and call.owner.owns(("bridge", bridge.id))

    @virtual_time
    async def test_a_phone_that_failed_meanwhile_is_an_outcome(self):
        async with calling() as call:
            dialling = await call.channel.dial("PJSIP/a", timeout=30)
            await deaf(call.asterisk)
            vanish(call.asterisk, call.asterisk.dialled()[0].id)
            await hearing(call.asterisk)
            assert (await dialling.answered()).status == "NOANSWER"
            assert asyncio.get_running_loop().time() < 1

    @virtual_time
    async def test_one_that_still_rings_may_answer(self):
        async with calling() as call:
            dialling = await call.channel.dial("PJSIP/a", timeout=30)
            await deaf(call.asterisk)
            await hearing(call.asterisk)
            await call.asterisk.dialled()[0].answers()
            assert (await dialling.answered()).status == "ANSWER"

    @virtual_time
    async def test_a_partner_who_left_meanwhile_parts_the_talk(self):
        class Talk(Flow):
            async def ringing(self, event: Event) -> str:
                self.dialling = await self.channel.dial("PJSIP/a")
                return (await self.dialling.answered()).status

            async def talking(self, event: Event) -> None:
                await self.dialling.connect()

            async def goodbye(self, event: Event) -> None:
                await asyncio.sleep(3600)

            start = ringing
            table = {
                ringing: {"ANSWER": talking},
                talking: {Other(StasisEnd): goodbye},
                goodbye: {After(7200): goodbye},
            }

        async with FakeAsterisk(Talk) as asterisk:
            call, other = await asterisk.call(), await asterisk.call()
            first, second = asterisk.dialled()
            await first.answers()
            await second.answers()
            await deaf(asterisk)
            vanish(asterisk, first.id)
            await hearing(asterisk)
            assert (call.state, other.state) == ("goodbye", "talking")

    @virtual_time
    async def test_a_caller_who_left_meanwhile_has_ended(self):
        async with calling() as call:
            await deaf(call.asterisk)
            vanish(call.asterisk, "c1")
            assert not call.caller.over
            await hearing(call.asterisk)
            assert call.caller.over and call.channel.gone is not None

    @pytest.mark.parametrize("verb", ["play", "record", "bridge", "create", "originate"])
    def test_what_is_being_created_at_that_moment_lives(self, verb: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                making, release = await being_made(call, verb)
                await deaf(call.asterisk)
                await hearing(call.asterisk)
                release.set()
                made: Any = await making
                await call.asterisk.turn()
                router = call.asterisk.link.router
                key = made._key if hasattr(made, "_key") else ("channel", made.id)
                assert router.claimed(key) is not None
                await call.caller.hangs_up()
            # Whatever was made late was closed with its call.
            assert call.asterisk._bridges == call.asterisk._playbacks == {}
            assert call.asterisk.dialled() == []

        test()


async def being_made(call: Call, verb: str) -> tuple[asyncio.Future[Any], asyncio.Event]:
    """A create that Asterisk has not begun yet, and what lets it."""
    release = asyncio.Event()
    ari = call.asterisk.link.ari
    send = ari.channels._send

    async def slow(request: Request) -> Response:
        if request.method == "POST" and not request.path.startswith("/applications"):
            await release.wait()
        return await send(request)

    ari.channels._send = ari.bridges._send = slow
    channel = call.channel
    work = {
        "play": lambda: channel.play("sound:a"),
        "record": lambda: channel.record("msg"),
        "bridge": channel.bridge,
        "create": lambda: channel.create("PJSIP/a"),
        "originate": lambda: channel.originate("PJSIP/a"),
    }[verb]
    making = asyncio.ensure_future(work())
    await call.asterisk.turn()
    assert not making.done()
    return making, release
