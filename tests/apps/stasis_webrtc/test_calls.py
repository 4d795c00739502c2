"""Calls of softphones, from the first ring to hang-up, each a row of a table in `calls/`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from stasis.testing.clock import run
from tests.apps.stasis_webrtc.calls.basic import CALLS, ENDS, OUTSIDE, REFUSED
from tests.apps.stasis_webrtc.calls.devices import REJOINS
from tests.apps.stasis_webrtc.calls.forwards import AFTER_DEPLOYS, FORWARDS, MAILBOX, MESSAGES
from tests.apps.stasis_webrtc.calls.row import Row, went
from tests.apps.stasis_webrtc.calls.talks import ATTENDED, CONFERENCES, HOLDS, TRANSFERS

TABLES = {
    "calls": CALLS,
    "ends": ENDS,
    "refused": REFUSED,
    "outside": OUTSIDE,
    "forwards": FORWARDS,
    "messages": MESSAGES,
    "mailbox": MAILBOX,
    "holds": HOLDS,
    "transfers": TRANSFERS,
    "attended": ATTENDED,
    "conferences": CONFERENCES,
    "rejoins": REJOINS,
    "deploys": AFTER_DEPLOYS,
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The log is not printed: so many calls write a lot of it."""
    with capture_logs():
        yield


def rows() -> list[object]:
    """All rows, each by its name."""
    return [
        pytest.param(row, id=f"{table}: {row.what}") for table in TABLES for row in TABLES[table]
    ]


class TestCalls:
    @pytest.mark.parametrize("row", rows())
    def test_a_call_goes_as_its_row_says(self, row: Row):
        assert run(went(row)) == row

    @pytest.mark.parametrize("row", rows())
    def test_and_so_it_does_on_asterisk_16(self, row: Row):
        row = evolve(row, version="16")
        assert run(went(row)) == row


class TestTable:
    @pytest.mark.parametrize("table", TABLES)
    def test_every_row_has_a_name_of_its_own(self, table: str):
        names = [row.what for row in TABLES[table]]
        assert len(set(names)) == len(names)
