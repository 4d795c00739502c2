"""What `stasis new` writes is a start that works: its own tests pass, and so does mypy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

# A generated project's own tests are a pytest inside of pytest, which a busy machine does not give
# in half a minute.
OWN_TESTS = pytest.mark.timeout(240)

ROOT = Path(__file__).parent.parent.parent


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a generated folder, with stasis at hand as if it were installed."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def passes(folder: Path) -> None:
    """Its tests pass, and there are some. They need nothing but pytest."""
    done = python(folder, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


@OWN_TESTS
def test_a_project_has_passing_tests(cli: Cli, here: Path) -> None:
    done = cli("new", "project", "front-desk")
    assert done.returncode == 0
    passes(here / "front-desk")
    files = {str(p.relative_to(here)) for p in here.rglob("*") if p.suffix != ".pyc"}
    for name in ("pyproject.toml", "stasis.toml", "README.md", "extensions.conf.example"):
        assert f"front-desk/{name}" in files


def test_a_project_is_a_plugin_that_stasis_finds(cli: Cli, here: Path) -> None:
    """By the entry point in its pyproject.toml, enabled in its stasis.toml."""
    cli("new", "project", "front_desk")
    value = "front_desk.plugin:FrontDeskPlugin"
    assert f'front_desk = "{value}"' in (here / "front_desk/pyproject.toml").read_text()
    nobody = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}
    done = cli("check", plugins={"front_desk": value}, env=nobody, folder="front_desk")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 flow checked (front_desk: front_desk): 0 errors, 0 warnings" in done.stdout


def test_a_projects_dialplan_enters_its_application(cli: Cli, here: Path) -> None:
    cli("new", "project", "front_desk")
    text = (here / "front_desk/extensions.conf.example").read_text()
    assert "Stasis(front_desk)" in text
    assert '$["${STASISSTATUS}" = "FAILED"]' in text


@OWN_TESTS
def test_a_flow_has_a_passing_test(cli: Cli, here: Path) -> None:
    done = cli("new", "flow", "night_menu")
    assert "stasis run night_menu:NightMenu" in done.stdout
    assert (here / "test_night_menu.py").is_file()
    passes(here)


def test_a_flow_puts_its_test_where_the_others_are(cli: Cli, here: Path) -> None:
    (here / "tests").mkdir()
    cli("new", "flow", "night_menu")
    assert (here / "tests/test_night_menu.py").is_file()


@OWN_TESTS
def test_a_plugin_has_a_passing_test_and_names_its_entry_point(cli: Cli, here: Path) -> None:
    done = cli("new", "plugin", "night_desk")
    assert 'night_desk = "night_desk.plugin:NightDeskPlugin"' in done.stdout
    passes(here)


def test_a_plugin_is_added_to_the_tables_that_are_there(cli: Cli, here: Path) -> None:
    cli("new", "project", "front_desk")
    done = cli("new", "plugin", "night_desk", folder="front_desk")
    assert "add this line to pyproject.toml, below the [project.entry-points" in done.stdout
    assert 'and "night_desk" to its list `packages`' in done.stdout
    assert 'and "night_desk" to the list `enabled` of [plugins] in stasis.toml' in done.stdout


def test_a_plugin_does_not_take_the_name_of_one_that_is_installed(cli: Cli, here: Path) -> None:
    done = cli("new", "plugin", "night_desk", plugins={"night_desk": "somebody:Else"})
    assert done.returncode == 1
    assert "'night_desk' is installed already" in done.stderr
    assert not (here / "night_desk").exists()


@pytest.mark.timeout(300)
def test_all_that_is_written_passes_mypy_strict(cli: Cli, here: Path) -> None:
    cli("new", "flow", "night_menu")
    cli("new", "plugin", "night_desk")
    cli("new", "project", "front_desk")
    words = ("night_menu.py", "test_night_menu.py", "night_desk", "test_night_desk.py")
    done = python(here, "-m", "mypy", "--strict", *words)
    assert done.returncode == 0, done.stdout
    done = python(
        here / "front_desk", "-m", "mypy", "front_desk", "tests", "--cache-dir=../.mypy_cache"
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_overwritten_and_nothing_is_half_written(cli: Cli, here: Path) -> None:
    (here / "test_night_menu.py").write_text("mine\n")
    done = cli("new", "flow", "night_menu")
    assert done.returncode == 1
    assert "test_night_menu.py: there already; nothing was written" in done.stderr
    assert (here / "test_night_menu.py").read_text() == "mine\n"
    assert not (here / "night_menu.py").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Desk", "use small letters"),
        ("front desk", "use small letters"),
        ("../desk", "use small letters"),
        ("desk_", "use small letters"),
        ("9desk", "use small letters"),
        ("x" * 41, "use small letters"),
        ("json", "something else in Python"),
        ("class", "something else in Python"),
        ("stasis", "something else in Python"),
        ("bridge", "a class Bridge exists already"),
    ],
)
def test_a_name_that_python_or_stasis_could_not_use_is_refused(
    cli: Cli, here: Path, name: str, why: str
) -> None:
    done = cli("new", "flow", name)
    assert done.returncode == 1
    assert why in done.stderr
    assert not list(here.glob("*.py"))


def test_a_folder_that_cannot_be_written_is_told(cli: Cli, here: Path) -> None:
    (here / "front_desk").write_text("a file, no folder\n")
    done = cli("new", "project", "front_desk")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
