"""A flow whose sessions are recorded and replayed: a menu, a PIN, a desk that is dialled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stasis import After, ChannelDtmfReceived, Dialling, Do, Done, Event, Flow, Other, StasisEnd

# Of the account that is called, and what it is called in a recorded session.
PINS = ("4711", "0000")


@dataclass
class OfficeData:
    dialling: Dialling | None = None
    said: int = 0


class Office(Flow):
    """1 asks for a PIN, 2 dials the desk, `*` counts."""

    data = OfficeData()
    desk_endpoint = "Local/answer@default"

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def count(self, event: Event) -> None:
        self.data.said += 1
        await (self.channel.mute("in") if self.data.said % 2 else self.channel.unmute("in"))

    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        entered = await self.channel.ask("sound:vm-password", digits=4, secret=True)
        return "accepted" if entered in PINS else "rejected"

    async def account(self, event: Event) -> None:
        await self.channel.set_variable("CUSTOMER", f"of {self.channel.caller_number}")
        playback = await self.channel.play("digits:42")
        await playback.finished()

    async def ringing(self, event: Event) -> Literal["answered", "missed"]:
        self.data.dialling = await self.channel.dial(self.desk_endpoint, timeout=5)
        result = await self.data.dialling.answered()
        return "answered" if result.status == "ANSWER" else "missed"

    async def talking(self, event: Event) -> None:
        assert self.data.dialling is not None
        await self.data.dialling.connect()

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:vm-goodbye")
        await playback.finished()

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): pin,
            (ChannelDtmfReceived, "2"): ringing,
            (ChannelDtmfReceived, "*"): Do(count),
            After(4): goodbye,
        },
        pin: {"accepted": account, "rejected": goodbye},
        account: {Done: menu},
        ringing: {"answered": talking, "missed": goodbye},
        talking: {Other(StasisEnd): goodbye, After(2): goodbye},
    }
