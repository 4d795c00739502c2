"""Calling others into a room: who rings, who does not come, and who is called no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from stasis import AriError, NotFound, Placed
from stasis_conference.live import LiveRoom

__all__ = ["Invitations"]

# How often it is looked whether somebody who has answered has gone before the door.
LOOK_SECONDS = 1.0


class Invitations:
    """Those who are called into rooms and have not come yet.

    spawn: starts a task that no call waits for. dial_out: how a number is dialled, with `{number}`.
    """

    def __init__(self, spawn: Callable[..., object], dial_out: str = "") -> None:
        self._spawn = spawn
        self._dial_out = dial_out
        self._called: dict[str, LiveRoom] = {}

    def endpoint_of(self, number: str) -> str:
        """How a number is dialled; empty when that is not said."""
        return self._dial_out.replace("{number}", number)

    async def invite(
        self, room: LiveRoom, endpoint: str, profile: str, *, caller_id: str = "", timeout: int = 30
    ) -> str:
        """Call somebody into a room. endpoint: such as `PJSIP/alice`. profile: of the member.
        timeout: seconds to let it ring.

        Returns the channel's id. `joined` tells that they are there, `not_invited` that they did
        not come and why: `status` as of `DialStatus`, `ANSWER` for who has gone at the door, and
        the Q.850 `cause`. Raises AllocationFailed, AriError. ARI: POST /channels/{channelId}.
        """
        placed = await room.asterisk.place(
            endpoint,
            room.app,
            app_args=f"{room.name},{profile},invited",
            caller_id=caller_id or None,
            timeout=timeout,
        )
        self._called[placed.id] = room
        room.tell("inviting", endpoint=endpoint, channel=placed.id)
        self._spawn(self._look_after(room, placed))
        return placed.id

    def come(self, channel_id: str) -> None:
        """Somebody is at the door, who may have been called."""
        self._called.pop(channel_id, None)

    async def withdraw(self, room: LiveRoom) -> None:
        """The room ends: whoever still rings is called no more.

        ARI: DELETE /channels/{channelId}.
        """
        for channel_id in [id for id, called in self._called.items() if called is room]:
            self.come(channel_id)
            with suppress(AriError):
                await room.asterisk.ari.channels.hangup(channel_id)

    async def _look_after(self, room: LiveRoom, placed: Placed) -> None:
        """Tell when somebody who is called does not come."""
        result = await placed.answered()
        while placed.id in self._called:
            if result.status != "ANSWER" or not await there(room, placed.id):
                del self._called[placed.id]
                room.tell(
                    "not_invited",
                    endpoint=placed.endpoint,
                    channel=placed.id,
                    status=result.status,
                    cause=result.cause,
                )
                return
            await asyncio.sleep(LOOK_SECONDS)


async def there(room: LiveRoom, channel_id: str) -> bool:
    """Whether somebody who has answered is still on the way; also when that cannot be asked."""
    try:
        await room.asterisk.ari.channels.get(channel_id)
    except NotFound:
        return False
    except AriError:
        pass  # after the gap it is looked for
    return True
