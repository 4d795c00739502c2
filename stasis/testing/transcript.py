"""A call in lines, with the seconds since it began: what people did and heard, and the states.

0.0 s  100 calls
0.0 s  100: menu
0.0 s  100 hears sound:basic-pbx-ivr-main
2.0 s  100 presses 1
2.1 s  100: ringing (ChannelDtmfReceived 1)
2.1 s  PJSIP/alice is called
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from stasis.testing.failure import in_words
from stasis.trigger import trigger_of
from stasis.walk import Walked

if TYPE_CHECKING:
    from stasis.testing.party import Caller

__all__ = ["Transcript"]

# What Asterisk tells a phone, in words.
TOLD = {
    "ANSWER": "is answered",
    "HOLD": "is put on hold",
    "UNHOLD": "is off hold",
    "RINGING": "hears ringing",
}
# How much of a long call is told.
LINES = 60


class Transcript:
    """What has happened on one simulated Asterisk. lines: all of it, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        self._begun: float | None = None

    def __str__(self) -> str:
        left_out = len(self.lines) - LINES
        first = [f"   … {left_out} lines before"] if left_out > 0 else []
        return "\n".join(first + self.lines[-LINES:])

    def joined(self, party: Caller, name: str, how: str) -> None:
        """Somebody calls, or is called. name: theirs. how: in words."""
        same = sum(each.partition(" #")[0] == name for each in self._names.values())
        self._names[party.id] = f"{name} #{same + 1}" if same else name
        self.did(party, how)
        called = how == "is called"
        party.line.listeners.append(lambda what: self._heard(party, what, called=called))

    def did(self, party: Caller, what: str) -> None:
        """Somebody does something, in the third person."""
        self._tell(f"{self._names.get(party.id, party.id)} {what}")

    def walked(self, step: Walked) -> None:
        """A flow has gone a step."""
        if step.failure is not None:
            words = f"the flow has raised {in_words(step.failure, step.state)}"
        elif step.action:
            words = f"{step.state}: does {step.action}"
        else:
            words = step.target or "the flow has ended"
        why = "" if step.trigger is None else f" ({trigger_of(step.trigger)})"
        self._tell(f"{self._names.get(step.channel_id, step.channel_id)}: {words}{why}")

    def _heard(self, party: Caller, what: str, *, called: bool) -> None:
        if what.startswith("ENDED"):
            self.did(party, f"has no call any more (cause {what.removeprefix('ENDED ')})")
        elif not what.isupper():
            self.did(party, f"hears {what}")
        elif not called:
            self.did(party, TOLD.get(what, f"is told {what.lower()}"))

    def _tell(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._begun is None:
            self._begun = now
        self.lines.append(f"{now - self._begun:7.1f} s  {text}")
