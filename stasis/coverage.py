"""Which states and edges of a flow calls have walked, and which they have not. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from stasis.graph import Edge, Graph, name_of
from stasis.program import Runnable
from stasis.trigger import trigger_of
from stasis.walk import Walked

__all__ = ["Coverage"]


class Coverage:
    """What calls have walked of one flow: nothing, until it is told.

    name: `module:Name` of the flow. graph: what there is to walk.
    """

    def __init__(self, name: str, graph: Graph) -> None:
        self.name = name
        self.graph = graph
        self._states: set[str] = set()
        self._edges: set[Edge] = set()

    @classmethod
    def of(cls, flow: Runnable, steps: Iterable[Walked] = ()) -> Coverage:
        """The coverage of a flow. steps: what calls have walked, as `Link.on_walk` tells it.

        Raises FlowError when it is no flow.
        """
        coverage = cls(name_of(flow), Graph.of(flow))
        for step in steps:
            coverage.add(step)
        return coverage

    def add(self, step: Walked) -> None:
        """One step of a call. Steps of other flows count for nothing."""
        if name_of(step.flow) != self.name or not step.target:
            return
        # The one state of a function is called by the function's name here.
        linear = not isinstance(step.flow, type)
        self._states.add(self.graph.states[0] if linear else step.target)
        if step.state and step.trigger is not None:
            edge = Edge(step.state, trigger_of(step.trigger), step.target, step.action)
            self._edges.add(edge)

    def merge(self, states: Iterable[str], edges: Iterable[Edge]) -> None:
        """Add what was walked elsewhere."""
        self._states.update(states)
        self._edges.update(edges)

    @property
    def states(self) -> list[str]:
        """The names of the states that were entered."""
        return [state for state in self.graph.states if state in self._states]

    @property
    def edges(self) -> list[Edge]:
        """The edges that were walked."""
        return [edge for edge in self.graph.edges if edge in self._edges]

    @property
    def missing_states(self) -> list[str]:
        """The names of the states that no call has entered."""
        return [state for state in self.graph.states if state not in self._states]

    @property
    def missing_edges(self) -> list[Edge]:
        """The edges that no call has walked."""
        return [edge for edge in self.graph.edges if edge not in self._edges]

    @property
    def percent(self) -> float:
        """The part of states and edges together that was walked, 0 to 100."""
        graph = self.graph
        there = len(graph.states) + len(graph.edges)
        return 100.0 * (len(self.states) + len(self.edges)) / there
