"""A member's keypad inside a room: keys are put together, and what they say is done."""

from __future__ import annotations

import asyncio

import structlog

from stasis import AriError
from stasis_conference.action import perform
from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.menu import WRONG, Keys
from stasis_conference.order import NotPossible, Order
from stasis_conference.profile import Menu
from stasis_conference.rooms import Rooms

__all__ = ["Keypad"]

log = structlog.get_logger("stasis_conference")


class Keypad:
    """The keys of one member, and the menu that says what they do."""

    def __init__(self, menu: Menu, rooms: Rooms, room: LiveRoom, member: Member) -> None:
        self.menu = menu
        self._rooms = rooms
        self._room = room
        self._member = member
        self._pressed: asyncio.Queue[str] = asyncio.Queue()

    def press(self, digit: str) -> None:
        """A key was pressed."""
        self._pressed.put_nowait(digit)

    async def obey(self) -> None:
        """Do what the keys say, one after the other, until cancelled.

        Raises ChannelGone when the member has gone.
        """
        keys = Keys(self.menu)
        while True:
            action: str | None
            try:
                async with asyncio.timeout(self.menu.pause if keys.pressed else None):
                    action = keys.press(await self._pressed.get())
            except TimeoutError:
                action = keys.pause()
            if action is not None:
                await self._do(action)

    async def _do(self, action: str) -> None:
        """Do one thing. What is not possible is told to who has pressed the keys."""
        room, member = self._room, self._member
        media = self.menu.help if action == "help" else []
        try:
            if action == WRONG:
                await member.tell(room.profile.sounds.key_wrong)
            else:
                await perform(Order(action, self._rooms, room, by=member, media=media))
        except NotPossible as error:
            log.info("a key did nothing", member=member.id, why=error.why)
            await member.tell(room.profile.sounds.key_wrong)
        except AriError as error:
            log.warning("a key failed", member=member.id, action=action, error=str(error))
