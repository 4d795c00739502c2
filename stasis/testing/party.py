"""People at phones: what they hear, say and press, as a test's script has it.

Rules: a verb in the third person is what the person does or notices, and returns once it has
happened; what was noticed is used up, so a script reads in the order of the call. What does not
happen in time is an AssertionError that says what happened instead. Once the call is over, what
they do has no effect: nobody is there any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from stasis.flow import Flow
from stasis.runner import Runner
from stasis.testing.simulator.hearing import heard_by
from stasis.testing.simulator.phone import Line

if TYPE_CHECKING:
    from stasis.testing.asterisk import Asterisk

__all__ = ["Callee", "Caller", "NotHeard"]

WITHIN = 60.0
DIGIT_SECONDS = GAP_SECONDS = 0.1
KEYS = "0123456789*#ABCD,"
# SIP's status for a request in a call that is over.
NO_CALL = 481


class NotHeard(AssertionError):
    """The person has not heard what the script expects; the text says what they heard."""


class Caller:
    """Somebody at a phone.

    id: the channel's. line: the phone's end of it. heard: all that was played to them, in order:
    media URIs, `music:CLASS`, `digit:5`. looked: the test has seen `failure`.
    """

    def __init__(self, asterisk: Asterisk, line: Line) -> None:
        self.asterisk = asterisk
        self.line = line
        self.id = line.channel.id
        self._used = 0
        self.looked = False
        self._runner: Runner | None = None
        line.listeners.append(self._notice)

    def __repr__(self) -> str:
        channel = self.line.channel
        return f"<{type(self).__name__} {channel.caller[1] or channel.name} {self.id}>"

    # What they notice

    @property
    def heard(self) -> list[str]:
        """All that was played to them, in order."""
        return list(self.line.heard_all)

    async def hears(self, media: str, *, within: float = WITHIN) -> None:
        """Hear something next, whatever is heard before it. media: a URI such as
        `sound:hello-world`, or `music:default`. within: seconds.

        Raises NotHeard.
        """
        __tracebackhide__ = True  # pytest's sign: it shows the line of the test instead
        found = await self._until(lambda: media in self._unused or self.over, within)
        if media in self._unused:
            self._used += self._unused.index(media) + 1
        elif found:
            what = f"{self} was hung up before {media} was heard"
            raise NotHeard(f"{what}; {self._instead()}{self._missing(media)}")
        else:
            what = f"{self} has not heard {media} within {within:g} s"
            raise NotHeard(f"{what}; {self._instead()}{self._missing(media)}")

    def _missing(self, media: str) -> str:
        """Asterisk says nothing of a sound that it does not have."""
        kind, _, name = media.partition(":")
        sounds = self.asterisk.machine.sounds
        if kind != "sound" or sounds.find(name, self.line.channel.language) is not None:
            return ""
        return f"; the server has no sound {name!r}: give Asterisk(sounds=…)"

    @property
    def _unused(self) -> list[str]:
        return self.line.heard_all[self._used :]

    async def _until(self, predicate: Callable[[], object], within: float) -> bool:
        """Wait until something is so, and the flow has had its turn."""
        found = await self.asterisk.machine.until(predicate, within)
        await self.asterisk.turn()
        return found

    async def hears_nothing(self, seconds: float) -> None:
        """Hear nothing new for so long. Raises NotHeard."""
        __tracebackhide__ = True
        await self.asterisk.turn()
        before = len(self.line.heard_all)
        await asyncio.sleep(seconds)
        if len(self.line.heard_all) > before:
            heard = ", ".join(self.line.heard_all[before:])
            raise NotHeard(f"{self} has heard {heard}{self._flow()}")

    def doing(self) -> str:
        """What they and their flow do now, in words."""
        last = f" and has heard {self.line.heard_all[-1]} last" if self.line.heard_all else ""
        here = "was hung up" if self.over else f"is there{last}"
        return f"{self} {here}{self._flow()}"

    def _instead(self) -> str:
        rest = self._unused
        return (f"heard instead: {', '.join(rest)}" if rest else "heard nothing") + self._flow()

    def _flow(self) -> str:
        """What is to be said of their flow in an error."""
        runner, channel = self._find(), self.line.channel
        error = self.asterisk.failures.get(self.id)
        if error is not None:
            return f"; the flow has raised {type(error).__name__}: {error}"
        if runner is None:
            where = f"it is in {channel.app_name or 'no application'}"
            return f"; no flow has the call, {channel.astray or where}"
        return f"; the flow is in {runner.state}" if runner.state else ""

    def can_hear(self, other: Caller) -> bool:
        """Whether what the other says reaches them now.

        Before the call is answered a caller says nothing, and who is called hears nothing either.
        """
        talks = other.answered and (self.answered or not isinstance(self, Callee))
        return talks and other.line in heard_by(self.line)

    async def talks_with(self, other: Caller, *, within: float = WITHIN) -> None:
        """Wait until both hear each other. Raises NotHeard, at once when one has hung up."""
        __tracebackhide__ = True

        def talk() -> bool:
            return self.can_hear(other) and other.can_hear(self)

        await self._until(lambda: talk() or self.over or other.over, within)
        if not talk():
            gone = "".join(f"; {each} was hung up" for each in (self, other) if each.over)
            one = f"{self} {'hears' if self.can_hear(other) else 'does not hear'} {other}"
            two = f"{other} {'hears' if other.can_hear(self) else 'does not hear'} {self}"
            raise NotHeard(f"{one}, {two}{gone}{self._flow()}")

    async def is_hung_up(self, *, within: float = WITHIN) -> int:
        """Wait until the call is over at their phone. Returns the cause (Q.850).

        Raises NotHeard when it is not.
        """
        __tracebackhide__ = True
        await self._until(lambda: self.over, within)
        if self.line.ended is None:
            raise NotHeard(f"{self} is still there after {within:g} s; {self._instead()}")
        return self.line.ended

    @property
    def over(self) -> bool:
        """Whether the call is over at their phone."""
        return self.line.ended is not None

    @property
    def answered(self) -> bool:
        """Whether the call was answered."""
        return self.line.channel.state == "Up"

    # What they do

    async def dials(
        self, digits: str, *, seconds: float = DIGIT_SECONDS, gap: float = GAP_SECONDS
    ) -> None:
        """Press digits. seconds: how long each. gap: between two. `,` waits a second.

        Raises ValueError for what is no key of a telephone.
        """
        __tracebackhide__ = True
        for digit in digits:
            if digit not in KEYS:
                raise ValueError(
                    f"dials({digits!r}): {digit!r} is no key; the keys are {KEYS[:-1]}"
                )
        for digit in digits:
            if digit == ",":
                await asyncio.sleep(1)
                continue
            await asyncio.sleep(seconds)
            if self.over:
                return
            self._does(f"presses {digit}")
            self.line.channel.receive(digit, round(seconds * 1000))
            await asyncio.sleep(gap)

    async def speaks(self, seconds: float = 1.0) -> None:
        """Say something for so long."""
        self._does(f"speaks for {seconds:g} s")
        self.line.speak(seconds)
        await asyncio.sleep(seconds)
        await self.asterisk.turn()

    async def waits(self, seconds: float) -> None:
        """Do nothing for so long."""
        await asyncio.sleep(seconds)
        await self.asterisk.turn()

    async def holds(self) -> None:
        """Put the call on hold, at the phone."""
        self._does("holds")
        self.line.hold(True)
        await self.asterisk.turn()

    async def resumes(self) -> None:
        """Take it off hold."""
        self._does("resumes")
        self.line.hold(False)
        await self.asterisk.turn()

    async def transfers(self, exten: str, *, within: float = WITHIN) -> int:
        """Send whom they talk with to an extension (blind, by REFER), and hang up when told that it
        worked. within: seconds.

        Returns what they are told, as a SIP status: 200; 404 when there is no such extension; 400
        when they talk with nobody. Raises AssertionError when they are told nothing.
        """
        __tracebackhide__ = True
        self._does(f"transfers to {exten}")
        return await self._transferred(self.line.transfer(exten), within)

    async def transfers_to(self, other: Caller, *, within: float = WITHIN) -> int:
        """Connect whom they talk with to where another call of theirs is (attended, by REFER with
        Replaces), and hang up both when told that it worked. other: that call. within: seconds.

        Returns what they are told, as a SIP status: 200, or 400 when both talk with nobody. Raises
        AssertionError when they are told nothing.
        """
        __tracebackhide__ = True
        self._does(f"transfers to the call {other.id}")
        return await self._transferred(self.line.transfer_to(other.line), within, other)

    async def _transferred(
        self, work: Coroutine[Any, Any, int], within: float, *others: Caller
    ) -> int:
        __tracebackhide__ = True
        if self.over or any(other.over for other in others):
            work.close()
            return NO_CALL
        try:
            async with asyncio.timeout(within):
                status = await work
        except TimeoutError:
            told = f"{self} was told nothing of the transfer within {within:g} s{self._flow()}"
            raise AssertionError(told) from None
        await self.asterisk.turn()
        if status == 200:
            for each in (self, *others):
                await each.hangs_up()
        return status

    async def hangs_up(self, cause: int = 16) -> None:
        """Hang up. cause: Q.850; 16 is normal."""
        if not self.over:
            self._does("hangs up" if cause == 16 else f"hangs up ({cause})")
            self.line.hang_up(cause)
        await self.asterisk.turn()

    def _does(self, what: str) -> None:
        if not self.over:
            self.asterisk.transcript.did(self, what)

    # The flow that runs their call

    def _find(self) -> Runner | None:
        alone = not self.asterisk.programs
        if not alone and (self._runner is None or self._runner.letting_go):
            mine = (r for r in self.asterisk.link.runners if r.channel.id == self.id)
            self._runner = next(mine, self._runner)
        return self._runner

    @property
    def flow(self) -> Flow:
        """The flow that runs the call, or has run it. Raises LookupError when none has."""
        runner = self._find()
        if runner is None:
            raise LookupError(f"{self} has reached no flow: is the extension right?")
        return runner.flow

    def _notice(self, what: str) -> None:
        self._find()  # a short flow may be over before anybody asks for it

    @property
    def state(self) -> str:
        """The name of the state the flow is in, or was in last."""
        runner = self._find()
        return runner.state if runner is not None else ""

    @property
    def failure(self) -> BaseException | None:
        """What the flow has raised, or None. A test that has seen one expects it."""
        found = self.asterisk.failures.get(self.id)
        self.looked = self.looked or found is not None
        return found

    def variable(self, name: str) -> str | None:
        """A variable of the channel; None when it is not set."""
        return self.line.channel.variables.get(name)


class Callee(Caller):
    """Somebody whose phone is called. phone: its name, such as `PJSIP/alice`. taken: a script has
    them already.
    """

    def __init__(self, asterisk: Asterisk, line: Line) -> None:
        super().__init__(asterisk, line)
        self.phone = line.channel.name.rpartition("-")[0]
        self.taken = False

    def __repr__(self) -> str:
        return f"<Callee {self.phone} {self.id}>"

    def _flow(self) -> str:
        return super()._flow() if self._find() is not None else ""

    async def answers(self) -> None:
        """Pick up."""
        self._does("answers")
        self.line.pick_up()
        await self.asterisk.turn()

    async def declines(self) -> None:
        """Refuse the call."""
        await self.hangs_up(21)

    async def is_busy(self) -> None:
        """Be busy."""
        await self.hangs_up(17)
