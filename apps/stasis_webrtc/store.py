"""The store: users, sessions, tokens, keys, attempts, audit; SQLite or PostgreSQL.

Rules: one small method for each need. What a method does is whole or not at all, and done though
its caller is cancelled; two processes may use one database. What calls leave behind is in
`History`, in the same database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import attrs
from sqlalchemy import ColumnElement, delete, func, insert, literal, or_, select, update

from stasis.sql import Database, StoreError
from stasis_webrtc import tables
from stasis_webrtc.history import History
from stasis_webrtc.rows import (
    AuditRow,
    KeyRow,
    RefreshRow,
    SessionRow,
    UserRow,
    Why,
    of_grants,
    user_of,
)

__all__ = ["DATABASE", "WHERE", "Store", "StoreError", "Verdict"]

DATABASE = "sqlite:///webrtc.db"
"""Where it is when the configuration does not say."""

WHERE = "[plugin.webrtc]: database"
"""How errors name the key of the configuration."""

Verdict = Literal["right", "wrong", "refused"]
"""What became of a log-in; only wrong ones count."""


class Store:
    """Keeps who may log in, and who is logged in.

    url: `sqlite:///file`, `sqlite://` (in memory, for tests), or
    `postgresql://user:password@host/database`. history: what calls leave behind. Every method
    raises StoreError when the database does not answer as it should.

    Raises ConfigError for a url that is none of these.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, tables.MIGRATIONS, WHERE)
        self._do = self._database.do
        self.history = History(self._database)

    def __repr__(self) -> str:
        return repr(self._database)

    async def open(self) -> None:
        """Connect, and bring the tables to their newest form. Raises StoreError."""
        await self._database.open()

    async def close(self) -> None:
        """Finish what is being done, and disconnect."""
        await self._database.close()

    # Users

    async def user(self, name: str) -> UserRow | None:
        """A user by its name."""
        return await self._user(tables.users.c.name == name)

    async def user_of_extension(self, extension: str) -> UserRow | None:
        """A user by its extension."""
        return await self._user(tables.users.c.extension == extension) if extension else None

    async def users(self) -> list[UserRow]:
        """All users, by name."""
        return [user_of(dict(row)) for row in await self._do(select(tables.users).order_by("name"))]

    async def contacts(self) -> list[UserRow]:
        """All users who are not disabled, by title."""
        of = tables.users.c
        statement = select(tables.users).where(of.disabled.is_(False)).order_by(of.title, of.name)
        return [user_of(dict(row)) for row in await self._do(statement)]

    async def add_user(self, row: UserRow) -> bool:
        """Keep a new user. Returns False when its name or its extension is taken."""
        values = attrs.asdict(row, recurse=False)
        values |= of_grants(values.pop("grants"))
        name = tables.users.c.name
        add = self._database.insert(tables.users).values(values).on_conflict_do_nothing()
        return bool(await self._do(add.returning(name)))

    async def change_user(self, name: str, at: datetime, **changes: Any) -> UserRow | None:
        """Change some of a user. changes: fields of UserRow. Returns it, None: there is none."""
        if (grants := changes.pop("grants", None)) is not None:
            changes |= of_grants(grants)
        rows = await self._do(
            update(tables.users)
            .where(tables.users.c.name == name)
            .values(changed=at, **changes)
            .returning(tables.users)
        )
        return user_of(dict(rows[0])) if rows else None

    async def set_password(self, name: str, at: datetime, password: str, kept: str) -> bool:
        """Change the hash of a password, if it is `kept` still. Returns whether it was."""
        of = tables.users.c
        statement = update(tables.users).where(of.name == name, of.password == kept)
        statement = statement.values(password=password, changed=at)
        return bool(await self._do(statement.returning(of.name)))

    async def remove_user(self, name: str) -> bool:
        """Forget a user and all that is its own. Returns whether there was one."""
        of = tables.users.c.name
        return bool(await self._do(delete(tables.users).where(of == name).returning(of)))

    # Sessions

    async def begin_session(self, row: SessionRow, password: str) -> bool:
        """Keep a new session, if the user has this hash still and is not disabled.

        Returns whether it was kept: who changes a password or disables a user at the same moment
        ends it, or it is not begun.
        """
        of = tables.users.c
        values = attrs.asdict(row)
        user = (
            select(*(literal(value, tables.sessions.c[key].type) for key, value in values.items()))
            .where(of.name == row.user, of.password == password, of.disabled.is_(False))
            .with_for_update(read=True, of=tables.users)
        )
        statement = insert(tables.sessions).from_select(list(values), user)
        return bool(await self._do(statement.returning(tables.sessions.c.id)))

    async def session(self, id: str) -> SessionRow | None:
        """A session, also one that has ended."""
        rows = await self._do(select(tables.sessions).where(tables.sessions.c.id == id))
        return SessionRow(**rows[0]) if rows else None

    async def session_of_endpoint(self, endpoint: str) -> SessionRow | None:
        """The session that lives and whose device is this PJSIP endpoint."""
        rows = await self.sessions(tables.sessions.c.endpoint == endpoint) if endpoint else []
        return rows[-1] if rows else None

    async def sessions_of(self, user: str) -> list[SessionRow]:
        """The sessions of a user that live, the oldest first."""
        return await self.sessions(tables.sessions.c.user == user)

    async def sessions(self, *wanted: ColumnElement[bool]) -> list[SessionRow]:
        """The sessions that live, the oldest first. wanted: only such ones."""
        of = tables.sessions.c
        statement = select(tables.sessions).where(of.ended.is_(None), *wanted)
        rows = await self._do(statement.order_by(of.began, of.id))
        return [SessionRow(**row) for row in rows]

    async def over(self, at: datetime) -> list[tuple[SessionRow, Why]]:
        """The sessions that have to be ended now, and why: expired, or their user is disabled."""
        of, user = tables.sessions.c, tables.users.c
        expired = await self.sessions(of.expires <= at)
        disabled = select(user.name).where(user.disabled.is_(True))
        others = await self.sessions(of.expires > at, of.user.in_(disabled))
        return [*((row, "expired") for row in expired), *((row, "disabled") for row in others)]

    async def seen(self, session: str, at: datetime, expires: datetime) -> SessionRow | None:
        """A session was refreshed. Returns it, None: it does not live."""
        return await self._change_session(session, seen=at, expires=expires)

    async def set_endpoint(self, session: str, endpoint: str) -> SessionRow | None:
        """The PJSIP endpoint of a session's device. Returns it, None: it does not live."""
        return await self._change_session(session, endpoint=endpoint)

    async def end_session(self, session: str, at: datetime, why: Why) -> SessionRow | None:
        """A session is over. Returns it, None: it did not live: once is enough."""
        return await self._change_session(session, ended=at, why=why)

    async def forget_sessions(self, before: datetime) -> None:
        """Forget the sessions that ended before a moment, with their tokens."""
        await self._do(delete(tables.sessions).where(tables.sessions.c.ended < before))

    # Refresh tokens

    async def refresh(self, hash: str) -> RefreshRow | None:
        """A refresh token by its hash."""
        return await self._refresh(tables.refreshes.c.hash == hash)

    async def unused_refresh(self, session: str) -> RefreshRow | None:
        """The refresh token of a session that is to be used next."""
        of = tables.refreshes.c
        return await self._refresh(of.session == session, of.used.is_(None))

    async def first_refresh(self, session: str, hash: str, at: datetime) -> None:
        """Keep the first refresh token of a session."""
        values = RefreshRow(hash, session, 1, at)
        await self._do(insert(tables.refreshes).values(attrs.asdict(values)))

    async def next_refresh(self, old: str, hash: str, generation: int, at: datetime) -> bool:
        """A token takes the place of the unused one.

        old: the hash of the unused one, which is used now. Returns False when somebody else was
        faster: then nothing is done.
        """
        table, of = tables.refreshes, tables.refreshes.c
        columns = ["hash", "session", "generation", "issued", "successor"]
        # What is given for a token names it, so the second statement knows whether the first did.
        ours = select(
            literal(hash),
            of.session,
            literal(generation),
            literal(at, of.issued.type),
            literal(""),
        ).where(of.hash == old, of.successor == hash)
        rows = await self._do(
            update(table).where(of.hash == old, of.used.is_(None)).values(used=at, successor=hash),
            insert(table).from_select(columns, ours).returning(of.hash),
        )
        return bool(rows)

    # Keys

    async def keys(self) -> list[KeyRow]:
        """The keys that sign access tokens, the oldest first."""
        rows = await self._do(select(tables.keys).order_by("made", "kid"))
        return [KeyRow(**row) for row in rows]

    async def add_key(self, row: KeyRow) -> None:
        """Keep a new key."""
        await self._do(insert(tables.keys).values(attrs.asdict(row)))

    async def forget_keys(self, before: datetime) -> None:
        """Forget the keys that were made before a moment: what they signed is void."""
        await self._do(delete(tables.keys).where(tables.keys.c.made < before))

    # Log-ins that are tried

    async def attempt(self, user: str, address: str, at: datetime, window: timedelta) -> int:
        """A log-in is about to be tried: it counts as wrong until `judge` says otherwise.

        window: what is older is forgotten, and what lies so far ahead: the clock was wrong.
        Returns its id.
        """
        of = tables.attempts.c
        rows = await self._do(
            delete(tables.attempts).where(or_(of.at < at - window, of.at > at + window)),
            insert(tables.attempts)
            .values(user=user, address=address, verdict="wrong", at=at)
            .returning(of.id),
        )
        return int(rows[0]["id"])

    async def judge(self, attempt: int, verdict: Verdict) -> None:
        """What became of a log-in."""
        of = tables.attempts
        await self._do(update(of).where(of.c.id == attempt).values(verdict=verdict))

    async def wrong(
        self, of: Literal["user", "address"], value: str, nth: int, at: datetime, window: timedelta
    ) -> datetime | None:
        """When the nth last wrong log-in was tried, by a user's name or from an address.

        None: there were not so many within the window.
        """
        row = tables.attempts.c
        rows = await self._do(
            select(row.at)
            .where(row[of] == value, row.verdict == "wrong")
            .where(row.at >= at - window, row.at <= at + window)
            .order_by(row.at.desc(), row.id.desc())
            .offset(nth - 1)
            .limit(1)
        )
        return rows[0]["at"] if rows else None

    async def refused(self, address: str, at: datetime, pause: timedelta) -> bool:
        """A log-in was refused unheard. Returns False when one of this address was so lately.

        pause: so long it is not said again.
        """
        table, of = tables.attempts, tables.attempts.c
        lately = (
            select(func.count().label("count"))
            .where(of.address == address, of.verdict == "refused")
            .where(of.at > at - pause, of.at < at + pause)
        )
        if (await self._do(lately))[0]["count"]:
            return False
        values = {"user": "", "address": address, "verdict": "refused", "at": at}
        await self._do(insert(table).values(values))
        return True

    # The audit log

    async def note(self, at: datetime, kind: str, **about: str) -> None:
        """Keep a row of the audit log. about: the other fields of AuditRow."""
        await self._do(insert(tables.audit).values(at=at, kind=kind, **about))

    async def audit(
        self, user: str | None = None, before: datetime | None = None, limit: int = 100
    ) -> list[AuditRow]:
        """The audit log, the latest first.

        user: only what is of this one, or was done by it. before: only what is older.
        """
        of = tables.audit.c
        wanted: list[ColumnElement[bool]] = []
        if user is not None:
            wanted.append(or_(of.user == user, of.by == user))
        if before is not None:
            wanted.append(of.at < before)
        statement = select(tables.audit).where(*wanted).order_by(of.at.desc(), of.id.desc())
        return [AuditRow(**row) for row in await self._do(statement.limit(limit))]

    async def forget_audit(self, before: datetime) -> None:
        """Forget what was noted before a moment."""
        await self._do(delete(tables.audit).where(tables.audit.c.at < before))

    # How it is done

    async def _user(self, wanted: ColumnElement[bool]) -> UserRow | None:
        rows = await self._do(select(tables.users).where(wanted))
        return user_of(dict(rows[0])) if rows else None

    async def _refresh(self, *wanted: ColumnElement[bool]) -> RefreshRow | None:
        rows = await self._do(select(tables.refreshes).where(*wanted))
        return RefreshRow(**rows[0]) if rows else None

    async def _change_session(self, session: str, **values: Any) -> SessionRow | None:
        of = tables.sessions.c
        statement = update(tables.sessions).where(of.id == session, of.ended.is_(None))
        rows = await self._do(statement.values(**values).returning(tables.sessions))
        return SessionRow(**rows[0]) if rows else None
