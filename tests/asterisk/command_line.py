"""The command line against a real server: a process of its own in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stasis.lab.lab import Lab

ROOT = Path(__file__).parent.parent.parent

FLOW = """
from stasis import Channel


async def hello(channel: Channel) -> None:
    await channel.answer()
    greeting = await channel.play("sound:hello-world")
    await greeting.finished()
    await channel.hangup()
"""


def environment(lab: Lab, changed: Mapping[str, str]) -> dict[str, str]:
    """Of a process that uses the lab, but for what is changed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("STASIS_")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "apps"))),
        "COLUMNS": "200",
        "STASIS_ASTERISK_URL": lab.url,
        "STASIS_ASTERISK_USERNAME": lab.username,
        "STASIS_ASTERISK_PASSWORD": lab.password,
        **changed,
    }


def stasis(folder: Path, lab: Lab, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. It must never end in a traceback. changed: the environment."""
    (folder / "seeded.py").write_text(FLOW)
    done = subprocess.run(
        [sys.executable, "-m", "stasis", *words],
        cwd=folder,
        env=environment(lab, changed),
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


@contextmanager
def running(folder: Path, lab: Lab, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`stasis run …`, ready for calls; told to stop politely at the end, which it must obey."""
    (folder / "seeded.py").write_text(FLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "stasis", "run", *words],
        cwd=folder,
        env=environment(lab, {}),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        told = ""
        for line in process.stderr:
            told += line
            if line.startswith("ready on "):
                break
        else:
            raise AssertionError(f"it never was ready:\n{told}")
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
