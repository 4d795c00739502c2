"""`stasis timeline`: a recorded session as an HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stasis.cli.screen import say
from stasis.testing.session.file import Session, SessionError
from stasis.testing.session.page import page
from stasis.testing.session.timeline import Timeline

__all__ = ["timeline"]


def timeline(
    file: Annotated[Path, typer.Argument(help="a session that `stasis record` has written")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="the page; FILE with .html behind it if not given"),
    ] = None,
) -> None:
    """Draw a recorded session as a page for a browser.

    Channels, bridges and the program have lanes, with states, playbacks, requests and events. The
    page is one file, needs no server, and loads nothing.
    """
    written = file.with_suffix(".html") if output is None else output
    text = page(Timeline.of(Session.load(file)))
    try:
        written.write_text(text, "utf-8")
    except OSError as error:
        raise SessionError(f"{written} cannot be written: {error.strerror}") from None
    say(f"written: {written}")
