"""`stasis drain`: the process that runs our applications takes no more calls, and ends.

Who runs them is read from the lease on Asterisk, so it works from any shell of that machine.
Exits with 0 when every process has ended (or was told to, without waiting), 1 when nobody runs
the applications, or not where it can be told to.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Collection, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Annotated

import attrs
import typer

from stasis.app import merged
from stasis.ari import Ari
from stasis.ari.channels import Channel
from stasis.census import Census
from stasis.cli.process import Process
from stasis.cli.screen import say, tell
from stasis.cli.settings import look_here, settings
from stasis.config import Config
from stasis.errors import AriError, ConfigError, NotFound, StasisError
from stasis.identity import identity_of
from stasis.lease import Holder, Lease
from stasis.plugin import load
from stasis.transport.http import Http

__all__ = ["Place", "Step", "drain", "left", "places_of", "steps_for"]

# On Asterisk, like the lease: which process was told so far, and how often. A second `stasis
# drain` must not be the second signal, which ends calls.
PREFIX = "STASIS_DRAIN_"
LOOK_SECONDS = 1.0

Step = signal.Signals
# Two signals of one kind may arrive as one; these two mean the same to `stasis run`.
STEPS: Sequence[Step] = (signal.SIGTERM, signal.SIGINT)


@attrs.frozen
class Place:
    """An application on an Asterisk, and who runs it there."""

    ari: Ari
    app: str
    holder: Holder


def drain(
    context: typer.Context,
    app: Annotated[
        list[str] | None,
        typer.Option("--app", help="the application; the enabled plugins' if not given"),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="stay until the process has ended")
    ] = True,
    end: Annotated[
        bool, typer.Option("--end", help="end live calls too, by their flow's on_error")
    ] = False,
    hand_over: Annotated[
        bool,
        typer.Option(
            "--hand-over", help="end now and leave live calls to the next process, for a deploy"
        ),
    ] = False,
) -> None:
    """Let the program finish: no new calls, and an end when the last live one is over.

    Tells how many calls are left until the process has ended. Ctrl-C ends this command, and
    not the draining. Exits with 1 when nobody runs the applications on this machine.
    """
    if end and hand_over:
        raise typer.BadParameter("--end ends live calls, --hand-over leaves them: choose one")
    config = settings(context).load()
    apps = list(dict.fromkeys(app or apps_of(config)))
    steps = [signal.SIGHUP] if hand_over else STEPS if end else STEPS[:1]
    asyncio.run(drained(config, apps, steps, wait=wait))


def apps_of(config: Config) -> list[str]:
    """The applications of the enabled plugins. Raises ConfigError when there is none."""
    look_here()
    plugins, failed = load(config)
    for line in failed:
        say(f"left out: {line}", "yellow")
    try:
        return list(merged(plugins, {}, config.asterisk.instance))
    except ConfigError:
        raise ConfigError(
            "no plugin with a flow is enabled: name the application, --app NAME"
        ) from None


async def drained(
    config: Config, apps: Sequence[str], steps: Sequence[Step], *, wait: bool
) -> None:
    """Tell whoever runs the applications to end, and wait for it. Raises StasisError."""
    async with AsyncExitStack() as stack:
        found: list[Place] = []
        for each in config.asterisks().values():
            ari = Ari(await stack.enter_async_context(Http(each.asterisk)))
            found += await places_of(ari, apps, each.asterisk.lease)
        if not found:
            raise StasisError(f"nobody runs {', '.join(apps)}: no process gives a sign of life")
        if idle := [app for app in apps if app not in {place.app for place in found}]:
            say(f"nobody runs {', '.join(idle)}", "yellow")
        refuse_elsewhere(found)
        # All of them are looked at before the first is told.
        processes = [
            stack.enter_context(Process(pid))
            for pid in sorted({place.holder.pid for place in found})
        ]
        for process in processes:
            places = [place for place in found if place.holder.pid == process.pid]
            await told(process, places, steps)
        if wait:
            await asyncio.gather(
                *(
                    watched(process, [place for place in found if place.holder.pid == process.pid])
                    for process in processes
                )
            )
        if wait and steps[0] is signal.SIGHUP and (calls := await left(found)):
            tell(f"{counted(calls)} left to the next process, which goes on with them")


async def places_of(ari: Ari, apps: Iterable[str], seconds: float) -> list[Place]:
    """Where the applications are run on one Asterisk, by who gives signs of life.

    seconds: between two of them. Raises AriError.
    """

    async def one(app: str) -> Place | None:
        other = await Lease(ari, [app], seconds).other()
        return None if other is None else Place(ari, app, other[1])

    return [place for place in await asyncio.gather(*map(one, apps)) if place is not None]


def refuse_elsewhere(places: Iterable[Place]) -> None:
    """Raises StasisError when a process is not on this machine."""
    here = socket.gethostname()
    elsewhere = sorted({f"{p.app} by {p.holder}" for p in places if p.holder.host != here})
    if elsewhere:
        raise StasisError(
            f"run on another machine: {', '.join(elsewhere)}. This is {here}; run `stasis drain`"
            " there. Nothing was told to anybody"
        )


async def told(process: Process, places: Sequence[Place], steps: Sequence[Step]) -> None:
    """Send the signals that the process was not sent before, and write down that it was."""
    apps = ", ".join(sorted({place.app for place in places}))
    before = max([max(await steps_before(place), place.holder.stopping) for place in places])
    due = steps_for(steps, before)
    # Written first: sent and not written down would be sent again, and that ends calls.
    if due and due[0] is not signal.SIGHUP:
        for place in places:
            value = f"{place.holder.id} {before + len(due)}"
            await place.ari.asterisk.set_global_var(variable=PREFIX + place.app, value=value)
    for number in due:
        process.tell(number)
    what = MEANING[steps[-1]] if due else "was told before"
    tell(f"process {process.pid} ({apps}): {what}")


MEANING: dict[Step, str] = {
    signal.SIGTERM: "no new calls; live ones finish",
    signal.SIGINT: "no new calls; live ones are ended",
    signal.SIGHUP: "ends; live calls are left as they are",
}


def steps_for(steps: Sequence[Step], before: int) -> Sequence[Step]:
    """The signals still to be sent to a process that was sent so many of the drain's."""
    return steps if steps[0] is signal.SIGHUP else steps[before:]


async def steps_before(place: Place) -> int:
    """How many signals this command has sent to the process, at other times. Raises AriError."""
    try:
        found = await place.ari.asterisk.get_global_var(variable=PREFIX + place.app)
    except NotFound:
        return 0
    id, _, count = (found.value or "").partition(" ")
    return int(count) if id == place.holder.id and count.isdecimal() else 0


async def watched(process: Process, places: Sequence[Place]) -> None:
    """Tell how many calls are left whenever that has changed, until the process has ended."""
    before = -1
    while True:
        try:
            calls = await left(places)
        except AriError:
            calls = before  # the process may still end; only that is waited for
        if calls != before:
            tell(f"process {process.pid}: {counted(calls)} left")
            before = calls
        if await process.over(LOOK_SECONDS):
            break
    tell(f"process {process.pid} has ended", "green")


async def left(places: Collection[Place]) -> int:
    """How many calls are in the applications, without what their flows have made.

    Raises AriError. ARI: GET /channels, /bridges, /applications/{app}.
    """

    async def one(place: Place) -> int:
        try:
            census = await Census.take(place.ari, [place.app])
        except NotFound:
            return 0  # nobody is in it, and nobody listens
        return sum(is_call(census, each, place.app) for each in census.channels.values())

    return sum(await asyncio.gather(*map(one, places)))


def is_call(census: Census, channel: Channel, app: str) -> bool:
    """Whether a channel is a call of the application, and was not made by the flow of one.

    Asterisk tells an application of both halves of a Local channel that it makes. The far half
    may be anywhere; only when it has entered the same application it is a call there.
    """
    if census.app_of(channel) != app:
        return False
    if channel.id.endswith(";2") and identity_of(channel.id[:-2]) is not None:
        return (channel.dialplan.app_data or "").partition(",")[0] == app
    return identity_of(channel.id) is None


def counted(calls: int) -> str:
    """So many calls, in words."""
    return f"{calls} call{'' if calls == 1 else 's'}"
