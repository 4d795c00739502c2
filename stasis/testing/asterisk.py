"""A simulated Asterisk that a test runs its flows on.

    async with Asterisk(Ivr) as asterisk:
        caller = await asterisk.call("8000")
        await caller.hears("sound:conf-getpin")
        await caller.dials("1234#")
        await caller.hangs_up()

The real engine runs the flows, and everything it asks for is done by a server that behaves as
Asterisk 22 or 16 does: channels, bridges, playbacks, recordings and their events. In virtual
time (`stasis.testing.virtual_time`) nothing waits for real. Leaving the context hangs up who is
still there, and fails the test when a flow has raised or something is left behind.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from stasis.app import background
from stasis.ari.resource import Request, Response, Send
from stasis.config import Config
from stasis.errors import StasisError
from stasis.link import Link
from stasis.plugin import Plugin
from stasis.program import Program, Runnable, app_of
from stasis.servers import Servers
from stasis.testing.party import Callee, Caller
from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.dialplan import Dialplan
from stasis.testing.simulator.machine import VERSIONS, Machine
from stasis.testing.simulator.phone import Behaviour, Line, Phone
from stasis.testing.simulator.seams import Line as Wire
from stasis.testing.simulator.seams import frames, send
from stasis.testing.simulator.server import Server, serving
from stasis.testing.simulator.sounds import Sounds
from stasis.testing.simulator.users import User
from stasis.walk import OnWalk, Walked

__all__ = ["Asterisk", "FlowFailed", "Left"]

# Longer than anything in a flow that is not stuck takes to end once its caller has gone.
END_SECONDS = 120.0


class FlowFailed(AssertionError):
    """A flow has raised, and the test has not seen `caller.failure`; or a plugin's `run` has."""


class Left(AssertionError):
    """Something is left on the server, or in the engine, after every caller has gone."""


class Asterisk:
    """The simulated server, and the engine that runs flows on it. Use it in `async with`.

    programs: a Flow class, an async function, a plugin, or any of them by application name; None
    for a server alone. plugin: what a single flow sees as `self.plugin`. version: `22` or `16`,
    as whose it behaves. dialplan: text or file of extensions; without one, every extension leads
    to the flow, or to the application of its name. sounds: a folder of sound files; or the seconds
    that each plays by name, such as `{"conf-getpin": 3.5, "missing": 0}`, where every other name
    is a sound of two seconds, so that a test takes the same time on every machine. Without it
    those that are installed here, and where none are, two seconds each. recordings: the folder
    that recordings go to; a temporary one when None. config: of the engine.

    link: the engine. machine: the simulated server itself. requests: what the engine has asked
    for, as `METHOD /path`. callers: everybody who has called or was called. on_party: called
    with each of them, before anything is heard. failures: what flows have raised, by channel.
    looked: whoever runs it looks at all of `failures`; then none of them is raised at the end.
    """

    def __init__(
        self,
        programs: Runnable | Plugin | Mapping[str, Runnable | Program] | None = None,
        *,
        plugin: object = None,
        version: str = "22",
        dialplan: str | Path | None = None,
        sounds: Path | Mapping[str, float] | None = None,
        recordings: Path | None = None,
        config: Config | None = None,
        on_walk: tuple[OnWalk, ...] = (),
    ) -> None:
        if version not in VERSIONS:
            raise StasisError(f"version {version!r}: the simulator behaves as {sorted(VERSIONS)}")
        self.programs = programs_of(programs, plugin)
        self._plugin = plugin
        self._background = AsyncExitStack()
        self.requests: list[str] = []
        self.callers: list[Caller] = []
        self.on_party: Callable[[Caller], None] | None = None
        self.looked = False
        self._broken: dict[str, Exception] = {}
        self._version = version
        self._dialplan = dialplan
        self._sounds = sounds
        self._recordings = recordings
        self._config = config or Config()
        self.failures: dict[str, BaseException] = {}
        self._on_walk = on_walk
        self._refusals: list[tuple[re.Pattern[str], Response, list[int]]] = []
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._carry: Send | None = None
        self.machine: Machine
        self.link: Link

    # Its life

    async def __aenter__(self) -> Asterisk:
        given, plan = self._sounds, self._plan()
        sounds = Sounds.made_up(given) if isinstance(given, Mapping) else Sounds(given)
        if self._recordings is None:
            self._temporary = tempfile.TemporaryDirectory()
        folder = self._recordings or Path(self._temporary.name if self._temporary else "")
        self.machine = Machine(VERSIONS[self._version], plan, sounds, folder)
        self.machine.on_unknown_phone = self._new_phone
        if self.programs:
            try:
                await self._run()
            except BaseException:
                await self._close()
                raise
        return self

    async def _run(self) -> None:
        """Start the engine, and wait until calls can come in."""
        self._wire = frames(self.machine, list(self.programs))
        self._carry = send(self.machine)
        self.link = Link(
            self._config,
            self.programs,
            frames=self._wire,
            send=self._send,
            on_walk=(self._walked, *self._on_walk),
        )
        await self._start_plugins()
        self._task = asyncio.create_task(self.link.run())
        reached = asyncio.create_task(self.link.state.reached("ready", timeout=30))
        await asyncio.wait({self._task, reached}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            reached.cancel()
            await asyncio.gather(reached, return_exceptions=True)
            self._task.result()
        await reached
        self.requests.clear()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            found = await self._emptied() if self.programs else []
        finally:
            await self._close()
        for failure in self.machine.failures:
            raise failure
        if error is not None:
            return
        people = {each.id: each for each in self.callers}
        for channel_id, failure in self.failures.items():
            caller = people.get(channel_id)
            if not self.looked and not (caller is not None and caller.looked):
                whose = caller or f"channel {channel_id}"
                raise FlowFailed(f"the flow of {whose} has raised") from failure
        for name, why in self._broken.items():
            raise FlowFailed(f"the plugin {name!r} has raised in `run`: {why!r}") from why
        if found:
            raise Left("left behind: " + "; ".join(found))

    async def _close(self) -> None:
        """End the engine, then the server."""
        try:
            await self._stop_engine()
        finally:
            await self.machine.stop()
            if self._temporary is not None:
                self._temporary.cleanup()

    async def _start_plugins(self) -> None:
        """As `stasis run` does: each plugin that a program names starts, and works beside it."""
        named = (program.plugin for program in self.programs.values())
        plugins = list(dict.fromkeys(each for each in named if isinstance(each, Plugin)))
        for plugin in plugins:
            plugin.servers = Servers({self.link.name: self.link})
            await plugin.start()
            self._background.push_async_callback(plugin.stop)
        self.link.on_gap += [plugin.gap for plugin in plugins]
        await self._background.enter_async_context(background(plugins, self._plugin_failed))

    def _plugin_failed(self, plugin: Plugin, error: Exception) -> None:
        self._broken[plugin.name] = error

    async def _stop_engine(self) -> None:
        try:
            if self._task is not None:
                task, self._task = self._task, None
                self.link.stop()
                await task
        finally:
            await self._background.aclose()

    async def _emptied(self) -> list[str]:
        """Hang up who is still there, wait for the flows, and say what is left."""
        for caller in self.callers:
            if not caller.over:
                await caller.hangs_up()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self.link.idle()
        except TimeoutError:
            stuck = sorted(
                f"{each.channel.id} in {type(each.flow).__name__}.{each.state}"
                for each in self.link.runners
            )
            return [f"calls that do not end: {', '.join(stuck)}"]
        await asyncio.sleep(1)
        return self.left()

    def _walked(self, step: Walked) -> None:
        # Not asked of the runners: a flow that fails at once is over before anybody asks.
        if step.failure is not None:
            self.failures.setdefault(step.channel_id, step.failure)

    def left(self) -> list[str]:
        """What is on the server, or waits in the engine, now: nothing once all calls are over."""
        machine = self.machine
        found = [f"channel {each.id} ({each.name})" for each in machine.channels.values()]
        rooms = self.link.calls.rooms.by_id()
        found += [f"bridge {each.id}" for each in machine.bridges.values() if each.id not in rooms]
        found += [f"playback {each}" for each in machine.playbacks]
        found += [f"recording {each} that runs" for each in machine.recordings]
        counts = self.link.router.counts()
        return found + [
            f"{number} {name} in the engine" for name, number in counts.items() if number
        ]

    def _plan(self) -> Dialplan:
        if isinstance(self._dialplan, Path):
            return Dialplan.load(self._dialplan)
        return Dialplan.parse(self._dialplan or plan_of(list(self.programs)))

    # People

    async def call(
        self,
        exten: str = "",
        *args: str,
        number: str = "100",
        name: str = "",
        context: str = "default",
    ) -> Caller:
        """Somebody calls an extension.

        exten: such as `8000`; without a dialplan of your own any, or an application's name.
        args: of the application, without a dialplan of your own. number, name: the caller's.

        Returns the caller, once the flow has had its first turn.

        Raises StasisError when the dialplan has no such extension.
        """
        machine, exten = self.machine, exten or "s"
        if not machine.plan.exists(context, exten, 1):
            known = sorted(machine.plan.contexts)
            raise StasisError(
                f"call({exten!r}): the dialplan has no such extension in [{context}];"
                f" its contexts are {', '.join(f'[{each}]' for each in known) or 'none'}"
            )
        line = Line.incoming(machine, number or "anonymous", (context, exten, 1))
        channel = line.channel
        channel.caller = (name, number)
        channel.variables["ARGS"] = "".join(f",{each}" for each in args)
        caller = Caller(self, line)
        self._came(caller)
        channel.tell("ChannelCreated")
        channel.start(run_dialplan(channel))
        await self.turn()
        return caller

    def phone(self, name: str, behaviour: Behaviour = "rings", *, after: float = 0.0) -> Phone:
        """What an endpoint does when it is called from now on.

        name: such as `PJSIP/alice`. behaviour: `rings` until somebody picks up (that is what an
        endpoint does that was never named), `answers`, `busy`, `declines`, `silent`, or
        `unreachable`. after: seconds until it answers.
        """
        phone = self.machine.phones.get(name) or self._new_phone(name)
        phone.behaviour, phone.seconds = behaviour, after
        return phone

    def _new_phone(self, name: str) -> Phone:
        phone = self.machine.phones[name] = Phone(name)
        phone.on_call.append(self._called)
        return phone

    def _called(self, line: Line) -> None:
        self._came(Callee(self, line))

    def _came(self, party: Caller) -> None:
        self.callers.append(party)
        if self.on_party is not None:
            self.on_party(party)

    async def rings(self, name: str, *, within: float = 60.0) -> Callee:
        """Wait until a phone is called. name: such as `PJSIP/alice`. within: seconds.

        Returns who can answer there. Each call is given once. Raises AssertionError.
        """
        phone = self.machine.phones.get(name) or self._new_phone(name)
        lines = phone.lines

        def waiting() -> list[Callee]:
            return [each for each in self.callees if each.line in lines and not each.taken]

        if not await self.machine.until(waiting, within):
            others = [each.phone for each in self.callees]
            instead = f"called were: {', '.join(others)}" if others else "nobody was called"
            for error in self.failures.values():
                instead += f"; a flow has raised {type(error).__name__}: {error}"
            raise AssertionError(f"{name} was not called within {within:g} s; {instead}")
        found = waiting()[0]
        found.taken = True
        await self.turn()
        return found

    @property
    def callees(self) -> list[Callee]:
        """Everybody who was called, in order."""
        return [each for each in self.callers if isinstance(each, Callee)]

    async def turn(self) -> None:
        """Let everything happen that needs no time."""
        await asyncio.sleep(0.001)

    def serve(
        self,
        port: int = 0,
        *,
        username: str = "stasis",
        password: str = "stasis",  # noqa: S107
    ) -> AbstractAsyncContextManager[Server]:
        """Serve ARI on loopback, for a client of any kind: HTTP, the event WebSocket, and
        requests over it. In real time, so not in `virtual_time`.

        port: 0 for any that is free. username, password: of its one user.

        Returns a context manager that gives the server, with `url` and `port`. It raises OSError
        when the port is taken.
        """
        return serving(self.machine, [User(username, password)], port=port)

    # What goes wrong

    def refuse(
        self, line: str, status: int, message: str = "refused by the test", times: int = -1
    ) -> None:
        """Refuse requests. line: a regular expression for all of `METHOD /path`, such as
        `POST /channels/.*/play.*`. status: of HTTP. times: how often; -1 for always.
        """
        body = json.dumps({"message": message}).encode()
        self._refusals.append((re.compile(line), Response(status, "", body), [times]))

    async def redeploy(
        self, programs: Runnable | Plugin | Mapping[str, Runnable | Program] | None = None
    ) -> None:
        """The program ends, as by `kill -9`, and a new one goes on with the live calls.

        programs: what the new one runs; None for the same. It begins with nothing but what is
        kept with each call, so this tests `Flow.data`, `version` and `Resumed`.
        """
        if programs is not None:
            self.programs = programs_of(programs, self._plugin)
        self.link.let_go("the process was killed")
        await self._stop_engine()
        await self._run()
        await self.turn()

    async def restart(self, seconds: float = 2.0) -> None:
        """Asterisk itself restarts, and is back after so long: everything on it is gone."""
        if self.programs:
            self.cut(seconds)
        await self.machine.restart()
        await asyncio.sleep(seconds)
        if self.programs:
            await self.link.state.reached("ready", timeout=60)
        await self.turn()

    def cut(self, seconds: float = 1.0) -> None:
        """Cut the event socket for so long: calls go on, and nobody hears of them."""
        assert self._wire is not None, "there is no flow, so no socket"
        self._wire.cut(seconds)

    async def _send(self, request: Request) -> Response:
        assert self._carry is not None
        line = f"{request.method} {request.path}"
        self.requests.append(line)
        for pattern, response, times in self._refusals:
            if times[0] and pattern.fullmatch(line):
                times[0] -= 1
                return response
        return await self._carry(request)


def programs_of(given: Any, plugin: object) -> dict[str, Program]:
    """What runs, by application. Raises FlowError."""
    if given is None:
        return {}
    if isinstance(given, Plugin):
        return dict(given.programs())
    if isinstance(given, Mapping):
        return {
            name: each if isinstance(each, Program) else Program.of(each, plugin)
            for name, each in given.items()
        }
    program = Program.of(given, plugin)
    return {app_of(given): program}


def plan_of(apps: list[str]) -> str:
    """A dialplan in which an application's name leads to it, and all else to the first."""
    lines = ["[default]"]
    for app in apps:
        lines.append(f"exten => {app},1,Stasis({app}${{ARGS}})")
    if apps:
        lines += [
            f"exten => {each},1,Stasis({apps[0]}${{ARGS}})" for each in ("s", "_[+*#0-9a-zA-Z].")
        ]
        lines += [f"exten => _[+*#0-9a-zA-Z],1,Stasis({apps[0]}${{ARGS}})"]
    return "\n".join(lines) + "\n"
