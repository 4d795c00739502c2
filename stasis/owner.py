"""Who owns what: every channel, bridge, playback or wait a flow made ends with the flow.

A command that was sent runs to its end even when its caller was cancelled, since Asterisk will
execute it anyway; what it created is known by the id we chose, so it is closed all the same.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog
from attrs import evolve

from stasis.ari import Ari
from stasis.ari.events import Event, StasisStart
from stasis.config import EngineConfig
from stasis.errors import AriError, ChannelGone, Conflict, InvalidState, NotFound
from stasis.router import Claim, Hearer, Key, Router, Wait

__all__ = ["GONE", "Media", "Owner", "new_id"]

log = structlog.get_logger("stasis.owner")

T = TypeVar("T")
E = TypeVar("E", bound=Event)

# Closing what is closed already, or no longer ours, has succeeded.
GONE = (NotFound, Conflict, InvalidState, ChannelGone)


def new_id(kind: str) -> str:
    """A fresh id that starts with its noun, so that Asterisk's logs can be searched for it.

    Never reused: reusing bridge ids has crashed Asterisk.
    """
    return f"{kind}-{uuid.uuid4()}"


class Media:
    """What a playback is to its owner: it can be stopped, and it belongs to a state."""

    id: str

    async def stop(self) -> None:
        """Stop it; fine when it is over."""

    def abandon(self) -> None:
        """Its state was left: its later events are dropped."""


class Nobody:
    """Hears for an owner that is closed."""

    def hear(self, event: Event) -> None:
        """Whatever comes now comes too late."""


NOBODY = Nobody()


class Owner:
    """The owner of a call's resources.

    name: for logs: the channel's id, or a plugin's name. app: the Stasis application it acts
    for. hearer: where the events of its resources go.
    """

    def __init__(
        self, name: str, app: str, ari: Ari, router: Router, config: EngineConfig, hearer: Hearer
    ) -> None:
        self.name = name
        self.app = app
        self.ari = ari
        self.router = router
        self.config = config
        self.hearer = hearer
        self.media: dict[str, Media] = {}
        self._resources: dict[Key, Callable[[], Awaitable[None]]] = {}
        self._commands: set[asyncio.Task[Any]] = set()
        self._waits: set[Wait[Any]] = set()
        self._claims: set[Key] = set()

    def claim(
        self,
        key: Key,
        apply: Callable[[Event], None] | None = None,
        become: Callable[[StasisStart], None] | None = None,
    ) -> None:
        """Events about this id go to the owner's flow, and `apply` sees them first."""
        self._claims.add(key)
        self.router.claim(key, Claim(self.hearer, self.app, apply, become))

    def release(self, key: Key) -> None:
        """The id is over: nobody claims it any more."""
        self._claims.discard(key)
        self.router.release(key)

    def seconds(self, timeout: float | None) -> float:
        """A wait's deadline: its own, or `engine.wait_timeout`."""
        return self.config.wait_timeout if timeout is None else timeout

    def ignore(self, key: Key) -> None:
        """The flow hears no more of this id; its handle stays up to date."""
        claim = self.router.claimed(key)
        if claim is not None and claim.hearer is self.hearer:
            self.router.claim(key, evolve(claim, hearer=NOBODY))

    def own(self, key: Key, close: Callable[[], Awaitable[None]]) -> None:
        """Close this resource when the owner ends."""
        self._resources[key] = close

    def disown(self, key: Key) -> None:
        """The resource is closed, or somebody else's now."""
        self._resources.pop(key, None)

    def owns(self, key: Key) -> bool:
        """Whether the owner will close this resource."""
        return key in self._resources

    def expect(
        self,
        key: Key,
        *kinds: type[E],
        where: Callable[[E], bool] | None = None,
        what: str = "",
    ) -> Wait[E]:
        """Arm a wait that ends with the owner. See `Router.expect`."""
        wait = self.router.expect(key, *kinds, where=where, what=what)
        self._waits.add(wait)
        if len(self._waits) > 64:
            self._waits = {each for each in self._waits if not each.settled}
        return wait

    def command(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a command as a task that outlives its caller. Await it through `done`."""
        task = asyncio.get_running_loop().create_task(work)
        self._commands.add(task)
        task.add_done_callback(self._commanded)
        return task

    async def done(self, task: asyncio.Task[T]) -> T:
        """The command's result; cancelling this does not cancel the command."""
        try:
            return await asyncio.shield(task)
        finally:
            # An error keeps this frame: the frame must not keep the task that keeps the error.
            del task

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a command to its end, also when the caller is cancelled meanwhile."""
        return await self.done(self.command(work))

    def _commanded(self, task: asyncio.Task[Any]) -> None:
        self._commands.discard(task)
        if not task.cancelled():
            task.exception()  # read, so that an abandoned command's error makes no noise

    def fail_waits(self, error: ChannelGone) -> None:
        """End every wait of the owner: its channel is gone."""
        waits, self._waits = self._waits, set()
        for wait in waits:
            wait.fail(error.again())

    async def stop_media(self) -> None:
        """Stop what the current state plays, and drop its late events. Media belongs to a state."""
        media, self.media = self.media, {}
        for each in media.values():
            each.abandon()
        await asyncio.gather(*(self._closed(("playback", id), m.stop) for id, m in media.items()))

    async def close(self) -> None:
        """Close everything the owner has, within `engine.close_timeout`.

        Recordings go first and are kept, then channels, then what they may have been in; those
        of one kind side by side, and each kind within its share of the time, so that one that
        hangs keeps no other.
        """
        seconds = self.config.close_timeout
        try:
            async with asyncio.timeout(seconds):
                await within(seconds / 8, self.stop_media())
                if self._commands:
                    # Half of the time at most: what is there must be closed in any case.
                    await asyncio.wait(self._commands, timeout=seconds / 2)
                await within(seconds / 8, self._close_all("recording"))
                await within(seconds / 8, self._close_all("channel"))
                await self._close_all()
        except TimeoutError:
            log.error("not closed in time", owner=self.name, left=list(self._resources))
        self.fail_waits(ChannelGone(self.name, "its flow has ended"))
        for key in self._claims:
            claim = self.router.claimed(key)
            if claim is not None and claim.hearer in (self.hearer, NOBODY):
                self.router.release(key)
        self._claims.clear()
        # A call that is over must be freed at once, not when the collector finds its circle.
        self.hearer = NOBODY

    async def _close_all(self, kind: str | None = None) -> None:
        found = [(k, close) for k, close in self._resources.items() if kind in (None, k[0])]
        await asyncio.gather(*(self._closed(key, close) for key, close in found))

    async def _closed(self, key: Key, close: Callable[[], Awaitable[None]]) -> None:
        try:
            await close()
        except GONE:
            pass
        except AriError as error:
            # Asterisk cannot stop `number:` and its like: they end by themselves.
            tell = log.debug if key[0] == "playback" else log.warning
            tell("could not close", owner=self.name, kind=key[0], id=key[1], error=str(error))
        self._resources.pop(key, None)

    def counts(self) -> dict[str, int]:
        """What the owner still has; all 0 after `close`."""
        return {
            "resources": len(self._resources),
            "commands": len(self._commands),
            "waits": sum(not wait.settled for wait in self._waits),
            "media": len(self.media),
        }


async def within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Do it, or give up after so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work
