"""The first difference between a session and a run of a flow on it, and how it reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from attrs import asdict, frozen

from stasis.testing.session.file import Came, Lost, Opened, Sent, Stepped
from stasis.testing.session.script import parameters

__all__ = ["Difference", "What", "happened", "shown"]

What: TypeAlias = Literal[
    "another request", "a request too many", "a request is missing", "another time",
    "another state", "a state too many", "a state is missing",
]  # fmt: skip


@frozen
class Difference:
    """Where a run is not what the session was.

    what: in few words. at: seconds since the start. call: the channel. app: its application.
    state: that the call is in now. expected, got: a name and value for each part of a request or
    step; empty when there is none. recent: the last that came for the call, one line each.
    failure: what the flow has raised, or empty.
    """

    what: What
    at: float
    call: str
    app: str
    state: str
    expected: Mapping[str, str]
    got: Mapping[str, str]
    recent: tuple[str, ...] = ()
    failure: str = ""

    def rows(self) -> list[tuple[str, str, str]]:
        """Each part with what was expected and what came: those that differ have both."""
        names = dict.fromkeys((*self.expected, *self.got))
        return [(name, self.expected.get(name, ""), self.got.get(name, "")) for name in names]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Everything, in lines."""
        lines = [
            f"{self.what} at {self.at:.3f} s, call {self.call} ({self.app}), in {self.state!r}"
        ]
        for title, values in (("expected", self.expected), ("got", self.got)):
            told = [f"{name}: {value}" for name, value in values.items()] or ["nothing"]
            lines.append(f"  {title:9} {'; '.join(told)}")
        if self.failure:
            lines.append(f"  the flow raised {self.failure}")
        lines += [f"  before it  {line}" for line in self.recent]
        return "\n".join(lines)


def shown(line: Sent | Stepped) -> dict[str, str]:
    """A request or a step, part by part."""
    if isinstance(line, Stepped):
        parts = {
            "from": line.state,
            "trigger": line.trigger,
            "to": line.target or "the end",
            "do": line.action,
            "raised": line.failure,
        }
        return {name: value for name, value in parts.items() if value}
    return {
        "request": f"{line.method} {unquote(line.path)}",
        **{name: text(value) for name, value in parameters(line).items()},
    }


def text(value: Any) -> str:
    """A parameter's value on one line."""
    return value if isinstance(value, str) else repr(value)


def happened(line: Came | Opened | Lost | Sent | Stepped) -> str:
    """A line of a session in words."""
    return f"{line.at:9.3f}  {words(line)}"


def words(line: Came | Opened | Lost | Sent | Stepped) -> str:
    """What a line says, without its time."""
    if isinstance(line, Came):
        details = [f"{name} {line.event[name]}" for name in DETAILS if line.event.get(name)]
        media = line.part("playback").get("media_uri") or line.part("recording").get("name")
        details += [str(media)] if media else []
        return " ".join((str(line.event.get("type", "no event")), *details))
    if isinstance(line, Opened):
        return "the event socket is open"
    if isinstance(line, Lost):
        return f"the event socket is lost: {line.reason}"
    if isinstance(line, Sent):
        return " ".join(shown(line).values())
    return f"enters {line.target!r}" if line.target else f"ends in {line.state!r}"


DETAILS = ("digit", "dialstatus", "cause_txt", "eventname", "variable")
