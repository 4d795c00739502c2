"""The IVR's file: menus, desks, messages, announcements and hours, read and checked as a whole.

Rules: whatever is wrong is told at once, each with the file, the table, the key and the fix; a
file that loads leads every call somewhere.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from stasis import ConfigError
from stasis_ivr import hours as opening
from stasis_ivr.keys import key_problem
from stasis_ivr.parts import Desk, IvrFile, Menu, Message, Part, Play
from stasis_ivr.table import Table
from stasis_ivr.target import HANGUP, Target, target

__all__ = ["load", "parse"]

FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*)*")


def load(path: str = "") -> IvrFile:
    """Read a file; an empty path is the example that comes with stasis.

    Raises ConfigError with all that is wrong.
    """
    if path:
        name = path
        try:
            text = Path(path).read_text("utf-8")
        except OSError as error:
            raise ConfigError(
                f"[plugin.ivr]: file: {path} cannot be read: {error.strerror}; create it, or"
                " leave `file` out to run the example"
            ) from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
    else:
        name = "default.toml"
        text = files("stasis_ivr").joinpath("default.toml").read_text("utf-8")
    return parse(text, name)


def parse(text: str, path: str = "ivr.toml") -> IvrFile:
    """A file's text, understood. path: how problems name it. Raises ConfigError."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    problems: list[str] = []
    top = Table(data, path, problems)
    parts: dict[Target, Part] = {}
    for name, table in top.tables("menu"):
        parts[Target("menu", name)] = menu(name, table)
    for name, table in top.tables("desk"):
        parts[Target("desk", name)] = desk(name, table)
    for name, table in top.tables("message"):
        parts[Target("message", name)] = message(name, table)
    for name, table in top.tables("play"):
        parts[Target("play", name)] = play(name, table)
    for name, table in top.tables("hours"):
        parts[Target("hours", name)] = opening.read(name, table)
    start = target(top, "start")
    removed = target(top, "removed", start)
    file = IvrFile(path, start, removed, top.text("language"), parts)
    top.close()
    problems += lost(file)
    if not problems:
        problems += circles(file)
    if problems:
        raise ConfigError(*problems)
    return file


def menu(name: str, table: Table) -> Menu:
    """One `[menu.…]` table."""
    offered = table.table("choices")
    choices: dict[str, Target] = {}
    for key in offered.keys():
        choices[key] = target(offered, key, repeat=True)
        if (wrong := key_problem(key)) is not None:
            offered.problem(key, wrong)
    if not choices:
        table.problem("choices", "is missing: a menu needs at least one")
    read = Menu(
        name,
        table.media("prompt", required=True),
        choices,
        table.media("invalid"),
        table.media("no_input"),
        table.whole("tries", 3, 1, 20),
        table.number("timeout", 5.0, 0.5, 120),
        table.number("inter_digit", 2.0, 0.2, 30),
        table.flag("barge_in", True),
        target(table, "failed", HANGUP),
    )
    table.close()
    return read


def desk(name: str, table: Table) -> Desk:
    """One `[desk.…]` table."""
    endpoints = table.texts("endpoints", required=True)
    for each in endpoints:
        technology, slash, resource = each.partition("/")
        if not slash or not technology.isalnum() or not resource:
            table.problem("endpoints", f"{each!r}: write Technology/resource, such as PJSIP/alice")
    no_answer = target(table, "no_answer", HANGUP)
    read = Desk(
        name,
        endpoints,
        table.whole("ring", 20, 1, 600),
        table.text("caller_id") if "caller_id" in table.keys() else None,
        table.text("music") if "music" in table.keys() else None,
        table.media("prompt"),
        target(table, "busy", no_answer),
        no_answer,
        target(table, "unavailable", no_answer),
        target(table, "after", HANGUP),
    )
    table.close()
    return read


def message(name: str, table: Table) -> Message:
    """One `[message.…]` table."""
    folder = table.text("folder", f"ivr/{name}")
    if not FOLDER.fullmatch(folder):
        table.problem("folder", f"{folder!r}: use letters, digits, - and _, with / between folders")
    read = Message(
        name,
        table.media("prompt"),
        table.media("saved"),
        table.media("too_short"),
        folder,
        table.text("format", "wav"),
        table.flag("beep", True),
        table.whole("max_seconds", 120, 1, 3600),
        table.whole("silence", 5, 0, 60),
        table.whole("min_seconds", 2, 0, 60),
        table.whole("tries", 2, 1, 10),
        table.text("mailbox"),
        target(table, "after", HANGUP),
    )
    table.close()
    return read


def play(name: str, table: Table) -> Play:
    """One `[play.…]` table."""
    read = Play(name, table.media("prompt", required=True), target(table, "after", HANGUP))
    table.close()
    return read


def lost(file: IvrFile) -> Iterator[str]:
    """A line for each target that the file does not have."""
    places = [(f"{file.path}: start", file.start)]
    if file.removed != file.start:
        places.append((f"{file.path}: removed", file.removed))
    for here in file.parts:
        where = f"{file.path} [{here.kind}.{here.name}]"
        places += [(f"{where}: {key}", to) for key, to in file.exits(here)]
    known = [str(each) for each in file.parts]
    for where, to in places:
        if to.name and to not in file.parts:
            near = difflib.get_close_matches(str(to), known, 1)
            fix = f"did you mean {near[0]}?" if near else f"add [{to.kind}.{to.name}]"
            yield f"{where}: {str(to)!r} is not in this file; {fix}"


def circles(file: IvrFile) -> Iterator[str]:
    """A line for hours that only lead to hours: no call would ever get anywhere."""
    for here in file.parts:
        seen: set[Target] = set()
        ahead = [here] if here.kind == "hours" else []
        while ahead:
            at = ahead.pop()
            if at in seen or at.kind != "hours":
                continue
            seen.add(at)
            exits = [to for _, to in file.exits(at)]
            if here in exits:
                yield f"{file.path} [hours.{here.name}]: leads back to itself, through hours only"
                break
            ahead += exits
