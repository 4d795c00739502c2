"""`stasis events`: what happens in Asterisk, by AMI and ARI together, a line each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import typer
from rich.text import Text

from stasis.cli.screen import console, say
from stasis.cli.settings import at_once, settings
from stasis.config import Config
from stasis.errors import ConfigError, StasisError

if TYPE_CHECKING:
    from stasis.pbx import Choice

__all__ = ["events"]

# How long it listens without --follow.
SECONDS = 10.0

Source: TypeAlias = Literal["ami", "ari"]

STYLES = {
    "calls": "green",
    "queues": "cyan",
    "endpoints": "blue",
    "trunks": "blue",
    "security": "bold red",
    "voicemail": "magenta",
    "confbridge": "cyan",
    "recordings": "magenta",
    "cdr": "yellow",
    "system": "bold yellow",
}
QUIET = "dim"


def events(
    context: typer.Context,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="until Ctrl-C; else for ten seconds")
    ] = False,
    source: Annotated[Source | None, typer.Option(help="one way only")] = None,
    type: Annotated[
        list[str] | None, typer.Option(help="names of events, such as Queue*; several times")
    ] = None,
    channel: Annotated[
        str, typer.Option(help="a channel's name or id, or its endpoint: PJSIP/alice")
    ] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="such as calls, queues, endpoints, security")
    ] = None,
    count: Annotated[int, typer.Option(help="end after so many; 0: not", min=0)] = 0,
    server: Annotated[str, typer.Option(help="of which Asterisk only")] = "",
    json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object a line")] = (
        False
    ),
) -> None:
    """Show what happens in Asterisk, as AMI and ARI tell it."""
    from stasis.pbx import EVENT_GROUPS, Choice  # not for everybody: it takes its time

    if unknown := sorted(set(group or ()) - EVENT_GROUPS):
        known = ", ".join(sorted(EVENT_GROUPS))
        raise typer.BadParameter(f"--group {unknown[0]}: one of {known}")
    choice = Choice(source or "", type or (), channel, group or ())
    configs = settings(context).load().asterisks()
    if server and server not in configs:
        raise ConfigError(f"--server {server}: there are {', '.join(configs)}")
    chosen = {server: configs[server]} if server else configs
    seconds = None if follow or count else SECONDS
    if error := asyncio.run(heard(chosen, choice, seconds, count, json=json)):
        raise error


async def heard(
    configs: dict[str, Config],
    choice: object,
    seconds: float | None,
    count: int,
    *,
    json: bool,
) -> StasisError | None:
    """Show what happens in each Asterisk. seconds: how long; None for ever. count: how many.

    Returns why none can be heard any more, or that fewer came.
    """
    from stasis.pbx import Choice, Pbx
    from stasis.pbx.happening import NOTES

    assert isinstance(choice, Choice)
    left = count
    done = asyncio.Event()
    failed: list[StasisError] = []

    async def of(name: str, config: Config) -> None:
        nonlocal left
        try:
            async with (
                Pbx(at_once(config.asterisk)) as pbx,
                pbx.events.follow(choice, server=name) as stream,
            ):
                async for each in stream:
                    line(each, json=json, named=len(configs) > 1)
                    if each.type in NOTES:  # nothing has happened
                        if count and each.type == "Lost" and not rest(choice, each.source):
                            raise StasisError(f"there is nothing left to hear: {each.what}")
                        continue
                    left -= 1
                    if left == 0:
                        break
            done.set()  # once Asterisk has forgotten us
        except StasisError as error:
            if len(configs) > 1:
                say(f"{name}: {error}", "red")
            failed.append(error)
            if len(failed) == len(configs):
                done.set()

    tasks = [asyncio.create_task(of(name, config)) for name, config in configs.items()]
    try:
        async with asyncio.timeout(seconds):
            await done.wait()
    except TimeoutError:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if len(failed) == len(configs):
        return failed[-1]
    if count and left > 0:
        return StasisError(f"{count - left} of {count} events came, and no more can come")
    return None


def rest(choice: Choice, lost: str) -> bool:
    """Whether what is waited for may come, when one way is lost."""
    return choice.comes_by("ari" if lost == "ami" else "ami")


def line(each: object, *, json: bool, named: bool) -> None:
    """One event: for people, coloured by its group, or as JSON. named: with its Asterisk's name."""
    from stasis.pbx import Happening

    assert isinstance(each, Happening)
    if json:
        out = console()
        out.file.write(msgspec.json.encode(each).decode() + "\n")
        out.file.flush()
        return
    style = STYLES.get(each.group, QUIET)
    parts: Sequence[tuple[str, str]] = (
        (f"{each.time.astimezone():%H:%M:%S.%f}"[:-3], QUIET),
        (f" {each.server}" if named else "", QUIET),
        (f" {each.source:4}", QUIET),
        (f" {each.type:22}", style),
        (f" {shown(each.channel)}" if each.channel else "", "bold"),
        (f" {shown(each.what)}", ""),
    )
    console().print(Text.assemble(*parts))


def shown(text: str) -> str:
    """A text without what a terminal would obey: callers choose their names."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
