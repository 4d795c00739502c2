"""What a flow has raised, on one line: the error, the state, the line of the flow's own code."""

from __future__ import annotations

import traceback
from pathlib import Path

__all__ = ["in_words"]

PACKAGE = str(Path(__file__).parent.parent)


def in_words(error: BaseException, state: str = "") -> str:
    """Such as `KeyError: 'nobody' in state 'goodbye', base.py:21`. state: the flow's, if known."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(PACKAGE)
    ]
    where = f" in state {state!r}" if state else ""
    line = f", {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}: {error}{where}{line}"
