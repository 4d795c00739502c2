"""Contacts, history, messages and recordings of a user: its own alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from stasis import NotFound
from stasis.web import Asked, Operation, Problem
from stasis_webrtc import body
from stasis_webrtc.rows import RecordingRow
from stasis_webrtc.session import Bearer
from stasis_webrtc.shown import entry_of, message_of, recording_of

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["ListOperations"]

WAV = "audio/wav"
# Sounds that are fetched at the same time.
AT_ONCE = 4


class ListOperations:
    """What a user looks at."""

    def __init__(self, at: Office) -> None:
        self._at = at
        self._turns = asyncio.Semaphore(AT_ONCE)

    def rows(self) -> list[Operation]:
        """The operations."""
        return [
            Operation("GET", "/contacts", self.contacts, answers=list[body.Contact], tag="lists"),
            Operation(
                "GET",
                "/history",
                self.history,
                query=body.HistoryQuery,
                answers=list[body.Entry],
                tag="lists",
            ),
            Operation("DELETE", "/history/missed", self.seen, tag="lists"),
            Operation("GET", "/messages", self.messages, answers=list[body.Message], tag="lists"),
            Operation(
                "GET",
                "/messages/{message}/audio",
                self.message,
                answers=WAV,
                problems={404: ["no_message"]},
                tag="lists",
            ),
            Operation(
                "DELETE",
                "/messages/{message}",
                self.erase_message,
                problems={404: ["no_message"]},
                tag="lists",
            ),
            Operation(
                "GET",
                "/recordings",
                self.recordings,
                answers=list[body.RecordingBody],
                tag="lists",
            ),
            Operation(
                "GET",
                "/recordings/{recording}/audio",
                self.recording,
                answers=WAV,
                problems={404: ["no_recording"]},
                tag="lists",
            ),
            Operation(
                "DELETE",
                "/recordings/{recording}",
                self.erase_recording,
                problems={404: ["no_recording"]},
                tag="lists",
            ),
        ]

    async def contacts(self, asked: Asked[Bearer, None]) -> list[body.Contact]:
        """The other users, and whether they are there"""
        return await self._at.feed.contacts.of(asked.who.name)

    async def history(self, asked: Asked[Bearer, None]) -> list[body.Entry]:
        """The own calls, the latest first"""
        query: body.HistoryQuery = asked.query
        rows = await self._at.store.history.calls(
            asked.who.name, missed=query.missed, before=query.before, limit=query.limit
        )
        return [entry_of(row) for row in rows]

    async def seen(self, asked: Asked[Bearer, None]) -> None:
        """Say that the missed calls are seen"""
        await self._at.store.history.seen(asked.who.name)
        await self._at.feed.missed(asked.who.name)

    async def messages(self, asked: Asked[Bearer, None]) -> list[body.Message]:
        """The messages that others have left, the latest first"""
        rows = await self._at.store.history.kept_messages(asked.who.name)
        return [message_of(row) for row in rows]

    async def message(self, asked: Asked[Bearer, None]) -> web.StreamResponse:
        """The sound of a message, which is heard by this"""
        user = asked.who.name
        row = await self._at.store.history.kept_message(user, asked.path["message"])
        if row is None:
            raise Problem(404, "no_message", "there is no such message")
        sound = await self._sound(row.recording, "no_message")
        if not row.heard:
            await self._at.ledger.heard(user, row.recording)
        return sound

    async def erase_message(self, asked: Asked[Bearer, None]) -> None:
        """Delete a message"""
        user = asked.who.name
        row = await self._at.store.history.kept_message(user, asked.path["message"])
        if row is None:
            raise Problem(404, "no_message", "there is no such message")
        await self._delete(row.recording)
        await self._at.ledger.erased(user, row.recording)

    async def recordings(self, asked: Asked[Bearer, None]) -> list[body.RecordingBody]:
        """The calls that were recorded, the latest first"""
        rows = await self._at.store.history.recordings(asked.who.name)
        return [recording_of(row) for row in rows]

    async def recording(self, asked: Asked[Bearer, None]) -> web.StreamResponse:
        """The sound of a recorded call"""
        row = await self._recorded(asked)
        return await self._sound(row.recording, "no_recording")

    async def erase_recording(self, asked: Asked[Bearer, None]) -> None:
        """Delete a recorded call"""
        user = asked.who.name
        row = await self._recorded(asked)
        await self._delete(row.recording)
        await self._at.store.history.erase_recording(user, row.id)
        self._at.feed.recording(user)

    async def _recorded(self, asked: Asked[Bearer, None]) -> RecordingRow:
        """The recording of a path, which is over. Raises Problem."""
        row = await self._at.store.history.recording(asked.who.name, asked.path["recording"])
        if row is None or row.ended is None:
            raise Problem(404, "no_recording", "there is no such recording")
        return row

    async def _sound(self, name: str, code: str) -> web.Response:
        """A stored recording. Raises Problem. ARI: GET /recordings/stored/{recordingName}/file."""
        try:
            # Each is wholly in memory for a moment.
            async with self._turns:
                sound: Any = await self._at.asterisk().ari.recordings.get_stored_file(name)
        except NotFound:
            raise Problem(404, code, "its sound is not there any more") from None
        return web.Response(body=sound, content_type=WAV)

    async def _delete(self, name: str) -> None:
        """Delete a stored recording. ARI: DELETE /recordings/stored/{recordingName}."""
        try:
            await self._at.asterisk().ari.recordings.delete_stored(name)
        except NotFound:
            return
