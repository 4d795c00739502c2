"""`stasis strays`: what flows have made on Asterisk and no call that lives owns.

Asked of Asterisk alone, so it works while the program runs and when it does not. Exits with 0
when there was none or all are closed, 1 when there are some.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Annotated

import attrs
import typer
from rich.progress import track

from stasis.ari import Ari
from stasis.cli.look import Looked, Row, look
from stasis.cli.screen import as_json, console, say, table, tell
from stasis.cli.settings import settings
from stasis.config import Config
from stasis.errors import AriError, NotFound
from stasis.keep import keep_of
from stasis.transport.http import Http

__all__ = ["close", "strays"]


def strays(
    context: typer.Context,
    app: Annotated[
        list[str] | None,
        typer.Option("--app", help="only of this application; may be given several times"),
    ] = None,
    close_them: Annotated[
        bool, typer.Option("--close", help="hang up the channels, destroy the bridges")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """List the channels and bridges that flows have made and no live call owns.

    Also tells of calls that no process runs: the next `stasis run` goes on with them. Those are
    never closed. Exits with 1 when there are strays and they were not closed.
    """
    code = asyncio.run(listed(settings(context).load(), app or (), close_them, json))
    if code:
        raise typer.Exit(code)


async def listed(config: Config, apps: Collection[str], closing: bool, json: bool) -> int:
    """Look, show and close. Returns the exit code. Raises AriError."""
    looked = Looked([], [], {})
    failed: list[str] = []
    configs = config.asterisks()
    for name, each in configs.items():
        async with Http(each.asterisk) as send:
            ari = Ari(send)
            found = await look(ari, keep_of(each.keep, ari, name), apps, name, each.asterisk.lease)
            if not json:
                show(found, several=len(configs) > 1)
            looked.strays.extend(found.strays)
            looked.waiting.extend(found.waiting)
            for of, count in found.doubtful.items():
                looked.doubtful[of] = looked.doubtful.get(of, 0) + count
            if closing:
                failed += await close(ari, found.strays)
    closed = len(looked.strays) - len(failed) if closing else 0
    if json:
        as_json({**attrs.asdict(looked), "closed": closed, "failed": failed})
    elif closing and looked.strays:
        for line in failed:
            say(line, "red")
        tell(f"{closed} of {len(looked.strays)} closed", "red" if failed else "green")
    return int(closed < len(looked.strays))


def spoken(seconds: int | None) -> str:
    """An age for reading."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def show(looked: Looked, *, several: bool) -> None:
    """For people. several: whether there is more than one Asterisk, so that it is named."""
    rows = [*looked.strays, *looked.waiting]
    if rows:
        head = ["server", "kind", "id", "app", "call", "age", "about"][0 if several else 1 :]
        cells = [
            [
                each.server,
                each.kind,
                each.id,
                each.app,
                each.token,
                spoken(each.age),
                each.about,
            ]
            for each in rows
        ]
        styles = ["yellow"] * len(looked.strays) + [""] * len(looked.waiting)
        table(head, [line[0 if several else 1 :] for line in cells], styles)
    for app, count in looked.doubtful.items():
        say(
            f"{app}: {count} left out: a call is there whose record cannot be read (is the store"
            " in [keep] that of the program?), so they may be its own",
            "yellow",
        )
    if looked.waiting:
        say(f"calls that wait: {len(looked.waiting)}; the next `stasis run` goes on with them")
    if not looked.strays:
        tell("no strays", "green")


async def close(ari: Ari, rows: Sequence[Row]) -> list[str]:
    """Hang up and destroy. Returns a line for each that could not be closed.

    ARI: DELETE /channels/{channelId}, DELETE /bridges/{bridgeId}.
    """
    failed: list[str] = []
    screen = console(error=True)
    # Channels first: whoever is in a bridge would be in silence without it.
    ordered = sorted(rows, key=lambda each: each.kind == "bridge")
    for each in track(
        ordered, "closing", console=screen, transient=True, disable=not screen.is_terminal
    ):
        try:
            if each.kind == "bridge":
                await ari.bridges.destroy(each.id)
            else:
                await ari.channels.hangup(each.id)
        except NotFound:
            continue  # somebody was faster
        except AriError as error:
            failed.append(f"{each.id}: {error}")
    return failed
