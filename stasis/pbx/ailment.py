"""What may be wrong with a configuration file, and what the rules about it are given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec
from attrs import frozen

from stasis.ari import Version
from stasis.pbx.config_file import ConfigFile, Section

__all__ = ["Ailment", "Files", "State", "is_yes", "weak"]

State: TypeAlias = Literal["ok", "warning", "failed", "skipped"]

YES = frozenset({"yes", "true", "y", "t", "1", "on"})
# What everybody tries first. Never shown.
COMMON = frozenset(
    "password secret asterisk admin changeme letmein mysecret test amp111 1234 12345 123456"
    " 12345678 stasis-change-me alice-change-me bob-change-me secret123 password123".split()
)
SHORT_SECRET = 12


class Ailment(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about a configuration file.

    state: `failed` does not work, `warning` works and is unsafe or probably not meant, `skipped`
    could not be looked at. section: where in the file. text: what it is. fix: what to do.
    """

    file: str
    state: State
    section: str
    text: str
    fix: str = ""


@frozen
class Files:
    """What the rules look at.

    files: those that could be read, by name. version: of Asterisk. contexts: of the running
    dialplan. music: classes with the number of their files. members: of each queue, now. None:
    could not be asked.
    """

    files: Mapping[str, ConfigFile]
    version: Version = Version(16)
    contexts: Collection[str] | None = None
    music: Mapping[str, int] | None = None
    members: Mapping[str, int] | None = None

    def sections(self, file: str, kind: str = "") -> Iterator[Section]:
        """The sections of a file that are no templates. kind: those whose `type` is this."""
        found = self.files.get(file)
        for each in found.sections if found else ():
            if not each.template and (not kind or each.get("type") == kind):
                yield each

    def get(self, file: str, section: str, name: str, default: str = "") -> str:
        """The value of a line, or the default."""
        found = self.files.get(file)
        for each in reversed(found.named(section) if found else []):
            value = each.get(name)
            if value is not None:
                return value
        return default


def is_yes(text: str) -> bool:
    """Whether Asterisk takes it for yes."""
    return text.strip().lower() in YES


def weak(secret: str, name: str) -> str:
    """Why a secret is easily guessed; "" when it is not. name: of whom it belongs to."""
    low = secret.lower()
    if not secret:
        return "is empty"
    if low in COMMON:
        return "is one that everybody tries"
    if low == name.lower():
        return "is its user's name"
    if len(secret) < SHORT_SECRET:
        return f"has {len(secret)} characters"
    return ""
