"""ari.conf.example, and the companion files inside it.

The file itself is a whole ari.conf: everything else in it is a comment to Asterisk. A line
`;; file: NAME` starts the block of a companion file: the lines after it that begin with `;;`, with
that prefix taken off. The first other line ends the block. `;;` stands nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from stasis.lab.fault import LabError

__all__ = ["companions", "path", "text"]

NAME = "ari.conf.example"
PREFIX = ";;"
START = ";; file: "


def path() -> Path:
    """Where ari.conf.example is: inside the installed package, or at the top of the repository.

    Raises LabError when it is in neither place.
    """
    package = Path(__file__).parents[1]
    for folder in (package, package.parent):
        if (folder / NAME).is_file():
            return folder / NAME
    raise LabError(f"{NAME} is missing: it belongs into {package}")


def text() -> str:
    """The example as it stands; it is a valid ari.conf. Raises LabError when it is missing."""
    return path().read_text("utf-8")


def companions(example: str | None = None) -> dict[str, str]:
    """The companion files, name to content: http.conf, extensions.conf, pjsip.conf, …

    example: the text to take them from; None takes ari.conf.example.
    """
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in (text() if example is None else example).splitlines():
        if line.startswith(START):
            current = found.setdefault(line.removeprefix(START).strip(), [])
        elif not line.startswith(PREFIX):
            current = None
        elif current is not None:
            current.append(line.removeprefix(PREFIX).removeprefix(" "))
    return {name: "\n".join(lines) + "\n" for name, lines in found.items()}
