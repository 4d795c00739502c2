"""Leaving a call that is still here, as its flow says: never in limbo."""

from __future__ import annotations

import structlog

from stasis.ari.events import StasisEnd
from stasis.census import is_out
from stasis.channel import Channel
from stasis.errors import ChannelGone, StasisError
from stasis.flow import Leave
from stasis.owner import Owner

__all__ = ["leave"]

log = structlog.get_logger("stasis.leaving")

# How long an apology may play, and how long Asterisk may take to tell that a call has left.
PROMPT_SECONDS = 15.0
GONE_SECONDS = 5.0


async def leave(channel: Channel, owner: Owner, how: Leave) -> None:
    """Play the prompt, then continue in the dialplan or hang up, and wait until it has gone.

    channel: the call. owner: whose media are stopped first. how: the flow's policy. A call that
    cannot be left as told is hung up; what fails is logged, never raised.
    """
    try:
        if how.prompt and channel.state in ("Up", "Ring") and channel.gone is None:
            playback = await channel.play(how.prompt)
            await playback.finished(PROMPT_SECONDS)
    except StasisError as error:
        log.debug("the last prompt was not heard", error=str(error))
    await owner.stop_media()
    try:
        if channel.sent_on:
            pass  # by its flow, and only the end has yet to be told
        elif how.then == "continue":
            await channel.continue_in_dialplan(how.context, how.extension, how.priority)
        else:
            await channel.hangup(how.reason)
        await channel.ended(GONE_SECONDS)
    except StasisError as error:
        not_heard = channel.sent_on or isinstance(error, ChannelGone)
        if channel.gone is None and not (not_heard and await left(channel, owner)):
            log.warning("the call could not be left as told; hanging up", error=str(error))
            await hang_up(channel)


async def left(channel: Channel, owner: Owner) -> bool:
    """Whether a call is in the dialplan, though its end was not told: a dead socket tells nothing.

    Then it is told here.
    """
    try:
        snapshot = await channel.get()
    except StasisError:
        return False
    if not is_out(snapshot):
        return False
    owner.router.dispatch(StasisEnd(application=owner.app, channel=snapshot))
    return True


async def hang_up(channel: Channel) -> None:
    """The last that can be done for a call."""
    try:
        await channel.hangup("failure")
    except StasisError as error:
        log.error("the call could not be hung up", error=str(error))
