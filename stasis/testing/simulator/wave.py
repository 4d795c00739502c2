"""Sound files of so many seconds: silence, and a tone of 400 Hz where somebody speaks.

The format is the file's suffix. What is written here can be played, and a person hears when
there was a voice; what was said is not in it. A file can go on piece by piece.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

__all__ = ["FORMATS", "append", "seconds_of", "write"]

TONE_HZ = 400
LEVEL = 0.3  # of full scale
PIECE = 1 << 20  # bytes written at once


@frozen
class Form:
    """A format. step: bytes of the smallest piece; span: its seconds.

    quiet, tone: bytes to repeat, one or more whole steps. rate: samples a second, for formats
    with a RIFF head.
    """

    step: int
    span: float
    quiet: bytes
    tone: bytes
    rate: int = 0


def linear(rate: int, *, head: bool) -> Form:
    """16-bit samples."""
    count = rate // TONE_HZ
    wave = (round(LEVEL * 32767 * math.sin(2 * math.pi * n / count)) for n in range(count))
    return Form(2, 1 / rate, bytes(2), struct.pack(f"<{count}h", *wave), rate if head else 0)


# Quiet, and one turn of the tone (gsm: a frame of eight turns), chosen so that a decoder stays at
# the same level when they are repeated.
FORMATS = {
    "wav": linear(8000, head=True),
    "wav16": linear(16000, head=True),
    "sln": linear(8000, head=False),
    "sln16": linear(16000, head=False),
    "ulaw": Form(1, 1 / 8000, b"\xff", bytes.fromhex("ffb7a8a09d9c9da0a8b7ff3728201d1c1d202837")),
    "alaw": Form(1, 1 / 8000, b"\xd5", bytes.fromhex("d592838ab7b6b78a8392d512030a3736370a0312")),
    "g722": Form(1, 1 / 8000, b"\xff", bytes.fromhex("f7f7fcf2ddddd6dbdfd6d1d9ddfdfaddf4eef9ee")),
    "gsm": Form(
        33,
        0.02,
        bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924"),
        bytes.fromhex("d236ec6da2f0a24d592f684151015f980f7c8951a0671395c51e79a028aa91c8da"),
    ),
}
# Other suffixes of the same.
ALIASES = {"ul": "ulaw", "mu": "ulaw", "pcm": "ulaw", "al": "alaw", "raw": "sln", "slin": "sln"}
# Only their length can be told: bytes and seconds of a frame.
FRAMES = {"wav49": (65, 0.04), "WAV": (65, 0.04), "g729": (10, 0.01)}

Voices = Iterable[tuple[float, float]]


def write(path: Path, seconds: float, voices: Voices = ()) -> None:
    """Write a file; one that is there is overwritten.

    voices: where somebody speaks, as seconds from the start: (begin, end).

    Raises ValueError for a suffix that is not in FORMATS.
    """
    form = form_of(path)
    with path.open("w+b") as file:
        file.write(head(form))
        grow(file, form, seconds, voices)


def append(path: Path, seconds: float, voices: Voices = ()) -> None:
    """Make a file longer, or begin it. voices: as seconds from the start of what is new."""
    if not path.exists():
        write(path, seconds, voices)
        return
    form = form_of(path)
    with path.open("r+b") as file:
        grow(file, form, seconds, voices)


def seconds_of(path: Path) -> float:
    """How long a sound file plays.

    Raises ValueError for a suffix that is not known, and for a file that is not what it says.
    """
    size = path.stat().st_size
    suffix = path.suffix[1:]
    if suffix not in FRAMES:
        form = form_of(path)
        with path.open("rb") as file:
            return (size - body(file, form)) // form.step * form.span
    step, span = FRAMES[suffix]
    with path.open("rb") as file:
        start = riff(file) if file.read(4) == b"RIFF" else 0
    return (size - start) // step * span


def form_of(path: Path) -> Form:
    """The format of a file's suffix."""
    suffix = path.suffix[1:]
    form = FORMATS.get(ALIASES.get(suffix, suffix))
    if form is None:
        raise ValueError(f"{path.name}: no format {suffix!r}; there are {', '.join(FORMATS)}")
    return form


def grow(file: BinaryIO, form: Form, seconds: float, voices: Voices) -> None:
    """Write so many seconds to the end, and what the head then says."""
    start = body(file, form)
    done = (file.seek(0, 2) - start) // form.step
    file.seek(start + done * form.step)
    for steps, spoken in sections(round(seconds / form.span), form.span, voices):
        repeat(file, form.tone if spoken else form.quiet, steps * form.step)
    if form.rate:
        end = file.seek(0, 2)
        file.seek(4)
        file.write(struct.pack("<I", end - 8))
        file.seek(start - 4)
        file.write(struct.pack("<I", end - start))


def sections(steps: int, span: float, voices: Voices) -> Iterator[tuple[int, bool]]:
    """Stretches of steps, in turn silent and spoken."""
    at = 0
    for begin, end in sorted(voices):
        first, last = (min(max(round(each / span), at), steps) for each in (begin, end))
        yield first - at, False
        yield last - first, True
        at = last
    yield steps - at, False


def repeat(file: BinaryIO, unit: bytes, size: int) -> None:
    """Write a unit again and again, up to so many bytes; zeros take no room on the disk."""
    if not any(unit):
        file.truncate(file.seek(size, 1))
        return
    piece = unit * (PIECE // len(unit))
    while size > 0:
        file.write(piece[:size])
        size -= len(piece)


def head(form: Form) -> bytes:
    """A RIFF head of a file without samples; nothing for formats without a head."""
    if not form.rate:
        return b""
    fact = struct.pack("<IHHIIHH", 16, 1, 1, form.rate, form.rate * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + fact + b"data" + bytes(4)


def body(file: BinaryIO, form: Form) -> int:
    """Where the sound begins."""
    return riff(file) if form.rate else 0


def riff(file: BinaryIO) -> int:
    """Where the samples of a RIFF file begin. Raises ValueError when there are none."""
    file.seek(12)
    while len(chunk := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            return file.tell()
        file.seek(size + size % 2, 1)
    raise ValueError(f"{getattr(file, 'name', 'a file')}: a RIFF file without samples")
