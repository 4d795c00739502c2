"""ARI's log channels: listed, added, removed and rotated."""

from __future__ import annotations

from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []

MISSING = "Log channel does not exist"


@operation("GET", "asterisk/logging")
def list_(call: Call) -> Answer:
    """All."""
    return Answer(200, call.machine.log_channels.json())


@operation("POST", "asterisk/logging/{name}")
def add(call: Call) -> None:
    """Add one."""
    configuration = call.text("configuration")
    if not configuration:
        raise Refusal(400, "Configuration levels are required")
    if not call.machine.log_channels.add(call.path["name"], configuration):
        raise Refusal(409, "Log channel already exists")


@operation("DELETE", "asterisk/logging/{name}")
def remove(call: Call) -> None:
    """Remove one that was added."""
    if not call.machine.log_channels.remove(call.path["name"]):
        raise Refusal(404, MISSING)


@operation("PUT", "asterisk/logging/{name}/rotate")
def rotate(call: Call) -> None:
    """Begin a new file."""
    if not call.machine.log_channels.rotate(call.path["name"]):
        raise Refusal(404, MISSING)
