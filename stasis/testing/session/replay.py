"""Runs flows on a recorded session, in virtual time, and finds the first difference.

Frames come at their times, requests are answered as they were and not before. What a call sends
and which states it enters is compared, in the order of its own; calls are apart from each other.
What the engine asks for itself is answered, and not compared. It takes no time, and gives the
same each time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import msgspec
from structlog.contextvars import get_contextvars

from stasis.ari.resource import Request, Response
from stasis.config import Config, KeepConfig
from stasis.errors import OutcomeUnknown, Unreachable
from stasis.fence import PREFIX as FENCE
from stasis.link import Link
from stasis.program import Program, Runnable
from stasis.runner import Runner
from stasis.testing.clock import VirtualClockLoop
from stasis.testing.clock import run as run_virtually
from stasis.testing.session import file
from stasis.testing.session.comparison import Comparison
from stasis.testing.session.difference import Difference
from stasis.testing.session.file import Answered, Sent, Session, SessionError
from stasis.testing.session.script import Exchange, Incoming, batches, is_own, question
from stasis.testing.session.tap import decoded, step_of
from stasis.transport.frames import Lost, Opened
from stasis.walk import Walked

__all__ = ["SLACK", "replay", "replayed"]

SLACK = 1.0
"""Seconds that a request or step may be early or late, unless told otherwise."""
# A flow takes no time here, and so may send what had been too late then: the caller had left, or
# pressed a key. So long it is waited whether that is it.
HOLD = 0.05
# Turns of the event loop after which whatever needs no time has run.
TURNS = 100


def replayed(
    session: Session | Path | str,
    programs: Mapping[str, Runnable | Program],
    *,
    slack: float = SLACK,
    config: Config | None = None,
) -> Difference | None:
    """Run flows on a session, in virtual time: the same as `replay`, outside of an event loop."""
    return run_virtually(replay(session, programs, slack=slack, config=config))


async def replay(
    session: Session | Path | str,
    programs: Mapping[str, Runnable | Program],
    *,
    slack: float = SLACK,
    config: Config | None = None,
) -> Difference | None:
    """Run flows on a session that `stasis record` has written.

    session: the file. programs: what runs, by application; calls of other applications are left
    out. slack: seconds that a request or step may be early or late. config: the engine's limits.

    Returns the first difference; None when all that the flows did is what they did then. In an
    event loop with real time it runs in a thread with a virtual one.
    Raises SessionError when the file cannot be used, or has no calls of these applications.
    """
    if not isinstance(asyncio.get_running_loop(), VirtualClockLoop):
        return await asyncio.to_thread(replayed, session, programs, slack=slack, config=config)
    session = session if isinstance(session, Session) else Session.load(session)
    if not session.mentioned() & set(programs):
        raise SessionError(
            f"{session.path} has calls of {', '.join(sorted(session.mentioned())) or 'nothing'},"
            f" and none of {', '.join(sorted(programs))}"
        )
    made = {
        app: flow if isinstance(flow, Program) else Program.of(flow)
        for app, flow in programs.items()
    }
    return await Replay(session, made, slack, config or Config()).run()


class Replay:
    """One run of programs on a session."""

    def __init__(
        self, session: Session, programs: Mapping[str, Program], slack: float, config: Config
    ) -> None:
        self._session = session
        self._compared = Comparison(session, programs, slack, self._look)
        self._script = self._compared.script
        self._bindings = self._compared.bindings
        self._slack = slack
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._frames: asyncio.Queue[Opened | Lost | bytes] = asyncio.Queue()
        self._found: asyncio.Future[Difference] = asyncio.get_running_loop().create_future()
        self._held: dict[str, Difference] = {}
        self._cut: dict[str, Difference] = {}
        self._answers: dict[int, asyncio.Event] = {}
        self._closing = asyncio.Event()
        self._ended = False
        self._link = Link(
            attrs.evolve(config, keep=KeepConfig(store=kept(session))),
            programs,
            name=session.header.server or "asterisk",
            frames=self._source(),
            send=self._send,
            on_walk=[self._walked],
        )

    async def run(self) -> Difference | None:
        """Run it. Returns the first difference, or None."""
        work = asyncio.create_task(self._work(), name="replay")
        link = asyncio.create_task(self._link.run(), name="replay link")
        try:
            await asyncio.wait((work, self._found), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            return self._found.result() if self._found.done() else None
        finally:
            work.cancel()
            self._link.let_go("the replay is over")
            self._closing.set()
            for answer in self._answers.values():
                answer.set()
            self._link.stop()
            await asyncio.gather(work, link, return_exceptions=True)
            await turn()

    async def _work(self) -> None:
        await asyncio.gather(self._feed(), self._await())

    def _now(self) -> float:
        return round(self._clock() - self._begun, 6)

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._now()))

    async def _wait(self, seconds: float) -> None:
        """So long, or until the replay is over: nothing of it is to outlive it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._closing.wait()

    def _came(self, id: int) -> asyncio.Event:
        """Set once the answer to the recorded request with this number has come."""
        return self._answers.setdefault(id, asyncio.Event())

    # What comes

    async def _source(self) -> AsyncIterator[Opened | Lost | bytes]:
        while True:
            yield await self._frames.get()

    async def _feed(self) -> None:
        """Give the link what came, when it came; the program runs when it did then."""
        for batch in batches(self._session.lines):
            await self._until(batch[0].at)
            for line in batch:
                self._give(line)
            await turn()
        await self._until(self._script.end)
        await turn()
        self._ended = True

    def _give(self, line: Incoming) -> None:
        if isinstance(line, file.Opened):
            self._frames.put_nowait(Opened(nothing, nothing))
        elif isinstance(line, file.Lost):
            retry = float("inf") if line.retry_in is None else line.retry_in
            self._frames.put_nowait(Lost(line.reason, retry))
        elif isinstance(line, file.Stopping):
            self._link.drain()
        elif isinstance(line, Answered):
            self._came(line.id).set()
        elif not is_fence(line.event):
            # Also those of other applications: they settle waits of any.
            self._compared.came(line)
            self._frames.put_nowait(self._bindings.told(json.dumps(line.event)).encode())

    # What is sent

    async def _send(self, request: Request) -> Response:
        sent = self._sent(request)
        if is_own(sent):
            return await self._own(sent)
        exchange = await self._sent_then(sent)
        return gone() if exchange is None else await self._answered(request, exchange)

    async def _sent_then(self, sent: Sent) -> Exchange | None:
        """The request of the session that this one is, at its time; None when there is none."""
        while not self._ended:
            found = self._compared.request(sent)
            if isinstance(found, Difference):
                if not await self._was_cut(sent.call, found):
                    self._tell(found)
                    await self._closing.wait()  # what comes of it nobody wants to see
                return None
            before = self._place(sent.call)
            await self._wait(found.at - self._now())
            await turn()
            if found.by is sent:
                self._compared.meet(found)
                return found
            if self._place(sent.call) != before:
                return None  # it came too late then, and another one was sent instead
        return None

    def _sent(self, request: Request) -> Sent:
        """A request as a session has it."""
        whose = get_contextvars()
        sent = Sent(
            at=self._now(),
            id=0,
            operation=request.operation,
            method=request.method,
            path=request.path,
            query=list(request.query),
            body=decoded(request.body) if request.body else None,
            call=str(whose.get("channel", "")),
            app=str(whose.get("app", "")),
            state=str(whose.get("state", "")),
        )
        return msgspec.convert(msgspec.to_builtins(sent), Sent)

    async def _own(self, sent: Sent) -> Response:
        """What the engine looks at by itself; an event of its own comes back at once."""
        if sent.path.startswith(f"/events/user/{FENCE}"):
            app = dict(sent.query).get("application", "")
            event = {"type": "ChannelUserevent", "application": app, "userevent": {}}
            event["eventname"] = sent.path.rpartition("/")[2]
            self._frames.put_nowait(json.dumps(event).encode())
            return Response(204, "No Content")
        answered = self._script.answer(self._bindings.then(question(sent)))
        if answered is None:
            return gone() if sent.method == "GET" else Response(204, "No Content")
        await self._wait(answered.seconds)
        return self._answer(Request(sent.method, sent.path), answered)

    async def _answered(self, request: Request, exchange: Exchange) -> Response:
        """The answer, at its time."""
        if exchange.answered is None:
            await self._wait(request.seconds)  # the session ends before it
            raise OutcomeUnknown(request.method, request.path, "the session has no answer")
        await self._came(exchange.answered.id).wait()
        return self._answer(request, exchange.answered)

    def _answer(self, request: Request, answered: Answered) -> Response:
        """The recorded answer. Raises what the request had raised then."""
        where = (request.method, request.path)
        if answered.error == "unreachable":
            raise Unreachable(*where, "so it was in the session")
        if answered.error:
            raise OutcomeUnknown(*where, "so it was in the session")
        body = bytes(answered.size)
        if answered.body is not None:
            body = self._bindings.told(json.dumps(answered.body)).encode()
        return Response(answered.status, answered.reason, body)

    async def _was_cut(self, call: str, difference: Difference) -> bool:
        """Whether something happens to the call that had kept it from sending this."""
        before = self._place(call)
        self._held.setdefault(call, difference)
        await self._wait(HOLD)
        self._held.pop(call, None)
        if self._place(call) == before or self._found.done():
            return False
        self._cut[call] = difference
        return True

    # What is made of it

    def _runner(self, call: str) -> Runner | None:
        runners = self._link.calls.tasks
        return next((runner for runner in runners if runner.channel.id == call), None)

    def _look(self, call: str) -> tuple[str, str]:
        """The state that a call is in, and what its flow has raised."""
        runner = self._runner(call)
        if runner is None:
            return "", ""
        failure = runner.failure
        return runner.state, f"{type(failure).__name__}: {failure}" if failure is not None else ""

    def _place(self, call: str) -> tuple[int, bool] | None:
        """Where a call is: which entry of a state it is in, and whether it has gone."""
        runner = self._runner(call)
        return None if runner is None else (runner.owner.entry, runner.channel.gone is not None)

    def _walked(self, walked: Walked) -> None:
        if not self._ended:
            self._tell(self._compared.step(step_of(walked, self._now())))

    async def _await(self) -> None:
        """Find what has not come in time."""
        for due in self._script.due():
            # At the very end the program's own stop is as near as the flow's next step.
            await self._until(min(due.at + max(self._slack, 2 * HOLD), self._script.end))
            await turn()
            if not due.met and due.at < self._script.end:
                self._tell(self._compared.missing(due, self._now()))

    def _tell(self, difference: Difference | None) -> None:
        """Only the first one counts; one that was held back in the same call was before it."""
        if difference is None or self._found.done():
            return
        cut = self._cut.get(difference.call)
        if cut is not None and cut.expected.get("request") == difference.expected.get("request"):
            difference = cut  # what was expected has not come later either
        self._found.set_result(self._held.get(difference.call, difference))


def kept(session: Session) -> Any:
    """Where calls are kept: where they were, if that was on their channels."""
    return "variable" if session.header.keep == "variable" else "off"


def is_fence(event: Mapping[str, Any]) -> bool:
    """Whether an event is the engine's own; those are made anew."""
    return str(event.get("eventname", "")).startswith(FENCE)


def gone() -> Response:
    """What is answered for what the session does not have."""
    return Response(404, "Not Found", b'{"message": "not in the session"}')


async def turn() -> None:
    """Let everything run that needs no time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def nothing(text: str = "") -> None:
    """The socket takes nothing here, and is not closed."""
