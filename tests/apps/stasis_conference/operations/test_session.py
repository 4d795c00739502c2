"""Logging in by PIN over HTTP: what it gives, how long, and how often it may be tried."""

from __future__ import annotations

import asyncio

import pytest
from stasis_conference.grant import MODERATOR_SCOPES
from structlog.testing import capture_logs

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import Answer, Desk, served
from tests.apps.stasis_conference.house import House, member


def house(**config: int) -> House:
    found = House(**config)
    found.add("board", pin="2846", moderator_pin="91735")
    found.add("open", moderator_pin="5555")
    return found


async def log_in(desk: Desk, pin: str, room: str = "board") -> Answer:
    return await desk.ask("POST", "/session", {"room": room, "pin": pin}, token="")


class TestLogIn:
    @virtual_time
    async def test_the_moderators_pin_gives_a_token_for_that_room_alone(self):
        async with served(house()) as (_, desk):
            answer = await log_in(desk, "91735")
            assert answer.status == 200
            assert answer.body["rooms"] == ["board"]
            assert set(answer.body["scopes"]) == MODERATOR_SCOPES
            assert answer.body["expires"].startswith("2026-11-23T18:00")
            desk.token = answer.body["token"]
            assert (await desk.get("/rooms/board"))["name"] == "board"
            assert (await desk.ask("GET", "/rooms/open")).code == "other_room"
            assert (await desk.get("/session"))["rooms"] == ["board"]
            assert "invite:endpoint" not in MODERATOR_SCOPES and "tokens" not in MODERATOR_SCOPES

    @pytest.mark.parametrize(
        ("room", "pin"), [("board", "2846"), ("board", "0000"), ("open", "0000"), ("none", "91735")]
    )
    @virtual_time
    async def test_another_pin_is_refused_whatever_is_wrong_with_it(self, room: str, pin: str):
        async with served(house()) as (_, desk):
            answer = await log_in(desk, pin, room)
            assert (answer.status, answer.code) == (403, "wrong_pin")
            assert answer.body["detail"] == "that is not the PIN of this room's moderators"

    @pytest.mark.parametrize("pin", ["", "12", "1234567890123", "12a4", "1234\n", "\u0661" * 4])
    @virtual_time
    async def test_what_can_be_no_pin_is_not_even_looked_at(self, pin: str):
        home = house()
        async with served(home) as (_, desk):
            assert (await log_in(desk, pin)).status in (403, 422)
            assert not [each for each in home.memory.attempts if each[4] == "right"]

    @virtual_time
    async def test_it_ends_after_eight_hours(self):
        async with served(house()) as (_, desk):
            desk.token = (await log_in(desk, "91735")).body["token"]
            await asyncio.sleep(8 * 3600 - 1)
            await desk.get("/session")
            await asyncio.sleep(2)
            assert (await desk.ask("GET", "/session")).code == "no_token"

    @virtual_time
    async def test_it_ends_by_logging_out(self):
        async with served(house()) as (_, desk):
            desk.token = (await log_in(desk, "91735")).body["token"]
            assert (await desk.ask("DELETE", "/session")).status == 204
            assert (await desk.ask("GET", "/session")).status == 401

    @virtual_time
    async def test_it_ends_when_the_pin_is_changed_however_that_is_done(self):
        home = house()
        async with served(home) as (_, desk):
            desk.token = (await log_in(desk, "91735")).body["token"]
            await home.pins.change("board", member_pin="1111")
            await desk.get("/session")
            await home.pins.change("board", moderator_pin="2222")
            assert (await desk.ask("GET", "/session")).status == 401

    @virtual_time
    async def test_it_ends_with_the_room(self):
        home = house()
        async with served(home) as (_, desk):
            token = (await log_in(desk, "91735")).body["token"]
            assert (await desk.ask("DELETE", "/rooms/board")).status == 204
            assert (await desk.ask("GET", "/session", token=token)).status == 401


class TestBruteForce:
    @virtual_time
    async def test_an_address_that_tries_too_often_is_refused_even_with_the_right_pin(self):
        home = house(lockout_caller=5)
        async with served(home) as (_, desk):
            for _ in range(5):
                assert (await log_in(desk, "0000")).code == "wrong_pin"
            answer = await log_in(desk, "91735")
            assert (answer.status, answer.code) == (429, "locked_out")
            assert answer.headers["Retry-After"] == "600"
            assert (await log_in(desk, "5555", "open")).code == "locked_out"
            await asyncio.sleep(601)
            assert (await log_in(desk, "91735")).status == 200

    @virtual_time
    async def test_so_is_everybody_at_a_room_that_is_tried_by_many(self):
        home = house(lockout_room=4, lockout_caller=100)
        async with served(home) as (asterisk, desk):
            for number in range(4):
                await home.pins.check("board", f"web 192.0.2.{number}", "0000")
            assert (await log_in(desk, "91735")).code == "locked_out"
            assert (await log_in(desk, "5555", "open")).status == 200
            caller = await asterisk.call("conference", "board", number="100")
            await caller.dials("2846#")
            await caller.hears("sound:vm-goodbye")

    @virtual_time
    async def test_many_at_once_gain_nothing(self):
        home = house(lockout_caller=5)
        async with served(home) as (_, desk):
            tried = [log_in(desk, f"{number:04}") for number in range(60)]
            answers = await asyncio.gather(*tried)
            codes = [each.code for each in answers]
            assert codes.count("wrong_pin") == 5
            assert codes.count("locked_out") == 55
            assert {each.status for each in answers} == {403, 429}

    @virtual_time
    async def test_so_many_are_looked_at_at_a_time_and_no_more(self):
        home = house(lockout_caller=1000, lockout_room=1000)
        async with served(home) as (_, desk):
            answers = await asyncio.gather(*(log_in(desk, "0000") for _ in range(30)))
            busy = [each for each in answers if each.code == "busy"]
            assert len(busy) == 10 and busy[0].headers["Retry-After"] == "2"

    @virtual_time
    async def test_refusals_are_logged_with_the_address_and_without_the_pin(self):
        home = house(lockout_caller=1)
        async with served(home) as (_, desk):
            with capture_logs() as logs:
                await log_in(desk, "8642")
                await log_in(desk, "91735")
            found = [each for each in logs if each["event"] == "PIN"]
            assert [each["result"] for each in found] == ["wrong", "refused"]
            assert all(each["caller"] == "web 127.0.0.1" for each in found)
            assert "8642" not in str(logs) and "91735" not in str(logs)

    @virtual_time
    async def test_a_database_that_is_gone_lets_nobody_in(self):
        home = house()
        async with served(home) as (asterisk, desk):
            anna = await member(asterisk)
            home.memory.down = True
            answer = await log_in(desk, "91735")
            assert (answer.status, answer.code) == (503, "database")
            assert (await desk.ask("GET", "/live")).code == "database"
            home.memory.down = False
            assert (await log_in(desk, "91735")).status == 200
            await anna.hangs_up()


@virtual_time
async def test_no_log_has_a_token():
    with capture_logs() as logs:
        async with served(house()) as (_, desk):
            token = (await log_in(desk, "91735")).body["token"]
            await desk.ask("GET", "/rooms/open", token=token)
            await desk.ask("DELETE", "/session", token=token)
            await desk.ask("GET", "/session", token=token)
            secrets = [token, desk.token]
    assert logs and not any(secret in str(logs) for secret in secrets)
