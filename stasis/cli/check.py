"""`stasis check`: what can be seen of flows without running them."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import attrs
import typer

from stasis.ami_feed import kinds_of, unconfigured
from stasis.ari import Ari
from stasis.check import check as checked
from stasis.check import check_media
from stasis.cli.hint import lab_is_up
from stasis.cli.screen import as_json, say, table, tell
from stasis.cli.settings import look_here, settings
from stasis.cli.target import TargetError, flow_named
from stasis.config import AsteriskConfig, Config
from stasis.errors import AriError, Unreachable
from stasis.finding import Finding
from stasis.plugin import Plugin, load
from stasis.program import Program, Runnable
from stasis.source import place
from stasis.transport.http import Http

__all__ = ["Sounds", "check", "sounds_in"]

SECONDS = 10.0
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z_]+)?")
STYLES = {"error": "red", "warning": "yellow"}


@attrs.frozen
class Sounds:
    """The sounds that media are checked against. ids: None when unknown. told: in words."""

    ids: Collection[str] | None
    told: str


def check(
    context: typer.Context,
    flows: Annotated[
        list[str] | None,
        typer.Argument(
            help="module:Name, path/to/file.py:Name or a plugin's application; none: all plugins"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    sounds: Annotated[
        str | None,
        typer.Option(help="a folder of sounds, or `server`; none: the server if it answers"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="warnings fail as well")] = False,
) -> None:
    """Find mistakes in flows.

    Looked for are unreachable and stuck states, unanswered digits, outcomes, media, sounds.

    Exits with 1 when there is an error, or with --strict a warning.
    """
    config = settings(context).load()
    if sounds is not None and sounds != "server" and not Path(sounds).is_dir():
        raise TargetError(f"--sounds {sounds}: no such folder; name one, or write `server`")
    findings: list[Finding] = []
    runnables: dict[str, Runnable] = {
        text: flow_named(text, lambda: config) for text in flows or ()
    }
    plugins: Sequence[Plugin] = ()
    if not flows:
        look_here()
        plugins, failed = load(config)
        findings += (Finding("plugin-failed", "stasis.plugins", line) for line in failed)
    for plugin in plugins:
        runnables |= {f"{plugin.name}: {app}": flow for app, flow in plugin.flows().items()}
        findings += plugin.check()
    known = sounds_of(config, sounds)
    for plugin in plugins:
        # Media that a plugin has from a file of its own, each with where it stands.
        for where, medium in plugin.sounds():
            findings += check_media(medium, where, known.ids)
    for flow in runnables.values():
        findings += checked(flow, known.ids)
        findings += not_heard(flow, config)
    errors = sum(finding.level == "error" for finding in findings)
    if json:
        as_json(
            {
                "ok": errors == 0,
                "flows": list(runnables),
                "sounds": {"checked": known.ids is not None, "told": known.told},
                "findings": [attrs.asdict(finding) for finding in findings],
            }
        )
    else:
        show(list(runnables), findings, known)
        command = shlex.join(["check", *(flows or ()), *(["--strict"] if strict else [])])
        if sounds is None and known.ids is None and (hint := lab_is_up(settings(context), command)):
            say(hint)
    if errors or (strict and findings):
        raise typer.Exit(1)


def not_heard(flow: Runnable, config: Config) -> list[Finding]:
    """Whether a flow's table names events of AMI, which nobody brings as things are configured."""
    program = Program.of(flow)
    kinds = kinds_of([program])
    servers = config.asterisks().values()
    if not kinds or all(each.asterisk.ami.username for each in servers):
        return []
    where = f"{place(program.runnable)} {program.runnable.__name__}".strip()
    return [Finding("ami-not-configured", where, unconfigured(kinds), "warning")]


def show(flows: list[str], findings: list[Finding], sounds: Sounds) -> None:
    """The findings as a table, and how many of what."""
    if findings:
        table(
            ("level", "code", "where", "what"),
            [(each.level, each.code, each.where, each.text) for each in findings],
            [STYLES[each.level] for each in findings],
        )
        tell()
    told = "no flows to check"
    if flows:
        told = f"{counted(len(flows), 'flow')} checked ({', '.join(flows)})"
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    tell(f"{told}: {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    tell(sounds.told)


def counted(number: int, what: str) -> str:
    """How many of something, in words."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def sounds_of(config: Config, wanted: str | None) -> Sounds:
    """The sounds of a folder or of the server. Raises AriError when `server` was asked for."""
    if wanted is not None and wanted != "server":
        ids = sounds_in(Path(wanted))
        return Sounds(ids, f"{len(ids)} sounds in {wanted}")
    try:
        ids = asyncio.run(sounds_on(config.asterisk))
    except (AriError, TimeoutError) as error:
        if wanted == "server":
            raise
        why = f"{config.asterisk.url} does not answer"
        if isinstance(error, AriError) and not isinstance(error, Unreachable):
            why = error.reason
        return Sounds(None, f"sounds not checked: {why}; --sounds DIR checks a folder's")
    return Sounds(ids, f"{len(ids)} sounds on {config.asterisk.url}")


async def sounds_on(config: AsteriskConfig) -> set[str]:
    """The ids of the server's sounds. Raises AriError, TimeoutError."""
    async with asyncio.timeout(SECONDS), Http(config) as http:
        return {sound.id for sound in await Ari(http).sounds.list()}


def sounds_in(folder: Path) -> set[str]:
    """The ids of the sounds in a folder: paths without suffix, and without a language before."""
    found: set[str] = set()
    for file in folder.rglob("*.*"):
        parts = file.relative_to(folder).with_suffix("").parts
        if file.is_file():
            found.add("/".join(parts))
            if len(parts) > 1 and LANGUAGE.fullmatch(parts[0]):
                found.add("/".join(parts[1:]))
    return found
