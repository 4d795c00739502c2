"""The HTTP server for the plugins' routes. Loopback by default, bodies bounded."""

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
    config: HttpConfig, plugins: Sequence[Plugin], must: Collection[str] = ()
) -> AsyncIterator[int | None]:
    """Serve each plugin's routes below `/<plugin name>`, while the context lasts.

    must: names of the plugins that must not be left out. Yields the port, or None when no plugin
    has routes and nothing listens.
    Raises ConfigError when the address is taken, PluginError when the routes of one that must
    run are wrong; another's are left out, and the log says why.
    """
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
    if not parts:
        yield None
        return
    root = web.Application(client_max_size=config.max_body)
    for name, part in parts:
        root.add_subapp(f"/{name}", part)
    runner = web.AppRunner(root, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, config.host, config.port).start()
        except OSError as error:
            raise ConfigError(
                f"http.host, http.port: cannot listen on {config.host}:{config.port}:"
                f" {error.strerror}; choose another port in stasis.toml"
            ) from None
        port = int(runner.addresses[0][1])
        log.info("serving", host=config.host, port=port)
        yield port
    finally:
        await runner.cleanup()
