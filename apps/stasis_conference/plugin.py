"""The plugin: the Stasis application `conference`, its rooms, and the database they are kept in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from attrs import frozen

from stasis import Flow, Plugin, Secret, key
from stasis_conference.action import action_problem
from stasis_conference.flow import Conference
from stasis_conference.ledger import Ledger
from stasis_conference.live import Listener
from stasis_conference.pin import PinEvent, PinRules, Pins
from stasis_conference.profile import DEFAULT, MemberProfile, Menu, RoomProfile
from stasis_conference.room_file import load, reread, room_problem
from stasis_conference.rooms import RoomPlan, Rooms
from stasis_conference.static_rooms import bring_in
from stasis_conference.store import Store, StoreError

__all__ = ["ConferenceConfig", "ConferencePlugin"]

log = structlog.get_logger("stasis_conference")

# How long calls may take to be resumed, before rooms that nobody is in are over.
SETTLE_SECONDS = 30.0
# How often it is looked whether the file has changed.
LOOK_SECONDS = 5.0


@frozen
class ConferenceConfig:
    """The table `[plugin.conference]`."""

    file: str = key("", "a TOML file of rooms, profiles and menus; empty: those that come with it")
    app: str = key("conference", "the Stasis application: Stasis(conference,ROOM[,PROFILE])")
    database: Secret = key(
        Secret("sqlite:///conference.db"),
        "where rooms and their history are kept: sqlite:///FILE, or"
        " postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    on_demand: bool = key(True, "whether any name is a room, made when the first comes")
    dial_out: str = key("", "how a room calls a number, such as PJSIP/{number}@trunk; empty: not")
    lockout_window: float = key(600.0, "seconds that a wrong PIN counts", minimum=1, maximum=86_400)
    lockout_caller: int = key(10, "wrong PINs of one caller, then none is looked at", minimum=1)
    lockout_room: int = key(50, "wrong PINs at one room, then none is looked at", minimum=1)


class ConferencePlugin(Plugin):
    """Conference rooms for the dialplan's `Stasis(conference,ROOM[,PROFILE])`.

    file: rooms, profiles and menus as they are now. rooms: those that live, pins: theirs, store:
    where they are kept; all from `start` on. listeners: add to it to hear of what happens in
    rooms; pin_listeners: of PINs that are tried.

    Raises ConfigError when the file is wrong.
    """

    name = "conference"
    config_class = ConferenceConfig
    config: ConferenceConfig

    def __init__(self, config: ConferenceConfig) -> None:
        super().__init__(config)
        self.file = load(config.file, action_problem)
        self.listeners: list[Listener] = []
        self.pin_listeners: list[Callable[[PinEvent], None]] = []
        self.pins: Pins
        self.store: Store
        self.rooms: Rooms

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
        await bring_in(self.file, self.pins, self.now())

    async def run(self) -> None:
        """Once calls are resumed, end the rooms that nobody came back to; and follow the file."""
        await self.asterisk.state.reached("ready")
        async with asyncio.TaskGroup() as group:
            group.create_task(self.rooms.settle(SETTLE_SECONDS))
            if self.config.file:
                group.create_task(self.follow())

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
