"""plugins.md, followed from `stasis new plugin` to a passing scenario; and its plugin, used."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from stasis import Config, Link, PluginError, Secret
from stasis.app import started
from stasis.config import HttpConfig
from stasis.http import serve
from stasis.section import section
from stasis.servers import Servers
from tests.docs.pages import DOCS, blocks
from tests.docs.project import made, run

PAGE = DOCS / "plugins.md"
HEADING = "## A whole plugin"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the page makes it, in an environment of its own that sees stasis."""
    return made(PAGE, HEADING, tmp_path_factory.mktemp("plugins"))


@pytest.mark.timeout(300)
class TestFromNothingToAPassingScenario:
    def test_every_command_and_every_file_of_the_page_works(self, project: Path) -> None:
        assert {each.name for each in project.iterdir()} >= {"callback", "front_desk", "tests"}

    def test_the_other_tests_of_the_project_still_pass(self, project: Path) -> None:
        done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        assert done.returncode == 0, done.stdout

    def test_it_passes_the_strict_type_checker_of_the_project(self, project: Path) -> None:
        done = run(project, "-m", "mypy", "callback")
        assert done.returncode == 0, done.stdout


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The names of the page's plugin."""
    for block in blocks(PAGE, "python"):
        file = tmp_path / block.marks["file"][0]
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield SimpleNamespace(**vars(importlib.import_module("callback.plugin")))
    for name in [each for each in sys.modules if each.partition(".")[0] == "callback"]:
        del sys.modules[name]


async def test_its_routes_want_the_token_and_a_number(page: SimpleNamespace) -> None:
    plugin = page.CallbackPlugin(page.CallbackConfig(token=Secret("t")))
    statuses: list[int] = []
    async with serve(HttpConfig(port=0), [plugin]) as port, aiohttp.ClientSession() as session:
        for token, number in (("wrong", "4711"), ("", "4711"), ("t", "1;2"), ("t", "4711")):
            async with session.post(
                f"http://127.0.0.1:{port}/callback/missed",
                json={"number": number},
                headers={"Authorization": f"Bearer {token}"},
            ) as reply:
                statuses.append(reply.status)
    assert statuses == [401, 401, 400, 202]
    assert plugin.missed == {"4711": 0}


async def test_without_a_token_nobody_is_let_in(page: SimpleNamespace) -> None:
    plugin = page.CallbackPlugin(page.CallbackConfig())
    async with serve(HttpConfig(port=0), [plugin]) as port, aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer "}
        async with session.get(
            f"http://127.0.0.1:{port}/callback/missed", headers=headers
        ) as reply:
            assert reply.status == 401


async def test_those_who_wait_outlive_the_program(page: SimpleNamespace) -> None:
    config = Config()
    plugin = page.CallbackPlugin(page.CallbackConfig())
    async with started([plugin], config, Servers({"asterisk": Link(config, {})})):
        plugin.note("4711")
    plugin = page.CallbackPlugin(page.CallbackConfig())
    async with started([plugin], config, Servers({"asterisk": Link(config, {})})):
        assert plugin.missed == {"4711": 0}


async def test_a_file_that_is_damaged_is_told_and_kept(
    page: SimpleNamespace, tmp_path: Path
) -> None:
    damaged = tmp_path / "callback.json"
    damaged.write_text("{")
    with pytest.raises(PluginError, match=r"callback\.json cannot be read"):
        await page.CallbackPlugin(page.CallbackConfig()).start()
    assert damaged.read_text() == "{"


def test_its_commands_are_below_its_name(
    page: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point = EntryPoint("callback", "callback.plugin:CallbackPlugin", "stasis.plugins")
    # The package's attribute of that name is the function.
    command_line = importlib.import_module("stasis.cli.main")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(command_line, "discover", lambda: {"callback": point})
    Path("callback.json").write_text('{"4711": 2}')
    assert command_line.main(["callback", "list"]) == 0
    assert capsys.readouterr().out == "4711  tried 2 times\n"


def test_its_table_is_that_of_the_page(page: SimpleNamespace) -> None:
    texts = {block.lines[0]: block.text for block in blocks(PAGE, "toml")}
    table = tomllib.loads(texts["# stasis.toml"])["plugin"]["callback"]
    assert section(page.CallbackConfig, table, "").ring == 45


def test_the_entry_point_of_the_page_is_the_one_that_new_plugin_writes() -> None:
    texts = {block.lines[0]: block.text for block in blocks(PAGE, "toml")}
    points = tomllib.loads(texts["# pyproject.toml"])["project"]["entry-points"]
    assert points["stasis.plugins"] == {"callback": "callback.plugin:CallbackPlugin"}


def test_what_looks_like_a_mistake_is_a_finding(page: SimpleNamespace) -> None:
    config = page.CallbackConfig(endpoint="PJSIP/alice")
    (finding,) = page.CallbackPlugin(config).check()
    assert finding.code == "same-number"
    assert page.CallbackPlugin(page.CallbackConfig()).check() == ()
