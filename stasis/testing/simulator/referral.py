"""A transfer that is left to the application: `PJSIP_TRANSFER_HANDLING()` is `ari-only`.

Rules: Asterisk does nothing itself. The application hears of it by ChannelTransfer, acts, and says
by `transfer_progress` how it goes. That is what the phone is told, and what is heard again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from stasis.testing.simulator.channel import Channel

__all__ = ["STATES", "Referral"]

# What an application can say of it: what the phone is told, and what the application then hears.
STATES = {
    "channel_progress": (100, "channel_progress"),
    "channel_answered": (200, "channel_answered"),
    "channel_unavailable": (503, "channel_declined"),
    "channel_declined": (603, "channel_declined"),
}


class Referral:
    """One of them. channel: who transfers. exten: where to, or other: which call.

    outcome: done with the SIP status that the phone is told in the end.
    """

    def __init__(self, channel: Channel, exten: str = "", other: Channel | None = None) -> None:
        self.channel = channel
        self.outcome: asyncio.Future[int] = channel.machine.loop.create_future()
        self._exten = exten
        self._other = other
        channel.referral = self
        self._tell()

    def say(self, state: str) -> None:
        """The application says how it goes. state: one of STATES."""
        if self.outcome.done():
            return
        status, told = STATES[state]
        self._tell(state=told)
        if status >= 200:
            self.outcome.set_result(status)

    def _tell(self, **fields: str) -> None:
        channel, other = self.channel, self._other
        wanted: dict[str, Any] = {"destination": self._exten}
        refer_to: dict[str, Any] = {"requested_destination": wanted}
        if other is not None:
            wanted["protocol_id"] = other.protocol_id
            wanted["additional_protocol_params"] = [
                {"parameter_name": name, "parameter_value": f"{name}-{other.id}"}
                for name in ("from", "to")
            ]
            refer_to |= {"destination_channel": other.json(), **company(other)}
        referred_by = {"source_channel": channel.json(), **company(channel)}
        told = {"refer_to": refer_to, "referred_by": referred_by, **fields}
        channel.machine.bus.publish("ChannelTransfer", told, channel.topic)


def company(channel: Channel) -> dict[str, Any]:
    """Whom a channel talks with, and where."""
    bridge = channel.bridge
    if bridge is None:
        return {}
    others = [each for each in bridge.members if each is not channel]
    alone = {"connected_channel": others[0].json()} if len(others) == 1 else {}
    return {"bridge": bridge.json(), **alone}
