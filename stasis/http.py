"""The HTTP server: plugins' routes, and what monitors ask. Loopback by default, bodies bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from stasis.config import HttpConfig
from stasis.errors import ConfigError, PluginError
from stasis.plugin import Plugin

__all__ = ["serve"]

log = structlog.get_logger("stasis.http")


@asynccontextmanager
async def serve(
    config: HttpConfig,
    plugins: Sequence[Plugin],
    must: Collection[str] = (),
    *,
    health: Sequence[web.RouteDef] = (),
) -> AsyncIterator[int | None]:
    """Serve each plugin's routes below `/<plugin name>`, while the context lasts.

    must: names of the plugins that must not be left out. health: routes beside them, from
    `stasis.health.health`; `http.health` says whether they are wanted. Yields the port, or None
    when there are no routes at all and nothing listens; also when only those for monitors are
    there, nobody has asked for them by `http.health = "on"`, and the address is taken.
    Raises ConfigError when the address is taken, PluginError when the routes of one that must
    run are wrong; another's are left out, and the log says why.
    """
    parts = parts_of(config, plugins, must)
    routes = [] if config.health == "off" else list(health)
    if not parts and not routes:
        yield None
        return
    root = web.Application(client_max_size=config.max_body)
    root.add_routes(routes)
    for name, part in parts:
        root.add_subapp(f"/{name}", part)
    runner = web.AppRunner(root, access_log=None)
    await runner.setup()
    try:
        port: int | None = None
        try:
            await web.TCPSite(runner, config.host, config.port).start()
            port = int(runner.addresses[0][1])
            log.info("serving", host=config.host, port=port)
        except OSError as error:
            text = (
                f"http.host, http.port: cannot listen on {config.host}:{config.port}:"
                f" {error.strerror}; choose another port in stasis.toml"
            )
            if parts or config.health == "on":
                raise ConfigError(text) from None
            log.warning(f"no /metrics, /healthz and /readyz: {text}")
        yield port
    finally:
        await runner.cleanup()


def parts_of(
    config: HttpConfig, plugins: Sequence[Plugin], must: Collection[str]
) -> list[tuple[str, web.Application]]:
    """Each plugin that has routes, and what serves them. Raises PluginError, see `serve`."""
    parts: list[tuple[str, web.Application]] = []
    for plugin in plugins:
        try:
            if routes := list(plugin.routes()):
                part = web.Application(client_max_size=config.max_body)
                part.add_routes(routes)
                parts.append((plugin.name, part))
        except Exception as error:
            text = f"the routes of plugin {plugin.name!r} failed: {type(error).__name__}: {error}"
            if plugin.name in must:
                raise PluginError(text) from error
            log.error(text)
    return parts
