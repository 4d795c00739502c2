"""The table of call records, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from stasis.pbx import cdr_store as module
from stasis.pbx.cdr_record import CdrRecord
from stasis.pbx.cdr_store import CdrStore
from stasis.pbx.cdr_wanted import Wanted
from stasis.sql import StoreError
from tests.pbx.cdr_records import NOON, record


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[CdrStore]:
    """An open store without a record, of each kind."""
    async with CdrStore(database_url) as store:
        yield store


async def numbers(store: CdrStore, wanted: Wanted, limit: int = 100) -> list[int | None]:
    return [each.sequence for each in await store.list(wanted, limit)]


def plain(records: Sequence[CdrRecord]) -> list[CdrRecord]:
    """Records without their place in the database."""
    return [
        CdrRecord(**{**{n: getattr(r, n) for n in r.__struct_fields__}, "id": 0}) for r in records
    ]


class TestKeeping:
    async def test_a_record_comes_back_as_it_was(self, store: CdrStore):
        kept = [
            record(0, answer=NOON, end=NOON + timedelta(seconds=7), userfield="a;b", sequence=-7),
            record(1, clid="'; DROP TABLE cdr; --", dst="%_\\", linkedid="1795953600.0"),
        ]
        await store.add(kept)
        assert plain(await store.list(Wanted(), 100)) == kept[::-1]

    async def test_what_is_there_already_is_not_kept_twice(self, store: CdrStore):
        await store.add([record(0), record(1)])
        await store.add([record(1), record(2), record(2)])
        assert await numbers(store, Wanted()) == [2, 1, 0]

    async def test_several_records_of_one_channel_are_several(self, store: CdrStore):
        await store.add([record(0, uniqueid="1.1", sequence=n) for n in range(3)])
        assert len(await store.of("1.1")) == 3

    async def test_a_channel_of_the_same_name_on_another_day_is_another(self, store: CdrStore):
        later = NOON + timedelta(days=1)
        await store.add([record(0), record(0, calldate=later)])
        assert (await store.count()) == (2, later)

    async def test_more_than_one_statement_can_hold(self, store: CdrStore):
        await store.add([record(number) for number in range(1203)])
        assert (await store.count())[0] == 1203

    async def test_what_no_database_can_keep_is_left_out(self, store: CdrStore):
        await store.add([record(0, clid="Z\0oë \ud800")])
        assert (await store.list(Wanted(), 1))[0].clid == "Zoë ?"

    async def test_what_was_kept_is_there_the_next_time(self, database_url: str):
        for number in range(2):
            async with CdrStore(database_url) as store:
                await store.add([record(number)])
                assert store.is_open
            assert not store.is_open
        async with CdrStore(database_url) as store:
            assert await numbers(store, Wanted()) == [1, 0]

    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("sqlite:///cdr.db", "sqlite:///cdr.db"),
            ("postgresql://u:geheim@h/d", "postgresql://u:***@h/d"),
        ],
    )
    async def test_its_address_has_no_password(self, url: str, address: str):
        assert CdrStore(url).address == address

    async def test_a_store_that_is_not_open_says_so(self):
        with pytest.raises(StoreError, match="is not open"):
            await CdrStore("sqlite://").list(Wanted(), 1)


class TestLookingUp:
    async def test_by_time_from_since_and_before_until(self, store: CdrStore):
        await store.add([record(number) for number in range(5)])
        minute = timedelta(minutes=1)
        assert await numbers(store, Wanted(since=NOON + 2 * minute)) == [4, 3, 2]
        assert await numbers(store, Wanted(until=NOON + 2 * minute)) == [1, 0]
        both = Wanted(since=NOON + minute, until=NOON + 2 * minute)
        assert await numbers(store, both) == [1]

    async def test_by_party_on_either_side(self, store: CdrStore):
        await store.add(
            [
                record(0, src="2001", dst="9"),
                record(1, src="9", dst="2001"),
                record(2, src="9", dst="s", channel="PJSIP/2001-00000001"),
                record(3, src="9", dst="s", dstchannel="Local/2001@default-00000001;1"),
                record(4, src="20010", dst="s", channel="PJSIP/20010-00000001"),
                record(5, src="12001", dst="s", channel="PJSIP/12001-00000001"),
                record(6, src="9", dst="s", channel="PJSIP/2001-home-00000001"),
                record(7, src="9", dst="s", channel="PJSIP/2001_b-00000001"),
            ]
        )
        assert await numbers(store, Wanted(party="2001")) == [3, 2, 1, 0]
        assert await numbers(store, Wanted(party="2001-home")) == [6]
        assert await numbers(store, Wanted(party="2001_b")) == [7]

    async def test_a_party_is_no_pattern(self, store: CdrStore):
        await store.add([record(0, src="1", dst="2", channel="PJSIP/axb-00000001")])
        assert await numbers(store, Wanted(party="a_b")) == []

    async def test_by_disposition_source_destination_and_account(self, store: CdrStore):
        await store.add(
            [
                record(0, disposition="NO ANSWER"),
                record(1, src="2009"),
                record(2, dst="2009"),
                record(3, accountcode="sales"),
            ]
        )
        assert await numbers(store, Wanted(disposition="NO ANSWER")) == [0]
        assert await numbers(store, Wanted(src="2009")) == [1]
        assert await numbers(store, Wanted(dst="2009")) == [2]
        assert await numbers(store, Wanted(account="sales")) == [3]
        assert await numbers(store, Wanted(account="sales", src="2009")) == []

    async def test_page_by_page(self, store: CdrStore):
        await store.add([record(number) for number in range(5)])
        first = await store.list(Wanted(), 2)
        await store.add([record(9)])  # what comes meanwhile does not move the pages
        second = await store.list(Wanted(before=first[-1].id), 2)
        third = await store.list(Wanted(before=second[-1].id), 2)
        assert [each.sequence for each in (*first, *second, *third)] == [4, 3, 2, 1, 0]

    async def test_all_records_of_a_call(self, store: CdrStore):
        await store.add([record(2, linkedid="1795953600.0"), record(0), record(1)])
        assert [each.sequence for each in await store.of("1795953600.0")] == [0, 2]

    async def test_a_file_has_all_of_them_in_their_order(
        self, store: CdrStore, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "PAGE", 2)
        await store.add([record(number) for number in range(5)])
        pages = [page async for page in store.pages(Wanted(since=NOON + timedelta(minutes=1)))]
        assert [[each.sequence for each in page] for page in pages] == [[1, 2], [3, 4]]

    async def test_nothing_is_counted_in_an_empty_one(self, store: CdrStore):
        assert await store.count() == (0, None)
