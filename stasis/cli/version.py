"""`stasis version`: what runs here, and which Asterisk answers."""

from __future__ import annotations

import asyncio
import platform
from importlib import metadata
from typing import Annotated

import typer

import stasis
from stasis.ari import Ari
from stasis.cli.hint import lab_is_up
from stasis.cli.screen import as_json, say, table
from stasis.cli.settings import settings
from stasis.config import Config
from stasis.errors import AriError, ConfigError
from stasis.transport.http import Http

__all__ = ["version"]

DEPENDENCIES = ("aiohttp", "attrs", "cattrs", "msgspec", "rich", "structlog", "typer", "websockets")
# Nobody waits long to read a version.
SECONDS = 3.0


def version(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Say which versions run.

    Of stasis, Python, the libraries, and Asterisk if it answers."""
    hint = ""
    try:
        asterisk, why = asyncio.run(of_asterisk(settings(context).load())), ""
    except (AriError, TimeoutError) as error:
        asterisk, why = None, getattr(error, "reason", "") or "no answer in time"
        hint = lab_is_up(settings(context), "version")
    except ConfigError as error:
        asterisk, why = None, f"configuration: {error.problems[0]}"
    libraries = {name: of_library(name) for name in DEPENDENCIES}
    if json:
        as_json(
            {
                "stasis": stasis.__version__,
                "python": platform.python_version(),
                "asterisk": asterisk,
                "libraries": libraries,
            }
        )
        return
    rows = [
        ("stasis", stasis.__version__),
        ("Python", platform.python_version()),
        ("Asterisk", asterisk or f"not reached: {why}"),
        *((name, found or "not installed") for name, found in libraries.items()),
    ]
    table(("what", "version"), rows)
    if hint:
        say(hint)


async def of_asterisk(config: Config) -> str | None:
    """The version that the server tells, in its own words. Raises AriError, TimeoutError."""
    async with asyncio.timeout(SECONDS), Http(config.asterisk) as http:
        info = await Ari(http).asterisk.get_info(only=["system"])
    return info.system.version if info.system else None


def of_library(name: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
