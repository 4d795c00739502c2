"""Who is who, out of the database: the users, their devices that are registered, the rooms.

It is the `Directory` of the calls. Which devices are registered is told by Asterisk, see `Phones`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from stasis_webrtc.audit import Audit
from stasis_webrtc.directory import User
from stasis_webrtc.rows import UserRow
from stasis_webrtc.store import Store

__all__ = ["People"]


class People:
    """The directory.

    static: endpoints of pjsip.conf, and whose each is. registered: whether an endpoint is. room:
    whether there is a conference room of that name.
    """

    def __init__(
        self,
        store: Store,
        audit: Audit,
        static: Mapping[str, str],
        registered: Callable[[str], bool],
        room: Callable[[str], Awaitable[bool]],
    ) -> None:
        self.store = store
        self.audit = audit
        self.static = static
        self._static_of: dict[str, list[str]] = {}
        for endpoint, owner in static.items():
            self._static_of.setdefault(owner, []).append(endpoint)
        self._registered = registered
        self._room = room

    async def owner(self, endpoint: str) -> str | None:
        """The user whose device this PJSIP endpoint is; None when it is nobody's."""
        if endpoint in self.static:
            return self.static[endpoint]
        session = await self.store.session_of_endpoint(endpoint)
        return None if session is None else session.user

    async def user(self, who: str) -> User | None:
        """The user of that name or extension."""
        row = await self.store.user(who.lower()) or await self.store.user_of_extension(who)
        return None if row is None else user_of(row)

    async def devices(self, user: str) -> list[str]:
        """The PJSIP endpoints of a user's devices that are registered now."""
        sessions = await self.store.sessions_of(user)
        own = [each.endpoint for each in sessions if each.endpoint]
        # One of pjsip.conf may be a session's too.
        known = dict.fromkeys([*own, *self._static_of.get(user, ())])
        return [each for each in known if self._registered(each)]

    async def is_room(self, name: str) -> bool:
        """Whether there is such a conference room."""
        return await self._room(name)

    async def refused(self, user: str, what: str, why: str) -> None:
        """Write down that somebody was refused something. what: was dialled or asked for."""
        await self.audit.note("grant_refused", user, detail=f"{what}: {why}")


def user_of(row: UserRow) -> User:
    """A user as calls need it."""
    return User(
        name=row.name,
        grants=row.grants,
        title=row.title,
        extension=row.extension,
        outside=row.outside,
        disabled=row.disabled,
        dnd=row.dnd,
        forward_always=row.forward_always,
        forward_busy=row.forward_busy,
        forward_no_answer=row.forward_no_answer,
        messages=row.messages,
        greeting=row.greeting,
    )
