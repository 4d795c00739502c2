"""`stasis play`: call a flow from the keyboard. No Asterisk, no telephone.

At a terminal the keys are the telephone's; with `--press`, or without a terminal, a script is
played in no time, and what happens is written line by line.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import structlog
import typer

from stasis.cli.keyboard import keys
from stasis.cli.scene import Scene
from stasis.cli.screen import tell
from stasis.cli.settings import settings
from stasis.cli.speaker import Speaker
from stasis.cli.target import program_named
from stasis.errors import ConfigError
from stasis.plugin import Plugin
from stasis.program import Program
from stasis.testing import clock
from stasis.testing.play import KEYS, Moment, Play
from stasis.testing.simulator.sounds import Sounds

__all__ = ["play"]

STYLES = {
    "call": "bold",
    "state": "green",
    "hears": "cyan",
    "does": "yellow",
    "phone": "magenta",
    "end": "bold",
    "error": "bold red",
}


class SkippingLoop(asyncio.SelectorEventLoop):
    """A real clock that can be moved on."""

    ahead = 0.0

    def time(self) -> float:
        """Seconds, with those that were skipped."""
        return super().time() + self.ahead

    def jump(self, seconds: float) -> None:
        """Move the clock on."""
        self.ahead += seconds


def play(
    context: typer.Context,
    flow: Annotated[
        str,
        typer.Argument(help="module:Name, path/to/file.py:Name or a plugin's application"),
    ],
    press: Annotated[
        str | None,
        typer.Option(help="play these keys in no time instead: digits, ',' a second, and letters"),
    ] = None,
    args: Annotated[str, typer.Option(help="arguments of the application, comma separated")] = "",
    asterisk: Annotated[str, typer.Option(help="behave as this version: 22 or 16")] = "22",
    sounds: Annotated[Path | None, typer.Option(help="a folder of sound files")] = None,
    silent: Annotated[bool, typer.Option("--silent", help="play nothing aloud")] = False,
) -> None:
    """Call a flow from the keyboard. Nothing lasts: a plugin's database is one in memory.

    Digits are the caller's keys. h hangs up, c calls again, s speaks, a answers a phone that
    rings, b is busy, x hangs up there, space skips to what happens next, q quits."""
    app, program = program_named(flow, settings(context).load)
    program = of_played(app, program)
    unknown = sorted(set(press or "") - set("0123456789*#ABCD") - set(KEYS))
    if unknown:
        known = ", ".join(repr(key) for key in KEYS)
        raise ConfigError(f"--press: {unknown[0]!r} is no key; write digits, {known}")
    if sounds is not None and not sounds.is_dir():
        raise ConfigError(f"--sounds: {sounds} is no folder")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    given = [each for each in args.split(",") if each]
    if press is not None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        script = press if press is not None else sys.stdin.read().strip()
        failed = clock.run(scripted({app: program}, script, given, asterisk, sounds))
    else:
        speaker = Speaker(None if silent else Sounds(sounds))
        with asyncio.Runner(loop_factory=SkippingLoop) as runner:
            failed = runner.run(at_keyboard({app: program}, given, asterisk, sounds, speaker))
    if failed:
        raise typer.Exit(1)


def of_played(app: str, program: Program) -> Program:
    """The program, and its plugin as it is when it is played."""
    if not isinstance(program.plugin, Plugin):
        return program
    kind = type(program.plugin)
    return kind(kind.played(program.plugin.config)).programs()[app]


def written(moment: Moment) -> None:
    """A moment as a line."""
    tell(f"{moment.at:7.1f} s  {moment.text}", STYLES[moment.kind])


async def scripted(
    programs: Mapping[str, Program], script: str, args: list[str], version: str, sounds: Path | None
) -> bool:
    """Play a script, then wait until nothing happens any more. Returns whether the flow failed."""
    playing = Play(programs, version=version, sounds=sounds, args=args)
    playing.on_moment.append(written)
    async with playing:
        await playing.press(script)
        if not playing.over:
            await asyncio.sleep(60)
        if not playing.over:
            tell(f"{playing.elapsed:7.1f} s  still in {playing.state!r}: the caller hangs up")
    return failed(playing)


async def at_keyboard(
    programs: Mapping[str, Program],
    args: list[str],
    version: str,
    sounds: Path | None,
    speaker: Speaker,
) -> bool:
    """Play until `q`. Returns whether the flow failed."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SkippingLoop)
    playing = Play(programs, version=version, sounds=sounds, args=args, jump=loop.jump)
    playing.on_moment.append(speaker.hear)
    try:
        async with playing:
            with Scene(playing) as scene:
                async with aclosing(keys(scene.redraw)) as pressed:
                    async for key in pressed:
                        if key in ("q", "\x03", "\x04"):
                            break
                        await playing.press(key)
                        scene.redraw()
    finally:
        speaker.stop()
    return failed(playing)


def failed(playing: Play) -> bool:
    """Whether the flow has failed."""
    return any(moment.kind == "error" for moment in playing.moments)
