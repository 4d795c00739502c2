"""Compares what a run does with what a session has, request by request and step by step. Pure.

A call's requests come in the order of its own, and so do its steps. Each is met once; what does
not fit is a difference, which says all that is known at that moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

import msgspec

from stasis.testing.session.difference import Difference, What, happened, shown
from stasis.testing.session.file import Came, Hidden, Sent, Session, Stepped
from stasis.testing.session.match import Bindings
from stasis.testing.session.script import Due, Exchange, Expected, Script

__all__ = ["Comparison"]

# So many of the last events of a call are told with a difference.
RECENT = 6

Look = Callable[[str], tuple[str, str]]


class Comparison:
    """Of one run.

    script: what is expected. bindings: which ids stand for which. slack: seconds that a request
    or step may be early or late. look: gives the state that a call is in, and what it has raised.
    """

    def __init__(
        self, session: Session, programs: Mapping[str, object], slack: float, look: Look
    ) -> None:
        self.script = Script.of(session, programs)
        self.bindings = Bindings(line.value for line in session.lines if isinstance(line, Hidden))
        self._slack = slack
        self._look = look
        self._recent: dict[str, deque[str]] = {}

    def came(self, line: Came) -> None:
        """An event is given to the run: remember it for the calls it names."""
        target = str(line.part("playback", "recording").get("target_uri", ""))
        calls = {str(line.part(name).get("id", "")) for name in ("channel", "peer")}
        for call in {*calls, target.removeprefix("channel:")} - {""}:
            self._note(call, line)

    def request(self, sent: Sent) -> Exchange | Difference:
        """A call has sent a request: the one of the session that it is, or the difference.

        It may have come too late then, and another be sent instead: `meet` says that it was not.
        """
        expected = self.script.next(sent.call)
        found = self._among(expected, sent)
        if found is None:
            # Those that may have been too late were not, if this one comes behind them.
            found = self._among(self.script.next(sent.call, sure=False), sent)
            if found is not None:
                for each in self.script.requests[sent.call]:
                    if each.by is not None and each.place < found.place:
                        self.meet(each)
        if found is None and expected:
            return self._difference("another request", expected[0], sent, sent.at)
        if found is None:
            return self._difference("a request too many", None, sent, sent.at)
        if abs(found.at - sent.at) > self._slack:
            return self._difference("another time", found, sent, sent.at)
        found.by = sent
        return found

    def meet(self, exchange: Exchange) -> None:
        """The request was sent, as it was then."""
        if not exchange.met and exchange.by is not None:
            exchange.met = True
            self._note(exchange.by.call, exchange.by)

    def step(self, step: Stepped) -> Difference | None:
        """A call has made a step. Returns the difference, if there is one."""
        expected = self.script.next_step(step.call)
        fits = expected is not None and same(expected.step, step)
        # At the end nothing is on its way any more, and before another step nothing should be.
        before = None if fits and step.target else self.script.before(step.call, expected)
        if before is not None:
            return self.missing(before, step.at)
        if expected is None:
            return self._difference("a state too many", None, step, step.at)
        if not fits:
            return self._difference("another state", expected, step, step.at)
        if abs(expected.at - step.at) > self._slack:
            return self._difference("another time", expected, step, step.at)
        expected.met = True
        self._note(step.call, step)
        return None

    def missing(self, due: Due, now: float) -> Difference:
        """What was expected has not come."""
        what: What = "a request is missing" if isinstance(due, Exchange) else "a state is missing"
        return self._difference(what, due, None, now)

    def _among(self, exchanges: Iterable[Exchange], sent: Sent) -> Exchange | None:
        """Which of these a request is; if so, what stands for what is known from here on."""
        return next((e for e in exchanges if self.bindings.match(whole(e.sent), whole(sent))), None)

    def _note(self, call: str, line: Came | Sent | Stepped) -> None:
        self._recent.setdefault(call, deque(maxlen=RECENT)).append(happened(line))

    def _difference(
        self, what: What, expected: Due | None, got: Sent | Stepped | None, now: float
    ) -> Difference:
        then: Sent | Stepped | None = None
        if expected is not None:
            then = expected.step if isinstance(expected, Expected) else expected.sent
        line = got or then
        assert line is not None
        state, failure = self._look(line.call)
        wanted, found = parts(then, what), parts(got, what)
        return Difference(
            what,
            round(now, 3),
            line.call,
            line.app,
            state or line.state,
            wanted,
            {name: self._then(wanted.get(name), part) for name, part in found.items()},
            tuple(self._recent.get(line.call, ())),
            failure,
        )

    def _then(self, then: str | None, now: str) -> str:
        """A part with the recorded ids, where it has such."""
        return then if then is not None and self.bindings.alike(then, now) else now


def whole(sent: Sent) -> list[object]:
    """A request as one value; ids are found in the segments of its path as they were given."""
    path = [unquote(segment) for segment in sent.path.split("/")]
    return [sent.method, path, sorted(sent.query), sent.body]


def parts(line: Sent | Stepped | None, what: What) -> dict[str, str]:
    """The parts of a request or step; with its time where that is what differs."""
    if line is None:
        return {}
    time = {"at": f"{line.at:.3f} s"} if what == "another time" or "missing" in what else {}
    return {**shown(line), **time}


def same(then: Stepped, now: Stepped) -> bool:
    """Whether two steps lead the same way. What the flow is called does not matter.

    Nor what has led to the end: a flow that returns and a caller who leaves may be as near as that.
    """
    trigger = then.trigger if now.target else now.trigger
    return msgspec.structs.replace(then, at=now.at, flow=now.flow, trigger=trigger) == now
