"""ARI's device states: looked at, and those of clients set and forgotten."""

from __future__ import annotations

from stasis.testing.simulator.devices import OURS, STATES
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []


@operation("GET", "deviceStates")
def list_(call: Call) -> Answer:
    """All that clients have set."""
    devices = call.machine.devices
    return Answer(200, [devices.json(name) for name in devices.set])


@operation("GET", "deviceStates/{device}")
def get(call: Call) -> Answer:
    """One, whoever set it."""
    return Answer(200, call.machine.devices.json(call.path["device"]))


def ours(call: Call) -> str:
    """The name of a device that clients may set. Raises Refusal."""
    name = call.path["device"]
    if not name.startswith(OURS):
        raise Refusal(409, "Uncontrolled device specified")
    return name


@operation("PUT", "deviceStates/{device}")
def set_(call: Call) -> None:
    """Set one. What it is already is not told again."""
    devices, name = call.machine.devices, ours(call)
    state = call.text("deviceState").upper()
    if state not in STATES:
        raise Refusal(500, "Unknown device")
    changed = devices.set.get(name) != state
    devices.set[name] = state
    if changed:
        devices.tell(name)


@operation("DELETE", "deviceStates/{device}")
def delete(call: Call) -> None:
    """Forget one. One that is not there is fine. 16 tells of it each time, 22 never."""
    devices, name = call.machine.devices, ours(call)
    devices.set.pop(name, None)
    if call.machine.version.major < 20:
        devices.tell(name)
