"""What a call to a conference does: one flow for each member.

Rules: `pin` and `name` are on the way, `lobby` is where one waits, `inside` the conference itself,
`parting` the way out. A state can be entered again after a restart: what it needs is in `data`,
and the room is found again. Keys are put together by a task of their own, so that whoever must
leave never waits for what a key has begun.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import structlog

from stasis import (
    AriError,
    ChannelDtmfReceived,
    ChannelTalkingFinished,
    ChannelTalkingStarted,
    Do,
    Event,
    Flow,
    Gap,
    Leave,
    StasisStart,
)
from stasis_conference.entry import (
    announce_joined,
    ask_pin,
    asks_name,
    forget_name,
    greet,
    record_name,
    spoken_name,
)
from stasis_conference.keypad import Keypad
from stasis_conference.live import LiveRoom
from stasis_conference.meanwhile import cancelled, until
from stasis_conference.member import Departure, Member, MemberData
from stasis_conference.onward import go_on, step_out, words_for
from stasis_conference.profile import MemberProfile
from stasis_conference.rooms import RoomPlan
from stasis_conference.store import StoreError

if TYPE_CHECKING:
    from stasis_conference.plugin import ConferencePlugin

__all__ = ["Conference"]

log = structlog.get_logger("stasis_conference")

# Silence after which somebody counts as quiet, in milliseconds.
TALK_SILENCE = "1000"
# How often speaking time is kept with the call, in seconds.
KEEP_SECONDS = 10.0


class Conference(Flow):
    """A member's call.

    member: its place. room: the room it is in, None until this process has found it. keypad: what
    its keys do; None where they do nothing.
    """

    plugin: ConferencePlugin
    data = MemberData()
    member: Member | None = None
    room: LiveRoom | None = None
    keypad: Keypad | None = None

    async def pin(self, event: Event) -> Literal["name", "lobby", "parting"]:
        """Answer, find the room, and ask for its PIN."""
        await self.channel.answer()
        name, profile, invited = [*self.channel.args, "", "", ""][:3]
        plan = await self.plugin.plan(name) or self.plugin.no_plan(name)
        data = self.data
        data.room, data.invited = name, invited == "invited"
        data.profile = profile or plan.profile.member
        if plan.asks_pin and self.profile().pin and not data.invited:
            who = await ask_pin(self.here(plan), plan, self.plugin.pins)
            if who is None:
                return self.part("refused")
            if who == "moderator":
                data.profile = plan.profile.moderator
        if not plan.there:
            return self.part("refused")
        mine = self.profile()
        data.moderator, data.muted, data.deaf = mine.moderator, mine.muted, mine.deaf
        data.quiet = mine.quiet
        data.talk_volume, data.listen_volume = mine.talk_volume, mine.listen_volume
        if asks_name(plan.profile, mine):
            data.spoken = spoken_name(plan.profile.record_folder)
            return "name"
        return "lobby"

    async def name(self, event: Event) -> Literal["lobby"]:
        """Record the caller's name."""
        plan = await self.found()
        await self.here(plan).say(plan.profile.sounds.name)
        if not await record_name(self.channel, self.data.spoken):
            self.data.spoken = ""
        return "lobby"

    async def lobby(self, event: Event) -> Literal["inside", "parting"]:
        """At the door; where a moderator is missing, wait for one with music."""
        plan = await self.found()
        member = self.here(plan)
        # Keys that were for the questions before are no keys of the menu.
        self.channel.digits.clear()
        if self.room is None:
            room = await self.plugin.rooms.come(member, plan, self.asterisk, self.app)
            if not isinstance(room, LiveRoom):
                return self.part(room)
            self.room = room
        if not self.room.must_wait(member):
            return "inside"
        self.room.tell("waiting", member)
        await member.say(plan.profile.sounds.waiting)
        await self.room.place(member)
        departure = await self.waited(member, plan.profile.limit)
        if departure.to == "parting":
            return self.part(departure.why)
        await member.say(plan.profile.sounds.begins)
        return "inside"

    async def inside(self, event: Event) -> Literal["lobby", "parting"]:
        """In the conference, until something calls the member away."""
        plan = await self.found()
        member, rooms = self.here(plan), self.plugin.rooms
        again = self.room is None
        if self.room is None:
            room = await rooms.come(member, plan, self.asterisk, self.app, again=True)
            assert isinstance(room, LiveRoom)
            self.room = room
        room, fresh = self.room, not self.data.joined
        await rooms.let_in(room, member)
        menu = self.plugin.menu(self.profile().menu)
        self.keypad = Keypad(menu, rooms, room, member)
        leaving = asyncio.create_task(member.called_away("lobby", "parting"))
        keys = asyncio.create_task(self.keypad.obey())
        try:
            if fresh:
                await self.keep()
                await until(greet(room, member), leaving)
            if not leaving.done():
                await self.arrive(room, member, fresh=fresh, again=again)
            await asyncio.wait({leaving, keys}, return_when=asyncio.FIRST_COMPLETED)
            if keys.done():
                keys.result()  # it ends only by an error
            departure = await leaving
        finally:
            self.keypad = None
            await cancelled(leaving, keys)
        return await self.go(room, member, departure)

    async def parting(self, event: Event) -> None:
        """Say why, and go where the profile says."""
        data = self.data
        plan = await self.found()
        member = self.here(plan)
        await step_out(self.asterisk, self.channel)
        await self.leave(member, data.why)
        if data.deaf:
            await self.channel.unmute("out")
        await member.say(words_for(data.why, plan.profile.sounds))
        onward = data.onward or self.profile().after or plan.profile.after
        if onward != "hangup":
            await go_on(member, onward)

    async def ended(self, event: Event | None) -> None:
        """The caller has hung up, or the call is over otherwise."""
        if self.member is not None:
            await self.leave(self.member, self.data.why or "hung_up")

    # Keys and voices

    async def press(self, event: Event) -> None:
        """A key was pressed."""
        assert isinstance(event, ChannelDtmfReceived)
        if self.keypad is not None:
            self.keypad.press(event.digit)

    async def talk(self, event: Event) -> None:
        """The member has begun to talk."""
        if self.room is not None and self.member is not None:
            self.room.talks(self.member)

    async def quiet(self, event: Event) -> None:
        """The member has ended to talk."""
        assert isinstance(event, ChannelTalkingFinished)
        if self.room is not None and self.member is not None:
            self.room.falls_silent(self.member, event.duration / 1000)
            if self.member.since_kept() > KEEP_SECONDS:
                await self.member.keep()

    async def replaced(self, event: Event) -> None:
        """A transfer has put another phone in the member's place: it is what the other one was."""
        if self.room is not None and self.member is not None and self.room.holds(self.member):
            with suppress(AriError):
                await self.arrive(self.room, self.member, fresh=False, again=True)

    async def look_again(self, event: Event) -> None:
        """Events were lost: be where the member belongs."""
        if self.room is not None and self.member is not None and self.room.holds(self.member):
            with suppress(AriError):
                await self.room.place(self.member)
            await self.room.recorder.review()

    # Ways

    async def arrive(self, room: LiveRoom, member: Member, *, fresh: bool, again: bool) -> None:
        """Be among the others, as what the member is. fresh: it has not been; again: of a new
        process, or on another phone.
        """
        await member.restore(again=again)
        if room.profile.talk_detection:
            if again:  # who talks is told anew
                await self.channel.set_variable("TALK_DETECT(remove)", "1")
            await self.channel.set_variable("TALK_DETECT(set)", TALK_SILENCE)
        await room.place(member)
        await room.recorder.review()
        if fresh:
            await announce_joined(room, member)

    async def waited(self, member: Member, limit: float) -> Departure:
        """Wait in the lobby. limit: seconds, 0 for none."""
        try:
            async with asyncio.timeout(limit or None):
                return await member.called_away("inside", "parting")
        except TimeoutError:
            return Departure("parting", "limit")

    async def go(
        self, room: LiveRoom, member: Member, departure: Departure
    ) -> Literal["lobby", "parting"]:
        """Leave the inside as told."""
        await member.hush()
        if departure.to == "parting":
            return self.part(departure.why)
        if departure.room:
            await step_out(self.asterisk, self.channel)
            await self.plugin.rooms.leave(member, departure.why)
            self.room = None
            member.begin_again(departure.room)
            return "lobby"
        await self.plugin.rooms.send_out(room, member)
        await step_out(self.asterisk, self.channel)
        await member.say(room.profile.sounds.moderator_left)
        return "lobby"

    def part(self, why: str) -> Literal["parting"]:
        """Remember why, and go."""
        self.data.why = why
        return "parting"

    async def leave(self, member: Member, why: str) -> None:
        """Leave the room. The recorded name is the room's then, or of no use any more."""
        left = await self.plugin.rooms.leave(member, why)
        spoken, self.data.spoken = self.data.spoken, ""
        if spoken and not left:
            await forget_name(self.asterisk.ari, spoken)

    # What is known

    async def found(self) -> RoomPlan:
        """What the room is like, or is to be; one that is not there any more is a plain one."""
        name = self.data.room
        live = self.room or self.plugin.rooms.live.get(name)
        if live is not None:
            return RoomPlan(name, live.profile, live.title)
        try:
            return await self.plugin.plan(name) or self.plugin.default_plan(name)
        except StoreError as error:
            log.warning("a room goes on as a plain one", room=name, error=str(error))
            return self.plugin.default_plan(name)

    def here(self, plan: RoomPlan) -> Member:
        """The member, made anew in a new process."""
        if self.member is None:
            language = plan.profile.language or None
            self.member = Member(self.channel, self.data, self.keep, language)
        return self.member

    def profile(self) -> MemberProfile:
        """The member's profile, as it is now."""
        return self.plugin.member_profile(self.data.profile)

    start = pin
    table = {
        pin: {"name": name, "lobby": lobby, "parting": parting},
        name: {"lobby": lobby},
        lobby: {"inside": inside, "parting": parting},
        inside: {
            "lobby": lobby,
            "parting": parting,
            ChannelDtmfReceived: Do(press),
            ChannelTalkingStarted: Do(talk),
            ChannelTalkingFinished: Do(quiet),
            StasisStart: Do(replaced),
            Gap: Do(look_again),
        },
    }
    on_error = Leave(prompt="sound:im-sorry", reason="failure")
