"""Device states: those that clients set, and those of channels, which follow their calls.

Rules, as Asterisk has them: a change is told a moment after what caused it. The state of a
phone is told when it is another; that of a Local channel each time, since Asterisk keeps none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stasis.testing.simulator.machine import Machine

__all__ = ["OURS", "STATES", "Devices"]

OURS = "Stasis:"
# Those that clients can set.
STATES = (
    *("NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE"),
    *("RINGING", "RINGINUSE", "ONHOLD"),
)
LOCAL = "Local/"


def device_of(channel: str) -> str:
    """The device of a channel by its name: `PJSIP/alice` of `PJSIP/alice-00000001`."""
    return channel.rpartition("-")[0]


class Devices:
    """The devices of a server. machine: it. set: what clients have set, by name."""

    def __init__(self, machine: Machine) -> None:
        self.set: dict[str, str] = {}
        self._machine = machine
        self._told: dict[str, str] = {}

    def json(self, name: str) -> dict[str, str]:
        """A device, as ARI's model DeviceState."""
        return {"name": name, "state": self.state(name)}

    def state(self, name: str) -> str:
        """The state of a device: set by a client, or as its calls are."""
        if name.startswith((OURS, "Custom:")):
            return self.set.get(name, "UNKNOWN")
        channels = [c for c in self._machine.channels.values() if device_of(c.name) == name]
        if name.startswith(LOCAL):
            if channels:
                return "INUSE"
            exten, _, context = name.removeprefix(LOCAL).partition("@")
            exists = self._machine.plan.exists(context or "default", exten, 1)
            return "NOT_INUSE" if exists else "INVALID"
        endpoint = self._machine.endpoint(name)
        if endpoint is None:
            return "INVALID"
        states = {c.state for c in channels}
        if endpoint["state"] == "offline":
            return "UNAVAILABLE"
        if "Ringing" in states:
            return "RINGINUSE" if "Up" in states else "RINGING"
        if any(c.held for c in channels):
            return "ONHOLD"
        return "INUSE" if states - {"Down"} else "NOT_INUSE"

    def follow(self, channel: str) -> None:
        """A channel of this name has another state, or is gone."""
        self._machine.later(0.0, lambda: self._look(device_of(channel)))

    def _look(self, name: str) -> None:
        if self._machine.endpoint(name) is None and not name.startswith(LOCAL):
            return
        state = self.state(name)
        if name.startswith(LOCAL) or self._told.get(name, "NOT_INUSE") != state:
            self._told[name] = state
            self.tell(name)

    def tell(self, name: str) -> None:
        """Tell of a device's state."""
        self._machine.bus.publish(
            "DeviceStateChanged", {"device_state": self.json(name)}, f"deviceState:{name}"
        )
