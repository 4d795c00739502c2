"""A page of the documentation that has measured parts: each stands between two marks.

`<!-- bench: NAME -->` and `<!-- bench: end -->`, each a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["put", "parts_of"]

BEGIN, END = "<!-- bench: {} -->", "<!-- bench: end -->"


def put(page: Path, parts: Mapping[str, str]) -> None:
    """Put each part between its marks; a part without marks is left out.

    parts: name to Markdown. Raises ValueError: a mark has no end.
    """
    text = page.read_text("utf-8")
    for name, part in parts.items():
        begin = BEGIN.format(name)
        if begin not in text:
            continue
        before, _, rest = text.partition(begin)
        _, end, after = rest.partition(END)
        if not end:
            raise ValueError(f"{page}: {begin} has no {END} behind it; add that line")
        text = f"{before}{begin}\n\n{part}\n\n{END}{after}"
    page.write_text(text, "utf-8")


def parts_of(page: Path) -> dict[str, str]:
    """Each part's name and its Markdown."""
    found = {}
    for piece in page.read_text("utf-8").split("<!-- bench: ")[1:]:
        name, _, text = piece.partition(" -->")
        if name != "end":
            found[name] = text.strip()
    return found
