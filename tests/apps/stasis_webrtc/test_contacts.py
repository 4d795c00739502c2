"""Contacts: who there is, what they are, and how little is asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from stasis_webrtc.body import Contact
from stasis_webrtc.contacts import MANY, Contacts
from stasis_webrtc.presence import Presence
from stasis_webrtc.rows import UserRow
from stasis_webrtc.view import CallView, Peer

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.kept import InstantStore
from tests.apps.stasis_webrtc.switch import NOON


class Pages:
    """What pages were told. views, online: of users."""

    def __init__(self) -> None:
        self.store = InstantStore()
        self.views: dict[str, list[CallView]] = {}
        self.online: set[str] = set()
        self.looked: list[str] = []
        self.told: list[tuple[str, Presence]] = []
        self.lists: list[list[Contact]] = []
        self.changed: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.contacts = Contacts(self.store, self.look, self.online.__contains__, self, self.spawn)

    def look(self, user: str) -> Iterable[CallView]:
        self.looked.append(user)
        return self.views.get(user, [])

    def presence(self, user: str, presence: Presence) -> None:
        self.told.append((user, presence))

    async def people(self, contacts: list[Contact]) -> None:
        self.lists.append(contacts)

    def me(self, row: UserRow) -> None:
        self.changed.append(row.name)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

    def talks(self, user: str) -> None:
        """A user talks from now on."""
        self.views[user] = [CallView("x", user, "connected", "in", Peer(), NOON, NOON)]
        self.contacts.touch(user)

    async def settled(self) -> None:
        await asyncio.sleep(1)
        for task in self._tasks:
            assert task.done() and task.exception() is None


@asynccontextmanager
async def users(count: int) -> AsyncIterator[Pages]:
    pages = Pages()
    for number in range(count):
        await pages.store.add_user(UserRow(f"u{number:04}", NOON, NOON, f"U {number:04}"))
    pages.store.database.asked = 0
    yield pages
    await pages.settled()


@virtual_time
async def test_a_thousand_users_are_listed_without_a_look_at_their_calls():
    async with users(1000) as pages:
        for _ in range(50):
            assert len(await pages.contacts.of("u0001")) == 999
        assert pages.looked == []
        assert pages.store.database.asked == 1


@virtual_time
async def test_those_who_ask_at_once_get_the_same_whole_list():
    async with users(5) as pages:
        lists = await asyncio.gather(*(pages.contacts.all() for _ in range(5)))
        assert [len(each) for each in lists] == [5] * 5


@virtual_time
async def test_a_burst_of_changes_is_one_look_and_one_message():
    async with users(3) as pages:
        await pages.contacts.all()
        for _ in range(100):
            pages.talks("u0000")
        await pages.settled()
        assert pages.looked == ["u0000"] and pages.told == [("u0000", "busy")]
        pages.views.clear()
        pages.contacts.touch("u0000")
        await pages.settled()
        assert pages.told[1:] == [("u0000", "offline")]


@virtual_time
async def test_who_comes_before_it_was_told_sees_what_is():
    async with users(2) as pages:
        await pages.contacts.all()
        pages.talks("u0000")
        assert (await pages.contacts.all())[0].presence == "busy"
        await pages.settled()
        assert pages.told == [("u0000", "busy")]


@virtual_time
async def test_what_a_list_has_said_is_not_said_again():
    async with users(2) as pages:
        pages.online.add("u0000")
        assert (await pages.contacts.all())[0].presence == "available"
        pages.contacts.touch("u0000")
        await pages.settled()
        assert pages.told == []


@virtual_time
async def test_when_all_are_something_else_it_is_told_as_a_list():
    async with users(MANY + 1) as pages:
        await pages.contacts.all()
        for number in range(MANY + 1):
            pages.online.add(f"u{number:04}")
            pages.contacts.touch(f"u{number:04}")
        await pages.settled()
        assert pages.told == []
        ((*contacts,),) = pages.lists
        assert {each.presence for each in contacts} == {"available"}


@virtual_time
async def test_without_the_database_users_are_who_they_were():
    async with users(2) as pages:
        await pages.contacts.all()
        pages.store.database.down = True
        await asyncio.sleep(10)
        pages.talks("u0000")
        pages.contacts.renew()
        await pages.settled()
        assert pages.told == [("u0000", "busy")] and pages.lists == []


@virtual_time
async def test_what_was_changed_counts_at_once():
    async with users(1) as pages:
        pages.online.add("u0000")
        await pages.contacts.all()
        row = await pages.store.change_user("u0000", NOON, dnd=True)
        assert row is not None
        pages.contacts.changed(row)
        await pages.settled()
        assert pages.told == [("u0000", "dnd")]


@virtual_time
async def test_who_is_gone_is_forgotten():
    async with users(2) as pages:
        await pages.contacts.all()
        await pages.store.remove_user("u0000")
        pages.contacts.renew()
        pages.contacts.renew()
        await pages.settled()
        assert [[each.user for each in found] for found in pages.lists] == [["u0001"]]
        pages.contacts.touch("u0000")
        await pages.settled()
        assert pages.told == [] and list(pages.contacts._told) == ["u0001"]


@virtual_time
async def test_what_another_process_has_changed_is_found_and_told_once():
    async with users(3) as pages:
        pages.online.add("u0001")
        await pages.contacts.all()
        await pages.contacts.look()
        await pages.store.change_user("u0001", NOON, dnd=True)
        await pages.store.change_user("u0002", NOON, password="x")
        await asyncio.sleep(5)
        await pages.contacts.look()
        await pages.settled()
        assert pages.changed == ["u0001"] and pages.told == [("u0001", "dnd")]
        await pages.store.change_user("u0002", NOON, title="Other")
        await pages.store.remove_user("u0000")
        await asyncio.sleep(5)
        await pages.contacts.look()
        await pages.settled()
        assert pages.changed == ["u0001", "u0002"]
        assert [[each.name for each in found] for found in pages.lists] == [["Other", "U 0001"]]
        await asyncio.sleep(5)
        await pages.contacts.look()
        await pages.settled()
        assert (len(pages.changed), len(pages.told), len(pages.lists)) == (2, 1, 1)


@virtual_time
async def test_and_what_was_changed_here_is_not_told_again():
    async with users(1) as pages:
        await pages.contacts.look()
        row = await pages.store.change_user("u0000", NOON, forward_busy="1")
        assert row is not None
        pages.contacts.changed(row)
        await asyncio.sleep(5)
        await pages.contacts.look()
        await pages.settled()
        assert pages.changed == []
