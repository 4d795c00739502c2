"""Asterisk's own command line: what may be given there, and how it gets there.

Rules: a command is read into words before anything is decided, and what is sent is written anew
from these words, so no spelling of quotes, case or blanks goes past a list. The deny list wins over
the allow list; with an empty allow list only what shows something may be given. What shows secrets
has to be named whole.

Asterisk takes words whatever their case, and none that is abbreviated. Quotes and backslashes mean
something anywhere in a word there, so only whole words have quotes here. Where a command knows a
choice of words, as `agi set debug [on|off]`, it takes `on|off` for one of them, and so does the
deny list.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from stasis.ami import Ami, actions
from stasis.config import CliConfig
from stasis.pbx.errors import BadValue, Denied, Refused, Unavailable

__all__ = ["CommandLine", "words_of"]

SECONDS = 60.0

# What only shows something: by its second word, and these.
SHOWING = frozenset({"show", "list"})
ALSO_SHOWING: Sequence[tuple[str, ...]] = (
    ("bridge", "technology", "show"),
    ("dialplan", "locks", "show"),
    ("logger", "filter", "show"),
    ("media", "cache", "show"),
    ("sorcery", "memory", "cache", "show"),
)
# What shows secrets, unless an entry of `allow` names as much of it.
TELLING: Sequence[tuple[str, ...]] = (
    ("ari", "show", "outbound-websocket"),
    ("confbridge", "show", "profile"),
    ("database", "show"),
    ("database", "showkey"),
    ("dialplan", "show", "globals"),
    ("pjsip", "show", "auth"),
    ("pjsip", "show", "auths"),
    ("pjsip", "show", "history"),
    ("realtime",),
)
# How a command's first word looks: `!` and `_command` are none.
NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
# What stands between the words of a choice.
CHOICE = re.compile(r"[\[\]{}|]")
# Bytes of a command that `asterisk -rx` takes; it does nothing at all with a longer one.
LOCAL_BYTES = 496
# How the output begins when Asterisk has done nothing; `-rx` ends with 0 all the same.
NOTHING_DONE = ("No such command ", "Usage: ")

# A word is plain, or whole in quotes: Asterisk would also take quotes and backslashes in a word.
WORD = re.compile(r'"([^"\\]*)"(?=[ \t]|$)|([^" \t\\]+)(?=[ \t]|$)')
BLANKS = re.compile(r"[ \t]+")


def words_of(line: str) -> tuple[str, ...]:
    """The words of a command. Raises BadValue for what is not clear."""
    text = line.strip(" \t")
    if not text or len(text) > 900:
        raise BadValue("command", "a command has 1 to 900 characters")
    if not text.isprintable() and not text.replace("\t", " ").isprintable():
        raise BadValue("command", "a line break or another control character cannot be sent")
    found: list[str] = []
    at = 0
    while at < len(text):
        match = WORD.match(text, at)
        if match is None:
            raise BadValue(
                "command", 'quotes go around a whole word, "like this", and \\ is not possible'
            )
        found.append(match[1] if match[1] is not None else match[2])
        at = match.end()
        blank = BLANKS.match(text, at)
        at = blank.end() if blank else at
    return tuple(found)


class CommandLine:
    """The command line of one Asterisk. ami: gives the manager interface, for way = "ami"."""

    def __init__(self, config: CliConfig, ami: Callable[[], Awaitable[Ami]]) -> None:
        self.config = config
        self._ami = ami
        self._allow = tuple(tuple(map(str.casefold, words_of(each))) for each in config.allow)
        self._deny = tuple(tuple(map(str.casefold, words_of(each))) for each in config.deny)

    def check(self, line: str) -> tuple[str, ...]:
        """The command's words. Raises Denied when it may not be given, BadValue."""
        given = words_of(line)
        words = tuple(each.casefold() for each in given)
        for each in self._deny:
            if begins(words, each):
                raise Denied("command", f"{' '.join(each)!r} is on the deny list of [asterisk.cli]")
        allowed = [each for each in self._allow if words[: len(each)] == each]
        for each in TELLING:
            if begins(words, each) and not any(found[: len(each)] == each for found in allowed):
                raise Denied(
                    "command",
                    f"{' '.join(each)!r} shows secrets: name it in allow of [asterisk.cli] if it"
                    " may be given",
                )
        if allowed or (not self._allow and shows(words)):
            return given
        raise Denied(
            "command",
            f"{' '.join(given[:3])!r} is not on the allow list: add it to allow of [asterisk.cli]",
        )

    async def run(self, line: str) -> list[str]:
        """Give a command that the lists allow. Returns the lines it prints.

        Raises Denied, BadValue, Refused, Unavailable, AmiError.
        """
        return await self.told(written(self.check(line)))

    async def told(self, line: str) -> list[str]:
        """Give a command whatever the lists say: one that we have written ourselves."""
        line = written(words_of(line))
        if self.config.way == "local":
            return await self._local(line)
        answer = await (await self._ami()).send(actions.Command(command=line))
        return list(answer.output)

    async def _local(self, line: str) -> list[str]:
        program = self.config.program
        if len(line.encode()) > LOCAL_BYTES:
            raise BadValue(
                "command", f'asterisk -rx takes {LOCAL_BYTES} bytes; way = "ami" takes more'
            )
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                "-rx",
                line,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            raise Unavailable(
                "command",
                f"{program} cannot be run: {error.strerror}; see program in [asterisk.cli]",
            ) from None
        try:
            async with asyncio.timeout(SECONDS):
                out, _ = await process.communicate()
        except TimeoutError:
            raise Unavailable("command", f"{program} did not end in {SECONDS:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        lines = out.decode("utf-8", "replace").splitlines()
        if process.returncode:
            why = lines[-1] if lines else f"exit code {process.returncode}"
            raise Unavailable("command", f"{program} -rx: {why}")
        if lines and lines[0].startswith(NOTHING_DONE):
            raise Refused("command", "\n".join(lines[:20]))
        return lines


def begins(words: tuple[str, ...], beginning: tuple[str, ...]) -> bool:
    """Whether a command begins so, as Asterisk may understand it."""
    return len(words) >= len(beginning) and all(
        wanted == word or wanted in CHOICE.split(word)
        for wanted, word in zip(beginning, words, strict=False)
    )


def shows(words: tuple[str, ...]) -> bool:
    """Whether a command only shows something."""
    if not NAME.fullmatch(words[0]):
        return False
    return bool(SHOWING & set(words[1:2])) or any(begins(words, each) for each in ALSO_SHOWING)


def written(words: Sequence[str]) -> str:
    """Words as a line that Asterisk takes apart into the same words."""
    return " ".join(
        f'"{each}"' if not each or " " in each or "\t" in each else each for each in words
    )
