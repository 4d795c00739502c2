"""`python -m tests.conformance`: the table, the JSON lines, the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.__main__ import main
from tests.conformance.place import Place
from tests.conformance.scenario import KNOWN, Scenario


async def fails(a: Place) -> None:
    """A scenario that no server fulfils."""
    assert (await a.get("channels/nobody")).status == 200


FAILS = Scenario(None, "fails", "wrong", fails, frozenset(), ("22",), False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """Runs the command line; returns the exit status and what it printed."""
    monkeypatch.setitem(KNOWN, "fails", FAILS)

    def ran(*words: str) -> tuple[int, list[str]]:
        monkeypatch.setattr("sys.argv", ["conformance", *words])
        status = main()
        return status, capsys.readouterr().out.splitlines()

    return ran


def test_a_table_and_one_json_line_for_each_target(run) -> None:  # type: ignore[no-untyped-def]
    status, lines = run(
        "--target", "inside", "inside16", "--only", "app_get_list", "event_filter_both"
    )
    assert status == 0
    assert lines[0].split() == ["scenario", "inside", "inside16"]
    assert lines[1].split() == ["13", "app_get_list", "ok", "ok"]
    one, two = (json.loads(each) for each in lines[-2:])
    assert one.pop("seconds") < 10
    assert one == {
        "target": "inside",
        "scenarios": 2,
        "passed": 2,
        "failed": [],
        "not_applicable": 0,
    }
    assert two["target"] == "inside16"


def test_a_failure_is_told_and_is_the_exit_status(run) -> None:  # type: ignore[no-untyped-def]
    status, lines = run("--target", "inside", "inside16", "--only", "wrong", "app_get_list")
    assert status == 1
    assert lines[0] == "--- inside: fails"
    assert any("status=404" in each for each in lines)
    assert json.loads(lines[-2])["failed"] == ["fails"]
    assert json.loads(lines[-1])["not_applicable"] == 1


def test_kept_frames_are_compared(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    only = ("--only", "subscribe_all_bridges")
    assert run("--target", "inside", "--keep", str(tmp_path), *only)[0] == 0
    kept = tmp_path / "inside.jsonl"
    assert run("--compare", str(kept), "inside", "--values", *only) == (0, ["no difference"])
    kept.write_text(kept.read_text("utf-8").replace('"named"', '"otherwise"'), "utf-8")
    status, lines = run("--compare", str(kept), "inside", "--values", *only)
    assert status == 1
    assert any("bridge.name is 'otherwise'" in each for each in lines)


def test_a_scenario_that_there_is_not(run) -> None:  # type: ignore[no-untyped-def]
    assert run("--only", "nonsense")[0] == 2
