"""Columns: what they take, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects import sqlite

from stasis.sql import Listed, Moment, Words, words

DIALECT = sqlite.dialect()


def test_a_moment_without_a_time_zone_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="no time zone; use"):
        Moment().process_bind_param(datetime(2026, 1, 1), DIALECT)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0001-01-01T00:00:00+14:00", datetime.min), ("9999-12-31T23:59:59-12:00", datetime.max)],
)
def test_a_moment_beyond_the_ends_of_time_is_at_its_end(given: str, kept: datetime):
    found = Moment().process_bind_param(datetime.fromisoformat(given), DIALECT)
    assert found == kept.replace(tzinfo=UTC)


def test_a_moment_of_a_database_that_knows_no_zones_is_utc():
    found = Moment().process_result_value(datetime(2026, 1, 1), DIALECT)
    assert found == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "kept"), [("", ""), (None, None), ("Jürg ☎", "Jürg ☎"), ("a\0b\udcff", "ab?")]
)
def test_words_are_what_every_database_keeps(given: str | None, kept: str | None):
    assert Words().process_bind_param(given, DIALECT) == kept


def test_a_column_of_words_is_never_null():
    assert not words("title").nullable


@pytest.mark.parametrize(
    ("given", "kept", "back"),
    [
        (("b", "a"), "b a", ("b", "a")),
        (frozenset({"b", "a"}), "a b", ("a", "b")),
        ((), "", ()),
        (None, None, None),
    ],
)
def test_listed_words_are_one_text(given, kept, back):
    assert Listed().process_bind_param(given, DIALECT) == kept
    assert Listed().process_result_value(kept, DIALECT) == back
