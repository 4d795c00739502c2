"""What a Store has besides its rooms, in memory: the archive, the grants and the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve
from stasis_conference.archive import Conference, Sound
from stasis_conference.grant import Grant, opens
from stasis_conference.rows import MembershipRow, RoomRow, SessionRow

from stasis.web import Message, Post


class MemoryGrants:
    """What a GrantStore does. look: raises StoreError when the test's store is down."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.rows: dict[int, tuple[str, Grant]] = {}
        self._look = look

    async def add(self, hash: str, grant: Grant) -> Grant:
        self._look()
        id = len(self.rows) + 1
        self.rows[id] = hash, evolve(grant, id=id)
        return self.rows[id][1]

    async def found(self, hash: str) -> Grant | None:
        self._look()
        return next((grant for kept, grant in self.rows.values() if kept == hash), None)

    async def get(self, id: int) -> Grant | None:
        self._look()
        return self.rows[id][1] if id in self.rows else None

    async def list(self, limit: int, after: int = 0) -> list[Grant]:
        self._look()
        return [grant for id, (_, grant) in sorted(self.rows.items()) if id > after][:limit]

    async def revoke(self, id: int, at: datetime) -> None:
        self._change(id, revoked=at)

    async def use(self, id: int, at: datetime) -> None:
        self._change(id, used=at)

    async def forget(self, before: datetime) -> None:
        for id, (_, grant) in list(self.rows.items()):
            if any(at is not None and at < before for at in (grant.revoked, grant.expires)):
                del self.rows[id]

    def _change(self, id: int, **changes: Any) -> None:
        self._look()
        hash, grant = self.rows[id]
        self.rows[id] = hash, evolve(grant, **changes)


class MemoryOutbox:
    """What an Outbox does."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.posts: dict[int, Post] = {}
        self.dead: dict[int, Post] = {}
        self._look = look
        self._ids = iter(range(1, 100_000))

    async def add(self, messages: Sequence[Message]) -> None:
        self._look()
        for m in messages:
            id = next(self._ids)
            self.posts[id] = Post(id, m.hook, m.topic, m.message, m.body, m.at, m.at, 0)

    async def heads(self, hook: str, limit: int, topic: str | None = None) -> list[Post]:
        self._look()
        heads: dict[str, Post] = {}
        for post in self.posts.values():
            if post.hook == hook and topic in (None, post.topic):
                heads.setdefault(post.topic, post)
        return sorted(heads.values(), key=lambda post: (post.due, post.id))[:limit]

    async def claim(self, post: Post, until: datetime) -> bool:
        self._look()
        if self.posts.get(post.id) != post:
            return False
        self.posts[post.id] = evolve(post, due=until)
        return True

    async def delivered(self, post: Post) -> None:
        self._look()
        self.posts.pop(post.id, None)

    async def again(self, post: Post, due: datetime) -> None:
        self._look()
        self.posts[post.id] = evolve(post, due=due, tries=post.tries + 1)

    async def give_up(self, post: Post, at: datetime) -> None:
        self.dead[post.id] = self.posts.pop(post.id)

    async def size(self, hook: str) -> int:
        return sum(post.hook == hook for post in self.posts.values())

    async def forget(self, before: datetime, hooks: Sequence[str]) -> None: ...


class MemoryArchive:
    """What an Archive does. rooms, sessions: those of the memory store."""

    def __init__(
        self, look: Callable[[], None], rows: dict[str, RoomRow], sessions: dict[int, SessionRow]
    ) -> None:
        self._look = look
        self._rows = rows
        self._sessions = sessions

    async def rooms(self, names: Sequence[str], after: str, limit: int) -> list[RoomRow]:
        self._look()
        found = [row for name, row in sorted(self._rows.items()) if opens(names, name)]
        return [row for row in found if row.name > after][:limit]

    async def conferences(
        self,
        names: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Conference]:
        self._look()
        return [
            conference_of(row)
            for row in sorted(self._sessions.values(), key=lambda row: -row.id)
            if opens(names, row.room)
            and (since is None or row.began >= since)
            and (until is None or row.began < until)
            and (before is None or row.id < before)
        ][:limit]

    async def conference(self, id: int) -> Conference | None:
        self._look()
        return conference_of(self._sessions[id]) if id in self._sessions else None

    async def stays(self, session: int) -> list[MembershipRow]:
        return list(self._sessions[session].memberships)

    async def sounds(
        self,
        names: Sequence[str],
        *,
        session: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Sound]:
        self._look()
        found = [
            Sound(row, each.room)
            for each in self._sessions.values()
            for row in each.recordings
            if opens(names, each.room)
            and session in (None, each.id)
            and (before is None or row.id < before)
        ]
        return sorted(found, key=lambda sound: -sound.row.id)[:limit]

    async def sound(self, id: int) -> Sound | None:
        return next((s for s in await self.sounds(["*"], limit=1000) if s.row.id == id), None)

    async def forget_sound(self, id: int) -> None:
        for each in list(self._sessions.values()):
            kept = tuple(row for row in each.recordings if row.id != id)
            self._sessions[each.id] = evolve(each, recordings=kept)

    async def began(self) -> dict[str, datetime]:
        self._look()
        return {row.room: row.began for row in self._sessions.values() if row.ended is None}


def conference_of(row: SessionRow) -> Conference:
    """As the archive lists it."""
    counts = len(row.memberships), len(row.recordings)
    return Conference(row.id, row.room, row.began, row.ended, row.why, *counts)
