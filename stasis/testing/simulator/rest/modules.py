"""ARI's modules: listed, loaded, unloaded and reloaded."""

from __future__ import annotations

from stasis.testing.simulator.modules import Outcome
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation

__all__: list[str] = []

REFUSALS: dict[Outcome, Refusal] = {
    "unknown": Refusal(404, "Module not found in running modules"),
    "loaded": Refusal(409, "Module is already loaded"),
    "declined": Refusal(409, "Module load declined"),
    "in use": Refusal(409, "Module could not be unloaded"),
    "fixed": Refusal(409, "Module does not support reloading"),
}


def check(outcome: Outcome) -> None:
    """Raises Refusal when it is not done."""
    if outcome != "done":
        refusal = REFUSALS[outcome]
        raise Refusal(refusal.status, refusal.body["message"])


@operation("GET", "asterisk/modules")
def list_(call: Call) -> Answer:
    """All that run."""
    modules = call.machine.modules
    return Answer(200, [modules.json(name) for name in sorted(modules.running)])


@operation("GET", "asterisk/modules/{module}")
def get(call: Call) -> Answer:
    """One that runs, by its full name."""
    name = call.path["module"]
    found = call.machine.modules.json(name)
    if found is None:
        raise Refusal(404, "Module could not be found in running modules")
    if found["name"] != name:
        raise Refusal(409, "Module information could not be retrieved")
    return Answer(200, found)


@operation("POST", "asterisk/modules/{module}")
def load(call: Call) -> None:
    """Load one."""
    check(call.machine.modules.load(call.path["module"]))


@operation("DELETE", "asterisk/modules/{module}")
def unload(call: Call) -> None:
    """Unload one."""
    check(call.machine.modules.unload(call.path["module"]))


@operation("PUT", "asterisk/modules/{module}")
def reload(call: Call) -> None:
    """Have one read its configuration again."""
    check(call.machine.modules.reload(call.path["module"]))
