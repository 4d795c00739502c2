"""The throttle of log-ins: how often a password may be tried.

Rules: what is tried counts as wrong before it is looked at, so trying many at once gains nothing.
Who has tried too often, by the user's name or from the address, is refused unheard; waiting helps,
and being refused does not count.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from attrs import frozen

from stasis import StasisError
from stasis_webrtc.audit import Audit
from stasis_webrtc.store import Store, Verdict

__all__ = ["LogInRules", "Throttle", "TooMany", "network_of"]

# So often it is noted that an address is refused.
PAUSE = timedelta(seconds=60)
LONGEST = 64


class TooMany(StasisError):
    """Too many were wrong. wait: seconds until it is worth another try."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"too many passwords were wrong; wait {wait} s")
        self.wait = wait


@frozen
class LogInRules:
    """How often a wrong password may be tried. window: seconds that a wrong one counts.

    by_address: from one address, for any user; an IPv6 network of 64 bits is one. by_user: for one
    user, from anywhere; it has to be larger, since it keeps the user out too.
    """

    window: float = 600.0
    by_address: int = 20
    by_user: int = 50


class Throttle:
    """Counts what is tried. now: the time. Its methods raise StoreError."""

    def __init__(
        self, store: Store, audit: Audit, now: Callable[[], datetime], rules: LogInRules
    ) -> None:
        self.store = store
        self.audit = audit
        self.now = now
        self.rules = rules

    async def enter(self, user: str, address: str) -> int:
        """A password is about to be tried: it is a wrong one, until `judge` says otherwise.

        user: the name, of somebody or nobody. address: where it comes from; empty: not counted.
        Returns what `judge` wants. Raises TooMany.
        """
        user, network, at = user[:LONGEST], network_of(address), self.now()
        await self._look(user, network, at, allowed=0)
        attempt = await self.store.attempt(user, network, at, self._window)
        try:
            # It counts itself now, and all that are tried at this very moment.
            await self._look(user, network, at, allowed=1)
        except TooMany:
            await self.judge(attempt, "refused")
            raise
        return attempt

    async def judge(self, attempt: int, verdict: Verdict) -> None:
        """What became of it."""
        await self.store.judge(attempt, verdict)

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self.rules.window)

    async def _look(self, user: str, network: str, at: datetime, *, allowed: int) -> None:
        """Raise TooMany when the limits are reached, or passed by more than is allowed."""
        limits: tuple[tuple[Literal["user", "address"], str, int], ...] = (
            ("user", user, self.rules.by_user),
            ("address", network, self.rules.by_address),
        )
        ends = []
        for of, value, most in limits:
            nth = most + allowed
            if value and (found := await self.store.wrong(of, value, nth, at, self._window)):
                ends.append(found + self._window)
        if not ends:
            return
        wait = min((max(ends) - at).total_seconds(), self.rules.window)
        if await self.store.refused(network, at, PAUSE):
            await self.audit.note("log_in_refused", user, address=network)
        raise TooMany(max(1, math.ceil(wait)))


def network_of(address: str) -> str:
    """What of an address counts: an IPv6 one is as good as any other of its 64 bits. Pure."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
