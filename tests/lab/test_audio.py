"""Sound files are read whatever they are, and tones in them are found."""

import array
import struct
import subprocess
from pathlib import Path

import pytest

from stasis.lab import audio
from stasis.lab.audio import Tone, samples, tones, ulaw
from stasis.lab.fault import LabError, LabUnavailable
from stasis.lab.music import sine, write, write_tone


def test_tones_are_told_in_order_with_their_times(tmp_path: Path) -> None:
    sound = sine(440, 0.5, 0.3) + sine(0, 0.2, 0) + sine(620, 0.3, 0.3) + sine(440, 0.2, 0.3)
    found = tones(write(tmp_path / "a.wav", sound), [440, 620])
    assert found == [Tone(440, 0.0, 0.5), Tone(620, 0.7, 0.3), Tone(440, 1.0, 0.2)]


def test_a_pitch_that_is_not_asked_for_is_not_told(tmp_path: Path) -> None:
    assert tones(write_tone(tmp_path / "a.wav", 1000, 0.5), [440, 620]) == []


def test_a_gap_of_one_window_does_not_part_a_tone_and_a_click_is_none(tmp_path: Path) -> None:
    gap = sine(440, 0.2, 0.3) + sine(0, 0.02, 0) + sine(440, 0.2, 0.3)
    assert tones(write(tmp_path / "a.wav", gap), [440]) == [Tone(440, 0.0, 0.42)]
    assert tones(write_tone(tmp_path / "b.wav", 440, 0.04), [440]) == []


def test_silence_has_no_pitch(tmp_path: Path) -> None:
    assert tones(write_tone(tmp_path / "a.wav", 440, 0.5, level=0.001), [440]) == []


def test_a_tone_survives_ulaw(tmp_path: Path) -> None:
    (tmp_path / "a.ulaw").write_bytes(ulaw(sine(440, 0.5, 0.1)))
    assert tones(tmp_path / "a.ulaw", [440, 480]) == [Tone(440, 0.0, 0.5)]


def test_ulaw_is_the_one_of_g711() -> None:
    """Every code comes back from its own sample, apart from the second zero."""
    codes = [code for code in range(256) if code != 0x7F]
    assert list(ulaw([audio.EXPANDED[code] for code in codes])) == codes
    assert audio.EXPANDED[0x00] == -32_124
    assert audio.EXPANDED[0x80] == 32_124
    assert list(ulaw([-32_768, 32_767])) == [0x00, 0x80]


@pytest.mark.parametrize("form", ["gsm", "ul", "wav -r 16000", "wav -c 2", "wav -e gsm"])
def test_other_forms_are_read_by_sox(tmp_path: Path, form: str) -> None:
    write_tone(tmp_path / "a.wav", 440, 1.0)
    suffix, *options = form.split()
    other = tmp_path / f"other.{suffix}"
    subprocess.run(["sox", tmp_path / "a.wav", *options, other], check=True)
    (found,) = tones(other, [440, 620])
    assert found.hertz == 440
    assert found.seconds == pytest.approx(1.0, abs=0.05)


def test_a_wav_file_that_is_still_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    data = write_tone(tmp_path / "a.wav", 440, 0.5).read_bytes()
    for length in (0, 0xFFFFFFFF):
        (tmp_path / "open.wav").write_bytes(data[:40] + struct.pack("<I", length) + data[44:])
        assert len(samples(tmp_path / "open.wav")) == 4000


def test_level_and_length(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", 440, 0.5, level=0.5)
    assert audio.seconds(file) == 0.5
    assert audio.level(file) == pytest.approx(0.5 / 2**0.5, abs=0.01)
    assert audio.level(write(tmp_path / "b.wav", array.array("h"))) == 0.0


def test_what_is_no_sound_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="missing.wav: cannot be read"):
        samples(tmp_path / "missing.wav")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(LabError, match=r"text\.wav: not a sound"):
        samples(tmp_path / "text.wav")


def test_without_sox_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.gsm").write_bytes(b"x")
    with pytest.raises(LabUnavailable, match="package sox"):
        samples(tmp_path / "a.gsm")
