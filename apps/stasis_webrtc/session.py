"""Sessions: who is logged in, on which device, and until when.

Rules: a session is one device. Every request asks the database whether it lives, so what ends it,
in whatever process, counts at once. A refresh token is used once: one that comes again ends its
session, since two have it, and one of them is not its owner. Only when it comes again within
seconds, as two tabs and bad networks make it, and what was given for it is unused, is that one
replaced.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog
from attrs import field, frozen

from stasis import StasisError
from stasis_webrtc.audit import Audit, shown
from stasis_webrtc.rows import RefreshRow, SessionRow, UserRow, Why
from stasis_webrtc.store import Store
from stasis_webrtc.token import AccessToken, TokenError, Tokens, digest, new_refresh

__all__ = [
    "Bearer",
    "NoSession",
    "SessionEvent",
    "SessionRules",
    "Sessions",
    "SignedIn",
]

log = structlog.get_logger("stasis_webrtc")

# So often a refresh is tried anew when others refresh the same session at the same moment.
TRIES = 10
LABEL = 80


class NoSession(StasisError):
    """A refresh token that is good for nothing. code: why, for programs."""

    def __init__(self, code: Literal["no_session", "revoked", "replayed"], text: str) -> None:
        super().__init__(text)
        self.code = code


@frozen
class SessionRules:
    """How long a session lives.

    idle: seconds without a refresh. longest: seconds in all; then one has to log in. leeway:
    seconds in which a refresh token may come again. most: sessions of one user; the oldest gives
    way. kept: seconds that is known of a session after its end.
    """

    idle: float = 86_400.0
    longest: float = 30 * 86_400.0
    leeway: float = 10.0
    most: int = 10
    kept: float = 30 * 86_400.0

    def expires(self, began: datetime, at: datetime) -> datetime:
        """When a session ends that was refreshed at a moment."""
        return min(at + timedelta(seconds=self.idle), began + timedelta(seconds=self.longest))


@frozen
class SignedIn:
    """Somebody is logged in. access: for every request. refresh: for the next refresh, in a cookie
    that only the browser sees.
    """

    user: UserRow
    session: SessionRow
    access: AccessToken
    refresh: str = field(repr=False)


@frozen
class Bearer:
    """Who has sent an access token. scopes: those of the token that the user still has."""

    user: UserRow
    session: SessionRow
    scopes: frozenset[str]

    @property
    def name(self) -> str:
        """The user's name."""
        return self.user.name


@frozen
class SessionEvent:
    """A session has begun, or has ended. why: as of SessionRow."""

    kind: Literal["begun", "ended"]
    session: SessionRow
    why: Why = ""


class Sessions:
    """The sessions of all users.

    now: the time. listeners: called with each SessionEvent, once, also when another process has
    begun or ended it; then by `expire`, which a background task calls every few seconds.

    Every method raises StoreError.
    """

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        audit: Audit,
        now: Callable[[], datetime],
        rules: SessionRules | None = None,
        listeners: Sequence[Callable[[SessionEvent], None]] = (),
    ) -> None:
        self.store = store
        self.tokens = tokens
        self.audit = audit
        self.now = now
        self.rules = rules or SessionRules()
        self.listeners = listeners
        self._known: dict[str, SessionRow] = {}
        # What was ended here while `expire` asks: the answer may be older.
        self._gone: set[str] = set()

    async def start(self) -> list[SessionRow]:
        """Begin with the sessions that live, which are returned; nobody is told of them."""
        self._known = {row.id: row for row in await self.store.sessions()}
        return list(self._known.values())

    async def begin(self, user: UserRow, device: str = "", address: str = "") -> SignedIn | None:
        """Somebody has shown its password.

        user: as it was when the password was compared. device: how it calls itself. Returns None
        when the user was disabled or the password changed meanwhile.
        """
        at = self.now()
        session = SessionRow(
            secrets.token_hex(16),
            user.name,
            shown(device)[:LABEL],
            address,
            at,
            at,
            self.rules.expires(at, at),
        )
        if not await self.store.begin_session(session, user.password):
            return None
        refresh = new_refresh()
        await self.store.first_refresh(session.id, digest(refresh), at)
        self._begun(session)
        others = [row for row in await self.store.sessions_of(user.name) if row.id != session.id]
        for oldest in others[: max(0, len(others) + 1 - self.rules.most)]:
            await self.end(oldest.id, "revoked", detail=f"more than {self.rules.most} sessions")
        return SignedIn(user, session, await self._access(user, session), refresh)

    async def refresh(self, refresh: str, address: str = "") -> SignedIn:
        """A new access token and a new refresh token, for one that is used up by this.

        Raises NoSession.
        """
        for _ in range(TRIES):
            found = await self.store.refresh(digest(refresh))
            if found is None:
                raise NoSession("no_session", "this refresh token is not known; log in")
            user, session = await self._living(found.session)
            fresh = new_refresh()
            if await self._turned(found, digest(fresh), address, user):
                at = self.now()
                expires = self.rules.expires(session.began, at)
                seen = await self.store.seen(session.id, at, expires)
                if seen is None:
                    continue  # ended meanwhile: the next look says why
                if seen.id in self._known:
                    self._known[seen.id] = seen
                return SignedIn(user, seen, await self._access(user, seen), fresh)
        raise NoSession("no_session", "the session is refreshed by too many at once; log in")

    async def authenticate(self, token: str) -> Bearer | None:
        """Who has sent an access token; None: nobody who may do anything."""
        try:
            claims = await self.tokens.read(token)
        except TokenError as error:
            log.info("an access token is refused", reason=str(error))
            return None
        session = await self.store.session(claims.session)
        user = await self.store.user(claims.user)
        if session is None or user is None or session.user != user.name:
            reason = "no such session"
        elif session.ended is not None or session.expires <= self.now():
            reason = "its session has ended"
        elif user.disabled:
            reason = "its user is disabled"
        else:
            return Bearer(user, session, claims.scopes & user.grants.scopes)
        log.info("an access token is refused", reason=reason, user=claims.user)
        return None

    async def log_out(self, refresh: str) -> None:
        """End the session of a refresh token; one that is good for nothing is fine."""
        found = await self.store.refresh(digest(refresh))
        if found is not None:
            await self.end(found.session, "logged_out")

    async def end(self, session: str, why: Why, *, by: str = "", detail: str = "") -> bool:
        """End a session. by: who ends it, if not its user. Returns whether it lived."""
        row = await self.store.end_session(session, self.now(), why)
        if row is None:
            return False
        self._ended(row)
        told = f"{why}: {detail}" if detail else why
        await self.audit.note("session_ended", row.user, by=by, session=row.id, detail=told)
        return True

    async def end_all(
        self, user: str, why: Why, *, by: str = "", but: str = "", detail: str = ""
    ) -> int:
        """End the sessions of a user. but: the id of one that goes on. Returns how many lived."""
        rows = await self.store.sessions_of(user)
        ended = [await self.end(row.id, why, by=by, detail=detail) for row in rows if row.id != but]
        return sum(ended)

    async def expire(self) -> None:
        """End what is over, and tell of what other processes have begun and ended."""
        at = self.now()
        for row, why in await self.store.over(at):
            await self.end(row.id, why)
        before = dict(self._known)
        self._gone.clear()
        living = {row.id: row for row in await self.store.sessions()}
        for id in set(living) - self._gone:
            self._begun(living[id])
            self._known[id] = living[id]
        for id in set(before) - set(living):
            # Of a user that was removed there is nothing any more but what was seen last.
            self._ended(await self.store.session(id) or before[id])
        await self.store.forget_sessions(at - timedelta(seconds=self.rules.kept))

    # How it is done

    async def _living(self, id: str) -> tuple[UserRow, SessionRow]:
        """A session that lives, and its user. Raises NoSession."""
        session = await self.store.session(id)
        if session is None:
            raise NoSession("no_session", "the session is forgotten; log in")
        user = await self.store.user(session.user)
        if session.ended is None and session.expires <= self.now():
            await self.end(id, "expired")
            session = None
        elif session.ended is None and (user is None or user.disabled):
            await self.end(id, "disabled")
        elif session.ended is None and user is not None:
            return user, session
        if session is None or session.why in ("logged_out", "expired"):
            raise NoSession("no_session", "the session has ended; log in")
        if session.why == "replayed":
            raise NoSession("replayed", "the session was ended: its refresh token came twice")
        raise NoSession("revoked", "the session was ended by somebody else")

    async def _turned(self, found: RefreshRow, fresh: str, address: str, user: UserRow) -> bool:
        """Use a refresh token up. Returns False when somebody else was faster. Raises NoSession."""
        at = self.now()
        if found.used is None:
            return await self.store.next_refresh(found.hash, fresh, found.generation + 1, at)
        unused = await self.store.unused_refresh(found.session)
        lately = abs(at - found.used) <= timedelta(seconds=self.rules.leeway)
        if lately and unused is not None and unused.generation - found.generation in (0, 1):
            return await self.store.next_refresh(unused.hash, fresh, unused.generation, at)
        await self.audit.note("refresh_replayed", user.name, address=address, session=found.session)
        await self.end(found.session, "replayed")
        raise NoSession("replayed", "this refresh token came twice: the session is ended")

    async def _access(self, user: UserRow, session: SessionRow) -> AccessToken:
        return await self.tokens.access(user.name, session.id, user.grants.scopes)

    def _begun(self, session: SessionRow) -> None:
        if session.id not in self._known:
            self._known[session.id] = session
            self._tell(SessionEvent("begun", session))

    def _ended(self, session: SessionRow) -> None:
        self._gone.add(session.id)
        if self._known.pop(session.id, None) is not None:
            self._tell(SessionEvent("ended", session, session.why or "revoked"))

    def _tell(self, event: SessionEvent) -> None:
        for listener in self.listeners:
            try:
                listener(event)
            except Exception:
                log.exception("a listener of sessions failed", session=event.session.id)
