"""Prompts aloud: which program plays them, and when they stop."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stasis.cli.speaker import Speaker, player
from stasis.testing.play import Kind, Moment
from stasis.testing.simulator.sounds import Sounds
from stasis.testing.simulator.wave import write


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds all programs there are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str) -> None:
    """A program that goes on until it is stopped."""
    path = folder / name
    path.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def sounds(tmp_path: Path) -> Sounds:
    """Two sounds."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name in ("one", "two"):
        write(folder / f"{name}.wav", 1.0, [])
    return Sounds(folder, also=[])


def moment(kind: Kind, media: str = "") -> Moment:
    return Moment(0.0, kind, "", media)


class TestThePlayer:
    def test_is_the_first_that_is_installed_and_reads_the_file(self, programs: Path):
        assert player(Path("a.wav")) is None
        install(programs, "aplay")
        assert player(Path("a.wav")) == ["aplay", "-q", "a.wav"]
        assert player(Path("a.gsm")) is None
        install(programs, "play")
        assert player(Path("a.gsm")) == ["play", "-q", "a.gsm"]


class TestASpeaker:
    def test_plays_what_the_caller_hears_until_the_next(self, programs: Path, sounds: Sounds):
        install(programs, "aplay")
        speaker = Speaker(sounds)
        speaker.hear(moment("hears", "sound:one"))
        first = speaker._process
        assert first is not None and first.poll() is None and first.args[-1].endswith("one.wav")
        speaker.hear(moment("hears", "sound:two"))
        assert first.poll() is not None and speaker._process is not None
        assert speaker._process.args[-1].endswith("two.wav")
        speaker.stop()
        assert speaker._process is None

    @pytest.mark.parametrize("kind", ["state", "end"])
    def test_is_silent_when_the_state_or_the_call_ends(
        self, programs: Path, sounds: Sounds, kind: Kind
    ):
        install(programs, "aplay")
        speaker = Speaker(sounds)
        speaker.hear(moment("hears", "sound:one"))
        speaker.hear(moment(kind))
        assert speaker._process is None

    def test_goes_on_while_others_hear_something_or_a_key_is_pressed(
        self, programs: Path, sounds: Sounds
    ):
        install(programs, "aplay")
        speaker = Speaker(sounds)
        speaker.hear(moment("hears", "sound:one"))
        first = speaker._process
        for kind in ("hears", "does", "phone"):
            speaker.hear(moment(kind))
        assert speaker._process is first
        speaker.stop()

    @pytest.mark.parametrize("media", ["sound:missing", "tone:ring", "music:default", ""])
    def test_plays_nothing_else(self, programs: Path, sounds: Sounds, media: str):
        install(programs, "aplay")
        speaker = Speaker(sounds)
        speaker.hear(moment("hears", media))
        assert speaker._process is None

    def test_plays_nothing_without_sounds_or_without_a_program(
        self, programs: Path, sounds: Sounds
    ):
        Speaker(sounds).hear(moment("hears", "sound:one"))
        install(programs, "aplay")
        silent = Speaker(None)
        silent.hear(moment("hears", "sound:one"))
        assert silent._process is None
