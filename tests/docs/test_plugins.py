"""The plugin of plugins.md, as a whole: its route, its start, its commands, its table."""

from __future__ import annotations

import importlib
import sys
import tomllib

import aiohttp
import pytest

from stasis import Config, Link, PluginError, Secret
from stasis.app import started
from stasis.config import HttpConfig, PluginsConfig
from stasis.http import serve
from stasis.section import section
from stasis.servers import Servers
from tests.docs.conftest import Import
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "plugins.md"


async def test_its_route_wants_the_token_and_a_number(module: Import) -> None:
    page = module(PAGE)
    plugin = page.ReminderPlugin(page.ReminderConfig(token=Secret("t")))
    statuses: list[int] = []
    async with serve(HttpConfig(port=0), [plugin]) as port, aiohttp.ClientSession() as session:
        for token, number in (("wrong", "4711"), ("t", "1;2"), ("t", "4711")):
            async with session.post(
                f"http://127.0.0.1:{port}/reminder/calls",
                json={"number": number},
                headers={"Authorization": f"Bearer {token}"},
            ) as reply:
                statuses.append(reply.status)
    assert statuses == [401, 400, 202]
    assert plugin.waiting.get_nowait() == "4711"


async def test_without_a_token_it_does_not_start(module: Import) -> None:
    page = module(PAGE)
    plugin = page.ReminderPlugin(page.ReminderConfig())
    config = Config(plugins=PluginsConfig(required=["reminder"]))
    with pytest.raises(PluginError, match="token is empty"):
        async with started([plugin], config, Servers({"asterisk": Link(config, {})})):
            pass


def test_its_commands_are_below_its_name(
    module: Import, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = module(PAGE).ReminderPlugin

    class Point:
        value = "reminder.plugin:ReminderPlugin"

        def load(self) -> type:
            return kind  # type: ignore[no-any-return]

    # The package's attribute of that name is the function.
    command_line = importlib.import_module("stasis.cli.main")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(command_line, "discover", lambda: {"reminder": Point()})
    assert command_line.main(["reminder", "endpoint", "42"]) == 0
    assert capsys.readouterr().out == "PJSIP/42@trunk\n"


def test_its_name_and_table_are_those_of_the_page(module: Import) -> None:
    page = module(PAGE)
    texts = {block.lines[0]: block.text for block in blocks(PAGE, "toml")}
    points = tomllib.loads(texts["# pyproject.toml"])["project"]["entry-points"]
    name, value = next(iter(points["stasis.plugins"].items()))
    assert getattr(page, value.partition(":")[2]).name == name
    table = tomllib.loads(texts["# stasis.toml"])["plugin"][name]
    assert section(page.ReminderConfig, table, "").ring == 45


def test_what_looks_like_a_mistake_is_a_finding(module: Import) -> None:
    page = module(PAGE)
    (finding,) = page.ReminderPlugin(page.ReminderConfig(endpoint="PJSIP/alice")).check()
    assert finding.code == "same-number"
    assert page.ReminderPlugin(page.ReminderConfig()).check() == ()
