"""Who owns what: every channel, bridge, playback or wait a flow made ends with the flow.

A command that was sent runs to its end even when its caller was cancelled, since Asterisk will
execute it anyway; what it created is known by the id we chose, so it is closed all the same.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import structlog
from attrs import evolve

from stasis.ari import Ari
from stasis.ari.events import Event
from stasis.config import EngineConfig
from stasis.errors import AriError, ChannelGone, Conflict, InvalidState, NotFound
from stasis.identity import Identity, new_token
from stasis.router import Claim, Hearer, Key, Router, Wait

__all__ = ["ACTING", "GONE", "PLAYBACKS", "Media", "Owner", "new_id"]

log = structlog.get_logger("stasis.owner")

T = TypeVar("T")
E = TypeVar("E", bound=Event)

# Closing what is closed already, or no longer ours, has succeeded.
GONE = (NotFound, Conflict, InvalidState, ChannelGone)
# Set while an action (`Do`) runs: what it makes is not made again when its state is resumed.
ACTING: ContextVar[bool] = ContextVar("acting", default=False)
# So many playbacks have ids that a new process can guess, to stop them; then the ids change.
PLAYBACKS = 8
# What an owner has of a kind while it has nothing: never written to. Most calls need no more.
NO_NUMBERS: dict[str, int] = {}
NO_RESOURCES: dict[Key, Callable[[], Awaitable[None]]] = {}
NO_COMMANDS: set[asyncio.Task[Any]] = set()
NO_MEDIA: dict[str, Media] = {}


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
    for. hearer: where the events of its resources go. token: stands in the ids of what it makes,
    see `Identity`. entry: counts the states that were entered. resumed: the state was entered
    again after a restart, and what it makes may be there. media: what plays now, by its id.
    media_token: stands in the ids of its playbacks. on_turn: called when that has changed.
    on_hand_over: makes a channel of its own a call; None where there are no calls.
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
        self.token = new_token()
        self.entry = 0
        self.resumed = False
        self._found: dict[Key, Any] | None = None
        self.media_token = new_token()
        self.on_turn: Callable[[], None] | None = None
        self.on_hand_over: (
            Callable[[Any, str, tuple[str, ...]], Coroutine[Any, Any, None]] | None
        ) = None
        self.media = NO_MEDIA
        self._numbers = NO_NUMBERS
        self._resources = NO_RESOURCES
        self._commands = NO_COMMANDS
        self._waits: tuple[Wait[Any], ...] = ()
        # Few: a set of one takes twice as much.
        self._claims: list[Key] = []

    def enter(self, *, again: bool = False) -> None:
        """A state is entered. again: the one that was entered before a restart."""
        self.resumed = again
        self._numbers = NO_NUMBERS
        if not again:
            if self.entry:
                self.media_token = new_token()
            self.entry += 1

    def made_id(self, kind: str) -> str:
        """The id of the next thing that is made: see `Identity`."""
        if ACTING.get():
            number = f"x{secrets.token_hex(4)}"
        else:
            count = self._numbers.get(kind, 0)
            self._numbers = {**self._numbers, kind: count + 1}
            number = str(count)
        return str(Identity(kind, self.app, self.token, self.entry, number))

    def playback_id(self) -> str:
        """The id of the next playback: one that a new process can guess, so as to stop it."""
        count = self._numbers.get("playback", 0)
        if count == PLAYBACKS:
            count, self.media_token = 0, new_token()
            if self.on_turn is not None:
                self.on_turn()
        self._numbers = {**self._numbers, "playback": count + 1}
        return f"playback-{self.media_token}-{count}"

    def take_found(self, key: Key) -> Any:
        """The handle of what a state that is resumed had made before, or None. Once only."""
        return self._found.pop(key, None) if self.resumed and self._found else None

    def keep_found(self, key: Key, handle: object) -> None:
        """A handle of what a state that is resumed had made, for the command that makes it."""
        self._found = {**(self._found or {}), key: handle}

    def play(self, media: Media) -> None:
        """What plays belongs to the state, by its id, until it is `played`."""
        if self.media is NO_MEDIA:
            self.media = {}
        self.media[media.id] = media

    def played(self, media_id: str) -> None:
        """It is over, or was never begun."""
        self.media.pop(media_id, None)
        if not self.media:
            self.media = NO_MEDIA

    def claim(self, key: Key, handle: object = None) -> None:
        """Events about this id go to the owner's flow.

        handle: what is kept up to date before, and compared after a gap; see `Claim`.
        """
        if key not in self._claims:
            self._claims.append(key)
        self.router.claim(key, Claim(self.hearer, self.app, handle))

    def release(self, key: Key) -> None:
        """The id is over: nobody claims it any more."""
        self._unclaim(key)
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
        if self._resources is NO_RESOURCES:
            self._resources = {}
        self._resources[key] = close

    def disown(self, key: Key) -> None:
        """The resource is closed, or somebody else's now."""
        self._resources.pop(key, None)

    def give_up(self, key: Key) -> None:
        """Somebody else has it now: whoever claims it is left alone."""
        self.disown(key)
        self._unclaim(key)
        claim = self.router.claimed(key)
        if claim is not None and claim.hearer in (self.hearer, NOBODY):
            self.router.release(key)

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
        self._waits = (*(each for each in self._waits if not each.settled), wait)
        return wait

    def command(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a command as a task that outlives its caller. Await it through `done`."""
        task = asyncio.get_running_loop().create_task(work)
        if self._commands is NO_COMMANDS:
            self._commands = set()
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

    async def done_within(self, seconds: float, work: Coroutine[Any, Any, T]) -> None:
        """Run a command, and wait for its end so long at most. Raises what it raised by then."""
        task = self.command(work)
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            task.result()

    def _commanded(self, task: asyncio.Task[Any]) -> None:
        self._commands.discard(task)
        if not self._commands:
            self._commands = NO_COMMANDS
        if not task.cancelled():
            task.exception()  # read, so that an abandoned command's error makes no noise

    def fail_waits(self, error: ChannelGone) -> None:
        """End every wait of the owner: its channel is gone."""
        waits, self._waits = self._waits, ()
        for wait in waits:
            wait.fail(error.again())

    async def stop_media(self) -> None:
        """Stop what the current state plays, and drop its late events. Media belongs to a state."""
        if not self.media:
            return
        media, self.media = self.media, NO_MEDIA
        for each in media.values():
            each.abandon()
        await asyncio.gather(*(self._closed(("playback", id), m.stop) for id, m in media.items()))

    async def close(self) -> None:
        """Close everything the owner has, within `engine.close_timeout`.

        Recordings go first and are kept, then channels, then what they may have been in; those
        of one kind side by side, and each kind within its share of the time, so that one that
        hangs keeps no other.
        """
        if self.media or self._commands or self._resources:
            try:
                async with asyncio.timeout(self.config.close_timeout):
                    await self._close_in_turn(self.config.close_timeout)
            except TimeoutError:
                log.error("not closed in time", owner=self.name, left=list(self._resources))
        self._forget("its flow has ended")

    async def _close_in_turn(self, seconds: float) -> None:
        await within(seconds / 8, self.stop_media())
        if self._commands:
            # Half of the time at most: what is there must be closed in any case.
            await asyncio.wait(self._commands, timeout=seconds / 2)
        await within(seconds / 8, self._close_all("recording"))
        await within(seconds / 8, self._close_all("channel"))
        await self._close_all()

    async def close_made(self) -> None:
        """Close all that was made until now; the owner goes on."""
        await within(self.config.close_timeout / 2, self._close_all("channel"))
        await within(self.config.close_timeout / 2, self._close_all())

    def let_go(self) -> None:
        """Close nothing: another process goes on with the call. Only our own traces end."""
        self.media = NO_MEDIA
        self._resources = NO_RESOURCES
        self._forget("another program has taken the call")

    def _unclaim(self, key: Key) -> None:
        if key in self._claims:
            self._claims.remove(key)

    def _forget(self, why: str) -> None:
        self.fail_waits(ChannelGone(self.name, why))
        for key in self._claims:
            claim = self.router.claimed(key)
            if claim is not None and claim.hearer in (self.hearer, NOBODY):
                self.router.release(key)
        self._claims = []
        self._found = None
        self.on_turn = self.on_hand_over = None
        # A call that is over must be freed at once, not when the collector finds its circle.
        self.hearer = NOBODY

    async def _close_all(self, kind: str | None = None) -> None:
        found = [(k, close) for k, close in self._resources.items() if kind in (None, k[0])]
        if not found:
            return
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
