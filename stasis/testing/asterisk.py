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
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import get_args

from stasis.ami.event import AmiEvent
from stasis.ari.resource import Request, Response, Send
from stasis.config import Config
from stasis.errors import StasisError
from stasis.link import Link
from stasis.plugin import Plugin
from stasis.program import Program, Runnable
from stasis.testing.engine import Engine
from stasis.testing.left import Left, Makers, left_on, left_text
from stasis.testing.party import Callee, Caller
from stasis.testing.plan import dialplan_of, no_extension
from stasis.testing.programs import programs_of
from stasis.testing.refusals import NeverRefused, Refusals
from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.machine import VERSIONS, Machine
from stasis.testing.simulator.phone import Behaviour, Line, Phone
from stasis.testing.simulator.seams import send
from stasis.testing.simulator.server import Server, serving
from stasis.testing.simulator.sounds import Sounds
from stasis.testing.simulator.users import User
from stasis.testing.transcript import Transcript
from stasis.walk import OnWalk, Walked

__all__ = ["Asterisk", "FlowFailed", "Left"]

# Longer than anything in a flow that is not stuck takes to end once its caller has gone.
END_SECONDS = 120.0


class FlowFailed(AssertionError):
    """A flow has raised, and the test has not seen `caller.failure`; or a plugin's `run` has."""


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

    requests: what the engine has asked for, as `METHOD /path`. callers: everybody who has called
    or was called. on_party: called with each of them, before anything is heard. failures: what
    flows have raised, by channel. looked: whoever runs it looks at all of `failures`; then none of
    them is raised at the end. refusals: what `refuse` was told. transcript: what has happened, in
    lines.
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
        self.requests: list[str] = []
        self.callers: list[Caller] = []
        self.on_party: Callable[[Caller], None] | None = None
        self.looked = False
        self._version = version
        self._dialplan = dialplan
        self._sounds = sounds
        self._recordings = recordings
        self._config = config or Config()
        self.failures: dict[str, BaseException] = {}
        self._on_walk = on_walk
        self.refusals = Refusals()
        self.transcript = Transcript()
        self._makers = Makers()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._machine: Machine | None = None
        self._engine: Engine | None = None
        self._carry: Send | None = None

    @property
    def machine(self) -> Machine:
        """The simulated server itself. Raises StasisError outside of `async with`."""
        if self._machine is None:
            raise StasisError("an Asterisk lives in a context: async with Asterisk(…) as asterisk:")
        return self._machine

    @property
    def link(self) -> Link:
        """The engine. Raises StasisError when no flow was given."""
        return self._running.link

    @property
    def _running(self) -> Engine:
        if self._engine is None:
            raise StasisError("no program runs here: give Asterisk(…) a flow")
        return self._engine

    # Its life

    async def __aenter__(self) -> Asterisk:
        given, plan = self._sounds, dialplan_of(self._dialplan, list(self.programs))
        sounds = Sounds.made_up(given) if isinstance(given, Mapping) else Sounds(given)
        if self._recordings is None:
            self._temporary = tempfile.TemporaryDirectory()
        folder = self._recordings or Path(self._temporary.name if self._temporary else "")
        self._machine = Machine(VERSIONS[self._version], plan, sounds, folder)
        self._machine.on_unknown_phone = self._new_phone
        self._carry = send(self._machine)
        if self.programs:
            try:
                await self._run()
            except BaseException:
                await self._close()
                raise
        return self

    async def _run(self) -> None:
        """Start the engine, and wait until calls can come in."""
        hearers = (self._walked, *self._on_walk)
        self._engine = Engine(self.machine, self.programs, self._config, self._send, hearers)
        await self._engine.start()
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
        broken = self._engine.broken if self._engine is not None else {}
        for name, why in broken.items():
            raise FlowFailed(f"the plugin {name!r} has raised in `run`: {why!r}") from why
        if found:
            raise Left(left_text(found))
        for unhit in self.refusals.unhit():
            raise NeverRefused(unhit)

    async def _close(self) -> None:
        """End the engine, then the server."""
        try:
            if self._engine is not None:
                await self._engine.stop()
        finally:
            await self.machine.stop()
            if self._temporary is not None:
                self._temporary.cleanup()

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
        self.transcript.walked(step)
        # Not asked of the runners: a flow that fails at once is over before anybody asks.
        if step.failure is not None:
            self.failures.setdefault(step.channel_id, step.failure)

    def left(self) -> list[str]:
        """What is on the server, or waits in the engine, now: nothing once all calls are over."""
        return left_on(self.machine, self.link, self._makers)

    def ami(self, event: AmiEvent) -> bool:
        """Tell an event of AMI, as a link with [asterisk.ami] hears it; at once.

        event: with the channel's id, such as `events.Hold(uniqueid=caller.id)`.

        Returns whether it went to a call. Raises StasisError when no flow was given.
        """
        return self.link.hear(event)

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
            raise StasisError(f"call({exten!r}): {no_extension(machine.plan, context, exten)}")
        line = Line.incoming(machine, number or "anonymous", (context, exten, 1))
        channel = line.channel
        channel.caller = (name, number)
        channel.variables["ARGS"] = "".join(f",{each}" for each in args)
        caller = Caller(self, line)
        self._came(caller, number or "anonymous", "calls" if exten == "s" else f"calls {exten}")
        channel.tell("ChannelCreated")
        channel.start(run_dialplan(channel))
        await self.turn()
        return caller

    def phone(self, name: str, behaviour: Behaviour = "rings", *, after: float = 0.0) -> Phone:
        """What an endpoint does when it is called from now on.

        name: such as `PJSIP/alice`. behaviour: `rings` until somebody picks up (that is what an
        endpoint does that was never named), `early` (the same, with sound of its own before the
        answer), `answers`, `busy`, `declines`, `silent`, or `unreachable`. after: seconds until it
        answers.

        Raises StasisError for what no phone does.
        """
        if behaviour not in get_args(Behaviour):
            known = ", ".join(get_args(Behaviour))
            raise StasisError(f"phone({name!r}): no phone is {behaviour!r}; there are {known}")
        phone = self.machine.phones.get(name) or self._new_phone(name)
        phone.behaviour, phone.seconds = behaviour, after
        return phone

    def _new_phone(self, name: str) -> Phone:
        phone = self.machine.phones[name] = Phone(name)
        phone.on_call.append(self._called)
        return phone

    def _called(self, line: Line) -> None:
        callee = Callee(self, line)
        self._came(callee, callee.phone, "is called")

    def _came(self, party: Caller, name: str, how: str) -> None:
        self.callers.append(party)
        self.transcript.joined(party, name, how)
        if self.on_party is not None:
            self.on_party(party)

    async def rings(self, name: str, *, within: float = 60.0) -> Callee:
        """Wait until a phone is called. name: such as `PJSIP/alice`. within: seconds.

        Returns who can answer there. Each call is given once. Raises AssertionError.
        """
        __tracebackhide__ = True  # pytest's sign: it shows the line of the test instead

        lines = (self.machine.phones.get(name) or self._new_phone(name)).lines

        def waiting() -> list[Callee]:
            return [each for each in self.callees if each.line in lines and not each.taken]

        if not await self.machine.until(waiting, within):
            raise AssertionError(
                f"{name} was not called within {within:g} s; {self._instead(name)}"
            )
        found = waiting()[0]
        found.taken = True
        await self.turn()
        return found

    def _instead(self, name: str) -> str:
        """What has happened instead of a phone's ringing."""
        others = list(dict.fromkeys(each.phone for each in self.callees))
        told = [f"called were: {', '.join(others)}" if others else "nobody was called"]
        if "/" not in name:
            told.append(f"a phone is named with its technology, such as PJSIP/{name}")
        told += [
            f"a flow has raised {type(error).__name__}: {error}" for error in self.failures.values()
        ]
        told += [each.doing() for each in self.callers if not isinstance(each, Callee)]
        return "; ".join(told)

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

        One that never hits a request fails the test at its end. Raises StasisError for a line
        that is no regular expression, and a status that is no refusal.
        """
        self.refusals.add(line, status, message, times)

    async def redeploy(
        self, programs: Runnable | Plugin | Mapping[str, Runnable | Program] | None = None
    ) -> None:
        """The program ends, as by `kill -9`, and a new one goes on with the live calls.

        programs: what the new one runs; None for the same. It begins with nothing but what is
        kept with each call, so this tests `Flow.data`, `version` and `Resumed`.
        """
        if programs is not None:
            self.programs = programs_of(programs, self._plugin)
        await self._running.kill()
        await self._run()
        await self.turn()

    async def restart(self, seconds: float = 2.0) -> None:
        """Asterisk itself restarts, and is back after so long: everything on it is gone."""
        if self.programs:
            await self.cut(seconds)
        await self.machine.restart()
        await asyncio.sleep(seconds)
        if self.programs:
            await self.link.state.reached("ready", timeout=60)
        await self.turn()

    async def cut(self, seconds: float = 1.0) -> None:
        """Cut the event socket for so long: calls go on, and nobody hears of them.

        Returns once it is cut, not when it is back. Raises StasisError without a flow.
        """
        self._running.wire.cut(seconds)
        await self.turn()

    async def _send(self, request: Request) -> Response:
        assert self._carry is not None
        line = f"{request.method} {request.path}"
        self.requests.append(line)
        self._makers.note(request)
        return self.refusals.answer(line) or await self._carry(request)
