"""A live room: who is in it now, what its rules say of them, and what it tells its listeners.

Rules: the roster changes at once and without waiting, so two who come at the same moment cannot
both have the last place; what Asterisk and the store must know follows. A moderator may come into
a room that is full or locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import structlog
from attrs import evolve, field, frozen

from stasis import AriError, Bridge, ChannelGone, Link, Playback, WaitTimeout
from stasis_conference.member import Departure, Member
from stasis_conference.profile import RoomProfile
from stasis_conference.rows import LiveRow

if TYPE_CHECKING:
    from stasis_conference.ending import Ending
    from stasis_conference.recorder import Recorder

__all__ = ["Listener", "LiveRoom", "Refusal", "RoomEvent"]

log = structlog.get_logger("stasis_conference")

# So many announcements to a room may be waiting, and so long may it take to stop one.
VOICES = 32
HUSH_SECONDS = 1.0

Refusal: TypeAlias = Literal["full", "locked", "elsewhere"]
"""Why somebody may not come in: `elsewhere`, the room lives on another Asterisk."""


@frozen
class RoomEvent:
    """Something has happened in a room.

    kind: `began`, `ended`, `waiting`, `joined`, `left`, `muted`, `unmuted`, `deafened`,
    `undeafened`, `held`, `resumed`, `volume`, `talking`, `silent`, `speaker`, `locked`,
    `unlocked`, `recording`, `recording_paused`, `recorded`, `announced`, `moving`, `inviting`,
    `not_invited`, `warned`, `grace`, `refused`. member: whom it is about, as of `Member.told`.
    details: what else there is to tell, plain values.
    """

    kind: str
    room: str
    at: datetime
    member: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(factory=dict)


Listener: TypeAlias = Callable[[RoomEvent], None]
"""Hears of what happens in rooms. It must not wait."""


class LiveRoom:
    """A room somebody is in, or waits for.

    asterisk, app: where it is. live: what is kept of it. bridge: where members hear each other.
    members: who is inside, waiting: who is in the lobby, both by id and in the order they came.
    parting: who has just left, and is about to be written down.
    speaker: who began to talk last and still does, or was the last to talk. recorder, ending: what
    records it and ends it in time.
    """

    def __init__(
        self,
        name: str,
        profile: RoomProfile,
        asterisk: Link,
        app: str,
        *,
        now: Callable[[], datetime],
        listeners: Sequence[Listener] = (),
        title: str = "",
    ) -> None:
        self.name = name
        self.title = title
        self.profile = profile
        self.asterisk = asterisk
        self.app = app
        self.now = now
        self.live = LiveRow()
        self.members: dict[str, Member] = {}
        self.waiting: dict[str, Member] = {}
        self.parting: set[Member] = set()
        self.speaker: Member | None = None
        self.bridge: Bridge
        self.recorder: Recorder
        self.ending: Ending
        self._holding: Bridge | None = None
        self._voices: list[Playback] = []
        self._alone = False
        self._listeners = listeners

    def __repr__(self) -> str:
        return f"<LiveRoom {self.name} {len(self.members)} members>"

    # Who is there

    @property
    def empty(self) -> bool:
        """Whether nobody is inside, and nobody waits."""
        return not self.members and not self.waiting

    @property
    def moderators(self) -> list[Member]:
        """The moderators inside."""
        return [each for each in self.members.values() if each.moderator]

    def others(self, member: Member) -> list[Member]:
        """Who is inside beside this one."""
        return [each for each in self.members.values() if each is not member]

    def everybody(self) -> Iterator[Member]:
        """Who is inside, then who waits."""
        yield from list(self.members.values())
        yield from list(self.waiting.values())

    def find(self, member_id: str) -> Member | None:
        """The member of that id, inside or waiting."""
        return self.members.get(member_id) or self.waiting.get(member_id)

    def holds(self, member: Member) -> bool:
        """Whether this very member is inside or waits."""
        return self.find(member.id) is member

    def last(self, by: Member | None = None) -> Member | None:
        """The member who came in last, no moderator and not the one who asks; None without."""
        found = [m for m in self.members.values() if not m.moderator and m is not by]
        return found[-1] if found else None

    # What the rules say

    def refusal(self, *, moderator: bool) -> Refusal | None:
        """Why somebody may not come in now; None when they may."""
        profile = self.profile
        if self.live.locked and not moderator:
            return "locked"
        counted = profile.capacity_counts_moderators
        if not profile.capacity or (moderator and not counted):
            return None
        taken = sum(counted or not each.moderator for each in self.everybody())
        return "full" if taken >= profile.capacity else None

    def must_wait(self, member: Member) -> bool:
        """Whether the member has to wait in the lobby for a moderator."""
        return (
            self.profile.wait_for_moderator
            and not member.moderator
            and not (self.moderators or self.live.grace_until)
        )

    # Who comes and goes

    def come(self, member: Member) -> None:
        """Somebody is in the lobby, be it for a moment."""
        self.waiting[member.id] = member

    def let_in(self, member: Member) -> None:
        """From the lobby to the inside; after a restart they come back in any order."""
        self.waiting.pop(member.id, None)
        self.members[member.id] = member
        if member.data.joined:
            order = sorted(self.members.values(), key=lambda m: m.data.joined or inf)
            self.members = {each.id: each for each in order}

    def send_out(self, member: Member) -> None:
        """From the inside back to the lobby."""
        self.members.pop(member.id, None)
        self.waiting[member.id] = member

    def drop(self, member: Member) -> bool:
        """Somebody leaves. Returns whether they were inside."""
        self.waiting.pop(member.id, None)
        inside = self.members.pop(member.id, None) is not None
        self.parting.add(member)
        if self.speaker is member:
            self.speaker = None
        return inside

    def open_lobby(self) -> None:
        """A moderator is there: let in who waits."""
        for each in list(self.waiting.values()):
            each.depart(Departure("inside"))

    def clear(self, why: str, *, onward: str = "") -> None:
        """Everybody leaves. onward: where to, when it is not where their profiles say."""
        for each in self.everybody():
            if onward:
                each.data.onward = onward
            each.depart(Departure("parting", why))

    # Where they are

    async def place(self, member: Member) -> None:
        """Bring a member where it belongs: among the others, or where the music plays.

        Raises ChannelGone, AriError. ARI: POST /bridges/{bridgeId}/addChannel.
        """
        outside = member.data.held or member.id in self.waiting
        bridge = await self.holding() if outside else self.bridge
        await self.music()
        if member.channel.bridge_id != bridge.id:
            # The others need not hear its keys.
            await bridge.add(member.channel, absorb_dtmf=True)

    async def holding(self) -> Bridge:
        """Where who is held, or waits for a moderator, hears music; made at the first need.

        Raises AriError. ARI: POST /bridges/{bridgeId}, then its /moh.
        """
        name = f"conference {self.name} music"
        self._holding = bridge = await self.asterisk.bridge(self.app, name, "holding")
        if not bridge.channels:  # in one that was left by all, nothing is heard any more
            await bridge.start_moh(self.profile.music)
        return bridge

    def bridges(self) -> list[Bridge]:
        """Its bridges, to be destroyed in the end."""
        return [self.bridge, *([self._holding] if self._holding is not None else [])]

    async def music(self) -> None:
        """Let who is alone hear music, where the profile says so. What fails is logged.

        ARI: POST or DELETE /bridges/{bridgeId}/moh.
        """
        alone = self.profile.music_alone and len(self.members) == 1
        # Music is over when all have left, be it for a moment.
        silent = alone and not self.bridge.channels
        if (alone == self._alone and not silent) or self.bridge.destroyed:
            return
        self._alone = alone
        try:
            await (self.bridge.start_moh(self.profile.music) if alone else self.bridge.stop_moh())
        except AriError as error:
            log.warning("no music for who is alone", room=self.name, error=str(error))

    async def announce(self, media: Sequence[str]) -> Playback | None:
        """Play something that everybody inside hears; None when there is nothing, or it fails.

        ARI: POST /bridges/{bridgeId}/play/{playbackId}.
        """
        if not media or not self.members:
            return None
        try:
            voice = await self.bridge.play(*media, language=self.profile.language or None)
        except (AriError, ChannelGone) as error:
            log.warning("not announced", room=self.name, media=list(media), error=str(error))
            return None
        self._voices = [*self._voices[-(VOICES - 1) :], voice]
        return voice

    async def hush(self) -> None:
        """Stop what is announced: Asterisk never ends what plays to a bridge that is destroyed.

        ARI: DELETE /playbacks/{playbackId}.
        """
        voices, self._voices = self._voices, []
        for voice in voices:
            with suppress(AriError, ChannelGone, WaitTimeout):
                await voice.stop()
                await voice.finished(HUSH_SECONDS)

    # What is told

    def keep(self, **changes: Any) -> LiveRow:
        """Change what is kept of it; whoever changes it has it saved."""
        self.live = evolve(self.live, **changes)
        return self.live

    def tell(self, kind: str, member: Member | None = None, **details: Any) -> None:
        """Tell the listeners. What one raises is its own."""
        about = None if member is None else member.told()
        event = RoomEvent(kind, self.name, self.now(), about, details)
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:
                log.error("a listener has failed", kind=kind, room=self.name, exc_info=error)

    def talks(self, member: Member) -> None:
        """A member has begun to talk."""
        member.speaks()
        self.tell("talking", member)
        if self.speaker is not member and not member.data.muted:
            self.speaker = member
            self.tell("speaker", member)

    def falls_silent(self, member: Member, seconds: float | None) -> None:
        """A member has ended to talk; another who still talks is the speaker then."""
        if not member.silent(seconds):
            return
        self.tell("silent", member)
        talking = [each for each in self.members.values() if each.talking]
        if self.speaker is member and talking:
            self.speaker = talking[-1]
            self.tell("speaker", talking[-1])
