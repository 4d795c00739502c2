"""Every verb of every handle, on the real server: it does what it says there, not only in a fake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stasis import (
    Application,
    Bridge,
    Channel,
    ChannelGone,
    ChannelTalkingStarted,
    ChannelVarset,
    Conflict,
    DeviceState,
    DeviceStateChanged,
    Endpoint,
    Event,
    Flow,
    Forbidden,
    InvalidParameter,
    InvalidRequest,
    InvalidState,
    NotFound,
    NotRecorded,
    NotSupported,
    Other,
    PlaybackFinished,
    RecordingStarted,
    Sound,
    StasisEnd,
    StasisStart,
    Unprocessable,
)
from tests.asterisk.servers import Callers, Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

Work = Callable[[Channel], Awaitable[None]]


async def with_call(server: Server, callers: Callers, work: Work, **flows: object) -> None:
    """Run some work as the flow of one call; its failure is the test's."""
    failed: list[BaseException] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        await callers.present.wait()
        try:
            await work(channel)
        except ChannelGone as gone:
            if gone.channel_id != channel.id:
                failed.append(gone)
            raise  # the own channel's is how a flow ends whose call was moved
        except BaseException as error:
            failed.append(error)
            raise

    async with server.link({"work": flow, "caller": callers.caller, **flows}) as link:  # type: ignore[dict-item]
        await callers.call(link, "work")
        await link.idle()
        assert await server.channels(link) == []
        assert await server.bridges(link) == []
    if failed:
        raise failed[0]


async def test_states_of_a_channel_that_only_rings(server: Server, callers: Callers) -> None:
    """Ring, stop ringing, then answer; a channel that is Down takes no media yet."""
    seen: list[str] = []

    async def flow(channel: Channel) -> None:
        down = await channel.create("Local/answer@default/n")
        with pytest.raises(InvalidState, match="answer the channel first"):
            await down.play("sound:beep")
        await channel.ring()
        await channel.ring_stop()
        if server.lab.version == "22":
            await channel.progress()
        else:
            with pytest.raises(NotSupported, match="22.6"):
                await channel.progress()
        await channel.answer()
        await channel.answer()
        await callers.present.wait()
        seen.append((await channel.get()).state)

    async with server.link({"rings": flow, "caller": callers.caller}) as link:
        await callers.call(link, "rings")
        await link.idle()
    assert seen == ["Up"]


async def test_mute_hold_music_and_silence(server: Server, callers: Callers) -> None:
    """Each toggles and toggles back, twice as well as once."""

    async def work(channel: Channel) -> None:
        for _ in range(2):
            await channel.mute("in")
            await channel.unmute("in")
            await channel.mute()
            await channel.unmute()
            await channel.hold()
            await channel.unhold()
            await channel.start_moh()
            await channel.stop_moh()
            await channel.start_silence()
            await channel.stop_silence()

    await with_call(server, callers, work)


async def test_digits_that_we_send_are_checked(server: Server, callers: Callers) -> None:
    """Asterisk would take anything; we do not."""

    async def work(channel: Channel) -> None:
        for bad in ("", "12x", "1 2", "1,2"):
            with pytest.raises(InvalidRequest, match="no digits"):
                await channel.send_dtmf(bad)
        await channel.send_dtmf("12#", duration=80, between=40)

    await with_call(server, callers, work)


async def test_a_playback_can_be_driven(server: Server, callers: Callers) -> None:
    """Pause, go on, restart, skip and stop; a second playback waits its turn."""

    async def work(channel: Channel) -> None:
        playback = await channel.play("sound:demo-instruct", "sound:beep", skip=500)
        queued = await channel.play("sound:beep")
        with pytest.raises(Conflict):
            await queued.pause()
        async with asyncio.timeout(10):
            while not playback.started:
                await asyncio.sleep(0.01)
        await playback.pause()
        await playback.unpause()
        await playback.forward()
        await playback.reverse()
        await playback.restart()
        await playback.stop()
        assert (await playback.finished(5)).state == "stopped"
        assert (await queued.finished(5)).state == "done"
        await playback.stop()

    await with_call(server, callers, work)


async def test_media_without_a_known_scheme_is_refused_here(
    server: Server, callers: Callers
) -> None:
    """Asterisk would start it and never tell its end."""

    async def work(channel: Channel) -> None:
        for bad in ("hello", "mp3:x", "sound:", "sound:../../etc/passwd", "recording:../x"):
            with pytest.raises(InvalidRequest):
                await channel.play(bad)
        spoken = await channel.play("digits:12", "tone:ring;tonezone=de")
        await asyncio.sleep(2)
        await spoken.stop()
        await spoken.finished(10)

    await with_call(server, callers, work)


async def test_a_recording_lives_and_is_stored(server: Server, callers: Callers) -> None:
    """Pause, mute, stop; then copy, download and delete what was stored."""

    async def work(channel: Channel) -> None:
        await channel.start_silence()
        started = channel._owner.expect(("recording", "handles/one"), RecordingStarted)
        recording = await channel.record("handles/one", if_exists="overwrite")
        await started.within(10)
        await recording.pause()
        await recording.pause()
        await recording.unpause()
        await recording.mute()
        await recording.unmute()
        await asyncio.sleep(0.3)
        await recording.stop()
        result = await recording.finished(5)
        assert result.state == "done" and result.stored is not None
        assert (result.talking, result.silence) == (None, None)
        with pytest.raises(Conflict):
            await channel.record("handles/one")
        copy = await result.stored.copy("handles/two")
        assert (await copy.download())[:4] == b"RIFF"
        with pytest.raises(Conflict):
            await result.stored.copy("handles/two")
        for stored in (copy, copy, result.stored):
            await stored.delete()
        with pytest.raises(NotFound):
            await copy.download()

    await with_call(server, callers, work)


async def test_a_canceled_recording_keeps_nothing(server: Server, callers: Callers) -> None:
    """Cancel tells so, and no file is there."""

    async def work(channel: Channel) -> None:
        recording = await channel.record("handles/cancel", if_exists="overwrite")
        await asyncio.sleep(0.3)
        await recording.cancel()
        assert (await recording.finished(5)).state == "canceled"
        with pytest.raises(NotFound):
            await channel._owner.ari.recordings.get_stored("handles/cancel")

    await with_call(server, callers, work)


async def test_an_unknown_format_is_unprocessable(server: Server, callers: Callers) -> None:
    """And nothing of it is left to be closed."""

    async def work(channel: Channel) -> None:
        with pytest.raises(Unprocessable):
            await channel.record("handles/odd", format="nosuch")

    await with_call(server, callers, work)


async def test_a_recording_that_could_not_be_stored_fails(server: Server, callers: Callers) -> None:
    """Asterisk says «done» when it could not open the file; we look, and say what it was."""
    folder = server.lab.recordings / "handles-blocked.wav"
    folder.mkdir(exist_ok=True)

    async def work(channel: Channel) -> None:
        recording = await channel.record("handles-blocked", if_exists="overwrite")
        await asyncio.sleep(0.3)
        await recording.stop()
        with pytest.raises(NotRecorded):
            await recording.finished(5)

    try:
        await with_call(server, callers, work)
    finally:
        folder.rmdir()


async def test_a_bridge_plays_records_and_tells_who_is_inside(
    server: Server, callers: Callers
) -> None:
    """Two channels in a bridge: everything a bridge can do, then out again."""

    async def work(channel: Channel) -> None:
        desk = await channel.originate("Local/tone@default/n")
        await desk.entered(10)
        bridge = await channel.bridge(name="handles")
        await bridge.add(channel, desk)
        assert set(bridge.channels) == {channel.id, desk.id}
        assert channel.bridge_id == bridge.id
        assert set((await bridge.get()).channels) == {channel.id, desk.id}
        playback = await bridge.play("sound:beep")
        assert (await playback.finished(10)).state == "done"
        recording = await bridge.record("handles/bridge", if_exists="overwrite")
        await asyncio.sleep(0.5)
        await recording.stop()
        result = await recording.finished(5)
        assert result.stored is not None
        await result.stored.delete()
        await bridge.start_moh()
        await bridge.stop_moh()
        await bridge.set_video_source(desk)
        await bridge.clear_video_source()
        with pytest.raises(Conflict):
            await channel.record("handles/inside")
            raise Conflict("", "", 409, "22 takes it and fails later")
        await bridge.remove(channel)
        await bridge.remove(channel)
        assert set(bridge.channels) == {desk.id}
        await desk.hangup()
        await bridge.emptied(5)
        await bridge.destroy()
        await bridge.destroy()
        async with asyncio.timeout(5):
            # Asterisk answers a moment before the bridge is gone.
            while bridge.id in {each.id for each in await channel._owner.ari.bridges.list()}:
                await asyncio.sleep(0.01)
        with pytest.raises(NotFound):
            await bridge.get()

    await with_call(server, callers, work)


async def test_a_bridge_of_an_unknown_type_leaves_nothing(server: Server, callers: Callers) -> None:
    """The error is Asterisk's; no claim of ours stays."""

    async def work(channel: Channel) -> None:
        try:
            bridge = await channel.bridge("nosuch")
        except Exception:
            return
        await bridge.destroy()

    await with_call(server, callers, work)


async def test_adding_a_channel_that_has_gone_is_channel_gone(
    server: Server, callers: Callers
) -> None:
    """And names which of them."""

    async def work(channel: Channel) -> None:
        desk = await channel.originate("Local/answer@default/n")
        await desk.entered(10)
        bridge = await channel.bridge()
        await desk.hangup()
        await desk.ended(5)
        with pytest.raises(ChannelGone) as raised:
            await bridge.add(channel, desk)
        assert raised.value.channel_id == desk.id

    await with_call(server, callers, work)


async def test_snooping_hears_the_call(server: Server, callers: Callers) -> None:
    """A snoop channel can be recorded while the call is bridged."""

    async def work(channel: Channel) -> None:
        desk = await channel.originate("Local/tone@default/n")
        await desk.entered(10)
        bridge = await channel.bridge()
        await bridge.add(channel, desk)
        snoop = await channel.snoop(spy="both")
        recording = await snoop.record("handles/snoop", if_exists="overwrite")
        live = server.lab.recordings / "handles" / "snoop.wav"
        async with asyncio.timeout(10):
            while not live.exists() or live.stat().st_size <= 8000:
                await asyncio.sleep(0.05)
        await recording.stop()
        result = await recording.finished(5)
        assert result.stored is not None
        assert len(await result.stored.download()) > 8000
        await result.stored.delete()

    await with_call(server, callers, work)


async def test_create_then_dial_tells_each_step(server: Server, callers: Callers) -> None:
    """A created channel is Down until it is rung out; then Dial events tell how it goes."""

    async def work(channel: Channel) -> None:
        desk = await channel.create("Local/answer@default/n")
        assert desk.state == "Down"
        await desk.ring_out(10)
        async with asyncio.timeout(10):
            while desk.state != "Up":
                await asyncio.sleep(0.05)
        with pytest.raises(Conflict):
            await desk.ring_out(10)

    await with_call(server, callers, work)


async def test_external_media_tells_where_to_send(server: Server, callers: Callers) -> None:
    """RTP to another program: the channel says which port of Asterisk's to send to."""

    async def work(channel: Channel) -> None:
        media = await channel.external_media("127.0.0.1:40000", "ulaw")
        assert int(await media.get_variable("UNICASTRTP_LOCAL_PORT") or 0) > 0
        with pytest.raises(InvalidParameter):
            await channel.external_media("no port", "ulaw")

    await with_call(server, callers, work)


async def test_rtp_statistics_are_of_rtp_channels_only(server: Server, callers: Callers) -> None:
    """A Local channel has none, and the error says so."""

    async def work(channel: Channel) -> None:
        with pytest.raises(Forbidden):
            await channel.rtp_statistics()

    await with_call(server, callers, work)


async def test_a_redirect_to_another_technology_is_refused(
    server: Server, callers: Callers
) -> None:
    """Asterisk compares technologies; nothing happens to the call."""

    async def work(channel: Channel) -> None:
        with pytest.raises(Unprocessable):
            await channel.redirect("PJSIP/alice")
        assert channel.gone is None

    await with_call(server, callers, work)


async def test_moving_to_another_application_hands_the_call_over(
    server: Server, callers: Callers
) -> None:
    """The first flow ends with ChannelGone, the second starts with its arguments."""
    arrived: list[tuple[str, ...]] = []

    async def second(channel: Channel) -> None:
        arrived.append(channel.args)

    async def work(channel: Channel) -> None:
        await channel.move("second", "a,b")
        await channel.ended(5)

    await with_call(server, callers, work, second=second)
    assert arrived == [("a", "b")]


async def test_continuing_in_the_dialplan_and_coming_back_is_a_new_call(
    server: Server, callers: Callers
) -> None:
    """The dialplan brings the same channel back: a second flow runs it."""
    arrived: list[str] = []

    async def back(channel: Channel) -> None:
        arrived.append(channel.id)

    async def work(channel: Channel) -> None:
        arrived.append(channel.id)
        await channel.continue_in_dialplan("default", "stasis-back", 1)
        await channel.ended(5)

    await with_call(server, callers, work, back=back)
    assert len(arrived) == 2
    assert arrived[0] == arrived[1]


async def test_an_unknown_label_is_not_found_and_the_call_stays(
    server: Server, callers: Callers
) -> None:
    """NotFound of a label is not ChannelGone."""

    async def work(channel: Channel) -> None:
        with pytest.raises(NotFound):
            await channel.continue_in_dialplan("default", "echo", label="nowhere")
        await channel.mute()

    await with_call(server, callers, work)


async def test_events_that_are_asked_for_come(server: Server, callers: Callers) -> None:
    """A flow whose table or `hears` names a kind gets it; Asterisk keeps it from the others."""
    seen: list[str] = []

    class Hears(Flow):
        async def listening(self, event: Event) -> None:
            await self.channel.answer()
            await self.channel.set_variable("TALK_DETECT(set)", "1500,128")
            varset = self.channel.expect(ChannelVarset, where=lambda e: e.variable == "MINE")
            await self.channel.set_variable("MINE", "1")
            seen.append((await varset.within(5)).value)

        async def talks(self, event: Event) -> None:
            seen.append("talks")

        start = listening
        table = {listening: {ChannelTalkingStarted: talks, StasisStart: talks}}
        hears = (ChannelVarset,)

    async with server.link({"hears": Hears, "caller": callers.caller}) as link:
        caller = await callers.call(link, "hears")
        playback = await caller.play("sound:demo-instruct")
        await caller.ended(20)
        with pytest.raises(ChannelGone):
            await playback.finished(1)
    assert seen == ["1", "talks"]


async def test_a_dialled_channels_events_are_triggers(server: Server, callers: Callers) -> None:
    """Other(…) is the desk: it answers, it hangs up, and the row leads on."""
    walked: list[str] = []

    class Rings(Flow):
        async def ringing(self, event: Event) -> None:
            await self.channel.answer()
            self.desk = await self.channel.originate("Local/answer@default/n")

        async def talking(self, event: StasisStart) -> None:
            walked.append("talking")
            self.bridge: Bridge = await self.channel.bridge()
            await self.bridge.add(self.channel, self.desk)
            await self.channel._owner.ari.channels.hangup(self.desk.id)

        async def goodbye(self, event: StasisEnd) -> None:
            walked.append("goodbye")
            await self.channel.play("sound:beep")

        async def over(self, event: PlaybackFinished) -> None:
            walked.append("over")

        start = ringing
        table = {
            ringing: {Other(StasisStart): talking},
            talking: {Other(StasisEnd): goodbye},
            goodbye: {PlaybackFinished: over},
        }

    async with server.link({"rings": Rings, "caller": callers.caller}) as link:
        caller = await callers.call(link, "rings")
        await caller.ended(20)
        await link.idle()
        assert await server.channels(link) == []
    assert walked == ["talking", "goodbye", "over"]


async def test_what_is_no_channel(server: Server, callers: Callers) -> None:
    """Applications, endpoints, sounds, device states: subscribed, filtered, read, set."""
    async with server.link({"caller": callers.caller}) as link:
        application = Application(link.ari, "caller")
        await application.subscribe("deviceState:Stasis:door", "endpoint:PJSIP/alice")
        changed = link.router.expect(("device", "Stasis:door"), DeviceStateChanged)
        door = DeviceState(link.ari, "Stasis:door")
        await door.set("INUSE")
        assert (await changed.within(5)).device_state.state == "INUSE"
        await door.delete()
        await door.delete()
        found = await application.get()
        assert "PJSIP/alice" in found.endpoint_ids
        await application.unsubscribe("deviceState:Stasis:door")
        with pytest.raises(Unprocessable):
            await application.subscribe("endpoint:PJSIP/nobody-here")
        with pytest.raises(NotFound):
            await Application(link.ari, "nobody").get()
        filtered = await application.filter(disallowed=["ChannelHold"])
        assert [each["type"] for each in filtered.events_disallowed] == ["ChannelHold"]

        assert (await Endpoint.parse(link.ari, "PJSIP/alice").get()).state in ("offline", "unknown")
        with pytest.raises(NotFound):
            await Endpoint(link.ari, "PJSIP", "nobody").get()

        assert (await Sound(link.ari, "hello-world").get()) is not None
        assert (await Sound(link.ari, "no-such-sound").get()) is None
        assert "hello-world" in await Sound.names(link.ari)
