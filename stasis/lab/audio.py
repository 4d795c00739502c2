"""Reading sound files, and finding tones in them. 8 kHz mono, plain Python.

Native: 16-bit PCM WAV and raw ulaw. Everything else (gsm, other rates, several channels) is turned
into that by sox. A WAV file whose writer has not closed it yet is read as far as it goes.
"""

from __future__ import annotations

import array
import math
import struct
import subprocess
import sys
from collections.abc import Collection, Sequence
from functools import cache
from operator import mul
from pathlib import Path

from attrs import frozen

from stasis.lab.fault import LabError, LabUnavailable
from stasis.lab.music import RATE
from stasis.lab.packages import command

__all__ = ["Tone", "level", "samples", "seconds", "tones", "ulaw"]

WINDOW = RATE // 50  # 20 ms
LEAST_LEVEL = 100.0  # of 32,767; quieter is silence, whatever its pitch
LEAST_SHARE = 0.5  # of a window's energy that must be in the tone


@frozen
class Tone:
    """A tone that was heard.

    hertz: which of the candidates. start, seconds: when and how long, to within 20 ms.
    """

    hertz: float
    start: float
    seconds: float


def tones(path: Path, candidates: Collection[float], least: float = 0.06) -> list[Tone]:
    """The tones in a sound file, in their order.

    candidates: the pitches to listen for, in Hz; at least 60 Hz apart.
    least: seconds; shorter ones are not told. A gap of one window does not part a tone.

    Raises LabError when the file cannot be read.
    """
    heard = samples(path)
    found: list[Tone] = []
    names = [pitch(heard[at : at + WINDOW], candidates) for at in range(0, len(heard), WINDOW)]
    for index, name in enumerate(names):
        if name is None:
            continue
        start = index * WINDOW / RATE
        last = found[-1] if found else None
        if last and last.hertz == name and start - (last.start + last.seconds) < 0.03:
            length = start + WINDOW / RATE - last.start
            found[-1] = Tone(name, last.start, round(length, 2))
        else:
            found.append(Tone(name, round(start, 2), WINDOW / RATE))
    return [each for each in found if each.seconds >= least]


def pitch(window: Sequence[int], candidates: Collection[float]) -> float | None:
    """The candidate that holds most of a window's energy; None when none holds enough."""
    energy = sum(map(mul, window, window))
    if len(window) < WINDOW or energy < LEAST_LEVEL**2 * WINDOW:
        return None
    best, share = None, LEAST_SHARE
    for hertz in candidates:
        cosine, sine = table(hertz)
        real, imaginary = sum(map(mul, window, cosine)), sum(map(mul, window, sine))
        part = 2 * (real * real + imaginary * imaginary) / (WINDOW * energy)
        if part > share:
            best, share = hertz, part
    return best


@cache
def table(hertz: float) -> tuple[list[float], list[float]]:
    """Cosine and sine of a pitch, over one window."""
    step = 2 * math.pi * hertz / RATE
    turns = range(WINDOW)
    return [math.cos(step * n) for n in turns], [math.sin(step * n) for n in turns]


def seconds(path: Path) -> float:
    """How long a sound file is. Raises LabError when it cannot be read."""
    return len(samples(path)) / RATE


def level(path: Path) -> float:
    """How loud a sound file is on average, 0.0 to 1.0. Raises LabError when it cannot be read."""
    heard = samples(path)
    return math.sqrt(sum(map(mul, heard, heard)) / len(heard)) / 32_767 if heard else 0.0


def samples(path: Path) -> array.array[int]:
    """A sound file as 16-bit samples at 8 kHz.

    Raises LabError when it is missing or no sound, LabUnavailable when sox is needed and missing.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabError(f"{path}: cannot be read: {error.strerror}") from None
    if path.suffix in (".ulaw", ".ul", ".pcm"):
        return array.array("h", (EXPANDED[each] for each in data))
    plain = pcm(data) if data.startswith(b"RIFF") else None
    return sox(path) if plain is None else native(plain)


def pcm(data: bytes) -> bytes | None:
    """The samples of a WAV file; None when it is not 16-bit PCM, 8 kHz, mono."""
    at, ours = 12, False
    while at + 8 <= len(data):
        name, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        body = data[at + 8 : at + 8 + length]
        if name == b"fmt ":
            form, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            ours = (form, channels, rate, bits) == (1, 1, RATE, 16)
        if name == b"data":
            # While the file is being written its length is 0, or the largest number there is.
            return (body or data[at + 8 :]) if ours else None
        at += 8 + length + length % 2
    return b"" if ours else None


def sox(path: Path) -> array.array[int]:
    """Any sound file, by sox."""
    form = ["-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-L", "-c", "1", "-"]
    try:
        result = subprocess.run(["sox", str(path), *form], capture_output=True, check=False)
    except FileNotFoundError:
        raise LabUnavailable("sox (package sox)", command=command(["sox"])) from None
    if result.returncode:
        raise LabError(f"{path}: not a sound: {result.stderr.decode('utf-8', 'replace').strip()}")
    return native(result.stdout)


def native(data: bytes) -> array.array[int]:
    """Little-endian bytes as samples; half a sample at the end is dropped."""
    found = array.array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def expand(code: int) -> int:
    """One byte of G.711 ulaw as a 16-bit sample."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


EXPANDED = [expand(code) for code in range(256)]


def ulaw(sound: Sequence[int]) -> bytes:
    """16-bit samples as G.711 ulaw."""
    return bytes(map(compress, sound))


@cache
def compress(sample: int) -> int:
    """One 16-bit sample as a byte of G.711 ulaw."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 0x84
    exponent = max(0, magnitude.bit_length() - 8)
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF
