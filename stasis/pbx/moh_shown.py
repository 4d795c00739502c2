"""What Asterisk's command line says of music on hold, read into classes and files.

16 and 22 print the same: a line `Class: NAME`, and under it, further in, `Key: value`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

__all__ = ["MusicClass", "MusicFile", "classes_of", "files_of"]


class MusicClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class of music on hold.

    mode: `files`, `playlist`, `custom` (a program plays it), … source: its folder, or the program
    with its arguments. format: of what the program gives.
    """

    name: str
    mode: str
    source: str = ""
    format: str = ""


class MusicFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a class. path: on the server, without its ending."""

    music_class: str
    path: str


def parts(lines: Iterable[str]) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Each class with what stands under it. Other lines are left out."""
    name: str | None = None
    found: list[tuple[str, str]] = []
    for line in lines:
        key, colon, value = line.partition(": ")
        if not colon:
            continue
        if key == "Class":
            if name is not None:
                yield name, found
            name, found = value.strip(), []
        elif key[:1].isspace():
            found.append((key.strip(), value.strip()))
    if name is not None:
        yield name, found


def classes_of(lines: Iterable[str]) -> list[MusicClass]:
    """What `moh show classes` says."""

    def one(name: str, told: Mapping[str, str]) -> MusicClass:
        folder = told.get("Directory", "")
        return MusicClass(
            name=name,
            mode=told.get("Mode", ""),
            source=told.get("Application") or ("" if folder == "nodir" else folder),
            format=told.get("Format", ""),
        )

    return [one(name, dict(told)) for name, told in parts(lines)]


def files_of(lines: Iterable[str]) -> list[MusicFile]:
    """What `moh show files` says."""
    return [
        MusicFile(music_class=name, path=value)
        for name, told in parts(lines)
        for key, value in told
        if key == "File"
    ]
