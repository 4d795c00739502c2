"""The log of failed log-ins: appended, bounded, and begun anew when it was moved away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stasis.pbx import Unavailable
from stasis.pbx.failure import Failure
from stasis.pbx.failure_log import FailureLog

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)


def failure(minutes: int = 0) -> Failure:
    """One, so long after noon."""
    return Failure(
        at=AT + timedelta(minutes=minutes),
        address="192.0.2.7",
        kind="InvalidPassword",
        service="AMI",
        transport="TCP",
        account="alice",
    )


def test_it_is_made_with_its_folder_and_not_for_everybody(tmp_path: Path):
    log = FailureLog(tmp_path / "a" / "b" / "security.log", 4096)
    log.write(())
    assert log.path.read_text() == "" and log.path.stat().st_mode & 0o007 == 0


def test_what_is_written_is_read_since_then(tmp_path: Path):
    log = FailureLog(tmp_path / "security.log", 4096)
    log.write([failure(0), failure(1)])
    log.write([failure(2)])
    assert list(log.read(AT)) == [failure(0), failure(1), failure(2)]
    assert list(log.read(AT + timedelta(minutes=2))) == [failure(2)]


def test_it_takes_twice_its_limit_at_most(tmp_path: Path):
    log = FailureLog(tmp_path / "security.log", 4096)
    for number in range(200):
        log.write([failure(number)])
        assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 2 * 4096 + 200
    kept = list(log.read(AT))
    assert kept[-1] == failure(199) and kept == [
        failure(200 - len(kept) + n) for n in range(len(kept))
    ]
    assert {each.name for each in tmp_path.iterdir()} <= {"security.log", "security.log.1"}


def test_one_that_was_moved_away_is_begun_anew(tmp_path: Path):
    log = FailureLog(tmp_path / "security.log", 4096)
    log.write([failure(0)])
    log.path.rename(tmp_path / "security.log-20261129")
    log.write([failure(1)])
    assert list(log.read(AT)) == [failure(1)]


def test_foreign_lines_are_left_out(tmp_path: Path):
    log = FailureLog(tmp_path / "security.log", 4096)
    log.path.write_bytes(b"something else\n\xff\xfe\n" + failure().line().encode() + b"\nhalf a li")
    assert list(log.read(AT)) == [failure()]


def test_where_it_cannot_be(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="log in .asterisk.security"):
        FailureLog(tmp_path / "file" / "security.log", 4096).write([failure()])
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        list(FailureLog(tmp_path / "folder", 4096).read(AT))
    with pytest.raises(FileNotFoundError):
        list(FailureLog(tmp_path / "nothing", 4096).read(AT))
