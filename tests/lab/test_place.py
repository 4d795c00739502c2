"""Where things are, and locks between processes."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stasis.lab import place

HOLD = """
import sys
from stasis.lab.place import locked
with locked("x"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_folders_follow_the_xdg_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert place.cache() == tmp_path / "c/stasis/lab"
    assert place.state() == tmp_path / "s/stasis/lab"


def test_without_or_with_relative_variables_they_are_in_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert place.cache() == tmp_path / ".cache/stasis/lab"
    assert place.state() == tmp_path / ".local/state/stasis/lab"


def test_folders_are_those_with_facts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert place.folders() == []
    for name in ("b", "a", "half"):
        (place.state() / name).mkdir(parents=True)
    for name in ("b", "a"):
        (place.state() / name / "lab.json").write_text("{}")
    assert [each.name for each in place.folders()] == ["a", "b"]


def test_a_lock_keeps_other_processes_out_and_dies_with_its_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    entered = threading.Event()

    def enter() -> None:
        with place.locked("x"):
            entered.set()

    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2), "the lock let us in while another process held it"
        other.kill()
        assert entered.wait(10)
        waiting.join()


def test_different_locks_do_not_meet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with place.locked("one"), place.locked("two"):
        assert sorted(each.name for each in tmp_path.rglob("*.lock")) == ["one.lock", "two.lock"]
