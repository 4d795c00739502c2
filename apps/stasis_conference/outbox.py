"""What webhooks are still to get, kept until they have got it.

Rules: a message is here from its beginning to its delivery, so a restart loses none. Messages of
one room go out in their order: the next one waits until the one before is delivered, or dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import asdict, frozen
from sqlalchemy import and_, delete, func, insert, or_, select, update

from stasis.sql import Database
from stasis_conference.tables import outbox

__all__ = ["Message", "Outbox", "Post"]


@frozen
class Message:
    """What one webhook is to get. hook: its id. message: the id that the receiver sees.

    body: the very text that is sent. at: when it happened.
    """

    hook: str
    room: str
    message: str
    body: str
    at: datetime


@frozen
class Post:
    """A message on its way. due: when it is to be tried next. tries: so far."""

    id: int
    hook: str
    room: str
    message: str
    body: str
    at: datetime
    due: datetime
    tries: int


COLUMNS = [outbox.c[name] for name in ("id", "hook", "room", "message", "body", "at", "due")]
COLUMNS.append(outbox.c.tries)


class Outbox:
    """The table of messages. Every method raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._do = database.do

    async def add(self, messages: Sequence[Message]) -> None:
        """Keep messages, in their order."""
        rows = [{**asdict(each), "due": each.at, "tries": 0} for each in messages]
        if rows:
            await self._do(insert(outbox).values(rows))

    async def heads(self, hook: str, limit: int, room: str | None = None) -> list[Post]:
        """The message of each room that is next, those that are due first. room: of one only."""
        of = outbox.c
        waiting = [of.hook == hook, of.dead.is_(None)]
        if room is not None:
            waiting.append(of.room == room)
        first = select(func.min(of.id)).where(*waiting).group_by(of.room)
        found = await self._do(
            select(*COLUMNS).where(of.id.in_(first)).order_by(of.due, of.id).limit(limit)
        )
        return [Post(**row) for row in found]

    async def claim(self, post: Post, until: datetime) -> bool:
        """Take a message until then. Returns whether it was there and nobody else had taken it."""
        of = outbox.c
        taken = await self._do(
            update(outbox)
            .where(of.id == post.id, of.due == post.due, of.dead.is_(None))
            .values(due=until)
            .returning(of.id)
        )
        return bool(taken)

    async def delivered(self, post: Post) -> None:
        """It is there."""
        await self._do(delete(outbox).where(outbox.c.id == post.id))

    async def again(self, post: Post, due: datetime) -> None:
        """It did not get there; try it then."""
        await self._do(
            update(outbox).where(outbox.c.id == post.id).values(due=due, tries=post.tries + 1)
        )

    async def give_up(self, post: Post, at: datetime) -> None:
        """It is dead: nobody tries it any more, and those behind it go on."""
        await self._do(update(outbox).where(outbox.c.id == post.id).values(dead=at))

    async def size(self, hook: str) -> int:
        """How many wait for a hook."""
        of = outbox.c
        found = await self._do(
            select(func.count().label("size")).where(of.hook == hook, of.dead.is_(None))
        )
        return int(found[0]["size"])

    async def forget(self, before: datetime, hooks: Sequence[str]) -> None:
        """Forget what is dead since before a moment, or older and of none of these hooks."""
        of = outbox.c
        lost = and_(of.at < before, of.hook.not_in(hooks))
        await self._do(delete(outbox).where(or_(of.dead < before, lost)))
