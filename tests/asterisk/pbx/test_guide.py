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
from types import CodeType

import pytest
from stasis_pbx.api import BASE

from stasis.cli.main import main
from stasis.config import load
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
        f'[asterisk.security]\nlog = "{tmp_path}/security.log"\n'
    )
    return file


async def run(example: Example, text: str, pbx: Pbx, file: Path) -> None:
    """Run an example; whatever fails is raised."""
    if example.language == "python":
        found = eval(compiled("\n" * (example.line - 1) + text), {"pbx": pbx})
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


def compiled(text: str) -> CodeType:
    """Python that may await."""
    return compile(text, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def tried(example: Example, pbx: Pbx, office: Office, file: Path) -> None:
    """Run an example with all that it needs, and take it back."""
    async with SETUPS[example.setup](pbx, office) as replaced:
        text = example.text
        for written, real in replaced.items():
            text = text.replace(written, real)
            text = text.replace(written.replace("/", "%2F"), real.replace("/", "%2F"))
        await run(example, text, pbx, file)
    if example.then:
        await undone(example.then, pbx)


async def undone(expression: str, pbx: Pbx) -> None:
    """Take an example back; a file may come to be there a moment after its call."""
    async with asyncio.timeout(5):
        while True:
            try:
                found = eval(compiled(expression), {"pbx": pbx})
                if inspect.iscoroutine(found):
                    await found
                return
            except PbxError:
                await asyncio.sleep(0.1)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("example", ALONE, ids=str)
async def test_an_example_works(example: Example, pbx: Pbx, office: Office, file: Path):
    async with Pbx(load(file).asterisk, ami=await pbx.ways.ami()) as reader:
        await tried(example, reader, office, file)


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
