"""The feed of a page: how everything is when it connects, and then each change.

Rules: a user hears of its own calls alone, and of the presence of all. What has changed in the
database is told when it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from aiohttp import web
from attrs import evolve

from stasis.web import Feed
from stasis_webrtc.body import Contact
from stasis_webrtc.calls import Calls
from stasis_webrtc.contacts import Contacts
from stasis_webrtc.history import History
from stasis_webrtc.ledger import Called, Message, Recorded
from stasis_webrtc.phones import PhoneEvent, Phones
from stasis_webrtc.presence import Presence
from stasis_webrtc.rows import UserRow
from stasis_webrtc.session import Bearer, SessionEvent, Sessions
from stasis_webrtc.shown import call_of, entry_of, me_of, message_of
from stasis_webrtc.store import Store
from stasis_webrtc.view import CallView

__all__ = ["PhoneFeed", "ToldLedger"]

# What happens in a room is told once in so long: who hears of it asks for all of the room.
ROOM_SECONDS = 0.3
# Pages that listen at once, and of one user.
LISTENERS, EACH = 10_000, 50


class PhoneFeed:
    """Tells pages what happens. calls: the calls, once they are there. contacts: the users. spawn:
    does something that nobody waits for. origins: of pages elsewhere that may listen.
    """

    calls: Calls

    def __init__(
        self,
        sessions: Sessions,
        store: Store,
        phones: Callable[[], Phones],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        origins: Collection[str] = (),
    ) -> None:
        self._store = store
        self._phones = phones
        self.contacts = Contacts(
            store,
            lambda user: self.calls.views(user),
            lambda user: phones().reachable(user),
            self,
            spawn,
        )
        self._rooms: set[str] = set()
        self._feed: Feed[Bearer] = Feed(
            sessions.authenticate,
            snapshot=self._snapshot,
            origins=origins,
            limit=LISTENERS,
            each=EACH,
        )

    async def join(self, request: web.Request) -> web.StreamResponse:
        """The handler of its route."""
        return await self._feed.join(request)

    async def close(self) -> None:
        """Cut everybody off: the program stops."""
        await self._feed.close()

    def listens(self, session: str) -> bool:
        """Whether a page of a session hears it."""
        return any(who.session.id == session for who in self._feed.listening)

    # What it hears

    def call(self, view: CallView) -> None:
        """A call has changed."""
        self._to_user(view.user, "call", {"call": call_of(view)})
        self.contacts.touch(view.user)

    def phone(self, event: PhoneEvent) -> None:
        """A device has changed."""
        if event.kind in ("registered", "lost"):
            state = "ready" if event.kind == "registered" else "offline"
            device = {"endpoint": event.endpoint, "state": state}
            self._to_session(event.session, "device", {"device": device})
            self.contacts.touch(event.user)
        elif event.kind == "taken":
            self._to_session(event.session, "taken", {"tab": event.tab})
        else:
            self._to_session(event.session, "credentials", {})

    def session(self, event: SessionEvent) -> None:
        """A session has ended: its pages are told, and cut off."""
        if event.kind == "ended":
            id = event.session.id
            self._to_session(id, "signed_out", {"reason": event.why})
            self._feed.end(lambda who: who.session.id == id, "signed out")

    def user(self, row: UserRow, *, shown: bool = False) -> None:
        """A user was changed, by whomever. shown: others see it."""
        self.me(row)
        self.contacts.changed(row)
        if shown:
            self.contacts.renew()

    def me(self, row: UserRow) -> None:
        """Tell a user's pages what it is now."""
        self._to_user(row.name, "me", {"me": me_of(row)})

    def room(self, room: str) -> None:
        """Something has happened in a conference room: who is in it is told, in a moment."""
        if room not in self._rooms:
            self._rooms.add(room)
            asyncio.get_running_loop().call_later(ROOM_SECONDS, self._tell_room, room)

    def presence(self, user: str, presence: Presence) -> None:
        """Tell others what a user is now."""
        told = {"user": user, "presence": presence}
        self._feed.tell("presence", told, lambda who: who.name != user)

    async def people(self, contacts: list[Contact]) -> None:
        """Tell all who there is; others have their turn meanwhile."""
        for user in {each.name for each in self._feed.listening}:
            self._to_user(user, "contacts", {"contacts": [c for c in contacts if c.user != user]})
            await asyncio.sleep(0)

    async def missed(self, user: str, call: str = "") -> None:
        """The history of a user has changed. call: by which. Raises StoreError."""
        missed = await self._store.history.missed(user)
        rows = await self._store.history.calls(user, call=call, limit=1) if call else []
        entry = entry_of(rows[0]) if rows else None
        self._to_user(user, "history", {"entry": entry, "missed": missed})

    async def message(self, user: str, recording: str = "", removed: int = 0) -> None:
        """The messages of a user have changed. Raises StoreError."""
        unheard = await self._store.history.unheard(user)
        rows = await self._store.history.kept_messages(user) if recording else []
        kept = next((message_of(row) for row in rows if row.recording == recording), None)
        told = {"message": kept, "removed": str(removed) if removed else None, "unheard": unheard}
        self._to_user(user, "message", told)

    def recording(self, user: str) -> None:
        """The recordings of a user have changed."""
        self._to_user(user, "recording", {})

    # What is so, and how it is told

    async def _snapshot(self, who: Bearer) -> Mapping[str, Any]:
        # What is asked of the database first: the calls are then as they are when this is sent.
        user = await self._store.user(who.name) or who.user
        session = await self._store.session(who.session.id)
        if session is None or session.ended is not None:
            # It has ended while it was looked who this is: then nobody has told this page.
            session = session or evolve(who.session, why="revoked")
            self.session(SessionEvent("ended", session, session.why))
            return {}
        contacts = await self.contacts.of(user.name)
        missed = await self._store.history.missed(user.name)
        unheard = await self._store.history.unheard(user.name)
        ready = bool(session.endpoint) and self._phones().registered(session.endpoint)
        return {
            "me": me_of(user),
            "device": {
                "endpoint": session.endpoint or None,
                "state": "ready" if ready else "offline",
            },
            "calls": [call_of(view) for view in self.calls.views(user.name)],
            "contacts": contacts,
            "missed": missed,
            "unheard": unheard,
        }

    def _tell_room(self, room: str) -> None:
        self._rooms.discard(room)
        inside = {view.user for view in self.calls.guests.views() if view.conference == room}
        if inside:
            self._feed.tell("room", {"room": room}, lambda who: who.name in inside)

    def _to_user(self, user: str, kind: str, data: Mapping[str, Any]) -> None:
        self._feed.tell(kind, data, lambda who: who.name == user)

    def _to_session(self, session: str, kind: str, data: Mapping[str, Any]) -> None:
        self._feed.tell(kind, data, lambda who: who.session.id == session)


class ToldLedger:
    """The history, with which pages are told of what is written. See `Ledger`."""

    def __init__(self, history: History, feed: PhoneFeed) -> None:
        self._history = history
        self._feed = feed

    async def called(self, row: Called) -> None:
        """A call is over for a user."""
        await self._history.called(row)
        await self._feed.missed(row.user, row.call)

    async def recorded(self, row: Recorded) -> None:
        """A recording runs, or is over."""
        await self._history.recorded(row)
        self._feed.recording(row.user)

    async def left(self, row: Message) -> None:
        """A message was left."""
        await self._history.left(row)
        await self._feed.message(row.user, row.recording)

    async def messages(self, user: str) -> list[Message]:
        """The messages of a user."""
        return await self._history.messages(user)

    async def heard(self, user: str, recording: str) -> None:
        """A user has listened to a message."""
        await self._history.heard(user, recording)
        await self._feed.message(user, recording)

    async def erased(self, user: str, recording: str) -> None:
        """A user wants a message no more."""
        rows = await self._history.kept_messages(user)
        await self._history.erased(user, recording)
        for row in rows:
            if row.recording == recording:
                await self._feed.message(user, removed=row.id)
