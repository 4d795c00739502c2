"""Who hears an event: claims map an id to its owner, waits are settled before any inbox.

All of it is synchronous and runs in the reader, so nothing here may wait or call user code.
The work per event grows with the ids the event names, never with the number of calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from attrs import frozen

from stasis.ari.events import KEYS, ChannelTransfer, Event
from stasis.errors import FlowError, WaitTimeout

__all__ = ["Claim", "Hearer", "Hearing", "Key", "Router", "Wait", "keys_of"]

E = TypeVar("E", bound=Event)

Key: TypeAlias = tuple[str, str]
"""What an event is about: its kind (`channel`, `bridge`, `playback`, `recording`, …) and id."""

# How long deadlines wait for a gap to end.
DEAF_SECONDS = 60.0
# How an object of each kind is told apart.
IDENTITY: dict[str, Callable[[Any], str]] = {
    "channel": attrgetter("id"),
    "bridge": attrgetter("id"),
    "playback": attrgetter("id"),
    "recording": attrgetter("name"),
    "endpoint": lambda endpoint: f"{endpoint.technology}/{endpoint.resource}",
    "device": attrgetter("name"),
}
# Of the one event that names its things a level deeper than the others.
TRANSFER = (
    ("referred_by.source_channel", "channel"),
    ("referred_by.connected_channel", "channel"),
    ("referred_by.bridge", "bridge"),
    ("refer_to.destination_channel", "channel"),
    ("refer_to.connected_channel", "channel"),
    ("refer_to.bridge", "bridge"),
)
ROWS: dict[type[Event], tuple[tuple[str, str], ...]] = {**KEYS, ChannelTransfer: TRANSFER}
# How an event's things are got, and their identities, by its type.
NAMED: dict[type[Event], tuple[tuple[Callable[[Any], Any], str, Callable[[Any], str]], ...]] = {
    event: tuple((attrgetter(attribute), kind, IDENTITY[kind]) for attribute, kind in row)
    for event, row in ROWS.items()
}


class Hearer(Protocol):
    """Who gets the events of a claimed id."""

    def hear(self, event: Event) -> None:
        """Take the event; called by the reader, so it must not wait."""


@frozen
class Claim:
    """An id that is ours. app: only events sent to this Stasis application count, so that two
    of our applications hearing one channel do not double its events. handle: what knows the
    thing's latest state: its `apply` takes an event before anybody hears it, a channel's
    `become` the StasisStart of another that has replaced it (a transfer), and after a gap it
    is compared with Asterisk's.
    """

    hearer: Hearer
    app: str
    handle: Any = None


class Hearing:
    """Whether events reach us. now: yes, or there is no link that could say no."""

    def __init__(self) -> None:
        self.now = True
        self._again = asyncio.Event()

    def lose(self) -> None:
        """From now on events are lost."""
        self.now = False
        self._again.clear()

    def regain(self) -> None:
        """Events come again, and what was missed has been told."""
        self.now = True
        self._again.set()

    async def regained(self) -> bool:
        """Wait for the end of a gap, not for ever. Returns whether there was one that has ended."""
        return not self.now and await self.again()

    async def again(self) -> bool:
        """Wait until events come again, not for ever. Returns whether they do."""
        if not self.now:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEAF_SECONDS):
                    await self._again.wait()
        return self.now


class Wait(Generic[E]):
    """One awaited event. It is armed from the moment it exists, so arm it before you send.

    what: the wait in words, for the error. key: the id that the event is about. Awaiting it
    more than once gives the same event.
    """

    def __init__(
        self,
        kinds: tuple[type[E], ...],
        where: Callable[[E], bool] | None,
        what: str,
        key: Key,
        forget: Callable[[Wait[E]], None],
        hearing: Hearing,
    ) -> None:
        self.key = key
        self._hearing = hearing
        self._kinds = kinds
        self._where = where
        self._forget = forget
        self._future: asyncio.Future[E] = asyncio.get_running_loop().create_future()
        # Whoever never awaits it must not leave «exception was never retrieved» behind.
        self._future.add_done_callback(lambda f: f.cancelled() or f.exception())
        self.what = what

    @property
    def settled(self) -> bool:
        """Whether the event came, or the wait failed or was cancelled."""
        return self._future.done()

    async def within(self, seconds: float) -> E:
        """The event. seconds: the deadline from now; it does not run out while events are lost.

        Raises WaitTimeout, or what ended the wait: ChannelGone when its channel left.
        """
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await asyncio.shield(self._future)
            except TimeoutError:
                if self._future.done():
                    return self._future.result()
                # Whether it has happened is only known after the gap.
                if self._hearing.now or not await self._hearing.again():
                    raise WaitTimeout(self.what, seconds) from None

    def fail(self, error: Exception) -> None:
        """End the wait with an error."""
        if not self._future.done():
            self._future.set_exception(error)
        self._forget(self)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._future.cancel()
        self._forget(self)

    def offer(self, event: Event) -> bool:
        """Settle with the event if it is the awaited one."""
        if self._future.done():
            return True
        if not isinstance(event, self._kinds):
            return False
        try:
            if self._where is not None and not self._where(event):
                return False
        except Exception as error:
            # A flow's own code, run by the reader: its fault is its own waiter's to hear.
            self._future.set_exception(error)
        else:
            self._future.set_result(event)
        return True


class Router:
    """The claims and waits of one Asterisk.

    filtered: kinds that Asterisk was asked not to send, so waiting for them would be in vain.
    hearing: whether events reach us.
    """

    def __init__(self) -> None:
        self._claims: dict[Key, Claim] = {}
        self._waits: dict[Key, list[Wait[Any]]] = {}
        self._held: dict[Key, list[tuple[Hearer, Event]]] = {}
        self._touched: set[Key] | None = None
        self.hearing = Hearing()
        self.filtered: frozenset[type[Event]] = frozenset()

    def claim(self, key: Key, claim: Claim) -> None:
        """An id is ours from now on. Claim before the request that creates it is sent."""
        self._claims[key] = claim

    def release(self, key: Key) -> None:
        """The id is nobody's; later events of it are unclaimed."""
        self._claims.pop(key, None)

    def claimed(self, key: Key) -> Claim | None:
        """The claim of an id, or None."""
        return self._claims.get(key)

    def expect(
        self,
        key: Key,
        *kinds: type[E],
        where: Callable[[E], bool] | None = None,
        what: str = "",
    ) -> Wait[E]:
        """Arm a wait for the next event of some kinds about an id.

        where: a further condition; it must not wait or raise. what: for the error's text.

        Raises FlowError for a kind that Asterisk was asked not to send.
        """
        if deaf := self.filtered.intersection(kinds):
            names = ", ".join(kind.__name__ for kind in deaf)
            raise FlowError(f"Asterisk does not send {names} here: name it in the flow's `hears`")
        words = what or f"{' or '.join(kind.__name__ for kind in kinds)} of {' '.join(key)}"
        wait: Wait[E] = Wait(kinds, where, words, key, self._forget, self.hearing)
        self._waits.setdefault(key, []).append(wait)
        return wait

    def dispatch(self, event: Event) -> bool:
        """Settle waits, bring handles up to date, then put the event into its owners' inboxes.

        Returns whether anybody claimed one of its ids.
        """
        # Run for each event that comes: every look is one that can find something.
        hearer: Hearer | None = None
        others: list[Hearer] | None = None
        claimed = False
        held: list[tuple[Hearer, Event]] | None = None
        for named, kind, identity in NAMED.get(type(event), ()):
            thing = named(event)
            if thing is None:
                continue
            key = (kind, identity(thing))
            if self._touched is not None:
                self._touched.add(key)
            if self._held and key in self._held:
                held = self._held[key]
            if self._waits and key in self._waits:
                self._offer(key, event)
            claim = self._claims.get(key)
            if claim is None:
                continue
            claimed = True
            if claim.app and event.application and claim.app != event.application:
                continue
            if claim.handle is not None:
                claim.handle.apply(event)
            if hearer is None:
                hearer = claim.hearer
            elif claim.hearer is not hearer:
                others = [*(others or ()), claim.hearer]
        if hearer is None:
            return claimed
        for each in (hearer,) if others is None else dict.fromkeys((hearer, *others)):
            if held is None:
                each.hear(event)
            else:
                held.append((each, event))
        return claimed

    def repeat(self, event: Event, hearer: Hearer) -> None:
        """Tell one hearer, and who waits, of what is known already: nobody else is told again."""
        for key in keys_of(event):
            self._offer(key, event)
        hearer.hear(event)

    def _offer(self, key: Key, event: Event) -> None:
        """Settle who waits for this event about this id."""
        waits = self._waits.get(key)
        if waits is not None:
            waits[:] = [wait for wait in waits if not wait.offer(event)]
            if not waits:
                self._waits.pop(key, None)

    def tell(self, event: Event) -> bool:
        """An event of another way than ARI, for who waits for it and who has claimed its channel.

        Returns whether anybody has claimed it.
        """
        key = ("channel", event.about or "")
        self._offer(key, event)
        claim = self._claims.get(key)
        if claim is None:
            return False
        if (held := self._held.get(key)) is not None:
            held.append((claim.hearer, event))
        else:
            claim.hearer.hear(event)
        return True

    def settled(self) -> list[Key]:
        """All claimed ids, but for those that are only being created."""
        return [key for key in self._claims if key not in self._held]

    @contextmanager
    def touching(self) -> Iterator[set[Key]]:
        """Which ids events have told of meanwhile: what was asked of them before may be old."""
        touched: set[Key] = set()
        self._touched = touched
        try:
            yield touched
        finally:
            self._touched = None

    def hold(self, key: Key) -> None:
        """Keep the events of an id back from inboxes: its creation has not been answered yet.

        Events overtake answers. A trigger that fired then would leave the state before its code
        has the handle: `self.desk = await channel.originate(…)` must have happened. Waits are
        settled all the same.
        """
        self._held.setdefault(key, [])

    def deliver(self, key: Key) -> None:
        """Let the events go that were held back, in their order."""
        for hearer, event in self._held.pop(key, ()):
            hearer.hear(event)

    def move(self, old: Key, new: Key) -> None:
        """What waited for one id waits for another: a channel has taken its place."""
        for wait in (moving := self._waits.pop(old, [])):
            wait.key = new
        if moving:
            self._waits.setdefault(new, []).extend(moving)

    def _forget(self, wait: Wait[Any]) -> None:
        waits = self._waits.get(wait.key)
        if waits is not None and wait in waits:
            waits.remove(wait)
            if not waits:
                del self._waits[wait.key]

    def counts(self) -> dict[str, int]:
        """How many claims, waits and held ids there are: all are 0 when no call lives."""
        return {
            "claims": len(self._claims),
            "waits": sum(map(len, self._waits.values())),
            "held": len(self._held),
        }


def keys_of(event: Event) -> list[Key]:
    """The ids an event names, in the order of its model."""
    keys: list[Key] = []
    for named, kind, identity in NAMED.get(type(event), ()):
        thing = named(event)
        if thing is not None:
            keys.append((kind, identity(thing)))
    return keys
