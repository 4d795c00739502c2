"""What a newcomer writes down and types is followed: files, commands and outputs of the pages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, every

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


@pytest.mark.parametrize(
    ("page", "language", "file"),
    [(ROOT / "README.md", "python", "ivr.py"), (DOCS / "ivr.md", "toml", "ivr.toml")],
    ids=["README.md", "ivr.md"],
)
def test_a_pages_tests_pass_beside_its_own_file(
    page: Path, language: str, file: str, tmp_path: Path
) -> None:
    pieces = [each.text for each in blocks(page, language) if "file" not in each.marks]
    named = [piece for piece in pieces if piece.startswith(f"# {file}")] or pieces[:1]
    (tmp_path / file).write_text("".join(named))
    (block,) = [each for each in blocks(page, "python") if "file" in each.marks]
    (tmp_path / block.marks["file"][0]).write_text(block.text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout


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
