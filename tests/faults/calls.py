"""The flow under test: a menu, a password, a message, a desk, a room.

Each state writes into the journal that it was entered and why; `*` is answered in every state that
can hear it. Each digit leads out of one state only, so a caller who is not heard may press again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from attrs import define, frozen

from stasis import (
    After,
    ChannelDtmfReceived,
    Dialling,
    Do,
    Event,
    Flow,
    Gap,
    Other,
    Plugin,
    Runnable,
    StasisEnd,
    key,
)
from tests.faults.journal import Journal

__all__ = ["APP", "GREETING", "CallData", "Calls", "CallsConfig", "CallsPlugin"]

APP = "calls"
GREETING = "sound:demo-instruct"
PIN = "1234"
LONG = 900
TRIES = 10


@define
class CallData:
    """What a call keeps. dialling: of its desk. tries: of a password, or of the desk."""

    dialling: Dialling | None = None
    tries: int = 0


class Calls(Flow):
    """1 asks for the password, 2 takes a message, 3 rings the desk, 4 enters the room, 0 ends.

    The first argument is the call's name, the second the room's.
    """

    data = CallData()
    plugin: CallsPlugin
    now: str = ""

    def note(self, what: str, **detail: Any) -> None:
        self.plugin.journal.write(self.channel.args[0], what, state=self.now, **detail)

    def enter(self, state: str, event: Event) -> None:
        self.now = state
        self.note("state", why=type(event).__name__)

    async def menu(self, event: Event) -> None:
        self.enter("menu", event)
        await self.channel.answer()
        await self.channel.play(GREETING)

    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        self.enter("pin", event)
        digits = await self.channel.ask("sound:vm-password", digits=4, timeout=LONG)
        self.data.tries += 1
        self.note("entered", digits=digits, tries=self.data.tries)
        return "accepted" if digits == PIN else "rejected"

    async def message(self, event: Event) -> Literal["saved"]:
        self.enter("message", event)
        recording = await self.channel.record(f"faults/{self.channel.args[0]}", terminate_on="#")
        result = await recording.finished(LONG)
        self.note("saved", seconds=result.duration)
        return "saved"

    async def ringing(self, event: Event) -> Literal["ANSWER", "again", "sorry"]:
        self.enter("ringing", event)
        desk = f"Local/stasis-desk,{self.channel.args[0]}@default/n"
        self.data.dialling = await self.channel.dial(desk, timeout=60)
        status = (await self.data.dialling.answered()).status
        if status == "ANSWER":
            return "ANSWER"
        # Asterisk hangs up who answers in the moment when nobody is connected to it.
        self.data.tries += 1
        return "again" if self.data.tries < TRIES else "sorry"

    async def again(self, event: Event) -> None:
        self.enter("again", event)

    async def talking(self, event: Event) -> None:
        self.enter("talking", event)
        assert self.data.dialling is not None
        await self.data.dialling.connect()
        self.note("together")

    async def room(self, event: Event) -> None:
        self.enter("room", event)
        bridge = await self.plugin.asterisk.bridge(APP, self.channel.args[1])
        await bridge.add(self.channel)
        self.note("together")

    async def sorry(self, event: Event) -> None:
        self.enter("sorry", event)

    async def bye(self, event: Event) -> None:
        self.enter("bye", event)
        goodbye = await self.channel.play("sound:vm-goodbye")
        await goodbye.finished(20)

    async def heard(self, event: ChannelDtmfReceived) -> None:
        self.note("heard")

    async def deaf(self, event: Gap) -> None:
        self.note("gap", start=event.start.isoformat(), seconds=event.seconds)

    async def ended(self, event: Event | None) -> None:
        self.note("ended", why=type(event).__name__, gone=str(self.channel.gone))

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): pin,
            (ChannelDtmfReceived, "2"): message,
            (ChannelDtmfReceived, "3"): ringing,
            (ChannelDtmfReceived, "4"): room,
            (ChannelDtmfReceived, "0"): bye,
            (ChannelDtmfReceived, "*"): Do(heard),
            Gap: Do(deaf),
            After(LONG): sorry,
        },
        pin: {"accepted": bye, "rejected": pin, Gap: Do(deaf)},
        message: {"saved": bye, (ChannelDtmfReceived, "*"): Do(heard), Gap: Do(deaf)},
        ringing: {
            "ANSWER": talking,
            "again": again,
            "sorry": sorry,
            Gap: Do(deaf),
        },
        again: {After(1): ringing, Gap: Do(deaf)},
        talking: {
            Other(StasisEnd): bye,
            (ChannelDtmfReceived, "*"): Do(heard),
            Gap: Do(deaf),
            After(LONG): sorry,
        },
        room: {
            (ChannelDtmfReceived, "7"): bye,
            (ChannelDtmfReceived, "*"): Do(heard),
            Gap: Do(deaf),
            After(LONG): sorry,
        },
    }


@frozen
class CallsConfig:
    """Where the journal is."""

    journal: str = key("", "a file")


class CallsPlugin(Plugin):
    """Runs the flow, and counts the gaps. flow: another version of it, else `Calls`."""

    name = "calls"
    config_class = CallsConfig

    def __init__(self, config: CallsConfig, flow: Runnable = Calls) -> None:
        super().__init__(config)
        self.flow = flow
        self.gaps: list[Gap] = []
        self.journal = Journal(Path(config.journal))

    def flows(self) -> dict[str, Runnable]:
        """One application."""
        return {APP: self.flow}

    async def gap(self, gap: Gap) -> None:
        """Told after each gap."""
        self.gaps.append(gap)

    async def stop(self) -> None:
        """The last line is written."""
        self.journal.close()
