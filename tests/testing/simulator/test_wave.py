"""Sound files that are written piece by piece, and how long files play."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import pytest

from stasis.lab.audio import Tone, samples, tones
from stasis.testing.simulator.wave import FORMATS, append, seconds_of, write


@pytest.mark.parametrize("kind", FORMATS)
class TestEveryFormat:
    def test_a_file_is_as_long_as_it_was_asked_for(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / f"a.{kind}"
        write(path, 1.5, [(0.5, 1.0)])
        assert seconds_of(path) == pytest.approx(1.5)

    def test_it_goes_on_piece_by_piece(self, tmp_path: Path, kind: str) -> None:
        whole, pieces = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
        write(whole, 1.0, [(0.4, 0.8)])
        for voices in ([], [], [(0.0, 0.2)], [(0.0, 0.2)], []):
            append(pieces, 0.2, voices)
        assert pieces.read_bytes() == whole.read_bytes()

    def test_nothing_is_a_file_too_and_writing_begins_anew(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / f"a.{kind}"
        write(path, 1.0)
        write(path, 0.0)
        assert seconds_of(path) == 0.0
        append(path, 0.1)
        assert seconds_of(path) == pytest.approx(0.1)


class TestWhatIsHeard:
    @pytest.mark.parametrize("kind", ["wav", "ulaw"])
    def test_a_voice_is_a_tone_and_the_rest_is_silent(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / f"a.{kind}"
        write(path, 3.0, [(0.5, 1.0), (2.0, 2.5)])
        assert tones(path, [400, 1000]) == [Tone(400, 0.5, 0.5), Tone(400, 2.0, 0.5)]
        assert set(samples(path)[:4000]) == {0}

    @pytest.mark.parametrize("kind", ["gsm", "alaw", "wav16"])
    def test_sox_hears_the_same(self, tmp_path: Path, kind: str) -> None:
        path, plain = tmp_path / f"a.{kind}", tmp_path / "plain.wav"
        write(path, 3.0, [(0.5, 1.0), (2.0, 2.5)])
        form = ["-t", "al", "-r", "8000", "-c", "1"] if kind == "alaw" else []
        form = ["-t", "wav"] if kind == "wav16" else form
        subprocess.run(["sox", *form, path, "-r", "8000", "-b", "16", plain], check=True)
        heard = tones(plain, [400, 1000])
        assert [(each.hertz, round(each.start, 1)) for each in heard] == [(400, 0.5), (400, 2.0)]
        assert all(0.48 <= each.seconds <= 0.54 for each in heard)

    def test_a_voice_that_goes_on_behind_the_end_ends_with_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        write(path, 1.0, [(0.8, 5.0), (0.5, 0.6), (7.0, 8.0)])
        assert seconds_of(path) == 1.0
        assert [each.start for each in tones(path, [400])] == [0.5, 0.8]


class TestHeads:
    @pytest.mark.parametrize(("kind", "rate"), [("wav", 8000), ("wav16", 16000)])
    def test_python_reads_a_wav_file_whenever_it_looks(
        self, tmp_path: Path, kind: str, rate: int
    ) -> None:
        path = tmp_path / f"a.{kind}"
        for pieces in (1, 2):
            append(path, 0.5)
            with wave.open(str(path)) as file:
                assert file.getparams()[:4] == (1, 2, rate, pieces * rate // 2)

    def test_one_that_others_wrote_goes_on(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        extra = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
        write(path, 0.5)
        data = path.read_bytes()
        path.write_bytes(data[:36] + extra + data[36:])
        append(path, 0.5)
        assert seconds_of(path) == 1.0
        with wave.open(str(path)) as file:
            assert file.getnframes() == 8000

    def test_one_that_is_no_wav_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        path.write_bytes(b"no sound at all, but text")
        with pytest.raises(ValueError, match="a.wav: .* without samples"):
            seconds_of(path)


class TestLengths:
    @pytest.mark.parametrize(
        ("name", "size", "seconds"),
        [
            ("a.gsm", 1452, 0.88),
            ("a.ulaw", 8000, 1.0),
            ("a.pcm", 4000, 0.5),
            ("a.alaw", 8000, 1.0),
            ("a.g722", 8000, 1.0),
            ("a.sln", 16000, 1.0),
            ("a.sln16", 32000, 1.0),
            ("a.g729", 100, 0.1),
            ("a.wav49", 130, 0.08),
        ],
    )
    def test_a_file_without_a_head_tells_by_its_size(
        self, tmp_path: Path, name: str, size: int, seconds: float
    ) -> None:
        (tmp_path / name).write_bytes(bytes(size))
        assert seconds_of(tmp_path / name) == pytest.approx(seconds)

    def test_gsm_in_a_riff_file(self, tmp_path: Path) -> None:
        form = b"fmt " + (20).to_bytes(4, "little") + bytes(20)
        head = b"RIFF" + bytes(4) + b"WAVE" + form + b"data" + bytes(4)
        (tmp_path / "a.WAV").write_bytes(head + bytes(50 * 65))
        assert seconds_of(tmp_path / "a.WAV") == pytest.approx(2.0)

    def test_silence_of_hours_takes_no_time_and_no_room(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        write(path, 86_400.0)
        assert seconds_of(path) == 86_400.0
        assert path.stat().st_blocks * 512 < 1_000_000


@pytest.mark.parametrize("name", ["a.mp3", "a"])
def test_an_unknown_format_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="there are wav, wav16"):
        write(tmp_path / name, 1.0)
