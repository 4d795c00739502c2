"""ARI's channels that go elsewhere: into the dialplan, another application, or away."""

from __future__ import annotations

from stasis.testing.simulator.rest.call import Call, Refusal, operation
from stasis.testing.simulator.rest.channels import control_of

__all__: list[str] = []


@operation("POST", "channels/{channel}/continue")
def continue_in_dialplan(call: Call) -> None:
    """Leave the application for the dialplan."""
    control = control_of(call)
    channel = control.channel
    if not any(call.has(each) for each in ("context", "extension", "priority", "label")):
        control.leave()
        return
    context = call.text("context") or channel.context
    # A context alone leads to its extension s.
    exten = call.text("extension") or ("s" if call.text("context") else channel.exten)
    priority = call.integer("priority", -1)
    label = call.text("label")
    if label:
        found = call.machine.plan.priority_of(context, exten, label)
        if found is None:
            raise Refusal(404, "Requested label can not be found")
        priority = found
    if priority <= 0:
        changed = call.has("context") or call.has("extension")
        priority = 1 if changed else channel.priority + 1
    control.leave((context, exten, priority))


@operation("POST", "channels/{channel}/move", "16.3")
def move(call: Call) -> None:
    """Go to another application."""
    control = control_of(call, down=True)
    # Asterisk itself does not survive a move without an application.
    control.move(call.needed("app"), call.many("appArgs"))


@operation("POST", "channels/{channel}/redirect")
def redirect(call: Call) -> None:
    """Send the far end elsewhere (SIP 302 or REFER)."""
    control = control_of(call)
    endpoint = call.needed("endpoint", "Required parameter 'endpoint' not provided.")
    technology = endpoint.partition("/")[0]
    if "/" not in endpoint:
        raise Refusal(422, f"Endpoint parameter '{endpoint}' does not contain tech/resource")
    ours = control.channel.name.partition("/")[0]
    if technology != ours:
        what = f"Endpoint technology '{technology}' does not match channel technology '{ours}'"
        raise Refusal(422, what)
