"""ARI's endpoints: phones that can be called, and texts and referrals that are sent to them."""

from __future__ import annotations

from typing import Any

from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []

# Technologies that have endpoints, also when there is none.
TECHNOLOGIES = ("PJSIP",)


def all_of(call: Call) -> list[dict[str, Any]]:
    """All endpoints, as ARI's model Endpoint."""
    found = (call.machine.endpoint(name) for name in call.machine.phones)
    return [each for each in found if each is not None]


@operation("GET", "endpoints")
def list_(call: Call) -> Answer:
    """All."""
    return Answer(200, all_of(call))


@operation("GET", "endpoints/{technology}")
def list_by_technology(call: Call) -> Answer:
    """Those of one technology."""
    technology = call.path["technology"]
    found = [each for each in all_of(call) if each["technology"] == technology]
    if not found and technology not in TECHNOLOGIES:
        raise Refusal(404, f"No Endpoints found - invalid tech {technology}")
    return Answer(200, found)


def endpoint_of(call: Call) -> dict[str, Any]:
    """The endpoint that the path names, whatever the case of its technology. Raises Refusal."""
    technology, resource = call.path["technology"], call.path["resource"]
    for each in all_of(call):
        if each["technology"].lower() == technology.lower() and each["resource"] == resource:
            return each
    raise Refusal(404, "Endpoint not found")


@operation("GET", "endpoints/{technology}/{resource}")
def get(call: Call) -> Answer:
    """One."""
    return Answer(200, endpoint_of(call))


def reached(call: Call) -> str:
    """The phone that `to` names, such as `pjsip:alice`. Raises Refusal."""
    to = call.text("to")
    if not to:
        raise Refusal(400, "To must be specified")
    technology, _, resource = to.partition(":")
    name = f"{technology.upper()}/{resource.removeprefix('sip:').partition('@')[0]}"
    endpoint = call.machine.endpoint(name)
    if endpoint is None or endpoint["state"] != "online":
        raise Refusal(404, "Endpoint not found")
    return name


def addressed(call: Call) -> str:
    """The phone that the path names, if somebody is registered there. Raises Refusal."""
    endpoint = endpoint_of(call)
    if endpoint["state"] != "online":
        raise Refusal(404, "Endpoint not found")
    return f"{endpoint['technology']}/{endpoint['resource']}"


def sent(call: Call, kind: str, name: str) -> Answer:
    """Take what is to be sent to a phone."""
    told = {"kind": kind, "to": name, "from": call.text("from"), "variables": call.variables()}
    told |= {key: call.text(key) for key in ("body", "refer_to") if call.text(key)}
    call.machine.messages.append(told)
    return Answer(202)


@operation("PUT", "endpoints/sendMessage")
def send_message(call: Call) -> Answer:
    """Send a text to whoever `to` names."""
    return sent(call, "message", reached(call))


@operation("PUT", "endpoints/{technology}/{resource}/sendMessage")
def send_message_to(call: Call) -> Answer:
    """Send a text to an endpoint."""
    return sent(call, "message", addressed(call))


REFER = ("18.20", "20.5", "21.0")


@operation("POST", "endpoints/refer", *REFER)
def refer(call: Call) -> Answer:
    """Ask whoever `to` names to call somebody."""
    return sent(call, "refer", reached(call))


@operation("POST", "endpoints/{technology}/{resource}/refer", *REFER)
def refer_to(call: Call) -> Answer:
    """Ask an endpoint to call somebody."""
    return sent(call, "refer", addressed(call))
