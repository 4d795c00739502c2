"""Sampled stacks as a flame graph: one SVG without a script, and the share of each place.

A stack is its frames from the outermost on, each `function (file)`. The width of a box is how often
its function was on the stack; what stands on it was called by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape

import attrs

__all__ = ["Stacks", "drawn", "folded", "shares"]

Stacks = Mapping[tuple[str, ...], int]

WIDTH, HEIGHT, LETTER, LEAST = 1200.0, 17, 6.6, 0.8
IMPORTING = "<frozen importlib"
# Whose code it is, by how its file begins; the first that fits.
OWNERS = (
    ("bench/", "the call's own code", "#8fbf7f"),
    ("stasis/", "stasis", "#f2a65a"),
    ("<attrs", "stasis", "#f2a65a"),
    ("aiohttp/", "aiohttp, websockets", "#7fb2d9"),
    ("websockets/", "aiohttp, websockets", "#7fb2d9"),
    ("asyncio/", "asyncio", "#c9c9c9"),
    ("", "other libraries", "#d9c27f"),
)


@attrs.define
class Box:
    """One function on one stack. depth: how many are below it. count: of samples."""

    frame: str
    depth: int
    first: int
    count: int


def folded(text: str, root: str) -> Stacks:
    """What `py-spy record --format raw` has written, from a frame that ends with `root` on.

    Stacks without one are left out, and what imports: they are of the start of the process.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        at = next((at for at, frame in enumerate(frames) if frame.endswith(root)), None)
        if at is not None and IMPORTING not in stack:
            found[tuple(frames[at + 1 :])] += int(count)
    return found


def file_of(frame: str) -> str:
    """The file of a frame."""
    return frame.partition(" (")[2].removesuffix(")")


def owner(frame: str) -> tuple[str, str]:
    """Whose code a frame is, and the colour of it."""
    file = file_of(frame)
    return next((who, colour) for start, who, colour in OWNERS if file.startswith(start))


def shares(stacks: Stacks, most: int = 12) -> list[tuple[str, str, float]]:
    """Where the time goes: file, whose it is, and its part of all samples, largest first.

    A sample counts for the innermost function; what is written in C for the Python that calls it.
    """
    counts: Counter[str] = Counter()
    owners: dict[str, str] = {}
    for stack, count in stacks.items():
        if stack:
            frame = stack[-1]
            name = "what attrs generates" if "<attrs" in frame else file_of(frame)
            counts[name] += count
            owners[name] = owner(frame)[0]
    whole = max(1, counts.total())
    return [(name, owners[name], count / whole) for name, count in counts.most_common(most)]


def boxes(stacks: Stacks) -> Iterator[Box]:
    """All boxes: equal beginnings of stacks are one."""
    open_boxes: list[Box] = []
    at = 0
    for stack in sorted(stacks):
        same = 0
        while same < min(len(stack), len(open_boxes)) and open_boxes[same].frame == stack[same]:
            same += 1
        yield from open_boxes[same:]
        del open_boxes[same:]
        for depth in range(same, len(stack)):
            open_boxes.append(Box(stack[depth], depth, at, 0))
        for box in open_boxes:
            box.count += stacks[stack]
        at += stacks[stack]
    yield from open_boxes


def drawn(stacks: Stacks, title: str) -> str:
    """The picture."""
    whole = max(1, sum(stacks.values()))
    shown = [box for box in boxes(stacks) if box.count * WIDTH / whole >= LEAST]
    depth = max((box.depth for box in shown), default=0) + 1
    bottom = (depth + 2) * HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {bottom + HEIGHT}"'
        ' font-family="monospace" font-size="11">',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="4" y="13">{escape(title)}</text>',
    ]
    for box in shown:
        start, width = box.first * WIDTH / whole, box.count * WIDTH / whole
        top = bottom - (box.depth + 1) * HEIGHT
        name = box.frame.partition(" (")[0]
        room = int((width - 4) / LETTER)
        text = name if len(name) <= room else f"{name[: room - 1]}…" if room > 3 else ""
        lines.append(
            f'<g><title>{escape(box.frame)}: {box.count / whole:.1%}</title><rect x="{start:.1f}"'
            f' y="{top}" width="{width:.1f}" height="{HEIGHT - 1}" fill="{owner(box.frame)[1]}"/>'
            + (f'<text x="{start + 2:.1f}" y="{top + 12}">{escape(text)}</text>' if text else "")
            + "</g>"
        )
    for number, (who, colour) in enumerate(dict.fromkeys(each[1:] for each in OWNERS)):
        left = 4 + number * 170
        lines.append(
            f'<rect x="{left}" y="{bottom + 3}" width="11" height="11" fill="{colour}"/>'
            f'<text x="{left + 16}" y="{bottom + 13}">{escape(who)}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"
