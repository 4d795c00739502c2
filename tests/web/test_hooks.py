"""Telling webhooks: signed, in the order of their topics, and tried again until it has arrived.

Everything that can go wrong is in tests/apps/stasis_conference/test_hooks.py, with rooms as topics.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import evolve
from structlog.testing import capture_logs

from stasis.errors import StasisError
from stasis.section import Secret
from stasis.testing.clock import virtual_time
from stasis.web import Hook, Hooks, Message, Patience, Post, message_id, signature

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
BEGINNING = datetime(2026, 11, 23, 10, tzinfo=UTC)


def now() -> datetime:
    return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())


class Memory:
    """What an outbox keeps, in memory."""

    def __init__(self) -> None:
        self.posts: dict[int, Post] = {}
        self.dead: list[Post] = []

    async def add(self, messages: Sequence[Message]) -> None:
        for m in messages:
            id = len(self.posts) + 1
            self.posts[id] = Post(id, m.hook, m.topic, m.message, m.body, m.at, m.at, 0)

    async def heads(self, hook: str, limit: int, topic: str | None = None) -> list[Post]:
        found: dict[str, Post] = {}
        for post in self.posts.values():
            if topic in (None, post.topic):
                found.setdefault(post.topic, post)
        return list(found.values())[:limit]

    async def claim(self, post: Post, until: datetime) -> bool:
        return post.id in self.posts

    async def delivered(self, post: Post) -> None:
        del self.posts[post.id]

    async def again(self, post: Post, due: datetime) -> None:
        self.posts[post.id] = evolve(post, due=due, tries=post.tries + 1)

    async def give_up(self, post: Post, at: datetime) -> None:
        self.dead.append(self.posts.pop(post.id))

    async def size(self, hook: str) -> int:
        return len(self.posts)

    async def forget(self, before: datetime, hooks: Sequence[str]) -> None: ...


async def told(*bodies: str, status: int = 204) -> tuple[list[str], Memory]:
    """What somebody has taken within ten minutes who answers so."""
    taken: list[str] = []

    async def take(request: web.Request) -> web.Response:
        text, head = await request.text(), request.headers
        wanted = signature(SECRET, head["webhook-id"], head["webhook-timestamp"], text)
        assert head["webhook-signature"] == wanted
        taken.append(text)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hook", take)
    kept = Memory()
    async with TestServer(app) as server:
        url = str(server.make_url("/hook"))
        hook = Hook("h", "site", Secret(url), Secret(SECRET), 10.0)
        hooks: Hooks[Any] = Hooks([hook], kept, now, Patience(first=60, ends=300))
        running = asyncio.create_task(hooks.run())
        for body in bodies:
            hooks.put(hook, Message("h", "t", message_id(), body, now()), "kind")
        await asyncio.sleep(600)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return taken, kept


@virtual_time
async def test_what_is_put_arrives_signed_and_in_its_order():
    taken, kept = await told('"1"', '"2"', '"3"')
    assert taken == ['"1"', '"2"', '"3"'] and kept.posts == {}


@virtual_time
async def test_what_is_not_taken_is_tried_again_until_it_is_dead():
    with capture_logs() as logs:
        taken, kept = await told('"1"', status=500)
    assert set(taken) == {'"1"'} and len(taken) > 2
    assert [each.body for each in kept.dead] == ['"1"']
    (dead,) = [each for each in logs if each["log_level"] == "error"]
    assert (dead["hook"], dead["why"]) == ("site", "HTTP 500")


async def test_after_a_long_gap_no_statement_has_more_than_a_database_takes():
    class Sized(Memory):
        sizes: list[int] = []

        async def add(self, messages: Sequence[Message]) -> None:
            self.sizes.append(len(messages))
            if len(self.sizes) == 2:
                raise StasisError("gone")
            await super().add(messages)

    kept = Sized()
    hook = Hook("h", "site", Secret("http://127.0.0.1:1/"), Secret(SECRET), 10.0)
    hooks: Hooks[Any] = Hooks([hook], kept, now)
    for number in range(2500):
        hooks.put(hook, Message("h", "t", message_id(), str(number), BEGINNING), "kind")
    with pytest.raises(StasisError):
        await hooks.flush()
    await hooks.flush()
    assert kept.sizes == [1000, 1000, 1000, 500]
    assert [each.body for each in kept.posts.values()] == [str(each) for each in range(2500)]
