"""Run as a process of its own: opens a database, and says what came of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from stasis.sql import StoreError
from tests.sql.notes import notes, notes_in

ROOT = Path(__file__).parents[2]
NOBODY = 65_534


def process(url: str, *, unprivileged: bool = False) -> subprocess.Popen[str]:
    """A process that opens the database. unprivileged: root may write what it likes; not this one."""
    return subprocess.Popen(
        [sys.executable, "-B", __file__, url, "unprivileged" if unprivileged else ""],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # where `python -X dev` says which step was slow, as any may be
        text=True,
        cwd="/",
    )


async def opened(url: str) -> str:
    """What came of it."""
    database = notes_in(url)
    try:
        await database.open()
    except StoreError as error:
        return str(error)
    rows = await database.do(select(notes))
    await database.close()
    return f"open, {len(rows)} notes"


def lose_privileges() -> None:
    """Be nobody from now on. What is imported later may not be readable: so that is done now."""
    asyncio.run(opened("sqlite://"))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


if __name__ == "__main__":
    if sys.argv[2]:
        lose_privileges()
    print(asyncio.run(opened(sys.argv[1])))  # noqa: T201
