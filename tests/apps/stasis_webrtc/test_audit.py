"""The audit log: a row and a line each, fit to be read."""

from __future__ import annotations

import pytest
from stasis_webrtc.audit import Audit, shown
from structlog.testing import capture_logs

from tests.apps.stasis_webrtc.accounts import NOON, Desk


async def test_each_is_a_row_and_a_line(desk: Desk):
    with capture_logs() as logs:
        await desk.audit.note("grant_refused", "ann", session="s1", detail="+49900")
    row = (await desk.store.audit())[0]
    assert (row.at, row.kind, row.user, row.session, row.detail, row.by) == (
        NOON, "grant_refused", "ann", "s1", "+49900", ""
    )  # fmt: skip
    assert logs == [
        {
            "event": "grant_refused",
            "log_level": "warning",
            "user": "ann",
            "session": "s1",
            "detail": "+49900",
        }
    ]


async def test_what_is_as_it_should_be_is_no_warning(quick_desk: Desk):
    with capture_logs() as logs:
        await quick_desk.audit.note("logged_in", "ann")
    assert logs[0]["log_level"] == "info"


async def test_a_row_that_cannot_be_written_stops_nothing(quick_desk: Desk):
    await quick_desk.store.close()
    with capture_logs() as logs:
        await quick_desk.audit.note("logged_in", "ann")
    assert [each["event"] for each in logs] == ["logged_in", "not in the audit log"]


async def test_it_can_be_without_lines(quick_desk: Desk):
    with capture_logs() as logs:
        await Audit(quick_desk.store, quick_desk.clock, lines=False).note("logged_in", "ann")
    assert logs == [] and await quick_desk.kinds() == ["logged_in"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Jürg ☎", "Jürg ☎"),
        ("a\nlevel=error", "a?level=error"),
        ("\x1b[31mred\0", "?[31mred?"),
        ("a\u202eb\ud800", "a?b?"),
        ("x" * 200, "x" * 200),
        ("x" * 9999, "x" * 199 + "…"),
    ],
)
def test_what_strangers_send_is_one_short_line(given: str, told: str):
    assert shown(given) == told
