"""ARI's device states: those that clients set, and those of phones."""

from __future__ import annotations

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__ = ["state_of"]

OURS = "Stasis:"
# Those that can be set.
STATES = (
    *("NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE"),
    *("RINGING", "RINGINUSE", "ONHOLD"),
)


def state_of(machine: Machine, name: str) -> str:
    """The state of a device: set by a client, or that of a phone as its calls are."""
    if name.startswith((OURS, "Custom:")):
        return machine.device_states.get(name, "UNKNOWN")
    endpoint = machine.endpoint(name)
    if endpoint is None:
        return "INVALID"
    states = {machine.channels[each].state for each in endpoint["channel_ids"]}
    if endpoint["state"] == "offline":
        return "UNAVAILABLE"
    if "Ringing" in states:
        return "RINGINUSE" if "Up" in states else "RINGING"
    return "INUSE" if states - {"Down"} else "NOT_INUSE"


def told(machine: Machine, name: str) -> dict[str, str]:
    """A device, as ARI's model DeviceState."""
    return {"name": name, "state": state_of(machine, name)}


@operation("GET", "deviceStates")
def list_(call: Call) -> Answer:
    """All that clients have set."""
    return Answer(200, [told(call.machine, name) for name in call.machine.device_states])


@operation("GET", "deviceStates/{device}")
def get(call: Call) -> Answer:
    """One, whoever set it."""
    return Answer(200, told(call.machine, call.path["device"]))


def ours(call: Call) -> str:
    """The name of a device that clients may set. Raises Refusal."""
    name = call.path["device"]
    if not name.startswith(OURS):
        raise Refusal(409, "Uncontrolled device specified")
    return name


@operation("PUT", "deviceStates/{device}")
def set_(call: Call) -> None:
    """Set one."""
    machine, name = call.machine, ours(call)
    state = call.text("deviceState").upper()
    if state not in STATES:
        raise Refusal(500, "Unknown device")
    changed = machine.device_states.get(name) != state
    machine.device_states[name] = state
    if changed:
        tell(machine, name)


@operation("DELETE", "deviceStates/{device}")
def delete(call: Call) -> None:
    """Forget one. One that is not there is fine. 16 tells of it each time, 22 never."""
    machine, name = call.machine, ours(call)
    machine.device_states.pop(name, None)
    if machine.version.major < 20:
        tell(machine, name)


def tell(machine: Machine, name: str) -> None:
    """Tell of a device's state."""
    machine.bus.publish(
        "DeviceStateChanged", {"device_state": told(machine, name)}, f"deviceState:{name}"
    )
