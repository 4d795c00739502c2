"""`stasis record`: run a flow, and write all that passes between it and Asterisk to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stasis.cli.run import started
from stasis.testing.session.file import LIMIT
from stasis.testing.session.tap import Masking

__all__ = ["record"]


def record(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help="module:Name or path/to/file.py:Name")],
    file: Annotated[Path, typer.Argument(help="the file to write; it must not be there yet")],
    app: Annotated[
        str,
        typer.Option(help="the Stasis application of FLOW; if not given, my_flow for MyFlow"),
    ] = "",
    lab: Annotated[
        bool,
        typer.Option(
            "--lab",
            help="run on a private Asterisk unless stasis.toml or STASIS_ASTERISK_URL names one",
        ),
    ] = False,
    listen: Annotated[
        bool, typer.Option("--listen", help="wait for Asterisk to connect, see [listen]")
    ] = False,
    keep_digits: Annotated[
        bool,
        typer.Option(
            "--keep-digits",
            help="write what callers answer to questions as it is, but not of ask(…, secret=True)",
        ),
    ] = False,
    keep_people: Annotated[
        bool,
        typer.Option(
            "--keep-people", help="write numbers, names, endpoints and addresses as they are"
        ),
    ] = False,
    limit: Annotated[int, typer.Option(help="megabytes of the file at most", min=1)] = LIMIT
    // 2**20,
) -> None:
    """Run a flow and record its session.

    Events, requests, answers, states and their times go to FILE as they happen, until the program
    is stopped. Secrets are never written, and people only by pseudonyms. `stasis replay` runs the
    flow on the file again, and `stasis timeline` shows it.
    """
    started(
        context,
        flow,
        app=app,
        lab=lab,
        listen=listen,
        record=file,
        masking=Masking(people=not keep_people, entries=not keep_digits),
        limit=limit * 2**20,
    )
