"""Every action in a call, as one table: the API, the page and the phones' own keys go through it.

Rules: an action says whether the call has to talk for it; `perform` checks that, so no way in can
forget it. Who may do it at all is checked where it is done, by the grants of who asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from attrs import frozen

from stasis import AriError, ChannelGone
from stasis_webrtc import on_call, on_party
from stasis_webrtc.order import NotPossible, Order

if TYPE_CHECKING:
    from stasis_webrtc.calls import Calls
    from stasis_webrtc.party import Party

__all__ = ["ACTIONS", "Action", "act", "perform"]

log = structlog.get_logger("stasis_webrtc")


@frozen
class Action:
    """An action. name: as the API has it. help: for people. does: what it does."""

    name: str
    help: str
    does: Callable[[Order], Awaitable[None]]


TABLE = (
    Action("hold", "the others hear music", on_party.hold),
    Action("unhold", "they talk again", on_party.unhold),
    Action("mute", "nobody hears the user", on_party.mute),
    Action("unmute", "the user is heard again", on_party.unmute),
    Action("dtmf", "the others hear digits", on_party.dtmf),
    Action("transfer", "the other side is sent elsewhere", on_call.transfer),
    Action("attend", "the other sides of two calls talk", on_call.attend),
    Action("record", "the call is recorded", on_call.record),
    Action("stop_record", "the recording ends", on_call.stop_record),
    Action("conference", "the call goes into a room", on_call.conference),
    Action("hangup", "the call is over", on_call.hangup),
)

ACTIONS: Mapping[str, Action] = {each.name: each for each in TABLE}
"""All actions by name."""


async def act(calls: Calls, user: str, id: str, action: str, **options: Any) -> None:
    """Do something in a call of a user. id: of the call as they see it. options: of the Order.

    Raises NotPossible, AriError.
    """
    if action == "hangup":
        return await calls.hang_up(user, id)
    party = calls.party(user, id)
    if party is None:
        if any(view.id == id for view in calls.views(user)):
            raise NotPossible("not_now", f"{action}: the call does not talk here now")
        raise NotPossible("no_call", f"{action}: there is no such call")
    await perform(calls, party, action, **options)


async def perform(calls: Calls, party: Party, action: str, **options: Any) -> None:
    """Do something in the call of a party.

    Raises NotPossible, also when the party or who is at the other side goes meanwhile; AriError.
    """
    found, call = ACTIONS.get(action), calls.call_of(party)
    if found is None:
        raise NotPossible("unknown", f"{action!r} is no action; known: {', '.join(ACTIONS)}")
    if call is None:
        raise NotPossible("no_call", f"{action}: the call is over")
    if not party.connected or party.data.room:
        raise NotPossible("not_now", f"{action}: the call does not talk now")
    try:
        await found.does(Order(action, calls, call, party, **options))
    except ChannelGone as error:
        raise NotPossible("no_call", f"{action}: somebody has hung up: {error}") from None
    except AriError:
        log.warning("an action failed", action=action, user=party.data.user, call=call.id)
        raise
