"""Logging in by a room's PIN, and what a token grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stasis.web import ANY, Asked, Operation, Problem, address_of
from stasis_conference.body import LoggedIn, LogIn, Whoami
from stasis_conference.grant import Grant

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["Sessions"]

# Log-ins that may be looked at or wait at a time: argon2 takes two processors' worth of work.
AT_ONCE = 20


class Sessions:
    """The operations on who asks."""

    def __init__(self, at: Conferences) -> None:
        self._at = at
        self._looking = 0

    def rows(self) -> list[Operation]:
        """The operations."""
        problems = {403: ["wrong_pin"], 429: ["locked_out", "busy"]}
        return [
            Operation(
                "POST",
                "/session",
                self.log_in,
                scope="",
                body=LogIn,
                answers=LoggedIn,
                problems=problems,
            ),
            Operation("GET", "/session", self.who_am_i, scope=ANY, answers=Whoami),
            Operation("DELETE", "/session", self.log_out, scope=ANY),
        ]

    async def log_in(self, asked: Asked[Grant, LogIn]) -> LoggedIn:
        """Log in by the PIN of a room's moderators.

        It gives a token for that room alone, for eight hours or until the PIN is changed. Wrong
        PINs count as those that are entered on the phone.
        """
        if self._looking >= AT_ONCE:
            raise Problem(429, "busy", "too many log in at this moment", retry_after=2)
        self._looking += 1
        try:
            return await self._logged_in(asked.body, address_of(asked.request))
        finally:
            self._looking -= 1

    async def _logged_in(self, body: LogIn, address: str) -> LoggedIn:
        pins, store = self._at.pins, self._at.store
        caller = f"web {address}"
        found = await pins.check(body.room, caller, body.pin)
        if found == "refused":
            text = "too many wrong PINs: none is looked at for a while"
            raise Problem(429, "locked_out", text, retry_after=int(pins.rules.window))
        row = await store.room(body.room)
        if found != "moderator" or row is None:
            raise Problem(403, "wrong_pin", "that is not the PIN of this room's moderators")
        token, grant = await self._at.grants.log_in(row, caller)
        return LoggedIn(token=token, **granted(grant))

    async def who_am_i(self, asked: Asked[Grant, None]) -> Whoami:
        """What the token grants."""
        return Whoami(**granted(asked.who))

    async def log_out(self, asked: Asked[Grant, None]) -> None:
        """Revoke the token that is used."""
        await self._at.revoke(asked.who)


def granted(grant: Grant) -> dict[str, Any]:
    """What a token grants, for who has it."""
    return {
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "rooms": list(grant.rooms),
        "expires": grant.expires,
    }
