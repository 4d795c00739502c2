"""Who is who: what calls need to know of users, their devices and what is a room.

The real one is the accounts, sessions and devices of the database; a test has one in memory.
"""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

__all__ = ["Directory", "Grants", "User"]


class Grants(Protocol):
    """What a user may do."""

    @property
    def may_receive(self) -> bool:
        """Whether others may call them."""

    @property
    def may_record(self) -> bool:
        """Whether they may record their calls."""

    def may_call(self, what: str) -> bool:
        """Whether they may call this: `internal`, `rooms`, or an outside number in E.164."""


@frozen
class User:
    """What calls need of a user.

    name: to log in. title: for people. extension: its number here; may be empty. outside: the
    number that outside phones see; empty for none of its own. grants: what it may do. disabled:
    it takes part in nothing. dnd: nobody rings. forward_always, forward_busy, forward_no_answer:
    what is called instead, as it would be dialled; empty for nothing. messages: whether others may
    leave messages. greeting: a medium that is played before one; empty for the usual words.
    """

    name: str
    grants: Grants
    title: str = ""
    extension: str = ""
    outside: str = ""
    disabled: bool = False
    dnd: bool = False
    forward_always: str = ""
    forward_busy: str = ""
    forward_no_answer: str = ""
    messages: bool = True
    greeting: str = ""


class Directory(Protocol):
    """Finds users, their devices, and rooms. What cannot be found out raises StasisError."""

    async def owner(self, endpoint: str) -> str | None:
        """The user whose device this PJSIP endpoint is; None when it is nobody's."""

    async def user(self, who: str) -> User | None:
        """The user of that name or extension."""

    async def devices(self, user: str) -> list[str]:
        """The PJSIP endpoints of a user's devices that are registered now."""

    async def is_room(self, name: str) -> bool:
        """Whether there is such a conference room."""

    async def refused(self, user: str, what: str, why: str) -> None:
        """Write down that somebody was refused something. what: was dialled or asked for."""
