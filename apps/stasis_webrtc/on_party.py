"""What actions do to the party that asks: each by a function of the same name."""

from __future__ import annotations

from contextlib import suppress

from stasis import AriError, ChannelGone
from stasis_webrtc.order import NotPossible, Order
from stasis_webrtc.party import Party

__all__ = ["dtmf", "hold", "mute", "unhold", "unmute"]

MOST_DIGITS = 32
DIGITS = frozenset("0123456789*#ABCD")


async def hold(order: Order) -> None:
    """The others hear music."""
    await held(order, True)


async def unhold(order: Order) -> None:
    """They talk again, unless another holds."""
    await held(order, False)


async def held(order: Order, held: bool) -> None:
    """The one or the other; done twice it is done once."""
    party, call = order.party, order.call
    if party.data.held == held:
        return
    party.data.held = held
    await party.keep()
    await call.place()
    order.calls.notices.tell_call(call)


async def mute(order: Order) -> None:
    """Nobody hears the party any more."""
    await order.party.mute(True)
    order.calls.notices.tell_party(order.party)


async def unmute(order: Order) -> None:
    """It is heard again."""
    await order.party.mute(False)
    order.calls.notices.tell_party(order.party)


async def dtmf(order: Order) -> None:
    """The others hear digits. Raises NotPossible for what is no digit."""
    digits = order.digits.upper()
    if not 0 < len(digits) <= MOST_DIGITS or not DIGITS.issuperset(digits):
        raise NotPossible("bad_number", f"dtmf: {order.digits!r} are no digits")
    for other in order.call.others(order.party.id):
        if isinstance(other, Party):
            with suppress(AriError, ChannelGone):
                await other.channel.send_dtmf(digits)
