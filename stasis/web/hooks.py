"""Telling webhooks: what has happened is written down first, and sent until it has arrived.

Rules: hearing of an event never waits. For each topic messages go out one after the other; a
topic whose receiver fails holds up no other. What is not taken within a day is dead, and the log
says so. Two processes on one database send nothing at the same moment, and what one leaves the
other takes up.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from attrs import frozen

from stasis.errors import StasisError
from stasis.web.hook import Hook, Message, Post

__all__ = ["PATIENCE", "Hooks", "KeptMessages", "Patience"]

log = structlog.get_logger("stasis.web")

H = TypeVar("H", bound=Hook)

# Events that may wait to be written down, and messages that may wait for one webhook.
FRESH = 10_000
WAITING = 100_000
# Of these so many are written down at once: a database takes 32,766 values in one statement.
BATCH = 1000
# Topics whose messages go to one webhook at the same time.
AT_ONCE = 8
# How often it is looked for messages without being told, and when the database was gone.
LOOK_SECONDS = 15.0
DOWN_SECONDS = 2.0
# How long those that are dead, or of no webhook any more, are kept.
KEPT = timedelta(days=7)


class KeptMessages(Protocol):
    """What is needed of a store; see `stasis.sql.Outbox`. A StasisError of it is told and waited
    out: the database is gone for a while.
    """

    async def add(self, messages: Sequence[Message]) -> None:
        """Keep messages, in their order; a thousand at most. All of them or none."""
        ...

    async def heads(self, hook: str, limit: int, topic: str | None = None) -> Sequence[Post]:
        """The message of each topic that is next, those that are due first."""
        ...

    async def claim(self, post: Post, until: datetime) -> bool:
        """Take a message until then. Returns whether nobody else has."""
        ...

    async def delivered(self, post: Post) -> None:
        """It is there."""
        ...

    async def again(self, post: Post, due: datetime) -> None:
        """It did not get there; try it then."""
        ...

    async def give_up(self, post: Post, at: datetime) -> None:
        """It is dead."""
        ...

    async def size(self, hook: str) -> int:
        """How many wait for a hook."""
        ...

    async def forget(self, before: datetime, hooks: Sequence[str]) -> None:
        """Forget what is dead for long, or of none of these hooks."""
        ...


@frozen
class Patience:
    """How long it is tried. first: seconds after the first failure; doubled after each further
    one, up to most. ends: seconds after which a message is dead.
    """

    first: float = 5.0
    most: float = 900.0
    ends: float = 86_400.0

    def after(self, tries: int) -> float:
        """Seconds until the next try, after so many; a tenth more or less, so that not all come
        at once.
        """
        seconds = min(self.first * 2.0 ** min(tries, 30), self.most)
        return seconds * random.uniform(0.9, 1.1)  # noqa: S311  no secret


PATIENCE = Patience()
"""A day."""


class Hooks(Generic[H]):
    """The webhooks.

    hooks: all of them. kept: where messages wait. now: the time.
    """

    def __init__(
        self,
        hooks: Sequence[H],
        kept: KeptMessages,
        now: Callable[[], datetime],
        patience: Patience = PATIENCE,
    ) -> None:
        self.hooks = hooks
        self._kept = kept
        self._now = now
        self._patience = patience
        self._fresh: deque[Message] = deque()
        self._heard = asyncio.Event()
        self._more = {hook.id: asyncio.Event() for hook in hooks}
        self._full: set[str] = set()
        self._writing = asyncio.Lock()

    def put(self, hook: H, message: Message, kind: str) -> None:
        """Have a webhook told something. It does not wait. kind: for the log, if it cannot be."""
        if len(self._fresh) >= FRESH or hook.id in self._full:
            log.error("not told: too much waits", hook=hook.site, kind=kind)
            return
        self._fresh.append(message)
        self._heard.set()

    async def run(self) -> None:
        """Write down and send, until cancelled."""
        if not self.hooks:
            return
        timeout = ClientTimeout(total=max(hook.timeout for hook in self.hooks))
        async with (
            ClientSession(timeout=timeout, cookie_jar=DummyCookieJar()) as session,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._write())
            for hook in self.hooks:
                group.create_task(self._send_all(hook, session))

    async def flush(self) -> None:
        """Write down what was heard. Raises StoreError: then it is kept for the next time."""
        self._heard.clear()
        async with self._writing:
            while self._fresh:
                taken = [self._fresh.popleft() for _ in range(min(BATCH, len(self._fresh)))]
                try:
                    await self._kept.add(taken)
                except StasisError:
                    self._fresh.extendleft(reversed(taken))
                    raise
                for hook in {each.hook for each in taken}:
                    self._more[hook].set()

    async def close(self) -> None:
        """The program stops: write down what was heard. What cannot be, is told."""
        try:
            await self.flush()
        except StasisError as error:
            log.error("webhooks lose what was not written", lost=len(self._fresh), error=str(error))

    async def sweep(self) -> None:
        """Forget what is dead for long, and see which webhooks have too much.

        Raises StoreError.
        """
        await self._kept.forget(self._now() - KEPT, [hook.id for hook in self.hooks])
        sizes = {hook.id: await self._kept.size(hook.id) for hook in self.hooks}
        self._full = {id for id, size in sizes.items() if size >= WAITING}

    async def _write(self) -> None:
        while True:
            await self._heard.wait()
            try:
                await self.flush()
            except StasisError as error:
                log.warning("webhooks wait for the database", error=str(error))
                self._heard.set()
                await asyncio.sleep(DOWN_SECONDS)

    async def _send_all(self, hook: H, session: ClientSession) -> None:
        """Send what waits for a webhook, several topics at a time."""
        more = self._more[hook.id]
        busy: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                more.clear()
                wait = DOWN_SECONDS
                with suppress(StasisError):
                    wait = await self._start(hook, session, busy)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await more.wait()
        finally:
            for task in busy.values():
                task.cancel()
            await asyncio.gather(*busy.values(), return_exceptions=True)

    async def _start(
        self, hook: H, session: ClientSession, busy: dict[str, asyncio.Task[None]]
    ) -> float:
        """Begin with the topics whose time has come. Returns when to look again, in seconds."""
        now, wait = self._now(), LOOK_SECONDS
        for post in await self._kept.heads(hook.id, AT_ONCE * 2):
            if post.topic in busy:
                continue
            if post.due > now:
                wait = min(wait, (post.due - now).total_seconds())
            elif len(busy) < AT_ONCE:
                task = asyncio.create_task(self._send_topic(hook, session, post))
                busy[post.topic] = task
                task.add_done_callback(lambda done, topic=post.topic: self._done(hook, busy, topic))  # type: ignore[misc]
        return wait

    def _done(self, hook: H, busy: dict[str, asyncio.Task[None]], topic: str) -> None:
        task = busy.pop(topic)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a webhook failed", hook=hook.site, exc_info=error)
        self._more[hook.id].set()

    async def _send_topic(self, hook: H, session: ClientSession, post: Post) -> None:
        """Send the messages of one topic, as long as they arrive."""
        try:
            while await self._sent(hook, session, post):
                found = await self._kept.heads(hook.id, 1, post.topic)
                if not found or found[0].due > self._now():
                    return
                post = found[0]
        except StasisError as error:
            log.warning("webhooks wait for the database", error=str(error))
            await asyncio.sleep(DOWN_SECONDS)

    async def _sent(self, hook: H, session: ClientSession, post: Post) -> bool:
        """Send one message. Returns whether the next one may go."""
        patience, now = self._patience, self._now()
        if not await self._kept.claim(post, now + timedelta(seconds=2 * hook.timeout)):
            return False  # another process has it
        problem = await self._problem(hook, session, post)
        if not problem:
            await self._kept.delivered(post)
            return True
        now = self._now()
        due = now + timedelta(seconds=patience.after(post.tries))
        if due > post.at + timedelta(seconds=patience.ends):
            log.error("a webhook's message is dead", hook=hook.site, id=post.message, why=problem)
            await self._kept.give_up(post, now)
            return True
        log.warning("a webhook did not take it", hook=hook.site, id=post.message, why=problem)
        await self._kept.again(post, due)
        return False

    async def _problem(self, hook: H, session: ClientSession, post: Post) -> str:
        """Send it once. Returns why it was not taken; empty when it was."""
        headers = hook.headers(post.message, post.body, self._now())
        try:
            async with session.post(
                hook.url.reveal(),
                data=post.body.encode(),
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=hook.timeout),
            ) as response:
                return "" if 200 <= response.status < 300 else f"HTTP {response.status}"
        except TimeoutError:
            return f"no answer within {hook.timeout:g} s"
        except (ClientError, OSError, ValueError) as error:
            return type(error).__name__  # its text has the address
