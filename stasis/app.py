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
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog

from stasis.ami_feed import fed
from stasis.config import Config
from stasis.errors import ConfigError, PluginError
from stasis.garbage import rare_collections
from stasis.health import health
from stasis.http import serve
from stasis.link import Link
from stasis.metrics import Metrics
from stasis.plugin import Plugin
from stasis.program import Program, checked_app
from stasis.servers import MakeTap, Servers, Shown
from stasis.stall import Stall, StallWatch
from stasis.transport.listen import listening

__all__ = ["run"]

log = structlog.get_logger("stasis.app")

# How often it is looked how many calls are left while the program drains.
TELL_SECONDS = 1.0

Ready = Callable[[Link], Awaitable[None]]


async def run(
    config: Config,
    plugins: Sequence[Plugin] = (),
    programs: Mapping[str, Program] | None = None,
    *,
    ready: Ready | None = None,
    take_over: bool = False,
    listen: bool = False,
    tap: MakeTap | None = None,
) -> None:
    """Run plugins and programs on the configured Asterisk until told to stop.

    config: from `stasis.config.load`. plugins: from `stasis.plugin.load`. programs: further
    Stasis applications by name. ready: called once, with the first server that is ready.
    take_over: take the applications, and the live calls, from a process that runs them. listen:
    wait for Asterisks to connect, as [listen] says, instead of connecting. tap: makes what looks on
    at each link, such as `stasis record` does.

    SIGTERM or SIGINT once: no new calls, live ones finish. Twice: they are left by their flow's
    `on_error`. Three times: now. SIGHUP: end at once, and leave the live calls as they are for
    the next process, which goes on with them.

    Raises ConfigError, PluginError, AriError, ApplicationTaken: each says what to do.
    """

    metrics = Metrics()
    for name, each in config.asterisks().items():
        if not listen and in_the_open(each.asterisk.url):
            log.warning("the password crosses the network in the open: use https", server=name)
    servers = Servers(
        {} if listen else Servers.of(config, {}, metrics, take_over=take_over, tap=tap)
    )
    async with started(plugins, config, servers) as running:
        apps = merged(running, programs or {}, config.asterisk.instance)
        servers.on_gap += [plugin.gap for plugin in running]
        for link in servers.values():
            link.programs = apps
            link.on_gap += servers.on_gap
        must = {*config.plugins.enabled, *config.plugins.required}
        pages = health(Shown(servers, listening=listen), metrics)
        watch = StallWatch(config.engine.stall_seconds, partial(stalled, metrics))
        async with (
            serve(config.http, running, must, health=pages),
            background(running),
            fed({} if listen else dict(servers), apps),
        ):
            async with signals(servers) as later:
                if ready is not None:
                    later(call_when_ready(servers, ready))
                async with (
                    listened(servers, config, apps, metrics, tap) if listen else nullcontext()
                ):
                    with rare_collections(), watch:
                        await servers.run(listening=listen)


@asynccontextmanager
async def listened(
    servers: Servers,
    config: Config,
    apps: Mapping[str, Program],
    metrics: Metrics,
    tap: MakeTap | None,
) -> AsyncIterator[None]:
    """Take the connections of Asterisks while the context lasts."""
    async with listening(config.listen) as listener:
        task = asyncio.create_task(servers.listen(listener, config, apps, metrics, tap))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def in_the_open(url: str) -> bool:
    """Whether requests to this address leave the machine without TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return parts.scheme == "http" and not loopback


def stalled(metrics: Metrics, stall: Stall) -> None:
    """Code has blocked the event loop: it is counted for whoever did it."""
    who = stall.who
    metrics.stall(stall.seconds, who.get("app", ""), who.get("flow", ""), who.get("state", ""))


def merged(
    plugins: Sequence[Plugin], programs: Mapping[str, Program], instance: str = ""
) -> dict[str, Program]:
    """All applications by name. Raises ConfigError when there is none, or a name is odd.

    instance: is put behind each name, where several processes share the calls of one Asterisk.
    """
    found = dict(programs)
    for plugin in plugins:
        found.update(plugin.programs())
    if not found:
        raise ConfigError(
            "nothing to run: no plugin with a flow is installed or enabled; name a flow"
            " (stasis run my_module:MyFlow) or see plugins.enabled in stasis.toml"
        )
    if instance:
        found = {f"{name}-{instance}": program for name, program in found.items()}
    for name in found:
        checked_app(name)
    return found


async def call_when_ready(servers: Servers, ready: Ready) -> None:
    """Call `ready` once a link is ready, also one that Asterisk opens later."""
    await ready(await servers.ready())


@asynccontextmanager
async def started(
    plugins: Sequence[Plugin], config: Config, servers: Servers
) -> AsyncIterator[list[Plugin]]:
    """Start plugins in order, stop those that started in reverse order.

    A plugin that fails to start is left out, unless it is required or was named.
    """
    running: dict[str, Plugin] = {}
    must = {*config.plugins.enabled, *config.plugins.required}
    try:
        for plugin in plugins:
            plugin.servers, plugin.running = servers, running
            try:
                await plugin.start()
            except Exception as error:
                text = f"plugin {plugin.name!r} did not start: {type(error).__name__}: {error}"
                if plugin.name in must:
                    raise PluginError(text) from error
                log.error(text)
            else:
                running[plugin.name] = plugin
        yield list(running.values())
    finally:
        for plugin in reversed(list(running.values())):
            try:
                await plugin.stop()
            except Exception as error:
                log.error("a plugin did not stop well", plugin=plugin.name, exc_info=error)
            running.pop(plugin.name, None)


def broken(plugin: Plugin, error: Exception) -> None:
    """Tell the log that a plugin's background work has failed."""
    log.error("background work failed", plugin=plugin.name, exc_info=error)


@asynccontextmanager
async def background(
    plugins: Sequence[Plugin], failed: Callable[[Plugin, Exception], None] = broken
) -> AsyncIterator[None]:
    """Each plugin's background work, while the context lasts; one's failure stops no other.

    failed: told of each failure.
    """

    async def work(plugin: Plugin) -> None:
        try:
            await plugin.run()
        except Exception as error:
            failed(plugin, error)

    tasks = [asyncio.create_task(work(p), name=f"plugin {p.name}") for p in plugins]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def signals(servers: Servers) -> AsyncIterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """SIGTERM and SIGINT: the first drains, the second ends calls, the third stops now.
    SIGHUP lets go of the calls and stops.

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
        """Until no call runs; how many are left is told whenever that has changed."""
        over = asyncio.create_task(servers.idle())
        told = servers.calls
        while not (await asyncio.wait({over}, timeout=TELL_SECONDS))[0]:
            if servers.calls != told:
                told = servers.calls
                log.info("stopping: live calls finish", calls=told)
        servers.stop()

    def stop() -> None:
        nonlocal count
        count += 1
        if count == 1:
            log.info("stopping: no new calls; live calls finish", calls=servers.calls)
            servers.drain()
            later(drain())
        elif count == 2:
            log.info("stopping: ending live calls", calls=servers.calls)
            servers.end_calls()
        else:
            log.warning("stopping now", calls=servers.calls)
            servers.stop()

    def hand_over() -> None:
        log.info("stopping: live calls are left to the next process", calls=servers.calls)
        servers.let_go("the program stops; the next one goes on with its calls")
        servers.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hand_over)
    try:
        yield later
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
