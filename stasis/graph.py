"""A flow as a graph: its states, and the edges of its table in the table's order. Pure.

The one edge that every state has, the caller's hang-up to `ended`, is no edge here: it is never
missing, and would hide all others.
"""

from __future__ import annotations

from attrs import frozen

from stasis.program import Program, Runnable
from stasis.table import Do
from stasis.trigger import trigger_of

__all__ = ["Edge", "Graph", "name_of"]


@frozen
class Edge:
    """One entry of the table.

    state: where it begins. trigger: its key, in words. target: the state where it leads. action:
    the name of the method of a `Do`, which leads to its own state; else "".
    """

    state: str
    trigger: str
    target: str
    action: str = ""

    @property
    def words(self) -> str:
        """The trigger, and what it does when it leads nowhere."""
        return f"{self.trigger} / do {self.action}" if self.action else self.trigger

    def __str__(self) -> str:
        return f"{self.state} --> {self.target}: {self.words}"


@frozen
class Graph:
    """The graph of one flow.

    name: the flow's. states: their names, the start first. edges: all of them, state by state.
    """

    name: str
    states: tuple[str, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, flow: Runnable | Graph) -> Graph:
        """The flow's graph; a graph is its own. A function is one state that has its name.

        Raises FlowError as `Program.of`.
        """
        if isinstance(flow, Graph):
            return flow
        machine = Program.of(flow).flow
        if not isinstance(flow, type):
            return cls(flow.__name__, (flow.__name__,), ())
        edges: list[Edge] = []
        states = machine.states()
        for state in states:
            row = machine.rows.get(state)
            for trigger, target in row.edges.items() if row is not None else ():
                edges.append(
                    Edge(
                        state,
                        trigger_of(trigger),
                        state if isinstance(target, Do) else target,
                        target.method.__name__ if isinstance(target, Do) else "",
                    )
                )
        return cls(flow.__name__, tuple(states), tuple(edges))

    def leaving(self, state: str) -> tuple[Edge, ...]:
        """The edges that begin in a state. A state without any is final."""
        return tuple(edge for edge in self.edges if edge.state == state)


def name_of(flow: Runnable) -> str:
    """How a flow is named on the command line: `module:Name`."""
    return f"{flow.__module__}:{flow.__qualname__}"
