"""Call records as files."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec
import pytest

from stasis.pbx.cdr_file import COLUMNS, csv_chunks, json_chunks, lines_chunks, read_csv
from stasis.pbx.cdr_record import CdrRecord
from tests.pbx.cdr_records import NOON, record

NASTY = (
    "=cmd|' /C calc'!A0",
    "+4930123456",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'quoted",
    "''twice",
    'a "b", c',
    "two\r\nlines",
    "Zoë 東京",
    "",
)


async def pages(*records: Sequence[CdrRecord]) -> AsyncIterator[Sequence[CdrRecord]]:
    for each in records:
        yield each


async def text(chunks: Callable[..., AsyncIterator[bytes]], *records: Sequence[CdrRecord]) -> str:
    return b"".join([each async for each in chunks(pages(*records))]).decode()


WHOLE = [record(0, answer=NOON, end=NOON), record(1, sequence=None), record(2, sequence=-5)]


class TestCsv:
    @pytest.mark.parametrize("name", NASTY)
    async def test_what_was_written_is_read_again(self, name: str):
        kept = [record(0, clid=name, src=name, userfield=name)]
        written = await text(csv_chunks, kept)
        assert list(read_csv(io.StringIO(written, newline=""))) == kept

    async def test_every_column_is_read_again(self):
        written = await text(csv_chunks, WHOLE[:2], WHOLE[2:])
        assert list(read_csv(io.StringIO(written, newline=""))) == WHOLE

    @pytest.mark.parametrize("name", NASTY)
    async def test_no_cell_is_a_formula(self, name: str):
        written = await text(csv_chunks, [record(0, clid=name, userfield=name, sequence=-5)])
        for row in csv.DictReader(io.StringIO(written, newline="")):
            for key, cell in row.items():
                assert key == "sequence" or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))

    async def test_the_first_line_names_the_columns_though_there_is_no_record(self):
        assert await text(csv_chunks) == ",".join(COLUMNS) + "\r\n"


class TestJson:
    async def test_it_is_one_array(self):
        written = await text(json_chunks, WHOLE[:2], WHOLE[2:])
        assert msgspec.json.decode(written, type=list[CdrRecord]) == WHOLE

    async def test_without_a_record_it_is_an_empty_one(self):
        assert msgspec.json.decode(await text(json_chunks)) == []

    async def test_lines_are_an_object_each(self):
        written = await text(lines_chunks, WHOLE)
        assert [msgspec.json.decode(line, type=CdrRecord) for line in written.splitlines()] == WHOLE
