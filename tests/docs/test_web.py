"""web.md: its plugin, called and used over HTTP as the page says."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from stasis import PluginError, Secret
from stasis.config import HttpConfig
from stasis.http import serve
from stasis.servers import Servers
from stasis.web import feed, incoming
from stasis.web.openapi import problems_of
from stasis.web.operation import Operation
from tests.docs.pages import DOCS, every
from tests.docs.project import made, run
from tests.fake import FakeAsterisk

PAGE = DOCS / "web.md"
TOKEN = {"Authorization": "Bearer t"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the page makes it, in an environment of its own that sees stasis."""
    return made(PAGE, "## A whole one", tmp_path_factory.mktemp("web"))


@pytest.mark.timeout(300)
class TestFromNothingToAPassingScenario:
    def test_every_command_and_every_file_of_the_page_works(self, project: Path) -> None:
        assert {each.name for each in (project / "waiting").iterdir()} >= {"queue.py", "page"}

    def test_stasis_finds_it_with_its_token(self, project: Path) -> None:
        points = tomllib.loads((project / "pyproject.toml").read_text())["project"]["entry-points"]
        assert points["stasis.plugins"]["waiting"] == "waiting.queue:WaitingPlugin"
        table = tomllib.loads((project / "stasis.toml").read_text())
        assert len(table["plugin"]["waiting"]["token"]) == 32
        assert "waiting" in table["plugins"]["enabled"]

    def test_the_other_tests_of_the_project_still_pass(self, project: Path) -> None:
        done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        assert done.returncode == 0, done.stdout

    def test_it_passes_the_strict_type_checker_of_the_project(self, project: Path) -> None:
        done = run(project, "-m", "mypy", "waiting")
        assert done.returncode == 0, done.stdout


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The page's module, with the files of its own page beside it."""
    for block in every(PAGE):
        (name,) = block.marks.get("file", [""])
        if name.startswith("waiting/"):
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("waiting.queue")
    for name in [each for each in sys.modules if each.partition(".")[0] == "waiting"]:
        del sys.modules[name]


@asynccontextmanager
async def running(page: ModuleType) -> AsyncIterator[tuple[FakeAsterisk, aiohttp.ClientSession]]:
    """The plugin, with its Asterisk and who asks it over HTTP."""
    plugin = page.WaitingPlugin(page.WaitingConfig(token=Secret("t")))
    await plugin.start()
    async with FakeAsterisk(page.Waiting, plugin) as asterisk:
        plugin.servers = Servers({"asterisk": asterisk.link})
        async with serve(HttpConfig(port=0), [plugin]) as port:
            base = f"http://127.0.0.1:{port}/waiting/"
            async with aiohttp.ClientSession(base, headers=TOKEN) as session:
                yield asterisk, session


async def test_who_waits_is_told_and_taken_off(page: ModuleType) -> None:
    async with running(page) as (asterisk, session):
        async with session.ws_connect("api/v1/events", headers={}) as events:
            assert (await events.receive_json())["callers"] == []
            call = await asterisk.call()
            came = await events.receive_json()
            assert (came["type"], came["caller"]["id"]) == ("came", call.id)
            async with session.get("api/v1/callers?limit=1") as reply:
                assert await reply.json() == [came["caller"]]
            ending = asyncio.create_task(
                session.post(f"api/v1/callers/{call.id}/actions/end", json={})
            )
            async with asyncio.timeout(5):
                while "sound:vm-goodbye" not in await asterisk.plays():
                    await asyncio.sleep(0.01)
            await asterisk.finish()
            async with await ending as reply:
                assert reply.status == 204
            assert f"DELETE /channels/{call.id}" in " ".join(asterisk.requests)
            await call.hangs_up()
            left = await events.receive_json()
            assert (left["type"], left["caller"]["id"]) == ("left", call.id)
            assert call.over


async def test_it_refuses_as_it_says(page: ModuleType) -> None:
    async with running(page) as (_, session):
        told: list[Any] = []
        for method, path, more in (
            ("GET", "callers/nobody", {}),
            ("GET", "callers?limit=0", {}),
            ("GET", "callers", {"headers": {"Authorization": "Bearer x"}}),
            ("POST", "callers/nobody/actions/end", {"json": {"media": "http://evil"}}),
        ):
            async with session.request(method, f"api/v1/{path}", **more) as reply:
                told.append((reply.status, (await reply.json(content_type=None))["code"]))
    assert told == [
        (404, "no_caller"),
        (422, "wrong_query"),
        (401, "no_token"),
        (422, "wrong_body"),
    ]


async def test_its_page_and_its_document_are_there(page: ModuleType) -> None:
    async with running(page) as (_, session):
        async with session.get("") as reply:
            html = await reply.text()
            assert reply.status == 200 and "inline" not in reply.headers["Content-Security-Policy"]
        for script in re.findall(r'src="(.+?)"', html):
            async with session.get(script) as reply:
                assert reply.content_type == "text/javascript"
        assert not re.search(r"<script>|<style|style=| on\w+=", html), "the policy would refuse it"
        async with session.get("api/v1/openapi.json") as reply:
            OpenAPIV31SpecValidator(await reply.json()).validate()


async def test_it_is_asked_with_the_commands_of_the_page(page: ModuleType) -> None:
    (block,) = [each for each in every(PAGE) if "served" in each.marks]
    async with running(page) as (_, session):
        there = str(session._base_url).removesuffix("/waiting/")
        assert block.text.count("http://127.0.0.1:8080") == 2
        commands = block.text.replace("http://127.0.0.1:8080", there).replace("curl", "curl -sSf")
        asked = await asyncio.create_subprocess_exec(
            *("bash", "-euc", f"TOKEN=t\n{commands}"), stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await asked.communicate()
    assert asked.returncode == 0
    assert printed.startswith(b'[]{"openapi":"3.1.0"')


async def test_without_a_token_it_does_not_start(page: ModuleType) -> None:
    with pytest.raises(PluginError, match="token is empty"):
        await page.WaitingPlugin(page.WaitingConfig()).start()


def test_the_tables_are_the_codes() -> None:
    told = {
        (int(status), code)
        for status, codes, _ in codes_table()
        for code in re.findall(r"`(\w+)`", codes)
    }

    async def do(asked: Any) -> None: ...

    row = Operation("PUT", "/x/{y}", do, "scope", body=dict)
    made = problems_of(row, [(503, "asterisk"), (409, "gone")])
    codes = {(status, code) for status, each in made.items() for code in each}
    assert told == codes | {(405, "method_not_allowed")}


def codes_table() -> list[list[str]]:
    """The page's table of refusals."""
    lines = PAGE.read_text("utf-8").splitlines()
    first = lines.index("| status | code | when |") + 2
    rows: list[list[str]] = []
    for line in lines[first:]:
        if not line.startswith("| "):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def test_its_numbers_are_the_codes() -> None:
    text = PAGE.read_text("utf-8")
    assert f"longer than {incoming.READING_SECONDS:g} seconds" in text
    assert feed.GREETING_SECONDS == 5 and "within five seconds" in text
    assert feed.MESSAGE_LIMIT == 16 * 1024 and "over 16 KiB" in text
    assert feed.PING_SECONDS * 1.5 == 30 and "half a minute" in text
