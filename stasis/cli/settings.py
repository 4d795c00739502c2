"""What the options before the command say; a command finds it as `context.obj`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import attrs
import typer

from stasis import config as configuration
from stasis.config import AsteriskConfig, Config
from stasis.errors import ConfigError

__all__ = ["Settings", "at_once", "settings"]

# Who types a command does not wait for Asterisk's start, which a user without `read = system` is
# never told of.
BOOT_SECONDS = 2.0


@attrs.frozen
class Settings:
    """path: the configuration file of `--config`; None takes ./stasis.toml if there is one."""

    path: Path | None = None

    def load(self) -> Config:
        """The configuration. Raises ConfigError."""
        return configuration.load(self.path)

    def names_asterisk(self) -> bool:
        """Whether the file or the environment says which Asterisk to use."""
        if "STASIS_ASTERISK_URL" in os.environ:
            return True
        section = configuration.read_toml(self.path).get("asterisk")
        return isinstance(section, dict) and "url" in section


def settings(context: typer.Context) -> Settings:
    """The settings of this run."""
    found = context.obj
    assert isinstance(found, Settings)
    return found


def at_once(asterisk: AsteriskConfig) -> AsteriskConfig:
    """An Asterisk as a command talks to it: it waits no longer than a moment for its start."""
    ami = asterisk.ami
    return attrs.evolve(
        asterisk, ami=attrs.evolve(ami, boot_timeout=min(ami.boot_timeout, BOOT_SECONDS))
    )


def look_here() -> None:
    """Let modules be imported from the current folder, as `python -m` does."""
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def existing(path: Path | None) -> Path | None:
    """The path of `--config`, if there is a file. Raises ConfigError."""
    if path is not None and not path.is_file():
        raise ConfigError(f"--config {path}: no such file")
    return path
