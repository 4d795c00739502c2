"""`stasis run` with the plugin `pbx` on an office's Asterisk: a process, a folder, a desk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from attrs import define
from yarl import URL

from stasis.lab.sipp import free_port
from tests.asterisk.command_line import environment
from tests.asterisk.listener import until
from tests.asterisk.pbx.conftest import Office

BASE = "/pbx/api/v1"


@define
class Answer:
    """What came back. body: of JSON, or the bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Of a problem; empty for none."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""


class Program:
    """The process, and who asks it. port: of its HTTP server."""

    def __init__(self, office: Office, folder: Path, session: ClientSession, more: str) -> None:
        self.office = office
        self.folder = folder
        self.session = session
        self.port = free_port(socket.SOCK_STREAM)
        lab = office.lab
        (folder / "stasis.toml").write_text(
            f'[http]\nport = {self.port}\n[plugins]\nenabled = ["hello", "pbx"]\n'
            f'[asterisk.ami]\nhost = "127.0.0.1"\nport = {lab.ami_port}\n'
            f'username = "{lab.username}"\nsecret = "{lab.password}"\n'
            f'[plugin.pbx]\ndatabase = "sqlite:///{folder}/pbx.db"\n{more}'
        )

    @property
    def root(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def run(self, *words: str, **changed: str) -> str:
        """What a command writes. It must succeed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stasis", *words),
            cwd=self.folder,
            env=environment(self.office.lab, changed),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def token(self, *scopes: str, name: str = "test") -> str:
        """A new token, made by the command."""
        words = [word for scope in scopes for word in ("--scope", scope)]
        return (await self.run("pbx", "token", "new", name, *words)).strip()

    async def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Answer:
        """Ask for something below the API's base. path: encoded."""
        async with self.session.request(
            method,
            URL(self.root + BASE + path, encoded=True),
            json=body,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        ) as response:
            data = await response.read()
            text = "json" in response.content_type
            return Answer(response.status, json.loads(data) if text else data, response.headers)


@asynccontextmanager
async def program(office: Office, folder: Path, more: str = "") -> AsyncIterator[Program]:
    """It, ready; told to stop politely at the end, which it must obey. more: of its stasis.toml."""
    log = folder / "log"
    async with ClientSession() as session:
        made = Program(office, folder, session, more)
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stasis", "run"),
                cwd=folder,
                env=environment(office.lab, {}),
                stdout=DEVNULL,
                stderr=file,
            )
        try:
            await until(lambda: "ready on " in log.read_text("utf-8"), "ready")
            yield made
            os.kill(process.pid, signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await process.wait() == 0, log.read_text("utf-8")
            assert "Traceback" not in log.read_text("utf-8"), log.read_text("utf-8")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
