"""A process that is signalled: `stasis run` of this user, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stasis.cli.process import Process, is_stasis
from stasis.errors import StasisError

SCRIPT = "print('here', flush=True)\nimport signal\nsignal.pause()\n"


@contextmanager
def program(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process that waits for a signal. words: of its command line; the first is its script."""
    (folder / words[0]).write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "here\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class TestWhich:
    @pytest.mark.parametrize(
        "line",
        [
            "/opt/venv/bin/python /opt/venv/bin/stasis run",
            "stasis run my:Flow --app ivr",
            "/usr/bin/python3 -X dev -m stasis --config /etc/stasis.toml run",
        ],
    )
    def test_stasis_run_by_name_path_or_module(self, line: str) -> None:
        assert is_stasis(line.split())

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "vim stasis.toml",
            "tail -f /var/log/stasis",
            "python /srv/stasis-run",
            "python -m stasis doctor",
            "run stasis",
            "/opt/stasis/bin/other run",
        ],
    )
    def test_nothing_else(self, line: str) -> None:
        assert not is_stasis(line.split())


class TestSignals:
    async def test_it_is_told_and_its_end_is_seen(self, tmp_path: Path) -> None:
        with program(tmp_path, "stasis", "run") as running, Process(running.pid) as process:
            assert not await process.over(0)
            assert process.tell(signal.SIGTERM)
            assert await process.over(10)
            assert running.wait() == -signal.SIGTERM

    async def test_one_that_has_ended_takes_no_signal(self, tmp_path: Path) -> None:
        with program(tmp_path, "stasis", "run") as running, Process(running.pid) as process:
            running.kill()
            running.wait()
            assert not process.tell(signal.SIGTERM)
            assert await process.over(10)

    def test_another_program_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        """Its words are not told: they may be secrets."""
        with program(tmp_path, "other.py", "--password=secret") as running:
            with pytest.raises(StasisError, match="not `stasis run`; it was left alone") as refused:
                Process(running.pid)
            assert "secret" not in str(refused.value)
            assert running.poll() is None

    def test_another_users_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with program(tmp_path, "stasis", "run") as running:
            user = os.geteuid()
            monkeypatch.setattr(os, "geteuid", lambda: user + 1)
            with pytest.raises(StasisError, match="run this as that user"):
                Process(running.pid)

    @pytest.mark.parametrize("pid", [2**22 + 1, 2**70, 0, -1])
    def test_a_number_that_no_process_has_is_told(self, pid: int) -> None:
        """The lease is a variable that anybody may write."""
        with pytest.raises(StasisError, match="has ended, or cannot be reached"):
            Process(pid)

    def test_no_descriptor_is_left(self, tmp_path: Path) -> None:
        before = len(os.listdir("/proc/self/fd"))
        with program(tmp_path, "other.py") as running:
            opened = len(os.listdir("/proc/self/fd"))
            with pytest.raises(StasisError):
                Process(running.pid)
            assert len(os.listdir("/proc/self/fd")) == opened
        assert len(os.listdir("/proc/self/fd")) == before
