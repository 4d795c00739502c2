"""The geometry of a picture: nothing lies on anything else, and each line begins and ends right."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_ivr.flow import Ivr

from stasis.graph import Edge, Graph
from stasis.layout import HEAD, ROW, Box, Layout, layout


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph of up to 15 states, what the start does not lead to included."""
    states = tuple(f"s{number}" for number in range(draw(st.integers(1, 15))))
    ends = st.sampled_from(states)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=40))
    edges = tuple(Edge(a, f"t{number}", b) for number, (a, b) in enumerate(pairs))
    ordered = tuple(edge for state in states for edge in edges if edge.state == state)
    return Graph("any", states, ordered)


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width < other.x
        or other.x + other.width < one.x
        or one.y + one.height < other.y
        or other.y + other.height < one.y
    )


def through(box: Box, laid: Layout) -> list[str]:
    """The lines that go through a box."""
    found = []
    for line in laid.lines:
        for (x, y), (to_x, to_y) in zip(line.points, line.points[1:], strict=False):
            across = max(x, to_x) > box.x and min(x, to_x) < box.x + box.width
            if across and max(y, to_y) > box.y and min(y, to_y) < box.y + box.height:
                found.append(str(line.edge))
    return found


class TestAnyGraph:
    @given(graphs())
    def test_boxes_are_apart_and_inside(self, graph: Graph):
        laid = layout(graph)
        assert [box.state for box in laid.boxes] == list(graph.states)
        assert all(apart(one, other) for one, other in combinations(laid.boxes, 2))
        assert all(0 < box.x and box.x + box.width < laid.width for box in laid.boxes)
        assert all(0 < box.y and box.y + box.height < laid.height for box in laid.boxes)

    @given(graphs())
    def test_no_line_goes_through_a_box(self, graph: Graph):
        laid = layout(graph)
        assert [found for box in laid.boxes if (found := through(box, laid))] == []

    @given(graphs())
    def test_a_line_goes_from_its_row_to_its_targets_name_and_has_right_angles(self, graph: Graph):
        laid = layout(graph)
        boxes = {box.state: box for box in laid.boxes}
        for line in laid.lines:
            begin, end = boxes[line.edge.state], boxes[line.edge.target]
            if begin is end:
                assert line.points == ()
                continue
            (x, y), (to_x, to_y) = line.points[0], line.points[-1]
            assert x in (begin.x, begin.x + begin.width)
            assert y == begin.y + HEAD + ROW * begin.rows.index(line.edge) + ROW // 2
            assert to_x in (end.x, end.x + end.width) and to_y == end.y + HEAD // 2
            for one, two in zip(line.points, line.points[1:], strict=False):
                assert one[0] == two[0] or one[1] == two[1]

    @given(graphs())
    def test_lines_to_different_states_never_lie_on_each_other(self, graph: Graph):
        laid = layout(graph)
        seen: dict[tuple[int, int], set[str]] = {}
        for line in laid.lines:
            for one, two in zip(line.points, line.points[1:], strict=False):
                if one[1] == two[1] and one[0] != two[0]:
                    for x in range(min(one[0], two[0]), max(one[0], two[0]) + 1):
                        seen.setdefault((x, one[1]), set()).add(line.edge.target)
        assert [place for place, targets in seen.items() if len(targets) > 1] == []


def test_a_layout_is_the_same_every_time():
    assert layout(Graph.of(Ivr)) == layout(Graph.of(Ivr))


def test_columns_follow_the_way_from_the_start():
    boxes = {box.state: box for box in layout(Graph.of(Ivr)).boxes}
    way = ["welcome", "desk", "ringing", "talking", "parted"]
    assert sorted(way, key=lambda state: boxes[state].x) == way
    assert boxes["menu"].x == boxes["goodbye"].x


@pytest.mark.parametrize(("flow", "width", "height"), [(Ivr, 1600, 1000)])
def test_the_largest_flow_of_ours_fits_on_a_screen(flow: type, width: int, height: int):
    laid = layout(Graph.of(flow))
    assert laid.width <= width and laid.height <= height
