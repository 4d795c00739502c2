"""Logs: one line an event, nothing that breaks it, and no secret in a traceback."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from base64 import b64encode
from collections.abc import Iterator

import pytest
import structlog

from stasis.config import LogConfig
from stasis.logs import FIELD_LIMIT, LIBRARIES, Foreign, set_up

HOSTILE = "\x1b[31mred\x1b[0m\r\nfake line\x07 é"
# What a caller's name may hold: colours, a new line, a carriage return that hides what stands
# before it, a reversed reading direction, line ends of Unicode, C1 controls, half a character.
NAMES = [
    "\x1b[2J\x1b[31mroot",
    "bob\n2026-11-25 00:00:00 [error    ] fake",
    "hidden\rshown",
    "\u202ecod.exe\u202c",
    "\u2066x\u2069\u200f",
    "a\u2028b\u2029c\x85d",
    "\x9b31m\x00\x7f\x08",
    "\ud800",
    "\ufeffbob\u200b",
]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave structlog and `logging` as they were."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, LIBRARIES)]
    levels = [each.level for each in loggers]
    yield
    structlog.reset_defaults()
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)
    for handler in [each for each in root.handlers if isinstance(each, Foreign)]:
        root.removeHandler(handler)


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
    call = {"server": "main", "channel": "c1", "app": "ivr", "flow": "Ivr", "state": "menu"}
    with structlog.contextvars.bound_contextvars(**call):
        structlog.get_logger("test").info("it")
        logging.getLogger("a.library").warning("slow: %d s", 3)
    for line in capsys.readouterr().err.splitlines():
        assert call.items() <= json.loads(line).items()


async def test_also_on_those_of_tasks_that_its_code_has_started(
    capsys: pytest.CaptureFixture[str],
):
    async def look_up() -> None:
        structlog.get_logger("test").info("it")

    set_up(LogConfig(format="json"))
    with structlog.contextvars.bound_contextvars(channel="c1", state="menu"):
        task = asyncio.create_task(look_up())
    await task
    record = json.loads(capsys.readouterr().err)
    assert (record["channel"], record["state"]) == ("c1", "menu")


class Odd:
    """An object whose `repr` is what somebody else said."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@pytest.mark.parametrize("format", ["console", "json"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_whatever_a_caller_is_called_a_line_stays_one_line_of_plain_text(
    format: str, name: str, capsys: pytest.CaptureFixture[str]
):
    set_up(LogConfig(format=format))  # type: ignore[arg-type]
    log = structlog.get_logger("test")
    log.info("call", caller=name, args=[name, "x"], other=Odd(name), more={"name": name})
    log.info(f"call of {name}")
    logging.getLogger("a.library").warning("call of %s", name)
    lines = capsys.readouterr().err.split("\n")
    assert lines.pop() == "" and len(lines) == 3
    assert all(line.isprintable() for line in lines), lines


@pytest.mark.parametrize("format", ["console", "json"])
def test_a_name_without_end_does_not_fill_the_disk(format: str, capsys: pytest.CaptureFixture[str]):
    set_up(LogConfig(format=format))  # type: ignore[arg-type]
    long = "x" * 1_000_000
    structlog.get_logger("test").info(long, caller=long, args=[long])
    text = capsys.readouterr().err
    assert len(text) < 4 * FIELD_LIMIT
    assert text.count("(1000000 characters)") == 3


class TestLibraries:
    """What is written with Python's own `logging` comes in the same form."""

    def test_it_is_a_line_like_ours_with_the_loggers_name(self, capsys: pytest.CaptureFixture[str]):
        set_up(LogConfig(format="json"))
        logging.getLogger("a.plugin").info("%s opened", "the door")
        record = json.loads(capsys.readouterr().err)
        assert record.pop("timestamp")
        assert record == {"event": "the door opened", "level": "info", "logger": "a.plugin"}

    def test_a_traceback_comes_along(self, capsys: pytest.CaptureFixture[str]):
        set_up(LogConfig())
        try:
            fail()
        except ValueError:
            logging.getLogger("a.plugin").exception("it failed")
        text = capsys.readouterr().err
        assert "it failed" in text and "test_logs.py" in text
        assert all(c == "\n" or c.isprintable() for c in text)

    def test_levels_of_ones_own_are_rounded_down(self, capsys: pytest.CaptureFixture[str]):
        set_up(LogConfig(format="json", level="debug"))
        logging.getLogger("a.plugin").log(25, "notice")
        logging.getLogger("a.plugin").log(5, "trace")
        logging.getLogger("a.plugin").setLevel(1)
        logging.getLogger("a.plugin").log(5, "trace")
        levels = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
        assert levels == ["info", "debug"]
        logging.getLogger("a.plugin").setLevel(logging.NOTSET)

    def test_the_level_holds_for_them_too(self, capsys: pytest.CaptureFixture[str]):
        set_up(LogConfig(level="error"))
        logging.getLogger("a.plugin").warning("it")
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("name", ["websockets.server", "aiohttp.client", "asyncio"])
    def test_what_libraries_say_of_headers_and_frames_is_not_written(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ):
        set_up(LogConfig(level="debug"))
        logging.getLogger(name).debug("> Authorization: Basic Z2VoZWlt")
        assert capsys.readouterr().err == ""
        logging.getLogger(name).warning("it")
        assert "it" in capsys.readouterr().err

    def test_what_alembic_does_at_each_start_is_not_written(
        self, capsys: pytest.CaptureFixture[str]
    ):
        set_up(LogConfig(level="info"))
        logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
        assert capsys.readouterr().err == ""

    def test_setting_up_twice_writes_each_line_once(self, capsys: pytest.CaptureFixture[str]):
        set_up(LogConfig())
        set_up(LogConfig())
        logging.getLogger("a.plugin").warning("it")
        assert capsys.readouterr().err.count("\n") == 1

    def test_a_record_that_cannot_be_formatted_stops_nothing(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(logging, "raiseExceptions", False)
        set_up(LogConfig())
        logging.getLogger("a.plugin").warning("%d", "no number")
        logging.getLogger("a.plugin").warning("the next")
        assert "the next" in capsys.readouterr().err


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
