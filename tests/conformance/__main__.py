"""`python -m tests.conformance`: every scenario on every target, side by side.

Prints a table, then one JSON line for each target; exit status 1 when a scenario failed.
`--compare A B` prints where two targets differ instead: see `compare`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.compare import differences
from tests.conformance.run import Outcome
from tests.conformance.scenario import Scenario, every_scenario
from tests.conformance.tape import Tape, read_tapes, write_tapes
from tests.conformance.targets import TARGETS, Ran, run_on

MARKS = {"passed": "ok", "failed": "FAILED", "not applicable": "-"}


def main() -> int:
    """Run, print, and tell the exit status."""
    told = arguments()
    scenarios = [
        each
        for each in every_scenario()
        if not told.only or any(part in (each.name, each.subject) for part in told.only)
    ]
    if not scenarios:
        print(f"no such scenario or subject: {' '.join(told.only)}", file=sys.stderr)  # noqa: T201
        return 2
    if told.compare:
        real, other = (tapes_of(each, scenarios, told) for each in told.compare)
        lines = differences(real, other, *told.compare, values=told.values)
        write(*lines, f"{len(lines)} differences" if lines else "no difference")
        return 1 if lines else 0
    counts = []
    for _ in range(told.repeat):
        results = run_on(told.target or list(TARGETS), scenarios, told.labs)
        for target, ran in results.items():
            report(target, ran.outcomes)
            keep(told.keep, target, ran.outcomes)
            counts.append(count(target, ran))
        write(*table(scenarios, results), "")
    write(*(json.dumps(each) for each in counts))
    return 1 if any(each["failed"] for each in counts) else 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--target", nargs="+", choices=TARGETS, help="default: all")
    parser.add_argument("--only", nargs="+", default=[], help="names of scenarios, or subjects")
    parser.add_argument("--repeat", type=int, default=1, help="how often")
    parser.add_argument(
        "--labs", default="", help="use the labs LABS-22 and LABS-16; leave them up"
    )
    parser.add_argument(
        "--keep", type=Path, help="a folder: TARGET.jsonl, what went over the wires"
    )
    parser.add_argument(
        "--compare", nargs=2, metavar=("REAL", "OTHER"), help="targets, or files of --keep"
    )
    parser.add_argument("--values", action="store_true", help="compare the fields' values as well")
    return parser.parse_args()


def tapes_of(target: str, scenarios: Sequence[Scenario], told: argparse.Namespace) -> list[Tape]:
    """What went over the wires: of a run, or of a file."""
    if target not in TARGETS:
        names = {each.name for each in scenarios}
        return [each for each in read_tapes(Path(target)) if each.scenario in names]
    outcomes = run_on([target], scenarios, told.labs)[target].outcomes
    report(target, outcomes)
    keep(told.keep, target, outcomes)
    return [each.tape for each in outcomes if each.tape is not None]


def keep(folder: Path | None, target: str, outcomes: Sequence[Outcome]) -> None:
    """Write what went over the wires."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        tapes = (each.tape for each in outcomes if each.tape is not None)
        write_tapes(folder / f"{target}.jsonl", tapes)


def report(target: str, outcomes: Sequence[Outcome]) -> None:
    """Print why what failed did."""
    for each in outcomes:
        if each.result == "failed":
            write(f"--- {target}: {each.scenario}", each.why, "")


def count(target: str, ran: Ran) -> dict[str, object]:
    """The JSON line of a target."""
    by = {
        result: [each.scenario for each in ran.outcomes if each.result == result]
        for result in MARKS
    }
    return {
        "target": target,
        "scenarios": len(by["passed"]) + len(by["failed"]),
        "passed": len(by["passed"]),
        "failed": by["failed"],
        "not_applicable": len(by["not applicable"]),
        "seconds": round(ran.seconds, 1),
    }


def table(scenarios: Sequence[Scenario], results: dict[str, Ran]) -> list[str]:
    """One row for each scenario, one column for each target, and the counts."""
    wide = max(len(each.name) for each in scenarios)
    lines = [f"{'':>3} {'scenario':{wide}}" + "".join(f"  {each:>8}" for each in results)]
    for row, each in enumerate(scenarios):
        marks = "".join(f"  {MARKS[of.outcomes[row].result]:>8}" for of in results.values())
        lines.append(f"{each.number or '':>3} {each.name:{wide}}{marks}")
    for result in MARKS:
        totals = "".join(
            f"  {sum(each.result == result for each in of.outcomes):>8}" for of in results.values()
        )
        lines.append(f"{'':>3} {result:{wide}}{totals}")
    return lines


def write(*lines: str) -> None:
    """Lines on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
