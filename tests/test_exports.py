"""The public names: complete, sorted, and each with its docstring and type hints."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import stasis
from stasis import errors
from stasis.ari.events import EVENTS, RESTResponse


def modules() -> Iterator[ModuleType]:
    """Every module of stasis."""
    yield stasis
    for found in pkgutil.walk_packages(stasis.__path__, "stasis."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


MODULES = list(modules())


def public() -> dict[str, Any]:
    """What each module lists in `__all__`, by dotted name; each thing once."""
    seen: dict[int, str] = {}
    for module in MODULES:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if getattr(thing, "__module__", module.__name__) == module.__name__:
                seen.setdefault(id(thing), f"{module.__name__}.{name}")
    return {name: resolve(name) for name in seen.values()}


def resolve(dotted: str) -> Any:
    """The thing of that name."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


THINGS = public()
# What a flow's author never holds in their hands.
INSIDE = ("stasis.ari.", "stasis.program.", "stasis.cli.", "stasis.lab.", "stasis.transport.")
CLASSES = {name: thing for name, thing in THINGS.items() if isinstance(thing, type)}


def functions() -> Iterator[tuple[str, FunctionType]]:
    """Every public function, and every public method and property of a public class."""
    for name, thing in THINGS.items():
        if isinstance(thing, FunctionType):
            yield name, thing
    for name, kind in CLASSES.items():
        for attribute, value in vars(kind).items():
            if attribute.startswith("_"):
                continue
            if isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            if isinstance(value, property):
                value = value.fget
            if isinstance(value, FunctionType) and value.__module__.startswith("stasis"):
                yield f"{name}.{attribute}", value


FUNCTIONS = dict(functions())


class TestPackage:
    def test_its_names_are_sorted(self):
        assert list(stasis.__all__) == sorted(stasis.__all__)

    def test_each_is_there_once(self):
        assert len(set(stasis.__all__)) == len(stasis.__all__)
        assert all(hasattr(stasis, name) for name in stasis.__all__)

    def test_whatever_it_imports_it_lists(self):
        imported = {
            name
            for name, thing in vars(stasis).items()
            if not isinstance(thing, ModuleType) and not name.startswith("_")
        }
        assert imported | set(stasis._LATER) == set(stasis.__all__) - {"__version__"}
        assert not imported & set(stasis._LATER)

    @pytest.mark.parametrize("name", stasis._LATER)
    def test_what_it_imports_later_is_the_thing_of_that_name(self, name: str):
        assert getattr(stasis, name) is resolve(f"{stasis._LATER[name]}.{name}")

    def test_a_name_that_it_has_not_is_an_error(self):
        with pytest.raises(AttributeError, match="'stasis' has no attribute 'Nosuch'"):
            stasis.Nosuch  # noqa: B018

    def test_every_error_is_among_them(self):
        tree = {
            name
            for name, thing in inspect.getmembers(errors, inspect.isclass)
            if issubclass(thing, errors.StasisError)
        }
        assert tree <= set(stasis.__all__)

    def test_every_event_that_a_flow_can_hear_is_among_them(self):
        assert set(EVENTS) - {RESTResponse.__name__} <= set(stasis.__all__)

    def test_what_its_methods_return_is_among_them(self):
        """A flow's author must be able to write down the type of whatever they get."""
        named = {name.rpartition(".")[2] for name in CLASSES if not name.startswith(INSIDE)}
        missing = set()
        for name in stasis.__all__:
            kind = getattr(stasis, name)
            for attribute, value in vars(kind).items() if isinstance(kind, type) else ():
                if attribute.startswith("_") or not isinstance(value, FunctionType):
                    continue
                returned = str(value.__annotations__.get("return", ""))
                missing |= {
                    f"{name}.{attribute} -> {each}"
                    for each in re.findall(r"\w+", returned)
                    if each in named and each not in stasis.__all__
                }
        assert missing == set()


@pytest.mark.parametrize(
    "module", [each for each in MODULES if hasattr(each, "__all__")], ids=lambda m: m.__name__
)
def test_a_modules_names_are_there_once(module: ModuleType):
    names = list(module.__all__)
    assert len(set(names)) == len(names) and all(hasattr(module, name) for name in names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_a_module_says_what_it_is(module: ModuleType):
    assert module.__file__ is not None
    assert module.__doc__ or Path(module.__file__).read_text("utf-8") == ""


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_it_is(name: str):
    own = vars(CLASSES[name]).get("__doc__")
    assert own and own.strip().endswith((".", ":", "`", "»")), own


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_does(name: str):
    function = FUNCTIONS[name]
    kind, _, attribute = name.rpartition(".")
    inherited = any(
        getattr(getattr(base, attribute, None), "__doc__", None)
        for base in getattr(CLASSES.get(kind), "__mro__", ())
    )
    assert function.__doc__ or inherited


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_type_hints(name: str):
    signature = inspect.signature(FUNCTIONS[name])
    without = [
        each.name
        for each in signature.parameters.values()
        if each.annotation is each.empty and each.name not in ("self", "cls")
    ]
    assert without == [] and signature.return_annotation is not signature.empty


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, kind in CLASSES.items()
        if "__init__" in vars(kind) and not getattr(kind, "_is_protocol", False)
    ],
)
def test_a_constructor_has_its_type_hints(name: str):
    function = vars(CLASSES[name])["__init__"]
    hints = getattr(function, "__annotations__", {})
    parameters = list(inspect.signature(function).parameters)[1:]
    assert set(parameters) <= set(hints)


def test_the_version_is_the_distributions():
    assert stasis.__version__ == version("stasis-ari")
