"""Messages that callers leave: their names, which are too short, and the mailbox's lamp."""

from __future__ import annotations

import asyncio
import io
import uuid
import wave
from contextlib import suppress
from datetime import datetime
from typing import Literal, TypeAlias

import structlog
from attrs import frozen

from stasis import Ari, AriError, Mailbox, NotFound, RecordingResult
from stasis_ivr.parts import Message

__all__ = ["Kept", "Left", "judge", "length_of", "light", "recording_name", "talked"]

log = structlog.get_logger("stasis_ivr")

Kept: TypeAlias = Literal["saved", "too_short", "failed"]
"""What became of a recorded message."""


@frozen
class Left:
    """What a caller has left.

    message: the part of the file. recording: its name. seconds: as of `talked`. caller: number.
    """

    message: Message
    recording: str
    seconds: int | None
    caller: str


def recording_name(folder: str, moment: datetime) -> str:
    """A name that no other message has, that sorts by time and is safe in a file system."""
    return f"{folder}/{moment:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}"


def talked(result: RecordingResult, message: Message) -> int | None:
    """How long somebody talked, in seconds; None when the recording's end was missed.

    Only where silence ends a message is it known; elsewhere the whole message counts.
    """
    whole, talking = result.duration, result.talking
    return talking if message.silence and talking is not None else whole


async def judge(left: Left, ari: Ari, counting: asyncio.Lock) -> Kept:
    """Keep a recorded message, or delete it when the caller has said too little.

    One whose length is not known, since its end was missed, is judged by its file; where that
    does not tell it either, it is kept. counting: held while a mailbox's messages are counted.
    Raises nothing: what goes wrong is logged. ARI: GET /recordings/stored/{recordingName}/file
    where the length is not known; DELETE /recordings/stored/{recordingName}; PUT
    /mailboxes/{mailboxName}.
    """
    name, message, seconds = left.recording, left.message, left.seconds
    try:
        length = await length_in(ari, name) if seconds is None else seconds
        short = length is not None and length < message.min_seconds
        if short:
            await deleted(ari, name)
    except NotFound:
        log.info("no message was left", message=message.name)
        return "failed"
    except AriError as error:
        log.error("a message was not deleted", recording=name, error=str(error))
        return "too_short"
    if short:
        log.info("a message was too short", message=message.name, seconds=length)
        return "too_short"
    log.info(
        "a message was left",
        message=message.name,
        recording=name,
        seconds=length,
        caller=left.caller,
    )
    if message.mailbox:
        await light(message.mailbox, ari, counting)
    return "saved"


async def length_in(ari: Ari, name: str) -> float | None:
    """Seconds of a stored recording; None when they cannot be found out. Raises NotFound."""
    try:
        return length_of(await ari.recordings.get_stored_file(name))
    except NotFound:
        raise
    except AriError as error:
        log.warning("a message's length is not known", recording=name, error=str(error))
        return None


async def deleted(ari: Ari, name: str) -> None:
    """Delete a stored recording; one that is not there is fine."""
    with suppress(NotFound):
        await ari.recordings.delete_stored(name)


def length_of(file: bytes) -> float | None:
    """Seconds of a file's sound; None where the file does not tell it: it is no plain WAV."""
    try:
        with wave.open(io.BytesIO(file)) as sound:
            frames, rate = sound.getnframes(), sound.getframerate()
            return float(frames / rate)
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


async def light(name: str, ari: Ari, counting: asyncio.Lock) -> None:
    """Count one more new message, so that the phone's lamp is lit."""
    mailbox = Mailbox(ari, name)
    async with counting:
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
