"""The way out of a room: out of its bridge, told why, and on elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from stasis import AriError, Channel, Link, WaitTimeout
from stasis_conference.member import Member
from stasis_conference.profile import Sounds

__all__ = ["WORDS", "go_on", "step_out", "words_for"]

log = structlog.get_logger("stasis_conference")

WORDS: Mapping[str, str] = {
    "kicked": "kicked",
    "full": "full",
    "locked": "locked",
    "refused": "refused",
    "ended": "ended",
    "limit": "ended",
    "no_moderator": "ended",
}
"""What is said to who leaves, by the reason: a field of the profile's sounds."""

# How long the call may take to go on elsewhere.
ONWARD_SECONDS = 5.0


def words_for(why: str, sounds: Sounds) -> Sequence[str]:
    """What is said to who leaves for this reason; for most, nothing. Pure."""
    found: Sequence[str] = getattr(sounds, WORDS[why]) if why in WORDS else ()
    return found


async def step_out(asterisk: Link, channel: Channel) -> None:
    """Leave the bridge: hear nobody, and be heard by nobody.

    ARI: POST /bridges/{bridgeId}/removeChannel.
    """
    bridge_id = channel.bridge_id
    if bridge_id is not None:
        with suppress(AriError):
            await asterisk.ari.bridges.remove_channel(bridge_id, channel=[channel.id])


async def go_on(member: Member, onward: str) -> None:
    """Go on elsewhere. onward: `continue`, or an application. What fails is logged.

    ARI: POST /channels/{channelId}/continue or /move.
    """
    channel = member.channel
    try:
        await member.release()
        if onward == "continue":
            await channel.continue_in_dialplan()
        else:
            await channel.move(onward, member.data.room)
        await channel.ended(ONWARD_SECONDS)
    except (AriError, WaitTimeout) as error:
        log.warning("the call does not go on", onward=onward, error=str(error))
