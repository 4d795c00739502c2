"""The parts of an IVR's file, and the file as a whole. Pure: they say where a call goes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import frozen

from stasis_ivr.hours import Hours
from stasis_ivr.target import REPEAT, Target

__all__ = ["Desk", "IvrFile", "Menu", "Message", "Part", "Play"]

T = TypeVar("T")


@frozen
class Menu:
    """A menu. Times are seconds. failed: where a call goes after the last try."""

    name: str
    prompt: tuple[str, ...]
    choices: Mapping[str, Target]
    invalid: tuple[str, ...]
    no_input: tuple[str, ...]
    tries: int
    timeout: float
    inter_digit: float
    barge_in: bool
    failed: Target


@frozen
class Desk:
    """Phones that ring together. ring: seconds. caller_id: None shows the caller's own.

    endpoints: `{digits}` in one stands for what the caller has pressed. music: a class of
    musiconhold.conf to hear instead of ringing; None rings. busy, no_answer, unavailable:
    where a call goes then. after: where when the desk has hung up.
    """

    name: str
    endpoints: tuple[str, ...]
    ring: int
    caller_id: str | None
    music: str | None
    prompt: tuple[str, ...]
    busy: Target
    no_answer: Target
    unavailable: Target
    after: Target


@frozen
class Message:
    """A message that the caller leaves. Times are seconds.

    folder: below Asterisk's recording folder. mailbox: whose lamp is lit, or an empty text.
    """

    name: str
    prompt: tuple[str, ...]
    saved: tuple[str, ...]
    too_short: tuple[str, ...]
    folder: str
    format: str
    beep: bool
    max_seconds: int
    silence: int
    min_seconds: int
    tries: int
    mailbox: str
    after: Target


@frozen
class Play:
    """An announcement, and where a call goes after it."""

    name: str
    prompt: tuple[str, ...]
    after: Target


Part = Menu | Desk | Message | Play | Hours


@frozen
class IvrFile:
    """All of it. path: for messages to people. start: where a call begins.

    removed: where a call goes that is in, or goes to, a part which the file has no longer.
    language: of the sound files, an empty text takes the channel's. parts: by target.
    """

    path: str
    start: Target
    removed: Target
    language: str
    parts: Mapping[Target, Part]

    def part(self, here: Target, kind: type[T]) -> T:
        """The part a target names; the file was checked, so it is there."""
        part = self.parts[here]
        assert isinstance(part, kind)
        return part

    def find(self, here: Target, kind: type[T]) -> T | None:
        """The part a target names, or None: a call that lives may be in one of an older file."""
        part = self.parts.get(here)
        return part if isinstance(part, kind) else None

    def has(self, here: Target) -> bool:
        """Whether a call can go there: to a part of this file, or to an end."""
        return not here.name or here in self.parts

    def at(self, here: Target, moment: datetime) -> Target:
        """Where a target leads at a moment: through the hours, to what a call can be in.

        One that this file has not leads to `removed`.
        """
        if not self.has(here):
            here = self.removed
        while here.kind == "hours":
            here = self.part(here, Hours).at(moment)
        return here

    def exits(self, here: Target) -> Iterator[tuple[str, Target]]:
        """Where a part leads: in words when, and where."""
        part = self.parts[here]
        match part:
            case Menu():
                for key, to in part.choices.items():
                    yield f"choices.{key}", here if to == REPEAT else to
                yield "failed", part.failed
            case Desk():
                yield "busy", part.busy
                yield "no_answer", part.no_answer
                yield "unavailable", part.unavailable
                yield "after", part.after
            case Message() | Play():
                yield "after", part.after
            case Hours():
                yield "then", part.opened
                yield "closed", part.closed

    def sounds(self) -> list[tuple[str, str]]:
        """Every medium with where it stands, for whoever looks for missing files."""
        found: list[tuple[str, str]] = []
        for here, part in self.parts.items():
            for key in ("prompt", "invalid", "no_input", "saved", "too_short"):
                where = f"{self.path} [{here.kind}.{here.name}] {key}"
                found += [(where, medium) for medium in getattr(part, key, ())]
        return found
