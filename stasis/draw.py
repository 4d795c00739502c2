"""A flow as a diagram: its table in Mermaid's stateDiagram-v2. Pure.

Edges stand in the order of the table, so a diagram changes only where the table does. The one
edge that every state has, the caller's hang-up to `ended`, would hide all others: it is one
comment.
"""

from __future__ import annotations

from stasis.flow import Do, Flow, trigger_of
from stasis.program import Program, Runnable

__all__ = ["draw"]

INDENT = "    "

# Words that Mermaid takes for its own syntax where the name of a state belongs.
RESERVED = frozenset(
    "accdescr acctitle class classdef click default href note scale state style".split()
)


def draw(flow: Runnable) -> str:
    """The flow as Mermaid text, with a newline at the end.

    flow: a Flow class, or an async function of a channel, which is one state.
    An action reads `state --> state: trigger / do method`. Raises FlowError as `Program.of`.
    """
    machine = Program.of(flow).flow
    if not isinstance(flow, type):
        name = node(flow.__name__)
        return "\n".join((*head([flow.__name__]), f"{INDENT}{name} --> [*]", ""))
    lines = head(machine.states())
    for state in machine.states():
        lines += edges(machine, state)
    return "\n".join((*lines, ""))


def head(states: list[str]) -> list[str]:
    """The diagram's first lines: what it is, odd names, the start."""
    lines = ["stateDiagram-v2", f"{INDENT}%% In every state, hanging up ends the call."]
    lines += [
        f'{INDENT}state "{state}" as {node(state)}' for state in states if node(state) != state
    ]
    return [*lines, f"{INDENT}[*] --> {node(states[0])}"]


def edges(flow: type[Flow], state: str) -> list[str]:
    """The lines of one state: its row, or the way out when it has none."""
    row = flow.rows.get(state)
    if row is None or not row.edges:
        return [f"{INDENT}{node(state)} --> [*]"]
    lines: list[str] = []
    for trigger, target in row.edges.items():
        words = label(trigger_of(trigger))
        if isinstance(target, Do):
            words += f" / do {target.method.__name__}"
            target = state
        lines.append(f"{INDENT}{node(state)} --> {node(target)}: {words}")
    return lines


def node(state: str) -> str:
    """The state's name in the diagram."""
    return f"{state}_" if state.lower() in RESERVED else state


def label(text: str) -> str:
    """Words for an edge. Mermaid ends a label at a colon, a semicolon or a line's end."""
    special = {":": "#58;", ";": "#59;"}
    return "".join(special.get(c, c if c.isprintable() else " ") for c in text)
