"""One scripted caller: presses digits after what it waits for, and knows which end it asks for.

Whoever is not heard presses again, as people do; whoever is hung up without having asked for it
is lost.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

from attrs import frozen

from stasis import AriError, Channel, ChannelGone, StasisError
from tests.faults.calls import APP, PIN
from tests.faults.journal import Entry, Reader
from tests.faults.office import Office

__all__ = ["KINDS", "Caller", "Lost", "TurnedAway", "Verdict"]

KINDS = ("menu", "pin", "message", "desk", "room")
# Where each kind stays, and the digit that leads there from the menu.
PLACES = {"menu": "menu", "pin": "pin", "message": "message", "desk": "talking", "room": "room"}
WAYS = {"pin": "1", "message": "2", "desk": "3", "room": "4"}
AGAIN_SECONDS = 4.0
# Between two cuts four keys may not come through, and that several times.
PATIENCE_SECONDS = 120.0

Wanted = Callable[[Entry], bool]


class Lost(Exception):
    """The caller did not get what the script asks for."""


class TurnedAway(Exception):
    """The call came while nobody was connected: the dialplan had it, no flow ever did.

    Or Asterisk did not even place it, then it says why.
    """


@frozen
class Verdict:
    """How a call went. way: who ended it. lost: what went wrong, or nothing. taken: by a flow."""

    name: str
    kind: str
    way: str
    lost: str = ""
    taken: bool = True


class Caller:
    """One call, from its first ring to its end.

    name: of the call. kind: what it does, of KINDS. rng: its own dice. room: where those of kind
    `room` meet. app: which application is called. channel: the caller's half, once answered.
    """

    def __init__(
        self,
        office: Office,
        reader: Reader,
        name: str,
        kind: str,
        rng: random.Random,
        room: str = "room",
        app: str = APP,
    ) -> None:
        self.office = office
        self.reader = reader
        self.name = name
        self.kind = kind
        self.rng = rng
        self.room = room
        self.app = app
        self.channel: Channel
        self.leaving = False
        self.speaking = 0.0

    async def run(self, stay: float) -> Verdict:
        """A whole call: do as the script says, and compare the end. stay: seconds at a step."""
        try:
            await self.come()
            if self.rng.random() < 0.25:
                way = await self.impatient(stay)
            else:
                way = await self.script(stay)
            await self.end(way)
        except (Lost, StasisError) as lost:
            await self.give_up()
            return Verdict(self.name, self.kind, "", f"{lost!r}; {self.reader.story(self.name)}")
        except TurnedAway as away:
            return Verdict(self.name, self.kind, str(away) or "turned away", taken=False)
        return Verdict(self.name, self.kind, way)

    async def impatient(self, stay: float) -> str:
        """Begin the script, and hang up at some moment, wherever it is then."""
        script = asyncio.create_task(self.script(stay))
        try:
            await asyncio.wait({script}, timeout=self.rng.uniform(0, 4 * stay))
            return script.result() if script.done() else "by the caller"
        finally:
            script.cancel()
            await asyncio.gather(script, return_exceptions=True)

    async def script(self, stay: float) -> str:
        """Go to the place, show several times that the flow is there, leave. Returns who ends."""
        await self.linger(stay)
        await self.enter()
        for _ in range(self.rng.randint(1, 3)):
            await self.linger(stay)
            await self.show()
        await self.linger(stay)
        if self.rng.random() < 0.4:
            return "by the caller"
        await self.leave()
        return "by the flow"

    async def linger(self, stay: float) -> None:
        """Stay a while."""
        await asyncio.sleep(self.rng.uniform(0.2, stay))

    # Coming and going

    async def come(self) -> None:
        """Ring until the flow has answered."""
        try:
            channel_id, coming = await self.office.call(self.name, self.room, self.app)
        except AriError as error:
            raise TurnedAway(f"Asterisk did not place the call: {error}") from error
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while not (coming.done() and self.reader.of(self.name, "state")):
            if not await self.office.there(channel_id):
                self.reader.look()
                if self.reader.of(self.name, "state"):
                    raise Lost("dropped before it was answered")
                raise TurnedAway
            if loop.time() > until:
                raise Lost("nobody answers")
            await self.reader.news(0.5)
        self.channel = coming.result()

    async def end(self, way: str) -> None:
        """The end that the script asks for, seen from both sides."""
        self.leaving = True
        if way == "by the caller":
            await self.channel.hangup()
        else:
            await self.channel.ended(PATIENCE_SECONDS)
            last = self.reader.of(self.name, "state")[-1].detail["state"]
            if last != "bye":
                raise Lost(f"the flow hung up in {last}")
        await self.proof(lambda entry: entry.what == "ended", "the flow's end")

    async def give_up(self) -> None:
        """Hang up without a word: what is on the server afterwards is not the caller's fault."""
        self.leaving = True
        with suppress(StasisError, AttributeError):
            await self.channel.hangup()

    # What it does in its place

    async def enter(self) -> None:
        """Go to the place of this kind."""
        if self.kind == "menu":
            return
        await self.press(WAYS[self.kind], state(PLACES[self.kind]))
        if self.kind == "message":
            # Somebody speaks: Asterisk ends what is silent for 4 s.
            await self.channel.start_moh()
            self.speaking = asyncio.get_running_loop().time()
        if self.kind in ("desk", "room"):
            await self.proof(lambda entry: entry.what == "together", "being brought together")

    async def show(self) -> Entry:
        """Press something that the flow answers from the very state of the place."""
        if self.kind == "pin":
            return await self.press("0000", lambda entry: entry.what == "entered")
        if self.kind == "desk":
            self.at_the_desk()
        place = PLACES[self.kind]
        return await self.press(
            "*", lambda entry: entry.what == "heard" and entry.detail["state"] == place
        )

    async def leave(self) -> None:
        """Have the flow end the call."""
        if self.kind == "desk":
            await self.at_the_desk().hangup()
            await self.proof(state("bye"), "bye")
        elif self.kind == "pin":
            await self.press(PIN, state("bye"))
        elif self.kind == "message":
            spoken = asyncio.get_running_loop().time() - self.speaking
            await self.press("#", state("bye"))
            await self.saved(spoken)
        else:
            await self.press({"menu": "0", "room": "7"}[self.kind], state("bye"))

    def at_the_desk(self) -> Channel:
        """Who was rung for this call, and is still there."""
        desk = self.office.desks[self.name][-1]
        if desk.gone is not None:
            raise Lost(f"the desk was dropped: {desk.gone.reason}")
        return desk

    async def saved(self, spoken: float) -> None:
        """The message was kept once, and all of it. A digit leaves a hole in what is recorded."""
        if (times := len(self.reader.of(self.name, "saved"))) != 1:
            raise Lost(f"the message was saved {times} times")
        seconds = await self.office.recorded(f"faults/{self.name}")
        if seconds < spoken * 0.9 - 2:
            raise Lost(f"spoken {spoken:.1f} s, recorded {seconds:.1f} s")

    # Pressing and waiting

    async def press(self, digits: str, wanted: Wanted) -> Entry:
        """Press digits, again and again, until the flow has written what is wanted."""
        before = len(self.reader.calls[self.name])
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while loop.time() < until:
            try:
                await self.channel.send_dtmf(digits)
                return await self.proof(wanted, f"answer to {digits}", before, AGAIN_SECONDS)
            except ChannelGone as gone:
                raise Lost(f"dropped when {digits} was to be pressed: {gone.reason}") from None
            except TimeoutError:
                continue
        raise Lost(f"no answer to {digits}")

    async def proof(
        self, wanted: Wanted, words: str, after: int = 0, seconds: float | None = None
    ) -> Entry:
        """Wait for a line of the flow. Raises TimeoutError after the seconds, if they are given."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (PATIENCE_SECONDS if seconds is None else seconds)
        while (entry := self.reader.find(self.name, wanted, after)) is None:
            if loop.time() > until:
                if seconds is not None:
                    raise TimeoutError
                raise Lost(f"no {words}")
            gone = self.channel.gone
            if gone is not None and not self.leaving:
                self.reader.look()
                if self.reader.find(self.name, wanted, after) is None:
                    raise Lost(f"dropped while waiting for {words}: {gone.reason}")
            await self.reader.news(0.25)
        return entry


def state(name: str) -> Wanted:
    """The line of entering a state."""
    return lambda entry: entry.what == "state" and entry.detail["state"] == name
