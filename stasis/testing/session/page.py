"""A session's timeline as one HTML page, which needs no server and fetches nothing.

Whatever comes from the session is escaped, or JSON that the page's script puts in as text: a
caller's name may hold HTML. The page's policy allows its own style and script, by their hashes,
and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import msgspec

from stasis.testing.session.timeline import Item, Lane, Timeline

__all__ = ["page"]

# Pixels: of a row, of an item on it, and between two lanes.
ROW, HEIGHT, MARGIN = 22, 18, 4
# About so many marks of time stand above the chart before it is drawn larger.
TICKS = 10
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
COLOURS = 8
# Per cent of the width that stay free on both sides, for marks at the very ends.
EDGE = 0.8


def page(timeline: Timeline) -> str:
    """The page, as text."""
    style, script = part("page.css"), part("page.js")
    policy = (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)};"
        " base-uri 'none'; form-action 'none'"
    )
    numbered: list[Item] = []
    rows = [axis(timeline), *(drawn(timeline, lane, numbered) for lane in shown(timeline))]
    data = [[title(item), msgspec.to_builtins(item.line)] for item in numbered]
    return Template(part("page.html")).substitute(
        policy=policy,
        name=escape(named(timeline)),
        style=style,
        about=escape(about(timeline)),
        calls=options(timeline),
        states=legend(timeline),
        lanes="".join(rows),
        data=inline(data),
        script=script,
    )


def part(name: str) -> str:
    """A file that lies beside this one."""
    return files("stasis.testing.session").joinpath(name).read_text("utf-8")


def digest(text: str) -> str:
    """What a policy calls a style or script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def inline(value: Any) -> str:
    """JSON that can stand within a page: nothing in it ends the element it is in."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def named(timeline: Timeline) -> str:
    """What the page is called."""
    header = timeline.session.header
    return f"{timeline.session.path.name}: {', '.join(header.apps)} on {header.server}"


def about(timeline: Timeline) -> str:
    """The session in one line."""
    header = timeline.session.header
    end = "" if timeline.session.complete else "; it ends without its last line"
    return (
        f"{header.started}, {timeline.session.seconds:.1f} s, {len(timeline.calls)} calls;"
        f" masked: {', '.join(header.masked) or 'nothing'}{end}"
    )


def options(timeline: Timeline) -> str:
    """The calls to choose from."""
    return "".join(
        f'<option value="{escape(call)}">{escape(f"{name} ({call})")}</option>'
        for call, name in timeline.calls.items()
    )


def legend(timeline: Timeline) -> str:
    """The colours of the states."""
    return "".join(
        '<li><svg class="key" width="12" height="12" aria-hidden="true">'
        f'<rect class="{colour(timeline, state)}" width="12" height="12"/></svg>'
        f"{escape(state)}</li>"
        for state in timeline.states
    )


def colour(timeline: Timeline, state: str) -> str:
    """The class that colours a state."""
    return f"s{timeline.states.index(state) % COLOURS}"


def shown(timeline: Timeline) -> Iterator[Lane]:
    """The lanes that have something on them."""
    return (lane for lane in timeline.lanes.values() if lane.items)


def axis(timeline: Timeline) -> str:
    """The marks of time."""
    step = next((s for s in STEPS if timeline.seconds / s <= TICKS), STEPS[-1])
    fine = step / 5
    marks = []
    for number in range(int(timeline.seconds / fine) + 1):
        x = place(number * fine, timeline)
        kind = "tick" if number % 5 == 0 else "fine"
        marks.append(
            f'<g class="{kind}"><line x1="{x}" x2="{x}" y1="16" y2="24"/>'
            f'<svg x="{x}" width="60" height="24"><text x="2" y="13">{number * fine:.4g} s</text>'
            "</svg></g>"
        )
    return (
        '<div class="lane axis" data-calls="[]"><div class="name"><span>time</span></div>'
        f'<svg height="24" width="1000" aria-hidden="true">{"".join(marks)}</svg></div>\n'
    )


def drawn(timeline: Timeline, lane: Lane, numbered: list[Item]) -> str:
    """A lane. numbered: gets its items, by whose numbers the page finds their details."""
    rows = sorted({item.row for item in lane.items})
    tops = {row: MARGIN + ROW * place for place, row in enumerate(rows)}
    parts = []
    # Keys that were pressed stand before the events that came with them.
    for item in sorted(lane.items, key=lambda item: (item.kind == "digit", item.start)):
        parts.append(figure(timeline, item, tops[item.row], len(numbered)))
        numbered.append(item)
    name = escape(lane.name or lane.id or "the program")
    calls = escape(json.dumps(sorted(lane.calls)))
    return (
        f'<div class="lane" data-kind="{lane.kind}" data-calls="{calls}" role="group"'
        f' aria-label="{lane.kind} {name}">'
        f'<div class="name" title="{escape(lane.id)}"><b>{name}</b>'
        f"<span>{lane.kind} {escape(lane.id)}</span></div>"
        f'<svg height="{2 * MARGIN + ROW * len(rows)}" width="1000">{"".join(parts)}</svg></div>\n'
    )


def figure(timeline: Timeline, item: Item, top: float, number: int) -> str:
    """An item: a bar when it lasts, else a mark."""
    shape = mark(timeline, item, top) if item.end is None else bar(timeline, item, item.end, top)
    kind = f"{item.kind} failed" if item.failed else item.kind
    return (
        f'<g class="item {kind}" tabindex="-1" role="button" data-item="{number}"'
        f' data-at="{item.start}" aria-label="{escape(title(item))}">'
        f"<title>{escape(item.label)}</title>{shape}</g>"
    )


def mark(timeline: Timeline, item: Item, top: float) -> str:
    """A mark, with the key in it when one was pressed."""
    digit = item.kind == "digit"
    key = f'<text y="4">{escape(item.label)}</text>' if digit else ""
    at = f'x="{place(item.start, timeline)}" y="{top + HEIGHT / 2}"'
    return f'<svg {at}><circle r="{8 if digit else 5}"/>{key}</svg>'


def bar(timeline: Timeline, item: Item, end: float, top: float) -> str:
    """A bar, with what fits of its label in it."""
    text = f'<text x="4" y="13">{escape(item.label)}</text>'
    if item.kind in ("request", "own"):
        text = ""  # too short for one
    kind = f' class="{colour(timeline, item.label)}"' if item.kind == "state" else ""
    return (
        f'<svg x="{place(item.start, timeline)}" y="{top}" height="{HEIGHT}"'
        f' width="{percent(end - item.start, timeline)}">'
        f'<rect width="100%" height="{HEIGHT}" rx="2"{kind}/>'
        f'<svg class="clip" width="100%" height="{HEIGHT}">{text}</svg></svg>'
    )


def title(item: Item) -> str:
    """An item in words, with its time."""
    lasts = "" if item.end is None else f", {item.end - item.start:.3f} s"
    return f"{item.start:.3f} s{lasts}: {item.kind} {item.label}"


def percent(seconds: float, timeline: Timeline) -> str:
    """A length of time as a part of the chart's width."""
    return f"{(100 - 2 * EDGE) * seconds / timeline.seconds:.4f}%"


def place(at: float, timeline: Timeline) -> str:
    """A time as a place in the chart."""
    return f"{EDGE + (100 - 2 * EDGE) * at / timeline.seconds:.4f}%"
