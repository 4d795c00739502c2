"""Tools from npm that look at the page: axe-core, and TypeScript's checker. They are in no wheel."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stasis.lab.place import cache, locked

__all__ = ["axe", "type_problems"]

PACKAGES = ("axe-core@4.14.1", "typescript@5.9.3")
OPTIONS = (
    *("--allowJs", "--checkJs", "--noEmit", "--strict"),
    *("--noUnusedLocals", "--noUnusedParameters", "--noFallthroughCasesInSwitch"),
    *("--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler"),
    *("--lib", "es2023,dom,dom.iterable"),
)


def axe() -> str:
    """The script that finds what keeps people out of a page."""
    return (packages() / "axe-core" / "axe.min.js").read_text("utf-8")


def type_problems(page: Path) -> str:
    """What is wrong with the types of a page's modules; empty: nothing."""
    files = [str(file) for file in sorted(page.rglob("*.js"))]
    checker = packages() / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(checker), *OPTIONS, *files], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def packages() -> Path:
    """The folder of the packages, fetched once into the lab's cache."""
    folder = cache() / ("page-" + "-".join(PACKAGES).replace("@", "-"))
    with locked(folder.name):
        if not (folder / "node_modules" / "typescript").exists():
            folder.mkdir(parents=True, exist_ok=True)
            install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            npm = [*install, "--prefix", str(folder), *PACKAGES]
            subprocess.run(npm, check=True, capture_output=True)
    return folder / "node_modules"
