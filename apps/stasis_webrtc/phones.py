"""The telephones in browsers: which session has which device, and which are registered now.

Rules: a session has one device, which lives as long as it does. Who opens it anew gets a new
secret, and is the only one who has it. A page that was loaded again has lost its calls' other
ends: they are rung, and the calls go on. Endpoints of pjsip.conf stay as they are, whoever uses
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from weakref import WeakValueDictionary

import structlog
from attrs import field, frozen

from stasis import AriError, EndpointStateChange, Event, Secret, StasisError
from stasis_webrtc.device import caller_id, endpoint_name, is_device, new_secret
from stasis_webrtc.provision import Devices
from stasis_webrtc.rows import SessionRow, UserRow
from stasis_webrtc.session import Bearer, SessionEvent
from stasis_webrtc.store import Store

__all__ = ["Opened", "PhoneEvent", "Phones"]

log = structlog.get_logger("stasis_webrtc")

# A page asks for its device anew after so long, whatever else holds longer.
OPEN_HOURS = 12.0


@frozen
class Opened:
    """A device as its page gets it. expires: when it is to be asked for anew."""

    endpoint: str
    secret: Secret = field(repr=False)
    expires: datetime


@frozen
class PhoneEvent:
    """Something of a device has changed.

    kind: `registered` and `lost` of its endpoint; `taken` by another page, whose id is `tab`;
    `credentials`, they are to be asked for anew.
    """

    kind: Literal["registered", "lost", "taken", "credentials"]
    user: str
    endpoint: str
    session: str = ""
    tab: str = ""


class Phones:
    """All devices.

    devices: on Asterisk. store: where sessions are. static: endpoints of pjsip.conf and whose each
    is. passwords: of those among them that browsers may use. reclaim: brings the calls of a device
    whose page was loaded again back to it; hang_up: ends all of a device. now: the time. spawn:
    does something that nobody waits for. listeners: hear of every change.
    """

    def __init__(
        self,
        devices: Devices,
        store: Store,
        static: Mapping[str, str],
        passwords: Mapping[str, Secret],
        *,
        reclaim: Callable[[str, str], Awaitable[None]],
        hang_up: Callable[[str, str], Awaitable[None]],
        now: Callable[[], datetime],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self.devices = devices
        self.store = store
        self.static = static
        self.passwords = passwords
        self.listeners: list[Callable[[PhoneEvent], None]] = []
        self._reclaim = reclaim
        self._hang_up = hang_up
        self._now = now
        self._spawn = spawn
        self._sessions: dict[str, SessionRow] = {}
        # Who was registered, with whose it is; and the same by users.
        self._online: dict[str, str] = {}
        self._reachable: dict[str, set[str]] = {}
        self._tabs: dict[str, str] = {}
        # Gone by themselves when nobody has them or waits for them.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._looked = False
        self._looking = asyncio.Lock()
        # What is told while it is asked: the answer may be older. None while nothing is asked.
        self._told: set[str] | None = None

    def start(self, sessions: Iterable[SessionRow]) -> None:
        """Begin with the sessions that live."""
        self._sessions = {each.endpoint: each for each in sessions if each.endpoint}

    # Who is registered

    def registered(self, endpoint: str) -> bool:
        """Whether a device is registered now."""
        return endpoint in self._online

    def reachable(self, user: str) -> bool:
        """Whether one of a user's devices is registered now."""
        return user in self._reachable

    def owner(self, endpoint: str) -> str:
        """Whose device it is; empty for nobody's."""
        session = self._sessions.get(endpoint)
        return session.user if session is not None else self.static.get(endpoint, "")

    def heard(self, event: Event) -> None:
        """An endpoint has changed."""
        if isinstance(event, EndpointStateChange) and event.endpoint.technology == "PJSIP":
            self._note(event.endpoint.resource, event.endpoint.state == "online")

    async def look(self) -> None:
        """Ask which are registered: nobody has told it before a connect, or in a gap.

        Raises AriError. ARI: GET /endpoints/{tech}.
        """
        async with self._looking:
            told = self._told = set()
            try:
                found = await self.devices.ari().endpoints.list_by_tech("PJSIP")
            finally:
                self._told = None
        self._looked = True
        online = {each.resource for each in found if each.state == "online"}
        for endpoint in (online | self._online.keys()) - told:
            self._note(endpoint, endpoint in online)

    def _note(self, endpoint: str, online: bool) -> None:
        if self._told is not None:
            self._told.add(endpoint)
        user = self.owner(endpoint)
        if online == (endpoint in self._online) or (online and not user):
            return
        if online:
            self._online[endpoint] = user
            self._reachable.setdefault(user, set()).add(endpoint)
        else:
            user = self._online.pop(endpoint)
            self._reachable[user].discard(endpoint)
            if not self._reachable[user]:
                del self._reachable[user]
        self._tell("registered" if online else "lost", user, endpoint)

    # Who opens and closes one

    async def open(self, who: Bearer, tab: str) -> Opened:
        """A page wants to be the telephone of its session.

        tab: an id that the page chose when it was loaded. Raises ProvisionError, AriError,
        StoreError; LookupError when the session has ended meanwhile.
        """
        user, session = who.user, who.session
        async with self._lock(session.id):
            endpoint = await self._endpoint(session)
            before = self._tabs.get(session.id)
            if before is None and not self._looked:
                await self.look()
            # Of a page that another process knew: one that is registered is no new one.
            again = before != tab if before is not None else not self.registered(endpoint)
            secret = await self._secret(endpoint, user)
            now = await self.store.session(session.id)
            if now is None or now.ended is not None:
                await self._remove(endpoint)
                raise LookupError("the session has ended")
            self._tabs[session.id] = tab
        if before not in (None, tab):
            self._tell("taken", user.name, endpoint, session.id, tab)
        if again:
            self._spawn(self._reclaimed(user.name, endpoint))
        expires = min(now.expires, self._now() + timedelta(hours=OPEN_HOURS))
        return Opened(endpoint, secret, expires)

    def _lock(self, session: str) -> asyncio.Lock:
        """One thing at a time with the device of a session."""
        return self._locks.setdefault(session, asyncio.Lock())

    async def _endpoint(self, session: SessionRow) -> str:
        """The endpoint of a session: the one it has, one of pjsip.conf that is free, or a new one.

        Raises StoreError, LookupError.
        """
        current = await self.store.session(session.id)
        if current is None or current.ended is not None:
            raise LookupError("the session has ended")
        if is_device(current.endpoint) or current.endpoint in self.passwords:
            self._sessions[current.endpoint] = current
            return current.endpoint
        own = (
            each
            for each, owner in self.static.items()
            if owner == session.user and each in self.passwords and each not in self._sessions
        )
        endpoint = next(own, "") or endpoint_name(session.user)
        self._sessions[endpoint] = current  # before anything waits: nobody else takes it
        changed = None
        try:
            changed = await self.store.set_endpoint(session.id, endpoint)
        finally:
            if changed is None:
                self._sessions.pop(endpoint, None)
        if changed is None:
            raise LookupError("the session has ended")
        self._sessions[endpoint] = changed
        return endpoint

    async def _secret(self, endpoint: str, user: UserRow) -> Secret:
        """The secret of an endpoint, a new one where it is a device's. Raises as `open`."""
        if endpoint in self.passwords:
            return self.passwords[endpoint]
        secret = new_secret()
        caller = caller_id(user.title or user.name, user.extension or user.name)
        self._note(endpoint, False)
        await self.devices.provision(endpoint, secret, caller=caller)
        return Secret(secret)

    async def _reclaimed(self, user: str, endpoint: str) -> None:
        try:
            await self._reclaim(user, endpoint)
        except StasisError as error:
            log.warning("a device's calls do not come back", user=user, error=str(error))

    def session(self, event: SessionEvent) -> None:
        """A session has begun or ended: with it ends its device."""
        row = event.session
        if event.kind != "ended":
            return
        self._tabs.pop(row.id, None)
        # Another process may have ended it, and what was last seen of it here is older.
        mine = (each for each, session in self._sessions.items() if session.id == row.id)
        if endpoint := row.endpoint or next(mine, ""):
            self._spawn(self._close(row, endpoint))

    async def _close(self, row: SessionRow, endpoint: str) -> None:
        async with self._lock(row.id):
            await self._remove(endpoint)
        await self._hang_up(row.user, endpoint)

    async def _remove(self, endpoint: str) -> None:
        """Take a device away; when Asterisk does not answer, the next `sweep` does it."""
        if endpoint not in self.static:
            self._note(endpoint, False)
        self._sessions.pop(endpoint, None)
        try:
            await self.devices.remove(endpoint)
        except AriError as error:
            log.warning("a device is still there", endpoint=endpoint, error=str(error))

    # After a connect, and by and by

    async def restore(self) -> None:
        """Have on Asterisk what should be there: after its restart all devices are gone.

        Raises AriError.
        """
        known = [each.endpoint for each in await self.store.sessions() if each.endpoint]
        restored = await self.devices.restore([e for e in known if e not in self.static])
        for endpoint in restored.lost:
            session = self._sessions.get(endpoint)
            if session is not None:
                self._tell("credentials", session.user, endpoint, session.id)
        await self.look()

    async def sweep(self) -> None:
        """Remove devices of sessions that are over. Raises AriError, StoreError."""
        await self.devices.sweep({each.endpoint for each in await self.store.sessions()})

    def _tell(
        self,
        kind: Literal["registered", "lost", "taken", "credentials"],
        user: str,
        endpoint: str,
        session: str = "",
        tab: str = "",
    ) -> None:
        if not session and (row := self._sessions.get(endpoint)) is not None:
            session = row.id
        event = PhoneEvent(kind, user, endpoint, session, tab)
        for listener in self.listeners:
            try:
                listener(event)
            except Exception as error:
                log.error("a listener of devices failed", kind=kind, exc_info=error)
