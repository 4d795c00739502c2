"""Asterisk's own command line: what may be given there, and how it gets there.

Rules: a command is read into words before anything is decided, and what is sent is written anew
from these words, so no spelling of quotes, case or blanks goes past a list. The deny list wins over
the allow list; with an empty allow list only what shows something may be given.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from stasis.ami import Ami, actions
from stasis.config import CliConfig
from stasis.pbx.errors import BadValue, Denied, Unavailable

__all__ = ["CommandLine", "words_of"]

SECONDS = 60.0

# What only shows something: the word behind the first, or the one behind that.
SHOWING = frozenset({"show", "list"})
# What shows secrets, unless `allow` names it.
TELLING: Sequence[tuple[str, ...]] = (
    ("pjsip", "show", "auth"),
    ("pjsip", "show", "auths"),
    ("database", "show"),
    ("realtime",),
)

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
            if words[: len(each)] == each:
                raise Denied("command", f"{' '.join(each)!r} is on the deny list of [asterisk.cli]")
        if any(words[: len(each)] == each for each in self._allow):
            return given
        told = any(words[: len(each)] == each for each in TELLING)
        if not self._allow and not told and SHOWING & set(words[1:3]):
            return given
        raise Denied(
            "command",
            f"{' '.join(given[:3])!r} is not on the allow list: add it to allow of [asterisk.cli]",
        )

    async def run(self, line: str) -> list[str]:
        """Give a command that the lists allow. Returns the lines it prints.

        Raises Denied, BadValue, Unavailable, AmiError.
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
        return lines


def written(words: Sequence[str]) -> str:
    """Words as a line that Asterisk takes apart into the same words."""
    return " ".join(
        f'"{each}"' if not each or " " in each or "\t" in each else each for each in words
    )
