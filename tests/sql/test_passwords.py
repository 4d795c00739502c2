"""Passwords: their hashes, and the same work for everybody."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future

import pytest
from argon2 import PasswordHasher, extract_parameters
from structlog.testing import capture_logs

from stasis.sql import Passwords, hashed, is_hash, matches
from stasis.sql import passwords as module
from stasis.sql.passwords import NOBODY

RIGHT, WRONG = "correct horse", "battery staple"


class TestHash:
    async def test_it_is_of_its_password_and_of_no_other(self):
        passwords = Passwords()
        kept = await passwords.hashed(RIGHT)
        assert await passwords.matches(kept, RIGHT)
        for wrong in (WRONG, "", RIGHT.upper(), RIGHT + " ", RIGHT + "\0"):
            assert not await passwords.matches(kept, wrong)

    def test_two_hashes_of_one_password_are_not_alike(self):
        assert hashed(RIGHT) != hashed(RIGHT)

    def test_it_is_told_from_a_password(self):
        assert is_hash(hashed("1234")) and not is_hash("1234")

    def test_an_empty_one_is_of_nothing(self):
        assert not matches("", "") and not matches("", RIGHT)

    @pytest.mark.parametrize("kept", ["$argon2id$broken", "plain", NOBODY[:-4]])
    def test_one_that_cannot_be_read_lets_nobody_in(self, kept: str):
        with capture_logs() as logs:
            assert not matches(kept, RIGHT)
        assert logs[0]["event"] == "a hash cannot be read; set the password or PIN anew"
        assert kept not in repr(logs) and RIGHT not in repr(logs)

    def test_one_password_on_two_keyboards_is_the_same(self):
        assert matches(hashed("Z\u00fcrich"), "Zu\u0308rich")

    @pytest.mark.parametrize("text", ["", "\ud800", "\0", "x" * 10_000, "☎" * 40])
    def test_any_text_at_all_can_be_one(self, text: str):
        kept = hashed(text)
        assert matches(kept, text) and not matches(kept, text + "x")

    def test_one_that_was_made_with_less_work_is_to_be_made_anew(self):
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(RIGHT)
        assert matches(weak, RIGHT) and Passwords.needs_rehash(weak)
        assert Passwords.needs_rehash("$argon2id$broken")
        assert not Passwords.needs_rehash(hashed(RIGHT))


class TestWork:
    def test_the_hash_of_nobody_takes_as_long_as_any_other(self):
        assert extract_parameters(NOBODY) == extract_parameters(hashed(RIGHT))

    @pytest.mark.alone
    def test_the_time_does_not_tell_whether_there_is_a_hash(self):
        kept = hashed(RIGHT)
        shortest = {"": 9.0, kept: 9.0}
        for _ in range(10):
            for each in shortest:
                began = time.process_time()
                matches(each, WRONG)
                shortest[each] = min(shortest[each], time.process_time() - began)
        assert max(shortest.values()) < 1.3 * min(shortest.values())

    async def test_the_event_loop_goes_on_meanwhile(self):
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.001)
                turns += 1

        passwords = Passwords()
        task = asyncio.create_task(other())
        await asyncio.gather(*(passwords.hashed(RIGHT) for _ in range(4)))
        task.cancel()
        assert turns >= 4

    async def test_no_more_than_two_are_worked_on_though_callers_go_away(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        working, most, begun = 0, 0, 0
        go_on: Future[None] = Future()
        counting = threading.Lock()

        def slow(kept: str, text: str) -> bool:
            nonlocal working, most, begun
            with counting:
                working, begun = working + 1, begun + 1
                most = max(most, working)
            go_on.result(10)
            with counting:
                working -= 1
            return False

        monkeypatch.setattr(module, "matches", slow)
        passwords = Passwords()
        tasks = [asyncio.create_task(passwords.matches("", RIGHT)) for _ in range(20)]
        while begun < 2:
            await asyncio.sleep(0.001)
        for task in tasks[:10]:
            task.cancel()
        last = asyncio.create_task(passwords.matches("", RIGHT))
        await asyncio.sleep(0.01)
        go_on.set_result(None)
        assert await last is False
        await asyncio.gather(*tasks, return_exceptions=True)
        # Those that nobody waits for any more are not begun.
        assert most == 2 and begun == 2 + 10 + 1
