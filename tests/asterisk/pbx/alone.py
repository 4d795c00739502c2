"""A real server of one's own, beside the office: for what ends it, or gives it other files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from stasis.lab.lab import Lab
from tests.asterisk.pbx.conftest import Office


@asynccontextmanager
async def alone(
    office: Office, name: str, files: Mapping[str, str] | None = None, *modules: str
) -> AsyncIterator[Office]:
    """A server of the office's version.

    files: what its configuration is to be besides. modules: that a lab leaves out otherwise.
    """
    lab = await asyncio.to_thread(Lab.up, office.version, f"{name}-{office.version}-{os.getpid()}")
    try:
        if files or modules:
            lines = (lab.etc / "modules.conf").read_text("utf-8").splitlines()
            kept = [line for line in lines if not any(each in line for each in modules)]
            lab.write("modules.conf", "\n".join([*kept, ""]))
            for each, text in (files or {}).items():
                lab.write(each, text)
            await asyncio.to_thread(lab.restart)
        yield Office(lab, office.version)
    finally:
        await asyncio.to_thread(lab.down)
