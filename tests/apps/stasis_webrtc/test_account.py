"""Accounts: who may log in, how often it may be tried, and what changes of users do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from argon2 import PasswordHasher
from stasis_webrtc.account import AccountError, LogInError
from stasis_webrtc.grant import Grants
from stasis_webrtc.store import Store, StoreError
from stasis_webrtc.throttle import LogInRules
from structlog.testing import capture_logs

from tests.apps.stasis_webrtc.accounts import ADDRESS, NOON, OTHER, PASSWORD, WRONG, Desk

NEW = "a brand new one"


async def tried(
    desk: Desk, password: str = WRONG, name: str = "ann", address: str = ADDRESS
) -> str:
    """What comes of a log-in: `in`, or the code of the error."""
    try:
        await desk.accounts.log_in(name, password, "Chrome", address)
    except LogInError as error:
        assert not password or password not in str(error)
        return error.code
    return "in"


async def code_of(work: Any) -> str:
    with pytest.raises((AccountError, LogInError)) as caught:
        await work
    return str(caught.value.code)


def noting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What hashes are compared from now on."""
    compared: list[str] = []
    look = desk.accounts.passwords.matches

    async def matches(kept: str, text: str) -> bool:
        compared.append(kept)
        return await look(kept, text)

    monkeypatch.setattr(desk.accounts.passwords, "matches", matches)
    return compared


class TestLogIn:
    async def test_with_the_password_of_the_user(self, desk: Desk):
        signed_in = await desk.log_in()
        assert signed_in.user == await desk.ann()
        assert await desk.sessions.authenticate(signed_in.access.text) is not None
        assert await desk.kinds() == ["logged_in"]
        row = (await desk.store.audit())[0]
        assert (row.user, row.address, row.session, row.detail) == (
            "ann", ADDRESS, signed_in.session.id, "Chrome"
        )  # fmt: skip

    @pytest.mark.parametrize("name", ["ANN", " ann ", "Ann\n"])
    async def test_however_the_name_is_written(self, quick_desk: Desk, name: str):
        assert await tried(quick_desk, PASSWORD, name) == "in"

    @pytest.mark.parametrize(
        ("name", "password"),
        [
            ("ann", WRONG),
            ("ann", ""),
            ("ann", PASSWORD + " "),
            ("ann", PASSWORD.upper()),
            ("ann", OTHER),
            ("root", PASSWORD),
            ("eve", PASSWORD),
            ("", ""),
            ("201", PASSWORD),
            ("ann' OR 1=1 --", PASSWORD),
            ("a%", PASSWORD),
            ("an_", PASSWORD),
            ("ａnn", PASSWORD),
            ("аnn", PASSWORD),
            ("\ud800", PASSWORD),
            ("ann\u200b", PASSWORD),
            ("x" * 100_000, PASSWORD),
            ("ann", "x" * 100_000),
            ("ann", "\ud800\0"),
        ],
    )
    async def test_nobody_else(self, quick_desk: Desk, name: str, password: str):
        assert await tried(quick_desk, password, name) == "wrong_password"
        assert await quick_desk.kinds() == ["log_in_wrong"]
        assert await quick_desk.store.sessions() == []

    async def test_who_is_disabled_is_told_so_but_only_with_the_right_password(self, desk: Desk):
        await desk.accounts.disable("ann")
        assert await tried(desk, PASSWORD) == "disabled"
        assert await tried(desk, WRONG) == "wrong_password"
        await desk.accounts.enable("ann")
        assert await tried(desk, PASSWORD) == "in"

    async def test_every_one_is_one_comparison_whoever_it_is(
        self, quick_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        compared = noting(quick_desk, monkeypatch)
        await quick_desk.accounts.disable("root")
        for name, password in (
            ("ann", PASSWORD), ("ann", WRONG), ("eve", WRONG), ("root", OTHER), ("", ""),
        ):  # fmt: skip
            compared.clear()
            await tried(quick_desk, password, name, f"a{name}")
            assert len(compared) == 1, name

    @pytest.mark.alone
    async def test_the_time_does_not_tell_whether_there_is_such_a_user(self, quick_desk: Desk):
        quick_desk.accounts.throttle.rules = LogInRules(by_user=999, by_address=999)
        shortest = dict.fromkeys(("ann", "eve"), 9.0)
        for _ in range(10):
            for name in shortest:
                began = time.process_time()
                await tried(quick_desk, WRONG, name)
                shortest[name] = min(shortest[name], time.process_time() - began)
        assert max(shortest.values()) < 1.3 * min(shortest.values()), shortest

    async def test_a_hash_of_less_work_is_made_anew(self, desk: Desk):
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        await desk.store.change_user("ann", NOON, password=weak)
        signed_in = await desk.log_in()
        kept = (await desk.ann()).password
        assert kept != weak and not desk.accounts.passwords.needs_rehash(kept)
        assert await desk.sessions.authenticate(signed_in.access.text) is not None
        assert await tried(desk, PASSWORD) == "in"

    async def test_a_database_that_is_gone_lets_nobody_in(self, desk: Desk):
        await desk.store.close()
        with pytest.raises(StoreError):
            await desk.log_in()


class TestBruteForce:
    async def test_who_tries_too_often_is_refused_though_the_password_is_right_then(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        assert [await tried(desk) for _ in range(3)] == ["wrong_password"] * 3
        compared = noting(desk, monkeypatch)
        with pytest.raises(LogInError) as caught:
            await desk.log_in()
        assert (caught.value.code, caught.value.wait) == ("too_many_attempts", 60)
        assert compared == []
        assert await tried(desk, PASSWORD, address="192.0.2.2") == "in"
        assert "log_in_refused" in await desk.kinds()

    async def test_many_at_once_are_compared_no_more_often(
        self, database_url: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        store = Store(database_url)
        await store.open()
        other = Desk(store, desk.clock)
        compared = noting(desk, monkeypatch), noting(other, monkeypatch)
        guesses = [f"guess number {number}" for number in range(15)] + [PASSWORD]
        found = await asyncio.gather(
            *(tried((desk, other)[number % 2], guess) for number, guess in enumerate(guesses))
        )
        await store.close()
        assert len(compared[0]) + len(compared[1]) <= 3
        assert found.count("too_many_attempts") >= len(guesses) - 3

    async def test_from_many_addresses_at_once_no_more_than_of_one_user(self, desk: Desk):
        found = await asyncio.gather(
            *(tried(desk, f"guess number {n}", address=f"198.51.100.{n}") for n in range(15))
        )
        assert found.count("wrong_password") <= 5

    async def test_who_goes_away_before_the_answer_has_tried(
        self, quick_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        compared = noting(quick_desk, monkeypatch)
        for number in range(3):
            task = asyncio.create_task(tried(quick_desk))
            while len(compared) <= number:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await tried(quick_desk, PASSWORD) == "too_many_attempts"

    async def test_right_ones_do_not_count(self, quick_desk: Desk):
        assert [await tried(quick_desk, PASSWORD) for _ in range(6)] == ["in"] * 6

    async def test_waiting_helps(self, quick_desk: Desk):
        for _ in range(4):
            await tried(quick_desk)
        quick_desk.clock.go(60.1)
        assert await tried(quick_desk, PASSWORD) == "in"


class TestOwnPassword:
    async def test_it_is_changed_and_other_sessions_end(self, desk: Desk):
        here, there = await desk.log_in(), await desk.log_in()
        await desk.accounts.change_password("ann", PASSWORD, NEW, but=here.session.id)
        assert await desk.sessions.authenticate(here.access.text) is not None
        assert await desk.sessions.authenticate(there.access.text) is None
        assert await tried(desk, PASSWORD) == "wrong_password"
        assert await tried(desk, NEW) == "in"
        assert "password_changed" in await desk.kinds()

    async def test_a_stolen_token_is_no_way_to_guess_it(self, desk: Desk):
        change = desk.accounts.change_password
        codes = [await code_of(change("ann", WRONG, NEW, address=ADDRESS)) for _ in range(4)]
        assert codes == ["wrong_password"] * 3 + ["too_many_attempts"]
        assert await code_of(change("ann", PASSWORD, NEW, address=ADDRESS)) == "too_many_attempts"
        desk.clock.go(61)
        assert await tried(desk, PASSWORD) == "in"

    async def test_a_weak_one_changes_nothing(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        change = quick_desk.accounts.change_password
        assert await code_of(change("ann", PASSWORD, "short")) == "weak_password"
        assert await quick_desk.sessions.authenticate(signed_in.access.text) is not None
        assert await tried(quick_desk, PASSWORD) == "in"

    async def test_of_two_who_change_it_at_once_one_does(self, quick_desk: Desk):
        change = quick_desk.accounts.change_password
        found = await asyncio.gather(
            change("ann", PASSWORD, NEW), change("ann", PASSWORD, OTHER), return_exceptions=True
        )
        (error,) = [each for each in found if each is not None]
        assert isinstance(error, LogInError)
        passwords = (PASSWORD, NEW, OTHER)
        won = [await tried(quick_desk, each, address=each) for each in passwords]
        assert sorted(won) == ["in", "wrong_password", "wrong_password"] and won[0] != "in"

    async def test_who_logs_in_with_the_old_one_meanwhile_is_out_as_well(self, desk: Desk):
        """Whichever is first: no session of the old password outlives its change."""
        for number in range(4):
            old, new = (PASSWORD, NEW) if number % 2 == 0 else (NEW, PASSWORD)
            work = [desk.accounts.log_in("ann", old, "", f"a{number}{n}") for n in range(3)]
            await asyncio.gather(
                *work, desk.accounts.set_password("ann", new), return_exceptions=True
            )
            assert await desk.store.sessions_of("ann") == []


class TestAdd:
    async def test_a_new_user_may_log_in(self, desk: Desk):
        grants = Grants(("*",), may_record=True)
        row = await desk.accounts.add(
            " Bob ", NEW, extension="202", outside="+4930123456", grants=grants, by="root"
        )
        assert (row.name, row.title, row.extension, row.grants) == ("bob", "Bob", "202", grants)
        assert await desk.accounts.user("BOB") == row
        assert await tried(desk, NEW, "bob") == "in"
        noted = (await desk.store.audit(user="bob"))[-1]
        assert (noted.kind, noted.by) == ("user_added", "root")
        assert "extension=202" in noted.detail and "patterns=*" in noted.detail

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"name": "ann"}, "name_taken"),
            ({"name": "Ann"}, "name_taken"),
            ({"extension": "201"}, "extension_taken"),
            ({"password": "short"}, "weak_password"),
            ({"name": "longername", "password": "longername1"}, "weak_password"),
            ({"name": "b@b"}, "bad_name"),
            ({"name": "202"}, "bad_name"),
            ({"extension": "x"}, "bad_extension"),
            ({"grants": Grants(("nothing",))}, "bad_grant"),
        ],
    )
    async def test_one_that_cannot_be_is_told(
        self, quick_desk: Desk, given: dict[str, Any], code: str
    ):
        wanted: dict[str, Any] = {"name": "bob", "password": NEW} | given
        assert await code_of(quick_desk.accounts.add(**wanted)) == code
        assert len(await quick_desk.store.users()) == 2

    async def test_two_who_add_the_same_at_once_add_one(self, desk: Desk):
        found = await asyncio.gather(
            *(desk.accounts.add("bob", NEW) for _ in range(3)), return_exceptions=True
        )
        errors = [each for each in found if isinstance(each, AccountError)]
        assert [each.code for each in errors] == ["name_taken"] * 2


class TestChange:
    async def test_what_is_given_is_changed_and_noted(self, desk: Desk):
        changed = await desk.accounts.change(
            "ann", by="root", dnd=True, forward_busy="bob", title="Ann"
        )
        assert (changed.dnd, changed.forward_busy, changed.extension) == (True, "bob", "201")
        assert changed == await desk.ann()
        row = (await desk.store.audit())[0]
        assert (row.kind, row.by, row.detail) == (
            "user_changed", "root", "dnd=True, forward_busy=bob"
        )  # fmt: skip

    async def test_an_extension_is_one_users(self, desk: Desk):
        assert await code_of(desk.accounts.change("root", extension="201")) == "extension_taken"
        await desk.accounts.change("ann", extension="201", dnd=True)
        await desk.accounts.change("ann", extension="")
        assert (await desk.accounts.change("root", extension="201")).extension == "201"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"forward_always": "sip:x@y"}, "bad_number"),
            ({"title": "a\nb"}, "bad_title"),
            ({"grants": Grants(("?",))}, "bad_grant"),
        ],
    )
    async def test_what_cannot_be_changes_nothing(
        self, quick_desk: Desk, changes: dict[str, Any], code: str
    ):
        before = await quick_desk.ann()
        assert await code_of(quick_desk.accounts.change("ann", dnd=True, **changes)) == code
        assert await quick_desk.ann() == before

    @pytest.mark.parametrize("field", ["name", "password", "disabled", "created", "admin"])
    async def test_what_has_a_way_of_its_own_is_not_changed_so(self, quick_desk: Desk, field: str):
        with pytest.raises(TypeError, match=field):
            await quick_desk.accounts.change("ann", **{field: "x"})

    async def test_who_is_not_there_is_told(self, quick_desk: Desk):
        accounts = quick_desk.accounts
        for work in (
            accounts.change("eve", dnd=True),
            accounts.set_password("eve", NEW),
            accounts.disable("eve"),
            accounts.enable("eve"),
            accounts.remove("eve"),
            accounts.user("e\nve"),
        ):
            assert await code_of(work) == "no_user"


class TestTakenAway:
    async def test_a_password_that_an_administrator_changes_ends_all_sessions(self, desk: Desk):
        await desk.log_in()
        await desk.log_in()
        await desk.accounts.set_password("ann", NEW, by="root")
        assert await desk.store.sessions() == []
        assert desk.heard()[2:] == [("ended", "revoked")] * 2
        assert await tried(desk, NEW) == "in"

    async def test_who_is_disabled_is_out_at_once(self, desk: Desk):
        signed_in = await desk.log_in()
        assert (await desk.accounts.disable("ann", by="root")).disabled
        assert await desk.sessions.authenticate(signed_in.access.text) is None
        assert desk.heard()[1:] == [("ended", "disabled")]
        assert [row.name for row in await desk.store.contacts()] == ["root"]

    async def test_who_is_removed_is_gone(self, desk: Desk):
        signed_in = await desk.log_in()
        await desk.accounts.remove("ann", by="root")
        assert await desk.sessions.authenticate(signed_in.access.text) is None
        assert desk.heard()[1:] == [("ended", "disabled")]
        assert await tried(desk, PASSWORD) == "wrong_password"
        assert (await desk.store.audit())[1].kind == "user_removed"

    async def test_who_logs_in_while_it_is_disabled_is_not_in(self, desk: Desk):
        for number in range(3):
            work = [desk.accounts.log_in("ann", PASSWORD, "", f"a{number}{n}") for n in range(3)]
            await asyncio.gather(*work, desk.accounts.disable("ann"), return_exceptions=True)
            assert await desk.store.sessions_of("ann") == []
            await desk.accounts.enable("ann")


async def test_no_password_and_no_hash_is_in_a_log_an_error_or_a_repr(quick_desk: Desk):
    desk = quick_desk
    with capture_logs() as logs:
        await desk.log_in()
        await tried(desk, WRONG)
        await desk.accounts.change_password("ann", PASSWORD, NEW)
        with pytest.raises(AccountError) as caught:
            await desk.accounts.set_password("ann", "sh0rt")
    shown = repr((logs, caught.value, await desk.ann(), await desk.store.audit()))
    shown += repr((desk.accounts, vars(desk.accounts), desk.events))
    for secret in (PASSWORD, WRONG, NEW, "sh0rt", "$argon2"):
        assert secret not in shown
