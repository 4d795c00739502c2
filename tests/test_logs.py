"""Logs: one line an event, nothing that breaks it, and no secret in a traceback."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator

import pytest
import structlog

from stasis.config import LogConfig
from stasis.logs import set_up

HOSTILE = "\x1b[31mred\x1b[0m\r\nfake line\x07 é"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave structlog as it was."""
    yield
    structlog.reset_defaults()


def fail() -> None:
    """Raise, with a secret in a local variable."""
    authorization = b64encode(b"stasis:geheim").decode()
    raise ValueError(f"no {len(authorization)} {HOSTILE}")


def log_failure() -> None:
    """Log a failure with its traceback, and hostile texts everywhere."""
    log = structlog.get_logger("test")
    try:
        fail()
    except ValueError as error:
        log.error(f"it failed: {HOSTILE}", caller=HOSTILE, exc_info=error)


def test_a_console_line_has_level_event_and_fields(capsys: pytest.CaptureFixture[str]):
    set_up(LogConfig())
    structlog.get_logger("test").info("enters state", channel="c1", state="menu")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "[info" in line and "enters state" in line and "channel='c1'" in line


def test_a_json_line_is_one_object(capsys: pytest.CaptureFixture[str]):
    set_up(LogConfig(format="json"))
    structlog.get_logger("test").warning("lost", reason="closed")
    record = json.loads(capsys.readouterr().err)
    assert record.pop("timestamp")
    assert record == {"event": "lost", "level": "warning", "reason": "closed"}


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", "debug info warning error"),
        ("info", "info warning error"),
        ("warning", "warning error"),
        ("error", "error"),
    ],
)
def test_what_is_below_the_level_is_not_written(
    level: str, written: str, capsys: pytest.CaptureFixture[str]
):
    set_up(LogConfig(level=level, format="json"))  # type: ignore[arg-type]
    log = structlog.get_logger("test")
    for each in ("debug", "info", "warning", "error"):
        getattr(log, each)("it")
    lines = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert " ".join(lines) == written


def test_a_calls_context_is_on_each_of_its_lines(capsys: pytest.CaptureFixture[str]):
    set_up(LogConfig(format="json"))
    with structlog.contextvars.bound_contextvars(channel="c1", flow="Ivr"):
        structlog.get_logger("test").info("it")
    record = json.loads(capsys.readouterr().err)
    assert (record["channel"], record["flow"]) == ("c1", "Ivr")


def test_what_comes_from_outside_cannot_colour_the_terminal_or_break_a_line(
    capsys: pytest.CaptureFixture[str],
):
    set_up(LogConfig())
    log_failure()
    text = capsys.readouterr().err
    assert all(c == "\n" or c.isprintable() for c in text)
    first, *trace = text.splitlines()
    assert "fake line" in first and "caller=" in first
    assert trace[0] == "Traceback (most recent call last):"
    assert "é" in text


def test_nor_in_json(capsys: pytest.CaptureFixture[str]):
    set_up(LogConfig(format="json"))
    log_failure()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable() and json.loads(line)["caller"] == HOSTILE


@pytest.mark.parametrize(
    ("format", "tty"), [("console", False), ("console", True), ("json", False)]
)
def test_a_traceback_tells_where_but_no_local_variables(
    format: str, tty: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    # On a terminal structlog would take rich, which shows them.
    monkeypatch.setattr(sys.stderr, "isatty", lambda: tty)
    set_up(LogConfig(format=format))  # type: ignore[arg-type]
    log_failure()
    text = capsys.readouterr().err
    assert "test_logs.py" in text and "ValueError: no" in text.replace('", "exc_value": "', ": ")
    assert b64encode(b"stasis:geheim").decode() not in text
