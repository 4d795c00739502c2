"""`run`: the whole program on one screen. Plugins start, calls run, and the stop is polite."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from typing import Any

import structlog

from stasis.config import Config
from stasis.errors import ConfigError, PluginError
from stasis.http import serve
from stasis.link import Link
from stasis.plugin import Plugin
from stasis.program import Program, checked_app

__all__ = ["run"]

log = structlog.get_logger("stasis.app")

Ready = Callable[[Link], Awaitable[None]]


async def run(
    config: Config,
    plugins: Sequence[Plugin] = (),
    programs: Mapping[str, Program] | None = None,
    *,
    ready: Ready | None = None,
) -> None:
    """Run plugins and programs on the configured Asterisk until told to stop.

    config: from `stasis.config.load`. plugins: from `stasis.plugin.load`. programs: further
    Stasis applications by name. ready: called once when calls can come in.

    SIGTERM or SIGINT once: no new calls, live ones finish. Twice: they are left by their flow's
    `on_error`. Three times: now.

    Raises ConfigError, PluginError, AriError, ApplicationTaken: each says what to do.
    """
    link = Link(config, {})
    async with started(plugins, config, link) as running:
        link.programs = merged(running, programs or {})
        must = {*config.plugins.enabled, *config.plugins.required}
        async with serve(config.http, running, must), background(running):
            async with signals(link) as later:
                if ready is not None:
                    later(call_when_ready(link, ready))
                await link.run()


def merged(plugins: Sequence[Plugin], programs: Mapping[str, Program]) -> dict[str, Program]:
    """All applications by name. Raises ConfigError when there is none, or a name is odd."""
    found = dict(programs)
    for plugin in plugins:
        found.update(plugin.programs())
    if not found:
        raise ConfigError(
            "nothing to run: no plugin with a flow is installed or enabled; name a flow"
            " (stasis run my_module:MyFlow) or see plugins.enabled in stasis.toml"
        )
    for name in found:
        checked_app(name)
    return found


async def call_when_ready(link: Link, ready: Ready) -> None:
    """Call `ready` once the link is ready; a link that stopped before never was."""
    if await link.state.reached("ready", "stopped") == "ready":
        await ready(link)


@asynccontextmanager
async def started(
    plugins: Sequence[Plugin], config: Config, link: Link
) -> AsyncIterator[list[Plugin]]:
    """Start plugins in order, stop those that started in reverse order.

    A plugin that fails to start is left out, unless it is required or was named.
    """
    running: list[Plugin] = []
    must = {*config.plugins.enabled, *config.plugins.required}
    try:
        for plugin in plugins:
            plugin.asterisk = link
            try:
                await plugin.start()
            except Exception as error:
                text = f"plugin {plugin.name!r} did not start: {type(error).__name__}: {error}"
                if plugin.name in must:
                    raise PluginError(text) from error
                log.error(text)
            else:
                running.append(plugin)
        yield running
    finally:
        for plugin in reversed(running):
            try:
                await plugin.stop()
            except Exception as error:
                log.error("a plugin did not stop well", plugin=plugin.name, exc_info=error)


@asynccontextmanager
async def background(plugins: Sequence[Plugin]) -> AsyncIterator[None]:
    """Each plugin's background work, while the context lasts; one's failure stops no other."""

    async def work(plugin: Plugin) -> None:
        try:
            await plugin.run()
        except Exception as error:
            log.error("background work failed", plugin=plugin.name, exc_info=error)

    tasks = [asyncio.create_task(work(p), name=f"plugin {p.name}") for p in plugins]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def signals(link: Link) -> AsyncIterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """SIGTERM and SIGINT: the first drains, the second ends calls, the third stops now.

    Yields a function that runs something beside the link, until the context ends.
    """
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    count = 0

    async def told(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            log.error("what was to be done when ready has failed", exc_info=error)

    def later(work: Coroutine[Any, Any, None]) -> None:
        tasks.append(loop.create_task(told(work)))

    async def drain() -> None:
        await link.idle()
        link.stop()

    def stop() -> None:
        nonlocal count
        count += 1
        if count == 1:
            log.info("stopping: no new calls; live calls finish", calls=len(link.runners))
            link.drain()
            later(drain())
        elif count == 2:
            log.info("stopping: ending live calls", calls=len(link.runners))
            link.end_calls()
        else:
            log.warning("stopping now", calls=len(link.runners))
            link.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield later
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
