"""A conference that a browser can look at: the plugin as it is, on the simulator, over real HTTP.

Everything is the real thing but Asterisk and the phones: flow, rooms, actions, database, API, feed
and page. Time is real, since a browser knows no other; so nothing is said to members on the way in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field
from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin

from stasis import Secret
from stasis.config import HttpConfig
from stasis.http import serve
from stasis.sql.passwords import hashed
from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Caller

__all__ = ["PIN", "ROOMS", "Stage", "staged"]

PIN = "91735"
"""The moderators' PIN of the room `board`."""

ROOMS = f"""
[room.board]
title = "Board meeting"
moderator_pin = "{hashed(PIN)}"

[room.sales]
title = "Sales"
moderator_pin = "{hashed("44556")}"

[room.closed]
title = "With a moderator only"
profile = "closed"
moderator_pin = "{hashed("70707")}"

[room.private]
title = "Never recorded"
profile = "private"
moderator_pin = "{hashed("81818")}"

[member_profile.default]
pin = false

[member_profile.moderator]
pin = false

[room_profile.default]
announce = "off"
count = false
[room_profile.default.sounds]
alone = []
muted = []
unmuted = []
recording = []
kicked = []
ended = []

[room_profile.closed]
announce = "off"
count = false
wait_for_moderator = true
ends_with_moderator = true
grace = 60.0
limit = 240.0
record_needs_moderator = true
[room_profile.closed.sounds]
alone = []
waiting = []
begins = []
recording = []
kicked = []
ended = []
moderator_left = []

[room_profile.private]
announce = "off"
count = false
record = "off"
[room_profile.private.sounds]
alone = []
"""


@define
class Stage:
    """The conference. plugin: it, asterisk: the simulator, url: of the page."""

    plugin: ConferencePlugin
    asterisk: Asterisk
    url: str
    people: dict[str, Caller] = field(factory=dict, init=False)
    talks: list[asyncio.Task[None]] = field(factory=list, init=False)

    async def comes(
        self, name: str, number: str, room: str = "board", profile: str = "default"
    ) -> Caller:
        """Somebody calls a room. Returns once they are in it, or in its lobby."""
        caller = await self.asterisk.call("conference", room, profile, name=name, number=number)
        self.people[number] = caller
        await self.until(lambda: self.find(number, room) is not None, f"{number} is in {room}")
        return caller

    def begins_to_talk(self, number: str, seconds: float) -> None:
        """Somebody talks for so long, beside what else happens."""
        talk = self.people[number].speaks(seconds)
        self.talks.append(asyncio.get_running_loop().create_task(talk))

    def find(self, number: str, room: str = "board") -> Member | None:
        """Who has that number in a room, inside or waiting."""
        live = self.plugin.rooms.live.get(room)
        found = [] if live is None else list(live.everybody())
        return next((each for each in found if each.channel.caller_number == number), None)

    def member(self, number: str, room: str = "board") -> Member:
        """The same; they must be there."""
        found = self.find(number, room)
        assert found is not None, f"{number} is not in {room}"
        return found

    def room(self, name: str = "board") -> LiveRoom:
        """A live room."""
        return self.plugin.rooms.live[name]

    async def token(self, *scopes: str, rooms: tuple[str, ...] = ("*",)) -> str:
        """A new access token."""
        return (await self.plugin.grants.make("a test", scopes, rooms))[0]

    async def until(
        self, there: Callable[[], object], what: str = "it is so", seconds: float = 20.0
    ) -> None:
        """Wait until something is true. Raises AssertionError."""
        for _ in range(round(seconds / 0.02)):
            if there():
                return
            await asyncio.sleep(0.02)
        assert there(), f"not within {seconds} s: {what}"

    async def leave(self) -> None:
        """Everybody hangs up."""
        for talk in self.talks:
            talk.cancel()
        for caller in self.asterisk.callers:
            if not caller.over:
                await caller.hangs_up()
        await self.until(lambda: not self.plugin.rooms.live, "all rooms are over")


@asynccontextmanager
async def staged(folder: Path, **config: str) -> AsyncIterator[Stage]:
    """A conference, until the context ends. folder: of its files. config: of the plugin."""
    file = folder / "conference.toml"
    file.write_text(ROOMS, "utf-8")
    database = Secret(f"sqlite:///{folder / 'conference.db'}")
    plugin = ConferencePlugin(ConferenceConfig(file=str(file), database=database, **config))
    async with (
        Asterisk(plugin, sounds={}, recordings=folder) as asterisk,
        serve(HttpConfig(port=0), [plugin], [plugin.name]) as port,
    ):
        stage = Stage(plugin, asterisk, f"http://127.0.0.1:{port}/conference/page/")
        try:
            yield stage
        finally:
            await stage.leave()
