"""The IVR's flow: one state for each kind of part, and the file says which part comes next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import structlog

from stasis import (
    ChannelDestroyed,
    Dialling,
    Event,
    Flow,
    Leave,
    Other,
    StasisEnd,
    StasisError,
    WaitTimeout,
)
from stasis_ivr.message import Kept, keep, recording_name
from stasis_ivr.parts import Desk, Menu, Message, Play
from stasis_ivr.target import HANGUP, Target

if TYPE_CHECKING:
    from stasis_ivr.plugin import IvrPlugin

__all__ = ["Ivr"]

log = structlog.get_logger("stasis_ivr")

Next: TypeAlias = Literal["menu", "desk", "message", "play", "hangup", "continue"]
"""What a state's body returns: the kind of the part where the call goes."""

# No announcement is longer; one that Asterisk never finishes must not hold the caller.
PROMPT_SECONDS = 300.0


class Ivr(Flow):
    """Leads a caller through the file.

    here: the part the call is in. digits: what the caller has chosen last.
    """

    plugin: IvrPlugin
    here: Target = HANGUP
    digits: str = ""
    dialling: Dialling | None = None
    keeping: asyncio.Task[Kept] | None = None

    async def welcome(self, event: Event) -> Next:
        """Answer, and begin where the file says."""
        await self.channel.answer()
        return self.go(self.plugin.file.start)

    async def menu(self, event: Event) -> Next:
        """Let the caller choose."""
        menu = self.plugin.file.part(self.here, Menu)
        choice = await self.channel.menu(
            *menu.prompt,
            choices=menu.choices,
            tries=menu.tries,
            timeout=menu.timeout,
            inter_digit=menu.inter_digit,
            invalid=menu.invalid,
            no_input=menu.no_input,
            barge_in=menu.barge_in,
            language=self.plugin.file.language or None,
        )
        if choice.value is None:
            return self.go(menu.failed)
        self.digits = choice.digits
        return self.go(choice.value)

    async def desk(self, event: Event) -> Next | Literal["answered"]:
        """Ring the desk's phones."""
        desk = self.plugin.file.part(self.here, Desk)
        await self.say(desk.prompt)
        if not self.digits and any("{digits}" in each for each in desk.endpoints):
            return self.go(desk.unavailable)
        self.dialling = await self.channel.dial(
            *(each.replace("{digits}", self.digits) for each in desk.endpoints),
            timeout=desk.ring,
            caller_id=desk.caller_id,
            music=desk.music,
        )
        result = await self.dialling.answered()
        log.info("a desk was rung", desk=desk.name, status=result.status, seconds=result.seconds)
        if result.status == "ANSWER":
            return "answered"
        if result.status == "BUSY":
            return self.go(desk.busy)
        return self.go(desk.no_answer if result.status == "NOANSWER" else desk.unavailable)

    async def talking(self, event: Event) -> None:
        """Let caller and desk talk, until one of them hangs up."""
        assert self.dialling is not None
        await self.dialling.connect()

    async def parted(self, event: Event) -> Next:
        """The desk has hung up."""
        return self.go(self.plugin.file.part(self.here, Desk).after)

    async def message(self, event: Event) -> Next:
        """Let the caller leave a message; one that is too short is asked for again."""
        message = self.plugin.file.part(self.here, Message)
        await self.say(message.prompt)
        for _ in range(message.tries):
            recording = await self.channel.record(
                recording_name(message.folder, self.plugin.now()),
                format=message.format,
                beep=message.beep,
                max_duration=message.max_seconds,
                max_silence=message.silence,
                terminate_on="#",
            )
            self.keeping = asyncio.create_task(
                keep(recording, message, self.channel.caller_number, self.plugin)
            )
            # A caller who hangs up ends this state, but not what is to become of the message.
            kept = await asyncio.shield(self.keeping)
            if kept != "too_short":
                break
            await self.say(message.too_short)
        if kept == "saved":
            await self.say(message.saved)
        return self.go(message.after)

    async def play(self, event: Event) -> Next:
        """Say something, and go on."""
        play = self.plugin.file.part(self.here, Play)
        await self.say(play.prompt)
        return self.go(play.after)

    async def leaving(self, event: Event) -> None:
        """Go on in the dialplan."""
        await self.channel.continue_in_dialplan()
        await self.channel.ended()

    async def goodbye(self, event: Event) -> None:
        """The end: the call is hung up."""

    async def ended(self, event: Event | None) -> None:
        """See to it that a message is kept when its caller has hung up."""
        if self.keeping is None:
            return
        try:
            await self.keeping
        except StasisError as error:
            log.error("what became of a message is not known", error=str(error))

    def go(self, target: Target) -> Next:
        """Remember where the call goes; hours are decided now."""
        if target.kind != "repeat":
            self.here = self.plugin.file.at(target, self.plugin.now())
        return cast(Next, self.here.kind)

    async def say(self, media: tuple[str, ...]) -> None:
        """Play to its end. What is missing is logged; the caller goes on without it."""
        if not media:
            return
        playback = await self.channel.play(*media, language=self.plugin.file.language or None)
        try:
            result = await playback.finished(PROMPT_SECONDS)
        except WaitTimeout:
            log.warning("an announcement does not end; going on", media=media)
            await playback.stop()
            return
        if result.state == "failed":
            log.warning("an announcement could not be played", media=result.media_uri)

    start = welcome
    onward = {
        "menu": menu,
        "desk": desk,
        "message": message,
        "play": play,
        "continue": leaving,
        "hangup": goodbye,
    }
    table = {
        welcome: onward,
        menu: onward,
        desk: {"answered": talking, **onward},
        talking: {Other(StasisEnd): parted, Other(ChannelDestroyed): parted},
        parted: onward,
        message: onward,
        play: onward,
    }
    on_error = Leave(prompt="sound:im-sorry", reason="failure")
