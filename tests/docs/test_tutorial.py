"""docs/test-your-call-flow.md is followed, from an empty folder: its files, commands and outputs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, every

PAGE = DOCS / "test-your-call-flow.md"

pytestmark = pytest.mark.timeout(240)


def test_a_newcomer_gets_from_an_empty_folder_to_a_green_test(tmp_path: Path) -> None:
    here = tmp_path
    printed = ""
    seen = {"sh": 0, "python": 0, "text": 0}
    for block in every(PAGE):
        seen[block.language] += 1
        if block.language == "python":
            (here / block.marks["file"][0]).write_text(block.text)
        elif block.language == "text":
            for line in block.lines:
                assert line.strip() in printed, f"{line!r} is not in\n{printed}"
        else:
            here, printed = followed(block.text, here, fails="fails" in block.marks)
    assert seen["sh"] >= 6 and seen["text"] >= 5


def followed(commands: str, here: Path, *, fails: bool) -> tuple[Path, str]:
    """Run a block's commands. Returns where the shell is then, and what was printed."""
    # The distribution of that name is this checkout.
    script = commands.replace("'stasis-ari[testing]'", f"'{ROOT}[testing]'")
    kept = ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CACHE_DIR")
    where = here.parent / "where"
    done = subprocess.run(
        ["bash", "-euc", script if fails else f"{script}\npwd > '{where}'"],
        cwd=here,
        env={name: os.environ[name] for name in kept if name in os.environ} | {"COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (done.returncode != 0) is fails, done.stdout
    return (here if fails else Path(where.read_text().strip())), done.stdout
