"""`stasis doctor`: each hop from here to a call on Asterisk, and the line that mends it.

`stasis doctor config` looks at Asterisk's configuration files instead: see `doctor_config`.

Exits with 0 when nothing failed, 1 when a hop did, 2 when the configuration is wrong.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import attrs
import typer

from stasis.cli.hint import lab_is_up
from stasis.cli.hop import Hop
from stasis.cli.hops import HOPS, examine
from stasis.cli.patient import Patient
from stasis.cli.screen import as_json, say, tell
from stasis.cli.settings import Settings, settings
from stasis.errors import ConfigError

__all__ = ["doctor"]

MARKS = {"ok": ("ok", "green"), "warning": ("warn", "yellow"), "failed": ("FAIL", "bold red")}
SKIPPED = ("skip", "dim")

# What stands in a dialplan function without changing its meaning.
EXTENSION = re.compile(r"[\w*#+.-]+(@[\w.-]+)?")


def doctor(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="config: Asterisk's configuration files")] = "",
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    extension: Annotated[
        str, typer.Option(help="EXTEN@CONTEXT by which calls come in, to look for in the dialplan")
    ] = "",
) -> None:
    """Find out why no call comes in.

    Looks at each hop from here to a call, and says which line mends what is wrong. With `config`
    it looks at Asterisk's own configuration files, over AMI.
    Exits with 1 when a hop failed, with 2 when the configuration is wrong.
    """
    if what == "config":
        from stasis.cli.doctor_config import doctor_config  # not for everybody: it takes its time

        raise typer.Exit(doctor_config(settings(context).load(), show, json=json))
    if what:
        raise typer.BadParameter(f"{what!r}: there is `config`, or nothing")
    if extension and not EXTENSION.fullmatch(extension):
        raise typer.BadParameter(f"{extension!r}: write it as 8000@default")
    hops: list[Hop] = []

    def found(hop: Hop) -> None:
        hops.append(hop)
        if not json and not waits(hop):
            show(hop)

    code = asyncio.run(look(settings(context), extension, found))
    if json:
        as_json({"ok": code == 0, "hops": [attrs.asdict(hop) for hop in hops]})
    else:
        if rest := [hop for hop in hops if waits(hop)]:
            show(Hop(", ".join(hop.name for hop in rest), "skipped", rest[0].text))
        count = sum(hop.state == "failed" for hop in hops)
        tell()
        tell(f"{count} failed" if count else "a call can come in", "bold red" if count else "green")
        if any((hop.name, hop.state) == ("tcp", "failed") for hop in hops) and (
            hint := lab_is_up(settings(context), "doctor")
        ):
            say(hint)
    if code:
        raise typer.Exit(code)


async def look(chosen: Settings, extension: str, found: Callable[[Hop], None]) -> int:
    """Examine, telling each hop as it is found. Returns the exit code."""
    try:
        config = chosen.load()
    except ConfigError as error:
        fix = f"correct it in {chosen.path or 'stasis.toml'}"
        found(Hop("config", "failed", "; ".join(error.problems), fix))
        for name, _, _ in HOPS:
            found(Hop(name, "skipped", "needs config"))
        return 2
    found(Hop("config", "ok", f"{source(chosen)}: {config.asterisk.url}"))
    failed = False
    async with Patient(config.asterisk, extension) as patient:
        async for hop in examine(patient):
            found(hop)
            failed = failed or hop.state == "failed"
    return int(failed)


def source(chosen: Settings) -> str:
    """Where the configuration comes from."""
    path = chosen.path or Path("stasis.toml")
    return str(path) if path.exists() else "no stasis.toml, so defaults and environment"


def waits(hop: Hop) -> bool:
    """Whether a hop was not looked at because one before it failed. These are told in one line."""
    return hop.state == "skipped" and hop.text.startswith("needs ")


def show(hop: Hop) -> None:
    """One hop for people: what was found, and below it what mends it."""
    mark, style = MARKS.get(hop.state, SKIPPED)
    tell(f"{mark:5}{hop.name:12} {hop.text}", style if hop.state != "ok" else "")
    if hop.fix and hop.state in ("failed", "warning"):
        tell(f"{'':18}→ {hop.fix}")
