"""`stasis webrtc doctor`: each hop from a browser to its first call, and the line that mends it.

Exits with 0 when nothing failed, 1 when a hop did, 2 when the configuration is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import attrs
import msgspec
import typer
from rich.console import Console
from rich.text import Text

from stasis import Config, operations, section
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.examined import Examined, Hop
from stasis_webrtc.hops import examine

__all__ = ["configured", "doctor", "look"]

MARKS = {"ok": ("ok", ""), "warning": ("warn", "yellow"), "failed": ("FAIL", "bold red")}
SKIPPED = ("skip", "dim")


def doctor(
    context: typer.Context,
    authority: Annotated[
        Path | None,
        typer.Option(help="ca.pem of the development authority, to trust it", exists=True),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Find out why no browser can call.

    Looks at each hop from a browser to its first call, and says which line mends what is wrong. It
    makes one device, registers it, is called, and removes it.
    """
    config: Config = context.obj.load()
    hops: list[Hop] = []

    def found(hop: Hop) -> None:
        hops.append(hop)
        if not json and not waits(hop):
            show(hop)

    failed = asyncio.run(look(config, configured(config), authority, found))
    if json:
        told = {"ok": not failed, "hops": [attrs.asdict(hop) for hop in hops]}
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        if rest := [hop for hop in hops if waits(hop)]:
            show(Hop(", ".join(hop.name for hop in rest), "skipped", rest[0].text))
        typer.echo(f"\n{failed} failed" if failed else "\na browser can call")
    if failed:
        raise typer.Exit(1)


def configured(config: Config) -> WebrtcConfig:
    """The plugin's table, with the WebSocket of the first Asterisk where it names none.

    Raises ConfigError.
    """
    table = config.plugin.get("webrtc", {})
    found: WebrtcConfig = section(WebrtcConfig, table, "[plugin.webrtc]")
    found.check()
    return found.reached(next(iter(config.asterisks().values())).asterisk.url)


async def look(
    config: Config, webrtc: WebrtcConfig, authority: Path | None, found: Callable[[Hop], None]
) -> int:
    """Examine, telling each hop as it is found. Returns how many failed."""
    failed = 0
    async with operations(config) as ari:
        async for hop in examine(Examined(ari, webrtc, authority)):
            found(hop)
            failed += hop.state == "failed"
    return failed


def waits(hop: Hop) -> bool:
    """Whether a hop was not looked at because one before it failed. These are told in one line."""
    return hop.state == "skipped" and hop.text.startswith("needs ")


def show(hop: Hop) -> None:
    """One hop for people: what was found, and below it what mends it."""
    mark, style = MARKS.get(hop.state, SKIPPED)
    screen = Console(highlight=False, emoji=False, soft_wrap=True)
    screen.print(Text(f"{mark:5}{hop.name:12} {hop.text}", style))
    if hop.fix and hop.state in ("failed", "warning"):
        screen.print(Text(f"{'':18}→ {hop.fix}"))
