"""ARI's applications: what they hear of, and what they do not want to hear."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.bus import ALL, Application
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__ = ["application_of"]


def application_of(call: Call) -> Application:
    """The application that the path names. Raises Refusal (404)."""
    app = call.machine.bus.applications.get(call.path["app"])
    if app is None:
        raise Refusal(404, "Application not found")
    return app


@operation("GET", "applications")
def list_(call: Call) -> Answer:
    """All that are known."""
    return Answer(200, [app.json() for app in call.machine.bus.applications.values()])


@operation("GET", "applications/{app}")
def get(call: Call) -> Answer:
    """One."""
    return Answer(200, application_of(call).json())


def topics(call: Call) -> list[str]:
    """What is named. Raises Refusal (400)."""
    sources = call.many("eventSource")
    if not sources:
        raise Refusal(400, "Missing parameter eventSource")
    for source in sources:
        kind, colon, _ = source.partition(":")
        if not colon or f"{kind}:" not in ALL:
            raise Refusal(400, "Invalid event source URI scheme")
    return sources


def exists(call: Call, topic: str) -> bool:
    """Whether there is what a topic is about; a device need not be there."""
    machine = call.machine
    kind, _, name = topic.partition(":")
    if not name or kind == "deviceState":
        return True
    known: dict[str, Any] = {"channel": machine.channels, "bridge": machine.bridges}
    return name in known[kind] if kind in known else machine.has_endpoint(name)


@operation("POST", "applications/{app}/subscription")
def subscribe(call: Call) -> Answer:
    """Hear of something, whoever owns it. What comes before an unknown one is heard of."""
    app = application_of(call)
    for topic in topics(call):
        if not exists(call, topic):
            raise Refusal(422, "Event source does not exist")
        app.subscribe(topic)
    return Answer(200, app.json())


@operation("DELETE", "applications/{app}/subscription")
def unsubscribe(call: Call) -> Answer:
    """Hear of it once less."""
    app = application_of(call)
    for topic in topics(call):
        device = topic.startswith("deviceState:")
        if topic not in app.topics and not (device and "deviceState:" in app.topics):
            raise Refusal(422, "Event source was not subscribed to")
        if topic in ALL and not device:
            raise Refusal(501, "Method not implemented")
        # 16 keeps every device for good.
        if topic != "deviceState:" or call.machine.has("20.14", "21.9", "22.4"):
            app.unsubscribe(topic)
    return Answer(200, app.json())


@operation("PUT", "applications/{app}/eventFilter", "16.3")
def filter_(call: Call) -> Answer:
    """Which types of events are sent."""
    app = application_of(call)
    given = call.body
    for key in ("allowed", "disallowed"):
        value = given.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(each, dict) and isinstance(each.get("type"), str) for each in value
        ):
            raise Refusal(400, "Invalid format definition")
    if not given:
        app.allowed, app.disallowed = [], []
    app.allowed = given.get("allowed", app.allowed)
    app.disallowed = given.get("disallowed", app.disallowed)
    return Answer(200, app.json())
