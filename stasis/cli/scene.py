"""The terminal while a flow is played: its states, the one that lights up, and what happened."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stasis.graph import Graph
from stasis.testing.play import KEYS, Play

__all__ = ["Scene", "picture_of"]

STYLES = {"state": "green", "hears": "cyan", "does": "yellow", "phone": "magenta", "error": "red"}
LAST = 14


class Scene:
    """What is shown. Use it in `with`. playing: the call."""

    def __init__(self, playing: Play, console: Console | None = None) -> None:
        self._playing = playing
        self._live = Live(picture_of(playing), console=console, auto_refresh=False, screen=True)

    def __enter__(self) -> Scene:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def redraw(self) -> None:
        """Show it as it is now."""
        self._live.update(picture_of(self._playing), refresh=True)


def picture_of(playing: Play) -> RenderableType:
    """The whole screen."""
    graph = Graph.of(playing.flow)
    states = Table.grid(padding=(0, 1))
    for state in graph.states:
        here = state == playing.state and not playing.over
        since = f"{playing.in_state:5.1f} s" if here else ""
        style = "bold black on green" if here else "dim"
        states.add_row(Text("●" if here else "○", style), Text(state, style), Text(since))
    ways = Table.grid(padding=(0, 1))
    for edge in graph.edges:
        if edge.state == playing.state and not playing.over:
            ways.add_row(Text(edge.words, "bold"), Text(f"→ {edge.target}"))
    told = Text()
    for moment in playing.moments[-LAST:]:
        told.append(f"{moment.at:7.1f} s  ", "dim")
        told.append(f"{moment.text}\n", STYLES.get(moment.kind, "bold"))
    keys = Text("0-9*# digits", "bold")
    for key, (words, _) in KEYS.items():
        keys.append(f"   {'space' if key == ' ' else key} ", "bold cyan")
        keys.append(words)
    keys.append("   q ", "bold cyan").append("quit")
    head = "no call" if playing.over else f"in a call for {playing.elapsed:.0f} s"
    above = Table.grid(expand=True, padding=(0, 2))
    above.add_row(
        Panel(states, title=graph.name, border_style="green"),
        Panel(ways, title="what leads on", border_style="blue"),
    )
    return Group(above, Panel(told, title=head, height=LAST + 2), keys)
