"""`stasis run`: plugins, or one flow, on the configured Asterisk or on a lab."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from stasis import logs
from stasis.app import run as run_app
from stasis.cli.demo import demonstrated
from stasis.cli.hint import lab_at, program
from stasis.cli.screen import say
from stasis.cli.settings import look_here, settings
from stasis.cli.target import target
from stasis.config import Config
from stasis.errors import ConfigError
from stasis.event_loop import loop_factory
from stasis.lab.lab import Lab
from stasis.link import Link
from stasis.plugin import Plugin, load
from stasis.program import Program, app_of, checked_app
from stasis.section import Secret

if TYPE_CHECKING:
    from stasis.testing.session.tap import Masking, SessionTaps

__all__ = ["run", "started"]

# Extensions of ari.conf.example and of a lab, by the application they lead to.
EXTENSIONS = {"hello": "8000", "ivr": "8001", "conference": "7001", "webrtc": "101"}
# Of those that want arguments: the dialplan's pattern, and what stands behind the application.
ARGUMENTS = {
    "conference": ("_7XXX", "${EXTEN}"),
    "webrtc": ("_1XX", "ring,${EXTEN}"),
}


def run(
    context: typer.Context,
    flow: Annotated[
        str | None, typer.Argument(help="module:Name or path/to/file.py:Name; none: all plugins")
    ] = None,
    app: Annotated[
        str,
        typer.Option(help="the Stasis application of FLOW; if not given, my_flow for MyFlow"),
    ] = "",
    plugins: Annotated[
        bool, typer.Option("--plugins", help="run the plugins as well as FLOW")
    ] = False,
    lab: Annotated[
        bool,
        typer.Option(
            "--lab",
            help="run on a private Asterisk unless stasis.toml or STASIS_ASTERISK_URL names one",
        ),
    ] = False,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="with --lab: also what there is to try out, such as a softphone with two users",
        ),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="take applications and live calls from the process that runs them",
        ),
    ] = False,
    listen: Annotated[
        bool,
        typer.Option(
            "--listen", help="wait for Asterisk to connect (outbound WebSockets), see [listen]"
        ),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", help="write all that passes to this file, masked, to replay; see record"
        ),
    ] = None,
) -> None:
    """Run plugins, or one flow.

    Without FLOW all enabled plugins run, until SIGINT or SIGTERM: once lets live calls finish,
    twice ends them; SIGHUP leaves them to the next process. A call comes in by the dialplan's
    Stasis(APP).
    """
    started(
        context,
        flow,
        app=app,
        plugins=plugins,
        lab=lab,
        demo=demo,
        take_over=take_over,
        listen=listen,
        record=record,
    )


def started(
    context: typer.Context,
    flow: str | None,
    *,
    app: str = "",
    plugins: bool = False,
    lab: bool = False,
    demo: bool = False,
    take_over: bool = False,
    listen: bool = False,
    record: Path | None = None,
    masking: Masking | None = None,
    limit: int | None = None,
) -> None:
    """Run it until it is told to stop; the parameters are those of the command line.

    masking, limit: of the session that is recorded, in bytes; None takes the usual ones.
    """
    config = settings(context).load()
    if app and not flow:
        raise ConfigError("--app names the application of a flow; name the flow too")
    programs: dict[str, Program] = {}
    if flow:
        runnable = target(flow)
        programs[checked_app(app or app_of(runnable))] = Program.of(runnable)
    look_here()
    own: Lab | None = None
    if lab and not settings(context).names_asterisk():
        own = Lab.up(report=lambda line: say(line, "dim"))
        config = on_lab(config, own)
    if demo and own is not None:
        config = demonstrated(config, own)
    elif demo:
        say("nothing to try out: --demo is for --lab, where no Asterisk is named", "yellow")
    loaded: Sequence[Plugin] = ()
    if plugins or not flow:
        loaded, failed = load(config)
        for line in failed:
            say(f"left out: {line}", "yellow")
    logs.set_up(config.log)

    async def ready(link: Link) -> None:
        programs = {name: each for name, each in link.programs.items() if not each.watches}
        told = ", ".join(f"{name} ({each.flow.__name__})" for name, each in programs.items())
        where = f"{link.name}, which has connected" if listen else config.asterisk.url
        say(f"ready on {where}, Asterisk {link.version}: {told}", "green")
        shared = config.asterisk.instance
        for line in own and to_call(own, programs) or dialplan(programs, shared):
            say(line)
        address = f"http://{config.http.host}:{config.http.port}"
        for plugin in loaded:
            for line in plugin.told(address):
                say(line, "bold")

    taps: SessionTaps | None = None
    if record is not None:
        from stasis.testing.session.file import LIMIT  # with the simulator: not for every run
        from stasis.testing.session.tap import Masking, SessionTaps

        several = listen or len(config.asterisks()) > 1
        taps = SessionTaps(record, masking or Masking(), limit or LIMIT, several=several)
    try:
        with asyncio.Runner(loop_factory=loop_factory(config.engine)) as runner:
            runner.run(
                run_app(
                    config,
                    loaded,
                    programs,
                    ready=ready,
                    take_over=take_over,
                    listen=listen,
                    tap=taps,
                )
            )
    finally:
        if taps is not None:
            taps.close()
    say("stopped")
    for tap in taps.taps if taps is not None else ():
        say(f"recorded: {tap.writer.path}, {tap.writer.written:,} bytes")
    if used := lab_at(config.asterisk.url):
        say(f"the lab {used.name} is still up: {program()} lab down --name {used.name}")


def on_lab(config: Config, lab: Lab) -> Config:
    """The configuration, with the lab's Asterisk instead."""
    asterisk = attrs.evolve(
        config.asterisk, url=lab.url, username=lab.username, password=Secret(lab.password)
    )
    return attrs.evolve(config, asterisk=asterisk)


def dialplan(programs: Mapping[str, Program], instance: str = "") -> list[str]:
    """How calls come in: lines for extensions.conf.

    instance: of several processes that share the calls; the offer goes to all of them.
    """
    apps = [app.removesuffix(f"-{instance}") if instance else app for app in programs]
    way = "StasisBroadcast(2000,^{}-{})" if instance else "Stasis({}{})"
    lines = []
    for app in apps:
        extension, given = ARGUMENTS.get(app, (EXTENSIONS.get(app, "8002"), ""))
        given = given.replace(",", ":") if instance else given  # as StasisBroadcast parts them
        lines.append(f"  exten => {extension},1,{way.format(app, given and f',{given}')}")
    return ["calls come in by the dialplan, such as (extensions.conf):", *lines]


def to_call(lab: Lab, programs: Mapping[str, Program]) -> list[str]:
    """How to call a lab: its phones and extensions."""
    extensions = {app: EXTENSIONS.get(app, f"stasis-{app}") for app in programs}
    call = f"{program()} call {next(iter(extensions.values()))} --name {lab.name}"
    return [
        f"SIP phones, ready to register at 127.0.0.1:{lab.sip_port} (UDP and TCP):",
        *(f"  {name}, password {password}" for name, password in lab.phones.items()),
        *(f"dial {extension} for {app}" for app, extension in extensions.items()),
        f"or let the lab call and say what it heard: {call}",
        f"Ctrl-C stops; `{program()} lab down --name {lab.name}` ends the lab",
    ]
