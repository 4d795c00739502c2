"""baresip's control connection: netstrings of JSON. Commands get answers, events come unasked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

from attrs import define, field

from stasis.lab.fault import PhoneError

__all__ = ["Wire"]

ANSWER_SECONDS = 5.0


@define
class Wire:
    """One control connection. Events are kept until `forget`, so none is missed by waiting late."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    events: list[dict[str, Any]] = field(factory=list)
    answers: dict[str, dict[str, Any]] = field(factory=dict)
    changed: asyncio.Condition = field(factory=asyncio.Condition)
    asked: int = 0
    ended: bool = False
    task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, port: int, timeout: float, process: asyncio.subprocess.Process) -> Self:
        """Connect to a baresip that is starting.

        Raises PhoneError when it ends, or does not listen within `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if process.returncode is not None or loop.time() > until:
                    raise PhoneError("baresip does not start") from None
                await asyncio.sleep(0.02)
                continue
            wire = cls(reader, writer)
            wire.task = asyncio.create_task(wire.read())
            return wire

    async def read(self) -> None:
        """Read to the end; every message wakes those who wait."""
        while (message := await netstring(self.reader)) is not None:
            async with self.changed:
                if message.get("event"):
                    self.events.append(message)
                else:
                    self.answers[str(message.get("token"))] = message
                self.changed.notify_all()
        async with self.changed:
            self.ended = True
            self.changed.notify_all()

    async def ask(self, command: str, params: str = "") -> str:
        """Give a command. Returns what baresip says; raises PhoneError when it does not do it."""
        self.asked += 1
        token = f"t{self.asked}"
        body = json.dumps({"command": command, "params": params, "token": token}).encode()
        self.writer.write(b"%d:%s," % (len(body), body))
        await self.until(lambda: token in self.answers, ANSWER_SECONDS, f"answer to {command}")
        answer = self.answers.pop(token)
        if not answer.get("ok"):
            raise PhoneError(f"baresip refuses {command} {params}: {answer.get('data', '')}")
        return str(answer.get("data", ""))

    async def event(self, *types: str, timeout: float, keep: str = "") -> dict[str, Any]:
        """Wait for the first event of one of these types since `forget`; it is taken out.

        keep: one of the types, which stays for the next who waits for it.

        Raises PhoneError when none comes within `timeout` seconds.
        """

        def first() -> dict[str, Any] | None:
            return next((each for each in self.events if each["type"] in types), None)

        await self.until(lambda: first() is not None, timeout, " or ".join(types))
        found = first()
        assert found is not None
        if found["type"] != keep:
            self.events.remove(found)
        return found

    def forget(self) -> None:
        """Drop the events of the call before."""
        self.events.clear()

    async def until(self, true: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until a condition over what was read is true."""
        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(lambda: true() or self.ended)
        except TimeoutError:
            seen = [each["type"] for each in self.events]
            raise PhoneError(f"no {what} within {timeout:g} s; there was {seen}") from None
        if not true():
            raise PhoneError(f"baresip ended while {what} was awaited")

    async def close(self) -> None:
        """Close the connection."""
        self.writer.close()
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


async def netstring(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message; None at the end, or when what comes is no netstring."""
    try:
        length = int((await reader.readuntil(b":"))[:-1])
        body = await reader.readexactly(length + 1)
        message = json.loads(body[:-1])
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
        return None
    return message if isinstance(message, dict) else None
