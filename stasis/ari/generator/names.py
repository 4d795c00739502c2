"""How things of ARI are called in Python, and the bits of text that models and operations share."""

from __future__ import annotations

import keyword
import re
import textwrap

from stasis.ari.generator.rules import NAMES, SINCE
from stasis.ari.version import Since

__all__ = [
    "SCALARS",
    "class_name",
    "doc",
    "gate",
    "indent",
    "inner",
    "module_name",
    "python_name",
    "since",
]

# ARI's types: the Python type and the default of a field.
SCALARS = {
    "string": ("str", '""'),
    "int": ("int", "0"),
    "long": ("int", "0"),
    "double": ("float", "0.0"),
    "boolean": ("bool", "False"),
    "Date": ("datetime | None", "None"),
    "object": ("dict[str, Any]", "{}"),
}


def snake(name: str) -> str:
    """`sendDTMF` to `send_dtmf`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def python_name(name: str, row: str = "") -> str:
    """The Python name of a wire name; row is its name in the tables."""
    made = NAMES.get(row) or snake(name)
    return f"{made}_" if keyword.iskeyword(made) else made


def module_name(section: str) -> str:
    """`deviceStates` to `device_states`."""
    return snake(section)


def class_name(section: str) -> str:
    """`deviceStates` to `DeviceStates`."""
    return section[0].upper() + section[1:]


def inner(kind: str) -> str:
    """What a list is made of; anything else is itself."""
    return kind.removeprefix("List[").removesuffix("]")


def gate(row: str) -> str:
    """The name of the constant that holds a row's versions."""
    return "SINCE_" + SINCE[row][0].replace(".", "_")


def since(row: str) -> str:
    """The versions of a row in words."""
    return f"{Since(*SINCE[row])} and later"


def doc(*paragraphs: list[str]) -> str:
    """A docstring of the paragraphs that have lines; a line of its own, or several, for each."""
    text = "\n\n".join("\n".join(map(wrapped, lines)) for lines in paragraphs if lines)
    return f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'


def wrapped(line: str) -> str:
    """A line that fits into the deepest docstring."""
    return textwrap.fill(line, 88, break_long_words=False, break_on_hyphens=False)


def indent(text: str) -> str:
    """The text, four spaces further in; empty lines stay empty."""
    return re.sub(r"^(?=.)", "    ", text, flags=re.M)
