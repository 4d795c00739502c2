"""Whether a known prompt was heard in a recording, by its sound and not by its length.

Both are cut into frames of 10 ms; a frame is the energy at a dozen pitches, in decibels. What is
compared is how that picture changes, so neither volume, codec nor where it starts matters. The
score is the best normalised correlation over all places: 0.8 to 1 for the prompt, below 0.5 for
another one. A prompt shorter than a second has less to tell it by: 0.6 for the wrong one is seen.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import cache
from operator import mul
from pathlib import Path

from stasis.lab.audio import samples
from stasis.lab.music import RATE

__all__ = ["contains", "match"]

HOP = RATE // 100  # 10 ms
FRAME = 2 * HOP
STEP = HOP // 4  # how exactly a prompt is placed
PITCHES = tuple(250 + 250 * n for n in range(13))  # 250 Hz to 3,250 Hz
FLOOR = 1e5  # energy below which a pitch is silent, so that noise has no shape
# How much of a frame's mean is taken off: what is loud and what is silent is alike in all speech,
# which pitches are loud is not.
SHARE = 0.6
MARGIN = RATE // 4  # a recording may lack so much of the prompt's start or end
QUIET = 200  # of 32,767: silence around a prompt is cut off


def contains(heard: Path, prompt: Path, seconds: float = 3.0) -> float:
    """How well the start of a prompt is found in a recording: above 0.8 it is there.

    heard: what a phone or ARI recorded. prompt: the sound file that was played.
    seconds: how much of the prompt to look for; a caller who barges in hears no more than that.

    Returns -1.0 to 1.0; 0.0 when the recording is shorter than that part of the prompt.
    Raises LabError when a file cannot be read.
    """
    return match(samples(heard), samples(prompt), seconds)


def match(heard: array[int], prompt: array[int], seconds: float = 3.0) -> float:
    """The same for samples at 8 kHz."""
    part = trimmed(prompt)[: int(seconds * RATE)]
    margin = array("h", bytes(2 * MARGIN))
    inside = [each for frame in frames(margin + heard + margin) for each in frame]
    places = range(len(inside) // len(PITCHES))
    best, at = found(inside, part, places)
    # The sound begins somewhere within a frame, which may cost an eighth of the likeness.
    for later in range(STEP, HOP, STEP):
        best = max(best, found(inside, part[later:], range(at, at + 2))[0])
    return best


def found(inside: Sequence[float], part: array[int], places: range) -> tuple[float, int]:
    """How like a part of a prompt is to the best of these frames of a recording, and which."""
    width = len(PITCHES)
    wanted = frames(part)
    pattern, norm = centred([each for frame in wanted for each in frame], width)
    best, best_at = 0.0, 0
    for at in places:
        piece = inside[at * width : at * width + len(pattern)]
        if len(piece) < len(pattern) or not norm:
            break
        # The pattern's mean is 0 for each pitch: the piece's own need not be taken off for the sum.
        product = sum(map(mul, piece, pattern))
        if product <= 0:
            continue
        spread = deviation(piece, width)
        if spread and product > best * norm * spread:
            best, best_at = product / (norm * spread), at
    return best, best_at


def centred(values: Sequence[float], width: int) -> tuple[list[float], float]:
    """Values with the mean of each pitch taken off, and their norm."""
    count = max(1, len(values) // width)
    means = [sum(values[n::width]) / count for n in range(width)]
    off = [value - means[n % width] for n, value in enumerate(values)]
    return off, math.sqrt(sum(map(mul, off, off)))


def deviation(values: Sequence[float], width: int) -> float:
    """The norm that `centred` would give, without making the list."""
    count = len(values) // width
    total = sum(map(mul, values, values))
    shift = sum(sum(values[n::width]) ** 2 for n in range(width)) / count
    return math.sqrt(max(0.0, total - shift))


def frames(sound: Sequence[int]) -> list[list[float]]:
    """The picture of a sound: for each 10 ms each pitch's energy in decibels."""
    found = []
    for at in range(0, len(sound) - FRAME + 1, HOP):
        window = sound[at : at + FRAME]
        energies = []
        for cosine, sine in tables():
            real, imaginary = sum(map(mul, window, cosine)), sum(map(mul, window, sine))
            energies.append(10 * math.log10(real * real + imaginary * imaginary + FLOOR))
        mean = SHARE * sum(energies) / len(energies)
        found.append([each - mean for each in energies])
    return found


@cache
def tables() -> list[tuple[list[float], list[float]]]:
    """Cosine and sine of each pitch under a bell, so that neighbours leak little."""
    bell = [0.5 - 0.5 * math.cos(2 * math.pi * (n + 0.5) / FRAME) for n in range(FRAME)]
    made = []
    for hertz in PITCHES:
        step = 2 * math.pi * hertz / RATE
        made.append(
            (
                [bell[n] * math.cos(step * n) for n in range(FRAME)],
                [bell[n] * math.sin(step * n) for n in range(FRAME)],
            )
        )
    return made


def trimmed(sound: array[int]) -> array[int]:
    """A sound without the silence before and after it."""
    loud = [at for at in range(0, len(sound), HOP) if max(map(abs, sound[at : at + HOP])) > QUIET]
    return sound[loud[0] : loud[-1] + HOP] if loud else sound[:0]
