"""A flow as a picture: SVG that stands alone, without fonts or scripts from elsewhere. Pure.

Each state is a box with one row for each trigger. With what tests have walked, that is green and
the rest red and dashed; the state that a call is in stands out.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from stasis.coverage import Coverage
from stasis.graph import Edge, Graph
from stasis.layout import HEAD, ROW, Box, Layout, Line, layout, row_words
from stasis.program import Runnable

__all__ = ["picture"]

STYLE = """
svg { --ink: #1f2328; --dim: #59636e; --paper: #ffffff; --box: #f6f8fa; --line: #818b98;
  --walked: #1a7f37; --walked-box: #dafbe1; --missed: #cf222e; --missed-box: #ffebe9;
  --current: #0969da; --current-box: #ddf4ff; background: var(--paper); }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117;
  --box: #161b22; --line: #7d8590; --walked: #3fb950; --walked-box: #0f2d18; --missed: #f85149;
  --missed-box: #33141a; --current: #4493f8; --current-box: #0c2d6b; } }
.paper { fill: var(--paper); }
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); }
.name { font-weight: bold; }
.target { fill: var(--dim); text-anchor: end; }
.box { fill: var(--box); stroke: var(--line); }
.rule { stroke: var(--line); stroke-opacity: 0.5; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; }
.tip { fill: var(--line); }
.walked .box { fill: var(--walked-box); stroke: var(--walked); }
.walked .line { stroke: var(--walked); }
.walked .tip, .edge.walked text { fill: var(--walked); }
.missed .box { fill: var(--missed-box); stroke: var(--missed); stroke-dasharray: 5 4; }
.missed .line { stroke: var(--missed); stroke-dasharray: 5 4; }
.missed .tip, .edge.missed text { fill: var(--missed); }
.current .box { fill: var(--current-box); stroke: var(--current); stroke-width: 3; }
.edge:hover .line { stroke-width: 4; stroke-dasharray: none; }
.edge:hover text { font-weight: bold; }
""".strip()

# Corners of lines are rounded with this radius, in pixels; a tip is so long.
RADIUS = 5
TIP = 8


def picture(flow: Runnable | Graph, walked: Coverage | None = None, current: str = "") -> str:
    """The flow as SVG text, with a newline at the end.

    flow: a Flow class, an async function of a channel, which is one state, or a graph. walked:
    what tests have walked of it, shown in colours. current: the name of the state that a call is
    in. Raises FlowError as `Program.of`.
    """
    graph = Graph.of(flow)
    laid = layout(graph)
    states = None if walked is None else set(walked.states)
    edges = None if walked is None else set(walked.edges)
    lines = {line.edge: line for line in laid.lines}
    rows = {edge: place for box in laid.boxes for edge, place in places(box)}
    parts = [*opening(graph, laid, walked), *start(laid.boxes[0])]
    for box in laid.boxes:
        kinds = ["state", colour(box.state, states)] + ["current"] * (box.state == current)
        parts += boxed(box, " ".join(filter(None, kinds)))
    # What was walked lies over what was not, where their lines are one.
    for edge in sorted(graph.edges, key=lambda edge: edge in (edges or ())):
        parts += drawn(lines[edge], rows[edge], colour(edge, edges))
    return "\n".join((*parts, "</svg>", ""))


def colour(thing: str | Edge, walked: set[str] | set[Edge] | None) -> str:
    """The class of a state or an edge; "" when no coverage is shown."""
    if walked is None:
        return ""
    return "walked" if thing in walked else "missed"


def opening(graph: Graph, laid: Layout, walked: Coverage | None) -> Iterator[str]:
    """The document's head."""
    size = f'width="{laid.width}" height="{laid.height}" viewBox="0 0 {laid.width} {laid.height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    yield f"<title>{escape(graph.name)}</title>"
    yield "<desc>In every state, hanging up ends the call.</desc>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="paper" width="{laid.width}" height="{laid.height}"/>'
    told = graph.name
    if walked is not None:
        told += (
            f": {len(walked.states)} of {len(graph.states)} states,"
            f" {len(walked.edges)} of {len(graph.edges)} transitions walked"
        )
    yield f'<text class="name" x="12" y="22">{escape(told)}</text>'


def start(box: Box) -> Iterator[str]:
    """The dot where a call begins, and its line to the first state."""
    y = box.y + HEAD // 2
    yield f'<circle class="tip" cx="{box.x - 26}" cy="{y}" r="6"/>'
    yield from way(((box.x - 26, y), (box.x, y)))


def boxed(box: Box, kinds: str) -> Iterator[str]:
    """A state's box, with its name. A final one has a double border."""
    height = box.height if box.rows else HEAD
    yield f'<g class="{kinds}"><title>{escape(box.state)}</title>'
    yield rectangle(box.x, box.y, box.width, height, 6)
    if not box.rows:
        yield rectangle(box.x + 3, box.y + 3, box.width - 6, height - 6, 4)
    else:
        y = box.y + HEAD
        yield f'<path class="rule" d="M{box.x} {y}h{box.width}"/>'
    yield f'<text class="name" x="{box.x + 12}" y="{box.y + 20}">{escape(box.state)}</text></g>'


def rectangle(x: int, y: int, width: int, height: int, radius: int) -> str:
    """A box."""
    return f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'


def places(box: Box) -> Iterator[tuple[Edge, tuple[int, int, int]]]:
    """Where each row's words stand: their left, their right, and their height."""
    for number, edge in enumerate(box.rows):
        yield edge, (box.x + 12, box.x + box.width - 12, box.y + HEAD + 14 + ROW * number)


def drawn(line: Line, place: tuple[int, int, int], kind: str) -> Iterator[str]:
    """An edge: its row's words, and its line."""
    left, right, y = place
    trigger, target = map(escape, row_words(line.edge))
    yield f'<g class="{" ".join(filter(None, ("edge", kind)))}">'
    yield f"<title>{escape(str(line.edge))}</title>"
    yield f'<text x="{left}" y="{y}">{trigger}</text>'
    yield f'<text class="target" x="{right}" y="{y}">{target}</text>'
    yield from way(line.points)
    yield "</g>"


def way(points: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """A line with round corners and a tip; nothing when it has no points."""
    corners = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
    if len(corners) < 2:
        return
    steps = [f"M{corners[0][0]} {corners[0][1]}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        near, far = towards(here, before), towards(here, after)
        steps.append(f"L{near[0]} {near[1]}Q{here[0]} {here[1]} {far[0]} {far[1]}")
    x, y = corners[-1]
    back = -TIP if corners[-2][0] < x else TIP
    yield f'<path class="line" d="{"".join(steps)}H{x + back}"/>'
    yield f'<path class="tip" d="M{x} {y}l{back} -4v8z"/>'


def towards(here: tuple[int, int], there: tuple[int, int]) -> tuple[int, int]:
    """A point at most a radius away from a corner, and at most half the way."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = max(abs(dx), abs(dy))
    part = min(RADIUS, length // 2) / length
    return round(here[0] + dx * part), round(here[1] + dy * part)
