"""What is told of calls: every change, from the point of view of each user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from stasis_webrtc.call import Call
from stasis_webrtc.party import Party
from stasis_webrtc.view import CallView, Listener
from stasis_webrtc.views import of_away, of_party, of_ring

if TYPE_CHECKING:
    from stasis_webrtc.calls import Calls

__all__ = ["Notices"]

log = structlog.get_logger("stasis_webrtc")


class Notices:
    """Tells listeners. calls: of which. listeners: hear of every change; they must not wait."""

    def __init__(self, calls: Calls, listeners: Sequence[Listener] = ()) -> None:
        self.listeners = listeners
        self._calls = calls

    def views(self, user: str) -> list[CallView]:
        """The calls of a user now, the oldest first."""
        calls, now = self._calls, self._calls.now()
        found = [of_ring(party, ring, now) for party, ring in calls.ringing(user)]
        for call in calls.live.values():
            found += [of_party(call, p, now) for p in call.parties.values() if p.data.user == user]
            found += [of_away(call, a, now) for a in call.away.values() if a.user == user]
        found += [each for each in calls.guests.views() if each.user == user]
        found += [each for each in calls.summons.views() if each.user == user]
        return sorted(found, key=lambda view: view.began)

    def tell(self, view: CallView) -> None:
        """Tell of a call. What a listener raises is its own."""
        for listener in self.listeners:
            try:
                listener(view)
            except Exception as error:
                log.error("a listener has failed", call=view.id, exc_info=error)

    def tell_party(self, party: Party) -> None:
        """Tell how a party's call is now."""
        call = self._calls.call_of(party)
        if call is not None and party.data.user:
            self.tell(of_party(call, party, self._calls.now()))

    def tell_call(self, call: Call) -> None:
        """Tell how a call is now, to each who is in it."""
        for party in call.parties.values():
            self.tell_party(party)
        for away in call.away.values():
            self.tell(of_away(call, away, self._calls.now()))
