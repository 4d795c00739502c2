"""The plugin: everything about a PBX over HTTP, with tokens, an audit, events and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from time import monotonic

import structlog
from aiohttp import web

from stasis import Plugin
from stasis.pbx import Pbx
from stasis.sql import StoreError
from stasis.web import Hooks, Problem
from stasis_pbx.api import routes_of
from stasis_pbx.command import commands
from stasis_pbx.config import PbxConfig
from stasis_pbx.feed import EventFeed
from stasis_pbx.hook import Hook, hooks_of
from stasis_pbx.lasting import Lasting
from stasis_pbx.operations import Desk
from stasis_pbx.restarts import Restarts
from stasis_pbx.scopes import MARK, Grants
from stasis_pbx.store import Store, utc_now

__all__ = ["PbxConfig", "PbxPlugin"]

log = structlog.get_logger("stasis_pbx")

# How often what nobody needs any more is forgotten.
SWEEP_SECONDS = 600.0


class PbxPlugin(Plugin):
    """The groups of `stasis.pbx` below `/pbx/api/v1`.

    store: tokens and the audit. grants: what tokens allow. hooks, feed: who is told what happens;
    all from `start` on. Raises ConfigError when a webhook is wrong.
    """

    name = "pbx"
    config_class = PbxConfig
    commands = commands
    config: PbxConfig

    def __init__(self, config: PbxConfig) -> None:
        super().__init__(config)
        self.webhooks = hooks_of(config.webhook)
        self.store: Store
        self.grants: Grants
        self.hooks: Hooks[Hook]
        self.feed: EventFeed
        self._open: dict[str, Pbx] = {}

    async def start(self) -> None:
        """Open the database. Raises StoreError."""
        self.store = Store(self.config.database.reveal())
        await self.store.open()
        self.grants = Grants(self.store.grants, utc_now, MARK)
        self.hooks = Hooks(self.webhooks, self.store.outbox, utc_now)
        self.feed = EventFeed(self.grants, lambda: list(self.servers), self.pbx, self.hooks)

    def routes(self) -> Sequence[web.RouteDef]:
        """The API and the feed."""
        restarts = Restarts(self.config.restarts, self.config.restart_window, monotonic)
        desk = Desk(self.chosen, self.store.audit, restarts)
        return routes_of(desk, self.grants, self.feed, version("stasis-ari"))

    def chosen(self, name: str) -> tuple[str, Pbx]:
        """The Asterisk of that name, the first for an empty one. Raises Problem."""
        names = list(self.servers)
        if not names:
            raise Problem(503, "no_server", "no Asterisk has connected yet", retry_after=5)
        if name and name not in names:
            raise Problem(404, "no_server", f"there is no {name!r}; there are {', '.join(names)}")
        found = name or names[0]
        return found, self.pbx(found)

    def pbx(self, name: str) -> Pbx:
        """One of the Asterisks, as a PBX. It stays open until the program stops."""
        if name not in self._open:
            link = self.servers[name]
            self._open[name] = Pbx(link.config.asterisk, ari=link.ari)
        return self._open[name]

    async def run(self) -> None:
        """Tell what happens, do what lasts, and forget what is old."""
        lasting = Lasting(lambda: self.servers, self.pbx, security=self.config.security_log)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.feed.run())
            group.create_task(self.hooks.run())
            group.create_task(lasting.run())
            group.create_task(self.sweep())

    async def sweep(self) -> None:
        """Forget tokens, messages and entries of the audit that are of no use any more."""
        while True:
            try:
                await self.grants.sweep()
                await self.hooks.sweep()
                await self.store.audit.forget(self.config.audit_days)
            except StoreError as error:
                log.warning("what is old is not forgotten yet", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def stop(self) -> None:
        """Close the ways to Asterisk, and the database."""
        for pbx in self._open.values():
            await pbx.close()
        self._open.clear()
        await self.hooks.close()
        await self.store.close()
