"""Sound files made here: tones, as 16-bit mono WAV at 8 kHz, the one form every tool reads."""

from __future__ import annotations

import array
import math
import sys
import wave
from pathlib import Path

__all__ = ["MUSIC_HZ", "RATE", "write_music", "write_tone"]

RATE = 8000  # samples a second
MUSIC_HZ = 620  # what a lab plays as music on hold


def write_tone(path: Path, hertz: float, seconds: float, level: float = 0.3) -> Path:
    """Write a sine tone. level: its peak, 1.0 is full scale. Returns the path."""
    return write(path, sine(hertz, seconds, level))


def write_music(path: Path) -> Path:
    """Write what a lab plays as music on hold: a tone no prompt and no indication has."""
    return write_tone(path, MUSIC_HZ, 10.0, 0.2)


def sine(hertz: float, seconds: float, level: float) -> array.array[int]:
    """The samples of a tone; 0 Hz is silence."""
    step = 2 * math.pi * hertz / RATE
    peak = level * 32767
    return array.array("h", (round(peak * math.sin(step * n)) for n in range(int(RATE * seconds))))


def write(path: Path, samples: array.array[int]) -> Path:
    """Write 16-bit samples as a WAV file."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path
