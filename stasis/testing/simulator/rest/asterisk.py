"""ARI's asterisk: what the server is, and its global variables."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.machine import ASTERISK_ID
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []


@operation("GET", "asterisk/info")
def info(call: Call) -> Answer:
    """What it was built on, its version, its settings and its age."""
    machine = call.machine
    found: dict[str, Any] = {
        "build": {
            "os": "Linux",
            "kernel": "simulated",
            "machine": "simulated",
            "options": "",
            "date": "2026-01-01 00:00:00 UTC",
            "user": "stasis",
        },
        "system": {"version": str(machine.version), "entity_id": ASTERISK_ID},
        "config": {"name": "", "default_language": "en", "setid": {"user": "", "group": ""}},
        "status": {"startup_time": machine.started, "last_reload_time": machine.started},
    }
    # What it does not know of in the list is passed over.
    only = call.many("only") or list(found)
    return Answer(200, {name: part for name, part in found.items() if name in only})


@operation("GET", "asterisk/ping", "16.2", "17.0")
def ping(call: Call) -> Answer:
    """Whether it is there."""
    stamp = call.machine.stamp()
    return Answer(200, {"ping": "pong", "timestamp": stamp, "asterisk_id": ASTERISK_ID})


def variable_of(call: Call) -> str:
    """The name of the variable. Raises Refusal."""
    name = call.text("variable")
    if not name:
        raise Refusal(400, "Variable name is required")
    return name


@operation("GET", "asterisk/variable")
def get(call: Call) -> Answer:
    """A global variable; one that is not set is empty."""
    name = variable_of(call)
    if name == "EPOCH":
        return Answer(200, {"value": f"{call.machine.now.timestamp():.0f}"})
    return Answer(200, {"value": call.machine.variables.get(name, "")})


@operation("POST", "asterisk/variable")
def set_(call: Call) -> None:
    """Set a global variable. One that looks like a function is taken and not kept."""
    name, value = variable_of(call), call.text("value")
    if name.endswith(")"):
        return
    call.machine.variables[name] = value
    call.machine.bus.publish("ChannelVarset", {"variable": name, "value": value}, "channel:")
