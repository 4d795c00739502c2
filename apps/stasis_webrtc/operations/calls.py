"""The calls: what is there, and every action of the table as an operation of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from stasis.web import Asked, Operation, Problem
from stasis_webrtc import body
from stasis_webrtc.action import ACTIONS, act
from stasis_webrtc.order import NotPossible
from stasis_webrtc.session import Bearer
from stasis_webrtc.shown import call_of

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["CallOperations"]

STATUS: Mapping[str, int] = {
    "no_call": 404,
    "unknown": 404,
    "not_now": 409,
    "may_not": 403,
    "bad_number": 422,
}
"""What HTTP calls it when an action is not possible, by `NotPossible.why`."""

TAKES: Mapping[str, tuple[type, Callable[[Any], dict[str, Any]]]] = {
    "dtmf": (body.Digits, lambda given: {"digits": given.digits}),
    "transfer": (body.Transfer, lambda given: {"to": given.to}),
    "attend": (body.Attend, lambda given: {"other": given.with_}),
    "conference": (body.Conference, lambda given: {"room": given.room}),
}
"""What an action takes, and the fields of its order."""


class CallOperations:
    """What a user does with its calls."""

    def __init__(self, at: Office) -> None:
        self._at = at
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def rows(self) -> list[Operation]:
        """The operations, in the order of the table."""
        return [
            Operation("GET", "/calls", self.calls, answers=list[body.CallBody], tag="calls"),
            Operation(
                "POST",
                "/calls",
                self.call,
                body=body.Dialled,
                answers=body.CallBody,
                status=202,
                problems={403: ["may_not"], 409: ["not_now"], 422: ["bad_number"]},
                tag="calls",
            ),
            *(self._row(name) for name in ACTIONS),
        ]

    async def calls(self, asked: Asked[Bearer, None]) -> list[body.CallBody]:
        """The own calls that live"""
        return [call_of(view) for view in self._at.calls.views(asked.who.name)]

    async def call(self, asked: Asked[Bearer, body.Dialled]) -> body.CallBody:
        """Call somebody: the own device rings first, and then the other."""
        user = asked.who.name
        session = await self._at.store.session(asked.who.session.id)
        endpoint = "" if session is None else session.endpoint
        if not endpoint or not self._at.phones.registered(endpoint):
            raise Problem(409, "not_now", "the session's device is not registered")
        calls = self._at.calls
        # One after the other: those that are asked for at once count, too.
        async with self._turns.setdefault(user, asyncio.Lock()):
            if calls.count(user) >= calls.rules.limit:
                raise Problem(409, "not_now", "this user has as many calls as may be")
            try:
                id = await calls.summons.call(user, endpoint, asked.body.to, self._at.asterisk())
            except NotPossible as error:
                raise Problem(STATUS[error.why], error.why, str(error)) from None
        for view in calls.views(user):
            if view.id == id:
                return call_of(view)
        raise Problem(409, "not_now", "the call is over already")

    def _row(self, name: str) -> Operation:
        action = ACTIONS[name]
        takes = TAKES.get(name)
        return Operation(
            "POST",
            f"/calls/{{call}}/{name}",
            self._doing(name),
            body=None if takes is None else takes[0],
            problems={
                403: ["may_not"],
                404: ["no_call"],
                409: ["not_now"],
                422: ["bad_number"],
            },
            name=name,
            summary=f"{action.help[0].upper()}{action.help[1:]}",
            tag="calls",
        )

    def _doing(self, name: str) -> Callable[[Asked[Bearer, Any]], Awaitable[None]]:
        """What does it."""
        takes = TAKES.get(name)

        async def do(asked: Asked[Bearer, Any]) -> None:
            options = {} if takes is None else takes[1](asked.body)
            try:
                await act(self._at.calls, asked.who.name, asked.path["call"], name, **options)
            except NotPossible as error:
                raise Problem(STATUS[error.why], error.why, str(error)) from None

        return do
