"""AsyncAGI: `AGI(agi:async,sales/menu?x=1)` waits, and a script runs over the manager interface.

The same scripts as FastAGI's; the first argument is what the URL's path is there. Every program
that hears AMI hears every such call, so one program serves an Asterisk, or each says that it is
not alone. A call that nobody would serve any more is given back: its dialplan goes on, and
AGISTATUS is FAILURE. That is so after the connection was lost, too: what was said meanwhile is not
known, so scripts that ran have ended by ChannelGone, and no call waits in silence.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import unquote

import structlog
from attrs import frozen

from stasis.agi.agi import Agi, Script
from stasis.agi.environment import Environment
from stasis.agi.errors import AgiError, TakenBack
from stasis.agi.fastagi import ANY, AWAY_SECONDS
from stasis.agi.line import line
from stasis.agi.relay import BREAK, LIMIT, Relay
from stasis.agi.session import FAILING, OnError, Session
from stasis.ami import (
    ActionFailed,
    Ami,
    AmiError,
    NoSuch,
    PermissionDenied,
    UnknownAction,
    actions,
    events,
)
from stasis.ami.event import AmiEvent
from stasis.ami.stream import Stream
from stasis.errors import ChannelGone, ConfigError, StasisError, WaitTimeout

__all__ = ["AsyncAgi", "AsyncAgiConfig"]

log = structlog.get_logger("stasis.agi")

KINDS: tuple[type[AmiEvent], ...] = (
    events.AsyncAGIStart,
    events.AsyncAGIExec,
    events.AsyncAGIEnd,
    events.AGIExecEnd,
    events.HangupRequest,
    events.SoftHangupRequest,
    events.Hangup,
)
# Commands on their way to AMI at a time; AMI does one after another anyway.
TURNS = 100
# How old a call must be that nobody has told us of: Asterisk shows it a moment before it tells.
SETTLE_SECONDS = 1.0
FIRST = re.compile(r"^agi_arg_1: (.*)$", re.MULTILINE)
NOBODY = "stasis/nobody"
# The result code of a command after which Asterisk ends AGI for the call.
ENDS = -1
# How AGI has ended is in a variable a moment later: how often it is looked for, and after what.
STATUS_TRIES, STATUS_SECONDS = 10, 0.05
HUNG_UP = "hung up"
LOST = "the connection to the manager interface is lost"


@frozen
class AsyncAgiConfig:
    """How calls are served. Times are in seconds.

    sessions: at once. idle_timeout: without a command or a reply; None for ever. stop_timeout:
    what live sessions may take when the server is closed. leave_timeout: what a script's own
    cleanup may take. on_error: see `Session`. exclusive: nobody else serves AsyncAGI on this
    Asterisk, so a call that nothing here has a script for is given back; False leaves it alone.
    """

    sessions: int = 2_000
    idle_timeout: float | None = 3_600.0
    stop_timeout: float = 10.0
    leave_timeout: float = 5.0
    on_error: OnError = "continue"
    exclusive: bool = True


class AsyncAgi:
    """Serves AsyncAGI: `async with Ami(…) as ami, AsyncAgi(ami, {"sales/menu": menu}):`.

    ami: a client whose user has `agi` in read and write, and `call` and `system` in read. It stays
    open longer than this. routes: as of `FastAgi`. counts: calls by what became of them (`done`,
    `failed`, `no script`, `too many`, `nonsense`, `closed early`, `lost`, `given back`).
    """

    def __init__(
        self, ami: Ami, routes: Mapping[str, Script], config: AsyncAgiConfig | None = None
    ) -> None:
        self.ami = ami
        self.routes = {path.strip("/"): script for path, script in routes.items()}
        self.config = config or AsyncAgiConfig()
        self.counts: Counter[str] = Counter()
        self._relays: dict[str, Relay] = {}
        self._sessions: dict[Relay, Session] = {}
        self._early: dict[str, events.AsyncAGIStart] = {}
        self._lost: set[str] = set()
        self._turn = asyncio.Semaphore(TURNS)
        self._serving: set[asyncio.Task[None]] = set()
        self._listening: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def sessions(self) -> int:
        """How many scripts run."""
        return len(self._sessions)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Serve calls from now on, and give back those that waited already.

        Raises ConfigError when AMI's user may not, or Asterisk has no AGI; when AMI is not
        connected yet, that is logged later.
        """
        if self.ami.state.value == "ready":
            await self._allowed()
        stream = self.ami.events(*KINDS)
        await stream.__aenter__()
        for work in (self._read(stream), self._follow()):
            self._listening.add(asyncio.create_task(work))

    async def close(self) -> None:
        """Take no more calls; wait for live sessions, then end their scripts as failed ones."""
        self._stopping = True
        if self._serving:
            await asyncio.wait(self._serving, timeout=self.config.stop_timeout)
        if live := list(self._sessions.values()):
            log.warning("scripts are ended, since the server stops", scripts=len(live))
            await asyncio.gather(*(each.leave(self.config.leave_timeout) for each in live))
        if self._serving:
            await asyncio.wait(self._serving, timeout=2 * AWAY_SECONDS)
        for task in (tasks := [*self._serving, *self._listening]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What AMI says

    async def _read(self, stream: Stream[AmiEvent]) -> None:
        try:
            async for event in stream:
                match event:
                    case events.AsyncAGIStart():
                        self._begin(event)
                    case events.AGIExecEnd() if event.result_code == ENDS:
                        if (relay := self._relays.get(event.uniqueid)) is not None:
                            relay.fail()
                    case events.AsyncAGIExec():
                        if (relay := self._relays.get(event.uniqueid)) is not None:
                            relay.replied(event.command_id, event.result)
                    case events.HangupRequest() | events.SoftHangupRequest():
                        if (relay := self._relays.get(event.uniqueid)) is not None:
                            relay.hanging_up = True
                    case events.AsyncAGIEnd():
                        self._end(event.uniqueid)
                    case events.Hangup():
                        self._close(event.uniqueid, HUNG_UP)
        finally:
            stream.end()

    async def _follow(self) -> None:
        """Follow the connection: what is lost with it, and what has to be done when it is back."""
        async for state in self.ami.state:
            if state == "ready":
                early, self._early = self._early, {}
                for start in early.values():
                    self._begin(start)
                self._spawn(self._recover())
            elif state in ("gap", "stopped"):
                for channel_id in list(self._relays):
                    self._lost.add(channel_id)
                    self.counts["lost"] += 1
                    self._close(channel_id, LOST)

    def _begin(self, start: events.AsyncAGIStart) -> None:
        """A call has come."""
        if self.ami.state.value != "ready":  # on a connection that is only being made
            self._early[start.uniqueid] = start
        elif self._mine(first_of(start.env)):
            self._close(start.uniqueid, HUNG_UP)
            relay = self._relays[start.uniqueid] = Relay(self.ami, start.uniqueid, self._turn)
            self._spawn(self._serve(relay, start))

    def _end(self, channel_id: str) -> None:
        """A call is not under AGI any more; why is asked."""
        self._early.pop(channel_id, None)
        if (relay := self._relays.pop(channel_id, None)) is not None:
            relay.ending = True
            self._spawn(self._judge(relay))

    async def _judge(self, relay: Relay) -> None:
        """Tell a script why AGI has ended for its call."""
        error = await self._why(relay)
        session = self._sessions.get(relay)
        if session is not None and isinstance(error, ChannelGone):
            session.hung_up(error.reason)
        elif session is not None and not relay.failed and not relay.given_back:
            session.interrupt(error)
        relay.close(error)

    async def _why(self, relay: Relay) -> StasisError:
        if relay.given_back:
            return TakenBack("the call was given back to its dialplan")
        if relay.failed and not relay.hanging_up:
            return TakenBack("Asterisk has ended AGI for the call, as it does after such a failure")
        if relay.hanging_up:
            return ChannelGone(relay.channel_id, HUNG_UP)
        ask = actions.Getvar(channel=relay.channel_id, variable="AGISTATUS")
        for _ in range(STATUS_TRIES):
            try:
                status = (await self.ami.send(ask)).value
            except ActionFailed:
                break
            except AmiError:
                return ChannelGone(relay.channel_id, LOST)
            if status == "HANGUP":
                break
            if status:  # set a moment after the end
                return TakenBack(
                    "Asterisk has ended AGI for the call, as after a command that fails"
                )
            await asyncio.sleep(STATUS_SECONDS)
        return ChannelGone(relay.channel_id, HUNG_UP)

    def _close(self, channel_id: str, reason: str) -> None:
        """A call is gone, or out of our reach."""
        self._early.pop(channel_id, None)
        relay = self._relays.pop(channel_id, None)
        if relay is None:
            return
        # The script first: it stands at a command, and is told once.
        if (session := self._sessions.get(relay)) is not None:
            session.hung_up(reason)
        relay.close(ChannelGone(channel_id, reason))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    # Calls

    async def _serve(self, relay: Relay, start: events.AsyncAGIStart) -> None:
        """One call, from its start to its end."""
        try:
            environment = Environment.routed(await relay.environment(start.env))
        except ChannelGone:
            return self._told("closed early", "a call was gone before it began")
        except AgiError as error:
            return await self._turn_away(relay, "nonsense", f"its environment: {error.reason}")
        path = environment.script
        script = self.routes.get(path, self.routes.get(ANY))
        if script is None:
            return await self._turn_away(relay, "no script", f"no AsyncAGI script {path!r}")
        if self._stopping or self.sessions >= self.config.sessions:
            return await self._turn_away(relay, "too many", "too many AsyncAGI sessions at once")
        session = Session(
            Agi(environment, relay), script, on_error=self.config.on_error, farewell=BREAK
        )
        self._sessions[relay] = session
        watching = asyncio.create_task(self._watch(relay, session))
        try:
            good = await session.run()
        finally:
            del self._sessions[relay]
            self._forget(relay)
            watching.cancel()
        self.counts["done" if good else "failed"] += 1

    async def _watch(self, relay: Relay, session: Session) -> None:
        """Tell a script that does nothing for too long."""
        idle = self.config.idle_timeout
        if idle is None:
            return
        while True:
            left = relay.last + idle - asyncio.get_running_loop().time()
            if left <= 0:
                break
            await asyncio.sleep(left)
        session.interrupt(WaitTimeout("a command of the script, or its reply", idle))

    async def _turn_away(self, relay: Relay, kind: str, reason: str) -> None:
        """Give a call back, so that AGISTATUS is FAILURE and Asterisk's log says why."""
        self._told(kind, "a call was given back", reason=reason)
        text = reason.encode("ascii", "replace").decode()
        try:
            with suppress(StasisError, TimeoutError):
                async with asyncio.timeout(AWAY_SECONDS):
                    for command in (("VERBOSE", text[:200], "1"), FAILING, (BREAK,)):
                        await relay.send(line(command[0], command[1:], LIMIT))
        finally:
            self._forget(relay)

    def _forget(self, relay: Relay) -> None:
        """A call is served: what comes of its channel now is of another session."""
        relay.close(TakenBack("the session is over"))
        if self._relays.get(relay.channel_id) is relay:
            del self._relays[relay.channel_id]

    # What waits without us

    async def _allowed(self) -> None:
        """Whether we may send commands. Raises ConfigError, AmiError."""
        try:
            await self.ami.send(actions.AGI(channel=NOBODY, command="NOOP"))
        except PermissionDenied:
            raise ConfigError(
                f"AsyncAGI needs the class agi in read and write of the user"
                f" {self.ami.config.username!r} in manager.conf"
            ) from None
        except UnknownAction:
            raise ConfigError("AsyncAGI needs the module res_agi.so, which is not loaded") from None
        except NoSuch:
            pass

    async def _recover(self) -> None:
        """After every connect: give back calls whose beginning, or whose replies, we missed."""
        try:
            await self._allowed()
            listing = await self.ami.list(actions.CoreShowChannels())
        except ConfigError as error:
            log.error("calls under AsyncAGI cannot be served", reason=str(error))
            return
        except AmiError as error:
            log.warning("calls under AsyncAGI cannot be listed", reason=error.reason)
            return
        lost, self._lost = self._lost, set()
        found = [each.uniqueid for each in listing if each.uniqueid in lost or self._ours(each)]
        if not (found := [each for each in found if each not in self._relays]):
            return
        await asyncio.sleep(SETTLE_SECONDS)
        for channel_id in found:
            if channel_id not in self._relays:
                relay = self._relays[channel_id] = Relay(self.ami, channel_id, self._turn)
                reason = "it came, or was served, while nobody listened"
                self._spawn(self._turn_away(relay, "given back", reason))

    def _ours(self, channel: AmiEvent) -> bool:
        """Whether a channel waits for us, as far as it can be seen."""
        if not isinstance(channel, events.CoreShowChannel) or channel.app != "AGI":
            return False
        target, _, rest = channel.application_data.partition(",")
        if not target.startswith("agi:async"):
            return False
        return self._mine(rest.partition(",")[0])

    def _mine(self, target: str) -> bool:
        """Whether a call is for us. target: its first argument."""
        path = unquote(target.partition("?")[0]).strip("/")
        return self.config.exclusive or ANY in self.routes or path in self.routes

    def _told(self, kind: str, text: str, **facts: object) -> None:
        self.counts[kind] += 1
        # The first, and then ever fewer.
        count = self.counts[kind]
        if count & (count - 1) == 0:
            log.warning(text, count=count, **facts)


def first_of(env: str) -> str:
    """The first argument in an `Env` as it comes, as much as is there; "" without."""
    found = FIRST.search(unquote(env))
    return found[1] if found else ""
