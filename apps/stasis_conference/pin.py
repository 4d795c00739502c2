"""PINs of rooms: argon2 hashes, and who has tried too often.

Rules: a PIN is nowhere but in the caller's keys; what is kept is its hash. Every attempt costs
the same work, whether the room is there and whose PIN it is. It counts as wrong before the work
begins, so trying many at once gains nothing. Who has tried too often is refused unheard, and
waiting helps: a refused attempt does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog
from attrs import frozen

from stasis.sql import Passwords, hashed, is_hash, matches
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store

__all__ = [
    "RULES",
    "PinError",
    "PinEvent",
    "PinRules",
    "Pins",
    "Tried",
    "hashed",
    "is_hash",
    "matches",
    "pin_problem",
]

log = structlog.get_logger("stasis_conference")

PIN = re.compile(r"[0-9]{4,12}")
Tried = Literal["member", "moderator", "wrong", "refused"]
"""What a PIN was: a member's, a moderator's, wrong, or not looked at: too many were wrong."""


class PinError(ValueError):
    """A PIN that a room cannot have. Its text says why, without the PIN."""


@frozen
class PinRules:
    """How often a wrong PIN may be tried. window: seconds that a wrong one counts.

    by_caller: by one caller, in all rooms. by_room: at one room, by all callers; it has to be
    larger, since it keeps out the members too.
    """

    window: float = 600.0
    by_caller: int = 10
    by_room: int = 50


RULES = PinRules()
"""The rules where the configuration does not say otherwise."""


@frozen
class PinEvent:
    """Somebody tried a PIN, or changed one.

    kind: as of `Tried`, or `changed`. caller: the number, or an empty text.
    """

    kind: Tried | Literal["changed"]
    room: str
    caller: str
    at: datetime


class Pins:
    """The PINs of all rooms.

    store: where they are kept; it is asked each time, so a change counts at once. now: the time.
    listeners: called with each PinEvent.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        rules: PinRules = RULES,
        listeners: Sequence[Callable[[PinEvent], None]] = (),
    ) -> None:
        self.store = store
        self.now = now
        self.rules = rules
        self.listeners = listeners
        self.passwords = Passwords()

    async def check(self, room: str, caller: str, pin: str) -> Tried:
        """Look at a PIN that a caller has entered.

        caller: the number; an empty text counts for the room only. pin: the digits; none at all
        is a member where members need no PIN.

        Raises StoreError: then nobody can be let in.
        """
        row = await self.store.room(room)
        if not pin and row is not None and not row.member_pin:
            return "member"
        rules, at = self.rules, self.now()
        since = at - timedelta(seconds=rules.window)
        attempt = await self.store.attempt(room, caller, at, since)
        if attempt.by_caller > rules.by_caller or attempt.by_room > rules.by_room:
            found: Tried = "refused"
        else:
            # Asked anew: it may have been changed while this attempt waited.
            found = await self._compared(await self.store.room(room), pin)
        if found != "wrong":
            await self.store.judge(attempt.id, "refused" if found == "refused" else "right")
        self._tell(PinEvent(found, room, caller, at))
        return found

    async def change(
        self, room: str, *, member_pin: str | None = None, moderator_pin: str | None = None
    ) -> RoomRow | None:
        """Give a room other PINs, while it runs or not; who is inside stays.

        An empty text takes a PIN away, None leaves it. Returns the room, None: there is none.

        Raises PinError for one that cannot be used, StoreError.
        """
        row = await self.store.room(room)
        if row is None:
            return None
        for given, other, kept in (
            (member_pin, moderator_pin, row.moderator_pin),
            (moderator_pin, member_pin, row.member_pin),
        ):
            if given and (problem := pin_problem(given)):
                raise PinError(problem)
            if given and (
                given == other or (other is None and await self.passwords.matches(kept, given))
            ):
                raise PinError("the PINs of members and of moderators must differ")
        at = self.now()
        changed = await self.store.change_room(
            room,
            at,
            member_pin=member_pin and await self.passwords.hashed(member_pin),
            moderator_pin=moderator_pin and await self.passwords.hashed(moderator_pin),
        )
        if changed is not None:
            self._tell(PinEvent("changed", room, "", at))
        return changed

    async def _compared(self, row: RoomRow | None, pin: str) -> Tried:
        """Whose PIN it is. Always two comparisons, in this order."""
        moderator = await self.passwords.matches(row.moderator_pin if row else "", pin)
        member = await self.passwords.matches(row.member_pin if row else "", pin)
        return "moderator" if moderator else "member" if member else "wrong"

    def _tell(self, event: PinEvent) -> None:
        tell = log.warning if event.kind in ("wrong", "refused") else log.info
        tell("PIN", room=event.room, caller=event.caller, result=event.kind)
        for listener in self.listeners:
            listener(event)


def pin_problem(pin: str) -> str | None:
    """What is wrong with a PIN that a room is to have, without saying it; None: nothing."""
    return None if PIN.fullmatch(pin) else "a PIN must be 4 to 12 digits"
