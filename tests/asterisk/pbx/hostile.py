"""What nobody should get past: texts that would mean something on the way to Asterisk.

Each would leave a trace if any part of it were taken for an action, a command, a line of a file or
of the dialplan: a key `canary` in AstDB, or a file.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from stasis.cli.things import bare
from stasis.pbx import Parameter

__all__ = ["TEXTS", "spoiled", "valid"]

PUT = "Action: DBPut\r\nFamily: canary\r\nKey: k\r\nVal: v"
SHELL = "touch /var/spool/asterisk/canary"
TEXTS = (
    f"x\r\n{PUT}",
    f"x\r\n\r\n{PUT}\r\n\r\n",
    f"x\n{PUT}".replace("\r", ""),
    f"x\r{PUT}".replace("\n", ""),
    "x\0y",
    '"; database put canary k v; "',
    "x; database put canary k v",
    "x | database put canary k v",
    "x && database put canary k v",
    "$(database put canary k v)",
    f"$({SHELL})",
    f"`{SHELL}`",
    f"| {SHELL}",
    f"; {SHELL}",
    f'" ; {SHELL} ; "',
    "${DB(canary/k)=v}",
    "${SHELL(" + SHELL + ")}",
    f"x,1)\nsame => n,System({SHELL})",
    f"x)&System({SHELL})",
    f"x,,,,System({SHELL})",
    f"x]\n[canary]\nexten => s,1,System({SHELL})",
    "x\nexten => s,1,Set(DB(canary/k)=v)",
    "#include /etc/passwd",
    f"#exec {SHELL}",
    "../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    "x%2f..%2f..%2fy",
    "x?api_key=1&y=2#z",
    "-rx",
    "--help",
    "\u2028x\u0085y",
    "x" * 5000,
)


def spoiled(parameter: Parameter) -> Iterator[Any]:
    """Every hostile value of a parameter; none of one that holds no text."""
    kind = bare(parameter.kind)
    if kind is str or typing.get_origin(kind) is typing.Literal:
        yield from TEXTS
    elif typing.get_origin(kind) is dict:
        for text in TEXTS:
            yield {text: "x"}
            yield {"NAME": text}
            yield {f"SHELL({SHELL})": "x"}
    elif typing.get_origin(kind) is not None and typing.get_args(kind)[0] is not type(None):
        yield from ([text] for text in TEXTS)


def valid(parameter: Parameter, samples: Mapping[str, Any]) -> Any:
    """A value that can be meant, of a parameter without default."""
    return samples[parameter.name]
