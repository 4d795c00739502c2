"""Commands out of things: `stasis queues add support PJSIP/alice` is `pbx.queues.add`.

What has no default is an argument, everything else an option; every one is a text here and becomes
what the thing wants, as over HTTP.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from stasis.cli import security
from stasis.cli.result import shown, unanswered
from stasis.cli.screen import say
from stasis.cli.settings import at_once, settings
from stasis.errors import ConfigError, StasisError
from stasis.pbx import GROUPS, Download, Group, Parameter, Pbx, Thing, things_of

__all__ = ["commands_for"]

# Typer's own, by a name that no thing's parameter has.
CONTEXT = "typer_context"
# Options that every command has.
JSON = "json_"
SERVER = "server"
OUT = "out"

# What a docstring says to who calls it in Python only: a sentence of it.
IN_PYTHON = re.compile(r"\s*\b(?:Raises|Returns) (?:[^.]|\.(?=\S))*\.(?=\s|$)")
# Groups with commands that are no things: what lasts, or writes files here.
MORE = {"security": security.add_to}
# Why there may be nothing, where one would wonder.
EMPTY = {
    "cdr.list": "is a program with [plugin.pbx] running that writes call records, or does Asterisk"
    " write them itself? `stasis cdr status` says what can be known"
}


def commands_for(name: str) -> typer.Typer | None:
    """The commands of a group; None when there is no such group."""
    for group in GROUPS:
        if group.name == name:
            app = commands_of(group)
            if name in MORE:
                MORE[name](app)
            return app
    return None


def commands_of(group: type[Group]) -> typer.Typer:
    """A command for each thing."""
    app = typer.Typer(
        help=inspect.cleandoc(group.__doc__ or "").partition("\n")[0],
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    for method, thing in things_of(group).items():
        app.command(
            thing.name.replace("_", "-"),
            help=explained(thing.doc),
            short_help=thing.doc.partition("\n\n")[0],
        )(command(group.name, method, thing))
    return app


def explained(doc: str) -> str:
    """A thing's docstring as its command's help: parameters, and the way behind it."""
    summary, _, rest = doc.partition("\n\n")
    more = IN_PYTHON.sub("", " ".join(rest.split())).strip()
    return f"{summary}\n\n{more}" if more else summary


def command(group: str, method: str, thing: Thing) -> Any:
    """The function that typer runs."""

    def run(**given: Any) -> None:
        context: typer.Context = given.pop(CONTEXT)
        json, server = given.pop(JSON), given.pop(SERVER)
        out: Path | None = given.pop(OUT, None)
        values = thing.checked(f"{group}.{thing.name}", plain(thing, given), strict=False)
        if thing.confirm and not values.get("confirm"):
            typer.confirm(f"{thing.confirm}. Go on?", abort=True, err=True)
            values["confirm"] = True
        config = settings(context).load().asterisks()
        if server not in config and server:
            raise ConfigError(f"--server {server}: there are {', '.join(config)}")
        chosen = config[server] if server else next(iter(config.values()))

        async def work() -> None:
            async with Pbx(at_once(chosen.asterisk)) as pbx:
                result = await getattr(getattr(pbx, group), method)(**values)
                if isinstance(result, Download):
                    if seconds := lasting(thing, values):
                        say(f"it takes {seconds:g} s")
                    await stored(result, out)
                else:
                    shown(result, json=json)
                    if not result and (hint := EMPTY.get(f"{group}.{thing.name}")):
                        say(hint)
                    if why := unanswered(result):
                        raise StasisError(why)

        asyncio.run(work())

    parameters = [
        inspect.Parameter(CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *map(parameter, thing.parameters),
        option(JSON, Annotated[bool, typer.Option("--json", help="for machines")], False),
        option(
            SERVER,
            Annotated[str, typer.Option(help="which Asterisk, when there are several")],
            "",
        ),
    ]
    if thing.answers is Download:
        kind = Annotated[Path | None, typer.Option("--out", "-o", help="the file; - is the screen")]
        parameters.append(option(OUT, kind, None))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def lasting(thing: Thing, values: Mapping[str, Any]) -> float:
    """For how many seconds a file is written, such as a capture; 0 when nobody knows."""
    default = {each.name: each.default for each in thing.parameters}.get("seconds", 0)
    return float(values.get("seconds", default))


def option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    """An option as a parameter of the function."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def parameter(each: Parameter) -> inspect.Parameter:
    """A thing's parameter as one of the function."""
    kind = bare(each.kind)
    hint: Any
    if kind is bool:
        flag = f"--{each.name.replace('_', '-')}"
        words = ["--yes"] if each.name == "confirm" else [flag, f"--no-{flag[2:]}"]
        hint = Annotated[bool, typer.Option(*words, help=each.help or None)]
        return option(each.name, hint, bool(each.default))
    text = list[str] if typing.get_origin(kind) in (list, dict, tuple, Sequence) else str
    if typing.get_origin(kind) is dict:
        help = f"{each.help}, as NAME=VALUE; as often as needed"
    else:
        help = each.help
    if not each.option:
        return inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[text, typer.Argument(help=help)],
        )
    shown_default = each.default not in (None, "") and not isinstance(each.default, (dict, list))
    if shown_default:
        help = f"{help} [{each.default}]".strip()
    flag = f"--{each.name.rstrip('_').replace('_', '-')}"
    hint = typer.Option(flag, help=help, show_default=False, metavar=sample(kind))
    return option(each.name, Annotated[text | None, hint], None)


def sample(kind: Any) -> str:
    """What stands for an option's value in the help."""
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return f"[{'|'.join(str(each) for each in typing.get_args(kind) if each != '')}]"
    return {int: "INTEGER", float: "NUMBER", dict: "NAME=VALUE"}.get(origin or kind, "TEXT")


def plain(thing: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, without what was not, and NAME=VALUE as a mapping."""
    found: dict[str, Any] = {}
    for each in thing.parameters:
        value = given[each.name]
        if value is None or (value == [] and each.option):
            continue
        if isinstance(value, list) and typing.get_origin(bare(each.kind)) is dict:
            pairs = [item.partition("=") for item in value]
            if any(not middle for _, middle, _ in pairs):
                raise typer.BadParameter(f"--{each.name}: write NAME=VALUE")
            value = {name: text for name, _, text in pairs}
        found[each.name] = value
    return found


def bare(kind: Any) -> Any:
    """A type without `Annotated` and `| None`."""
    if typing.get_origin(kind) is typing.Annotated:
        return bare(typing.get_args(kind)[0])
    inner = [each for each in typing.get_args(kind) if each is not type(None)]
    if len(inner) < len(typing.get_args(kind)) and len(inner) == 1:
        return bare(inner[0])
    return kind


async def stored(download: Download, out: Path | None) -> None:
    """Write a file where it was asked for: under its own name if nowhere."""
    if out is not None and str(out) == "-":
        async for chunk in download.chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()  # one that grows is read as it does
        return
    path = out or Path(Path(download.name).name)
    size = 0
    try:
        with path.open("xb" if out is None else "wb") as file:
            async for chunk in download.chunks:
                size += file.write(chunk)
    except StasisError:
        if not size:  # or the next try would find a file there
            path.unlink()
        raise
    except OSError as error:
        raise StasisError(f"{path}: {error.strerror}; name another file with --out") from None
    say(f"{path}: {size:,} bytes")
