"""A page that makes a project, followed to the letter in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import every
from tests.docs.test_tutorial import followed

__all__ = ["made", "run"]


def made(page: Path, heading: str, here: Path) -> Path:
    """The project that a page makes from a heading on; what it shows as printed must be.

    here: an empty folder, which gets the environment too. Blocks that are marked `served` are left
    out: they ask a program that runs.
    """
    environment = here / ".venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    # It has all that this one has; only what the page installs goes into its own folder.
    (site,) = environment.glob("lib/*/site-packages")
    (ours,) = [path for path in map(Path, sys.path) if path.name == "site-packages"]
    (site / "ours.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n")
    for name in ("stasis", "pytest"):
        script = environment / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{environment}/bin/python" -m {name} "$@"\n')
        script.chmod(0o755)
    folder, printed = here, ""
    first = page.read_text("utf-8").splitlines().index(heading)
    for block in every(page):
        if block.line < first or "served" in block.marks:
            continue
        if "file" in block.marks:
            (folder / block.marks["file"][0]).write_text(block.text)
        elif block.language == "sh":
            folder, printed = followed(in_environment(block.text, environment), folder, fails=False)
        elif block.language == "text":
            for line in block.lines:
                assert line.strip() in printed, f"{line!r} is not in\n{printed}"
    return folder


def in_environment(commands: str, environment: Path) -> str:
    """Commands as typed with the environment activated; what is installed brings nothing else."""
    own = commands.replace("pip install", "pip install --no-deps")
    return f"export PATH={environment}/bin:$PATH\n{own}"


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a project's environment."""
    return subprocess.run(
        [project.parent / ".venv" / "bin" / "python", *words],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
