"""What a session expects of each of its calls: the requests and steps, in their order. Pure.

Requests that were under way together have no order between them; all others have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

from attrs import define, field

from stasis.keep import VARIABLE
from stasis.testing.session.file import (
    Answered,
    Came,
    Line,
    Lost,
    Opened,
    Sent,
    Session,
    Stepped,
    Stopping,
)

__all__ = [
    "Due",
    "Exchange",
    "Expected",
    "Incoming",
    "Script",
    "batches",
    "is_own",
    "parameters",
    "question",
]

# The line with the answer of a request that has none.
NEVER = float("inf")
# Seconds within which what comes is taken together.
TOGETHER = 0.001


@define(eq=False)
class Exchange:
    """A request, its answer, and whether this run has sent it too.

    place, until: their lines. by: the request that it is in this run; met: for sure, and not only
    until it is known whether it came too late.
    """

    sent: Sent
    place: int
    answered: Answered | None = None
    until: float = NEVER
    by: Sent | None = None
    met: bool = False

    @property
    def at(self) -> float:
        """When it was sent."""
        return self.sent.at


@define(eq=False)
class Expected:
    """A step, and whether this run has made it too. place: its line."""

    step: Stepped
    place: int
    met: bool = False

    @property
    def at(self) -> float:
        """When it was made."""
        return self.step.at


Incoming: TypeAlias = Opened | Lost | Came | Answered | Stopping
"""What comes to the program."""

Due: TypeAlias = Exchange | Expected


@define
class Script:
    """What is expected. end: the time up to which this run is compared.

    calls: by channel, what their flows did. own: what the engine asked for itself, by what.
    """

    requests: dict[str, list[Exchange]]
    steps: dict[str, list[Expected]]
    own: dict[str, list[Exchange]] = field(factory=dict)
    end: float = 0.0

    @classmethod
    def of(cls, session: Session, apps: Collection[str]) -> Script:
        """Of a session. apps: those whose calls are run again."""
        requests: dict[str, list[Exchange]] = defaultdict(list)
        steps: dict[str, list[Expected]] = defaultdict(list)
        own: dict[str, list[Exchange]] = defaultdict(list)
        open_: dict[int, Exchange] = {}
        end = session.seconds
        for place, line in enumerate(session.lines):
            if isinstance(line, Sent):
                open_[line.id] = exchange = Exchange(line, place)
                if is_own(line):
                    own[question(line)].append(exchange)
                elif line.app in apps:
                    requests[line.call].append(exchange)
            elif isinstance(line, Answered) and line.id in open_:
                exchange = open_.pop(line.id)
                exchange.answered, exchange.until = line, place
            elif isinstance(line, Stepped) and line.app in apps:
                steps[line.call].append(Expected(line, place))
            elif isinstance(line, Stopping) and line.step != "drain":
                end = min(end, line.at)  # what follows is the stop's doing
                break
        return cls(requests, steps, own, end)

    def due(self) -> list[Due]:
        """Everything that is expected, in order."""
        found: list[Due] = [each for lane in self.requests.values() for each in lane]
        found += [each for lane in self.steps.values() for each in lane]
        return sorted(found, key=lambda each: each.at)

    def next(self, call: str, *, sure: bool = True) -> list[Exchange]:
        """What a call may send next: the first it has not, and what was under way with it.

        sure: what may have come too late has not been sent.
        """
        lane = self.requests.get(call, ())
        left = (each for each in lane if not each.met and (sure or each.by is None))
        return list(under_way(left))

    def next_step(self, call: str) -> Expected | None:
        """The next step that a call is to make."""
        return next((each for each in self.steps.get(call, ()) if not each.met), None)

    def before(self, call: str, step: Expected | None) -> Exchange | None:
        """A request that a call should have sent before that step, and has not."""
        place = NEVER if step is None else step.place
        left = (each for each in self.requests.get(call, ()) if not each.met and each.by is None)
        return next((each for each in left if each.place < place), None)

    def answer(self, asked: str) -> Answered | None:
        """What the engine was answered to a question, the next time or else the last."""
        same = self.own.get(asked, [])
        exchange = next((each for each in same if not each.met), same[-1] if same else None)
        if exchange is None:
            return None
        exchange.met = True
        return exchange.answered


def under_way(exchanges: Iterator[Exchange]) -> Iterator[Exchange]:
    """The first, and those that were sent before it was answered."""
    first = next(exchanges, None)
    if first is not None:
        yield first
        yield from (each for each in exchanges if each.place < first.until)


def batches(lines: Iterable[Line]) -> Iterator[list[Incoming]]:
    """What came, in the portions in which the program has taken it, up to its stop.

    What comes within a millisecond is taken together, unless it did something in between.
    """
    batch: list[Incoming] = []
    for line in lines:
        if isinstance(line, Stopping) and line.step != "drain":
            break
        if isinstance(line, (Sent, Stepped)) or (batch and line.at - batch[0].at > TOGETHER):
            if batch:
                yield batch
            batch = []
        if isinstance(line, (Opened, Lost, Came, Answered, Stopping)):
            batch.append(line)
    if batch:
        yield batch


def is_own(sent: Sent) -> bool:
    """Whether a request is the engine's own, and no flow's.

    What it looks at, what it keeps of a call, and how it sees off a channel that nobody runs any
    more: flows give a reason when they hang up.
    """
    given = parameters(sent)
    seen_off = sent.method == "DELETE" and not given and sent.path == path_of(sent.call)
    return not sent.call or seen_off or given.get("variable") == VARIABLE


def path_of(channel_id: str) -> str:
    """A channel's path."""
    return f"/channels/{quote(channel_id, safe='')}"


def question(sent: Sent) -> str:
    """What the engine asks or says with a request of its own, whatever the values."""
    names = (f"{name}={value}" for name, value in sorted(sent.query) if name != "value")
    return " ".join((sent.method, sent.path, *names))


def parameters(sent: Sent) -> dict[str, Any]:
    """A request's parameters, wherever they travel."""
    body = sent.body if isinstance(sent.body, dict) else {}
    return {**dict(sent.query), **body}
