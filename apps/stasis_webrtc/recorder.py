"""The recording of a call, on demand of one of its parties.

Rules: the name is chosen once and kept with who records, so a new process goes on with it; it ends
when they leave. Asterisk ends the recording of a bridge in which nobody makes a sound; then it is
continued in the same file.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

import structlog

from stasis import AriError, Conflict, NotFound
from stasis_webrtc.call import Call
from stasis_webrtc.ledger import Ledger, Recorded, written
from stasis_webrtc.party import Party, moment
from stasis_webrtc.rules import Rules

__all__ = ["Recorder", "recording_name"]

log = structlog.get_logger("stasis_webrtc")

# How often it is looked whether Asterisk still records.
WATCH_SECONDS = 2.0


def recording_name(folder: str, user: str, moment: datetime) -> str:
    """A name that no other recording has, and that sorts by user and time. Pure but for chance."""
    return f"{folder}/{user}/{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class Recorder:
    """Records one call. by: who records; None while nobody does."""

    def __init__(
        self, call: Call, ledger: Ledger, rules: Rules, now: Callable[[], datetime]
    ) -> None:
        self.call = call
        self.by: Party | None = None
        self._ledger = ledger
        self._rules = rules
        self._now = now
        self._lock = asyncio.Lock()

    async def start(self, party: Party) -> bool:
        """Record from now on. Returns False when that is done already.

        Raises AriError. ARI: POST /bridges/{bridgeId}/record.
        """
        async with self._lock:
            if self.by is not None:
                return False
            now = self._now()
            party.data.recording = recording_name(self._rules.record_folder, party.data.user, now)
            party.data.recording_began = now.timestamp()
            await party.keep()
            self.by = party
            try:
                await self._record(party.data.recording)
            except AriError:
                self.by, party.data.recording = None, ""
                raise
            await written(self._ledger.recorded(self._row(party)))
            return True

    async def stop(self, party: Party | None = None) -> bool:
        """End it. party: only if it is this one's. Returns False when there is none.

        ARI: POST /recordings/live/{recordingName}/stop. What fails is logged.
        """
        async with self._lock:
            by = self.by
            if by is None or (party is not None and by is not party):
                return False
            name, row = by.data.recording, self._row(by, self._now())
            self.by, by.data.recording = None, ""
            try:
                await self.call.asterisk.ari.recordings.stop(name)
            except NotFound:
                pass
            except AriError as error:
                log.error("a recording may go on", recording=name, error=str(error))
            await written(self._ledger.recorded(row))
            if by.channel.gone is None:
                await by.keep()
            return True

    async def resume(self, party: Party) -> None:
        """A new process: go on with what the party's data say."""
        async with self._lock:
            if party.data.recording and self.by is None:
                self.by = party
        await self.review()

    async def watch(self) -> None:
        """As long as the call lives: go on with a recording that Asterisk has ended by itself."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self.review()

    async def review(self) -> None:
        """See to it that Asterisk records when it should. ARI: GET /recordings/live/{name}."""
        async with self._lock:
            if self.by is None:
                return
            name = self.by.data.recording
            try:
                await self.call.asterisk.ari.recordings.get_live(name)
            except NotFound:
                try:
                    await self._record(name)
                except AriError as error:
                    log.debug("the recording does not go on", recording=name, error=str(error))
            except AriError:
                pass  # after the gap it is looked for

    async def _record(self, name: str) -> None:
        bridge = await self.call.talking()
        try:
            await self.call.asterisk.ari.bridges.record(
                bridge.id, name=name, format=self._rules.format, if_exists="append"
            )
        except Conflict:
            pass  # it runs

    def _row(self, party: Party, ended: datetime | None = None) -> Recorded:
        data = party.data
        began = moment(data.recording_began) or self._now()
        return Recorded(data.user, data.recording, data.id, data.peer, began, ended)
