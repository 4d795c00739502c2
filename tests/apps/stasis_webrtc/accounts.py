"""All that has to do with accounts, put together on a store, with a clock that the test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stasis_webrtc.account import Accounts
from stasis_webrtc.audit import Audit
from stasis_webrtc.grant import Grants
from stasis_webrtc.rows import UserRow
from stasis_webrtc.session import SessionEvent, SessionRules, Sessions, SignedIn
from stasis_webrtc.store import Store
from stasis_webrtc.throttle import LogInRules
from stasis_webrtc.token import TokenRules, Tokens

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PASSWORD, OTHER, WRONG = "correct horse", "battery staple", "not this one"
ADDRESS = "192.0.2.1"


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        """Let time pass, or go back."""
        self.now += timedelta(seconds=seconds)


class Desk:
    """Accounts, sessions, tokens and the audit log on one store. events: what listeners heard."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.store = store
        self.clock = clock or Clock()
        self.events: list[SessionEvent] = []
        self.audit = Audit(store, self.clock)
        self.tokens = Tokens(store, self.clock, TokenRules())
        self.sessions = Sessions(
            store,
            self.tokens,
            self.audit,
            self.clock,
            SessionRules(idle=3600, longest=86_400, most=3),
            [self.events.append],
        )
        self.accounts = Accounts(
            store,
            self.sessions,
            self.audit,
            self.clock,
            LogInRules(window=60, by_address=3, by_user=5),
        )

    async def fill(self) -> None:
        """Ann, and Root who may change users."""
        await self.accounts.add("ann", PASSWORD, title="Ann", extension="201")
        await self.accounts.add("root", OTHER, grants=Grants(admin=True))

    async def log_in(self, password: str = PASSWORD, address: str = ADDRESS) -> SignedIn:
        """Log Ann in."""
        return await self.accounts.log_in("ann", password, "Chrome", address)

    async def ann(self) -> UserRow:
        """Ann as she is now."""
        return await self.accounts.user("ann")

    async def kinds(self) -> list[str]:
        """What the audit log has noted, the oldest first, without how the test began."""
        rows = await self.store.audit()
        return [row.kind for row in rows[::-1]][2:]

    def heard(self) -> list[tuple[str, str]]:
        """What listeners were told, in short."""
        return [(each.kind, each.why) for each in self.events]
