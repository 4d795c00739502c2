"""`stasis new`: a project, a flow, or a plugin to start from, each with a test that passes.

Nothing is ever overwritten: when one of the files is there already, none is written.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Any

import typer

import stasis
from stasis.cli.screen import tell
from stasis.errors import StasisError
from stasis.plugin import GROUP, discover

__all__ = ["NewError", "new_app"]

new_app = typer.Typer(
    no_args_is_help=True, help="Write a project, a flow or a plugin to start from."
)

NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
# Names that are taken where the new one is to be imported.
TAKEN = frozenset(("stasis", "test", "tests", "flow", "plugin", "pytest", "attrs"))

Name = Annotated[str, typer.Argument(help="small letters, digits and _, such as front_desk")]


class NewError(StasisError):
    """The files cannot be written; the text says why and what to do."""


@new_app.command()
def project(name: Name) -> None:
    """A folder NAME with a plugin, its configuration, a dialplan and tests."""
    words = named(name)
    folder, package = Path(name), words["package"]
    write(
        {
            folder / ".gitignore": filled("gitignore", words),
            folder / "README.md": filled("README.md", words),
            folder / "extensions.conf.example": filled("extensions.conf", words),
            folder / "pyproject.toml": filled("pyproject.toml", words),
            folder / "stasis.toml": filled("stasis.toml", words),
            **package_files(folder / package, words),
            folder / "tests" / "test_flow.py": filled("test_flow.py", of_plugin(words)),
        }
    )
    tell(f"\ninto the environment that has stasis: cd {folder} && pip install -e '.[dev]'")
    tell("then: pytest, and stasis run --lab; README.md says more")


@new_app.command()
def flow(name: Name) -> None:
    """A file NAME.py with a flow, and its test."""
    words = named(name)
    package = words["package"]
    write(
        {
            Path(f"{package}.py"): filled("flow.py", words),
            tests() / f"test_{package}.py": filled("test_flow.py", words),
        }
    )
    tell(f"\nrun it with: stasis run {package}:{words['Name']}")


@new_app.command()
def plugin(name: Name) -> None:
    """A package NAME with a plugin and its flow, and a test."""
    words = named(name)
    package = words["package"]
    if words["name"] in discover():
        raise NewError(f"a plugin {words['name']!r} is installed already; choose another name")
    write(
        {
            **package_files(Path(package), words),
            tests() / f"test_{package}.py": filled("test_flow.py", of_plugin(words)),
        }
    )
    for line in to_add(words):
        tell(line)


def to_add(words: Mapping[str, str]) -> list[str]:
    """What makes a new plugin part of the project in this folder, line by line."""
    name, package = words["name"], words["package"]
    head = '[project.entry-points."stasis.plugins"]'
    line = f'{name} = "{package}.plugin:{words["Name"]}Plugin"'
    project = there("pyproject.toml")
    if within(project, "project", "entry-points", GROUP) is None:
        lines = ["", "add to pyproject.toml:", head, line]
    else:
        lines = ["", f"add this line to pyproject.toml, below the {head} that is there:", line]
    packages = within(project, "tool", "hatch", "build", "targets", "wheel", "packages")
    if packages is not None:
        lines.append(f'and "{package}" to its list `packages` of [tool.hatch.build.targets.wheel]')
    if within(there("stasis.toml"), "plugins", "enabled"):
        lines.append(f'and "{name}" to the list `enabled` of [plugins] in stasis.toml')
    return [*lines, "then install the project again: pip install -e ."]


def there(name: str) -> dict[str, Any]:
    """A TOML file of this folder; empty when it is not there or cannot be read."""
    try:
        return tomllib.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def within(tables: object, *names: str) -> object:
    """What is below these names; None when nothing is."""
    for name in names:
        tables = tables.get(name) if isinstance(tables, dict) else None
    return tables


def named(name: str) -> dict[str, str]:
    """The words of the templates, by a name. Raises NewError for one that cannot be used."""
    package = name.replace("-", "_")
    title = "".join(part.capitalize() for part in package.split("_"))
    if not NAME.fullmatch(name) or len(name) > 40:
        raise NewError(f"{name!r}: use small letters, digits and _, such as front_desk")
    if package in TAKEN or package in sys.stdlib_module_names or keyword.iskeyword(package):
        raise NewError(f"{name!r} is the name of something else in Python; choose another")
    if title in stasis.__all__ or hasattr(builtins, title):
        raise NewError(f"a class {title} exists already; choose another name, such as my_{package}")
    return {
        "name": package,
        "distribution": name.replace("_", "-"),
        "package": package,
        "module": package,
        "Name": title,
        "greeting": '"sound:hello-world"',
        "imports": "",
        "plugin": "",
    }


def of_plugin(words: Mapping[str, str]) -> dict[str, str]:
    """The words for a flow that is part of a plugin, and reads its configuration."""
    name, package = words["Name"], words["package"]
    return {
        **words,
        "module": f"{package}.flow",
        "greeting": "self.plugin.config.greeting",
        "imports": f"\nfrom {package}.plugin import {name}Config, {name}Plugin",
        "plugin": f", plugin={name}Plugin({name}Config())",
    }


def package_files(folder: Path, words: Mapping[str, str]) -> dict[Path, str]:
    """The files of a plugin's package."""
    return {
        folder / "__init__.py": filled("init.py", words),
        folder / "flow.py": filled("flow.py", of_plugin(words)),
        folder / "plugin.py": filled("plugin.py", words),
    }


def tests() -> Path:
    """Where tests are in the current folder."""
    return Path("tests") if Path("tests").is_dir() else Path()


def filled(template: str, words: Mapping[str, str]) -> str:
    """A template with its words filled in."""
    source = files("stasis.cli") / "templates" / f"{template}.txt"
    return Template(source.read_text("utf-8")).substitute(words)


def write(wanted: Mapping[Path, str]) -> None:
    """Write all files, or none when one is there. Raises NewError."""
    there = [str(path) for path in wanted if path.exists()]
    if there:
        raise NewError(f"{', '.join(there)}: there already; nothing was written")
    try:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            tell(f"written: {path}")
    except OSError as error:
        raise NewError(f"{error.filename} cannot be written: {error.strerror}") from None
