"""Contacts: the users, and whether they are there.

Rules: what a user's calls make of it is looked at when they change, so that a list of many users
asks no call. Changes of one moment are told together, and of each only what was not told before;
many at once, as when Asterisk is restarted, are told as a list. What another process has changed,
such as the command line, is found by looking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Protocol

import structlog

from stasis import StasisError
from stasis_webrtc.body import Contact
from stasis_webrtc.presence import Doing, Presence, doing, presence_of
from stasis_webrtc.rows import UserRow
from stasis_webrtc.shown import contact_of, me_of
from stasis_webrtc.store import Store
from stasis_webrtc.view import CallView

__all__ = ["Contacts", "Tells"]

log = structlog.get_logger("stasis_webrtc")

# So long it is waited for further changes before some are told.
PRESENCE_SECONDS, PEOPLE_SECONDS = 0.05, 0.2
# From so many on they are told as a list.
MANY = 50
# So long the users are as they were read last, if nobody says otherwise.
FRESH_SECONDS = 2.0


class Tells(Protocol):
    """Who tells pages."""

    def presence(self, user: str, presence: Presence) -> None:
        """A user is something else now."""

    async def people(self, contacts: list[Contact]) -> None:
        """There are other users now, or many are something else."""

    def me(self, row: UserRow) -> None:
        """A user was changed."""


class Contacts:
    """The users, for pages.

    store: where they are. views: the calls of one. reachable: whether a device of one is
    registered. tells: told of changes. spawn: does something that nobody waits for.
    """

    def __init__(
        self,
        store: Store,
        views: Callable[[str], Iterable[CallView]],
        reachable: Callable[[str], bool],
        tells: Tells,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._store = store
        self._views = views
        self._reachable = reachable
        self._tells = tells
        self._spawn = spawn
        self._users: Mapping[str, UserRow] = {}
        self._until = float("-inf")
        # As their pages know them.
        self._known: dict[str, UserRow] | None = None
        self._doing: dict[str, Doing] = {}
        self._told: dict[str, Presence] = {}
        self._touched: set[str] = set()
        self._renewing = False
        self._reading = asyncio.Lock()

    async def all(self) -> list[Contact]:
        """All users, by name. Raises StoreError."""
        return self._listed(await self._read())

    async def of(self, user: str) -> list[Contact]:
        """The contacts of a user: all others. Raises StoreError."""
        return [each for each in await self.all() if each.user != user]

    def presence(self, row: UserRow) -> Presence:
        """What a user is now."""
        touched = row.name in self._touched  # what it did before may be over
        now = doing(self._views(row.name)) if touched else self._doing.get(row.name, "")
        return presence_of(now, registered=self._reachable(row.name), dnd=row.dnd)

    # What it hears

    def touch(self, user: str) -> None:
        """A call or a device of a user has changed."""
        if not self._touched:
            self._spawn(self._review())
        self._touched.add(user)

    def renew(self) -> None:
        """There are other users, or they are called otherwise."""
        self._until = float("-inf")
        if not self._renewing:
            self._renewing = True
            self._spawn(self._renew())

    def changed(self, row: UserRow) -> None:
        """A user was changed here, and its pages know."""
        self._until = float("-inf")
        if self._known is not None and row.name in self._known:
            self._known[row.name] = row
        self.touch(row.name)

    async def look(self) -> None:
        """Tell of what was changed elsewhere. Raises StoreError."""
        users = await self._read()
        before, self._known = self._known, dict(users)
        if before is None:
            return
        for name in before.keys() & users.keys():
            if me_of(before[name]) != me_of(users[name]):
                self._tells.me(users[name])
                self.touch(name)
        if names_of(before) != names_of(users):
            self.renew()

    # How it is done

    async def _review(self) -> None:
        await asyncio.sleep(PRESENCE_SECONDS)
        touched, self._touched = self._touched, set()
        for user in touched:
            if now := doing(self._views(user)):
                self._doing[user] = now
            else:
                self._doing.pop(user, None)
        try:
            users = await self._read()
        except StasisError as error:
            log.warning("users are as they were", error=str(error))
            users = self._users
        changed: dict[str, Presence] = {}
        for user in touched & users.keys():
            presence = self.presence(users[user])
            if self._told.get(user) != presence:
                self._told[user] = changed[user] = presence
        if len(changed) > MANY:
            await self._tells.people(self._listed(users))
            return
        for user, presence in changed.items():
            self._tells.presence(user, presence)

    async def _renew(self) -> None:
        await asyncio.sleep(PEOPLE_SECONDS)
        self._renewing = False
        try:
            users = await self._read()
        except StasisError as error:
            log.warning("contacts are not known", error=str(error))
            return
        self._told = {user: told for user, told in self._told.items() if user in users}
        await self._tells.people(self._listed(users))

    def _listed(self, users: Mapping[str, UserRow]) -> list[Contact]:
        found = [contact_of(row, self.presence(row)) for row in users.values()]
        for each in found:
            self._told.setdefault(each.user, each.presence)
        return found

    async def _read(self) -> Mapping[str, UserRow]:
        """The users that are not disabled, by name, in their order. Raises StoreError."""
        async with self._reading:
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                # Set before: what is changed while they are read lets them be read again.
                self._until = now + FRESH_SECONDS
                try:
                    self._users = {row.name: row for row in await self._store.contacts()}
                except BaseException:
                    self._until = float("-inf")
                    raise
            return self._users


def names_of(users: Mapping[str, UserRow]) -> set[tuple[str, str, str]]:
    """What others see of users, whatever they do."""
    return {(row.name, row.title, row.extension) for row in users.values()}
