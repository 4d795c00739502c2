"""Rooms of the file, brought into the store.

Rules: what the file says of a room counts when it says something new. Until then what was changed
while running, such as a PIN, stays. A room that the file has no longer is forgotten; one that was
made by hand and is in the file now, is the file's.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import structlog
from attrs import evolve

from stasis import Secret
from stasis_conference.pin import Pins, hashed, is_hash, matches
from stasis_conference.room_file import PlannedRoom, RoomFile
from stasis_conference.rows import RoomRow

__all__ = ["bring_in"]

log = structlog.get_logger("stasis_conference")


async def bring_in(file: RoomFile, pins: Pins, at: datetime) -> None:
    """Have the store know the rooms of the file. Calls of it are made one after the other.

    Raises StoreError: some rooms may be as they were, and a second call goes on.
    """
    store = pins.store
    kept = {row.name: row for row in await store.rooms()}
    for name, planned in file.rooms.items():
        row = await asyncio.to_thread(renewed, name, planned, kept.get(name), at)
        if row is not None:
            log.info("a room of the file", room=name)
            await store.save_room(row)
    for name, row in kept.items():
        if row.static and name not in file.rooms:
            log.info("a room is in the file no longer", room=name)
            await store.delete_room(name)


def renewed(name: str, planned: PlannedRoom, kept: RoomRow | None, at: datetime) -> RoomRow | None:
    """A room as the file has it; None when the file says nothing new. Takes 20 ms and more."""
    said = [
        planned.title,
        planned.profile,
        *map(Secret.reveal, (planned.member_pin, planned.moderator_pin)),
    ]
    text = json.dumps(said)
    if kept is not None and kept.static and matches(kept.origin, text):
        return None
    row = kept or RoomRow(name, at, at)
    return evolve(
        row,
        title=planned.title,
        profile=planned.profile,
        member_pin=as_hash(planned.member_pin),
        moderator_pin=as_hash(planned.moderator_pin),
        changed=at,
        static=True,
        origin=hashed(text),
    )


def as_hash(pin: Secret) -> str:
    """A PIN of the file, which may be a hash already; an empty one stays empty."""
    text = pin.reveal()
    return hashed(text) if text and not is_hash(text) else text
