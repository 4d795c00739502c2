"""Asterisk's side of AGI for tests: how its parser reads a line, and a peer that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Self

__all__ = ["ENVIRONMENT", "Peer", "Told", "words"]

ENVIRONMENT = (
    "agi_network: yes",
    "agi_network_script: sales/menu?x=1",
    "agi_request: agi://127.0.0.1/sales/menu?x=1",
    "agi_channel: PJSIP/alice-00000001",
    "agi_language: en",
    "agi_type: PJSIP",
    "agi_uniqueid: 1700000000.1",
    "agi_version: 22.10.1",
    "agi_callerid: 4711",
    "agi_calleridname: Zoë",
    "agi_dnid: unknown",
    "agi_rdnis: unknown",
    "agi_context: default",
    "agi_extension: 100",
    "agi_priority: 1",
    "agi_enhanced: 0.0",
    "agi_accountcode: ",
)


def words(text: str) -> list[str]:
    """What Asterisk makes of a line: it splits at blanks, and takes off quotes and backslashes."""
    found: list[str] = []
    word: str | None = None
    quoted = escaped = False
    for character in text:
        if escaped:
            word, escaped = (word or "") + character, False
        elif character == "\\":
            word, escaped = word or "", True
        elif character == '"':
            word, quoted = word or "", not quoted
        elif quoted or character not in " \t":
            word = (word or "") + character
        elif word is not None:
            found.append(word)
            word = None
    return found if word is None else [*found, word]


class Told:
    """A transport that notes the lines and answers as told. The last answer stays."""

    def __init__(self, *answers: str | BaseException, limit: int = 8_191) -> None:
        self.answers = list(answers) or ["200 result=0"]
        self.lines: list[str] = []
        self.limit = limit

    async def send(self, line: str) -> str:
        self.lines.append(line)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Peer:
    """An Asterisk that connects: sends an environment, and answers commands by their names."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.lines: list[str] = []

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    def begin(self, *more: str, script: str = "sales/menu?x=1") -> None:
        lines = [each.replace("sales/menu?x=1", script) for each in ENVIRONMENT]
        self.say(*lines, *more, "")

    async def hear(self) -> str:
        """The next line; "" when the server has closed."""
        line = (await self.reader.readline()).decode().removesuffix("\n")
        self.lines.append(line)
        return line

    async def serve(
        self,
        answers: Mapping[str, str] | None = None,
        otherwise: Callable[[str], str] = lambda line: "200 result=0",
    ) -> None:
        """Answer until the server closes."""
        while line := await self.hear():
            self.say((answers or {}).get(line) or otherwise(line))

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass
