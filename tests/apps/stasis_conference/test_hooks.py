"""Telling webhooks: nothing is lost, rooms keep their order, and who fails holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve
from stasis_conference.hook import Hook
from stasis_conference.hooks import Hooks
from stasis_conference.live import RoomEvent
from stasis_conference.roster import Roster
from stasis_conference.store import Store
from structlog.testing import capture_logs

from stasis.testing.clock import virtual_time
from stasis.web import PATIENCE, Patience
from tests.apps.stasis_conference.house import BEGINNING, House, MemoryStore, member, opened
from tests.apps.stasis_conference.receiver import Receiver


async def began() -> dict[str, Any]:
    return {}


def now() -> datetime:
    return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())


def event(kind: str, room: str = "a") -> RoomEvent:
    return RoomEvent(kind, room, now())


@asynccontextmanager
async def telling(store: Any, *hooks: Hook, **options: Any) -> AsyncIterator[Hooks]:
    """Webhooks that run, as in one process."""
    made = Hooks(hooks, store.outbox, Roster(dict, began), options.pop("now", now), **options)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await made.close()


@virtual_time
async def test_what_happens_arrives_signed_and_in_order():
    store = MemoryStore()
    async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
        for kind in ("began", "joined", "left", "ended"):
            hooks.hear(event(kind))
        await asyncio.sleep(1)
        assert receiver.what == ["a began", "a joined", "a left", "a ended"]
        assert all(each.signed for each in receiver.taken)
        assert len({each.id for each in receiver.taken}) == 4
        assert store.outbox.posts == {}


@virtual_time
async def test_of_a_live_conference():
    async with Receiver().up() as receiver:
        house = House()
        house.webhooks = [receiver.hook()]
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            await anna.hangs_up()
            await anna.waits(2)
            assert receiver.what == ["1000 began", "1000 joined", "1000 left", "1000 ended"]
            joined = receiver.taken[1].body["data"]["member"]
            assert (joined["number"], joined["moderator"]) == ("100", False)
            assert receiver.taken[2].body["data"]["details"] == {"why": "hung_up"}


class TestOneThatFails:
    @virtual_time
    async def test_is_tried_again_ever_later_and_nothing_overtakes(self):
        store = MemoryStore()
        async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
            receiver.status = lambda taken: 500 if len(receiver.seen) < 5 else 200
            hooks.hear(event("joined"))
            hooks.hear(event("left"))
            await asyncio.sleep(600)
            assert receiver.what == ["a joined", "a left"]
            tries = [each.at for each in receiver.seen if each.what == "a joined"]
            gaps = [later - sooner for sooner, later in zip(tries, tries[1:], strict=False)]
            for gap, wanted in zip(gaps, (5, 10, 20, 40), strict=True):
                assert wanted * 0.9 <= gap <= wanted * 1.1 + 0.1
            assert len({each.id for each in receiver.seen if each.what == "a joined"}) == 1

    @virtual_time
    async def test_holds_up_no_other_room_and_no_other_webhook(self):
        store = MemoryStore()
        async with Receiver().up() as bad, Receiver().up() as good:
            bad.status = lambda taken: 503 if taken.what.startswith("a ") else 200
            async with telling(store, bad.hook(), good.hook()) as hooks:
                for room in ("a", "b"):
                    hooks.hear(event("joined", room))
                await asyncio.sleep(2)
                assert bad.what == ["b joined"]
                assert sorted(good.what) == ["a joined", "b joined"]

    @virtual_time
    async def test_is_dead_in_the_end_and_those_behind_it_go_on(self):
        store = MemoryStore()
        assert PATIENCE.ends == 24 * 3600
        half = Patience(ends=12 * 3600)
        async with (
            Receiver().up() as receiver,
            telling(store, receiver.hook(), patience=half) as hooks,
        ):
            receiver.status = lambda taken: 500 if taken.what == "a joined" else 200
            with capture_logs() as logs:
                hooks.hear(event("joined"))
                await asyncio.sleep(3600)
                hooks.hear(event("left"))
                await asyncio.sleep(10 * 3600)
                assert receiver.what == [] and not store.outbox.dead
                await asyncio.sleep(1.5 * 3600)
            assert receiver.what == ["a left"]
            assert len(store.outbox.dead) == 1 and store.outbox.posts == {}
            (dead,) = [each for each in logs if each["log_level"] == "error"]
            assert dead["event"] == "a webhook's message is dead" and dead["why"] == "HTTP 500"
            assert dead["id"] == receiver.seen[0].id
            assert receiver.url not in str(logs)

    @virtual_time
    async def test_by_redirecting_is_not_followed(self):
        store = MemoryStore()
        async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
            receiver.status = lambda taken: 302 if len(receiver.seen) == 1 else 200
            hooks.hear(event("joined"))
            await asyncio.sleep(1)
            assert receiver.what == []
            await asyncio.sleep(10)
            assert receiver.what == ["a joined"]

    @virtual_time
    async def test_by_being_slow_is_given_up_in_time_and_tried_again(self):
        store = MemoryStore()
        async with (
            Receiver().up() as receiver,
            telling(store, receiver.hook(timeout=2.0)) as hooks,
        ):
            receiver.slow = 60
            with capture_logs() as logs:
                hooks.hear(event("joined"))
                await asyncio.sleep(3)
                receiver.slow = 0
                await asyncio.sleep(10)
            assert [each["why"] for each in logs if "why" in each] == ["no answer within 2 s"]
            assert receiver.what == ["a joined"]

    @virtual_time
    async def test_by_not_being_there_gets_all_of_it_once_it_is_back(self):
        store, receiver = MemoryStore(), Receiver()
        async with receiver.up():
            pass
        async with telling(store, receiver.hook()) as hooks:
            for number in range(20):
                hooks.hear(event("joined", f"r{number % 3}"))
                hooks.hear(event("left", f"r{number % 3}"))
            await asyncio.sleep(60)
            async with receiver.up():
                await asyncio.sleep(120)
                assert len(receiver.what) == 40
                for room in ("r0", "r1", "r2"):
                    mine = [what for what in receiver.what if what.startswith(room)]
                    assert mine == [f"{room} joined", f"{room} left"] * (len(mine) // 2)


@virtual_time
async def test_so_many_rooms_at_once_and_no_more():
    store = MemoryStore()
    async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
        receiver.slow = 1
        for number in range(40):
            hooks.hear(event("joined", f"r{number}"))
        await asyncio.sleep(30)
        assert len(receiver.taken) == 40 and receiver.most == 8


@virtual_time
async def test_a_webhook_gets_what_it_asked_for():
    store = MemoryStore()
    async with Receiver().up() as receiver:
        hook = receiver.hook(kinds=["talking"], rooms=["b*"])
        async with telling(store, hook) as hooks:
            for kind in ("talking", "joined"):
                for room in ("a", "b1"):
                    hooks.hear(event(kind, room))
            await asyncio.sleep(1)
            assert receiver.what == ["b1 talking"]


@virtual_time
async def test_a_database_that_is_gone_for_a_while_loses_nothing():
    store = MemoryStore()
    async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
        store.down = True
        hooks.hear(event("joined"))
        await asyncio.sleep(30)
        hooks.hear(event("left"))
        assert receiver.what == []
        store.down = False
        await asyncio.sleep(30)
        assert receiver.what == ["a joined", "a left"]


@virtual_time
async def test_what_waits_is_bounded_and_what_is_lost_is_told():
    store = MemoryStore()
    store.down = True
    async with Receiver().up() as receiver, telling(store, receiver.hook()) as hooks:
        with capture_logs() as logs:
            for _ in range(10_005):
                hooks.hear(event("joined"))
        lost = [each for each in logs if each["event"] == "not told: too much waits"]
        assert len(lost) == 5
        store.down = False


@virtual_time
async def test_two_processes_on_one_database_send_each_message_once():
    store = MemoryStore()
    async with Receiver().up() as receiver:
        hook = receiver.hook()
        async with telling(store, hook) as one, telling(store, hook) as other:
            receiver.slow = 0.5
            for number in range(10):
                (one, other)[number % 2].hear(event("joined", f"r{number % 2}"))
            await asyncio.sleep(60)
            assert len(receiver.seen) == 10


@virtual_time
async def test_an_ended_attempt_of_a_process_that_died_is_made_again():
    store = MemoryStore()
    async with Receiver().up() as receiver:
        hook = receiver.hook(timeout=5.0)
        async with telling(store, hook) as hooks:
            receiver.slow = 3
            hooks.hear(event("joined"))
            hooks.hear(event("left"))
            await asyncio.sleep(1)
        receiver.slow = 0
        async with telling(store, hook):
            await asyncio.sleep(60)
        assert receiver.what[-2:] == ["a joined", "a left"]


async def test_a_restart_loses_none_of_a_real_database(tmp_path: Path):
    receiver = Receiver()
    async with receiver.up():
        pass
    patience = Patience(first=0.1, most=0.2)
    options: dict[str, Any] = {"patience": patience, "now": lambda: datetime.now(UTC)}
    url = f"sqlite:///{tmp_path}/conference.db"
    for kinds in (("began", "joined"), ("left", "ended")):
        store = Store(url)
        await store.open()
        async with telling(store, receiver.hook(), **options) as hooks:
            for kind in kinds:
                hooks.hear(evolve(event(kind), at=datetime.now(UTC)))
            if kinds[0] == "left":
                await asyncio.sleep(0.3)
        await store.close()
    store = Store(url)
    await store.open()
    async with receiver.up(), telling(store, receiver.hook(), **options):
        async with asyncio.timeout(20):
            # Who takes one has it before it is known to be there, and crossed out.
            while len(receiver.what) < 4 or await store.outbox.heads(receiver.hook().id, 9):
                await asyncio.sleep(0.05)
    assert receiver.what == ["a began", "a joined", "a left", "a ended"]
    await store.close()
