"""What happened while the socket was lost: what has ended is told, what lives is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from stasis.ari import Ari
from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDestroyed,
    ChannelUserevent,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.ari.resource import Request, Response
from stasis.ari.version import Version
from stasis.census import Census
from stasis.errors import OutcomeUnknown, ServerError, Unreachable
from stasis.fence import Fences
from stasis.flow import Flow
from stasis.resync import ROUNDS, compare, missed
from stasis.router import Claim, Key, Router
from stasis.testing.clock import virtual_time
from stasis.transport.frames import Lost, Opened
from stasis.trigger import After, Other
from tests.answers import Answers
from tests.calls import Call, calling
from tests.fake import FakeAsterisk


class Deaf:
    """Hears nothing."""

    def hear(self, event: Event) -> None:
        raise AssertionError(f"heard {event}")


def claiming(*keys: Key, app: str = "ivr") -> Router:
    """A router with these ids claimed."""
    router = Router()
    for key in keys:
        router.claim(key, Claim(Deaf(), app))
    return router


def living(**parts: Any) -> Census:
    """A census of little."""
    return attrs.evolve(Census.of_nothing(), **parts)


class TestMissed:
    def test_a_playback_that_is_there_no_more_has_finished(self):
        router = claiming(("playback", "over"), ("playback", "plays"))
        census = living(playbacks={"plays": Playback(id="plays", target_uri="", state="playing")})
        (event,) = missed(census, router, router.settled())
        assert isinstance(event, PlaybackFinished) and event.application == "ivr"
        assert (event.playback.id, event.playback.state) == ("over", "done")

    def test_so_has_a_recording(self):
        router = claiming(("recording", "over"), ("recording", "runs"))
        runs = LiveRecording(name="runs", target_uri="", state="recording")
        (event,) = missed(living(recordings={"runs": runs}), router, router.settled())
        assert isinstance(event, RecordingFinished) and event.application == "ivr"
        assert (event.recording.name, event.recording.state) == ("over", "done")

    def test_a_bridge_is_destroyed_and_one_that_stands_stays(self):
        router = claiming(("bridge", "over"), ("bridge", "stands"))
        bridges = {id: Bridge(id=id) for id in ("stands", "strange")}
        (event,) = missed(living(bridges=bridges), router, router.settled())
        assert isinstance(event, BridgeDestroyed) and event.bridge.id == "over"

    def test_a_channel_has_left_and_is_gone(self):
        router = claiming(("channel", "over"), ("channel", "talks"))
        channels = {id: Snapshot(id=id) for id in ("talks", "strange")}
        left, gone = missed(living(channels=channels), router, router.settled())
        assert isinstance(left, StasisEnd) and isinstance(gone, ChannelDestroyed)
        assert left.channel.id == gone.channel.id == "over"
        assert left.application == gone.application == "ivr"

    def test_media_end_first_and_channels_last(self):
        router = claiming(("channel", "c"), ("bridge", "b"), ("recording", "r"), ("playback", "p"))
        told = [event.type for event in missed(living(), router, router.settled())]
        assert set(told[:2]) == {"PlaybackFinished", "RecordingFinished"}
        assert told.index("StasisEnd") < told.index("ChannelDestroyed")
        assert set(told[2:]) == {"BridgeDestroyed", "StasisEnd", "ChannelDestroyed"}

    def test_each_is_told_to_the_application_that_claimed_it(self):
        router = claiming(("channel", "c1"))
        router.claim(("channel", "c2"), Claim(Deaf(), "queue"))
        events = missed(living(), router, router.settled())
        told = [(event.channel.id, event.application) for event in events]  # type: ignore[attr-defined]
        assert told == [("c1", "ivr")] * 2 + [("c2", "queue")] * 2

    @pytest.mark.parametrize("kind", ["channel", "bridge", "playback", "recording"])
    def test_what_is_only_being_created_is_not_missed(self, kind: str):
        router = claiming((kind, "new"))
        router.hold((kind, "new"))
        assert missed(living(), router, router.settled()) == []

    @pytest.mark.parametrize("kind", ["channel", "bridge", "playback", "recording"])
    def test_nor_what_nobody_claims_any_more(self, kind: str):
        assert missed(living(), Router(), [(kind, "released")]) == []

    @pytest.mark.parametrize("kind", ["endpoint", "device"])
    def test_phones_and_devices_do_not_end(self, kind: str):
        router = claiming((kind, "x"))
        assert missed(living(), router, router.settled()) == []


class Server(Answers):
    """A server of a few words that sends fences back.

    echoes: whether it does. on_fence: what else happens then. told: the events that are missed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ari = Ari(self, Version(22, 10, 1))
        self.fences = Fences(self.ari)
        self.echoes = True
        self.on_fence: Callable[[], object] = lambda: None
        self.told: list[Event] = []
        for line in ("GET /channels", "GET /bridges"):
            self.answer(line, 200, [])
        self.answer("GET /applications", 200, {"name": "ivr"})
        self.answer("POST /applications", 200, {"name": "ivr"})

    async def __call__(self, request: Request) -> Response:
        answer = await super().__call__(request)
        if request.path.startswith("/events/user/") and self.echoes:
            self.on_fence()
            name = request.path.rpartition("/")[2]
            self.fences.came(ChannelUserevent(application="ivr", eventname=name))
        return answer

    async def compare(self, router: Router, seconds: float = 5.0) -> Census:
        """Compare what lives with all that is claimed."""
        apps = ["ivr"]
        known = router.settled()
        return await compare(self.ari, router, self.fences, apps, self.told.append, seconds, known)


class TestCompare:
    async def test_it_tells_what_was_missed_and_returns_what_lives(self):
        server = Server()
        server.answer("GET /channels", 200, [{"id": "talks"}])
        server.refuse("GET /playbacks/over", 404, "Playback not found")
        server.refuse("GET /recordings/live/over", 404, "Recording not found")
        router = claiming(("channel", "talks"), ("playback", "over"), ("recording", "over"))
        census = await server.compare(router)
        assert {event.type for event in server.told} == {"PlaybackFinished", "RecordingFinished"}
        assert list(census.channels) == ["talks"]

    async def test_a_bridge_that_stands_is_subscribed_to_again_and_one_that_is_gone_is_not(self):
        server = Server()
        server.answer("GET /bridges", 200, [{"id": "stands"}, {"id": "strange"}])
        await server.compare(claiming(("bridge", "over"), ("bridge", "stands")))
        (sent,) = (r for r in server.sent if r.path == "/applications/ivr/subscription")
        assert dict(sent.query)["eventSource"] == "bridge:stands"
        assert [event.bridge.id for event in server.told] == ["over"]  # type: ignore[attr-defined]

    async def test_one_that_goes_at_that_moment_keeps_no_other_from_it(self):
        server = Server()
        server.answer("GET /bridges", 200, [{"id": "a"}, {"id": "b"}])
        server.refuse("POST /applications", 422, "event source does not exist")
        await server.compare(claiming(("bridge", "a"), ("bridge", "b")))
        lines = [line for line in server.requests if line.startswith("POST /applications")]
        assert len(lines) == 2

    @pytest.mark.parametrize("kind", ["channel", "bridge"])
    async def test_what_is_claimed_while_asterisk_answers_is_not_missed(self, kind: str):
        server = Server()
        router = claiming((kind, "old"))
        server.answer(f"GET /{kind}s", 200, [{"id": "old"}])
        server.on_fence = lambda: router.claim((kind, "new"), Claim(Deaf(), "ivr"))
        await server.compare(router)
        assert server.told == [] and router.claimed((kind, "new")) is not None

    async def test_what_an_event_told_of_meanwhile_is_asked_for_once_more(self):
        server = Server()
        router = claiming(("channel", "c"))
        server.on_fence = in_turn(
            lambda: router.dispatch(StasisEnd(application="other", channel=Snapshot(id="c"))),
            lambda: None,
        )
        await server.compare(router)
        assert server.requests.count("GET /channels") == 2
        assert [event.type for event in server.told] == ["StasisEnd", "ChannelDestroyed"]

    async def test_what_was_released_then_is_not(self):
        server = Server()
        router = claiming(("channel", "c"))

        def ends() -> None:
            router.dispatch(StasisEnd(application="other", channel=Snapshot(id="c")))
            router.release(("channel", "c"))

        server.on_fence = ends
        await server.compare(router)
        assert server.requests.count("GET /channels") == 1 and server.told == []

    async def test_what_events_never_cease_to_tell_of_is_left_to_them(self):
        server = Server()
        router = claiming(("channel", "c"))
        event = StasisEnd(application="other", channel=Snapshot(id="c"))
        server.on_fence = lambda: router.dispatch(event)
        await server.compare(router)
        assert server.requests.count("GET /channels") == ROUNDS and server.told == []

    async def test_with_nothing_claimed_it_only_looks_what_lives(self):
        server = Server()
        server.answer("GET /channels", 200, [{"id": "strange"}])
        census = await server.compare(Router())
        assert list(census.channels) == ["strange"] and server.told == []
        asked = [line for line in server.requests if not line.startswith("POST /events/user/")]
        assert sorted(asked) == ["GET /applications/ivr", "GET /bridges", "GET /channels"]

    async def test_an_answer_that_says_nothing_ends_nothing(self):
        server = Server()
        for error in (Unreachable("GET", "/x", "down"), OutcomeUnknown("GET", "/x", "late")):
            server.given["GET /playbacks"] = error
            with pytest.raises(type(error)):
                await server.compare(claiming(("playback", "p"), ("channel", "c")))
        server.refuse("GET /playbacks", 500)
        with pytest.raises(ServerError):
            await server.compare(claiming(("playback", "p"), ("channel", "c")))
        assert server.told == []

    @virtual_time
    async def test_nor_does_one_whose_fence_does_not_come_back(self):
        server = Server()
        server.echoes = False
        with pytest.raises(OutcomeUnknown, match="did not come back in 5 s"):
            await server.compare(claiming(("channel", "c")))
        assert server.told == [] and asyncio.get_running_loop().time() == pytest.approx(5)


def in_turn(*steps: Callable[[], object]) -> Callable[[], object]:
    """One step a call."""
    left = iter(steps)
    return lambda: next(left)()


async def deaf(asterisk: FakeAsterisk) -> None:
    """The socket is lost."""
    asterisk._queue.put_nowait(Lost("cut", 1.0))
    await asterisk.turn()


async def hearing(asterisk: FakeAsterisk) -> None:
    """And comes back."""
    asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
    await asterisk.turn()
    assert asterisk.link.state.value == "ready"


@contextmanager
def unheard(asterisk: FakeAsterisk) -> Iterator[None]:
    """What happens within it is told to nobody."""
    tell = asterisk._tell
    asterisk._tell = lambda kind, **fields: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        asterisk._tell = tell  # type: ignore[method-assign]


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
    async def test_a_phone_that_was_answered_meanwhile_is_an_outcome_too(self):
        async with calling() as call:
            dialling = await call.channel.dial("PJSIP/a", timeout=30)
            await deaf(call.asterisk)
            with unheard(call.asterisk):
                await call.asterisk.dialled()[0].answers()
            await hearing(call.asterisk)
            assert (await dialling.answered()).status == "ANSWER"
            assert asyncio.get_running_loop().time() < 1

    @virtual_time
    async def test_a_made_channel_that_entered_meanwhile_has_entered(self):
        async with calling() as call:
            another = await call.channel.originate("PJSIP/a")
            await deaf(call.asterisk)
            with unheard(call.asterisk):
                await call.asterisk.answered(another.id)
            await hearing(call.asterisk)
            await another.entered()
            assert another.state == "Up" and another.gone is None

    @virtual_time
    async def test_a_playback_that_began_meanwhile_has_begun(self):
        async with calling() as call:
            await deaf(call.asterisk)
            with unheard(call.asterisk):
                playback = await call.channel.play("sound:a")
            call.asterisk._playbacks[playback.id]["state"] = "playing"
            assert not playback.started
            await hearing(call.asterisk)
            assert playback.started

    @virtual_time
    async def test_who_entered_a_bridge_meanwhile_is_inside(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await deaf(call.asterisk)
            call.asterisk._bridges[bridge.id]["channels"].append(call.channel.id)
            await hearing(call.asterisk)
            assert list(bridge.channels) == [call.channel.id]
            assert call.channel.bridge_id == bridge.id

    @virtual_time
    async def test_who_left_one_meanwhile_is_outside_and_who_stayed_is_told_nothing(self):
        async with calling() as call:
            bridge, other = await call.channel.bridge(), await call.channel.bridge()
            await bridge.add(call.channel)
            emptied = asyncio.ensure_future(bridge.emptied())
            await deaf(call.asterisk)
            await hearing(call.asterisk)
            assert not emptied.done() and call.channel.bridge_id == bridge.id
            await deaf(call.asterisk)
            call.asterisk._bridges[bridge.id]["channels"].clear()
            call.asterisk._bridges[other.id]["channels"].append(call.channel.id)
            await hearing(call.asterisk)
            await emptied
            assert call.channel.bridge_id == other.id and list(bridge.channels) == []

    @virtual_time
    async def test_a_caller_whom_somebody_sent_on_meanwhile_has_left(self):
        async with calling() as call:
            await deaf(call.asterisk)
            call.asterisk._channels["c1"]["dialplan"] |= {"app_name": "Playback", "app_data": "x"}
            await hearing(call.asterisk)
            assert call.caller.over and call.channel.gone is not None
            assert call.channel.gone.reason == "left Stasis"

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
