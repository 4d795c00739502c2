"""A house with softphones: the calls on the simulator, with users and a ledger in memory.

Both outlive a redeploy as a database would. Time is the loop's. Anna is 201, Bert 202, Carl 203;
each has a device, Bert a second one. Trunk calls are those of the endpoint `trunk`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, evolve, field
from stasis_webrtc.action import act
from stasis_webrtc.calls import Calls
from stasis_webrtc.directory import User
from stasis_webrtc.flow import Phone
from stasis_webrtc.grant import Grants
from stasis_webrtc.ledger import Called, Message, Recorded
from stasis_webrtc.rules import Rules
from stasis_webrtc.target import NumberPlan
from stasis_webrtc.view import CallView

from stasis import Channel, Flow, Plugin, Runnable, StasisError
from stasis.plugin import NoConfig
from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Callee, Caller

BEGINNING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
GRANTS = Grants(("internal", "rooms", "+49*"), may_record=True)
PLAN = NumberPlan(country="DE", services={"600": "ivr", "601": "nobody"})
RULES = Rules(plan=PLAN, outside="PJSIP/{number}@trunk", number="+49301000")


class MemoryDirectory:
    """Users and devices in memory. ended: devices of sessions that are over. down: it raises
    StasisError. seconds: that it takes.
    """

    def __init__(self) -> None:
        self.users = {
            name: User(name, GRANTS, name.capitalize(), extension)
            for name, extension in (("anna", "201"), ("bert", "202"), ("carl", "203"))
        }
        self.registered = {
            "anna": ["w-anna-1"],
            "bert": ["w-bert-1", "w-bert-2"],
            "carl": ["w-carl-1"],
        }
        self.rooms = {"1000"}
        self.ended: set[str] = set()
        self.refusals: list[tuple[str, str, str]] = []
        self.down = False
        self.seconds = 0.0

    def change(self, name: str, **changes: Any) -> None:
        """Change a user."""
        self.users[name] = evolve(self.users[name], **changes)

    async def _look(self) -> None:
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.down:
            raise StasisError("the test's directory is down")

    async def owner(self, endpoint: str) -> str | None:
        await self._look()
        name = endpoint.removeprefix("w-").rpartition("-")[0]
        if endpoint in self.ended:
            return None
        return name if endpoint.startswith("w-") and name in self.users else None

    async def user(self, who: str) -> User | None:
        await self._look()
        found = [u for u in self.users.values() if who in (u.name, u.extension)]
        return found[0] if found else None

    async def devices(self, user: str) -> list[str]:
        await self._look()
        return [each for each in self.registered.get(user, []) if each not in self.ended]

    async def is_room(self, name: str) -> bool:
        await self._look()
        return name in self.rooms

    async def refused(self, user: str, what: str, why: str) -> None:
        self.refusals.append((user, what, why))


@define
class MemoryLedger:
    """A ledger in memory. down: it raises StasisError. seconds: that it takes."""

    history: list[Called] = field(factory=list)
    inbox: list[Message] = field(factory=list)
    recordings: dict[str, Recorded] = field(factory=dict)
    down: bool = False
    seconds: float = 0.0

    async def _look(self) -> None:
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.down:
            raise StasisError("the test's ledger is down")

    async def called(self, row: Called) -> None:
        await self._look()
        self.history.append(row)

    async def recorded(self, row: Recorded) -> None:
        await self._look()
        self.recordings[row.recording] = row

    async def left(self, row: Message) -> None:
        await self._look()
        self.inbox.append(row)

    async def messages(self, user: str) -> list[Message]:
        await self._look()
        mine = [each for each in self.inbox if each.user == user]
        return sorted(mine, key=lambda each: (each.heard, each.began))

    async def heard(self, user: str, recording: str) -> None:
        self.inbox = [
            evolve(m, heard=True) if (m.user, m.recording) == (user, recording) else m
            for m in self.inbox
        ]

    async def erased(self, user: str, recording: str) -> None:
        self.inbox = [m for m in self.inbox if (m.user, m.recording) != (user, recording)]


async def conference(channel: Channel) -> None:
    """What stands for the application of rooms: everybody who comes is in the room."""
    await channel.answer()
    await channel.play("sound:conf-onlyperson")
    await channel.ended(3600)


async def ivr(channel: Channel) -> None:
    """What stands for another application that has a number."""
    await channel.answer()
    await channel.play("sound:demo-instruct")
    await channel.ended(3600)


class House(Plugin):
    """The calls as a plugin. calls: of this process; directory, ledger: of all. seen: all that
    listeners were told.
    """

    name = "webrtc"
    app = "webrtc"
    config_class = NoConfig

    def __init__(self, **rules: Any) -> None:
        super().__init__(NoConfig())
        self.rules = evolve(RULES, **rules)
        self.directory = MemoryDirectory()
        self.ledger = MemoryLedger()
        self.seen: list[CallView] = []
        self.calls: Calls

    def flows(self) -> Mapping[str, Runnable]:
        return {self.app: Phone, "conference": conference, "ivr": ivr}

    async def start(self) -> None:
        self.calls = Calls(
            self.directory,
            self.ledger,
            self.rules,
            self.now,
            self.app,
            listeners=[self.seen.append],
        )

    async def run(self) -> None:
        await self.asterisk.state.reached("ready")
        await self.calls.guests.find(self.asterisk)

    async def stop(self) -> None:
        await self.calls.stop()

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())

    # What users see

    def views(self, user: str) -> list[CallView]:
        """A user's calls now."""
        return self.calls.views(user)

    def view(self, user: str) -> CallView:
        """The one call of a user."""
        (found,) = self.views(user)
        return found

    def saw(self, user: str) -> list[str]:
        """What a user was told, as `ringing`, `connected`, `ended busy`, without repetition."""
        words: list[str] = []
        for each in self.seen:
            word = f"{each.state} {each.reason}".strip()
            if each.user == user and words[-1:] != [word]:
                words.append(word)
        return words

    async def do(self, user: str, action: str, id: str = "", **options: Any) -> None:
        """Do something in a user's call, the only one or that of an id."""
        await act(self.calls, user, id or self.view(user).id, action, **options)

    def reasons(self, user: str) -> list[str]:
        """A user's history: direction and reason of each call, with `missed`."""
        return [
            f"{row.direction} {row.reason}{' missed' if row.missed else ''}"
            for row in self.ledger.history
            if row.user == user
        ]


@asynccontextmanager
async def opened(house: House, version: str = "22") -> AsyncIterator[Asterisk]:
    """The simulator that runs the calls; nothing may be left on it in the end."""
    async with Asterisk(house, version=version, sounds={}) as asterisk:
        yield asterisk
        for each in asterisk.callers:
            if not each.over:
                await each.hangs_up()
        await asyncio.sleep(house.rules.rejoin + 10)
        assert house.calls.live == {}
        assert list(asterisk.machine.bridges) == []
        for user in house.directory.users:
            assert house.views(user) == []


async def dials(asterisk: Asterisk, user: str, number: str, device: int = 1) -> Caller:
    """A user's device dials."""
    return await asterisk.call("webrtc", "dial", number, number=f"w-{user}-{device}")


async def from_outside(asterisk: Asterisk, user: str, number: str = "+4930555") -> Caller:
    """Somebody outside calls a user."""
    return await asterisk.call("webrtc", "ring", user, number=number)


async def rings(asterisk: Asterisk, user: str, device: int = 1) -> Callee:
    """Wait until a user's device rings."""
    return await asterisk.rings(f"PJSIP/w-{user}-{device}")


async def talk(asterisk: Asterisk, caller: str = "anna", callee: str = "bert") -> list[Caller]:
    """A user has called another, and they talk."""
    one = await dials(asterisk, caller, callee)
    other = await rings(asterisk, callee)
    await other.answers()
    await one.talks_with(other)
    return [one, other]


__all__ = ["Flow", "House", "dials", "from_outside", "opened", "rings", "talk"]
