"""Playback on the real servers: what the phone hears, in a call, in the dialplan, and besides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stasis.lab.baresip import Baresip
from stasis.lab.music import write_tone
from stasis.pbx import BadValue, Missing, Pbx, Refused
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import (
    BOB,
    TONE,
    alone,
    hears,
    is_told,
    likeness,
    sound,
    talk,
)


async def over(pbx: Pbx) -> None:
    """Wait until nothing is played any more."""
    async with asyncio.timeout(5):
        while await pbx.playback.list():
            await asyncio.sleep(0.05)


class TestWhoHearsIt:
    @pytest.mark.things("playback.play", "playback.list")
    async def test_a_channel_that_talks_and_only_that_one(
        self, pbx: Pbx, alice: Baresip, office: Office, tmp_path: Path
    ):
        soft = write_tone(tmp_path / "soft.wav", BOB, 1.0, 0.08)  # a prompt is told above it
        phone = await Baresip.start(
            office.lab.sip_port,
            user="bob",
            password=office.lab.phones["bob"],
            register=True,
            source=soft,
        )
        async with phone as bob:
            first, _ = await talk(pbx, alice, bob)
            await hears(alice, BOB)
            since = len(sound(alice))
            playing = await pbx.playback.play(first, ["demo-instruct"])
            assert await pbx.playback.list() == [playing]
            assert (playing.channel, playing.data) == (first, "demo-instruct")
            await is_told(alice, office.lab, "demo-instruct", since=since)
            await pbx.playback.stop(playing.id)
            await hears(alice, BOB)
            assert likeness(sound(bob), office.lab, "demo-instruct") < 0.6

    @pytest.mark.things("playback.play")
    async def test_a_channel_in_the_dialplan(self, pbx: Pbx, alice: Baresip, office: Office):
        await alice.dial("music")
        channel = await alone(pbx, "alice")
        await pbx.playback.play(channel, ["hello-world", "hello-world"], wait=True)
        await is_told(alice, office.lab, "hello-world")
        assert await pbx.playback.list() == []
        assert (await pbx.calls.show(channel)).application == "MusicOnHold"

    @pytest.mark.things("playback.play")
    async def test_a_channel_that_is_sent_no_sound_is_refused(self, pbx: Pbx, alice: Baresip):
        await alice.dial("answer")  # it waits, and Asterisk sends nothing
        with pytest.raises(Refused, match="transmit_silence"):
            await pbx.playback.play(await alone(pbx, "alice"), ["hello-world"])
        assert await pbx.playback.list() == []

    @pytest.mark.things("playback.call")
    async def test_a_device_is_called_for_it(self, pbx: Pbx, alice: Baresip, office: Office):
        made = await pbx.playback.call("PJSIP/alice", ["hello-world"], caller_number="100")
        assert made.outcome == "ANSWER"
        assert "100" in await alice.incoming()
        await is_told(alice, office.lab, "hello-world")
        await alice.closed(5)

    @pytest.mark.things("playback.play")
    async def test_what_is_not_there_is_missing(self, pbx: Pbx, alice: Baresip):
        with pytest.raises(Missing):
            await pbx.playback.play("PJSIP/nobody-1", ["hello-world"])
        await alice.dial("music")
        with pytest.raises(Missing, match="no-such-sound"):
            await pbx.playback.play(await alone(pbx, "alice"), ["no-such-sound"])
        sounds = ["hello-world", "no-such-sound", "hello-world"]
        with pytest.raises(Missing, match="cannot play no-such-sound:"):
            await pbx.playback.play(await alone(pbx, "alice"), sounds, wait=True)

    @pytest.mark.things("playback.play")
    @pytest.mark.parametrize(
        "sound_",
        ["/etc/passwd", "../x", "a/../../x", "a&b", "a,skip", "http://x/y", "a b", "$(id)", "a\nb"],
    )
    async def test_a_sound_from_elsewhere_is_refused(self, pbx: Pbx, sound_: str):
        with pytest.raises(BadValue):
            await pbx.playback.play("PJSIP/alice-1", [sound_])


class TestWhatIsSaid:
    """Each word three times: an Asterisk that gets no processor time drops half a second at once of
    what it mixes into a call.
    """

    @pytest.fixture
    async def alice(self, office: Office, tmp_path: Path) -> AsyncIterator[Baresip]:
        """A registered phone that is silent: a tone leaves less of a short word to know it by."""
        silence = write_tone(tmp_path / "silence.wav", 0, 1.0)
        async with await Baresip.start(
            office.lab.sip_port,
            user="alice",
            password=office.lab.phones["alice"],
            register=True,
            source=silence,
        ) as baresip:
            yield baresip

    @pytest.fixture
    async def channel(self, pbx: Pbx, alice: Baresip) -> str:
        """Alice, who hears herself."""
        await alice.dial("echo")
        return await alone(pbx, "alice")

    @pytest.mark.things("playback.say_number")
    async def test_a_number(self, pbx: Pbx, alice: Baresip, office: Office, channel: str):
        for _ in range(3):
            await pbx.playback.say_number(channel, 1100, wait=True)
        await is_told(alice, office.lab, "digits/thousand", "digits/hundred")

    @pytest.mark.things("playback.say_digits")
    async def test_digits(self, pbx: Pbx, alice: Baresip, office: Office, channel: str):
        await pbx.playback.say_digits(channel, "77*" * 3, wait=True)
        await is_told(alice, office.lab, "digits/7", "digits/star")

    @pytest.mark.things("playback.say_time")
    async def test_date_and_time(self, pbx: Pbx, alice: Baresip, office: Office, channel: str):
        # Monday, 15 June 2026, 12:00 in London.
        when = {"moment": 1_781_521_200, "zone": "Europe/London", "format": "ABp" * 3}
        await pbx.playback.say_time(channel, **when, wait=True)  # type: ignore[arg-type]
        await is_told(alice, office.lab, "digits/day-1", "digits/mon-5", "digits/p-m")

    @pytest.mark.things("playback.stop")
    async def test_it_is_stopped(self, pbx: Pbx, alice: Baresip, office: Office, channel: str):
        playing = await pbx.playback.play(channel, ["demo-instruct"])
        await is_told(alice, office.lab, "demo-instruct")
        await pbx.playback.stop(playing.id)
        await over(pbx)
        assert channel in [each.channel for each in await pbx.calls.list()]
        with pytest.raises(Missing):
            await pbx.playback.stop(playing.id)

    @pytest.mark.things("playback.play")
    async def test_it_ends_with_the_channel(self, pbx: Pbx, alice: Baresip, channel: str):
        await pbx.playback.play(channel, ["demo-instruct"])
        await alice.hangup()
        await over(pbx)
        async with asyncio.timeout(5):
            while await pbx.calls.list():
                await asyncio.sleep(0.05)


@pytest.mark.things("playback.play", "playback.list")
async def test_a_playback_that_nobody_waits_for_any_more_is_over(pbx: Pbx, alice: Baresip):
    await alice.dial("tone")
    channel = await alone(pbx, "alice")
    await hears(alice, TONE)
    playing = asyncio.create_task(pbx.playback.play(channel, ["hello-world"] * 9, wait=True))
    async with asyncio.timeout(5):
        while not await pbx.playback.list():
            await asyncio.sleep(0.05)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    await over(pbx)
