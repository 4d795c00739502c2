"""A flow that does all that a call can: answer, play, ask, record, dial, bridge, hang up."""

from __future__ import annotations

from typing import Literal

from stasis import (
    After,
    ChannelDtmfReceived,
    DialStatus,
    Do,
    Event,
    Flow,
    LiveRecording,
    Other,
    RecordingFinished,
    StasisEnd,
)
from stasis.dial import Dialling

__all__ = ["Everything"]


class Everything(Flow):
    """1 rings the desk, 2 leaves a message, * notes a key and stays.

    desk: the endpoint that is rung. walked: the states, for the test. notes: keys of `*`.
    """

    desk = "Local/answer@default/n"
    dialling: Dialling
    recording: LiveRecording
    entered: str = ""

    def __init__(self) -> None:
        self.walked: list[str] = []
        self.notes: list[str] = []

    async def menu(self, event: Event) -> None:
        self.walked.append("menu")
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def note(self, event: ChannelDtmfReceived) -> None:
        self.notes.append(event.digit)

    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        self.walked.append("pin")
        self.entered = await self.channel.ask("sound:vm-password", digits=4, timeout=5)
        return "accepted" if self.entered == "1234" else "rejected"

    async def ringing(self, event: Event) -> DialStatus:
        self.walked.append("ringing")
        self.dialling = await self.channel.dial(self.desk, timeout=10)
        return (await self.dialling.answered()).status

    async def talking(self, event: Event) -> None:
        self.walked.append("talking")
        await self.dialling.connect()

    async def message(self, event: Event) -> None:
        self.walked.append("message")
        beep = await self.channel.play("sound:beep")
        await beep.finished(10)
        self.recording = await self.channel.record(
            f"message-{self.channel.id.replace(';', '_')}", terminate_on="#", max_duration=30
        )

    async def thanks(self, event: Event) -> None:
        self.walked.append("thanks")
        result = await self.recording.finished(5)
        assert result.stored is not None
        playback = await self.channel.play(result.stored.media_uri)
        await playback.finished(30)
        await result.stored.delete()

    async def sorry(self, event: Event) -> None:
        self.walked.append("sorry")
        goodbye = await self.channel.play("sound:vm-goodbye")
        await goodbye.finished(10)

    async def over(self, event: Event) -> None:
        self.walked.append("over")

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): pin,
            (ChannelDtmfReceived, "2"): message,
            (ChannelDtmfReceived, "*"): Do(note),
            ChannelDtmfReceived: sorry,
            After(30): sorry,
        },
        pin: {"accepted": ringing, "rejected": sorry},
        ringing: {
            "ANSWER": talking,
            "BUSY": sorry,
            "NOANSWER": sorry,
            "CONGESTION": sorry,
            "CHANUNAVAIL": sorry,
            "CANCEL": sorry,
        },
        talking: {Other(StasisEnd): over, After(60): over},
        message: {RecordingFinished: thanks, After(60): sorry},
    }
