"""What actions do to a whole room: each by a function of the same name."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from stasis_conference.entry import count_of
from stasis_conference.order import NotPossible, Order, media_of

__all__ = [
    "OnRoom",
    "announce_all",
    "count",
    "dial_out",
    "end",
    "help_",
    "lock",
    "pause_record",
    "resume_record",
    "start_record",
    "stop_record",
    "toggle_lock",
    "toggle_pause",
    "toggle_record",
    "unlock",
]

OnRoom: TypeAlias = Callable[[Order], Awaitable[None]]
"""Does something to a room. Raises NotPossible, ChannelGone, AriError."""

NUMBER = re.compile(r"[0-9*#+]{1,32}")
# Digits of a number that is dialled by keys, and how long they may take.
NUMBER_DIGITS = 32
NUMBER_SECONDS = 10.0


async def announce_all(order: Order) -> None:
    """Say something to everybody inside."""
    await order.room.announce(media_of(order))
    order.room.tell("announced", media=list(order.media))


async def lock(order: Order) -> None:
    """Nobody but moderators comes in any more."""
    await locked(order, True)


async def unlock(order: Order) -> None:
    """Everybody may come in again."""
    await locked(order, False)


async def toggle_lock(order: Order) -> None:
    """The one or the other."""
    await locked(order, not order.room.live.locked)


async def locked(order: Order, locked: bool) -> None:
    """Lock the room, or open it, and say so to who has asked."""
    room = order.room
    if room.live.locked != locked:
        room.keep(locked=locked)
        await order.rooms.save(room)
        room.tell("locked" if locked else "unlocked", order.by)
    if order.by is not None:
        await order.by.tell(room.profile.sounds.lock if locked else room.profile.sounds.unlock)


async def start_record(order: Order) -> None:
    """Record the room from now on."""
    if not await order.room.recorder.start():
        raise NotPossible("no_recording", "start_record: it is recorded already, or may not be")


async def stop_record(order: Order) -> None:
    """End the recording."""
    if not await order.room.recorder.stop():
        raise NotPossible("no_recording", "stop_record: nothing is recorded")


async def toggle_record(order: Order) -> None:
    """The one or the other."""
    await (stop_record if order.room.live.recording else start_record)(order)


async def pause_record(order: Order) -> None:
    """Leave out what is said from now on."""
    if not await order.room.recorder.pause(True):
        raise NotPossible("no_recording", "pause_record: nothing is recorded, or it is paused")


async def resume_record(order: Order) -> None:
    """Record again."""
    if not await order.room.recorder.pause(False):
        raise NotPossible("no_recording", "resume_record: no recording is paused")


async def toggle_pause(order: Order) -> None:
    """The one or the other."""
    await (resume_record if order.room.live.paused else pause_record)(order)


async def count(order: Order) -> None:
    """Tell who asks how many others there are."""
    if order.by is None:
        return
    others = len(order.room.others(order.by))
    sounds = order.room.profile.sounds
    await order.by.tell(count_of(order.room, others) if others else sounds.alone)


async def help_(order: Order) -> None:
    """Say what the keys do: by keys only, where the flow knows the menu."""
    if order.by is not None:
        await order.by.tell(order.media)


async def dial_out(order: Order) -> None:
    """Call somebody into the room; by keys, whoever presses them is asked for the number."""
    room, number, endpoint = order.room, order.number, order.endpoint
    if order.by is not None and not number:
        await order.by.hush()
        entered = await order.by.channel.ask(
            *room.profile.sounds.number,
            max=NUMBER_DIGITS,
            timeout=NUMBER_SECONDS,
            language=order.by.language,
        )
        number = str(entered)
    if order.by is not None or not endpoint:
        if not NUMBER.fullmatch(number):
            raise NotPossible("no_number", "dial_out: that is no number")
        endpoint = order.rooms.invitations.endpoint_of(number)
        if not endpoint:
            raise NotPossible(
                "no_dialling", "dial_out: [plugin.conference] dial_out says not how to dial"
            )
    await order.rooms.invitations.invite(room, endpoint, order.profile)


async def end(order: Order) -> None:
    """The conference is over for everybody."""
    order.room.clear("ended")
