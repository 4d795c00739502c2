"""Prompts aloud, through whatever player of sound files is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from stasis.testing.play import Moment
from stasis.testing.simulator.sounds import Sounds

__all__ = ["Speaker", "player"]

# Programs that play a file and end; the first reads every format that Asterisk has prompts in.
PLAYERS = (
    ("play", ("-q",), ()),
    ("ffplay", ("-nodisp", "-autoexit", "-loglevel", "quiet"), ()),
    ("aplay", ("-q",), (".wav",)),
    ("afplay", (), (".wav",)),
)


def player(path: Path) -> list[str] | None:
    """The command that plays a file aloud; None when no installed program can."""
    for name, options, only in PLAYERS:
        if shutil.which(name) and (not only or path.suffix in only):
            return [name, *options, str(path)]
    return None


class Speaker:
    """Plays what the caller hears. sounds: where the files are; None plays nothing."""

    def __init__(self, sounds: Sounds | None) -> None:
        self._sounds = sounds
        self._process: subprocess.Popen[bytes] | None = None

    def hear(self, moment: Moment) -> None:
        """A moment of the call: a new prompt, or the end of the one that plays."""
        if moment.kind in ("state", "end"):
            self.stop()
        kind, _, name = moment.media.partition(":")
        if self._sounds is None or kind != "sound":
            return
        found = self._sounds.find(name, "en")
        command = player(found.path) if found is not None and found.path is not None else None
        if command is not None:
            self.stop()
            self._process = subprocess.Popen(  # noqa: S603  a fixed command, and a file that exists
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )

    def stop(self) -> None:
        """Silence."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait()
