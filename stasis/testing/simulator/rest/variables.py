"""ARI's variables of channels and bridges."""

from __future__ import annotations

from stasis.testing.simulator.bridge import Bridge
from stasis.testing.simulator.channel import Channel, HungUp
from stasis.testing.simulator.functions import Dangerous, Missing, read, write
from stasis.testing.simulator.rest.bridges import bridge_of
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of
from stasis.testing.simulator.utf8 import is_utf8

__all__: list[str] = []

LATE = ("20.20", "22.10", "23.4")
NAMELESS = "Variable name is required"
WRONG_VALUE = (
    "Each value in 'variables' must be a string or an object with 'value' and optional"
    " 'report_events'"
)


@operation("GET", "channels/{channel}/variable")
def get(call: Call) -> Answer:
    """One variable of a channel."""
    name = call.needed("variable", NAMELESS)
    channel = channel_of(call, "Provided channel was not found")
    return Answer(200, {"value": value_of(channel, name)})


def value_of(channel: Channel, name: str) -> str:
    """A variable's value. Raises Refusal."""
    try:
        value = read(channel, name)
    except Missing:
        raise Refusal(404, "Provided variable was not found") from None
    except Dangerous:
        raise Refusal(500, "Unable to read provided function") from None
    if not is_utf8(value):
        raise Refusal(500, "Allocation failed", "error")
    return value


@operation("POST", "channels/{channel}/variable")
async def set_(call: Call) -> None:
    """Set one variable of a channel."""
    name = call.needed("variable", NAMELESS)
    value = call.text("value") if call.has("value") else None
    reported = [name] if call.truth("report_events") else []
    await assign(channel_of(call), {name: value}, reported)


async def assign(channel: Channel, values: dict[str, str | None], reported: list[str]) -> None:
    """Set variables in the channel's turn; None removes one. Waits for it since 20.20 and 22.10.

    reported: those that every event carries from now on.

    Raises Refusal.
    """

    async def work() -> None:
        if channel.machine.has(*LATE):
            channel.reported |= dict.fromkeys(reported)
        for name, value in values.items():
            if value is None and "(" not in name:
                channel.unset_variable(name)
            else:
                write(channel, name, value or "")

    control = channel.control
    try:
        if control is None:
            raise Refusal(409, "Channel not in Stasis application")
        done = control.queue(work)
        if channel.machine.has(*LATE):
            await done
    except HungUp:
        raise Refusal(404, "Channel not found") from None
    except Dangerous:
        raise Refusal(400, "Unable to set provided variable") from None


@operation("GET", "channels/{channel}/variables", *LATE)
def get_many(call: Call) -> Answer:
    """Several variables of a channel."""
    channel = channel_of(call)
    names = call.many("variables")
    if not names:
        raise Refusal(400, "At least one variable name is required")
    return Answer(200, {"variables": {name: value_of(channel, name) for name in names}})


@operation("POST", "channels/{channel}/variables", *LATE)
async def set_many(call: Call) -> None:
    """Set several variables of a channel."""
    values = given(call)
    told = call.body["variables"].items()
    reported = [name for name, each in told if isinstance(each, dict) and each.get("report_events")]
    await assign(channel_of(call), {**values}, reported)


def given(call: Call) -> dict[str, str]:
    """The variables to set: as text, or as an object with `value`. Raises Refusal."""
    found = call.body.get("variables")
    if not isinstance(found, dict):
        raise Refusal(400, "The 'variables' field is required")
    for value in found.values():
        if not isinstance(value.get("value") if isinstance(value, dict) else value, str):
            raise Refusal(400, WRONG_VALUE)
    return {
        name: value["value"] if isinstance(value, dict) else value for name, value in found.items()
    }


@operation("GET", "bridges/{bridge}/variable", *LATE)
def get_of_bridge(call: Call) -> Answer:
    """One variable of a bridge."""
    name = call.needed("variable", NAMELESS)
    return Answer(200, {"value": value_in(bridge_of(call), name)})


def value_in(bridge: Bridge, name: str) -> str:
    """A bridge's variable. Raises Refusal (404)."""
    if name not in bridge.variables:
        raise Refusal(404, "Provided variable was not found")
    return bridge.variables[name]


@operation("POST", "bridges/{bridge}/variable", *LATE)
def set_of_bridge(call: Call) -> None:
    """Set one variable of a bridge; without a value it is removed."""
    bridge, name = bridge_of(call), call.needed("variable", NAMELESS)
    if call.has("value"):
        bridge.set_variable(name, call.text("value"), reported=call.truth("report_events"))
    else:
        bridge.unset_variable(name)


@operation("GET", "bridges/{bridge}/variables", *LATE)
def get_many_of_bridge(call: Call) -> Answer:
    """Several variables of a bridge."""
    bridge, names = bridge_of(call, "Provided bridge was not found"), call.many("variables")
    if not names:
        raise Refusal(400, "At least one variable name is required")
    return Answer(200, {"variables": {name: value_in(bridge, name) for name in names}})


@operation("POST", "bridges/{bridge}/variables", *LATE)
def set_many_of_bridge(call: Call) -> None:
    """Set several variables of a bridge."""
    bridge = bridge_of(call, "Provided bridge was not found")
    given(call)
    for name, value in call.body["variables"].items():
        if isinstance(value, dict):
            reported = value.get("report_events") is True
            bridge.set_variable(name, value["value"], reported=reported)
        else:
            bridge.set_variable(name, value)
