"""Messages that callers leave: their names, which are too short, and the mailbox's lamp."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import structlog

from stasis import AriError, LiveRecording, Mailbox, NotRecorded

if TYPE_CHECKING:
    from stasis_ivr.parts import Message
    from stasis_ivr.plugin import IvrPlugin

__all__ = ["Kept", "keep", "light", "recording_name"]

log = structlog.get_logger("stasis_ivr")

Kept: TypeAlias = Literal["saved", "too_short", "failed"]
"""What became of a recorded message."""


def recording_name(folder: str, moment: datetime) -> str:
    """A name that no other message has, that sorts by time and is safe in a file system."""
    return f"{folder}/{moment:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}"


async def keep(
    recording: LiveRecording, message: Message, caller: str, plugin: IvrPlugin
) -> Kept:  # fmt: skip
    """Wait for a recording's end; keep it, or delete it when the caller has said too little.

    Also waits out a caller who hangs up, which is how most messages end. Raises ChannelGone
    when the recording's end was never told. ARI: as of `LiveRecording.finished`; DELETE
    /recordings/stored/{recordingName}; PUT /mailboxes/{mailboxName}.
    """
    try:
        result = await recording.finished()
    except NotRecorded as error:
        log.error("a message was not recorded", message=message.name, error=str(error))
        return "failed"
    # How long somebody talked is known only where silence ends a message.
    talked = result.talking if message.silence else None
    seconds = result.duration if talked is None else talked
    if result.stored is None or seconds < message.min_seconds:
        if result.stored is not None:
            await result.stored.delete()
        log.info("a message was too short", message=message.name, seconds=seconds)
        return "too_short"
    log.info(
        "a message was left",
        message=message.name,
        recording=result.stored.name,
        seconds=result.duration,
        caller=caller,
    )
    if message.mailbox:
        await light(message.mailbox, plugin)
    return "saved"


async def light(name: str, plugin: IvrPlugin) -> None:
    """Count one more new message, so that the phone's lamp is lit."""
    mailbox = Mailbox(plugin.asterisk.ari, name)
    async with plugin.counting:
        try:
            count = await mailbox.get()
            if count is None:
                await mailbox.set(new=1)
            else:
                await mailbox.set(new=count.new + 1, old=count.old)
        except AriError as error:
            log.warning(
                "the mailbox's lamp could not be lit; is res_mwi_external loaded?",
                mailbox=name,
                error=str(error),
            )
