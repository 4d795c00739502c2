"""What webhooks are still to get, kept until they have got it.

Rules: a message is here from its beginning to its delivery, so a restart loses none. Messages of
one topic go out in their order: the next one waits until the one before is delivered, or dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import asdict
from sqlalchemy import (
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from stasis.sql.column import Moment, words
from stasis.sql.database import Database
from stasis.web.hook import Message, Post

__all__ = ["Outbox", "outbox_table"]


def outbox_table(name: str, metadata: MetaData, topic: str = "topic") -> Table:
    """The table of a plugin's messages. topic: what the column of their topics is called."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        words("hook"),
        words(topic, key="topic"),
        words("message"),
        words("body"),
        Column("at", Moment, nullable=False),
        Column("due", Moment, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("dead", Moment),
        Index(f"{name}_waiting", "hook", "topic", "id"),
        sqlite_autoincrement=True,
    )


class Outbox:
    """The table of messages, as `outbox_table` makes it. Every method raises StoreError."""

    def __init__(self, database: Database, table: Table) -> None:
        self._do = database.do
        self._table = table
        self._shown = [column.label(column.key) for column in table.c if column.key != "dead"]

    async def add(self, messages: Sequence[Message]) -> None:
        """Keep messages, in their order."""
        rows = [{**asdict(each), "due": each.at, "tries": 0} for each in messages]
        if rows:
            await self._do(insert(self._table).values(rows))

    async def heads(self, hook: str, limit: int, topic: str | None = None) -> list[Post]:
        """The message of each topic that is next, those that are due first. topic: of one only."""
        of = self._table.c
        waiting = [of.hook == hook, of.dead.is_(None)]
        if topic is not None:
            waiting.append(of.topic == topic)
        first = select(func.min(of.id)).where(*waiting).group_by(of.topic)
        found = await self._do(
            select(*self._shown).where(of.id.in_(first)).order_by(of.due, of.id).limit(limit)
        )
        return [Post(**row) for row in found]

    async def claim(self, post: Post, until: datetime) -> bool:
        """Take a message until then. Returns whether it was there and nobody else had taken it."""
        of = self._table.c
        taken = await self._do(
            update(self._table)
            .where(of.id == post.id, of.due == post.due, of.dead.is_(None))
            .values(due=until)
            .returning(of.id)
        )
        return bool(taken)

    async def delivered(self, post: Post) -> None:
        """It is there."""
        await self._do(delete(self._table).where(self._table.c.id == post.id))

    async def again(self, post: Post, due: datetime) -> None:
        """It did not get there; try it then."""
        mine = self._table.c.id == post.id
        await self._do(update(self._table).where(mine).values(due=due, tries=post.tries + 1))

    async def give_up(self, post: Post, at: datetime) -> None:
        """It is dead: nobody tries it any more, and those behind it go on."""
        await self._do(update(self._table).where(self._table.c.id == post.id).values(dead=at))

    async def size(self, hook: str) -> int:
        """How many wait for a hook."""
        of = self._table.c
        found = await self._do(
            select(func.count().label("size")).where(of.hook == hook, of.dead.is_(None))
        )
        return int(found[0]["size"])

    async def forget(self, before: datetime, hooks: Sequence[str]) -> None:
        """Forget what is dead since before a moment, or older and of none of these hooks."""
        of = self._table.c
        lost = and_(of.at < before, of.hook.not_in(hooks))
        await self._do(delete(self._table).where(or_(of.dead < before, lost)))
