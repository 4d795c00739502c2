"""Install what tests with browsers need: before they run side by side, one of them alone does it."""

from __future__ import annotations

import shutil
import sys

from stasis.lab import packages
from stasis.lab.packages import apt
from tests.browser.softphone import bundle

# Debian's packages, each with a program of it.
PACKAGES = {
    "chromium": "chromium",
    "coturn": "turnserver",
    "libnss3-tools": "certutil",
    "nodejs": "node",
    "npm": "npm",
}


def prepare() -> None:
    """Install the packages that are missing, and bundle the page once."""
    wanted = [name for name, program in PACKAGES.items() if not packages.there(program)]
    if wanted:
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
        print(f"installing: {' '.join(install)}", file=sys.stderr)  # noqa: T201
        result = apt(install)
        if result.returncode:
            apt(["apt-get", "update"])
            result = apt(install)
        assert not result.returncode, result.stdout
    assert shutil.which("npm"), "npm is missing: apt-get install npm"
    bundle()


if __name__ == "__main__":
    prepare()
