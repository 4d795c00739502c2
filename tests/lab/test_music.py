"""Tones as WAV files that every tool reads."""

import wave
from pathlib import Path

from stasis.lab.audio import Tone, tones
from stasis.lab.music import MUSIC_HZ, RATE, sine, write_music, write_tone


def test_a_tone_is_16_bit_mono_at_8_khz(tmp_path: Path) -> None:
    with wave.open(str(write_tone(tmp_path / "a.wav", 440, 0.5))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == RATE // 2


def test_its_pitch_is_the_one_asked_for(tmp_path: Path) -> None:
    assert tones(write_tone(tmp_path / "a.wav", 700, 0.5), [440, 700]) == [Tone(700, 0.0, 0.5)]


def test_0_hz_is_silence() -> None:
    assert set(sine(0, 0.1, 1.0)) == {0}


def test_music_is_a_tone_of_its_own(tmp_path: Path) -> None:
    write_music(tmp_path / "m.wav")
    assert [each.hertz for each in tones(tmp_path / "m.wav", [440, MUSIC_HZ])] == [MUSIC_HZ]
