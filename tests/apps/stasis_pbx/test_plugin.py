"""The plugin: there only where it is configured, with what it needs, and gone when it stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from stasis_pbx.plugin import PbxConfig, PbxPlugin

from stasis import Secret
from stasis.config import Config, PluginsConfig
from stasis.plugin import load
from stasis.web import Problem
from tests.apps.stasis_pbx.office import opened


def names(config: Config) -> set[str]:
    return {plugin.name for plugin in load(config)[0]}


def test_it_runs_only_where_it_is_configured():
    assert "pbx" not in names(Config())
    assert "pbx" in names(Config(plugin={"pbx": {}}))
    assert names(Config(plugins=PluginsConfig(enabled=["pbx"]))) == {"pbx"}


def test_it_has_no_calls_of_its_own():
    assert PbxPlugin(PbxConfig()).programs() == {}


async def test_what_is_old_is_forgotten_while_it_runs():
    async with opened(audit_days=0.00001) as office:
        office.plugin.feed._names = list
        await office.ask("PUT", "/astdb/f/k", {"value": "x"})
        await asyncio.sleep(1)
        task = asyncio.create_task(office.plugin.run())
        async with asyncio.timeout(5):
            while await office.plugin.store.audit.list(limit=1):
                await asyncio.sleep(0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_pbx_is_that_of_the_link_and_stays_open():
    plugin = PbxPlugin(PbxConfig(database=Secret("sqlite://")))
    plugin.servers = {}  # type: ignore[assignment]
    with pytest.raises(Problem, match="no Asterisk has connected yet"):
        plugin.chosen("")
    async with opened() as office:
        office.plugin._open.clear()
        name, found = office.plugin.chosen("b")
        assert name == "b" and office.plugin.chosen("b")[1] is found
        await found.close()
