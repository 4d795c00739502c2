"""`stasis replay`: run a flow on a recorded session, and show the first difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import attrs
import typer

from stasis import logs
from stasis.cli.screen import as_json, table, tell
from stasis.cli.settings import settings
from stasis.cli.target import program_named
from stasis.testing.session.difference import Difference
from stasis.testing.session.file import Sent, Session
from stasis.testing.session.replay import SLACK, replayed

__all__ = ["replay"]

Level: TypeAlias = Literal["debug", "info", "warning", "error"]


def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="a session that `stasis record` has written")],
    flow: Annotated[
        str,
        typer.Argument(help="module:Name, path/to/file.py:Name or a plugin's application"),
    ],
    app: Annotated[
        str,
        typer.Option(help="the application of FLOW in the file; not needed when it has only one"),
    ] = "",
    slack: Annotated[
        float, typer.Option(help="seconds that a request or state may be early or late", min=0)
    ] = SLACK,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Run a flow on a recorded session.

    The events of FILE come at their times, in virtual time, and each request is answered as it was.
    What the flow sends, and the states it enters, must be what they were: the first difference is
    shown, and the exit status is 1.
    """
    config = settings(context).load()
    named, program = program_named(flow, settings(context).load)
    session = Session.load(file)
    logs.set_up(attrs.evolve(config.log, level=quiet(config.log.level)))
    name = app or app_in(session, named)
    difference = replayed(session, {name: program}, slack=slack, config=config)
    if json:
        as_json({"ok": difference is None, "difference": difference and difference.as_dict()})
    elif difference is None:
        tell(told(session, name), "green")
    else:
        show(difference)
    if difference is not None:
        raise typer.Exit(1)


def quiet(level: Level) -> Level:
    """What is logged at least: what went wrong, unless everything is asked for."""
    return "error" if level == "info" else level


def app_in(session: Session, named: str) -> str:
    """The one application of the session, or the one that the flow is called like."""
    apps = session.mentioned()
    return apps.pop() if len(apps) == 1 else named


def told(session: Session, app: str) -> str:
    """What was compared."""
    sent = [line for line in session.lines if isinstance(line, Sent) and line.app == app]
    calls = len({line.call for line in sent})
    end = "" if session.complete else "; the file ends without its last line"
    return f"no difference: {calls} calls, {len(sent)} requests, {session.seconds:.1f} s{end}"


def show(difference: Difference) -> None:
    """The difference for people."""
    tell(f"{difference.what} at {difference.at:.3f} s", "bold red")
    tell(f"call {difference.call} of {difference.app}, in state {difference.state!r}")
    rows = difference.rows() or [("", "nothing", "nothing")]
    styles = ["" if then == now else "red" for _, then, now in rows]
    table(("", "expected", "got"), [[*row] for row in rows], styles)
    if difference.failure:
        tell(f"the flow raised {difference.failure}", "red")
    if difference.recent:
        tell("what happened before it:", "bold")
    for line in difference.recent:
        tell(line, "dim")
