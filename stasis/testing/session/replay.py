"""Runs flows on a recorded session, in virtual time, and finds the first difference.

Frames come at their times, requests are answered as they were and not before. What a call sends
and which states it enters is compared, in the order of its own; calls are apart from each other.
What the engine asks for itself is answered, and not compared. It takes no time, and gives the
same each time.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
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
from stasis.testing import clock
from stasis.testing.session import file
from stasis.testing.session.difference import Difference, What, happened, shown
from stasis.testing.session.file import Answered, Came, Hidden, Sent, Session, SessionError, Stepped
from stasis.testing.session.match import Bindings
from stasis.testing.session.script import Exchange, Expected, Script, is_own, question
from stasis.testing.session.tap import decoded, step_of
from stasis.transport.frames import Lost, Opened
from stasis.walk import Walked

__all__ = ["SLACK", "replay", "replayed"]

SLACK = 1.0
"""Seconds that a request or step may be early or late, unless told otherwise."""
# So many of the last events of a call are told with a difference.
RECENT = 6
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
    return clock.run(replay(session, programs, slack=slack, config=config))


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
    if not isinstance(asyncio.get_running_loop(), clock.VirtualClockLoop):
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
        self._script = Script.of(session, programs)
        self._bindings = Bindings(line.value for line in session.lines if isinstance(line, Hidden))
        self._slack = slack
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._frames: asyncio.Queue[Opened | Lost | bytes] = asyncio.Queue()
        self._found: asyncio.Future[Difference] = asyncio.get_running_loop().create_future()
        self._closing = asyncio.Event()
        self._ended = False
        self._came: dict[str, deque[str]] = {}
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
        work = asyncio.create_task(self._compare(), name="replay")
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
            self._link.stop()
            await asyncio.gather(work, link, return_exceptions=True)
            await turn()

    async def _compare(self) -> None:
        await asyncio.gather(self._feed(), self._look())

    def _now(self) -> float:
        return self._clock() - self._begun

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._now()))

    async def _wait(self, seconds: float) -> None:
        """So long, or until the replay is over: nothing of it is to outlive it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._closing.wait()

    # What comes

    async def _source(self) -> AsyncIterator[Opened | Lost | bytes]:
        while True:
            yield await self._frames.get()

    async def _feed(self) -> None:
        """Give the link what came, when it came."""
        for line in self._session.lines:
            if isinstance(line, file.Stopping) and line.step != "drain":
                break
            await self._until(line.at)
            if isinstance(line, file.Opened):
                self._frames.put_nowait(Opened(nothing, nothing))
            elif isinstance(line, file.Lost):
                retry = float("inf") if line.retry_in is None else line.retry_in
                self._frames.put_nowait(Lost(line.reason, retry))
            elif isinstance(line, file.Stopping) and line.step == "drain":
                self._link.drain()
            elif isinstance(line, Came) and self._concerns(line.event):
                self._note(line)
                self._frames.put_nowait(self._bindings.told(json.dumps(line.event)).encode())
            else:
                continue
            await turn()
        await self._until(self._script.end)
        await turn()
        self._ended = True

    def _concerns(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is for the programs that run, and no fence: those are made anew."""
        app = str(event.get("application", ""))
        return self._link.calls.program(app) is not None and not str(
            event.get("eventname", "")
        ).startswith(FENCE)

    def _note(self, line: Came | Sent | Stepped, call: str = "") -> None:
        """Remember it as the last that has happened to each of the calls it names."""
        named = (
            {str(line.part(name).get("id", "")) for name in ("channel", "peer")}
            if isinstance(line, Came)
            else {call}
        )
        for each in named | self._runs_for(line):
            self._came.setdefault(each, deque(maxlen=RECENT)).append(happened(line))

    def _runs_for(self, line: Came | Sent | Stepped) -> set[str]:
        """The channel that a playback or recording is of."""
        if not isinstance(line, Came):
            return set()
        target = str(line.part("playback", "recording").get("target_uri", ""))
        kind, _, id = target.partition(":")
        return {id} if kind == "channel" else set()

    # What is sent

    async def _send(self, request: Request) -> Response:
        whose = get_contextvars()
        body = decoded(request.body) if request.body else None
        sent = msgspec.convert(
            msgspec.to_builtins(
                Sent(
                    at=self._now(),
                    id=0,
                    operation=request.operation,
                    method=request.method,
                    path=request.path,
                    query=list(request.query),
                    body=body,
                    call=str(whose.get("channel", "")),
                    app=str(whose.get("app", "")),
                    state=str(whose.get("state", "")),
                )
            ),
            Sent,
        )
        if is_own(sent):
            return await self._own(sent)
        if self._over:
            return gone()
        exchange = self._match(sent)
        if exchange is None or self._found.done():
            await self._closing.wait()  # what the flow would make of an answer, nobody wants to see
            return gone()
        self._note(sent, sent.call)
        exchange.met = True
        answered = exchange.answered
        if answered is None:
            await self._wait(request.seconds)  # the session ends before the answer
            raise OutcomeUnknown(request.method, request.path, "the session has no answer")
        await self._wait(answered.at - self._now())
        return self._answer(request, answered)

    @property
    def _over(self) -> bool:
        """Whether what the program does now is not compared: it is stopping, or not recorded."""
        return self._ended

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

    def _match(self, sent: Sent) -> Exchange | None:
        """The request of the session that this one is; a difference when there is none."""
        expected = self._script.next(sent.call)
        for exchange in expected:
            then = exchange.sent
            if (then.method, len(then.path.split("/"))) == (
                sent.method,
                len(sent.path.split("/")),
            ) and self._bindings.match(
                [then.path, sorted(then.query), then.body],
                [sent.path, sorted(sent.query), sent.body],
            ):
                if abs(exchange.at - sent.at) > self._slack:
                    self._differ("another time", exchange, sent)
                return exchange
        if expected:
            self._differ("another request", expected[0], sent)
        else:
            self._differ("a request too many", None, sent)
        return None

    # What is made of it

    def _walked(self, walked: Walked) -> None:
        if self._over or self._found.done():
            return
        step = step_of(walked, self._now())
        expected = self._script.next_step(step.call)
        fits = expected is not None and same(expected.step, step)
        if not fits and (before := self._script.before(step.call, expected)) is not None:
            self._missing(before)
        elif expected is None:
            self._differ("a state too many", None, step)
        elif not fits:
            self._differ("another state", expected, step)
        else:
            expected.met = True
            if abs(expected.at - step.at) > self._slack:
                self._differ("another time", expected, step)
        self._note(step, step.call)

    async def _look(self) -> None:
        """Find what has not come in time."""
        for due in self._script.due():
            if due.at + self._slack > self._script.end:
                break
            await self._until(due.at + self._slack)
            await turn()
            if not due.met:
                self._missing(due)
        await self._until(self._script.end)
        await turn()
        for due in self._script.due():
            # At the very end the program's own stop is as near as the flow's next step.
            if not due.met and due.at < self._script.end:
                self._missing(due)

    def _missing(self, due: Exchange | Expected) -> None:
        exchange = isinstance(due, Exchange)
        self._differ("a request is missing" if exchange else "a state is missing", due, None)

    def _differ(
        self, what: What, expected: Exchange | Expected | None, got: Sent | Stepped | None
    ) -> None:
        """The run is not what the session was; only the first time counts."""
        if self._found.done():
            return
        then = None
        if expected is not None:
            then = expected.sent if isinstance(expected, Exchange) else expected.step
        line = got or then
        assert line is not None
        runner = next(
            (each for each in self._link.calls.tasks if each.channel.id == line.call), None
        )
        expected_parts, parts = timed(then, what), timed(got, what)
        failure = runner.failure if runner is not None else None
        state = runner.state if runner is not None else ""
        self._found.set_result(
            Difference(
                what,
                round(self._now(), 3),
                line.call,
                line.app,
                state or (line.state if isinstance(line, Sent) else line.target),
                expected_parts,
                {name: self._then(expected_parts.get(name), part) for name, part in parts.items()},
                tuple(self._came.get(line.call, ())),
                f"{type(failure).__name__}: {failure}" if failure is not None else "",
            )
        )

    def _then(self, then: str | None, now: str) -> str:
        """A part with the recorded ids, where it has such."""
        return then if then is not None and self._bindings.alike(then, now) else now


def timed(line: Sent | Stepped | None, what: What) -> dict[str, str]:
    """The parts of a request or step; with its time where that is what differs."""
    if line is None:
        return {}
    time = {"at": f"{line.at:.3f} s"} if what == "another time" or "missing" in what else {}
    return {**shown(line), **time}


def same(then: Stepped, now: Stepped) -> bool:
    """Whether two steps lead the same way. What the flow is called does not matter."""
    return msgspec.structs.replace(then, at=now.at, flow=now.flow) == now


def kept(session: Session) -> Any:
    """Where calls are kept: where they were, if that was on their channels."""
    return "variable" if session.header.keep == "variable" else "off"


def gone() -> Response:
    """What is answered for what the session does not have."""
    return Response(404, "Not Found", b'{"message": "not in the session"}')


async def turn() -> None:
    """Let everything run that needs no time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def nothing(text: str = "") -> None:
    """The socket takes nothing here, and is not closed."""
