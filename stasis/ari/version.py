"""Asterisk versions, and since which an operation exists.

Asterisk keeps several release lines alive, and a feature enters each at another point: `Since`
names the first version in every line. A line newer than all that are named has it; an older
line that is not named has not.
"""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["Since", "Version"]


@frozen(order=True)
class Version:
    """An Asterisk version, such as 22.10.1. Certified and git builds count as their number."""

    major: int
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Read a version out of Asterisk's own text, such as `22.10.1~dfsg+~cs6.16` or
        `certified-20.7-cert2`. None when there is no number in it (a development build).
        """
        found = re.search(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
        if found is None or text.startswith("GIT-master"):
            return None
        return cls(*(int(part or 0) for part in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Since:
    """The first version of each release line that has something: `Since("20.14", "22.4")`."""

    def __init__(self, *versions: str) -> None:
        self.versions = tuple(sorted(v for v in map(Version.parse, versions) if v is not None))
        self.texts = versions

    def holds(self, version: Version) -> bool:
        """Whether that version has it."""
        for first in self.versions:
            if first.major == version.major:
                return version >= first
        return version.major > self.versions[-1].major

    def __str__(self) -> str:
        return "Asterisk " + " or ".join(self.texts)

    def __repr__(self) -> str:
        return f"Since({', '.join(map(repr, self.texts))})"
