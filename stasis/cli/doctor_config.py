"""`stasis doctor config`: what is wrong in Asterisk's configuration files.

It is `stasis configuration check`, told as the doctor tells: each finding with what mends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from stasis.cli.hop import Hop
from stasis.cli.screen import as_json, tell
from stasis.cli.settings import at_once
from stasis.config import Config
from stasis.pbx import Ailment, Pbx

__all__ = ["doctor_config", "hop"]


def doctor_config(config: Config, show: Callable[[Hop], None], *, json: bool) -> int:
    """Look at the files of every Asterisk, and tell. show: tells one finding.

    Returns the exit code: 1 when something failed. Raises PbxError when Asterisk is not reached.
    """
    found = {name: asyncio.run(look(each)) for name, each in config.asterisks().items()}
    every = [each for ailments in found.values() for each in ailments]
    count = sum(each.state == "failed" for each in every)
    if json:
        as_json({"ok": not count, "servers": msgspec.to_builtins(found)})
        return int(bool(count))
    for name, ailments in found.items():
        if len(found) > 1:
            tell(name, "bold")
        for each in ailments:
            show(hop(each))
    tell()
    style = "bold red" if count else "green"
    tell(f"{count} failed" if count else "the files can be worked with", style)
    return int(bool(count))


async def look(config: Config) -> Sequence[Ailment]:
    """The findings on one Asterisk."""
    async with Pbx(at_once(config.asterisk)) as pbx:
        return await pbx.configuration.check()


def hop(ailment: Ailment) -> Hop:
    """A finding as the doctor tells it."""
    text = f"[{ailment.section}] {ailment.text}" if ailment.section else ailment.text
    return Hop(ailment.file.removesuffix(".conf"), ailment.state, text, ailment.fix)
