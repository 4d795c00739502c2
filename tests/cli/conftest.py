"""The command line as its users meet it: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Cli: TypeAlias = Callable[..., Done]

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(here: Path) -> Cli:
    """Runs `python -m stasis …` in the folder. No run may end in a traceback.

    plugins: entry points to install for the run, name to value. env: of the process. folder:
    another one, below.
    """

    def run(
        *words: str,
        plugins: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        folder: str = ".",
    ) -> Done:
        site = here / ".site"
        if plugins is not None:
            install(site, plugins)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("STASIS_")}
        path = os.pathsep.join(map(str, (ROOT, ROOT / "apps", site)))
        done = subprocess.run(
            [sys.executable, "-m", "stasis", *words],
            cwd=here / folder,
            env={**kept, "PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1", **(env or {})},
            capture_output=True,
            text=True,
            timeout=25,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    return run


def install(site: Path, plugins: Mapping[str, str]) -> None:
    """A distribution that has these entry points, and nothing else."""
    info = site / "seeded-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seeded\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in plugins.items()]
    (info / "entry_points.txt").write_text("\n".join(["[stasis.plugins]", *lines, ""]))


@pytest.fixture
def write(here: Path) -> Callable[[str, str], Path]:
    """Writes a file of the folder."""

    def one(name: str, text: str) -> Path:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return one


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the tests are started from, and whatever Python's readline found out of it."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def _imports_are_undone(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a test imports or puts on the path is gone after it."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "") and "/pytest-" in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]
