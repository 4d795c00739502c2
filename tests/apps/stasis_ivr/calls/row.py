"""One call as a row of a table: what the caller does, what they hear, and how it ends.

What a caller does is a line of words, carried out one after the other:

    1 42 *#       keys, a fifth of a second each
    3s            waits
    says:4        speaks for 4 s
    hangs-up
    alice:answers, alice:busy, alice:declines, alice:hangs-up
                  once `PJSIP/alice` rings, she does this
    alice:rings, alice:talks, alice:gone
                  looks whether her phone rings, she and the caller hear each other, it is quiet
    cut:5         the event socket is lost for 5 s
    deploys       a new process takes over; `deploys:bare` brings another file
    refuse:500:POST:play, refuse:500:POST:play:1
                  from now on Asterisk refuses such requests with 500; only one of them;
                  at the beginning of a line before the call comes

What is heard is told with its time: `main@0 sub@1.1`, in seconds from the beginning of the call.
After the last word the caller does nothing more, and the call must come to its end.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import cast

from attrs import evolve, frozen
from stasis_ivr.ivr_file import parse
from stasis_ivr.parts import IvrFile
from stasis_ivr.plugin import IvrConfig, IvrPlugin

from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Callee, Caller
from stasis.testing.simulator.phone import Behaviour
from stasis.testing.simulator.wave import write

__all__ = ["FILES", "MONDAY", "Plugin", "Row", "make_sounds", "simulated", "went"]

HERE = Path(__file__).parent
OFFICE = (HERE / "office.toml").read_text("utf-8")
EXAMPLE = files("stasis_ivr").joinpath("default.toml").read_text("utf-8")
FILES: Mapping[str, str] = {
    "office": OFFICE,
    "example": EXAMPLE,
    "german": OFFICE.replace("start =", 'language = "de"\nstart =', 1),
    "bare": 'start = "menu:other"\n[menu.other]\nprompt = "sound:moved"\nchoices.1 = "hangup"\n',
}
# In seconds; those that are not here last 2.
WORDS = ["digits/1", "digits/2", "digits/40", "letters/a", "letters/b"]
SECONDS = {
    "main": 4.0,
    "sub": 3.0,
    "options": 1.0,
    "dialplan": 1.0,
    "im-sorry": 1.0,
    "beep": 0.5,
} | dict.fromkeys(WORDS, 0.5)
GERMAN = {"main": 6.0, "sub": 5.0}
NAMES = set(re.findall(r"sound:([a-z-]+)", OFFICE + EXAMPLE)) - {"missing"} | set(SECONDS)
MONDAY = "2026-11-23 10:00"
PATIENCE_SECONDS = 1000.0
TOLERANCE_SECONDS = 0.06
# Behind the flow, the dialplan says so; before it, nothing.
DIALPLAN = """
[default]
exten => ivr,1,Stasis(ivr)
 same => n,Playback(dialplan)
 same => n,Hangup(16)
"""
ENDS = {16: "hung-up", 38: "failed"}


@frozen
class Row:
    """A call.

    what: the name of the test. start: the target where the file begins the call. does, hears: as
    above. ends: `hung-up` by the IVR, `goes-on` in the dialplan, `gave-up` where the caller hung
    up, `failed` where the IVR apologises, each with its time if that says something. phones: how
    phones behave that are called, `alice=busy`, with seconds `alice=answers:3`; others ring until
    somebody answers. rings: whose phone was called, as `hears`. keeps: how many messages are
    stored then. lamp: how many the mailbox `office@default` counts. at: the moment, in UTC.
    file: of FILES. error: what the flow raises. version: of Asterisk.
    """

    what: str
    start: str
    does: str = ""
    hears: str = ""
    ends: str = "hung-up"
    phones: str = ""
    rings: str = ""
    keeps: int = 0
    lamp: int = 0
    at: str = MONDAY
    file: str = "office"
    error: str = ""
    version: str = "22"


class Plugin(IvrPlugin):
    """The plugin with a file and a moment of the row's choice."""

    def __init__(self, start: str, at: str = MONDAY, file: str = "office") -> None:
        super().__init__(IvrConfig())
        self.file = parsed(file, start)
        self.moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@cache
def parsed(file: str, start: str) -> IvrFile:
    """A file, read once, whose calls begin at a target. `bare` has its own beginning."""
    text = FILES[file]
    if file != "bare":
        text = re.sub('^start = ".*"', f'start = "{start}"', text, flags=re.MULTILINE)
    return parse(text)


def make_sounds(folder: Path) -> None:
    """Every sound of the file, with the length it has in these tests."""
    for language, seconds in {"en": SECONDS, "de": GERMAN}.items():
        place = folder / language
        place.mkdir()
        for name in NAMES if language == "en" else GERMAN:
            path = place / f"{name}.sln"
            path.parent.mkdir(exist_ok=True)
            write(path, seconds.get(name, 2.0))


def simulated(plugin: IvrPlugin, sounds: Path, version: str = "22") -> Asterisk:
    """A simulated Asterisk whose extension `ivr` leads to the plugin."""
    return Asterisk(plugin, dialplan=DIALPLAN, sounds=sounds, version=version)


class Notes:
    """What was noticed, each with its time: what the caller hears, whose phone rings, the end."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.heard: list[tuple[str, float]] = []
        self.rung: list[tuple[str, float]] = []
        self.ended: tuple[int, float] = (0, 0.0)
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        asterisk.on_party = self._party

    def _party(self, party: Caller) -> None:
        at = self._loop.time() - self._begun
        if isinstance(party, Callee):
            self.rung.append((party.line.channel.name.partition("/")[2].rpartition("-")[0], at))
        else:
            party.line.listeners.append(self._hears)

    def _hears(self, what: str) -> None:
        at = self._loop.time() - self._begun
        if what.startswith("ENDED "):
            self.ended = int(what.removeprefix("ENDED ")), at
        elif not what.isupper():
            self.heard.append((what.removeprefix("sound:"), at))


async def went(row: Row, sounds: Path) -> Row:
    """Let a call be made. Returns its row as it went: the same, if it went as the row says."""
    async with simulated(Plugin(row.start, row.at, row.file), sounds, row.version) as asterisk:
        for each in row.phones.split():
            name, _, behaviour = each.partition("=")
            kind, _, after = behaviour.partition(":")
            asterisk.phone(f"PJSIP/{name}", cast(Behaviour, kind), after=float(after or 0))
        asterisk.machine.mailboxes["office@default"] = (0, 0)
        notes = Notes(asterisk)
        words = row.does.split()
        before = list(takewhile(lambda word: word.startswith("refuse:"), words))
        for word in before:
            refuse(asterisk, *word.split(":")[1:])
        caller = await asterisk.call("ivr", number="100", name="Ann")
        script = Script(asterisk, caller, row)
        for word in words[len(before) :]:
            await script.does(word)
        over = await asterisk.machine.until(lambda: caller.over, PATIENCE_SECONDS)
        await caller.waits(5)
        failure = caller.failure
        cause, at = notes.ended
        end = "gave-up" if script.gave_up else ENDS.get(cause, str(cause))
        if notes.heard and notes.heard[-1][0] == "dialplan":
            end = "goes-on"
        if not over:
            end = f"never: it is in {caller.state!r}"
        return evolve(
            row,
            hears=said(notes.heard, row.hears),
            rings=said(notes.rung, row.rings),
            ends=said([(end, at)], row.ends),
            error=type(failure).__name__ if failure else "",
            keeps=sum(each.is_file() for each in asterisk.machine.folder.rglob("*")),
            lamp=asterisk.machine.mailboxes["office@default"][1],
        )


def said(noticed: list[tuple[str, float]], expected: str = "") -> str:
    """What was noticed, written as a row is; times that are as expected are written as there."""
    words: list[str] = []
    times = [each.partition("@")[2] for each in expected.split()]
    for (what, at), time in zip_longest(noticed, times[: len(noticed)], fillvalue="?"):
        close = time not in ("", "?") and abs(float(time) - at) < TOLERANCE_SECONDS
        shown = time if close else f"{at:.2f}".rstrip("0").rstrip(".")
        words.append(what if time == "" else f"{what}@{shown}")
    return " ".join(words)


def refuse(asterisk: Asterisk, status: str, method: str, path: str, times: str = "-1") -> None:
    """Refuse requests whose path has this in it. times: how often; -1 for always."""
    asterisk.refuse(f"{method} (/.*)?/{path}(/.*)?", int(status), times=int(times))


class Script:
    """Carries out what a caller does. gave_up: whether they have hung up."""

    def __init__(self, asterisk: Asterisk, caller: Caller, row: Row) -> None:
        self.asterisk = asterisk
        self.caller = caller
        self.row = row
        self.gave_up = False
        self.people: dict[str, Callee] = {}

    async def does(self, word: str) -> None:
        """One word."""
        if re.fullmatch(r"[0-9*#A-D]+", word):
            await self.caller.dials(word)
        elif found := re.fullmatch(r"([0-9.]+)s", word):
            await self.caller.waits(float(found[1]))
        elif word == "hangs-up":
            self.gave_up = True
            await self.caller.hangs_up()
        else:
            verb, *rest = word.split(":")
            await self.verb(verb, *rest)

    async def verb(self, verb: str, *rest: str) -> None:
        """What has a colon in it, or is done by somebody else."""
        match verb, *rest:
            case "says", seconds:
                await self.caller.speaks(float(seconds))
            case "cut", seconds:
                await self.asterisk.cut(float(seconds))
                await self.asterisk.turn()
            case "deploys", *file:
                plugin = Plugin(self.row.start, self.row.at, *file or [self.row.file])
                await self.asterisk.redeploy(plugin)
            case "refuse", *what:
                refuse(self.asterisk, *what)
            case name, act:
                await self.person(name, act)

    async def person(self, name: str, act: str) -> None:
        """What somebody does whose phone rings."""
        if name not in self.people:
            self.people[name] = await self.asterisk.rings(f"PJSIP/{name}")
        person = self.people[name]
        match act:
            case "rings":
                assert not person.answered and not person.over, name
            case "answers":
                await person.answers()
            case "busy":
                await person.is_busy()
            case "declines":
                await person.declines()
            case "hangs-up":
                await person.hangs_up()
            case "talks":
                await self.caller.talks_with(person, within=1)
            case "gone":
                assert await self.asterisk.machine.until(lambda: person.over, 1), f"{name} rings on"
            case _:
                raise ValueError(f"{self.row.what}: nobody can {act!r}")
