"""`stasis security watch` and `fail2ban`: beside the things, what lasts and what installs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from stasis.cli.screen import as_json, console, say, tell
from stasis.cli.settings import at_once, settings
from stasis.config import Config
from stasis.errors import ConfigError, StasisError
from stasis.pbx.failure import Failure
from stasis.pbx.pbx import Pbx
from stasis.pbx.security import fail2ban

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the group's."""
    app.command("watch")(watch)
    app.command("fail2ban")(install)


def watch(
    context: typer.Context,
    server: Annotated[str, typer.Option(help="of which Asterisk only")] = "",
    json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object a line")] = (
        False
    ),
) -> None:
    """Watch for failed log-ins, until Ctrl-C: show them, and write the log that fail2ban reads."""
    configs = settings(context).load().asterisks()
    if server and server not in configs:
        raise ConfigError(f"--server {server}: there are {', '.join(configs)}")
    asyncio.run(watched({server: configs[server]} if server else configs, json=json))


async def watched(configs: Mapping[str, Config], *, json: bool) -> None:
    """Watch them all, for ever. Raises PbxError, AmiError when one cannot be at the start."""
    screen = console()

    def heard(failure: Failure) -> None:
        line = msgspec.json.encode(failure).decode() if json else failure.line()
        screen.print(Text(line))

    await asyncio.gather(*(one(name, config, heard) for name, config in configs.items()))


async def one(name: str, config: Config, heard: Callable[[Failure], None]) -> None:
    """Watch one Asterisk."""
    async with Pbx(at_once(config.asterisk)) as pbx:
        async with await pbx.security.watch(server=name, heard=heard) as watching:
            say(f"watching {config.asterisk.url}; failures go to {config.asterisk.security.log}")
            await watching.finished()


def install(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--install", help="write them there, such as /etc/fail2ban", file_okay=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="also over files that are there")] = False,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Print fail2ban's filter and jail for the log of failed log-ins, or install them."""
    log = settings(context).load().asterisk.security.log
    files = fail2ban(log)
    if folder is None:
        if json:
            as_json(files)
            return
        for name, text in files.items():
            tell(f"# /etc/fail2ban/{name}")
            tell(text)
        return
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise StasisError(f"{folder / there[0]} is there already: --force writes over it")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise StasisError(f"{error.filename} cannot be written: {error.strerror}") from None
    say(f"{', '.join(files)} are in {folder}; now: fail2ban-client reload", "green")
