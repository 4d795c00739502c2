"""Where the states and edges of a graph stand in a picture. Pure.

States stand in columns, by how many triggers lead there from the start. A state is a box with one
row for each of its edges, so a picture says all even where its lines are many. A line leaves its
row to the side where its target is, goes up or down in the gap between two columns, and enters at
its target's name. Lines to the same target share one track of a gap, and one passage through a
column that is on their way: they merge like tracks of a railway.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import fmean

from attrs import define, field, frozen

from stasis.graph import Edge, Graph

__all__ = ["HEAD", "ROW", "Box", "Layout", "Line", "layout", "row_words"]

# Pixels. All heights are a multiple of ROW, and every other column is half a ROW lower: so the
# lines of two columns never lie on each other.
ROW = 20
HEAD = 30
FOOT = 10
BETWEEN = 20
MARGIN = 40
TRACK = 10
BESIDE = 22
LETTER = 7.3
# How often the order in the columns is improved, and that of the tracks.
SWEEPS = 6


@frozen
class Box:
    """Where a state stands, in pixels. x, y: its upper left corner. rows: its edges."""

    state: str
    x: int
    y: int
    width: int
    height: int
    rows: tuple[Edge, ...]


@frozen
class Line:
    """The way of an edge: its corners, from its row to its target. To its own state: none."""

    edge: Edge
    points: tuple[tuple[int, int], ...]


@frozen
class Layout:
    """A picture's geometry. width, height: of the whole, in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


@define(eq=False)
class Item:
    """What takes room in a column: a state, or a passage for the lines to one.

    x, width: of its column. y: its upper edge.
    """

    state: str
    column: int
    rows: tuple[Edge, ...] = ()
    passage: bool = False
    x: int = 0
    width: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        """With the free room below it."""
        return ROW if self.passage else HEAD + ROW * len(self.rows) + FOOT + BETWEEN

    @property
    def port(self) -> int:
        """Where lines enter it."""
        return self.y + HEAD // 2

    def exit(self, edge: Edge) -> int:
        """Where the line of an edge leaves it."""
        return self.port if self.passage else self.y + HEAD + ROW // 2 + ROW * self.rows.index(edge)


@frozen(eq=False)
class Leg:
    """A part of an edge's way: from an item to the next, through one gap between columns."""

    edge: Edge
    begin: Item
    end: Item

    @property
    def gap(self) -> int:
        """Its number: that of the column on its left."""
        return min(self.begin.column, self.end.column)

    def edges_of_gap(self) -> tuple[tuple[int, bool], tuple[int, bool]]:
        """Where it begins and ends: a y, and whether on the right of the gap."""
        return (
            (self.begin.exit(self.edge), self.begin.column > self.gap),
            (self.end.port, self.end.column > self.gap),
        )


@define(eq=False)
class Net:
    """All legs through a gap to one item. They share a track."""

    ends: set[tuple[int, bool]] = field(factory=set)
    x: int = 0

    def over(self, other: Net) -> int:
        """How many lines cross when this one's track is left of the other's."""
        return sum(self.spans(y) for y, right in other.ends if not right) + sum(
            other.spans(y) for y, right in self.ends if right
        )

    def spans(self, y: int) -> bool:
        """Whether the track goes by there."""
        ys = [each for each, _ in self.ends]
        return min(ys) < y < max(ys)


def layout(graph: Graph) -> Layout:
    """Lay a graph out."""
    columns = columns_of(graph)
    items = {state: Item(state, columns[state], graph.leaving(state)) for state in graph.states}
    ways, passages = ways_of(graph, items)
    legs = [leg for way in ways.values() for leg in way]
    rows = stacked([*items.values(), *passages], legs)
    nets: dict[tuple[int, Item], Net] = {}
    for leg in legs:
        nets.setdefault((leg.gap, leg.end), Net()).ends.update(leg.edges_of_gap())
    x = MARGIN
    for number, column in enumerate(rows):
        width = round(max(len(w) for item in column for w in words(item)) * LETTER) + 24
        for item in column:
            item.x, item.width = x, width
        x += width + BESIDE
        for net in ordered([net for (gap, _), net in nets.items() if gap == number]):
            net.x = x
            x += TRACK
        x += BESIDE
    lines = [
        Line(edge, tuple(p for leg in way for p in corners(leg, nets[leg.gap, leg.end].x)))
        for edge, way in ways.items()
    ]
    boxes = [
        Box(each.state, each.x, each.y, each.width, each.height - BETWEEN, each.rows)
        for each in items.values()
    ]
    height = max(box.y + box.height for box in boxes) + MARGIN
    return Layout(tuple(boxes), tuple(lines), x, height)


def columns_of(graph: Graph) -> dict[str, int]:
    """The column of each state: how many edges it takes to come there from the start.

    What the start does not lead to is counted from the first such state.
    """
    columns: dict[str, int] = {}
    for first in graph.states:
        found = [first] if first not in columns else []
        columns.setdefault(first, 0)
        for state in found:
            for edge in graph.leaving(state):
                if edge.target not in columns:
                    columns[edge.target] = columns[state] + 1
                    found.append(edge.target)
    return columns


def ways_of(graph: Graph, items: dict[str, Item]) -> tuple[dict[Edge, list[Leg]], list[Item]]:
    """The way of each edge, and the passages that they need."""
    passages: dict[tuple[str, int, int], Item] = {}
    ways: dict[Edge, list[Leg]] = {}
    for edge in graph.edges:
        begin, end = items[edge.state], items[edge.target]
        step = 1 if end.column > begin.column else -1
        stops = [begin]
        for column in range(begin.column + step, end.column, step):
            key = (edge.target, column, step)
            stops.append(passages.setdefault(key, Item(edge.target, column, passage=True)))
        stops.append(end)
        ways[edge] = [Leg(edge, *pair) for pair in pairwise(stops)] if begin is not end else []
    return ways, list(passages.values())


def stacked(items: Iterable[Item], legs: Iterable[Leg]) -> list[list[Item]]:
    """The columns, their items in an order that keeps lines short, each with its y."""
    columns: list[list[Item]] = []
    for item in items:
        columns += [[] for _ in range(item.column + 1 - len(columns))]
        columns[item.column].append(item)
    near: dict[Item, list[Leg]] = {}
    for leg in legs:
        near.setdefault(leg.begin, []).append(leg)
        near.setdefault(leg.end, []).append(leg)

    def wanted(item: Item) -> float:
        ys = [leg.begin.exit(leg.edge) for leg in near.get(item, ()) if leg.end is item]
        ys += [leg.end.port for leg in near.get(item, ()) if leg.begin is item]
        return fmean(ys) - item.height / 2 if ys else item.y

    stack(columns)
    for _ in range(SWEEPS):
        for column in columns[1:]:
            column.sort(key=wanted)
            stack(columns)
    return columns


def stack(columns: list[list[Item]]) -> None:
    """Set each item's y: the columns' middles on one height."""
    heights = [sum(item.height for item in column) for column in columns]
    for number, column in enumerate(columns):
        y = MARGIN + (max(heights) - heights[number]) // 2 // ROW * ROW + number % 2 * ROW // 2
        for item in column:
            item.y = y
            y += item.height


def ordered(nets: list[Net]) -> list[Net]:
    """The nets of a gap from left to right, so that few lines cross."""
    costs = {(a, b): a.over(b) for a in nets for b in nets}
    for _ in range(SWEEPS):
        for net in list(nets):
            rest = [each for each in nets if each is not net]
            crossings = [
                sum(costs[a, net] for a in rest[:at]) + sum(costs[net, b] for b in rest[at:])
                for at in range(len(nets))
            ]
            rest.insert(crossings.index(min(crossings)), net)
            nets = rest
    return nets


def corners(leg: Leg, track: int) -> list[tuple[int, int]]:
    """The corners of a leg, along its track."""
    (y, right), (to_y, to_right) = leg.edges_of_gap()
    begin, end = leg.begin, leg.end
    return [
        (begin.x + (0 if right else begin.width), y),
        (track, y),
        (track, to_y),
        (end.x + (0 if to_right else end.width), to_y),
    ]


def words(item: Item) -> list[str]:
    """The texts that a column must have room for."""
    return [] if item.passage else [item.state, *map(" ".join, map(row_words, item.rows))]


def row_words(edge: Edge) -> tuple[str, str]:
    """What a row says: the trigger, and where it leads."""
    loops = edge.state == edge.target
    return edge.words, "↻" if loops else f"→ {edge.target}"
