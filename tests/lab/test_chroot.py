"""A process of a lab is known by its mark, and nothing else is ever touched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stasis.lab.chroot import MARK, Chroot, account, environ
from stasis.lab.fault import LabError

SLEEPER = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]


def sleeper(mark: str) -> subprocess.Popen[bytes]:
    """A process with a mark, started when this returns."""
    child = subprocess.Popen(SLEEPER, env={MARK: mark}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    return child


def test_processes_of_a_lab_are_found_by_their_mark_oldest_first(tmp_path: Path) -> None:
    engine = Chroot("22", tmp_path)
    first, second = sleeper(str(tmp_path / "a")), sleeper(str(tmp_path / "a"))
    other = sleeper(str(tmp_path / "ab"))
    try:
        assert engine.pids(tmp_path / "a") == [first.pid, second.pid]
        engine.stop(tmp_path / "a")
        assert engine.pids(tmp_path / "a") == []
        assert other.poll() is None, "stopping a lab ended a process of another one"
    finally:
        for each in (first, second, other):
            each.kill()
            each.wait()
    assert first.returncode == -15


def test_a_child_that_ends_between_two_looks_is_not_taken_for_asterisk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, child = sleeper(str(tmp_path)), sleeper(str(tmp_path))

    def looked(entry: Path) -> bytes:
        told = environ(entry)
        if entry.name == str(child.pid):
            child.kill()
            child.wait()
        return told

    monkeypatch.setattr("stasis.lab.chroot.environ", looked)
    try:
        assert Chroot("22", tmp_path).pids(tmp_path) == [first.pid]
    finally:
        for each in (first, child):
            each.kill()
            each.wait()


def test_a_process_that_does_not_obey_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stasis.lab.chroot.STOP_SECONDS", 0.2)
    deaf = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPER[2]}"
    child = subprocess.Popen(
        [sys.executable, "-c", deaf], env={MARK: str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    Chroot("22", tmp_path).stop(tmp_path)
    assert child.wait() == -9


def test_whoever_looks_late_still_forces_before_it_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stasis.lab.chroot.STOP_SECONDS", 0.1)
    sleep = time.sleep
    # A machine that is busy: each look comes later than all that it waits for.
    monkeypatch.setattr("stasis.lab.chroot.time.sleep", lambda seconds: sleep(0.5))
    deaf = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPER[2]}"
    child = subprocess.Popen(
        [sys.executable, "-c", deaf], env={MARK: str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    try:
        Chroot("22", tmp_path).stop(tmp_path)
    finally:
        child.kill()
        assert child.wait() == -9


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    Chroot("22", tmp_path).stop(tmp_path)
    assert Chroot("22", tmp_path).cli(tmp_path, "x") == (1, "Asterisk does not run")


def test_the_user_is_the_one_of_the_root_not_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nasterisk:x:107:111::/:/x\n")
    assert account(tmp_path) == (107, 111)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    with pytest.raises(LabError, match="no user asterisk"):
        account(tmp_path)


def test_our_own_process_is_no_labs(tmp_path: Path) -> None:
    assert os.getpid() not in Chroot("22", tmp_path).pids(tmp_path)
