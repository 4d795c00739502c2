"""What the arguments of a thing mean."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from stasis.pbx.cdr_wanted import Wanted, wanted_of
from stasis.pbx.errors import BadValue


def wanted(**given: Any) -> Wanted:
    plain = {"since": "", "until": "", "disposition": "", "answered": False}
    return wanted_of("cdr.list", **{**plain, **given})


def test_moments_are_read():
    found = wanted(since="2026-11-29T12:00Z", until="2026-11-30T12:00Z", party="2001")
    assert found == Wanted(
        since=datetime(2026, 11, 29, 12, tzinfo=UTC),
        until=datetime(2026, 11, 30, 12, tzinfo=UTC),
        party="2001",
    )


def test_answered_is_a_disposition():
    assert wanted(answered=True) == wanted(disposition="ANSWERED")


def test_answered_and_another_disposition_cannot_be_meant():
    with pytest.raises(BadValue, match="leave one of them out"):
        wanted(answered=True, disposition="BUSY")


@pytest.mark.parametrize("text", ["2026-02-30", "9999-12-31T23:59:99Z", "9999-12-31T23:59-12:00"])
def test_a_moment_that_there_is_not_is_refused(text: str):
    with pytest.raises(BadValue, match=re.escape(f"since: {text} is no moment")):
        wanted(since=text)
