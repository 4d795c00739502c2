"""`stasis run --lab --demo`: every plugin that has something to try runs, set up for the lab."""

from __future__ import annotations

from typing import Any

import attrs

from stasis.cli.screen import say
from stasis.config import Config
from stasis.errors import PluginError
from stasis.lab.lab import Lab
from stasis.plugin import Demo, Plugin, discover, imported

__all__ = ["demonstrated"]


def demonstrated(config: Config, lab: Lab) -> Config:
    """The configuration, with a table for each plugin that has something to try out.

    A table that stasis.toml has stays as it is; a plugin that cannot be imported is left out, and
    said why.
    """
    folder = lab.folder / "demo"
    folder.mkdir(exist_ok=True)
    where = Demo(lab.url.removesuffix("/ari"), str(folder.resolve()))
    tables: dict[str, dict[str, Any]] = {}
    for name, point in discover().items():
        if name in config.plugin:
            continue
        try:
            kind: type[Plugin] = imported(point)
        except PluginError as error:
            say(f"not tried out: {error}", "yellow")
            continue
        table = kind.demo(where)
        if table is not None:
            tables[name] = dict(table)
    return attrs.evolve(config, plugin={**config.plugin, **tables})
