"""A manager interface that answers as told, on a free port of the loopback."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from types import TracebackType

from stasis.ami import AmiConfig
from stasis.ami.message import Message
from stasis.section import Secret

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
SECRET = "s3cret-word"
BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 5\r\nStatus: Fully Booted"

Answering = Callable[["Session", Message], "Awaitable[None] | None"]


class Session:
    """One client that is connected."""

    def __init__(self, server: Server, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.writer = writer

    def send(self, *lines: str) -> None:
        """A message, of these lines."""
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    def answer(self, asked: Message, *lines: str, response: str = "Success") -> None:
        self.send(f"Response: {response}", f"ActionID: {asked.get('ActionID')}", *lines)

    def cut(self) -> None:
        """Break the connection."""
        self.writer.transport.abort()


class Server:
    """`async with` opens it. answers: what an action is answered with, by its name.

    asked: the actions that came; sessions: the clients that ever connected.
    """

    def __init__(self, **answers: Answering) -> None:
        self.answers: dict[str, Answering] = {
            "Challenge": lambda s, m: s.answer(m, "Challenge: 4711"),
            "Login": log_in,
            "Ping": lambda s, m: s.answer(m, "Ping: Pong"),
            "Events": lambda s, m: s.answer(m, "Events: On"),
            "Logoff": lambda s, m: s.writer.close(),
            **answers,
        }
        self.asked: list[Message] = []
        self.sessions: list[Session] = []
        self.greeting = GREETING
        self.boots = True

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self.sessions:
            session.cut()
        self._server.close()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    @property
    def session(self) -> Session:
        """The client that connected last."""
        return self.sessions[-1]

    def config(self, **more: object) -> AmiConfig:
        """How it is reached."""
        values = {"backoff_min": 0.01, "backoff_max": 0.02, "boot_timeout": 5.0, **more}
        return AmiConfig(port=self.port, username="me", secret=Secret(SECRET), **values)  # type: ignore[arg-type]

    def names(self) -> list[str]:
        """The actions that came."""
        return [each.get("Action") for each in self.asked]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, writer)
        self.sessions.append(session)
        session.raw(self.greeting)
        try:
            while True:
                frame = await reader.readuntil(b"\r\n\r\n")
                message = Message.of(frame[:-4])
                self.asked.append(message)
                answering = self.answers.get(message.get("Action"))
                done = answering(session, message) if answering else None
                if done is not None:
                    await done
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


def log_in(session: Session, asked: Message) -> None:
    """Take the right secret, plainly or hashed."""
    digest = hashlib.md5(f"4711{SECRET}".encode()).hexdigest()
    if asked.get("Secret") != SECRET and asked.get("Key") != digest:
        session.answer(asked, "Message: Authentication failed", response="Error")
        return
    session.answer(asked, "Message: Authentication accepted")
    if session.server.boots:
        session.send(BOOTED)


def listing(name: str, *items: str, count: int | None = None) -> Answering:
    """Answer with a list."""

    def answering(session: Session, asked: Message) -> None:
        own = f"ActionID: {asked.get('ActionID')}"
        session.answer(asked, "EventList: start", "Message: will follow")
        for each in items:
            session.send(f"Event: {name}", own, each)
        told = len(items) if count is None else count
        session.send(f"Event: {name}Complete", own, "EventList: Complete", f"ListItems: {told}")

    return answering
