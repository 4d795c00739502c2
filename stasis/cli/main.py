"""The commands together, and how a run ends: every foreseen error is one screen and an exit code.

0 is success, 1 a failure or a finding, 2 a wrong command line or configuration, 130 Ctrl-C.
A command is imported only when it is the one that is named: so the others cost it no time, and
a broken plugin cannot break them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from stasis.cli.screen import error_text, say
from stasis.cli.settings import Settings, existing, look_here
from stasis.errors import ConfigError, PluginError, StasisError
from stasis.plugin import GROUP, discover, imported

__all__ = ["main"]

# What there is, with what the help says of it. A command is the function of its name in the module
# of its name, a group `NAME_app` there; it is imported when it is named, for that takes its time.
COMMANDS = {
    "run": "Run plugins, or one flow.",
    "check": "Find mistakes in flows.",
    "draw": "Draw a flow.",
    "doctor": "Find out why no call comes in.",
    "call": "Call the lab and say what was heard.",
    "events": "Show what happens in Asterisk, as AMI and ARI tell it.",
    "play": "Call a flow from the keyboard.",
    "record": "Run a flow and record its session.",
    "replay": "Run a flow on a recorded session.",
    "timeline": "Draw a recorded session as a page for a browser.",
    "strays": "List the channels and bridges that flows have made and no live call owns.",
    "drain": "Let the program finish: no new calls, and an end when the last live one is over.",
    "version": "Say which versions run.",
}
GROUPS = {
    "lab": "A private Asterisk on loopback, for development and tests.",
    "new": "Write a project, a flow or a plugin to start from.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. arguments: without the program's name; None takes the process's.

    Returns the exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    log_beside()
    try:
        built(words)(args=words, prog_name="stasis")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 130
    except StasisError as error:
        say(error_text(error), "red")
        return 2 if isinstance(error, ConfigError) else 1
    return 0


def log_beside() -> None:
    """Let logs go to standard error, unless the program has said where: results stay alone."""
    if not structlog.is_configured():
        # Not the stream of now: a test has one of its own each time.
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def built(words: Sequence[str]) -> typer.Typer:
    """The command line with our commands, and those of the plugin that it names."""
    look_here()
    app = typer.Typer(
        help="Call flows on Asterisk.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    name = command_of(words)
    app.callback(epilog=None if name else of_plugins())(options)
    for each, text in {**COMMANDS, **GROUPS}.items():
        if each != name:
            app.command(each, help=text)(unnamed)
        elif each in COMMANDS:
            app.command(each)(ours(each))
        else:
            app.add_typer(ours(each), name=each)
    if name and name not in COMMANDS and name not in GROUPS:
        commands = commands_of_pbx(name) or commands_of(name)
        if commands is not None:
            app.add_typer(commands, name=name)
        else:
            from stasis.pbx import GROUPS as THINGS  # not for everybody: it takes its time

            for group in THINGS:  # one of them may have been meant
                app.command(group.name, hidden=True)(unnamed)
    return app


def options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="the configuration file; ./stasis.toml if not given")
    ] = None,
) -> None:
    """Call flows on Asterisk. A plugin's own commands are below its name: stasis NAME …

    `stasis COMMAND --help` says more.
    """
    context.obj = Settings(existing(config))


def command_of(words: Sequence[str]) -> str:
    """The first word that is neither an option nor an option's value."""
    rest = iter(words)
    for word in rest:
        if word == "--config":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def ours(name: str) -> Any:
    """The function of a command of ours, or the `typer.Typer` of a group."""
    return getattr(import_module(f"stasis.cli.{name}"), f"{name}_app" if name in GROUPS else name)


def unnamed() -> None:
    """Stands in the help, and among what may have been meant, for a command that is not named."""
    raise AssertionError("only the command that is named can run")


def commands_of(name: str) -> typer.Typer | None:
    """A plugin's commands; None when there is no such plugin. Raises PluginError."""
    point = discover().get(name)
    if point is None:
        return None
    commands = imported(point).commands
    if commands is None:
        raise PluginError(f"plugin {name!r} has no commands of its own")
    return commands


def commands_of_pbx(name: str) -> typer.Typer | None:
    """The commands of a group of the PBX; None when there is no such group."""
    from stasis.cli.things import commands_for  # not for everybody: it takes its time

    return commands_for(name)


def of_plugins() -> str:
    """What commands there are besides: those of a PBX, and the installed plugins'."""
    from stasis.pbx import GROUPS as THINGS  # not for everybody: it takes its time

    names = ", ".join(sorted({point.name for point in entry_points(group=GROUP)}))
    things = ", ".join(group.name for group in THINGS)
    return (
        f"Of the PBX, each with commands below its name: {things}.\n\n"
        f"Plugins, some with commands below their names: {names or 'none'}"
    )
