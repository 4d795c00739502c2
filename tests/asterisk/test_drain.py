"""`stasis drain` on a real server: the program ends when its calls have, and not before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.command_line import environment, stasis
from tests.asterisk.deployed import bridges, call, callers, channels, deployed, hang_up, until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


@contextmanager
def draining(folder: Path, lab: Lab, app: str) -> Iterator[subprocess.Popen[str]]:
    """`stasis drain`, which waits."""
    drain = subprocess.Popen(
        [sys.executable, "-u", "-m", "stasis", "drain", "--app", app],
        cwd=folder,
        env=environment(lab, {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert drain.stdout is not None
    try:
        yield drain
    finally:
        drain.kill()
        drain.wait()
        drain.stdout.close()


def test_it_tells_how_many_calls_are_left_until_the_end(lab: Lab, tmp_path: Path) -> None:
    with deployed(tmp_path, lab, "drained") as process:
        call(lab, "drained")
        call(lab, "drained")
        with draining(tmp_path, lab, "drained") as drain:
            assert drain.stdout is not None
            who = f"process {process.pid}"
            line = drain.stdout.readline()
            assert line == f"{who} (drained): no new calls; live ones finish\n"
            assert drain.stdout.readline() == f"{who}: 2 calls left\n"
            hang_up(lab, "drained")
            assert drain.stdout.readline() == f"{who}: 1 call left\n"
            assert process.poll() is None
            hang_up(lab, "drained")
            assert drain.stdout.read().endswith(f"{who} has ended\n")
            assert drain.wait(10) == 0
        assert process.wait(10) == 0
        until(lambda: not channels(lab))
        assert bridges(lab, "drained") == []


def test_a_second_drain_ends_no_call_and_end_does(lab: Lab, tmp_path: Path) -> None:
    """The second signal ends calls: that is sent only when it is asked for."""
    with deployed(tmp_path, lab, "ended") as process:
        call(lab, "ended")
        words = ("drain", "--app", "ended")
        first = stasis(tmp_path, lab, *words, "--no-wait")
        assert "no new calls; live ones finish" in first.stdout
        second = stasis(tmp_path, lab, *words, "--no-wait")
        assert (second.returncode, "was told before" in second.stdout) == (0, True)
        assert (process.poll(), len(callers(lab, "ended"))) == (None, 1)
        last = stasis(tmp_path, lab, *words, "--end")
        assert (last.returncode, "live ones are ended" in last.stdout) == (0, True)
        assert process.wait(10) == 0
        until(lambda: not channels(lab))
        assert bridges(lab, "ended") == []


def test_a_process_that_was_never_told_ends_its_calls_at_once(lab: Lab, tmp_path: Path) -> None:
    with deployed(tmp_path, lab, "at-once") as process:
        call(lab, "at-once")
        done = stasis(tmp_path, lab, "drain", "--app", "at-once", "--end")
        assert (done.returncode, process.wait(10)) == (0, 0)
        until(lambda: not channels(lab))


def test_calls_that_are_handed_over_live_on(lab: Lab, tmp_path: Path) -> None:
    """The next process goes on with them; nothing of them is closed meanwhile."""
    with deployed(tmp_path, lab, "handed") as process:
        call(lab, "handed")
        call(lab, "handed")
        done = stasis(tmp_path, lab, "drain", "--app", "handed", "--hand-over")
        assert (done.returncode, process.wait(10)) == (0, 0)
        assert "2 calls left to the next process" in done.stdout
        assert (len(callers(lab, "handed")), len(bridges(lab, "handed"))) == (2, 2)
        with deployed(tmp_path, lab, "handed"):
            assert stasis(tmp_path, lab, "strays", "--app", "handed").returncode == 0
            done = stasis(tmp_path, lab, "drain", "--app", "handed", "--end")
            assert done.returncode == 0


def test_when_nobody_runs_the_application_it_says_so(lab: Lab, tmp_path: Path) -> None:
    """Also when the lease of a killed process is still there."""
    done = stasis(tmp_path, lab, "drain", "--app", "nobodys")
    assert (done.returncode, "nobody runs nobodys" in done.stderr) == (1, True)
    with deployed(tmp_path, lab, "gone") as process:
        process.kill()
        process.wait()
        done = stasis(tmp_path, lab, "drain", "--app", "gone")
        assert (done.returncode, "nobody runs gone" in done.stderr) == (1, True)
