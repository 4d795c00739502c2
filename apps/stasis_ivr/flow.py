"""The IVR's flow: a few states for each kind of part, and the file says which part comes next.

Rules: each state does one thing, so that a call which is resumed in it after a restart does it
again or goes on with it; what a state needs of an earlier one is in `data`. A call in a part that
the file has no longer goes on where the file's `removed` leads.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, cast

import structlog
from attrs import evolve

from stasis import (
    AriError,
    ChannelDestroyed,
    Event,
    Flow,
    Leave,
    LiveRecording,
    NotRecorded,
    Other,
    StasisEnd,
    StasisError,
    WaitTimeout,
)
from stasis_ivr.data import IvrData
from stasis_ivr.message import Kept, Left, judge, recording_name, talked
from stasis_ivr.parts import Desk, Menu, Message, Play
from stasis_ivr.target import Target

if TYPE_CHECKING:
    from stasis_ivr.plugin import IvrPlugin

__all__ = ["Ivr"]

log = structlog.get_logger("stasis_ivr")

Next: TypeAlias = Literal["menu", "desk", "message", "play", "hangup", "continue"]
"""What a state's body returns: the kind of the part where the call goes."""

# No announcement is longer; one that Asterisk never finishes must not hold the caller.
PROMPT_SECONDS = 300.0
# What a recording takes longer than its message.
BEEP_SECONDS = 60.0
# The end of a recording is told just before its caller's; it may have been missed.
END_SECONDS = 2.0

T = TypeVar("T")


class Ivr(Flow):
    """Leads a caller through the file.

    live: the recording that this process has begun or joined. judging: what becomes of it.
    """

    plugin: IvrPlugin
    data = IvrData()
    live: LiveRecording | None = None
    judging: asyncio.Task[Kept] | None = None

    async def welcome(self, event: Event) -> Next:
        """Answer, and begin where the file says."""
        await self.channel.answer()
        return self.go(self.plugin.file.start)

    async def menu(self, event: Event) -> Next:
        """Let the caller choose."""
        menu = self.part(Menu)
        if menu is None:
            return self.go(self.data.here)
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
        self.data.digits = choice.digits
        return self.go(choice.value)

    async def desk(self, event: Event) -> Next | Literal["ring"]:
        """Say what is said before a desk is rung."""
        desk = self.part(Desk)
        if desk is None:
            return self.go(self.data.here)
        await self.say(desk.prompt)
        digits = self.data.digits
        if not digits and any("{digits}" in each for each in desk.endpoints):
            return self.go(desk.unavailable)
        endpoints = tuple(each.replace("{digits}", digits) for each in desk.endpoints)
        self.data.desk = evolve(desk, endpoints=endpoints)
        return "ring"

    async def ringing(self, event: Event) -> Next | Literal["answered"]:
        """Ring the desk's phones; those that ring already go on ringing."""
        desk = self.data.desk
        assert desk is not None
        self.data.dialling = await self.channel.dial(
            *desk.endpoints, timeout=desk.ring, caller_id=desk.caller_id, music=desk.music
        )
        result = await self.data.dialling.answered()
        log.info("a desk was rung", desk=desk.name, status=result.status, seconds=result.seconds)
        if result.status == "ANSWER":
            return "answered"
        if result.status == "BUSY":
            return self.go(desk.busy)
        return self.go(desk.no_answer if result.status == "NOANSWER" else desk.unavailable)

    async def talking(self, event: Event) -> None:
        """Let caller and desk talk, until one of them hangs up."""
        assert self.data.dialling is not None
        await self.data.dialling.connect()

    async def parted(self, event: Event) -> Next:
        """The desk has hung up. Keys that were pressed were for whoever was there."""
        assert self.data.desk is not None
        self.channel.digits.clear()
        return self.go(self.data.desk.after)

    async def message(self, event: Event) -> Next | Literal["record"]:
        """Say what is said before a message."""
        message = self.part(Message)
        if message is None:
            return self.go(self.data.here)
        await self.say(message.prompt)
        self.data.message, self.data.tries = message, 0
        return self.next_try(message)

    async def recording(self, event: Event) -> Literal["recorded"]:
        """Let the caller speak. A recording that runs already goes on, with all that was said."""
        message = self.data.message
        assert message is not None
        self.live = await self.channel.record(
            self.data.recording,
            format=message.format,
            beep=message.beep,
            max_duration=message.max_seconds,
            max_silence=message.silence,
            terminate_on="#",
        )
        await self.hear_out(message, message.max_seconds + BEEP_SECONDS)
        # The key that ended it is no choice in the next menu.
        self.channel.digits.clear()
        return "recorded"

    async def recorded(self, event: Event) -> Next | Literal["saved", "again"]:
        """Keep the message or delete it; one that is too short is asked for again."""
        message = self.data.message
        assert message is not None
        kept = await self.judged(message)
        self.data.recording = ""
        if kept == "saved":
            return "saved"
        if kept == "too_short" and self.data.tries < message.tries:
            return "again"
        return self.go(message.after)

    async def again(self, event: Event) -> Literal["record"]:
        """Say that the message was too short."""
        message = self.data.message
        assert message is not None
        await self.say(message.too_short)
        return self.next_try(message)

    async def saved(self, event: Event) -> Next:
        """Say that the message was kept."""
        message = self.data.message
        assert message is not None
        await self.say(message.saved)
        return self.go(message.after)

    async def play(self, event: Event) -> Next:
        """Say something, and go on."""
        play = self.part(Play)
        if play is None:
            return self.go(self.data.here)
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
        message = self.data.message
        if message is None or not self.data.recording:
            return
        try:
            await self.hear_out(message, END_SECONDS)
        except StasisError as error:
            log.debug("how long a message is was not told", error=str(error))
        await self.judged(message)

    async def hear_out(self, message: Message, timeout: float) -> None:
        """Wait for the recording's end, and for how long the caller has talked.

        A recording that cannot be looked up may be there, and is judged by its file. timeout:
        seconds. Raises WaitTimeout, ChannelGone.
        """
        if self.live is None:
            return
        try:
            self.data.seconds = talked(await self.live.finished(timeout), message)
        except NotRecorded as error:
            log.error("a message was not recorded", message=message.name, error=str(error))
        except AriError as error:
            log.error("a message was not looked up", message=message.name, error=str(error))

    async def judged(self, message: Message) -> Kept:
        """What becomes of the message: found out once, also when the caller hangs up meanwhile."""
        if self.judging is None:
            data, caller = self.data, self.channel.caller_number
            left = Left(message, data.recording, data.seconds, caller)
            work = judge(left, self.asterisk.ari, self.plugin.counting)
            self.judging = asyncio.create_task(work)
        return await asyncio.shield(self.judging)

    def next_try(self, message: Message) -> Literal["record"]:
        """Name what will be recorded, so that whoever resumes the call goes on with it."""
        self.data.recording = recording_name(message.folder, self.plugin.now())
        self.data.tries += 1
        self.data.seconds = None
        self.live = self.judging = None
        return "record"

    def part(self, kind: type[T]) -> T | None:
        """The part the call is in; None when the file, a newer one perhaps, has it no longer."""
        return self.plugin.file.find(self.data.here, kind)

    def go(self, target: Target) -> Next:
        """Remember where the call goes; hours are decided now."""
        file = self.plugin.file
        if not file.has(target):
            log.warning(
                "the file has it no longer; going on where `removed` leads",
                part=str(target),
                removed=str(file.removed),
            )
        if target.kind != "repeat":
            self.data.here = file.at(target, self.plugin.now())
        return cast(Next, self.data.here.kind)

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
        desk: {"ring": ringing, **onward},
        ringing: {"answered": talking, **onward},
        talking: {Other(StasisEnd): parted, Other(ChannelDestroyed): parted},
        parted: onward,
        message: {"record": recording, **onward},
        recording: {"recorded": recorded},
        recorded: {"saved": saved, "again": again, **onward},
        again: {"record": recording},
        saved: onward,
        play: onward,
    }
    on_error = Leave(prompt="sound:im-sorry", reason="failure")
