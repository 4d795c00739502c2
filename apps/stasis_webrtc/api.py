"""The API: what its operations have in hand, and its routes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from attrs import frozen
from msgspec import Meta

from stasis import Link
from stasis.sql import StoreError
from stasis.web import Api, Operation
from stasis_webrtc.account import Accounts
from stasis_webrtc.calls import Calls
from stasis_webrtc.feed import PhoneFeed, ToldLedger
from stasis_webrtc.operations.administration import AdministrationOperations
from stasis_webrtc.operations.calls import CallOperations
from stasis_webrtc.operations.conferences import ConferenceOperations
from stasis_webrtc.operations.lists import ListOperations
from stasis_webrtc.operations.me import MeOperations
from stasis_webrtc.operations.session import SessionOperations
from stasis_webrtc.people import People
from stasis_webrtc.phones import Phones
from stasis_webrtc.rooms import Rooms
from stasis_webrtc.session import Bearer, Sessions
from stasis_webrtc.store import Store
from stasis_webrtc.turn import Turn

__all__ = ["BASE", "Office", "api_of", "routes_of"]

BASE = "/webrtc/api/v1"

ABOUT = """A telephone in the browser: log in, get a device, call.

`POST /login` gives an access token for `Authorization: Bearer`, and a refresh token in a cookie.
`POST /device` gives the SIP endpoint of the session. `GET /events` is a WebSocket: its first
message is the token, its answers are how everything is and then each change.
"""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]

GROUPS: Sequence[Callable[[Office], Any]] = (
    SessionOperations,
    MeOperations,
    CallOperations,
    ListOperations,
    ConferenceOperations,
    AdministrationOperations,
)


@frozen
class Office:
    """What operations work with.

    turn: of ICE servers. websocket, domain: of SIP. origins: of pages elsewhere. secure: whether
    pages come over TLS, whoever ends it. asterisk: the link. now: the time.
    """

    accounts: Accounts
    sessions: Sessions
    store: Store
    phones: Phones
    people: People
    calls: Calls
    ledger: ToldLedger
    rooms: Rooms
    feed: PhoneFeed
    turn: Turn
    websocket: str
    domain: str
    origins: Collection[str]
    secure: bool
    asterisk: Callable[[], Link]
    now: Callable[[], datetime]


def operations(at: Office) -> list[Operation]:
    """The whole table."""
    return [row for group in GROUPS for row in group(at).rows()]


def api_of(at: Office, version: str) -> Api[Bearer]:
    """The API."""
    return Api(
        "Softphone",
        version=version,
        operations=operations(at),
        authenticate=at.sessions.authenticate,
        base=BASE,
        paths={
            "call": Name,
            "message": Number,
            "recording": Number,
            "room": Name,
            "user": Name,
            "session": Name,
        },
        failures={StoreError: (503, "database")},
        about=ABOUT,
    )


def routes_of(at: Office, version: str) -> list[web.RouteDef]:
    """The routes of the API and of the feed, which comes first: the API has the rest."""
    return [web.get("/api/v1/events", at.feed.join), *api_of(at, version).routes()]
