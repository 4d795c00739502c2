"""guide.md: each of its examples does what it says on a real Asterisk, in Python, as a command and
over HTTP; and all three are the same thing.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import shlex
from pathlib import Path

import pytest
from stasis_pbx.api import BASE

from stasis.cli.main import main
from stasis.lab.lab import Lab
from stasis.pbx import Pbx, PbxError
from tests.apps.stasis_pbx.office import opened
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.guide import EXAMPLES, PAGE, SETUPS, Example

pytestmark = pytest.mark.parametrize("office", ["22"], indirect=True)

ALONE = [each for each in EXAMPLES if each.setup != "trunk"]
TRUNK = [each for each in EXAMPLES if each.setup == "trunk"]


@pytest.fixture
def file(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stasis.toml for the office, in the folder where we are."""
    monkeypatch.chdir(tmp_path)
    lab = office.lab
    file = tmp_path / "stasis.toml"
    file.write_text(
        f'[asterisk]\nurl = "{lab.url}"\nusername = "{lab.username}"\n'
        f'password = "{lab.password}"\n[asterisk.ami]\nport = {lab.ami_port}\n'
        f'username = "{lab.username}"\nsecret = "{lab.password}"\n'
        f'[asterisk.cdr]\ndatabase = "sqlite:///{tmp_path}/cdr.db"\n'
    )
    return file


async def run(example: Example, text: str, pbx: Pbx, file: Path) -> None:
    """Run an example; whatever fails is raised."""
    if example.language == "python":
        lines = "\n" * (example.line - 1) + text
        code = compile(lines, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        found = eval(code, {"pbx": pbx})
        if inspect.iscoroutine(found):
            await found
    elif example.language == "sh":
        for line in text.splitlines():
            program, *words = shlex.split(line)
            assert program == "stasis"
            code = await asyncio.to_thread(main, ["--config", str(file), *words])
            assert code == 0, f"{line}: exit code {code}"
    else:
        head, _, body = text.partition("\n")
        method, path = head.split()
        async with opened() as office:
            office.plugin._open["a"] = pbx
            given = json.loads(body) if body.strip() else None
            answer = await office.ask(method, path.removeprefix(BASE), given)
            assert answer.status < 300, f"{head}: {answer.status} {answer.body!r}"


async def tried(example: Example, pbx: Pbx, office: Office, file: Path) -> None:
    """Run an example with all that it needs, and take it back."""
    async with SETUPS[example.setup](pbx, office) as replaced:
        text = example.text
        for written, real in replaced.items():
            if example.language == "http":
                written, real = (each.replace("/", "%2F") for each in (written, real))
            text = text.replace(written, real)
        await run(example, text, pbx, file)
    if example.then:
        await undone(example.then, pbx)


async def undone(expression: str, pbx: Pbx) -> None:
    """Take an example back; a file may come to be there a moment after its call."""
    async with asyncio.timeout(5):
        while True:
            try:
                await eval(expression, {"pbx": pbx})
                return
            except PbxError:
                await asyncio.sleep(0.1)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("example", ALONE, ids=str)
async def test_an_example_works(example: Example, pbx: Pbx, office: Office, file: Path):
    await tried(example, pbx, office, file)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("example", TRUNK, ids=str)
async def test_an_example_with_a_trunk_works(
    example: Example, pbx: Pbx, office: Office, file: Path, trunk: Lab
):
    async with asyncio.timeout(20):
        while not await pbx.trunks.registrations():
            await asyncio.sleep(0.1)
    text = example.text
    await run(example, text, pbx, file)
