"""Coroutines that nobody has awaited: verbs that a test or a flow has only named.

Python warns of them, and a test passes all the same. Here they are collected instead.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Unawaited"]

WARNING = r"coroutine '(?P<name>.*)' was never awaited"
# Where it was made: the warning says so when origins are tracked.
ORIGIN = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+)')


class Unawaited:
    """What was not awaited while `watched` was entered."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take these warnings; others go where they went before. May be entered in itself."""
        depth = sys.get_coroutine_origin_tracking_depth()
        with warnings.catch_warnings():
            warnings.filterwarnings("always", WARNING, RuntimeWarning)
            before: Any = warnings.showwarning

            def show(message: Warning | str, *rest: Any, **others: Any) -> None:
                if not self._take(str(message)):
                    before(message, *rest, **others)

            warnings.showwarning = show
            sys.set_coroutine_origin_tracking_depth(max(depth, 1))
            try:
                yield
            finally:
                sys.set_coroutine_origin_tracking_depth(depth)

    def _take(self, message: str) -> bool:
        found = re.match(WARNING, message)
        if found is not None:
            made = ORIGIN.search(message)
            where = f", {place(made['file'])}:{made['line']}" if made is not None else ""
            self._found[f"{found['name']} was not awaited{where}: write `await`"] = None
        return found is not None

    def told(self) -> str:
        """Each in words, such as `Caller.hears was not awaited, test_menu.py:16: write await`."""
        return "\n".join(self._found)


def place(file: str) -> str:
    """A file's path from here, or its whole path where it is not below."""
    inside = os.path.relpath(file)
    return file if inside.startswith("..") else inside
