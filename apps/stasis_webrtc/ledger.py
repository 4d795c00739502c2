"""What is written down of calls: the history of each user, messages, recordings.

The real one is the database; a test has one in memory. What cannot be written raises StasisError,
is logged by `written`, and stops no call.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

import structlog
from attrs import frozen

from stasis import StasisError
from stasis_webrtc.view import Direction, Peer, Reason

__all__ = ["Called", "Ledger", "Message", "Recorded", "written"]

log = structlog.get_logger("stasis_webrtc")


@frozen
class Called:
    """A call that is over, as one user has it in the history.

    call: its id, of which a user has one row. began, answered, ended: when; answered is None for
    one that was not. reason: as of CallView. missed: the user was called, and could not answer.
    """

    user: str
    call: str
    direction: Direction
    peer: Peer
    began: datetime
    answered: datetime | None
    ended: datetime
    reason: Reason
    missed: bool = False


@frozen
class Message:
    """A message that somebody has left for a user.

    recording: the name of what Asterisk has stored. peer: who has left it. seconds: how long it
    is; None when that is not known. heard: the user has listened to it.
    """

    user: str
    recording: str
    peer: Peer
    began: datetime
    seconds: float | None = None
    heard: bool = False


@frozen
class Recorded:
    """A recording of a call, made by a user. ended: None while it runs."""

    user: str
    recording: str
    call: str
    peer: Peer
    began: datetime
    ended: datetime | None = None


class Ledger(Protocol):
    """Where it is written down. What cannot be written raises StasisError."""

    async def called(self, row: Called) -> None:
        """A call is over for a user."""

    async def recorded(self, row: Recorded) -> None:
        """A recording runs, or is over: the same recording again, with its end."""

    async def left(self, row: Message) -> None:
        """A message was left."""

    async def messages(self, user: str) -> list[Message]:
        """The messages of a user, those that were not heard first, each kind by time."""

    async def heard(self, user: str, recording: str) -> None:
        """A user has listened to a message."""

    async def erased(self, user: str, recording: str) -> None:
        """A user wants a message no more; its recording is deleted already."""


async def written(work: Awaitable[None]) -> None:
    """Write something down. What goes wrong is logged: nobody's call waits for the database."""
    try:
        await work
    except StasisError as error:
        log.error("not written down; calls go on", error=str(error))
