"""What can be played to and recorded from: the parameters, and that ids are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event, PlaybackStarted
from stasis.errors import InvalidRequest, OutcomeUnknown
from stasis.flow import Flow
from stasis.insist import TRIES
from stasis.target import Target
from stasis.testing.clock import virtual_time
from stasis.trigger import After
from tests.answers import Answers
from tests.calls import calling, lose_answers, lose_requests
from tests.fake import FakeAsterisk


class TestPlay:
    @virtual_time
    async def test_its_parameters_go_to_asterisk_by_their_names(self):
        async with calling() as call:
            await call.channel.play("sound:a", "digits:12", language="de", offset=500, skip=1000)
            assert call.parameters() == {
                "media": "sound:a,digits:12",
                "lang": "de",
                "offsetms": "500",
                "skipms": "1000",
            }

    @virtual_time
    async def test_a_medium_with_a_comma_is_one_medium(self):
        async with calling() as call:
            await call.channel.play("tone:400/500,0/500", "sound:b")
            assert call.parameters()["media"] == ["tone:400/500,0/500", "sound:b"]

    @virtual_time
    async def test_what_asterisk_would_never_finish_is_not_sent(self):
        async with calling() as call:
            with pytest.raises(InvalidRequest, match="scheme"):
                await call.channel.play("sound:fine", "hello-world")
            with pytest.raises(InvalidRequest, match="list is empty"):
                await call.channel.play()
            assert call.requests == [] and call.owner.counts()["media"] == 0

    @virtual_time
    async def test_its_first_event_may_overtake_the_answer(self):
        async with calling() as call:
            # The fake tells PlaybackStarted before it answers, as Asterisk may.
            playback = await call.channel.play("sound:a")
            await call.asterisk.turn()
            assert playback.started

    @virtual_time
    async def test_but_not_the_flows_own_code(self):
        heard: list[str] = []

        class Playing(Flow):
            async def menu(self, event: Event) -> None:
                self.playback = await self.channel.play("sound:a")
                await asyncio.sleep(3600)

            async def started(self, event: Event) -> None:
                heard.append(self.playback.id)

            start = menu
            table = {menu: {PlaybackStarted: started}}

        async with FakeAsterisk(Playing) as asterisk:
            await asterisk.call()
        assert len(heard) == 1 and heard[0].startswith("playback-")

    @virtual_time
    async def test_a_bridge_plays_to_all_inside(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            playback = await bridge.play("sound:a")
            assert call.requests[-1] == f"POST /bridges/{bridge.id}/play/{playback.id}"


class TestRecord:
    @virtual_time
    async def test_its_parameters_go_to_asterisk_by_their_names(self):
        async with calling() as call:
            await call.channel.record(
                "2026/msg",
                format="gsm",
                max_duration=60,
                max_silence=3,
                if_exists="overwrite",
                beep=True,
                terminate_on="#",
            )
            assert call.requests[-1] == "POST /channels/c1/record"
            assert call.parameters() == {
                "name": "2026/msg",
                "format": "gsm",
                "maxDurationSeconds": "60",
                "maxSilenceSeconds": "3",
                "ifExists": "overwrite",
                "beep": "true",
                "terminateOn": "#",
            }

    @virtual_time
    async def test_a_bridge_is_recorded_as_a_whole(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            recording = await bridge.record("talk")
            assert call.requests[-1] == f"POST /bridges/{bridge.id}/record"
            await recording.stop()
            assert (await recording.finished()).state == "done"


class TestALostAnswer:
    """It may be there all the same, and is stopped as if it were."""

    @virtual_time
    async def test_what_may_play_is_stopped_with_its_state(self):
        class Menu(Flow):
            async def menu(self, event: Event) -> None:
                try:
                    await self.channel.play("sound:a")
                except OutcomeUnknown:
                    await asyncio.sleep(3600)

            async def quiet(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelDtmfReceived: quiet}, quiet: {After(60): quiet}}

        async with FakeAsterisk(Menu) as asterisk:
            lose_answers(asterisk, "POST /channels/c1/play")
            call = await asterisk.call()
            assert await asterisk.plays() == ["sound:a"]
            await call.digit("1")
            assert await asterisk.plays() == []

    @pytest.mark.parametrize("lost", [1, TRIES - 1])
    @virtual_time
    async def test_what_has_not_arrived_plays_all_the_same(self, lost: int):
        async with calling() as call:
            sent = lose_requests(call.asterisk, "POST /channels/c1/play", lost)
            playback = await call.channel.play("sound:a")
            assert len(sent) == lost + 1 and set(sent) == {sent[0]}  # by the same id
            assert await call.asterisk.plays() == ["sound:a"] and sent[0].endswith(playback.id)

    @virtual_time
    async def test_what_may_record_is_stopped_with_its_flow_and_kept(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            lose_answers(call.asterisk, f"POST /bridges/{bridge.id}/record")
            with pytest.raises(OutcomeUnknown):
                await bridge.record("msg")
            assert list(call.asterisk._recordings) == ["msg"]
            await call.caller.hangs_up()
            assert "POST /recordings/live/msg/stop" in call.requests
            assert call.asterisk._recordings == {} and call.asterisk._stored == {"msg"}


class TestMusic:
    @virtual_time
    async def test_it_starts_and_stops(self):
        async with calling() as call:
            await call.channel.start_moh("jazz")
            assert call.requests[-1] == "POST /channels/c1/moh"
            assert call.parameters() == {"mohClass": "jazz"}
            await call.channel.stop_moh()
            assert call.requests[-1] == "DELETE /channels/c1/moh"

    @virtual_time
    async def test_in_a_bridge_too(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.start_moh()
            assert call.requests[-1] == f"POST /bridges/{bridge.id}/moh" and call.parameters() == {}
            await bridge.stop_moh()
            assert call.requests[-1] == f"DELETE /bridges/{bridge.id}/moh"


class TestItsMedia:
    @virtual_time
    async def test_ended_ones_are_forgotten_in_a_long_call(self):
        async with calling() as call:
            for _ in range(50):
                await call.channel.play("sound:a")
                await call.asterisk.finish()
            assert len(call.channel._media) <= 2

    def test_a_target_of_no_kind_is_not_about_to_go(self, answers: Answers):
        class Plain(Target):
            async def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
                return await work

        assert not Plain(None, None).leaving  # type: ignore[arg-type]

    def test_a_target_says_how_its_commands_are_run(self):
        with pytest.raises(TypeError, match="_run"):
            Target(None, None)  # type: ignore[abstract, arg-type]
