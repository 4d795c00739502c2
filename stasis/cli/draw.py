"""`stasis draw`: a flow as a Mermaid diagram, or as an SVG picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stasis.cli.screen import say
from stasis.cli.settings import settings
from stasis.cli.target import TargetError, flow_named
from stasis.draw import draw as drawn
from stasis.picture import picture

__all__ = ["draw"]


def draw(
    context: typer.Context,
    flow: Annotated[
        str,
        typer.Argument(help="module:Name, path/to/file.py:Name or a plugin's application"),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="write to this file instead")
    ] = None,
    svg: Annotated[
        bool, typer.Option("--svg", help="an SVG picture, which stands alone, instead of Mermaid")
    ] = False,
) -> None:
    """Draw a flow.

    As a Mermaid stateDiagram-v2, which GitHub and GitLab show as a picture."""
    runnable = flow_named(flow, settings(context).load)
    text = picture(runnable) if svg else drawn(runnable)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise TargetError(f"{output} cannot be written: {error.strerror}") from None
    say(f"written: {output}")
