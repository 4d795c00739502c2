"""The prompts of the simulated server: which there are, and how long they play.

They come from folders laid out as Asterisk's: a folder for each language, `en/digits/1.gsm`, or
the files themselves. As long as no folder with sounds is found at all, every name is taken for a
sound of two seconds; as soon as there is one, what is not in it is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from stasis.lab.place import cache
from stasis.testing.simulator.say import said
from stasis.testing.simulator.wave import seconds_of

__all__ = ["MADE_UP_SECONDS", "SoundFile", "Sounds", "installed"]

MADE_UP_SECONDS = 2.0
MADE_UP_WORD_SECONDS = 0.5
SYSTEM = (Path("/usr/share/asterisk/sounds"), Path("/var/lib/asterisk/sounds"))
# By suffix: what ARI calls the format. The first that is there is played.
FORMATS = {
    "wav": "slin",
    "sln": "slin",
    "wav16": "slin16",
    "sln16": "slin16",
    "ulaw": "ulaw",
    "alaw": "alaw",
    "gsm": "gsm",
    "g722": "g722",
    "WAV": "gsm",
    "wav49": "gsm",
    "g729": "g729",
}
LANGUAGE = re.compile(r"[a-z]{2,3}([_-]\w+)*")
NAME = re.compile(r"[^/\s][^\s]*|/\S+")


@frozen
class SoundFile:
    """A sound. path: None for one that is made up. format: ARI's name of it."""

    path: Path | None
    format: str
    seconds: float


def installed() -> list[Path]:
    """The folders of sounds that are on this machine: Asterisk's own, and the lab's."""
    labs = sorted(cache().glob("asterisk-*/usr/share/asterisk/sounds"), reverse=True)
    return [each for each in (*SYSTEM, *labs) if each.is_dir()]


class Sounds:
    """All sounds that can be played.

    folder: asked first. also: the folders asked after it; None takes those that are installed.
    """

    def __init__(self, folder: Path | None = None, also: list[Path] | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise NotADirectoryError(f"{folder}: there is no such folder of sounds")
        own = [] if folder is None else [folder]
        self.folders = own + (installed() if also is None else also)
        self._known: dict[tuple[str, str], SoundFile | None] = {}

    def find(self, name: str, language: str = "en") -> SoundFile | None:
        """A sound by its name, such as `hello-world` or `digits/1`; None when it is missing.

        Looked for in the language, then in what it comes from (`en` for `en_US`), then in none.
        """
        key = name, language
        if key not in self._known:
            self._known[key] = self._find(name, language)
        return self._known[key]

    def _find(self, name: str, language: str) -> SoundFile | None:
        if not NAME.fullmatch(name):
            return None
        if not self.folders:
            return SoundFile(None, "slin", MADE_UP_SECONDS)
        for place in self._places(language):
            for suffix, form in FORMATS.items():
                path = place / f"{name}.{suffix}"
                if path.is_file():
                    return SoundFile(path, form, seconds_of(path))
        return None

    def _places(self, language: str) -> Iterator[Path]:
        """The folders where a sound of this language may be."""
        while language:
            for folder in self.folders:
                if found := languages(folder).get(language):
                    yield found
            language = language.rpartition("_")[0]
        yield from self.folders

    def seconds(self, name: str, language: str = "en") -> float:
        """How long a sound plays; 0.0 when it is missing."""
        found = self.find(name, language)
        return 0.0 if found is None else found.seconds

    def said(self, kind: str, text: str, language: str = "en") -> float:
        """How long it takes to say something.

        kind: `number`, `digits` or `characters`. Infinity for what is no number: Asterisk never
        ends it.
        """
        names = said(kind, text)
        if names is None:
            return float("inf")
        if not self.folders:
            return MADE_UP_WORD_SECONDS * len(names)
        return sum(self.seconds(name, language) for name in names)

    def listing(self, language: str = "", form: str = "") -> list[dict[str, Any]]:
        """All sounds as ARI's model Sound, by name. language, form: only those that are in it.

        ARI: GET /sounds.
        """
        found: dict[str, set[tuple[str, str]]] = {}
        for folder in self.folders:
            for spoken, place in languages(folder).items():
                for path in place.rglob("*"):
                    if path.suffix[1:] in FORMATS:
                        name = path.relative_to(place).with_suffix("").as_posix()
                        found.setdefault(name, set()).add((spoken, FORMATS[path.suffix[1:]]))
        return [
            {"id": name, "formats": [{"language": one, "format": two} for one, two in sorted(kept)]}
            for name, pairs in sorted(found.items())
            if (kept := pairs)
            and any(language in ("", one) and form in ("", two) for one, two in pairs)
        ]

    def listed(self, name: str) -> dict[str, Any] | None:
        """One of them; None when it is missing. ARI: GET /sounds/{soundId}."""
        return next((each for each in self.listing() if each["id"] == name), None)


def languages(folder: Path) -> dict[str, Path]:
    """The languages of a folder of sounds, each with where its files are.

    A link that leads nowhere, as `en` does when the folder is another system's, stands for the
    folder whose name begins so.
    """
    names = {each.name: each for each in folder.iterdir() if LANGUAGE.fullmatch(each.name)}
    there = {name: path for name, path in names.items() if path.is_dir() and kept(path)}
    for name, path in names.items():
        if path.is_symlink() and not path.exists():
            meant = [each for each in sorted(there) if each.startswith(name)]
            if meant:
                there[name] = there[meant[0]]
    return there


def kept(folder: Path) -> bool:
    """Whether a folder is one of a language: it holds sounds or folders of them."""
    return any(each.is_dir() or each.suffix[1:] in FORMATS for each in folder.iterdir())
