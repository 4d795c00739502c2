"""Past conferences: when they were, who was in them, and why each left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stasis.web import Asked, Operation
from stasis_conference.archive import Sound
from stasis_conference.body import (
    HistoryQuery,
    MemberStay,
    Recording,
    Session,
    SessionSummary,
    as_is,
)
from stasis_conference.grant import Grant
from stasis_conference.operations.access import names_of, nothing

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["History", "recording_of"]

READ = "history:read"


class History:
    """The operations on what has been."""

    def __init__(self, at: Conferences) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        return [
            Operation(
                "GET",
                "/history",
                self.list_history,
                READ,
                query=HistoryQuery,
                answers=list[SessionSummary],
                problems={403: ["other_room"]},
            ),
            Operation(
                "GET",
                "/history/{session}",
                self.get_session,
                READ,
                answers=Session,
                problems={404: ["no_session"]},
            ),
        ]

    async def list_history(self, asked: Asked[Grant, None]) -> list[SessionSummary]:
        """List conferences, the latest first, those that are on as well."""
        query: HistoryQuery = asked.query
        found = await self._at.store.archive.conferences(
            names_of(asked.who, query.room, "list_history"),
            since=query.since,
            until=query.until,
            before=query.before,
            limit=query.limit,
        )
        return [as_is(row, SessionSummary) for row in found if asked.who.opens(row.room)]

    async def get_session(self, asked: Asked[Grant, None]) -> Session:
        """Get a conference with who was in it, and its recordings."""
        archive, id = self._at.store.archive, asked.path["session"]
        row = await archive.conference(id)
        if row is None or not asked.who.opens(row.room):
            raise nothing(asked.who, "no_session", "session")
        stays = await archive.stays(id)
        sounds = await archive.sounds((row.room,), session=id, limit=500)
        session: Session = as_is(
            row,
            Session,
            stays=[as_is(each, MemberStay) for each in stays],
            recordings=[recording_of(each) for each in sounds],
        )
        return session


def recording_of(sound: Sound) -> Recording:
    """A recording for those who may see it."""
    found: Recording = as_is(sound.row, Recording, room=sound.room)
    return found
