"""A reception in its own process that Asterisk dials, and what it notes down.

As a flow: `stasis run reception.py:Reception`. Digits lead from the menu: 1 to a desk, 2 to a
message, 0 to the end; a star is only noted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from stasis import (
    After,
    ChannelDtmfReceived,
    Dialling,
    Do,
    Event,
    Flow,
    Other,
    PlaybackFinished,
    StasisEnd,
)

NOTES = Path("notes")


@attrs.define
class Desk:
    """Who was called."""

    dialling: Dialling | None = None


class Reception(Flow):
    """Notes each state that it enters, and each star."""

    data = Desk()

    def note(self, *words: object) -> None:
        with NOTES.open("a") as file:
            file.write(" ".join(map(str, (self.channel.id, *words))) + "\n")

    async def menu(self, event: Event) -> None:
        self.note("menu", type(event).__name__)
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def ringing(self, event: Event) -> Literal["ANSWER", "sorry"]:
        self.note("ringing", type(event).__name__)
        self.data.dialling = await self.channel.dial("Local/stasis-desk@default/n", timeout=20)
        answered = await self.data.dialling.answered()
        return "ANSWER" if answered.status == "ANSWER" else "sorry"

    async def talking(self, event: Event) -> None:
        assert self.data.dialling is not None
        await self.data.dialling.connect()
        self.note("talking", type(event).__name__)

    async def message(self, event: Event) -> Literal["saved"]:
        name = self.channel.id.replace(";", "-")
        recording = await self.channel.record(f"listened/{name}", terminate_on="#")
        self.note("message", type(event).__name__)
        await recording.finished(60)
        return "saved"

    async def bye(self, event: Event) -> None:
        self.note("bye", type(event).__name__)
        goodbye = await self.channel.play("sound:vm-goodbye")
        await goodbye.finished(20)

    async def heard(self, event: ChannelDtmfReceived) -> None:
        self.note("star")

    async def ended(self, event: Event | None) -> None:
        self.note("ended", type(event).__name__)

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): ringing,
            (ChannelDtmfReceived, "2"): message,
            (ChannelDtmfReceived, "0"): bye,
            (ChannelDtmfReceived, "*"): Do(heard),
            PlaybackFinished: menu,
            After(600): bye,
        },
        ringing: {"ANSWER": talking, "sorry": bye},
        talking: {
            Other(StasisEnd): bye,
            (ChannelDtmfReceived, "*"): Do(heard),
            After(600): bye,
        },
        message: {"saved": menu, (ChannelDtmfReceived, "*"): Do(heard)},
    }
