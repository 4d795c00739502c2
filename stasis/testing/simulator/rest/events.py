"""ARI's events: those that a client makes, and calls that are claimed."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.rest.call import Call, Refusal, operation

__all__: list[str] = []


@operation("POST", "events/user/{event}")
def user_event(call: Call) -> None:
    """An event of a client's own, to one application."""
    machine = call.machine
    name = call.needed("application")
    app = machine.bus.applications.get(name)
    if app is None:
        raise Refusal(404, "Application not found")
    fields: dict[str, Any] = {
        "eventname": call.path["event"],
        "userevent": {"eventname": call.path["event"], **call.variables()},
    }
    for source in call.many("source"):
        kind, colon, what = source.partition(":")
        if not colon or kind not in ("channel", "bridge", "endpoint"):
            raise Refusal(400, "Invalid event source URI scheme")
        found: Any = None
        if kind == "channel":
            found = machine.channels.get(what)
        elif kind == "bridge":
            found = machine.bridges.get(what)
        else:
            found = machine.endpoint(what)
        if found is None:
            raise Refusal(422, "Event source was not found")
        fields[kind] = found.json() if kind != "endpoint" else found
    machine.bus.send(app, "ChannelUserevent", fields)


@operation("POST", "events/claim", "20.20", "22.10", "23.4")
def claim(call: Call) -> None:
    """Take a call that was offered to several applications."""
    channel_id = call.needed("channelId", "channelId parameter is required")
    app = call.needed("application", "application parameter is required")
    channel = call.machine.channels.get(channel_id)
    if channel is None or channel.offer is None:
        raise Refusal(404, "Channel not found or not in broadcast state")
    if not channel.offer.claim(app):
        raise Refusal(409, "Channel has already been claimed by another application")
