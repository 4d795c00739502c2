"""What webhooks are still to get, in each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData
from sqlalchemy.schema import CreateTable

from stasis.sql import Database, Outbox, outbox_table
from stasis.web import Message, Post

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["topic", "room"])
async def outbox(request: pytest.FixtureRequest, database: Database) -> Outbox:
    """One whose topics have a column of that name."""
    table = outbox_table("t_outbox", MetaData(), topic=request.param)
    await database.do(CreateTable(table))
    return Outbox(database, table)


def message(body: str, topic: str = "a", hook: str = "h") -> Message:
    return Message(hook, topic, f"msg_{body}", body, BEGINNING)


def bodies(posts: list[Post]) -> list[str]:
    return [each.body for each in posts]


async def test_each_topic_has_one_that_is_next(outbox: Outbox):
    await outbox.add([])
    await outbox.add([message("1"), message("2"), message("3", "b"), message("4", hook="other")])
    heads = await outbox.heads("h", 9)
    assert bodies(heads) == ["1", "3"]
    assert heads[0].due == heads[0].at == BEGINNING and heads[0].tries == 0
    assert bodies(await outbox.heads("h", 1)) == ["1"]
    assert bodies(await outbox.heads("h", 9, "b")) == ["3"]
    await outbox.delivered(heads[0])
    assert bodies(await outbox.heads("h", 9)) == ["2", "3"]
    assert await outbox.size("h") == 2


async def test_one_that_failed_keeps_its_place_and_is_due_later(outbox: Outbox):
    await outbox.add([message("1"), message("2"), message("3", "b")])
    (first, _) = await outbox.heads("h", 9)
    await outbox.again(first, BEGINNING + 5 * SECOND)
    heads = await outbox.heads("h", 9)
    assert bodies(heads) == ["3", "1"]
    assert (heads[1].tries, heads[1].due) == (1, BEGINNING + 5 * SECOND)


async def test_it_is_taken_by_one_at_a_time(outbox: Outbox):
    await outbox.add([message("1")])
    (post,) = await outbox.heads("h", 9)
    assert await outbox.claim(post, BEGINNING + SECOND)
    assert not await outbox.claim(post, BEGINNING + SECOND)
    (taken,) = await outbox.heads("h", 9)
    assert taken.due == BEGINNING + SECOND
    assert await outbox.claim(taken, BEGINNING + 2 * SECOND)


async def test_what_is_dead_lets_the_next_one_go_and_is_forgotten_in_time(outbox: Outbox):
    await outbox.add([message("1"), message("2"), message("3", hook="gone")])
    (post,) = await outbox.heads("h", 9)
    await outbox.give_up(post, BEGINNING)
    assert bodies(await outbox.heads("h", 9)) == ["2"] and await outbox.size("h") == 1
    assert not await outbox.claim(post, BEGINNING + SECOND)
    await outbox.forget(BEGINNING, ["h"])
    assert await outbox.size("gone") == 1
    await outbox.forget(BEGINNING + SECOND, ["h"])
    assert await outbox.size("gone") == 0 and await outbox.size("h") == 1


async def test_a_thousand_go_in_at_once(outbox: Outbox):
    await outbox.add([message(str(each)) for each in range(1000)])
    assert await outbox.size("h") == 1000
