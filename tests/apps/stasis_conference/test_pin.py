"""PINs: whose they are, how often they may be tried, and that nobody ever sees one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from stasis_conference.pin import (
    PinError,
    PinEvent,
    PinRules,
    Pins,
    pin_problem,
)
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store, StoreError
from structlog.testing import capture_logs

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEMBER, MODERATOR, WRONG = "73911", "40028", "11860"


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events() -> list[PinEvent]:
    return []


@pytest.fixture
async def pins(quick_store: Store, clock: Clock, events: list[PinEvent]) -> Pins:
    """PINs of a room with both, and of one that is open to members."""
    rules = PinRules(window=60, by_caller=3, by_room=5)
    pins = Pins(quick_store, clock, rules, [events.append])
    for room, member in (("sales", MEMBER), ("open", ""), ("none", "")):
        moderator = "" if room == "none" else MODERATOR
        await quick_store.save_room(RoomRow(room, NOON, NOON))
        await pins.change(room, member_pin=member, moderator_pin=moderator)
    events.clear()
    return pins


class TestWhose:
    async def test_a_pin_tells_members_from_moderators_and_from_strangers(self, pins: Pins):
        for given, found in ((MEMBER, "member"), (MODERATOR, "moderator"), (WRONG, "wrong")):
            assert await pins.check("sales", "201", given) == found

    async def test_no_pin_is_a_wrong_one_where_members_need_one(self, pins: Pins):
        assert await pins.check("sales", "201", "") == "wrong"

    async def test_no_pin_is_a_member_where_members_need_none(self, pins: Pins):
        assert await pins.check("open", "201", "") == "member"
        assert await pins.check("open", "201", MODERATOR) == "moderator"
        assert await pins.check("open", "201", WRONG) == "wrong"

    async def test_any_pin_is_wrong_for_a_room_that_is_not_there(self, pins: Pins):
        assert await pins.check("nowhere", "201", MEMBER) == "wrong"
        assert await pins.check("nowhere", "201", "") == "wrong"

    async def test_a_room_without_pins_knows_no_pin(self, pins: Pins):
        assert await pins.check("none", "201", WRONG) == "wrong"

    async def test_a_hash_that_cannot_be_read_lets_nobody_in(self, pins: Pins):
        await pins.store.change_room("sales", NOON, member_pin="$argon2id$broken")
        with capture_logs() as logs:
            assert await pins.check("sales", "201", MEMBER) == "wrong"
        assert logs[0]["event"] == "a hash cannot be read; set the password or PIN anew"

    async def test_a_database_that_is_gone_lets_nobody_in(self, pins: Pins):
        await pins.store.close()
        with pytest.raises(StoreError):
            await pins.check("open", "201", MODERATOR)


class TestTooOften:
    async def test_a_caller_is_refused_in_every_room_though_the_pin_is_right_then(self, pins: Pins):
        for room in ("sales", "open", "sales"):
            assert await pins.check(room, "201", WRONG) == "wrong"
        assert await pins.check("sales", "201", MEMBER) == "refused"
        assert await pins.check("open", "201", MODERATOR) == "refused"
        assert await pins.check("sales", "202", MEMBER) == "member"

    async def test_a_room_refuses_everybody(self, pins: Pins):
        for number in range(5):
            assert await pins.check("sales", f"20{number}", WRONG) == "wrong"
        assert await pins.check("sales", "300", MEMBER) == "refused"
        assert await pins.check("open", "300", MODERATOR) == "moderator"

    async def test_callers_without_a_number_count_for_the_room_only(self, pins: Pins):
        for _ in range(4):
            assert await pins.check("sales", "", WRONG) == "wrong"
        assert await pins.check("sales", "", MEMBER) == "member"
        assert await pins.check("sales", "", WRONG) == "wrong"
        assert await pins.check("sales", "", MEMBER) == "refused"

    async def test_waiting_helps_and_trying_meanwhile_does_no_harm(self, pins: Pins, clock: Clock):
        for _ in range(3):
            await pins.check("sales", "201", WRONG)
        for _ in range(9):
            clock.now += timedelta(seconds=6)
            assert await pins.check("sales", "201", MEMBER) == "refused"
        clock.now += timedelta(seconds=7)
        assert await pins.check("sales", "201", MEMBER) == "member"

    async def test_right_ones_do_not_count(self, pins: Pins):
        for _ in range(4):
            assert await pins.check("sales", "201", MEMBER) == "member"

    async def test_trying_many_at_once_gains_nothing(self, pins: Pins):
        found = await asyncio.gather(*(pins.check("sales", "201", WRONG) for _ in range(8)))
        assert found.count("wrong") <= 3 and set(found) <= {"wrong", "refused"}

    async def test_who_hangs_up_while_it_is_looked_at_has_tried(
        self, pins: Pins, monkeypatch: pytest.MonkeyPatch
    ):
        look = pins.passwords.matches
        looking = asyncio.Event()

        async def noting(kept: str, text: str) -> bool:
            looking.set()
            return await look(kept, text)

        monkeypatch.setattr(pins.passwords, "matches", noting)
        for _ in range(3):
            looking.clear()
            task = asyncio.create_task(pins.check("sales", "201", WRONG))
            await looking.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await pins.check("sales", "201", MEMBER) == "refused"


class TestChange:
    async def test_it_counts_at_once(self, pins: Pins):
        await pins.change("sales", member_pin="55501")
        assert await pins.check("sales", "201", MEMBER) == "wrong"
        assert await pins.check("sales", "201", "55501") == "member"
        assert await pins.check("sales", "201", MODERATOR) == "moderator"

    async def test_a_pin_may_be_taken_away(self, pins: Pins):
        await pins.change("sales", member_pin="")
        assert await pins.check("sales", "201", "") == "member"
        assert await pins.check("sales", "201", MEMBER) == "wrong"

    @pytest.mark.parametrize("given", ["123", "1234567890123", "12a4", "12 34", "１２３４", "12#4"])
    async def test_one_that_is_none_is_refused_without_being_told(self, pins: Pins, given: str):
        with pytest.raises(PinError, match="4 to 12 digits") as caught:
            await pins.change("sales", moderator_pin=given)
        assert given not in str(caught.value)
        assert await pins.check("sales", "201", MODERATOR) == "moderator"

    @pytest.mark.parametrize(
        "wanted",
        [
            {"member_pin": "1234", "moderator_pin": "1234"},
            {"member_pin": MODERATOR},
            {"moderator_pin": MEMBER},
        ],
    )
    async def test_members_and_moderators_may_not_have_the_same(
        self, pins: Pins, wanted: dict[str, str]
    ):
        with pytest.raises(PinError, match="must differ"):
            await pins.change("sales", **wanted)

    async def test_they_may_be_exchanged(self, pins: Pins):
        await pins.change("sales", member_pin=MODERATOR, moderator_pin=MEMBER)
        assert await pins.check("sales", "201", MEMBER) == "moderator"

    async def test_a_room_that_is_not_there_has_none(self, pins: Pins):
        assert await pins.change("nowhere", member_pin="1234") is None


class TestWork:
    async def test_each_attempt_is_two_comparisons_whatever_is_there(
        self, pins: Pins, monkeypatch: pytest.MonkeyPatch
    ):
        compared: list[str] = []
        look = pins.passwords.matches

        async def noting(kept: str, text: str) -> bool:
            compared.append(kept)
            return await look(kept, text)

        monkeypatch.setattr(pins.passwords, "matches", noting)
        for room, given in (
            ("sales", MEMBER), ("sales", MODERATOR), ("sales", WRONG), ("open", WRONG),
            ("none", WRONG), ("nowhere", WRONG),
        ):  # fmt: skip
            compared.clear()
            await pins.check(room, "", given)
            assert len(compared) == 2, room

    @pytest.mark.alone
    async def test_the_time_does_not_tell_whether_a_room_is_there(self, pins: Pins):
        pins.rules = PinRules(by_caller=1000, by_room=1000)
        shortest: dict[str, float] = dict.fromkeys(("sales", "nowhere", "open"), 9.0)
        for _ in range(8):
            for room in shortest:
                began = time.process_time()
                await pins.check(room, "", WRONG)
                shortest[room] = min(shortest[room], time.process_time() - began)
        assert max(shortest.values()) < 1.3 * min(shortest.values()), shortest


class TestTold:
    async def test_listeners_hear_who_tried_what_where(
        self, pins: Pins, events: list[PinEvent], clock: Clock
    ):
        for given in (MEMBER, MODERATOR, WRONG, WRONG, WRONG, WRONG):
            await pins.check("sales", "201", given)
        await pins.change("sales", member_pin="5551")
        assert [each.kind for each in events] == [
            "member", "moderator", "wrong", "wrong", "wrong", "refused", "changed",
        ]  # fmt: skip
        assert events[2] == PinEvent("wrong", "sales", "201", NOON)

    async def test_what_is_wrong_is_logged_as_a_warning(self, pins: Pins):
        with capture_logs() as logs:
            await pins.check("sales", "201", WRONG)
        assert logs == [
            {
                "event": "PIN",
                "log_level": "warning",
                "room": "sales",
                "caller": "201",
                "result": "wrong",
            }
        ]

    async def test_no_pin_and_no_hash_is_in_a_log_an_event_or_a_repr(
        self, pins: Pins, events: list[PinEvent]
    ):
        with capture_logs() as logs:
            for given in (MEMBER, MODERATOR, WRONG):
                await pins.check("sales", "201", given)
            await pins.change("sales", member_pin="55501")
            with pytest.raises(PinError) as caught:
                await pins.change("sales", member_pin=MODERATOR)
        room = await pins.store.room("sales")
        shown = f"{logs}{events}{room!r}{pins!r}{vars(pins)!r}{caught.value!r}{pins.store!r}"
        for secret in (MEMBER, MODERATOR, WRONG, "55501", "$argon2"):
            assert secret not in shown


@pytest.mark.parametrize(("given", "fine"), [("0000", True), ("123456789012", True), ("", False)])
def test_a_pin_is_4_to_12_digits(given: str, fine: bool):
    assert (pin_problem(given) is None) is fine
