"""Calls of softphones, from the first ring to hang-up, each a row of a table in `calls/`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from stasis_webrtc.view import Peer
from structlog.testing import capture_logs

from stasis.testing.clock import run, virtual_time
from tests.apps.stasis_webrtc.calls.basic import CALLS, ENDS, OUTSIDE, REFUSED
from tests.apps.stasis_webrtc.calls.devices import REJOINS
from tests.apps.stasis_webrtc.calls.forwards import AFTER_DEPLOYS, FORWARDS, MAILBOX, MESSAGES
from tests.apps.stasis_webrtc.calls.row import Row, went
from tests.apps.stasis_webrtc.calls.talks import ATTENDED, CONFERENCES, HOLDS, TRANSFERS
from tests.apps.stasis_webrtc.house import House, dials, opened, rings

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


ANNA = Peer("Anna", "201", "anna")
BERT = Peer("Bert", "202", "bert")


class TestPeer:
    """Whom a call was with, as its user's history keeps it."""

    @pytest.mark.parametrize("to", ["203", "600", "1000"])
    @virtual_time
    async def test_of_one_who_is_transferred_it_is_who_has_called(self, to: str):
        house = House()
        async with opened(house) as asterisk:
            anna = await dials(asterisk, "anna", "202")
            bert = await rings(asterisk, "bert")
            await bert.answers()
            await anna.waits(1)
            await house.do("anna", "transfer", to=to)
            if to == "203":
                carl = await rings(asterisk, "carl")
                await carl.answers()
                await bert.talks_with(carl)
                assert house.view("bert").peer.user == "carl"
            await bert.waits(2)
            await bert.hangs_up()
            await asterisk.turn()
            await anna.waits(3)
        (row,) = [each for each in house.ledger.history if each.user == "bert"]
        assert (row.direction, row.peer) == ("in", ANNA)

    @virtual_time
    async def test_it_stays_when_a_device_was_lost_meanwhile(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await dials(asterisk, "anna", "202")
            bert = await rings(asterisk, "bert")
            await bert.answers()
            await anna.waits(1)
            await house.do("anna", "transfer", to="203")
            carl = await rings(asterisk, "carl")
            await carl.answers()
            await bert.talks_with(carl)
            await house.calls.reclaim("bert", "w-bert-1")
            again = await rings(asterisk, "bert")
            await again.answers()
            await again.talks_with(carl)
            await again.hangs_up()
            await carl.is_hung_up()
        (row,) = [each for each in house.ledger.history if each.user == "bert"]
        assert row.peer == ANNA

    @pytest.mark.parametrize("number", ["202", "bert"])
    @virtual_time
    async def test_who_is_not_there_has_a_name_all_the_same(self, number: str):
        house = House(message_seconds=0)
        house.directory.registered["bert"] = []
        async with opened(house) as asterisk:
            anna = await dials(asterisk, "anna", number)
            await anna.is_hung_up()
        (row,) = [each for each in house.ledger.history if each.user == "anna"]
        assert (row.reason, row.peer) == ("unavailable", BERT)
        assert {each.peer for each in house.seen if each.user == "anna"} >= {BERT}

    @virtual_time
    async def test_while_a_message_is_left_it_is_whose_message_that_is(self):
        house = House()
        house.directory.registered["bert"] = []
        async with opened(house) as asterisk:
            anna = await dials(asterisk, "anna", "202")
            await anna.hears("sound:vm-intro")
            assert house.view("anna").peer == BERT
            await anna.hangs_up()
        (row,) = [each for each in house.ledger.history if each.user == "anna"]
        assert row.peer == BERT
