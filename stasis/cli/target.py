"""`module:Name` or `path/to/file.py:Name`: the flow that a command line means.

A module is looked for in the current folder first. Without `:Name` the module must hold exactly
one flow.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from stasis.cli.settings import look_here
from stasis.config import Config
from stasis.errors import FlowError, StasisError
from stasis.flow import Flow
from stasis.plugin import Plugin, discover, imported, load
from stasis.program import Program, Runnable, app_of

__all__ = ["TargetError", "flow_named", "program_named", "target"]


class TargetError(StasisError):
    """What a command line names cannot be loaded; the text says what to write instead."""


def target(text: str) -> Runnable:
    """Import a flow. text: `module:Name` or `path/to/file.py:Name`.

    Raises TargetError: the module or the name is not there (with the nearest one), the module
    fails at its import (with the line), or the name is no flow.
    """
    where, _, name = text.rpartition(":") if ":" in text else (text, "", "")
    if not where:
        raise TargetError(f"{text!r}: write module:Name or path/to/file.py:Name")
    module = of_file(Path(where)) if where.endswith(".py") else of_module(where)
    return named(module, name, where)


def flow_named(text: str, config: Callable[[], Config]) -> Runnable:
    """A flow by its place, as `target` takes it, or by the application that a plugin gives it.

    config: loads the configuration; asked for only when there is no such module.

    Raises as `program_named` does.
    """
    return program_named(text, config)[1].runnable


def program_named(text: str, config: Callable[[], Config]) -> tuple[str, Program]:
    """The same with its application's name, and with the plugin that it belongs to, if it does.

    Raises TargetError; PluginError and ConfigError for a plugin that cannot be loaded.
    """
    try:
        runnable = target(text)
    except TargetError:
        if ":" in text or "/" in text or text.endswith(".py"):
            raise
        points = discover()
        if text in points:
            imported(points[text])
        try:
            plugins, _ = load(config())
        except StasisError:
            if text in points:
                raise
            plugins = []
        for plugin in plugins:
            if text in plugin.programs():
                return text, plugin.programs()[text]
        if text in points:
            raise TargetError(no_application(text, plugins)) from None
        raise
    return app_of(runnable), Program.of(runnable)


def no_application(name: str, plugins: Sequence[Plugin]) -> str:
    """Why an installed plugin's name is no application."""
    for plugin in plugins:
        if plugin.name == name:
            apps = ", ".join(plugin.flows()) or "none"
            return f"{name!r} is a plugin, and none of its applications: {apps}"
    return (
        f"{name!r} is a plugin without a table in stasis.toml, or left out by plugins.enabled;"
        f" write [plugin.{name}] there"
    )


def of_module(name: str) -> ModuleType:
    """Import a module by its dotted name."""
    look_here()
    if not all(part.isidentifier() for part in name.split(".")):
        hint = f"; did you mean {name}.py?" if Path(f"{name}.py").is_file() else ""
        raise TargetError(f"{name!r} is no module name; a file is written path/to/file.py{hint}")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise TargetError(
                f"there is no module {name!r} in this folder or in the Python environment"
                f"{nearest(name, here())}"
            ) from None
        raise failed(name, error) from None
    except Exception as error:
        raise failed(name, error) from None


def of_file(path: Path) -> ModuleType:
    """Import a file; what lies beside it can be imported by it."""
    if not path.is_file():
        beside = [str(each) for each in sorted(path.parent.glob("*.py"))]
        raise TargetError(f"there is no file {path}{nearest(str(path), beside)}")
    look_here()
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path.resolve()):
        return known
    name = path.stem if known is None else f"flow_in_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise failed(str(path), error) from None
    return module


def named(module: ModuleType, name: str, where: str) -> Runnable:
    """The flow of that name in a module; without a name, its only flow."""
    flows = flows_of(module)
    if not name:
        if len(flows) == 1:
            return flows[next(iter(flows))]
        if not flows:
            raise TargetError(
                f"{where} has no flow: a Flow class or an async function of a channel"
            )
        raise TargetError(f"which flow? write {' or '.join(f'{where}:{each}' for each in flows)}")
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            known = [each for each in vars(module) if not each.startswith("_")]
            fix = nearest(name, known)
            if not fix and flows:
                fix = f"; its flows: {', '.join(flows)}"
            raise TargetError(f"{where} has no {name!r}{fix}") from None
    try:
        Program.of(found)
    except FlowError as error:
        raise TargetError(f"{where}:{name}: {error}") from None
    flow: Runnable = found
    return flow


def flows_of(module: ModuleType) -> dict[str, Runnable]:
    """The flows that a module defines itself, by name."""
    return {
        name: each
        for name, each in vars(module).items()
        if getattr(each, "__module__", None) == module.__name__
        and not name.startswith("_")
        and (
            (inspect.isclass(each) and issubclass(each, Flow) and hasattr(each, "start"))
            or (inspect.iscoroutinefunction(each) and len(inspect.signature(each).parameters) == 1)
        )
    }


def failed(name: str, error: Exception) -> TargetError:
    """A module that fails at its import: what it says, and the line that said it."""
    if isinstance(error, SyntaxError):
        return TargetError(f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}")
    lines = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and not frame.filename.startswith((str(OURS), "<"))
    ]
    at = f"{lines[-1].filename}:{lines[-1].lineno}" if lines else name
    return TargetError(f"{name} fails at its import: {at}: {type(error).__name__}: {error}")


OURS = Path(__file__).parent.parent


def here() -> list[str]:
    """The modules and packages in the current folder."""
    return [each.stem for each in Path().glob("*.py")] + [
        each.parent.name for each in Path().glob("*/__init__.py")
    ]


def nearest(name: str, known: list[str]) -> str:
    """A question for what was meant, or nothing."""
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
