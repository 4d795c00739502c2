"""Rooms: bridges that belong to an application and not to one call, found by their names.

A room outlives the calls inside, and the program: after a restart the bridge of that name is
still there, and is the same room. It ends when somebody destroys it, or with a restart that finds
nobody inside.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping

from stasis.ari import Ari
from stasis.ari.bridges import Bridge as Snapshot
from stasis.ari.events import Event, PlaybackFinished
from stasis.bridge import Bridge
from stasis.config import EngineConfig
from stasis.errors import InvalidRequest, Unprocessable
from stasis.identity import HOUSE, identity_of, kept_of
from stasis.owner import Owner
from stasis.router import Router

__all__ = ["Rooms"]


class Deaf:
    """Who hears of rooms: each flow hears what concerns its own channel, and that is enough."""

    def __init__(self) -> None:
        self.owner: Owner | None = None

    def hear(self, event: Event) -> None:
        """The handle was brought up to date; what has been played is forgotten."""
        if isinstance(event, PlaybackFinished) and self.owner is not None:
            self.owner.played(event.playback.id)


class Rooms:
    """The rooms of one Asterisk."""

    def __init__(self, ari: Ari, router: Router, config: EngineConfig) -> None:
        self._ari = ari
        self._router = router
        self._config = config
        self._owners: dict[str, Owner] = {}
        self._rooms: dict[tuple[str, str], Bridge] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._many = 64

    async def get(self, app: str, name: str, type: str = "mixing,dtmf_events") -> Bridge:
        """The room of that name, made if it is not there.

        app: whose it is. name: any text that Asterisk takes as a bridge's name. type: of the
        bridge, when it is made; see `Bridge.create`.

        Raises InvalidRequest, and what `Bridge.create` raises.
        ARI: GET /bridges, POST /bridges/{bridgeId}.
        """
        if not name:
            raise InvalidRequest("POST", "/bridges", "a room needs a name")
        key = (app, name)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            room = self._rooms.get(key)
            if room is None or room.destroyed:
                room = await self._found(app, name)
                if room is None:
                    room = await Bridge.create(self._owner(app), type, name)
                self._rooms[key] = room
        if len(self._locks) > self._many:
            self._tidy()
        return room

    def adopt(self, bridges: Iterable[Snapshot], apps: Iterable[str]) -> None:
        """Know the rooms that an older process has made and somebody is in."""
        ours = {kept_of(app) for app in apps}
        for live in bridges:
            found = identity_of(live.id)
            if found is None or found.token != HOUSE or found.app not in ours or not live.channels:
                continue
            if self._router.claimed(("bridge", live.id)) is None:
                room = Bridge.resumed(self._owner(found.app), live.id, live, own=True)
                self._rooms.setdefault((found.app, live.name), room)

    def by_id(self) -> Mapping[str, Bridge]:
        """All rooms that are there, by the bridge's id."""
        return {room.id: room for room in self._rooms.values() if not room.destroyed}

    def let_go(self) -> None:
        """Another process has them now, or the program stops: they stay as they are."""
        for owner in self._owners.values():
            owner.let_go()
        self._owners.clear()
        self._rooms.clear()

    async def _found(self, app: str, name: str) -> Bridge | None:
        for live in await self._ari.bridges.list():
            found = identity_of(live.id)
            ours = found is not None and found.token == HOUSE and found.app == kept_of(app)
            if ours and live.name == name:
                try:
                    await self._ari.applications.subscribe(app, event_source=f"bridge:{live.id}")
                except Unprocessable:
                    continue  # it has just been destroyed
                return Bridge.resumed(self._owner(app), live.id, live, own=True)
        return None

    def _owner(self, app: str) -> Owner:
        owner = self._owners.get(app)
        if owner is None:
            deaf = Deaf()
            owner = Owner(f"rooms of {app}", app, self._ari, self._router, self._config, deaf)
            deaf.owner = owner
            owner.token = HOUSE
            # Another process may have made rooms before, and no id may be used twice.
            owner.entry = secrets.randbelow(10**9)
            self._owners[app] = owner
        return owner

    def _tidy(self) -> None:
        self._rooms = {key: room for key, room in self._rooms.items() if not room.destroyed}
        self._locks = {
            key: lock for key, lock in self._locks.items() if lock.locked() or key in self._rooms
        }
        self._many = 2 * len(self._locks) + 64
