"""A call: a talk of two parties or more now, and where each of them is.

Rules: all who talk are in one bridge. Who is held by another, or whose other side is lost for a
moment, is where music plays. What Asterisk is asked for goes one thing at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from stasis import AriError, Bridge, ChannelGone, Link
from stasis_webrtc.party import Away, Party

if TYPE_CHECKING:
    from stasis_webrtc.recorder import Recorder

__all__ = ["Call"]

log = structlog.get_logger("stasis_webrtc")


class Call:
    """A talk.

    id: its own. asterisk, app: where it is. music: the class that who is held hears. parties: by
    their ids. away: who is lost and may come back. expected: until when somebody is on the way
    into it, by the loop's clock. recorder: what records it.
    """

    def __init__(self, id: str, asterisk: Link, app: str, music: str = "") -> None:
        self.id = id
        self.asterisk = asterisk
        self.app = app
        self.music = music
        self.parties: dict[str, Party] = {}
        self.away: dict[str, Away] = {}
        self.expected = 0.0
        self.recorder: Recorder
        self.lock = asyncio.Lock()
        self._bridges: dict[str, Bridge] = {}
        # Of an older process, that somebody was in.
        self._older: set[str] = set()

    def __repr__(self) -> str:
        return f"<Call {self.id} {len(self.parties)} parties>"

    @property
    def empty(self) -> bool:
        """Whether nobody is in it, and nobody may come back."""
        return not self.parties and not self.away

    def enter(self, party: Party) -> None:
        """A party is in it from now on. The bridge that it comes with ends with the call."""
        self.parties[party.id] = party
        self.away.pop(party.id, None)
        if party.channel.bridge_id is not None:
            self._older.add(party.channel.bridge_id)

    def others(self, id: str) -> list[Party | Away]:
        """Who is in it beside the party of this id."""
        everybody: list[Party | Away] = [*self.parties.values(), *self.away.values()]
        return [each for each in everybody if each.id != id]

    def waits(self, party: Party) -> bool:
        """Whether a party hears music: another holds it, or is lost for a moment. Pure."""
        return bool(self.away) or any(
            each.data.held for each in self.parties.values() if each is not party
        )

    @property
    def recorded(self) -> bool:
        """Whether somebody in it records it. Pure."""
        return any(each.data.recording for each in self.parties.values())

    @property
    def bridge(self) -> Bridge | None:
        """Where they hear each other; None before anybody does."""
        bridge = self._bridges.get("")
        return None if bridge is None or bridge.destroyed else bridge

    async def place(self) -> None:
        """Bring every party that talks where it belongs. One that is leaving is no error.

        Raises AriError. ARI: POST /bridges/{bridgeId}/addChannel.
        """
        async with self.lock:
            for party in list(self.parties.values()):
                if not party.connected or party.leaving:
                    continue
                bridge = await (self._holding() if self.waits(party) else self.talking())
                if party.channel.bridge_id != bridge.id:
                    with suppress(ChannelGone):
                        await bridge.add(party.channel)

    async def step_out(self, party: Party) -> None:
        """Take a party out of its bridge. ARI: POST /bridges/{bridgeId}/removeChannel."""
        async with self.lock:
            bridge_id = party.channel.bridge_id
            if bridge_id is not None:
                with suppress(AriError, ChannelGone):
                    await self.asterisk.ari.bridges.remove_channel(
                        bridge_id, channel=[party.channel.id]
                    )

    async def talking(self) -> Bridge:
        """The bridge in which they hear each other. ARI: POST /bridges/{bridgeId}."""
        self._bridges[""] = bridge = await self.asterisk.bridge(self.app, f"call {self.id}")
        return bridge

    async def _holding(self) -> Bridge:
        """Where music plays. ARI: POST /bridges/{bridgeId}, then its /moh."""
        name = f"call {self.id} music"
        self._bridges["music"] = bridge = await self.asterisk.bridge(self.app, name, "holding")
        if not bridge.channels:  # in one that was left by all, nothing is heard any more
            await bridge.start_moh(self.music or None)
        return bridge

    async def close(self) -> None:
        """It is over. What cannot be destroyed is logged.

        ARI: DELETE /bridges/{bridgeId}, and GET of those of an older process.
        """
        async with self.lock:
            for bridge in self._bridges.values():
                try:
                    await bridge.destroy()
                except AriError as error:
                    log.warning("a call's bridge is left", call=self.id, error=str(error))
            for id in self._older - {bridge.id for bridge in self._bridges.values()}:
                with suppress(AriError):  # it has gone, or others are in it
                    if not (await self.asterisk.ari.bridges.get(id)).channels:
                        await self.asterisk.ari.bridges.destroy(id)
            self._bridges.clear()
