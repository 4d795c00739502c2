"""`stasis events`: a line for each event, and what may not be asked for; on a real server it is in
tests/asterisk/pbx/test_events.py.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from stasis.cli.events import line
from stasis.cli.main import main
from stasis.pbx import Events, Happening

EVENT = Happening(
    time=datetime(2026, 11, 23, 10, 0, 1, 234567, tzinfo=UTC),
    server="east",
    source="ami",
    type="Hangup",
    group="calls",
    channel="PJSIP/alice-1",
    what="Cause=16 [red]\x1b[2J",
    fields={"Cause": "16"},
)


def test_for_people_it_is_one_line_that_a_terminal_does_not_obey(
    capsys: pytest.CaptureFixture[str],
):
    line(EVENT, json=False, named=True)
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and "\x1b" not in told
    words = told.split()
    assert words[0].endswith(":01.234")
    assert words[1:6] == ["east", "ami", "Hangup", "PJSIP/alice-1", "Cause=16"]
    assert "[red]" in told


def test_for_machines_it_is_one_object_a_line(capsys: pytest.CaptureFixture[str]):
    line(EVENT, json=True, named=True)
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert json.loads(told)["fields"] == {"Cause": "16"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--group", "call"], "--group call: one of calls, cdr"),
        (["--server", "west"], "--server west: there are asterisk"),
        (["--source", "cli"], "'cli' is not one of"),
    ],
)
def test_what_cannot_be_is_told(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    assert main(["events", *words]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_where_nobody_tells_anything_it_fails_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("stasis.toml").write_text('[asterisk]\nurl = "http://127.0.0.1:1/ari"\n')
    assert main(["events", "--source", "ami"]) == 1
    assert "set username in [asterisk.ami]" in " ".join(capsys.readouterr().err.split())


class Heard:
    """Stands for what follows events: these types, and then the end."""

    def __init__(self, *types: str) -> None:
        self.types = list(types)

    async def __aenter__(self) -> Heard:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def __aiter__(self) -> Heard:
        return self

    async def __anext__(self) -> Happening:
        if not self.types:
            raise StopAsyncIteration
        return msgspec.structs.replace(EVENT, type=self.types.pop(0))


@pytest.mark.parametrize(
    ("types", "code"),
    [(["Lost", "Gap", "Hangup"], 0), (["Lost"], 1), (["Hangup", "Missed"], 0), ([], 1)],
)
def test_what_is_said_of_the_events_themselves_is_not_counted(
    types: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Events, "follow", lambda *_, **__: Heard(*types))
    assert main(["events", "--count", "1"]) == code
    assert ("0 of 1 events came" in capsys.readouterr().err) == bool(code)


@pytest.mark.parametrize(("group", "code"), [("queues", 1), ("calls", 0)])
def test_what_no_way_is_left_for_is_not_waited_for(
    group: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Events, "follow", lambda *_, **__: Heard("Lost", "Hangup"))
    assert main(["events", "--group", group, "--count", "1"]) == code
    assert ("nothing left to hear: " in capsys.readouterr().err) == bool(code)
