"""A flow as a diagram: its table in Mermaid's stateDiagram-v2. Pure.

Edges stand in the order of the table, so a diagram changes only where the table does. The one
edge that every state has, the caller's hang-up to `ended`, would hide all others: it is one
comment. What tests have walked is shown in colours, and as a flowchart: Mermaid can colour a
state diagram's states, and not its edges.
"""

from __future__ import annotations

from stasis.coverage import Coverage
from stasis.graph import Edge, Graph
from stasis.program import Runnable

__all__ = ["draw"]

INDENT = "    "
HANGING_UP = f"{INDENT}%% In every state, hanging up ends the call."

# Words that Mermaid takes for its own syntax where the name of a state belongs.
RESERVED = frozenset(
    "accdescr acctitle class classdef click default href note scale state style".split()
)
# How a state and an edge look that was walked, and one that was not.
CLASSES = (
    f"{INDENT}classDef walked fill:#dafbe1,stroke:#1a7f37,color:#0b3d1a",
    f"{INDENT}classDef missed fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:5 4",
)
WALKED = "stroke:#1a7f37,stroke-width:2px,color:#1a7f37"
MISSED = "stroke:#cf222e,stroke-dasharray:5 4,color:#cf222e"
# What ends a label, or means something in it.
IN_STATES = {":": "#58;", ";": "#59;"}
IN_FLOWCHARTS = {c: f"#{ord(c)};" for c in '"#;<>&`'}


def draw(flow: Runnable | Graph, walked: Coverage | None = None) -> str:
    """The flow as Mermaid text, with a newline at the end.

    flow: a Flow class, an async function of a channel, which is one state, or a graph. walked:
    what tests have walked of it; then it is a flowchart, what was walked in green and the rest in
    red. An action reads `state --> state: trigger / do method`. Raises FlowError as `Program.of`.
    """
    graph = Graph.of(flow)
    lines = plain(graph) if walked is None else coloured(graph, walked)
    return "\n".join((*lines, ""))


def plain(graph: Graph) -> list[str]:
    """The lines of a state diagram."""
    lines = ["stateDiagram-v2", HANGING_UP]
    lines += [
        f'{INDENT}state "{state}" as {node(state)}'
        for state in graph.states
        if node(state) != state
    ]
    lines.append(f"{INDENT}[*] --> {node(graph.states[0])}")
    for state in graph.states:
        edges = graph.leaving(state)
        lines += [
            f"{INDENT}{node(state)} --> {node(edge.target)}: {label(edge.words, IN_STATES)}"
            for edge in edges
        ] or [f"{INDENT}{node(state)} --> [*]"]
    return lines


def coloured(graph: Graph, walked: Coverage) -> list[str]:
    """The lines of a flowchart that shows what was walked."""
    states, edges = set(walked.states), set(walked.edges)
    lines = ["flowchart TD", HANGING_UP, *CLASSES]
    for state in graph.states:
        colour = "walked" if state in states else "missed"
        lines.append(f'{INDENT}s_{state}["{state}"]:::{colour}')
    links = [f"begin(( )) --> s_{graph.states[0]}"]
    styles: list[str] = []
    for state in graph.states:
        for edge in graph.leaving(state) or (None,):
            if edge is None:
                links.append(f"s_{state} --> over(((end)))")
                continue
            colour = WALKED if edge in edges else MISSED
            styles.append(f"{INDENT}linkStyle {len(links)} {colour}")
            links.append(link(edge))
    return [*lines, *(INDENT + each for each in links), *styles]


def link(edge: Edge) -> str:
    """An edge of a flowchart."""
    return f's_{edge.state} -->|"{label(edge.words, IN_FLOWCHARTS)}"| s_{edge.target}'


def node(state: str) -> str:
    """The state's name in a state diagram."""
    return f"{state}_" if state.lower() in RESERVED else state


def label(text: str, special: dict[str, str]) -> str:
    """Words for an edge. special: characters that stand there as their numbers."""
    return "".join(special.get(c, c if c.isprintable() else " ") for c in text)
