"""What is asked and said when somebody comes in or has left: name, head count, announcements."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import structlog

from stasis import (
    Ari,
    AriError,
    Channel,
    NotFound,
    NotRecorded,
    RecordingResult,
    StasisError,
    WaitTimeout,
)
from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.pin import Pins, Tried
from stasis_conference.profile import MemberProfile, RoomProfile

if TYPE_CHECKING:
    from stasis_conference.rooms import RoomPlan

__all__ = [
    "announce_joined",
    "announce_left",
    "ask_pin",
    "asks_name",
    "count_of",
    "forget_name",
    "greet",
    "record_name",
    "spoken_name",
]

log = structlog.get_logger("stasis_conference")

# So many digits of a PIN are listened to.
PIN_DIGITS = 20
# A name is no longer, and over after so much silence.
NAME_SECONDS = 8
NAME_SILENCE = 2
# How long a recording may take longer than what it records: its beep, and its beginning.
BEEP_SECONDS = 10.0
# No announcement to a room is longer.
ANNOUNCE_SECONDS = 60.0


def asks_name(room: RoomProfile, member: MemberProfile) -> bool:
    """Whether a member is asked for its name. Pure."""
    return room.announce == "names" and member.record_name and not member.quiet


def spoken_name(folder: str) -> str:
    """A name for the recording of a name, which no other has."""
    return f"{folder}/names/{secrets.token_hex(8)}"


async def ask_pin(
    member: Member, plan: RoomPlan, pins: Pins
) -> Literal["member", "moderator"] | None:
    """Ask for a room's PIN, as often as its profile says. A room that is not there asks as well.

    Where only moderators have one, no digits at all are a member. Returns whose it was, or None:
    the caller may not come in. Raises ChannelGone, StoreError, and what `ask` raises.
    """
    profile, sounds, channel = plan.profile, plan.profile.sounds, member.channel
    media: list[str] = sounds.pin
    for _ in range(profile.pin_tries):
        entered = await channel.ask(
            *media,
            max=PIN_DIGITS,
            timeout=profile.pin_timeout,
            secret=True,
            language=member.language,
        )
        pin = str(entered)
        found: Tried = "wrong"
        if pin or plan.open_to_members:
            found = await pins.check(plan.name, channel.caller_number, pin)
        if found == "refused":
            return None
        if found != "wrong":
            return found
        media = [*sounds.pin_wrong, *sounds.pin]
    return None


async def record_name(channel: Channel, name: str) -> bool:
    """Record a caller's name. name: of the recording. Returns whether something was said.

    Raises ChannelGone, AriError. ARI: POST /channels/{channelId}/record.
    """
    recording = await channel.record(
        name,
        beep=True,
        max_duration=NAME_SECONDS,
        max_silence=NAME_SILENCE,
        terminate_on="#",
    )
    try:
        result = await recording.finished(NAME_SECONDS + BEEP_SECONDS)
    except (NotRecorded, WaitTimeout) as error:
        log.warning("a name was not recorded", error=str(error))
        return False
    if result.stored is not None and nothing_said(result):
        await result.stored.delete()
        return False
    return result.stored is not None


def nothing_said(result: RecordingResult) -> bool:
    """Whether a recorded name is silence. Asterisk rounds: 2 s of silence count as 1 of talking."""
    duration, silence = result.duration, result.silence
    if duration is None or silence is None:
        return False  # its end was missed
    return duration <= NAME_SILENCE and silence >= NAME_SILENCE - 1 or not duration


async def greet(room: LiveRoom, member: Member) -> None:
    """Tell who comes in how many others there are, and whether they are recorded.

    Raises ChannelGone.
    """
    sounds, others = room.profile.sounds, len(room.others(member))
    words: list[str] = []
    if not others:
        words += sounds.alone
    elif room.profile.count:
        words += count_of(room, others)
    if room.recorder.state == "running":
        words += sounds.recording
    await member.say(words)


def count_of(room: LiveRoom, others: int) -> list[str]:
    """How it is said how many others there are. Pure."""
    sounds = room.profile.sounds
    return [*sounds.count_before, f"number:{others}", *sounds.count_after]


async def announce_joined(room: LiveRoom, member: Member) -> None:
    """Tell who is inside that somebody has joined."""
    profile = room.profile
    if member.data.quiet or profile.announce == "off" or not room.others(member):
        return
    spoken = member.data.spoken
    words = [f"recording:{spoken}", *profile.sounds.joined] if spoken else []
    await room.announce([*profile.sounds.join_tone, *words])


async def announce_left(room: LiveRoom, spoken: str, *, told: bool, forget: bool) -> None:
    """Tell who is still inside that somebody has left, then delete the recorded name.

    spoken: the name; empty without. told: whether they are told at all. forget: whether the name
    is of no more use.
    """
    profile = room.profile
    try:
        if told and profile.announce != "off":
            words = [f"recording:{spoken}", *profile.sounds.left] if spoken else []
            playback = await room.announce([*profile.sounds.leave_tone, *words])
            if playback is not None and spoken:
                with suppress(StasisError):
                    await playback.finished(ANNOUNCE_SECONDS)
    finally:
        if spoken and forget:
            await forget_name(room.asterisk.ari, spoken)


async def forget_name(ari: Ari, spoken: str) -> None:
    """Delete a recorded name; one that is not there is fine, and what fails is logged.

    ARI: DELETE /recordings/stored/{recordingName}.
    """
    try:
        await ari.recordings.delete_stored(spoken)
    except NotFound:
        pass
    except AriError as error:
        log.warning("a recorded name is left", recording=spoken, error=str(error))
