"""The line that a player is started with: Asterisk parts it at blanks, without a shell."""

from __future__ import annotations

import pytest

from stasis.pbx.moh_player import PAUSE, command

URL = "https://radio.example:8000/jazz.mp3?q=1&x=2"


def test_mpg123():
    assert command("mpg123", "/usr/bin", URL, 100).split(" ") == [
        *("/usr/bin/mpg123", "-q", "-r", "8000", "--mono", "-s", "-f", "32768", URL)
    ]


def test_ffmpeg_reads_nothing_but_the_network():
    words = command("ffmpeg", "/usr/local/bin", URL, 50).split(" ")
    assert words[0] == "/usr/local/bin/ffmpeg"
    assert words[words.index("-protocol_whitelist") + 1] == "http,https,tcp,tls"
    assert words[words.index("-i") + 1] == URL
    assert words[words.index("-af") + 1] == "volume=0.5"
    assert words[-6:] == ["-ar", "8000", "-f", "s16le", "-", "-metadata"]


def test_asterisk_waits_between_two_tries_because_of_how_the_directory_begins():
    assert PAUSE.startswith("http://")


@pytest.mark.parametrize(("percent", "scale"), [(1, "327"), (50, "16384"), (200, "65536")])
def test_the_volume(percent, scale):
    assert f"-f {scale} " in command("mpg123", "/usr/bin", URL, percent)
