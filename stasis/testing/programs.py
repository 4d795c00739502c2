"""What runs on a simulated Asterisk, however a test says it. What is no flow is told by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from stasis.errors import FlowError
from stasis.flow import Flow
from stasis.plugin import Plugin
from stasis.program import Program, app_of
from stasis.section import section

__all__ = ["Marked", "marked", "programs_of"]


def programs_of(given: Any, plugin: object = None) -> dict[str, Program]:
    """What runs, by application.

    given: a Flow class, an async function, a plugin or its class, any of the first two by
    application, or None. plugin: what a single flow's calls see as `self.plugin`; a plugin's class
    is taken with the defaults of its configuration.

    Raises FlowError for what is no flow.
    """
    given, plugin = made(given), made(plugin)
    if given is None:
        return {}
    if isinstance(given, Plugin):
        return dict(given.programs())
    if isinstance(given, Mapping):
        return {name: program_of(each, plugin) for name, each in given.items()}
    program = program_of(given, plugin)
    return {app_of(given): program}


def made(plugin: Any) -> Any:
    """A plugin of its class; all else as it is."""
    if isinstance(plugin, type) and issubclass(plugin, Plugin):
        return plugin(section(plugin.config_class, {}, f"[plugin.{plugin.name}]"))
    return plugin


def program_of(given: Any, plugin: object) -> Program:
    """One program. Raises FlowError."""
    if isinstance(given, Program):
        return given
    if isinstance(given, str):
        raise FlowError(f"{given!r} is no flow: give the class itself, not its name")
    if isinstance(given, Flow):
        name = type(given).__name__
        raise FlowError(f"{name}() is no flow: give the class {name}; each call makes its own")
    return Program.of(given, plugin)


@frozen
class Marked:
    """What the markers `app` of a test say together.

    runs: as `Asterisk` takes it; None when none says it. calls: the extension that the fixture
    `caller` calls, or an empty text.
    """

    runs: Any = None
    calls: str = ""


KEYS = ("runs", "plugin", "calls")


def marked(marks: Iterable[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> Marked:
    """Put the markers together: `runs` and `plugin` of the nearest that has `runs`, `calls` of the
    nearest that has it.

    marks: arguments and keywords of each, the nearest first.

    Raises FlowError for what is no flow, and for arguments that the marker does not take.
    """
    said: dict[str, Any] = {}
    for args, keywords in marks:
        unknown = [f"{name}=" for name in keywords if name not in KEYS]
        if args or unknown:
            got = ", ".join([*(getattr(each, "__name__", repr(each)) for each in args), *unknown])
            raise FlowError(
                f"the marker takes `runs=`, `plugin=` and `calls=`, got app({got}): write"
                " @pytest.mark.app(runs=YourFlow)"
            )
        if "runs" in keywords and "runs" not in said:
            said = {"plugin": None, **keywords, **said}
        if "calls" in keywords:
            said.setdefault("calls", keywords["calls"])
    return Marked(bound(said.get("runs"), said.get("plugin")), said.get("calls", ""))


def bound(runs: Any, plugin: Any) -> Any:
    """What runs, with the plugin that its calls see. Raises FlowError."""
    runs = made(runs)
    programs = programs_of(runs, plugin)
    return runs if plugin is None or isinstance(runs, (Plugin, Mapping)) else programs
