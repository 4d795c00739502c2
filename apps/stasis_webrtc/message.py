"""Messages: what becomes of one that was left, and how a user listens to them.

Rules: who hangs up has left a message all the same. One in which less was said than the rules
want is dropped. One whose length was not told is judged by its file, and kept where that does not
tell it either.
"""

from __future__ import annotations

import io
import wave
from contextlib import suppress

import structlog

from stasis import AriError, Channel, ChannelGone, NotFound, RecordingResult
from stasis_webrtc.calls import Calls
from stasis_webrtc.ledger import Message, written
from stasis_webrtc.party import Party, moment

__all__ = ["file_message", "length_of", "listen", "say"]

log = structlog.get_logger("stasis_webrtc")

# What Asterisk counts less of may be nothing: it rounds, and 2 s of silence are 1 of talking.
SURE_SECONDS = 3
# No announcement is longer.
SAY_SECONDS = 120.0
# How long a key may take after a message, before the next one.
KEY_SECONDS = 3.0
# So often a message is played again before the next one comes.
AGAIN = 10


async def file_message(party: Party, calls: Calls, result: RecordingResult | None) -> bool:
    """Keep a message that was recorded, or drop it. result: its end, None when that was missed.

    Returns whether it is kept. Raises nothing: what goes wrong is logged. ARI: GET
    /recordings/stored/{recordingName}/file where its length is not known, DELETE
    /recordings/stored/{recordingName}.
    """
    data, name = party.data, party.data.message
    data.message = ""
    if not name:
        return False
    ari = party.asterisk.ari
    seconds: float | None = None
    if result is not None:
        # Only where silence ends it, Asterisk tells how long somebody talked.
        seconds = result.duration if result.talking is None else result.talking
    try:
        if seconds is None or seconds < SURE_SECONDS:
            found = length_of(await ari.recordings.get_stored_file(name))
            seconds = seconds if found is None else found
        if seconds is not None and seconds < calls.rules.message_least:
            await ari.recordings.delete_stored(name)
            return False
    except NotFound:
        return False
    except AriError as error:
        log.warning("a message is kept, whatever it is", recording=name, error=str(error))
    began = moment(data.message_began) or calls.now()
    row = Message(data.message_for, name, party.itself, began, seconds)
    await written(calls.ledger.left(row))
    for listener in calls.message_listeners:
        listener(row)
    log.info("a message was left", user=data.message_for, seconds=seconds)
    return True


def length_of(file: bytes) -> float | None:
    """Seconds of a file's sound; None where it is no plain WAV. Pure."""
    try:
        with wave.open(io.BytesIO(file)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


async def listen(party: Party, calls: Calls) -> None:
    """Play a user's messages, the new ones first.

    1 plays one again, 7 deletes it, # goes to the next, * ends. Raises StasisError, ChannelGone.
    """
    channel, user, language = party.channel, party.data.user, calls.rules.language
    messages = await calls.ledger.messages(user)
    new = sum(not each.heard for each in messages)
    count = f"number:{new}" if new else "sound:vm-no"
    await say(channel, ("sound:vm-youhave", count, "sound:vm-INBOX", "sound:vm-messages"), language)
    keys = {"1": "again", "7": "delete", "#": "next", "*": "end"}
    for each in messages:
        for _ in range(AGAIN):
            choice = await channel.menu(
                f"recording:{each.recording}",
                choices=keys,
                tries=1,
                timeout=KEY_SECONDS,
                language=language or None,
            )
            await written(calls.ledger.heard(user, each.recording))
            if choice.value != "again":
                break
        if choice.value == "delete":
            with suppress(NotFound):
                await party.asterisk.ari.recordings.delete_stored(each.recording)
            await written(calls.ledger.erased(user, each.recording))
            await say(channel, ("sound:vm-deleted",), language)
        if choice.value == "end":
            return
    if messages:
        await say(channel, ("sound:vm-nomore",), language)


async def say(channel: Channel, media: tuple[str, ...], language: str = "") -> None:
    """Play something to its end. What cannot be played is logged. Raises ChannelGone."""
    if not media:
        return
    try:
        playback = await channel.play(*media, language=language or None)
        result = await playback.finished(SAY_SECONDS)
    except ChannelGone:
        raise
    except Exception as error:
        log.warning("not said to the caller", media=media, error=str(error))
        return
    if result.state == "failed":
        log.warning("an announcement could not be played", media=result.media_uri)
