"""A playback: how it ends is always told, and stopping it is always fine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari.resource import Response
from stasis.errors import ChannelGone, Conflict, NotPlayed, ServerError, WaitTimeout
from stasis.playback import PlaybackResult
from stasis.testing.clock import virtual_time
from tests.calls import calling


class TestFinished:
    @virtual_time
    async def test_one_that_was_heard_out_is_done(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.asterisk.finish()
            result = await playback.finished()
            assert result == PlaybackResult("done", "sound:hello-world", playback.id)
            assert result.check() is result

    @virtual_time
    async def test_one_that_could_not_be_played_has_failed(self):
        async with calling() as call:
            playback = await call.channel.play("sound:nix")
            await call.asterisk.finish("failed")
            result = await playback.finished()
            assert result.state == "failed"
            with pytest.raises(NotPlayed, match="sound:nix"):
                result.check()

    @virtual_time
    async def test_one_that_we_stopped_is_stopped(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await playback.stop()
            assert (await playback.finished()).state == "stopped"
            assert call.requests[-1] == f"DELETE /playbacks/{playback.id}"

    @virtual_time
    async def test_it_may_be_awaited_before_and_after_its_end_and_again(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            waiting = asyncio.ensure_future(playback.finished())
            await call.asterisk.finish()
            assert (await waiting) == (await playback.finished()) == (await playback.finished())

    @virtual_time
    async def test_its_deadline_may_be_now(self):
        async with calling() as call:
            started = await call.channel.play("sound:hello-world")
            with pytest.raises(WaitTimeout):
                await started.finished(timeout=0)
            assert asyncio.get_running_loop().time() == 0

    @virtual_time
    async def test_it_has_a_deadline(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            with pytest.raises(WaitTimeout, match=f"end of playback {playback.id}"):
                await playback.finished(timeout=5)

    @virtual_time
    async def test_without_its_own_it_is_the_longest(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            with pytest.raises(WaitTimeout):
                await playback.finished()
            assert asyncio.get_running_loop().time() == pytest.approx(3600, abs=1)

    @virtual_time
    async def test_a_caller_who_hangs_up_is_gone_and_no_missing_sound(self):
        # Asterisk fails what plays a moment before it says that the channel left.
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.caller.hangs_up()
            with pytest.raises(ChannelGone):
                await playback.finished()

    @virtual_time
    async def test_so_is_one_whose_playback_says_nothing(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.asterisk.event("StasisEnd", call.caller.id)
            with pytest.raises(ChannelGone, match="left Stasis"):
                await playback.finished()


class TestStop:
    @virtual_time
    async def test_one_that_has_ended_is_stopped_without_asking(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.asterisk.finish()
            call.requests.clear()
            await playback.stop()
            assert call.requests == []

    @virtual_time
    async def test_one_that_ends_at_that_moment_is_fine(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            call.asterisk.refuse["DELETE /playbacks"] = Response(404, "", b'{"message":"no"}')
            await playback.stop()

    @virtual_time
    async def test_what_asterisk_cannot_stop_is_told(self):
        async with calling() as call:
            playback = await call.channel.play("number:42")
            call.asterisk.refuse["DELETE /playbacks"] = Response(500, "", b'{"message":"no"}')
            with pytest.raises(ServerError):
                await playback.stop()
            call.asterisk.refuse.clear()

    @virtual_time
    async def test_one_whose_request_is_under_way_is_stopped_after_it(self):
        async with calling() as call:
            order: list[str] = []
            go = asyncio.Event()
            play = call.channel._operations.play_with_id

            async def slow(*args: Any, **kwargs: Any) -> Any:
                await go.wait()
                order.append("played")
                return await play(*args, **kwargs)

            call.channel._operations.play_with_id = slow
            playing = asyncio.ensure_future(call.channel.play("sound:hello-world"))
            await asyncio.sleep(0)
            (playback,) = call.owner.media.values()
            stopping = asyncio.ensure_future(playback.stop())
            await call.asterisk.turn()
            assert order == [] and not stopping.done()
            go.set()
            await stopping
            assert call.requests[-1] == f"DELETE /playbacks/{playback.id}"
            await playing


class TestControl:
    @pytest.mark.parametrize("operation", ["pause", "unpause", "restart", "forward", "reverse"])
    def test_each_verb_is_one_operation(self, operation: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                playback = await call.channel.play("sound:hello-world")
                await getattr(playback, operation)()
                assert call.requests[-1] == f"POST /playbacks/{playback.id}/control"
                assert call.parameters() == {"operation": operation}

        test()

    @virtual_time
    async def test_one_that_is_queued_still_is_a_conflict(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            call.asterisk.refuse["POST /playbacks"] = Response(409, "", b'{"message":"queued"}')
            with pytest.raises(Conflict):
                await playback.pause()


class TestItsOwner:
    @virtual_time
    async def test_it_knows_when_it_has_started(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.asterisk.turn()
            assert playback.started

    @virtual_time
    async def test_its_id_is_ours_and_chosen_before_it_is_sent(self):
        async with calling() as call:
            playback = await call.channel.play("sound:a", "sound:b")
            assert playback.id.startswith("playback-")
            assert call.requests == [f"POST /channels/c1/play/{playback.id}"]
            assert playback.media == ("sound:a", "sound:b")
            assert repr(playback) == f"<Playback {playback.id} sound:a sound:b>"

    @virtual_time
    async def test_one_that_was_refused_leaves_nothing_behind(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            call.asterisk.refuse["POST /channels/c1/play"] = Response(
                412, "", b'{"message":"not answered"}'
            )
            for _ in range(3):
                with pytest.raises(Exception, match="answer the channel first"):
                    await call.channel.play("sound:hello-world")
            assert call.asterisk.link.router.counts() == before
            assert call.owner.counts()["media"] == 0

    @virtual_time
    async def test_leaving_its_state_stops_it_and_drops_its_late_events(self):
        async with calling() as call:
            playback = await call.channel.play("sound:hello-world")
            await call.owner.stop_media()
            assert call.requests[-1] == f"DELETE /playbacks/{playback.id}"
            assert call.asterisk.link.router.claimed(("playback", playback.id)) is None
            assert (await playback.finished()).state == "stopped"
