"""What the tests of one run have walked of all flows: `--flow-cov`, and its reports."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from stasis.cli.target import target
from stasis.coverage import Coverage
from stasis.draw import draw
from stasis.errors import StasisError
from stasis.flow import Flow
from stasis.graph import Edge, Graph, name_of
from stasis.picture import picture
from stasis.program import Runnable
from stasis.walk import EVERYWHERE, Walked

__all__ = ["FlowCov", "ReportError"]

KINDS = ("term", "mermaid", "svg", "json")


class ReportError(StasisError):
    """A kind of report that there is not, or one that lacks its file or folder."""


class FlowCov:
    """The coverage of all flows, by name. It looks on at all calls until it is closed.

    wanted: which to report, `module:Name` or `module`; none is all that were run, but for those
    that a function of a test has defined. reports: `term`, `mermaid:FOLDER`, `svg:FOLDER`,
    `json:FILE`; none is `term`. fail_under: the least percentage; None takes any. problem: why
    what is wanted was not found, or "". Raises ReportError.
    """

    def __init__(
        self, wanted: list[str], reports: list[str], fail_under: float | None = None
    ) -> None:
        self.flows: dict[str, Coverage] = {}
        self.reports = [parsed(report) for report in reports or ["term"]]
        self.fail_under = fail_under
        self.problem = ""
        self._wanted = wanted
        self._names: set[str] | None = None
        EVERYWHERE.append(self.hear)

    def close(self) -> None:
        """Look on no more."""
        if self.hear in EVERYWHERE:
            EVERYWHERE.remove(self.hear)

    def hear(self, step: Walked) -> None:
        """One step of a call."""
        name = name_of(step.flow)
        if name not in self.flows:
            self.flows[name] = Coverage.of(step.flow)
        self.flows[name].add(step)

    def find(self) -> None:
        """Import the flows that are wanted, unless it was done. What is not found is `problem`."""
        if self._names is not None:
            return
        self._names = set()
        for text in self._wanted:
            try:
                flows = [target(text)] if ":" in text else flows_of(text)
            except Exception as error:  # of their modules too: tests have run, and count
                self.problem = self.problem or f"--flow-cov={text}: {error}"
                continue
            for flow in flows:
                self.flows.setdefault(name_of(flow), Coverage.of(flow))
                self._names.add(name_of(flow))

    def shown(self) -> list[Coverage]:
        """What the reports show, by name."""
        self.find()
        if self._wanted:
            return [self.flows[name] for name in sorted(self._names or ())]
        return [self.flows[name] for name in sorted(self.flows) if "<locals>" not in name]

    # To and from pytest-xdist's other processes, and the JSON report

    def data(self) -> dict[str, Any]:
        """All of it, in plain values."""
        return {name: plain(coverage) for name, coverage in self.flows.items()}

    def merge(self, data: Mapping[str, Any]) -> None:
        """Add what another process has seen."""
        for name, seen in data.items():
            edges = [(Edge(**edge["edge"]), edge["walked"]) for edge in seen["transitions"]]
            graph = Graph(seen["flow"], tuple(seen["states"]), tuple(edge for edge, _ in edges))
            coverage = self.flows.setdefault(name, Coverage(name, graph))
            states = (state for state, walked in seen["states"].items() if walked)
            coverage.merge(states, (edge for edge, walked in edges if walked))

    # Reports

    @property
    def percent(self) -> float:
        """The part of all states and transitions that was walked, 0 to 100."""
        there = sum(len(c.graph.states) + len(c.graph.edges) for c in self.shown())
        walked = sum(len(c.states) + len(c.edges) for c in self.shown())
        return 100.0 * walked / there if there else 0.0

    @property
    def fault(self) -> str:
        """What is wrong: a flow that was not found, or less was walked than must be; else ""."""
        if self.problem:
            return self.problem
        if self.fail_under is None or self.percent >= self.fail_under:
            return ""
        return f"FAIL: flow coverage of {self.fail_under:g}% not reached; it is {self.percent:.1f}%"

    def lines(self) -> list[str]:
        """The table for the terminal, if it is asked for, and which files were written."""
        lines: list[str] = []
        if any(kind == "term" for kind, _ in self.reports):
            lines += table(self.shown(), self.percent)
        return lines + [f"written: {path}" for kind, path in self.reports if kind != "term"]

    def write(self) -> None:
        """Write the files. Raises OSError."""
        for kind, path in self.reports:
            if kind == "json":
                shown = {coverage.name: plain(coverage) for coverage in self.shown()}
                report = {"percent": round(self.percent, 2), "flows": shown}
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
            elif kind != "term":
                path.mkdir(parents=True, exist_ok=True)
                for coverage in self.shown():
                    file, text = drawing(coverage, kind)
                    (path / file).write_text(text, "utf-8")


def parsed(report: str) -> tuple[str, Path]:
    """A report's kind and place. Raises ReportError."""
    kind, colon, path = report.partition(":")
    if kind not in KINDS or (kind == "term") == bool(colon) or (colon and not path):
        raise ReportError(
            f"--flow-cov-report={report}: write term, mermaid:FOLDER, svg:FOLDER or json:FILE"
        )
    return kind, Path(path)


def flows_of(name: str) -> list[Runnable]:
    """All Flow classes that a module defines. Raises ReportError when there are none."""
    module = importlib.import_module(name)
    flows: list[Runnable] = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Flow) and each.__module__ == module.__name__ and hasattr(each, "start")
    ]
    if not flows:
        raise ReportError(f"{name} defines no Flow class; write module:function for a function")
    return flows


def plain(coverage: Coverage) -> dict[str, Any]:
    """A coverage in plain values."""
    states, edges = set(coverage.states), set(coverage.edges)
    return {
        "flow": coverage.graph.name,
        "percent": round(coverage.percent, 2),
        "states": {state: state in states for state in coverage.graph.states},
        "transitions": [
            {"edge": attrs.asdict(edge), "walked": edge in edges} for edge in coverage.graph.edges
        ],
    }


def drawing(coverage: Coverage, kind: str) -> tuple[str, str]:
    """A diagram's file name and text. kind: `mermaid` or `svg`."""
    name = coverage.name.replace(":", ".")
    if kind == "svg":
        return f"{name}.svg", picture(coverage.graph, coverage)
    return f"{name}.mmd", draw(coverage.graph, coverage)


def table(shown: list[Coverage], percent: float) -> list[str]:
    """The lines of the terminal's table: each flow, and what is missing of it by name."""
    if not shown:
        return ["no flow was run"]
    width = max(len(coverage.name) for coverage in shown)
    lines = [f"{'flow':{width}}    states  transitions   cover"]
    for coverage in shown:
        graph = coverage.graph
        states = f"{len(coverage.states)}/{len(graph.states)}"
        edges = f"{len(coverage.edges)}/{len(graph.edges)}"
        lines.append(f"{coverage.name:{width}}  {states:>8}  {edges:>11}  {coverage.percent:5.0f}%")
        if coverage.missing_states:
            lines.append(f"  never entered: {', '.join(coverage.missing_states)}")
        lines += [f"  never walked: {edge}" for edge in coverage.missing_edges]
    if len(shown) > 1:
        lines.append(f"{'all':{width}}  {'':8}  {'':11}  {percent:5.0f}%")
    return lines
