"""What actions do to one member: each by a function of the same name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from stasis_conference.member import Departure, Member
from stasis_conference.order import NotPossible, Order, media_of

__all__ = [
    "OnMember",
    "announce",
    "deafen",
    "hold",
    "kick",
    "leave",
    "move",
    "mute",
    "toggle_deaf",
    "toggle_hold",
    "toggle_mute",
    "undeafen",
    "unhold",
    "unmute",
    "volume",
]

OnMember: TypeAlias = Callable[[Order, Member], Awaitable[None]]
"""Does something to a member. Raises NotPossible, ChannelGone, AriError."""


async def mute(order: Order, member: Member) -> None:
    """Nobody hears the member any more."""
    order.room.falls_silent(member, None)
    await member.mute(True)
    order.room.tell("muted", member)
    await member.tell(order.room.profile.sounds.muted)


async def unmute(order: Order, member: Member) -> None:
    """It is heard again."""
    await member.mute(False)
    order.room.tell("unmuted", member)
    await member.tell(order.room.profile.sounds.unmuted)


async def toggle_mute(order: Order, member: Member) -> None:
    """The one or the other."""
    await (unmute if member.data.muted else mute)(order, member)


async def deafen(order: Order, member: Member) -> None:
    """It hears nobody any more."""
    await member.deafen(True)
    order.room.tell("deafened", member)


async def undeafen(order: Order, member: Member) -> None:
    """It hears the others again."""
    await member.deafen(False)
    order.room.tell("undeafened", member)


async def toggle_deaf(order: Order, member: Member) -> None:
    """The one or the other."""
    await (undeafen if member.data.deaf else deafen)(order, member)


async def hold(order: Order, member: Member) -> None:
    """Out of the room, to the music, until `unhold`."""
    if member.data.held:
        return
    await member.hush()
    order.room.falls_silent(member, None)
    member.data.held = True
    await member.keep()
    await order.room.place(member)
    order.room.tell("held", member)


async def unhold(order: Order, member: Member) -> None:
    """Back to the others."""
    if not member.data.held:
        return
    await member.hush()
    member.data.held = False
    await member.keep()
    await order.room.place(member)
    order.room.tell("resumed", member)


async def toggle_hold(order: Order, member: Member) -> None:
    """The one or the other."""
    await (unhold if member.data.held else hold)(order, member)


def volume(way: Literal["talk", "listen"], steps: int) -> OnMember:
    """An action that makes a member louder, or what it hears. steps: below 0, less loud."""

    async def change(order: Order, member: Member) -> None:
        await member.louder(way, steps)
        order.room.tell("volume", member)

    return change


async def kick(order: Order, member: Member) -> None:
    """Out."""
    member.depart(Departure("parting", "kicked"))


async def leave(order: Order, member: Member) -> None:
    """It goes by itself."""
    member.depart(Departure("parting", "left"))


async def move(order: Order, member: Member) -> None:
    """To another room. Raises NotPossible when it may not come in there."""
    plan = await order.rooms.plan(order.to) if order.to else None
    if plan is None or order.to == order.room.name:
        raise NotPossible("no_room", f"move: there is no other room {order.to!r} to move to")
    there = order.rooms.live.get(order.to)
    refusal = there.refusal(moderator=member.moderator) if there is not None else None
    if refusal is not None:
        raise NotPossible(refusal, f"move: {order.to} is {refusal}")
    order.room.tell("moving", member, to=order.to)
    member.depart(Departure("lobby", "moved", order.to))


async def announce(order: Order, member: Member) -> None:
    """Say something to one alone."""
    await member.tell(media_of(order))
    order.room.tell("announced", member, media=list(order.media))
