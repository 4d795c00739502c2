"""What is written is taken literally, and results and remarks do not mix."""

from __future__ import annotations

import json

import pytest

from stasis.cli.screen import as_json, error_text, say, table, tell
from stasis.errors import ConfigError, StasisError, Unreachable

ODD = "[bold]x[/bold] :smile: " + "long " * 60 + "end"


def test_results_go_to_standard_output_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """No markup, no emoji, no line broken: people copy them."""
    tell(ODD, "red")
    assert capsys.readouterr() == (f"{ODD}\n", "")


def test_remarks_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say(ODD)
    assert capsys.readouterr() == ("", f"{ODD}\n")


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    as_json({"text": ODD, "é": [1]})
    assert json.loads(capsys.readouterr().out) == {"text": ODD, "é": [1]}


def test_a_table_shows_every_cell_literally(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    table(("a", "b"), [("[red]1[/red]", "two")], ["red"])
    out = capsys.readouterr().out
    assert "[red]1[/red]" in out and "two" in out


def test_a_wrong_configuration_is_a_list() -> None:
    text = error_text(ConfigError("one", "two"))
    assert text == "the configuration is wrong:\n  - one\n  - two"


def test_a_request_that_failed_points_at_the_doctor() -> None:
    assert "`stasis doctor`" in error_text(Unreachable("GET", "/x", "no connection"))
    assert error_text(StasisError("plain")) == "plain"
