"""docs/pbx.md: its tables are the code's, and what it tells to type is run on a real Asterisk."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from stasis_pbx.config import PbxConfig
from stasis_pbx.hook import WebhookConfig
from stasis_pbx.operations import FAILURES

from stasis.lab.lab import Lab
from stasis.pbx import EVENT_GROUPS
from stasis.section import described
from tests.asterisk.command_line import environment
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.program import program
from tests.docs.conftest import Import
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "pbx.md"
TEXT = PAGE.read_text("utf-8")


def test_every_key_of_the_configuration():
    for kind in (PbxConfig, WebhookConfig):
        for name, default, help in described(kind):
            told = "none" if name == "secret" else f"`{default}`"
            if name != "database":
                assert f"| `{name}` | {told} | {help} |" in TEXT
            else:
                assert f"| `{name}` | " in TEXT and f" | {help} |" in TEXT


def test_every_failure_of_a_thing():
    for status, code in FAILURES.values():
        assert re.search(rf"^\| {status} \| .*`{code}`", TEXT, re.MULTILINE), code


def test_every_group_of_events():
    (row,) = [line for line in TEXT.splitlines() if line.startswith("| `group` | one of ")]
    assert set(re.findall(r"`(\w+)`", row)) == EVENT_GROUPS | {"group"}


def commands(part: str) -> list[str]:
    """The lines of the first block below a heading."""
    (block,) = [each for each in blocks(PAGE, "sh") if part in each.text]
    return block.lines


@pytest.mark.asterisk
@pytest.mark.timeout(120)
async def test_what_it_tells_to_type_works(labs: dict[str, Lab], tmp_path: Path):
    async with program(Office(labs["22"], "22"), tmp_path) as run:
        stasis = tmp_path / "stasis"
        stasis.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m stasis "$@"\n')
        stasis.chmod(0o755)
        lines = [each.replace("http://127.0.0.1:8080", run.root) for each in commands("TOKEN=")]
        # Each by itself, so that one that fails is seen.
        text = "set -e\n" + "\n".join(f"{each}\necho; echo '-- next'" for each in lines)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", text),
            cwd=tmp_path,
            env=environment(labs["22"], {"PATH": path}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        told = [each.strip() for each in out.decode().split("-- next")][: len(lines)]
        assert process.returncode == 0, out.decode()
    said = dict(zip(lines, told, strict=True))

    def of(words: str) -> str:
        return next(value for key, value in said.items() if words in key)

    assert json.loads(of("openapi.json"))["openapi"].startswith("3.1")
    assert "22." in of("system/version")
    assert [value for key, value in said.items() if "2001" in key and "-X" not in key] == [
        '{"family":"cidname","key":"2001","value":"Zoë"}'
    ]
    assert "alice" in of("endpoints?server")
    audit: list[dict[str, Any]] = json.loads(of("audit?limit=10"))
    assert [each["thing"] for each in audit] == ["astdb.delete", "astdb.put"]
    assert "astdb.delete" in of("stasis pbx audit") and "deploy" in of("token list")


@pytest.mark.asterisk
@pytest.mark.timeout(60)
async def test_its_programs_hear_what_happens(
    labs: dict[str, Lab],
    module: Import,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    page: Any = module(PAGE)
    lab = labs["22"]
    for name, value in environment(lab, {}).items():
        if name.startswith("STASIS_"):
            monkeypatch.setenv(name, value)
    async with program(Office(lab, "22"), tmp_path) as run:
        monkeypatch.chdir(tmp_path)
        token = await run.token("events:read")
        told = ""
        tasks = [
            asyncio.create_task(page.watch()),
            asyncio.create_task(page.hear(run.root, token)),
        ]
        member = "Local/echo@default"
        try:
            async with asyncio.timeout(30):
                # By the first program, and by the second as JSON.
                while (
                    "QueueMemberAdded  Zoe" not in told or "'type': 'QueueMemberAdded'" not in told
                ):
                    for command in (
                        f"queue add member {member} to support penalty 0 as Zoe",
                        f"queue remove member {member} from support",
                    ):
                        await asyncio.to_thread(lab.cli, command)
                    await asyncio.sleep(0.3)
                    told += capsys.readouterr().out
                    assert not any(each.done() for each in tasks)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
