"""Recordings: «done» is believed only when the file is there, and an end is always told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari import Ari
from stasis.ari.resource import Response
from stasis.config import EngineConfig
from stasis.errors import (
    ChannelGone,
    Conflict,
    InvalidRequest,
    NotFound,
    NotRecorded,
    ServerError,
    WaitTimeout,
)
from stasis.owner import Owner
from stasis.recording import StoredRecording
from stasis.router import Router
from stasis.testing.clock import virtual_time
from tests.answers import Answers
from tests.calls import calling


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", b'{"message":"%s"}' % message.encode())


class TestFinished:
    @virtual_time
    async def test_one_that_ended_by_itself_is_stored(self):
        async with calling() as call:
            recording = await call.channel.record("msg", max_silence=3)
            await call.asterisk.finish_recording("msg", duration=7)
            result = await recording.finished()
            assert (result.state, result.duration) == ("done", 7)
            assert (result.talking, result.silence) == (None, None)
            assert result.stored is not None and result.stored.name == "msg"
            assert result.stored.format == "wav"
            assert call.requests[-1] == "GET /recordings/stored/msg"

    @virtual_time
    async def test_one_that_we_stopped_is_stored(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            await recording.stop()
            assert call.requests[-1] == "POST /recordings/live/msg/stop"
            result = await recording.finished()
            assert result.state == "done" and result.stored is not None

    @virtual_time
    async def test_one_that_we_canceled_is_not(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            await recording.cancel()
            assert call.requests[-1] == "DELETE /recordings/live/msg"
            result = await recording.finished()
            assert result.state == "canceled" and result.stored is None
            assert "GET /recordings/stored/msg" not in call.requests

    @virtual_time
    async def test_done_without_a_file_is_an_error_that_says_what_to_check(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            call.asterisk.refuse["GET /recordings/stored"] = refusal(404)
            await call.asterisk.finish_recording()
            with pytest.raises(NotRecorded, match="/var/spool/asterisk/recording"):
                await recording.finished()

    @virtual_time
    async def test_asterisks_own_reason_is_told(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            failed = {"name": "msg", "format": "wav", "state": "failed", "target_uri": "channel:c1"}
            await call.asterisk.event("RecordingFailed", recording={**failed, "cause": "no space"})
            with pytest.raises(NotRecorded, match="no space"):
                await recording.finished()

    @virtual_time
    async def test_or_that_it_gave_none(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            failed = {"name": "msg", "format": "wav", "state": "failed", "target_uri": "channel:c1"}
            await call.asterisk.event("RecordingFailed", recording=failed)
            with pytest.raises(NotRecorded, match="gave no reason"):
                await recording.finished()

    @virtual_time
    async def test_talk_and_silence_are_told(self):
        async with calling() as call:
            recording = await call.channel.record("msg", max_silence=3)
            done = {
                "name": "msg",
                "format": "wav",
                "state": "done",
                "target_uri": "channel:c1",
                "duration": 9,
                "talking_duration": 6,
                "silence_duration": 3,
            }
            call.asterisk._stored.add("msg")
            await call.asterisk.event("RecordingFinished", recording=done)
            result = await recording.finished()
            assert (result.duration, result.talking, result.silence) == (9, 6, 3)

    @virtual_time
    async def test_its_deadline_may_be_now(self):
        async with calling() as call:
            started = await call.channel.record("msg")
            with pytest.raises(WaitTimeout):
                await started.finished(timeout=0)
            assert asyncio.get_running_loop().time() == 0

    @virtual_time
    async def test_it_has_a_deadline(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            with pytest.raises(WaitTimeout, match="end of recording msg"):
                await recording.finished(timeout=5)

    @virtual_time
    async def test_a_caller_who_hangs_up_leaves_what_was_said(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            await call.caller.hangs_up()
            assert (await recording.finished()).state == "done"

    @virtual_time
    async def test_a_channel_that_goes_without_a_word_ends_the_wait(self):
        async with calling() as call:
            recording = await call.channel.record("msg")
            await call.asterisk.event("StasisEnd", call.caller.id)
            with pytest.raises(ChannelGone):
                await recording.finished()


class TestVerbs:
    @pytest.mark.parametrize(
        ("verb", "line"),
        [
            ("pause", "POST /recordings/live/msg/pause"),
            ("unpause", "DELETE /recordings/live/msg/pause"),
            ("mute", "POST /recordings/live/msg/mute"),
            ("unmute", "DELETE /recordings/live/msg/mute"),
        ],
    )
    def test_each_is_one_operation_and_twice_is_fine(self, verb: str, line: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                recording = await call.channel.record("msg")
                await getattr(recording, verb)()
                assert call.requests[-1] == line
                call.asterisk.refuse[line] = refusal(409, "already so")
                await getattr(recording, verb)()

        test()

    @pytest.mark.parametrize("verb", ["stop", "cancel"])
    def test_ending_one_that_has_ended_asks_nobody(self, verb: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                recording = await call.channel.record("msg")
                await call.asterisk.finish_recording()
                call.requests.clear()
                await getattr(recording, verb)()
                assert call.requests == []

        test()

    @pytest.mark.parametrize("verb", ["stop", "cancel"])
    def test_ending_one_that_ends_at_that_moment_is_fine(self, verb: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                recording = await call.channel.record("msg")
                call.asterisk.refuse["POST /recordings/live"] = refusal(404)
                call.asterisk.refuse["DELETE /recordings/live"] = refusal(404)
                await getattr(recording, verb)()

        test()

    @virtual_time
    async def test_stopping_waits_for_the_request_that_starts_it(self):
        async with calling() as call:
            go = asyncio.Event()
            record = call.channel._operations.record

            async def slow(*args: Any, **kwargs: Any) -> Any:
                await go.wait()
                return await record(*args, **kwargs)

            call.channel._operations.record = slow
            starting = asyncio.ensure_future(call.channel.record("msg"))
            await asyncio.sleep(0)
            (close,) = call.owner._resources.values()
            stopping = asyncio.ensure_future(close())
            await call.asterisk.turn()
            assert not stopping.done()
            go.set()
            await stopping
            assert call.requests[-1] == "POST /recordings/live/msg/stop"
            await starting


class TestItsOwner:
    @virtual_time
    async def test_it_ends_with_its_flow_and_is_kept(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.record("talk")
            await call.caller.hangs_up()
            assert call.requests[-2:] == [
                "POST /recordings/live/talk/stop",
                f"DELETE /bridges/{bridge.id}",
            ]

    @virtual_time
    async def test_one_that_was_refused_leaves_nothing_behind(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            call.asterisk._stored.add("msg")
            with pytest.raises(Conflict, match="Recording already exists"):
                await call.channel.record("msg")
            assert call.asterisk.link.router.counts() == before
            assert call.owner.counts()["resources"] == 0

    @virtual_time
    async def test_a_second_one_of_that_name_does_not_disturb_the_first(self):
        async with calling() as first:
            recording = await first.channel.record("msg")
            second = await first.asterisk.call()
            first.requests.clear()
            with pytest.raises(Conflict, match="it is being recorded already"):
                await second.flow.channel.record("msg")
            assert first.requests == []
            await first.asterisk.finish_recording("msg")
            assert (await recording.finished()).state == "done"
            assert first.owner.counts()["resources"] == 0

    @virtual_time
    async def test_after_its_end_the_name_is_free(self):
        async with calling() as call:
            await call.channel.record("msg")
            await call.asterisk.finish_recording("msg")
            call.asterisk._stored.clear()
            recording = await call.channel.record("msg")
            assert repr(recording) == "<LiveRecording msg>"

    @virtual_time
    async def test_a_name_that_could_leave_the_folder_is_refused(self):
        async with calling() as call:
            with pytest.raises(InvalidRequest):
                await call.channel.record("../msg")
            assert call.requests == []


class TestStored:
    @pytest.fixture
    def stored(self, ari: Ari) -> StoredRecording:
        class Nobody:
            def hear(self, event: Any) -> None:
                raise AssertionError

        owner = Owner("o", "ivr", ari, Router(), EngineConfig(), Nobody())
        return StoredRecording(owner, "2026/msg", "wav")

    async def test_it_is_downloaded_as_a_file(self, stored: StoredRecording, answers: Answers):
        answers.given["GET"] = Response(200, "OK", b"RIFF....", "audio/wav")
        assert await stored.download() == b"RIFF...."
        assert answers.requests == ["GET /recordings/stored/2026%2Fmsg/file"]
        assert answers.sent[0].binary

    async def test_it_is_copied(self, stored: StoredRecording, answers: Answers):
        answers.answer("POST", 201, {"name": "new", "format": "wav"})
        copy = await stored.copy("new")
        assert copy.name == "new" and copy.format == "wav"
        assert answers.last["destinationRecordingName"] == "new"

    async def test_to_a_safe_name_only(self, stored: StoredRecording, answers: Answers):
        with pytest.raises(InvalidRequest):
            await stored.copy("../new")
        assert answers.requests == []

    async def test_it_is_deleted_once_or_twice(self, stored: StoredRecording, answers: Answers):
        await stored.delete()
        answers.refuse("DELETE", 404, "Recording not found")
        await stored.delete()
        assert answers.requests == ["DELETE /recordings/stored/2026%2Fmsg"] * 2

    async def test_another_error_is_told(self, stored: StoredRecording, answers: Answers):
        answers.refuse("DELETE", 500, "Delete failed")
        with pytest.raises(ServerError):
            await stored.delete()
        answers.refuse("GET", 404, "Recording not found")
        with pytest.raises(NotFound):
            await stored.download()

    def test_it_is_played_by_its_uri(self, stored: StoredRecording):
        assert stored.media_uri == "recording:2026/msg"
        assert repr(stored) == "<StoredRecording 2026/msg>"
