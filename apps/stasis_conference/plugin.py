"""The plugin: the Stasis application `conference`, its rooms, their database, and their API."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from attrs import evolve

from stasis import Demo, Flow, Plugin, Secret
from stasis.sql import StoreError
from stasis.web import pages
from stasis_conference.action import action_problem
from stasis_conference.api import Conferences, routes_of
from stasis_conference.command import commands
from stasis_conference.config import ConferenceConfig
from stasis_conference.feed import RoomFeed
from stasis_conference.flow import Conference
from stasis_conference.grants import Grants
from stasis_conference.hook import hooks_of
from stasis_conference.hooks import Hooks
from stasis_conference.ledger import Ledger
from stasis_conference.live import Listener, RoomEvent
from stasis_conference.pin import PinEvent, PinRules, Pins
from stasis_conference.profile import DEFAULT, MemberProfile, Menu, RoomProfile
from stasis_conference.room_file import load, reread, room_problem
from stasis_conference.rooms import RoomPlan, Rooms
from stasis_conference.roster import Roster
from stasis_conference.rows import RoomRow
from stasis_conference.static_rooms import bring_in
from stasis_conference.store import Store

__all__ = ["ConferenceConfig", "ConferencePlugin"]

log = structlog.get_logger("stasis_conference")

PAGE = Path(__file__).with_name("page")
# How long calls may take to be resumed, before rooms that nobody is in are over.
SETTLE_SECONDS = 30.0
# How often it is looked whether the file has changed, and whether an Asterisk is there.
LOOK_SECONDS = 5.0
# How often what nobody needs any more is forgotten.
SWEEP_SECONDS = 600.0


class ConferencePlugin(Plugin):
    """Conference rooms for the dialplan's `Stasis(conference,ROOM[,PROFILE])`.

    file: rooms, profiles and menus as they are now. rooms: those that live, pins: theirs, store:
    where they are kept, grants: whose tokens there are, roster: how rooms are told, feed and hooks:
    to whom; all from `start` on. listeners: add to it to hear of what happens in rooms;
    pin_listeners: of PINs that are tried.

    Raises ConfigError when the file is wrong.
    """

    name = "conference"
    config_class = ConferenceConfig
    commands = commands
    config: ConferenceConfig

    def __init__(self, config: ConferenceConfig) -> None:
        super().__init__(config)
        self.file = load(config.file, action_problem)
        self.webhooks = hooks_of(config.webhook)
        self.listeners: list[Listener] = [self.hear]
        self.pin_listeners: list[Callable[[PinEvent], None]] = []
        self.pins: Pins
        self.store: Store
        self.rooms: Rooms
        self.grants: Grants
        self.roster: Roster
        self.feed: RoomFeed
        self.hooks: Hooks

    @classmethod
    def demo(cls, where: Demo) -> Mapping[str, Any]:
        """A room on a lab. Its PIN is new with each lab, and outlives the program."""
        file = Path(where.folder) / "conference.pin"
        if not file.exists():
            file.touch(0o600)
            file.write_text(f"{secrets.randbelow(10_000):04}")
        return {
            "database": f"sqlite:///{where.folder}/conference.db",
            "demo": {"800": file.read_text()},
        }

    @classmethod
    def played(cls, config: ConferenceConfig) -> ConferenceConfig:
        """Rooms in memory; nobody is told of them."""
        return evolve(config, database=Secret("sqlite://"), webhook=[])

    def told(self, address: str) -> Sequence[str]:
        """Where the moderator's page is, and which rooms may be tried."""
        lines = [f"conference moderators: {address}/conference/page/"]
        for room, pin in self.config.demo.items():
            lines.append(f"  room {room}, PIN {pin.reveal()} for moderators; members press #")
        return lines

    def flows(self) -> Mapping[str, type[Flow]]:
        """The one application."""
        return {self.config.app: Conference}

    def sounds(self) -> list[tuple[str, str]]:
        """Every medium of the profiles and menus with where it stands."""
        return self.file.sounds()

    async def start(self) -> None:
        """Open the database, and bring the file's rooms into it. Raises StoreError."""
        config = self.config
        self.store = self.open_store()
        await self.store.open()
        rules = PinRules(config.lockout_window, config.lockout_caller, config.lockout_room)
        self.pins = Pins(self.store, self.now, rules, self.pin_listeners)
        self.rooms = Rooms(
            self.plan, Ledger(self.store), self.now, self.listeners, dial_out=config.dial_out
        )
        self.grants = Grants(self.store.grants, self.store.room, self.now)
        self.roster = Roster(lambda: self.rooms.live, self.store.archive.began)
        self.feed = RoomFeed(self.grants, self.roster)
        self.hooks = Hooks(self.webhooks, self.store.outbox, self.roster, self.now)
        await bring_in(self.file, self.pins, self.now())
        for room, pin in config.demo.items():
            if await self.store.room(room) is None:
                await self.store.save_room(RoomRow(room, self.now(), self.now()))
                await self.pins.change(room, moderator_pin=pin.reveal())

    def routes(self) -> Sequence[web.RouteDef]:
        """The moderator's page, the API, and the feed."""
        return [*pages(PAGE, "/page"), *routes_of(self.conferences(), version("stasis-ari"))]

    def conferences(self) -> Conferences:
        """What the API works with."""
        return Conferences(
            self.rooms,
            self.store,
            self.pins,
            self.grants,
            self.roster,
            self.feed,
            file=lambda: self.file,
            menu=lambda profile: self.menu(self.member_profile(profile).menu),
            servers=lambda: list(self.servers.values()),
            now=self.now,
        )

    def hear(self, event: RoomEvent) -> None:
        """Something has happened in a room: tell who listens."""
        self.roster.hear(event)
        self.feed.hear(event)
        self.hooks.hear(event)

    async def run(self) -> None:
        """Tell webhooks, end rooms nobody came back to, forget what is old, follow the file."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.hooks.run())
                group.create_task(self.settle())
                group.create_task(self.sweep())
                if self.config.file:
                    group.create_task(self.follow())
        finally:
            # Before the HTTP server ends, which waits for who listens.
            await self.feed.close()

    async def settle(self) -> None:
        """Once calls are resumed, end the rooms that nobody came back to."""
        while not self.servers:  # noqa: ASYNC110  one that connects sets no event
            await asyncio.sleep(LOOK_SECONDS)
        await self.asterisk.state.reached("ready")
        await self.rooms.settle(SETTLE_SECONDS)

    async def sweep(self) -> None:
        """Forget tokens and messages that are of no use any more."""
        while True:
            try:
                await self.grants.sweep()
                await self.hooks.sweep()
            except StoreError as error:
                log.warning("what is old is not forgotten yet", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def follow(self) -> None:
        """Take over what changes in the file. Rooms that live stay as they began."""
        behind = False
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = await asyncio.to_thread(reread, self.file, action_problem)
            changed, self.file = found is not self.file, found
            if changed or behind:
                try:
                    await bring_in(self.file, self.pins, self.now())
                except StoreError as error:
                    log.error("the file's rooms are not in the database yet", error=str(error))
                    behind = True
                else:
                    behind = False

    async def stop(self) -> None:
        """Leave the rooms as they are, and close the database."""
        await self.rooms.stop()
        await self.hooks.close()
        await self.store.close()

    def open_store(self) -> Store:
        """The database of the configuration, not open yet. Raises ConfigError."""
        return Store(self.config.database.reveal())

    def now(self) -> datetime:
        """The moment that everything is written down by."""
        return datetime.now(UTC)

    # What rooms, members and keys are like

    async def plan(self, name: str) -> RoomPlan | None:
        """What a room is to be like; None when there is no such room, and may be none.

        Raises StoreError.
        """
        row = await self.store.room(name)
        if row is not None:
            return RoomPlan(
                name,
                self.room_profile(row.profile),
                row.title,
                asks_pin=bool(row.member_pin or row.moderator_pin),
                open_to_members=not row.member_pin,
            )
        if self.config.on_demand and room_problem(name) is None:
            return self.default_plan(name)
        return None

    def no_plan(self, name: str) -> RoomPlan:
        """A room that is not there."""
        return RoomPlan(name, self.room_profile(DEFAULT), asks_pin=True, there=False)

    def default_plan(self, name: str) -> RoomPlan:
        """A room that nobody has planned."""
        return RoomPlan(name, self.room_profile(DEFAULT))

    def room_profile(self, name: str) -> RoomProfile:
        """A room profile; the default one when there is no such."""
        return self.file.room_profiles.get(name) or self.file.room_profiles[DEFAULT]

    def member_profile(self, name: str) -> MemberProfile:
        """A member profile; the default one when there is no such."""
        return self.file.member_profiles.get(name) or self.file.member_profiles[DEFAULT]

    def menu(self, name: str) -> Menu:
        """A menu; one without keys when there is no such."""
        return self.file.menus.get(name) or Menu()
