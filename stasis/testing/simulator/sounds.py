"""The prompts of the simulated server: which there are, and how long they play.

They come from folders laid out as Asterisk's, with a folder for each language
(`en/digits/1.gsm`), or with the files themselves. As long as no such folder is found at all,
every name is taken for a sound of two seconds; as soon as there is one, what is not in it is
missing. `Sounds.made_up` needs no folder and is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import frozen

from stasis.lab.place import cache
from stasis.testing.simulator.say import said
from stasis.testing.simulator.wave import seconds_of

__all__ = ["MADE_UP_SECONDS", "SoundFile", "Sounds", "installed"]

DEFAULT_LANGUAGE = "en"
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
NAME = re.compile(r"/?[^/\s]+(/[^/\s]+)*")


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

    Raises NotADirectoryError when there is no such folder.
    """

    def __init__(self, folder: Path | None = None, also: list[Path] | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise NotADirectoryError(f"{folder}: there is no such folder of sounds")
        own = [] if folder is None else [folder]
        self.folders = own + (installed() if also is None else also)
        self._known: dict[tuple[str, str], SoundFile | None] = {}
        self._lengths: dict[str, float] = {}

    @classmethod
    def made_up(cls, seconds: Mapping[str, float]) -> Sounds:
        """Sounds without a file, the same on every machine: every name is there.

        seconds: how long a sound plays, by its name; 0 for one that is missing. A name that is not
        in it plays for two seconds, a word of a number for half a second.
        """
        found = cls(also=[])
        found._lengths = dict(seconds)
        return found

    def find(self, name: str, language: str = "en") -> SoundFile | None:
        """A sound by its name, such as `hello-world` or `digits/1`; None when it is missing.

        Looked for in the language, then in what it comes from (`de` for `de_AT`), then in English,
        then in none. The name may begin with a language itself.
        """
        key = name, language
        if key not in self._known:
            self._known[key] = self._find(name, language)
        return self._known[key]

    def _find(self, name: str, language: str) -> SoundFile | None:
        if not NAME.fullmatch(name):
            return None
        if not self.folders:
            seconds = self._lengths.get(name, MADE_UP_SECONDS)
            return SoundFile(None, "slin", seconds) if seconds > 0 else None
        for place in self._places(language):
            if found := sound(place, name):
                return found
        first, _, rest = name.partition("/")
        places = (languages(folder).get(first) for folder in self.folders)
        return next((found for each in places if each and (found := sound(each, rest))), None)

    def _places(self, language: str) -> Iterator[Path]:
        """The folders where a sound of this language may be."""
        words = language.split("_")
        stems = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
        for each in dict.fromkeys([*stems, DEFAULT_LANGUAGE]):
            for folder in self.folders:
                if found := languages(folder).get(each):
                    yield found
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
            return sum(self._lengths.get(each, MADE_UP_WORD_SECONDS) for each in names)
        return sum(self.seconds(name, language) for name in names)

    def listing(self, language: str = "", form: str = "") -> list[dict[str, Any]]:
        """All sounds as ARI's model Sound, by name; those that are made up are not in it.

        language, form: only those that exist in it. ARI: GET /sounds.
        """
        return [
            model(name, pairs)
            for name, pairs in sorted(self._index.items())
            if any(language in ("", one) and form in ("", two) for one, two in pairs)
        ]

    def listed(self, name: str) -> dict[str, Any] | None:
        """One of them; None when it is missing. ARI: GET /sounds/{soundId}."""
        if not self.folders and self.find(name) is not None:
            return model(name, {(DEFAULT_LANGUAGE, "slin")})
        return model(name, self._index[name]) if name in self._index else None

    @cached_property
    def _index(self) -> dict[str, set[tuple[str, str]]]:
        """Language and format of each sound, as they were when somebody asked first."""
        found: dict[str, set[tuple[str, str]]] = {}
        for folder in self.folders:
            for language, place in languages(folder).items():
                for path in place.rglob("*"):
                    if path.suffix[1:] in FORMATS:
                        name = path.relative_to(place).with_suffix("").as_posix()
                        found.setdefault(name, set()).add((language, FORMATS[path.suffix[1:]]))
        return found


def model(name: str, pairs: set[tuple[str, str]]) -> dict[str, Any]:
    """ARI's model Sound. pairs: its languages and formats."""
    return {
        "id": name,
        "formats": [{"language": one, "format": two} for one, two in sorted(pairs)],
    }


def sound(place: Path, name: str) -> SoundFile | None:
    """The file of this name in a folder, in the first format it has."""
    for suffix, form in FORMATS.items():
        path = place / f"{name}.{suffix}"
        if path.is_file():
            return SoundFile(path, form, seconds_of(path))
    return None


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
