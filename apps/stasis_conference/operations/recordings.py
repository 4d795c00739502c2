"""Recordings of rooms: listed, heard, deleted. The sound itself is on Asterisk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from stasis import NotFound
from stasis.web import Asked, Operation, Problem
from stasis_conference.archive import Sound
from stasis_conference.body import Recording, RecordingsQuery
from stasis_conference.grant import Grant
from stasis_conference.operations.access import names_of, nothing
from stasis_conference.operations.history import recording_of

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["Recordings", "file_name"]

READ, DELETE = "recordings:read", "recordings:delete"

TYPES: Mapping[str, str] = {
    "wav": "audio/wav",
    "wav16": "audio/wav",
    "WAV": "audio/wav",
    "wav49": "audio/wav",
    "gsm": "audio/gsm",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "ulaw": "audio/basic",
    "g722": "audio/G722",
}
"""Types of sound by Asterisk's formats."""

# Sounds that are read at the same time: each is in memory as a whole.
AT_ONCE = 2


class Recordings:
    """The operations on recordings."""

    def __init__(self, at: Conferences) -> None:
        self._at = at
        self._turns = asyncio.Semaphore(AT_ONCE)

    def rows(self) -> list[Operation]:
        """The operations."""
        missing = ["no_recording"]
        return [
            Operation(
                "GET",
                "/recordings",
                self.list_recordings,
                READ,
                query=RecordingsQuery,
                answers=list[Recording],
                problems={403: ["other_room"]},
            ),
            Operation(
                "GET",
                "/recordings/{recording}",
                self.get_recording,
                READ,
                answers=Recording,
                problems={404: missing},
            ),
            Operation(
                "GET",
                "/recordings/{recording}/sound",
                self.get_sound,
                READ,
                answers="audio/*",
                problems={404: [*missing, "no_sound"], 409: ["running"]},
            ),
            Operation(
                "DELETE",
                "/recordings/{recording}",
                self.delete_recording,
                DELETE,
                problems={404: missing, 409: ["running"]},
            ),
        ]

    async def list_recordings(self, asked: Asked[Grant, None]) -> list[Recording]:
        """List recordings, the latest first."""
        query: RecordingsQuery = asked.query
        found = await self._at.store.archive.sounds(
            names_of(asked.who, query.room, "list_recordings"),
            session=query.session,
            before=query.before,
            limit=query.limit,
        )
        return [recording_of(each) for each in found if asked.who.opens(each.room)]

    async def get_recording(self, asked: Asked[Grant, None]) -> Recording:
        """Get what is known of a recording."""
        return recording_of(await self._found(asked))

    async def get_sound(self, asked: Asked[Grant, None]) -> web.StreamResponse:
        """Get the sound of a recording that is over."""
        name = self._over(await self._found(asked)).row.name
        async with self._turns:
            for link in self._at.servers():
                stored = link.ari.recordings
                try:
                    kind = (await stored.get_stored(name)).format
                    sound = await stored.get_stored_file(name)
                except NotFound:
                    continue
                shown = file_name(name, kind)
                return web.Response(
                    body=sound,
                    content_type=TYPES.get(kind, "application/octet-stream"),
                    headers={"Content-Disposition": f'attachment; filename="{shown}"'},
                )
        raise Problem(404, "no_sound", "no Asterisk has the sound of this recording any more")

    async def delete_recording(self, asked: Asked[Grant, None]) -> None:
        """Delete a recording that is over, and its sound."""
        sound = self._over(await self._found(asked))
        for link in self._at.servers():
            try:
                await link.ari.recordings.delete_stored(sound.row.name)
            except NotFound:
                continue
        await self._at.store.archive.forget_sound(sound.row.id)

    async def _found(self, asked: Asked[Grant, None]) -> Sound:
        sound = await self._at.store.archive.sound(asked.path["recording"])
        if sound is None or not asked.who.opens(sound.room):
            raise nothing(asked.who, "no_recording", "recording")
        return sound

    @staticmethod
    def _over(sound: Sound) -> Sound:
        if sound.row.ended is None:
            raise Problem(409, "running", "this recording still runs: stop it first")
        return sound


def file_name(name: str, kind: str) -> str:
    """What a recording is called when it is saved: its room and its time. Pure."""
    text = "-".join(name.split("/")[-2:])
    return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{text}.{kind}" if kind else text)
