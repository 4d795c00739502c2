"""A program under test as a process of its own: it is killed, and started anew.

As a program: python -m tests.faults.process PLUGIN JOURNAL, where PLUGIN is `module:Class` or
`path/to/file.py:Class`; Asterisk is named by the environment, as for `stasis run`. It writes
`ready` when calls can come in.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from stasis import Link
from stasis.app import run
from stasis.config import load
from stasis.logs import set_up
from tests.asterisk.servers import Server
from tests.faults.calls import CallsConfig

__all__ = ["Child"]

READY_SECONDS = 40.0


class Child:
    """The process. server: its Asterisk. plugin: as above. log: where its log goes.

    environment: more of `STASIS_…`. starts: how often it was started.
    """

    def __init__(
        self, server: Server, plugin: str, journal: Path, log: IO[bytes], **environment: str
    ) -> None:
        self.plugin = plugin
        self.starts = 0
        self._journal = journal
        self._log = log
        self._process: Process | None = None
        self._environment = {
            **os.environ,
            "STASIS_ASTERISK_URL": server.lab.url,
            "STASIS_ASTERISK_USERNAME": server.lab.username,
            "STASIS_ASTERISK_PASSWORD": server.lab.password,
            "STASIS_ASTERISK_TRANSPORT": server.transport,
            "STASIS_HTTP_PORT": "0",
            "STASIS_LOG_FORMAT": "json",
            "STASIS_LOG_LEVEL": "warning",
            **environment,
        }

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[Child]:
        """It runs while the context lasts."""
        try:
            await self.start()
            yield self
        finally:
            await self.kill()

    async def start(self) -> None:
        """Start it, and wait until calls can come in. Raises RuntimeError when it ends instead."""
        self.starts += 1
        arguments = ("-m", "tests.faults.process", self.plugin, str(self._journal))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environment, stdout=PIPE, stderr=self._log
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), READY_SECONDS)
        if line != b"ready\n":
            raise RuntimeError(f"the program ended with {await self._process.wait()}")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def ended(self, seconds: float) -> int:
        """Wait for its end; its exit status. Raises TimeoutError."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()
            self._process = None


def loaded(text: str) -> Any:
    """The plugin's class."""
    where, _, name = text.rpartition(":")
    if not where.endswith(".py"):
        return getattr(importlib.import_module(where), name)
    spec = importlib.util.spec_from_file_location("under_test", where)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["under_test"] = module  # attrs looks there for the names in annotations
    spec.loader.exec_module(module)
    return getattr(module, name)


async def ready(link: Link) -> None:
    """Tell the parent."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    config = load()
    set_up(config.log)
    plugin = loaded(sys.argv[1])(CallsConfig(sys.argv[2]))
    asyncio.run(run(config, [plugin], ready=ready))
