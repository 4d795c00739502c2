"""A call from the keyboard: a flow on the simulator, and a person in place of the script.

What happens is told as moments: what is heard, which state is entered, whose phone rings. Keys
are the caller's digits; a few letters do what else people do. Nothing here knows a terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from attrs import frozen

from stasis.plugin import Plugin
from stasis.program import Program, Runnable
from stasis.testing.asterisk import Asterisk, FlowFailed, Left
from stasis.testing.failure import in_words
from stasis.testing.party import Callee, Caller
from stasis.trigger import trigger_of
from stasis.walk import Walked

__all__ = ["KEYS", "Kind", "Moment", "Play"]

Kind: TypeAlias = Literal["call", "state", "hears", "does", "phone", "end", "error"]
"""What a moment is: the call begins or ends, a state is entered, something is heard or done."""

# What Asterisk tells a phone, in words.
TOLD = {"ANSWER": "answered", "HOLD": "you are put on hold", "UNHOLD": "you are off hold"}
DIGITS = "0123456789*#ABCD"
# What a skip may pass over before it gives up.
SKIP_SECONDS = 3600.0


@frozen
class Moment:
    """Something that happened. at: seconds since the call began. text: for people.

    media: the URI that the caller begins to hear, or an empty text.
    """

    at: float
    kind: Kind
    text: str
    media: str = ""


class Play:
    """One flow at the keyboard. Use it in `async with`.

    programs, version, sounds: as of `Asterisk`. args: of the application. jump: moves the clock of
    the loop on, for `skip`; None in virtual time, which moves on by itself.

    flow: the first of them, as it was given. moments: all that happened. on_moment: called with
    each. state: the flow's now. caller: who calls, or has called last.
    """

    def __init__(
        self,
        programs: Runnable | Plugin | Mapping[str, Runnable | Program],
        *,
        version: str = "22",
        sounds: Path | Mapping[str, float] | None = None,
        args: Sequence[str] = (),
        jump: Callable[[float], None] | None = None,
    ) -> None:
        self.moments: list[Moment] = []
        self.on_moment: list[Callable[[Moment], None]] = []
        self.state = ""
        self.caller: Caller | None = None
        self._args = args
        self._jump = jump
        self._begun = 0.0
        self._entered = 0.0
        self._asterisk = Asterisk(programs, version=version, sounds=sounds, on_walk=(self._walked,))
        self.flow = next(iter(self._asterisk.programs.values())).runnable

    async def __aenter__(self) -> Play:
        await self._asterisk.__aenter__()
        self._asterisk.on_party = self._party
        self._asterisk.machine.bus.watchers.append(self._event)
        await self.call()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._asterisk.looked = True  # what the flow has raised was told as a moment
        try:
            await self._asterisk.__aexit__(kind, error, trace)
        except (FlowFailed, Left) as fault:
            self._tell("error", str(fault))

    @property
    def over(self) -> bool:
        """Whether nobody is in a call."""
        return self.caller is None or self.caller.over

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self._now() - self._begun

    @property
    def in_state(self) -> float:
        """Seconds since the state was entered."""
        return self._now() - self._entered

    @property
    def callees(self) -> list[Callee]:
        """Who was called and is still there: rings, or talks."""
        return [each for each in self._asterisk.callees if not each.over]

    # What people do

    async def call(self) -> None:
        """Call, or call again."""
        if not self.over:
            return
        self._begun = self._entered = self._now()
        self._tell("call", "you call")
        self.caller = await self._asterisk.call("", *self._args)

    async def press(self, keys: str) -> None:
        """Press keys. Digits are the caller's; letters are those of KEYS."""
        for key in keys:
            if key in DIGITS:
                await self._digit(key)
            elif key in KEYS:
                await KEYS[key][1](self)

    async def _digit(self, digit: str) -> None:
        if self.caller is not None and not self.over:
            self._tell("does", f"you press {digit}")
            await self.caller.dials(digit)

    async def speak(self) -> None:
        """Say something for two seconds."""
        if self.caller is not None and not self.over:
            self._tell("does", "you speak for 2 s")
            await self.caller.speaks(2.0)

    async def hang_up(self) -> None:
        """Hang up."""
        if self.caller is not None and not self.over:
            self._tell("does", "you hang up")
            await self.caller.hangs_up()

    async def answer(self) -> None:
        """Whose phone has rung longest picks up."""
        for each in self._ringing():
            self._tell("phone", f"{each.phone} answers")
            await each.answers()

    async def busy(self) -> None:
        """Whose phone has rung longest is busy."""
        for each in self._ringing():
            self._tell("phone", f"{each.phone} is busy")
            await each.is_busy()

    async def leave(self) -> None:
        """Who was called hangs up."""
        talking = [callee for callee in self.callees if callee.answered][:1]
        for each in talking:
            self._tell("phone", f"{each.phone} hangs up")
            await each.hangs_up()
        if not talking:
            self._tell("does", "nobody who was called has answered")

    def _ringing(self) -> list[Callee]:
        """Whose phone has rung longest; it is told when there is none."""
        found = [callee for callee in self.callees if not callee.answered][:1]
        if not found:
            self._tell("does", "no phone rings")
        return found

    async def wait(self) -> None:
        """Wait a second."""
        await asyncio.sleep(1)

    async def skip(self) -> None:
        """Pass over the time in which nothing happens, and let all happen that then does."""
        if not self.over:
            await self._pass_over()
            await asyncio.sleep(0.005)

    async def _pass_over(self) -> None:
        before, passed = len(self.moments), 0.0
        if self._jump is None:
            if not self.over:
                await self._asterisk.machine.until(lambda: len(self.moments) > before, SKIP_SECONDS)
            return
        while len(self.moments) == before and passed < SKIP_SECONDS and not self.over:
            self._jump(0.1)
            passed += 0.1
            await self._asterisk.machine.until(lambda: len(self.moments) > before, 0.0001)

    # What is noticed

    def _walked(self, walked: Walked) -> None:
        if walked.failure is not None:
            self._tell("error", f"the flow failed: {in_words(walked.failure, walked.state)}")
        why = "" if walked.trigger is None else f" ({trigger_of(walked.trigger)})"
        if walked.action:
            self._tell("state", f"{walked.state}: {walked.action}{why}")
        elif walked.target:
            self.state, self._entered = walked.target, self._now()
            self._tell("state", f"{walked.target}{why}")
        else:
            self.state = ""

    def _event(self, kind: str, fields: dict[str, Any]) -> None:
        """What no phone hears."""
        if kind in ("RecordingStarted", "RecordingFinished", "RecordingFailed"):
            recording = fields["recording"]
            words = {"RecordingStarted": "starts", "RecordingFinished": "ends"}.get(kind, "fails")
            seconds = f" ({recording['duration']} s)" if "duration" in recording else ""
            self._tell("does", f"recording {recording['name']} {words}{seconds}")

    def _party(self, party: Caller) -> None:
        who = "you" if not isinstance(party, Callee) else party.phone
        if isinstance(party, Callee):
            self._tell("phone", f"{who} is called")

        def hears(what: str) -> None:
            if what.startswith("ENDED"):
                cause = what.removeprefix("ENDED ")
                over = "the call is over" if who == "you" else f"{who}'s call is over"
                self._tell("end", f"{over} (cause {cause})")
            elif what.isupper():
                if who == "you":
                    self._tell("hears", TOLD.get(what, f"you hear {what.lower()}"))
            else:
                you = who == "you"
                text = f"{who} hear{'' if you else 's'} {what}"
                self._tell("hears", text, what if you else "")

        party.line.listeners.append(hears)

    def _tell(self, kind: Kind, text: str, media: str = "") -> None:
        moment = Moment(self.elapsed, kind, text, media)
        self.moments.append(moment)
        for told in self.on_moment:
            told(moment)
        self._asterisk.machine.changed()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


Act: TypeAlias = Callable[[Play], Coroutine[Any, Any, None]]

KEYS: dict[str, tuple[str, Act]] = {
    "h": ("hang up", Play.hang_up),
    "c": ("call again", Play.call),
    "s": ("speak", Play.speak),
    "a": ("the phone that rings answers", Play.answer),
    "b": ("it is busy", Play.busy),
    "x": ("who was called hangs up", Play.leave),
    ",": ("wait a second", Play.wait),
    " ": ("skip to what happens next", Play.skip),
}
"""What a letter does, in words and in deed."""
