"""The conference's file: rooms, profiles and menus, read and checked as a whole.

Rules: whatever is wrong is told at once, each with the file, the table, the key and the fix. What
is there without a file (`default`, `moderator`) is there with one as well; a table of that name
changes the keys that it names. A file that has become wrong leaves the one before in force.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import structlog
from attrs import frozen

from stasis import ConfigError, Matcher, Secret, key, section
from stasis_conference.pin import is_hash, pin_problem
from stasis_conference.profile import (
    DEFAULT,
    MEMBER_PROFILES,
    MENUS,
    ROOM_PROFILES,
    MemberProfile,
    Menu,
    RoomProfile,
    Sounds,
)

__all__ = ["NOTHING", "PlannedRoom", "RoomFile", "load", "parse", "reread", "room_problem"]

log = structlog.get_logger("stasis_conference")

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*)*")
SCHEMES = ("sound", "recording", "number", "digits", "characters", "tone")
MEDIUM = re.compile(rf"({'|'.join(SCHEMES)}):[^\s,]+")

Check = Callable[[str], str | None]
"""Says what is wrong with the name of an action; None: nothing."""


@frozen
class PlannedRoom:
    """A `[room.NAME]` table."""

    title: str = key("", "what people call it")
    profile: str = key(DEFAULT, "its room profile")
    member_pin: Secret = key(
        Secret(""), "the PIN of members: 4 to 12 digits, or an argon2 hash; empty: none is asked"
    )
    moderator_pin: Secret = key(Secret(""), "the PIN of moderators, in the same way")


@frozen
class RoomFile:
    """All of it. path: for messages to people. stamp: the file's time and size when it was read."""

    path: str
    rooms: Mapping[str, PlannedRoom]
    room_profiles: Mapping[str, RoomProfile]
    member_profiles: Mapping[str, MemberProfile]
    menus: Mapping[str, Menu]
    stamp: tuple[int, int] | None = None

    def sounds(self) -> list[tuple[str, str]]:
        """Every medium with where it stands, for whoever looks for missing files."""
        found: list[tuple[str, str]] = []
        for name, profile in self.room_profiles.items():
            for each, media in attrs.asdict(profile.sounds).items():
                where = f"{self.path} [room_profile.{name}] sounds.{each}"
                found += [(where, medium) for medium in media]
        for name, menu in self.menus.items():
            found += [(f"{self.path} [menu.{name}] help", medium) for medium in menu.help]
        return found


NOTHING = RoomFile("conference", {}, ROOM_PROFILES, MEMBER_PROFILES, MENUS)
"""What holds without a file."""


def load(path: str = "", check: Check | None = None) -> RoomFile:
    """Read a file; an empty path is NOTHING. check: of the actions that menus name.

    Raises ConfigError with all that is wrong.
    """
    if not path:
        return NOTHING
    try:
        stamp = stamp_of(path)
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"[plugin.conference]: file: {path} cannot be read: {error.strerror}; create it, or"
            " leave `file` out: rooms are then made on demand"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
    return attrs.evolve(parse(text, path, check), stamp=stamp)


def reread(file: RoomFile, check: Check | None = None) -> RoomFile:
    """The file as it is now: the same object when it is as it was, or is wrong, which is logged.

    A wrong one is told once, and looked at again when it has changed.
    """
    if file.stamp is None:
        return file
    try:
        stamp = stamp_of(file.path)
        if stamp == file.stamp:
            return file
        found = load(file.path, check)
    except OSError as error:
        log.warning("the file is gone; its rooms stay", file=file.path, error=error.strerror)
        return file
    except ConfigError as error:
        log.error("the file is wrong; what was there before stays", problems=error.problems)
        return attrs.evolve(file, stamp=stamp)
    log.info("the file was read anew", file=file.path)
    return found


def stamp_of(path: str) -> tuple[int, int]:
    """By what a changed file is known. Raises OSError."""
    found = Path(path).stat()
    return found.st_mtime_ns, found.st_size


def parse(text: str, path: str = "conference.toml", check: Check | None = None) -> RoomFile:
    """A file's text, understood. path: how problems name it. check: as of `load`.

    Raises ConfigError.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    problems = [
        f"{path}: unknown key {name}; {nearest(name, KINDS)}" for name in data if name not in KINDS
    ]
    read: dict[str, dict[str, Any]] = {}
    for name, (kind, given) in KINDS.items():
        read[name] = dict(given)
        tables = data.get(name, {})
        if not isinstance(tables, dict):
            problems.append(f"{path}: {name}: must be a table; write [{name}.NAME]")
            continue
        for each, table in tables.items():
            where = f"{path} [{name}.{each}]"
            try:
                if not isinstance(table, dict):
                    raise ConfigError(f"{where}: must be a table")
                read[name][each] = section(kind, changed(given.get(each)) | table, where)
            except ConfigError as error:
                problems += error.problems
    file = RoomFile(path, read["room"], read["room_profile"], read["member_profile"], read["menu"])
    problems += wrong(file, data, check or (lambda action: None))
    if problems:
        raise ConfigError(*problems)
    return file


KINDS: Mapping[str, tuple[type, Mapping[str, Any]]] = {
    "room": (PlannedRoom, {}),
    "room_profile": (RoomProfile, ROOM_PROFILES),
    "member_profile": (MemberProfile, MEMBER_PROFILES),
    "menu": (Menu, MENUS),
}


def changed(given: Any) -> dict[str, Any]:
    """What of a profile is not as its class has it: what a table of its name begins with."""
    if given is None:
        return {}
    return attrs.asdict(
        given,
        recurse=False,
        filter=lambda field, value: value != getattr(type(given)(), field.name),
    )


def wrong(file: RoomFile, data: Mapping[str, Any], check: Check) -> Iterator[str]:
    """A line for each thing that the types do not tell."""
    for name, room in file.rooms.items():
        where = f"{file.path} [room.{name}]"
        if problem := room_problem(name):
            yield f"{where}: {problem}"
        yield from unknown(where, "profile", room.profile, "room_profile", file.room_profiles, data)
        yield from wrong_pins(where, room)
    for name, profile in file.room_profiles.items():
        where = f"{file.path} [room_profile.{name}]"
        for role in ("member", "moderator"):
            named = getattr(profile, role)
            yield from unknown(where, role, named, "member_profile", file.member_profiles, data)
        if not FOLDER.fullmatch(profile.record_folder):
            yield (
                f"{where}: record_folder: {profile.record_folder!r}: use letters, digits, - and _,"
                " with / between folders"
            )
        for field in attrs.fields(Sounds):
            media = getattr(profile.sounds, field.name)
            yield from wrong_media(where, f"sounds.{field.name}", media)
    for name, member in file.member_profiles.items():
        where = f"{file.path} [member_profile.{name}]"
        if member.menu:
            yield from unknown(where, "menu", member.menu, "menu", file.menus, data)
    for name, menu in file.menus.items():
        where = f"{file.path} [menu.{name}]"
        yield from wrong_media(where, "help", menu.help)
        for keys, action in menu.keys.items():
            try:
                Matcher([keys])
            except ValueError as error:
                yield f"{where}: keys.{keys}: {error}"
            if problem := check(action):
                yield f"{where}: keys.{keys}: {problem}"


def wrong_pins(where: str, room: PlannedRoom) -> Iterator[str]:
    """A line for each PIN that cannot be one; none shows it."""
    pins = {"member_pin": room.member_pin.reveal(), "moderator_pin": room.moderator_pin.reveal()}
    for field, pin in pins.items():
        if pin and not is_hash(pin) and (problem := pin_problem(pin)):
            yield f"{where}: {field}: {problem}, or an argon2 hash"
    if pins["member_pin"] and pins["member_pin"] == pins["moderator_pin"]:
        yield f"{where}: moderator_pin: must differ from member_pin"


def wrong_media(where: str, field: str, media: list[str]) -> Iterator[str]:
    """A line for each medium that is none."""
    for each in media:
        if not MEDIUM.fullmatch(each):
            yield (
                f"{where}: {field}: {each!r} is no medium; write scheme:what with scheme one of"
                f" {', '.join(SCHEMES)}, such as sound:hello-world"
            )


def unknown(
    where: str, field: str, name: str, kind: str, known: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[str]:
    """A line when a name is not there; not when its own table is, with something wrong in it."""
    tables = data.get(kind)
    if name not in known and not (isinstance(tables, dict) and name in tables):
        yield f"{where}: {field}: {name!r} is not there; {nearest(name, known, f'{kind}.')}"


def nearest(name: str, known: Mapping[str, Any], kind: str = "") -> str:
    """What to do about a name that is not known."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"add [{kind}{name}]" if kind else f"known: {', '.join(known)}"


def room_problem(name: str) -> str | None:
    """What is wrong with the name of a room, which is part of file names; None: nothing."""
    if NAME.fullmatch(name):
        return None
    return "a room's name has up to 64 letters, digits, _ . - and begins with none of . -"
