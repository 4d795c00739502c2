"""Music on hold on the real servers: by what phones hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from stasis.ami import actions
from stasis.lab.baresip import Baresip
from stasis.lab.music import MUSIC_HZ, sine, write_tone
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from stasis.pbx.moh_player import PAUSE
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import ALICE, BOB, TONE, alone, hears, sound, talk

JAZZ_HZ = 1000
FOLDER = "/var/lib/asterisk/jazz"
# What an MP3 player would do, without MP3: it fetches the stream and plays it as it is.
PLAYER = r"""#!/usr/bin/perl
use IO::Socket::INET;
open(my $log, '>', '/var/log/asterisk/player.txt');
print $log join("\n", @ARGV);
close $log;
my ($place, $path) = $ARGV[7] =~ m{^http://([^/]+)(/.*)$};
my $stream = IO::Socket::INET->new($place) or die;
print $stream "GET $path HTTP/1.0\r\n\r\n";
while (<$stream>) { last if /^\r?$/ }
while (read($stream, my $piece, 1600)) { print $piece }
"""


@asynccontextmanager
async def radio() -> AsyncIterator[str]:
    """A stream of a tone: its address."""

    async def play(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        piece = sine(JAZZ_HZ, 1.0, 0.3).tobytes()
        while True:
            await response.write(piece)

    app = web.Application()
    app.router.add_get("/jazz", play)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/jazz?quality=high&token=a%20b"
    finally:
        await runner.cleanup()


@pytest.fixture
def jazz(office: Office) -> Path:
    """A folder with a tone in it, on the server."""
    folder = office.lab.folder / "lib" / "jazz"
    folder.mkdir(exist_ok=True)
    write_tone(folder / "jazz.wav", JAZZ_HZ, 10.0, 0.2)
    folder.chmod(0o755)
    (folder / "jazz.wav").chmod(0o644)
    return folder


@pytest.mark.things("moh.classes", "moh.files")
async def test_classes_and_their_files(pbx: Pbx, office: Office):
    found = {each.name: each for each in await pbx.moh.classes()}
    assert (found["default"].mode, found["default"].source) == ("files", "/var/lib/asterisk/moh")
    assert [each.path for each in await pbx.moh.files("default")] == ["/var/lib/asterisk/moh/tone"]
    assert (office.lab.folder / "lib" / "moh" / "tone.wav").exists()
    with pytest.raises(Missing, match="no class polka"):
        await pbx.moh.files("polka")


@pytest.mark.things("moh.add_files", "moh.set", "moh.get", "moh.remove")
async def test_a_channel_on_hold_hears_the_class_it_was_given(
    pbx: Pbx, office: Office, alice: Baresip, jazz: Path
):
    made = await pbx.moh.add_files("jazz", FOLDER, sort="random")
    assert (made.name, made.mode, made.source) == ("jazz", "files", FOLDER)
    try:
        await alice.dial("echo")
        channel = await alone(pbx, "alice")
        assert (await pbx.moh.get(channel)).music_class == ""
        with pytest.raises(Missing, match="no class polka"):
            await pbx.moh.set(channel, "polka")
        assert (await pbx.moh.set(channel, "jazz")).music_class == "jazz"
        assert (await pbx.moh.get(channel)).music_class == "jazz"
        ami = await pbx.ways.ami()
        await ami.send(
            actions.Redirect(channel=channel, context="default", exten="queue-support", priority=1)
        )
        await hears(alice, JAZZ_HZ, not_=(MUSIC_HZ, ALICE))
        await alice.hangup()
    finally:
        with pytest.raises(NotConfirmed, match="hears nothing more"):
            await pbx.moh.remove("jazz")
        await pbx.moh.remove("jazz", confirm=True)
    assert "jazz" not in office.lab.cli("moh show classes")
    assert "[jazz]" not in (office.lab.etc / "musiconhold.conf").read_text()
    with pytest.raises(Missing, match="no section"):
        await pbx.moh.remove("jazz", confirm=True)


@pytest.mark.things("moh.start", "moh.stop")
async def test_music_is_heard_over_a_call_by_one_side_alone(pbx: Pbx, alice: Baresip, bob: Baresip):
    first, _ = await talk(pbx, alice, bob)
    await hears(alice, BOB, not_=(MUSIC_HZ,))
    await pbx.moh.start(first)
    await pbx.moh.start(first)
    await hears(alice, BOB, MUSIC_HZ)
    await hears(bob, ALICE, not_=(MUSIC_HZ,))
    await pbx.moh.stop(first)
    await hears(alice, BOB, not_=(MUSIC_HZ,))
    await pbx.moh.stop(first)
    with pytest.raises(Missing):
        await pbx.moh.start("PJSIP/nobody-00000001")
    with pytest.raises(Missing, match="polka"):
        await pbx.moh.start(first, "polka")


@pytest.mark.things("moh.start", "moh.stop")
async def test_music_on_a_channel_that_hears_something_else(pbx: Pbx, alice: Baresip):
    await alice.dial("tone")
    channel = await alone(pbx, "alice")
    await pbx.moh.start(channel)
    await hears(alice, TONE, MUSIC_HZ)
    await pbx.moh.stop(channel)
    await hears(alice, TONE, not_=(MUSIC_HZ,))


@pytest.mark.things("moh.start", "moh.stop")
async def test_music_on_a_channel_in_stasis_is_aris(pbx: Pbx, office: Office, alice: Baresip):
    lab = office.lab
    where = f"{lab.url}/events?app=holds&api_key={lab.username}:{lab.password}"
    async with aiohttp.ClientSession() as session, session.ws_connect(where):
        await alice.dial("stasis-holds", timeout=None)
        channel = await alone(pbx, "alice")
        ari = await pbx.ways.ari()
        (listed,) = [each for each in await ari.channels.list() if each.name == channel]
        await ari.channels.answer(listed.id)
        await alice.established()
        await pbx.moh.start(channel)
        await hears(alice, MUSIC_HZ)
        assert "ChanSpy" not in lab.cli("core show channels")
        await pbx.moh.stop(channel)
        before, now = 0, len(sound(alice))
        async with asyncio.timeout(10):  # until nothing is sent any more, and what was is written
            while now - before >= 800:
                before = now
                await asyncio.sleep(0.5)
                now = len(sound(alice))


@pytest.mark.things("moh.add_stream", "moh.remove")
async def test_a_stream_is_played(pbx: Pbx, office: Office, alice: Baresip):
    player = office.lab.folder / "bin" / "mpg123"
    player.write_text(PLAYER)
    player.chmod(0o755)
    async with radio() as url:
        made = await pbx.moh.add_stream("radio", url, folder="/usr/local/bin", volume=50)
        assert made.mode == "custom" and made.source.endswith(url)
        try:
            await alice.dial("echo")
            channel = await alone(pbx, "alice")
            await pbx.moh.set(channel, "radio")
            ami = await pbx.ways.ami()
            await ami.send(
                actions.Redirect(
                    channel=channel, context="default", exten="queue-support", priority=1
                )
            )
            await hears(alice, JAZZ_HZ, not_=(MUSIC_HZ,))
            told = (office.lab.folder / "log" / "player.txt").read_text().split("\n")
            assert told == ["-q", "-r", "8000", "--mono", "-s", "-f", "16384", url, PAUSE]
            await alice.hangup()
        finally:
            await pbx.moh.remove("radio", confirm=True)
    assert [each.name for each in await pbx.moh.classes()] == ["default"]


@pytest.mark.things("moh.add_stream", "moh.remove", "moh.undo")
@pytest.mark.parametrize("player", ["not there", "ends at once"])
async def test_asterisk_outlives_a_class_whose_player_does_not_run(
    pbx: Pbx, office: Office, player: str
):
    file = office.lab.folder / "bin" / "mpg123"
    file.unlink(missing_ok=True)
    if player != "not there":
        file.write_text("#!/bin/sh\nexit 0\n")
        file.chmod(0o755)
    began = office.lab.pid
    for _ in range(4):
        for take_back in (lambda: pbx.moh.remove("radio", confirm=True), pbx.moh.undo):
            await pbx.moh.add_stream("radio", "http://127.0.0.1:9/x", folder="/usr/local/bin")
            await asyncio.sleep(0.2)  # of the player's failures
            await take_back()
            assert [each.name for each in await pbx.moh.classes()] == ["default"]
    await asyncio.sleep(0.2)  # a crash comes a moment later
    assert office.lab.pid == began is not None


@pytest.mark.things("moh.add_stream")
@pytest.mark.parametrize(
    "url",
    [
        "http://radio.example/x | sh",
        "http://radio.example/$(id)",
        "http://radio.example/;id",
        "http://radio.example/`id`",
        'http://radio.example/"x',
        "http://radio.example/x\n[evil]",
        "http://radio.example/x\n",
        "file:///etc/passwd",
        "-o/etc/x",
        "http://radio.example/" + "x" * 300,
    ],
)
async def test_what_would_be_more_than_an_address_is_refused(pbx: Pbx, office: Office, url: str):
    before = (office.lab.etc / "musiconhold.conf").read_bytes()
    with pytest.raises(BadValue, match="url"):
        await pbx.moh.add_stream("evil", url)
    assert (office.lab.etc / "musiconhold.conf").read_bytes() == before


@pytest.mark.things("moh.add_files")
async def test_a_folder_without_music_is_refused_and_nothing_changes(pbx: Pbx, office: Office):
    with pytest.raises(Refused, match="/var/lib/asterisk/nothing has no sound files"):
        await pbx.moh.add_files("silence", "/var/lib/asterisk/nothing")
    assert "silence" not in (office.lab.etc / "musiconhold.conf").read_text()
    with pytest.raises(Refused, match="already"):
        await pbx.moh.add_files("default", FOLDER)


@pytest.mark.things("moh.undo", "moh.reload")
async def test_undo_and_reload(pbx: Pbx, office: Office, jazz: Path):
    await pbx.moh.add_files("jazz", FOLDER)
    assert [each.name for each in await pbx.moh.undo()] == ["default"]
    assert "jazz" not in office.lab.cli("moh show classes")
    file = office.lab.etc / "musiconhold.conf"
    before = file.read_text()
    file.write_text(f"{before}\n[jazz]\nmode = files\ndirectory = {FOLDER}\n")
    assert {each.name for each in await pbx.moh.reload()} == {"default", "jazz"}
    file.write_text(before)
    assert [each.name for each in await pbx.moh.reload()] == ["default"]


@pytest.mark.things("moh.start")
async def test_a_channel_that_is_sent_no_sound_is_refused(pbx: Pbx, alice: Baresip):
    await alice.dial("answer")
    channel = await alone(pbx, "alice")
    with pytest.raises(Refused, match="is sent no sound now"):
        await pbx.moh.start(channel)
    assert [each.channel for each in await pbx.calls.list()] == [channel]


@pytest.mark.things("moh.start", "moh.stop")
async def test_started_twice_in_a_moment_it_plays_once(pbx: Pbx, alice: Baresip):
    await alice.dial("tone")
    channel = await alone(pbx, "alice")
    await hears(alice, TONE)
    await asyncio.gather(pbx.moh.start(channel), pbx.moh.start(channel))
    found = [each for each in await pbx.calls.list() if each.application == "ChanSpy"]
    assert len(found) == 1
    await pbx.moh.stop(channel)
    async with asyncio.timeout(5):
        while len(await pbx.calls.list()) > 1:
            await asyncio.sleep(0.05)


@pytest.mark.things("moh.remove")
async def test_the_settings_are_no_class(pbx: Pbx, office: Office):
    file = office.lab.etc / "musiconhold.conf"
    text = file.read_text("utf-8")
    file.write_text(f"[general]\ncachertclasses = yes\n\n{text}", "utf-8")
    try:
        with pytest.raises(Missing, match="is no class"):
            await pbx.moh.remove("General", confirm=True)
        assert "cachertclasses" in file.read_text("utf-8")
    finally:
        file.write_text(text, "utf-8")
