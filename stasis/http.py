"""The HTTP server: plugins' routes, and what monitors ask.

Loopback by default. Bodies and connections are bounded, and so is the time of who connects and
asks nothing: who talks to it must not be able to take from calls the files they need.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from stasis.config import HttpConfig
from stasis.errors import ConfigError, PluginError
from stasis.plugin import Plugin

__all__ = ["CLOSERS", "PROXIES", "serve"]

log = structlog.get_logger("stasis.http")

CLOSERS = web.AppKey("CLOSERS", set[Callable[[], Awaitable[None]]])
"""What is closed when the server stops, before it waits for requests: WebSockets never end."""

PROXIES = web.AppKey("PROXIES", frozenset[str])
"""The addresses of proxies that are believed who has asked them."""

IDLE_SECONDS = 75.0
"""How long a connection may ask nothing, or stop in the middle of a request's headers."""
STOPPING_SECONDS = 5.0
"""How long requests may go on when the server stops, and then to be cancelled."""
TELL_SECONDS = 60.0
"""Between two lines of the log that say that there are too many connections."""


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
    root[CLOSERS] = set()
    root[PROXIES] = frozenset(config.proxies)
    root.on_shutdown.append(close)
    root.on_response_prepare.append(mark)
    runner = web.AppRunner(
        root,
        access_log=None,
        logger=server_log(),
        keepalive_timeout=IDLE_SECONDS,
        shutdown_timeout=STOPPING_SECONDS,
    )
    await runner.setup()
    listener: asyncio.Server | None = None
    try:
        port: int | None = None
        try:
            listener = await asyncio.get_running_loop().create_server(
                bounded(runner, config.connections), config.host, config.port
            )
            port = int(listener.sockets[0].getsockname()[1])
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
        if listener is not None:
            listener.close()
        await runner.cleanup()


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer says: it is what its type says, and not which versions run here."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers["Server"] = "stasis"


async def close(root: web.Application) -> None:
    """Close what would go on for ever."""
    await asyncio.gather(*(closer() for closer in root[CLOSERS]), return_exceptions=True)


class Sense(logging.Filter):
    """Lets through what is no nonsense: whoever can connect can send bytes that are no HTTP."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it belongs into the log: not when a request could not be read."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)


def server_log() -> logging.Logger:
    """Where aiohttp tells of requests that fail."""
    found = logging.getLogger("stasis.http.server")
    found.setLevel(logging.WARNING)
    if not found.filters:
        found.addFilter(Sense())
    return found


class Refused(asyncio.Protocol):
    """A connection too many: it is dropped at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


def bounded(runner: web.AppRunner, limit: int) -> Callable[[], asyncio.Protocol]:
    """Makes what serves each connection, `limit` of them at once; the log tells of others."""
    told = -TELL_SECONDS

    def arrived() -> asyncio.Protocol:
        nonlocal told
        server = runner.server
        if server is not None and len(server.connections) < limit:
            return server()
        now = asyncio.get_running_loop().time()
        if now - told >= TELL_SECONDS:
            told = now
            log.warning("connections are refused: too many; see http.connections", limit=limit)
        return Refused()

    return arrived


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
