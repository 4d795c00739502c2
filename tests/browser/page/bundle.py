"""The page, built for tests: as it is shipped, and with a phone that tests play."""

from __future__ import annotations

import subprocess
from pathlib import Path

import stasis_webrtc

__all__ = ["PAGE", "axe", "built", "npm"]

PAGE = Path(stasis_webrtc.__file__).parent / "page"
FAKE = Path(__file__).parent / "fake_phone.ts"


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm for the page; its packages are there afterwards."""
    if not (PAGE / "node_modules" / ".package-lock.json").exists():
        install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(install, cwd=PAGE, check=True, capture_output=True)
    return subprocess.run(
        ["npm", *arguments], cwd=PAGE, check=False, capture_output=True, text=True
    )


def built(out: Path, fake: bool) -> Path:
    """Build the page into a folder. fake: with the phone of the tests."""
    entry = ["--entry", str(FAKE)] if fake else []
    done = npm("run", "build", "--", *entry, "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


def axe() -> str:
    """The script that finds what keeps people out of a page."""
    return (PAGE / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
