"""A house with conference rooms: the plugin on the simulator, with a store in memory.

The store is the test's, so it outlives a redeploy as a database would. Time is the loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve
from stasis_conference.live import LiveRoom, RoomEvent
from stasis_conference.pin import hashed
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.profile import (
    MEMBER_PROFILES,
    MENUS,
    MemberProfile,
    Menu,
    RoomProfile,
)
from stasis_conference.room_file import RoomFile
from stasis_conference.rows import (
    Attempts,
    LiveRow,
    MembershipRow,
    RecordingRow,
    RoomRow,
    SessionRow,
)
from stasis_conference.store import StoreError

from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Caller
from tests.apps.stasis_conference.kept import MemoryArchive, MemoryGrants, MemoryOutbox

BEGINNING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class MemoryStore:
    """What a Store does, in memory: a real database's threads do not know virtual time.

    down: it raises StoreError.
    """

    def __init__(self) -> None:
        self.rows: dict[str, RoomRow] = {}
        self.kept: dict[str, LiveRow] = {}
        self.sessions: dict[int, SessionRow] = {}
        self.attempts: list[list[Any]] = []
        self.down = False
        self._ids = iter(range(1, 100_000))
        self.archive = MemoryArchive(self._look, self.rows, self.sessions)
        self.grants = MemoryGrants(self._look)
        self.outbox = MemoryOutbox(self._look)

    def _look(self) -> None:
        if self.down:
            raise StoreError("the test's store is down")

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def room(self, name: str) -> RoomRow | None:
        self._look()
        return self.rows.get(name)

    async def rooms(self) -> list[RoomRow]:
        self._look()
        return list(self.rows.values())

    async def save_room(self, row: RoomRow) -> None:
        self.rows[row.name] = row

    async def delete_room(self, name: str) -> bool:
        return self.rows.pop(name, None) is not None

    async def change_room(self, name: str, at: datetime, **changes: Any) -> RoomRow | None:
        row = self.rows.get(name)
        if row is not None:
            given = {key: value for key, value in changes.items() if value is not None}
            self.rows[name] = row = evolve(row, changed=at, **given)
        return row

    async def attempt(self, room: str, caller: str, at: datetime, since: datetime) -> Attempts:
        self._look()
        self.attempts = [each for each in self.attempts if each[2] >= since]
        id = next(self._ids)
        self.attempts.append([room, caller, at, id, "wrong"])
        wrong = [each for each in self.attempts if each[4] == "wrong"]
        by_caller = sum(bool(caller) and each[1] == caller for each in wrong)
        return Attempts(id, by_caller, sum(each[0] == room for each in wrong))

    async def judge(self, attempt: int, verdict: str) -> None:
        for each in self.attempts:
            if each[3] == attempt:
                each[4] = verdict

    async def live(self, room: str) -> LiveRow:
        self._look()
        return self.kept.get(room, LiveRow())

    async def all_live(self) -> dict[str, LiveRow]:
        self._look()
        return dict(self.kept)

    async def save_live(self, room: str, row: LiveRow) -> None:
        self._look()
        self.kept.pop(room, None)
        if row != LiveRow():
            self.kept[room] = row

    async def begin_session(self, room: str, at: datetime) -> int:
        self._look()
        for each in self.sessions.values():
            if each.room == room and each.ended is None:
                return each.id
        id = next(self._ids)
        self.sessions[id] = SessionRow(id, room, at, None, "")
        return id

    async def end_session(self, session: int, at: datetime, why: str) -> None:
        self._look()
        row = self.sessions[session]
        self.sessions[session] = evolve(
            row,
            ended=row.ended or at,
            why=row.why or why,
            memberships=tuple(
                m if m.left else evolve(m, left=at, why=why) for m in row.memberships
            ),
            recordings=tuple(r if r.ended else evolve(r, ended=at) for r in row.recordings),
        )

    async def joined(
        self, session: int, channel: str, name: str, number: str, moderator: bool, at: datetime
    ) -> int:
        self._look()
        id = next(self._ids)
        stay = MembershipRow(id, session, channel, name, number, moderator, at, None, "", 0.0)
        row = self.sessions[session]
        self.sessions[session] = evolve(row, memberships=(*row.memberships, stay))
        return id

    async def left(self, membership: int, at: datetime, why: str, speaking: float = 0.0) -> None:
        self._look()
        for row in self.sessions.values():
            stays = tuple(
                evolve(m, left=at, why=why, speaking=speaking)
                if m.id == membership and m.left is None
                else m
                for m in row.memberships
            )
            self.sessions[row.id] = evolve(row, memberships=stays)

    async def recorded(
        self,
        session: int,
        name: str,
        begun: datetime,
        ended: datetime | None = None,
        seconds: float = 0.0,
    ) -> None:
        self._look()
        row = self.sessions[session]
        others = [r for r in row.recordings if r.name != name]
        made = RecordingRow(next(self._ids), session, name, begun, ended, seconds)
        self.sessions[session] = evolve(row, recordings=(*others, made))

    async def history(
        self,
        room: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[SessionRow]:
        self._look()
        found = [r for r in self.sessions.values() if room in (None, r.room)]
        return found[::-1][:limit]


class House(ConferencePlugin):
    """The plugin with the test's profiles, its own store and virtual time.

    events: all that was told. memory: the store.
    """

    def __init__(
        self,
        room: RoomProfile | None = None,
        *,
        rooms: Mapping[str, RoomProfile] | None = None,
        members: Mapping[str, MemberProfile] | None = None,
        menus: Mapping[str, Menu] | None = None,
        **config: Any,
    ) -> None:
        super().__init__(ConferenceConfig(**config))
        self.file = RoomFile(
            "test.toml",
            {},
            {"default": room or RoomProfile(), **(rooms or {})},
            {**MEMBER_PROFILES, **(members or {})},
            {**MENUS, **(menus or {})},
        )
        self.memory = MemoryStore()
        self.events: list[RoomEvent] = []
        self.listeners.append(self.events.append)

    def open_store(self) -> Any:
        return self.memory

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())

    def add(
        self, name: str, profile: str = "default", *, pin: str = "", moderator_pin: str = ""
    ) -> None:
        """A room of that name. pin: of members."""
        self.memory.rows[name] = RoomRow(
            name,
            BEGINNING,
            BEGINNING,
            profile=profile,
            member_pin=pin and hashed(pin),
            moderator_pin=moderator_pin and hashed(moderator_pin),
        )

    def told(self, *kinds: str) -> list[str]:
        """The kinds of events so far, all or these."""
        return [each.kind for each in self.events if not kinds or each.kind in kinds]

    def room(self, name: str = "1000") -> LiveRoom:
        """A live room."""
        return self.rooms.live[name]

    def numbers(self, name: str = "1000") -> list[str]:
        """The numbers of who is inside."""
        return [m.channel.caller_number for m in self.room(name).members.values()]

    @property
    def history(self) -> list[SessionRow]:
        """The sessions so far, the first one first."""
        return list(self.memory.sessions.values())


@asynccontextmanager
async def opened(house: House, version: str = "22") -> AsyncIterator[Asterisk]:
    """The simulator that runs the plugin; nothing may be left on it in the end."""
    async with Asterisk(house, version=version, sounds={}) as asterisk:
        yield asterisk
        for each in asterisk.callers:
            if not each.over:
                await each.hangs_up()
        await asyncio.sleep(5)
        assert house.rooms.live == {}
        assert list(asterisk.machine.bridges) == []
        assert house.memory.down or house.memory.kept == {}


async def member(asterisk: Asterisk, number: str = "100", room: str = "1000", *args: str) -> Caller:
    """Somebody who is in a room and has heard who else is there. args: further ones."""
    caller = await asterisk.call("conference", room, *args, number=number)
    await inside(caller, room)
    return caller


async def inside(caller: Caller, room: str = "1000") -> None:
    """Wait until a caller is among the others in a room."""

    def there() -> bool:
        bridge = caller.line.channel.bridge
        return bridge is not None and bridge.name == f"conference {room}"

    assert await caller.asterisk.machine.until(there, 60), (
        f"{caller} is in {caller.state!r}; it has heard {caller.heard}"
    )
    await caller.waits(0.5)
