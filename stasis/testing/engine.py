"""The program under test: the real engine with its plugins, on a simulated server.

Rules: one Engine is one process. What outlives it is on the server; a redeploy is another Engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from stasis.app import background
from stasis.ari.resource import Send
from stasis.config import Config
from stasis.link import Link
from stasis.plugin import Plugin
from stasis.program import Program
from stasis.servers import Servers
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.seams import Wire, frames
from stasis.walk import OnWalk

__all__ = ["Engine"]

READY_SECONDS = 30.0


class Engine:
    """One process. programs: what it runs, by application. send: carries its requests.

    link: the engine itself. wire: its event socket. broken: plugins whose `run` has raised.
    """

    def __init__(
        self,
        machine: Machine,
        programs: Mapping[str, Program],
        config: Config,
        send: Send,
        on_walk: Sequence[OnWalk],
    ) -> None:
        self.wire: Wire = frames(machine, list(programs))
        self.link = Link(config, programs, frames=self.wire, send=send, on_walk=on_walk)
        self.broken: dict[str, Exception] = {}
        self._programs = programs
        self._background = AsyncExitStack()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start plugins and engine, and wait until calls can come in. Raises what they raise."""
        await self._start_plugins()
        self._task = asyncio.create_task(self.link.run())
        reached = asyncio.create_task(self.link.state.reached("ready", timeout=READY_SECONDS))
        await asyncio.wait({self._task, reached}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            reached.cancel()
            await asyncio.gather(reached, return_exceptions=True)
            self._task.result()
        await reached

    async def _start_plugins(self) -> None:
        """As `stasis run` does: each plugin that a program names starts, and works beside it."""
        named = (program.plugin for program in self._programs.values())
        plugins = list(dict.fromkeys(each for each in named if isinstance(each, Plugin)))
        running: dict[str, Plugin] = {}
        for plugin in plugins:
            plugin.servers = Servers({self.link.name: self.link})
            plugin.running = running
            await plugin.start()
            running[plugin.name] = plugin
            self._background.push_async_callback(plugin.stop)
        self.link.on_gap += [plugin.gap for plugin in plugins]
        await self._background.enter_async_context(background(plugins, self._plugin_failed))

    def _plugin_failed(self, plugin: Plugin, error: Exception) -> None:
        self.broken[plugin.name] = error

    async def stop(self) -> None:
        """End it. What was not started is fine."""
        try:
            if self._task is not None:
                task, self._task = self._task, None
                self.link.stop()
                await task
        finally:
            await self._background.aclose()

    async def kill(self) -> None:
        """End it as `kill -9` does: its calls stay as they are, for the next process."""
        self.link.let_go("the process was killed")
        await self.stop()
