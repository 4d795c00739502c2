"""The right prompt is recognised, another one is not: on Asterisk's own sounds."""

from __future__ import annotations

import array
import random
from pathlib import Path

import pytest

from stasis.lab.audio import EXPANDED, samples, ulaw
from stasis.lab.lab import Lab
from stasis.lab.music import sine, write, write_tone
from stasis.lab.prompt import contains, match

PROMPTS = ("hello-world", "vm-password", "vm-intro", "pbx-invalid", "demo-congrats", "tt-weasels")


def telephone(sound: array.array[int], before: float, seed: int = 1) -> array.array[int]:
    """A sound as a phone hears it: later, quieter, with noise, through ulaw."""
    noise = random.Random(seed)
    quieter = array.array("h", (int(each * 0.5) + noise.randint(-8, 8) for each in sound))
    heard = sine(0, before, 0) + quieter + sine(0, 0.4, 0)
    return array.array("h", (EXPANDED[code] for code in ulaw(heard)))


@pytest.fixture(scope="module")
def sounds(labs: dict[str, Lab]) -> Path:
    """Asterisk's English prompts."""
    return labs["22"].sounds


@pytest.mark.asterisk
@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("form", ["wav", "gsm"])
def test_the_right_prompt_scores_above_0_8_in_either_form(
    sounds: Path, name: str, form: str
) -> None:
    heard = telephone(samples(sounds / f"{name}.wav")[: 8000 * 8], 0.333)
    assert match(heard, samples(sounds / f"{name}.{form}")) > 0.8


@pytest.mark.asterisk
@pytest.mark.parametrize("name", PROMPTS)
def test_every_other_prompt_scores_below_0_5(sounds: Path, name: str) -> None:
    heard = telephone(samples(sounds / f"{name}.wav")[: 8000 * 8], 0.1)
    scores = {
        other: match(heard, samples(sounds / f"{other}.wav")) for other in PROMPTS if other != name
    }
    assert max(scores.values()) < 0.5, scores


@pytest.mark.asterisk
def test_a_prompt_is_found_among_others(sounds: Path) -> None:
    parts = [samples(sounds / f"{name}.wav") for name in ("vm-intro", "vm-password", "tt-weasels")]
    heard = telephone(parts[0] + parts[1] + parts[2], 0.0)
    assert match(heard, parts[1]) > 0.8


@pytest.mark.asterisk
@pytest.mark.parametrize("name", ["digits/day-1", "digits/mon-5", "digits/p-m"])
@pytest.mark.parametrize("late", range(0, 80, 16))
def test_a_short_prompt_is_as_likely_wherever_in_a_frame_it_begins(
    sounds: Path, name: str, late: int
) -> None:
    prompt = samples(sounds / f"{name}.wav")
    assert match(telephone(prompt, 0.2 + late / 8000), prompt) > 0.9


@pytest.mark.asterisk
def test_a_caller_who_barges_in_heard_the_prompt_that_was_cut_off(sounds: Path) -> None:
    prompt = samples(sounds / "demo-congrats.wav")
    heard = telephone(prompt[: 8000 * 2], 0.0)
    assert match(heard, prompt, seconds=1.5) > 0.8


def test_a_lost_start_is_forgiven_and_silence_is_no_prompt(tmp_path: Path) -> None:
    melody = sine(500, 0.4, 0.3) + sine(900, 0.3, 0.3) + sine(650, 0.5, 0.3) + sine(1250, 0.4, 0.3)
    write(tmp_path / "melody.wav", melody)
    write(tmp_path / "cut.wav", melody[800:])
    write(tmp_path / "silence.wav", sine(0, 3.0, 0))
    assert contains(tmp_path / "melody.wav", tmp_path / "melody.wav") > 0.95
    assert contains(tmp_path / "cut.wav", tmp_path / "melody.wav") > 0.8
    assert contains(tmp_path / "silence.wav", tmp_path / "melody.wav") == 0.0
    assert contains(tmp_path / "melody.wav", tmp_path / "silence.wav") == 0.0


def test_a_recording_shorter_than_the_prompt_scores_nothing(tmp_path: Path) -> None:
    short = write_tone(tmp_path / "short.wav", 500, 0.3)
    long = write(tmp_path / "long.wav", sine(500, 1.0, 0.3) + sine(900, 1.0, 0.3))
    assert contains(short, long) == 0.0
