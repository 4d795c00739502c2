"""An Asterisk that outlives the IVR's processes: with mailboxes, and with files of recordings."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from stasis_ivr.flow import Ivr
from stasis_ivr.ivr_file import parse
from stasis_ivr.plugin import IvrConfig, IvrPlugin

from stasis.ari.resource import Request, Response
from stasis.program import Program
from tests.server import APP, Process, Server, refused

FILE = """
start = "menu:main"

[menu.main]
prompt = "sound:main"
choices.1 = "desk:sales"
choices.2 = "message:office"
choices.3 = "play:news"
choices._8X = "desk:extension"
choices.9 = "menu:sub"

[menu.sub]
prompt = "sound:sub"
choices.1 = "menu:main"

[desk.sales]
endpoints = ["PJSIP/a", "PJSIP/b"]
prompt = "sound:hold"
no_answer = "message:office"
after = "menu:sub"

[desk.extension]
endpoints = "PJSIP/{digits}"

[message.office]
prompt = "sound:intro"
saved = "sound:saved"
too_short = "sound:short"
mailbox = "office@default"
after = "menu:sub"

[play.news]
prompt = "sound:news"
after = "menu:main"
"""
# What a deploy may leave of it: nothing but another menu.
BARE = """
start = "menu:other"
[menu.other]
prompt = "sound:other"
choices.1 = "hangup"
"""


def sound(seconds: float) -> bytes:
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setparams((1, 2, 8000, 0, "NONE", ""))
        writing.writeframes(bytes(round(seconds * 8000) * 2))
    return file.getvalue()


class Office(Server):
    """The server.

    lamps: new messages by mailbox. length: of the files of what is recorded, in seconds. file: its
    bytes, where it is not such a file. talked: seconds of talking, as a recording's end tells it.
    slow: the beginning of requests that are not done until `going` is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lamps: dict[str, int] = {}
        self.length = 7.0
        self.file: bytes | None = None
        self.talked = 5
        self.slow = "-"
        self.going = asyncio.Event()

    async def take(self, request: Request) -> Response:
        """One request, at once or later."""
        if f"{request.method} {request.path}".startswith(self.slow):
            await self.going.wait()
        return await super().take(request)

    def playing(self) -> list[str]:
        """What plays now."""
        return [playback["media_uri"] for playback in self.playbacks.values()]

    async def hear_out(self) -> None:
        """What plays comes to its end."""
        for id in list(self.playbacks):
            await self.finish(id)

    def _finish_recording(self, name: str) -> None:
        self.recordings[name]["talking_duration"] = self.talked
        super()._finish_recording(name)

    def _answer(self, method: str, parts: list[str], given: Mapping[str, Any]) -> Any:
        match (method, *parts):
            case ("GET", "recordings", "stored", name, "file"):
                file = sound(self.length) if self.file is None else self.file
                there = name in self.stored
                return Response(200, "", file) if there else refused(404, "Recording not found")
            case ("DELETE", "recordings", "stored", name):
                if name not in self.stored:
                    return refused(404, "Recording not found")
                self.stored.discard(name)
                return None
            case ("GET", "mailboxes", name):
                new = self.lamps.get(name)
                told = {"name": name, "old_messages": 0, "new_messages": new}
                return refused(404, "Mailbox not found") if new is None else told
            case ("PUT", "mailboxes", name):
                self.lamps[name] = int(given["newMessages"])
                return None
        return super()._answer(method, parts, given)


class Plugin(IvrPlugin):
    """The plugin with a file of the test's choice."""

    def __init__(self, text: str = FILE) -> None:
        super().__init__(IvrConfig())
        self.file = parse(text)

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def process(server: Server, text: str = FILE) -> Process:
    """One process of the IVR, with its file."""
    made = Process(server, Ivr)
    made.link.programs = {APP: Program(Ivr, Plugin(text))}
    return made


@asynccontextmanager
async def restarted(server: Server, old: Process, text: str = FILE) -> AsyncIterator[Process]:
    """The process is killed, and a new one goes on. What it asks for is counted from here on."""
    await old.kill()
    server.lines.clear()
    async with process(server, text) as new:
        assert new.ready
        yield new
