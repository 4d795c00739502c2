"""The store: what is kept and found again, also by those who come at once. In each database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from stasis_webrtc import tables
from stasis_webrtc.grant import Grants
from stasis_webrtc.rows import KeyRow, SessionRow, UserRow
from stasis_webrtc.store import Store, StoreError

from stasis import ConfigError
from tests.apps.stasis_webrtc.accounts import NOON

ANN = UserRow("ann", NOON, NOON, title="Ann", extension="201", password="$argon2id$a")
BOB = UserRow("bob", NOON, NOON, title="Bob", extension="202", password="$argon2id$b")
WINDOW = timedelta(seconds=60)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def session(id: str = "s1", user: str = "ann", **different: Any) -> SessionRow:
    values = {"device": "Chrome", "address": "192.0.2.1", "began": NOON, "seen": NOON}
    return SessionRow(id, user, **{**values, "expires": later(60), **different})


async def begun(store: Store, *rows: SessionRow) -> None:
    await store.add_user(ANN)
    for row in rows:
        assert await store.begin_session(row, ANN.password)


def test_a_url_that_is_none_is_refused_by_the_name_of_its_key():
    with pytest.raises(ConfigError, match=r"^\[plugin.webrtc\]: database: must be sqlite"):
        Store("webrtc.db")


class TestUsers:
    async def test_one_is_found_as_it_was_kept(self, store: Store):
        row = evolve(ANN, grants=Grants(("*", "!+49*"), False, True, True), dnd=True)
        assert await store.add_user(row) and await store.add_user(BOB)
        assert await store.user("ann") == await store.user_of_extension("201") == row
        assert await store.users() == [row, BOB]
        assert await store.user("eve") is await store.user_of_extension("203") is None

    async def test_neither_name_nor_extension_is_there_twice(self, store: Store):
        assert await store.add_user(ANN)
        assert not await store.add_user(evolve(ANN, extension="299"))
        assert not await store.add_user(evolve(BOB, extension="201"))
        assert await store.users() == [ANN]

    async def test_many_may_have_no_extension(self, store: Store):
        assert await store.add_user(evolve(ANN, extension=""))
        assert await store.add_user(evolve(BOB, extension=""))
        assert await store.user_of_extension("") is None

    async def test_two_who_change_different_things_at_once_undo_nothing(self, store: Store):
        await store.add_user(ANN)
        await asyncio.gather(
            store.change_user("ann", later(1), dnd=True),
            store.change_user("ann", later(1), grants=Grants(admin=True)),
        )
        assert await store.user("ann") == evolve(
            ANN, dnd=True, grants=Grants(admin=True), changed=later(1)
        )
        assert await store.change_user("eve", NOON, dnd=True) is None

    async def test_contacts_are_those_who_are_not_disabled_by_title(self, store: Store):
        for row in (evolve(ANN, title="Zoe"), BOB, UserRow("eve", NOON, NOON, disabled=True)):
            await store.add_user(row)
        assert [row.name for row in await store.contacts()] == ["bob", "ann"]

    async def test_a_password_is_changed_only_if_it_is_the_one_that_was_looked_at(
        self, store: Store
    ):
        await store.add_user(ANN)
        assert await store.set_password("ann", later(1), "$argon2id$n", ANN.password)
        assert not await store.set_password("ann", later(2), "$argon2id$m", ANN.password)
        assert await store.user("ann") == evolve(ANN, password="$argon2id$n", changed=later(1))

    async def test_who_is_removed_takes_all_along_but_the_audit_log(self, store: Store):
        await begun(store, session())
        await store.first_refresh("s1", "h1", NOON)
        await store.note(NOON, "logged_in", **about(user="ann"))
        assert await store.remove_user("ann") and not await store.remove_user("ann")
        assert await store.sessions() == []
        assert await store.session("s1") is await store.refresh("h1") is None
        assert len(await store.audit()) == 1


class TestSessions:
    async def test_one_is_found_as_it_was_kept(self, store: Store):
        await begun(store, session(), session("s2", began=later(1)))
        assert await store.session("s1") == session()
        assert [row.id for row in await store.sessions_of("ann")] == ["s1", "s2"]
        assert await store.session("s3") is None and await store.sessions_of("bob") == []

    async def test_it_is_begun_only_with_the_password_that_holds_and_for_who_may(
        self, store: Store
    ):
        await store.add_user(ANN)
        assert not await store.begin_session(session(), "$argon2id$old")
        assert not await store.begin_session(session(user="eve"), "")
        await store.change_user("ann", NOON, disabled=True)
        assert not await store.begin_session(session(), ANN.password)
        assert await store.sessions() == []

    async def test_its_device_is_found_by_its_endpoint_as_long_as_it_lives(self, store: Store):
        await begun(store, session())
        assert await store.session_of_endpoint("") is None
        assert await store.set_endpoint("s1", "w-ann-1") == session(endpoint="w-ann-1")
        found = await store.session_of_endpoint("w-ann-1")
        assert found is not None and found.id == "s1"
        await store.end_session("s1", NOON, "logged_out")
        assert await store.session_of_endpoint("w-ann-1") is None
        assert await store.set_endpoint("s1", "w-ann-2") is None

    async def test_it_ends_once(self, store: Store):
        await begun(store, session())
        ended = session(ended=later(1), why="revoked")
        assert await store.end_session("s1", later(1), "revoked") == ended
        assert await store.end_session("s1", later(2), "expired") is None
        assert await store.seen("s1", later(2), later(99)) is None
        assert await store.session("s1") == ended and await store.sessions() == []

    async def test_what_is_over_is_what_has_expired_or_is_of_who_is_disabled(self, store: Store):
        await store.add_user(BOB)
        await begun(store, session(), session("s2", expires=later(99)))
        await store.begin_session(session("s3", "bob", expires=later(99)), BOB.password)
        await store.change_user("bob", NOON, disabled=True)
        found = await store.over(later(60))
        assert [(row.id, why) for row, why in found] == [("s1", "expired"), ("s3", "disabled")]

    async def test_those_that_ended_long_ago_are_forgotten(self, store: Store):
        await begun(store, session(), session("s2"))
        await store.first_refresh("s1", "h1", NOON)
        await store.end_session("s1", later(1), "expired")
        await store.forget_sessions(later(1))
        assert await store.session("s1") is not None
        await store.forget_sessions(later(2))
        assert await store.session("s1") is await store.refresh("h1") is None
        assert await store.session("s2") is not None


class TestRefreshes:
    async def test_each_takes_the_place_of_the_unused_one(self, store: Store):
        await begun(store, session())
        await store.first_refresh("s1", "h1", NOON)
        assert await store.next_refresh("h1", "h2", 2, later(1))
        first, second = await store.refresh("h1"), await store.unused_refresh("s1")
        assert first is not None and (first.used, first.successor) == (later(1), "h2")
        assert second is not None and (second.hash, second.generation) == ("h2", 2)
        assert second.session == "s1" and second.issued == later(1) and second.used is None

    async def test_a_used_one_has_no_second_successor(self, store: Store):
        await begun(store, session())
        await store.first_refresh("s1", "h1", NOON)
        assert await store.next_refresh("h1", "h2", 2, NOON)
        assert not await store.next_refresh("h1", "h3", 2, NOON)
        assert not await store.next_refresh("nothing", "h4", 2, NOON)
        assert await store.refresh("h3") is await store.refresh("h4") is None

    async def test_of_those_who_come_at_once_one_is_first(self, database_url: str, store: Store):
        await begun(store, session())
        await store.first_refresh("s1", "h1", NOON)
        other = Store(database_url)
        await other.open()
        found = await asyncio.gather(
            *((store, other)[n % 2].next_refresh("h1", f"n{n}", 2, NOON) for n in range(8))
        )
        await other.close()
        assert found.count(True) == 1
        unused = await store.unused_refresh("s1")
        assert unused is not None and unused.hash == f"n{found.index(True)}"


class TestKeys:
    async def test_they_come_by_age_and_old_ones_are_forgotten(self, store: Store):
        rows = [KeyRow(f"k{n}", f"{n}" * 64, later(n)) for n in range(3)]
        for row in reversed(rows):
            await store.add_key(row)
        assert await store.keys() == rows
        await store.forget_keys(rows[2].made)
        assert await store.keys() == rows[2:]


class TestAttempts:
    async def wrong(self, store: Store, nth: int, at: datetime = NOON) -> datetime | None:
        return await store.wrong("user", "ann", nth, at, WINDOW)

    async def test_wrong_ones_are_found_by_user_and_by_address(self, store: Store):
        for number, user in enumerate(("ann", "bob", "ann")):
            await store.attempt(user, "192.0.2.1", later(number), WINDOW)
        for of, value, nth, found in (
            ("user", "ann", 1, later(2)),
            ("user", "ann", 2, NOON),
            ("user", "ann", 3, None),
            ("address", "192.0.2.1", 3, NOON),
            ("address", "192.0.2.2", 1, None),
        ):
            assert await store.wrong(of, value, nth, NOON, WINDOW) == found  # type: ignore[arg-type]

    async def test_right_and_refused_ones_do_not_count(self, store: Store):
        for verdict in ("right", "refused"):
            attempt = await store.attempt("ann", "a", NOON, WINDOW)
            await store.judge(attempt, verdict)  # type: ignore[arg-type]
        assert await self.wrong(store, 1) is None

    async def test_those_outside_the_window_do_not_count_and_are_forgotten(self, store: Store):
        await store.attempt("ann", "a", NOON, WINDOW)
        assert await self.wrong(store, 1, later(61)) is None
        # The clock was wrong by a day, and is right again.
        await store.attempt("ann", "a", later(86_400), WINDOW)
        assert await self.wrong(store, 1) is None
        await store.attempt("ann", "a", NOON, WINDOW)
        assert await self.wrong(store, 1, later(86_400)) is None
        assert await self.wrong(store, 2) is None

    async def test_of_those_who_try_at_once_none_is_overlooked(
        self, database_url: str, store: Store
    ):
        other = Store(database_url)
        await other.open()

        async def tried(through: Store) -> bool:
            await through.attempt("ann", "a", NOON, WINDOW)
            return await through.wrong("user", "ann", 4, NOON, WINDOW) is None

        found = await asyncio.gather(*(tried((store, other)[n % 2]) for n in range(10)))
        await other.close()
        assert found.count(True) <= 3
        assert await self.wrong(store, 10) == NOON

    async def test_that_an_address_is_refused_is_said_once_in_a_while(self, store: Store):
        said = [
            await store.refused(address, later(seconds), WINDOW)
            for address, seconds in (("a", 0), ("a", 1), ("b", 1), ("a", 59), ("a", 61))
        ]
        assert said == [True, False, True, False, True]


def about(**given: str) -> dict[str, str]:
    return dict.fromkeys(("user", "by", "address", "session", "detail"), "") | given


class TestAudit:
    async def test_it_is_read_by_user_and_time_the_latest_first(self, store: Store):
        for number, user in enumerate(("ann", "bob", "ann")):
            await store.note(later(number), "logged_in", **about(user=user))
        await store.note(later(3), "user_changed", **about(user="bob", by="ann"))

        async def moments(**wanted: Any) -> list[datetime]:
            return [row.at for row in await store.audit(**wanted)]

        assert await moments() == [later(3), later(2), later(1), later(0)]
        assert await moments(user="ann") == [later(3), later(2), later(0)]
        assert await moments(before=later(2), limit=1) == [later(1)]
        await store.forget_audit(later(2))
        assert await moments() == [later(3), later(2)]

    async def test_rows_of_what_no_database_keeps_are_kept_without_it(self, store: Store):
        await store.note(NOON, "log_in_wrong", **about(user="a\0n\ud800n ☎"))
        assert (await store.audit())[0].user == "an?n ☎"


async def test_a_database_that_is_closed_is_told(store: Store):
    await store.close()
    with pytest.raises(StoreError, match="is not open"):
        await store.user("ann")


def test_no_error_and_no_repr_shows_the_passwords_of_the_database():
    assert "s3cret" not in repr(Store("postgresql://u:s3cret@h/d"))
    assert set(tables.users.c.keys()) >= {"password"}
