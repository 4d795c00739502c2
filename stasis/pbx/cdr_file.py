"""Call records as files: CSV for a spreadsheet, JSON for a program.

Rules: a text that a spreadsheet would take for a formula gets a `'` before it, and so does one that
begins with `'`, so that `read_csv` gives back exactly what was written. A caller chooses his name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from stasis.pbx.cdr_record import CdrRecord

__all__ = [
    "COLUMNS",
    "KINDS",
    "FileFormat",
    "csv_chunks",
    "json_chunks",
    "lines_chunks",
    "read_csv",
]

FileFormat: TypeAlias = Literal["csv", "json", "jsonl"]
"""csv; json, one array; jsonl, an object a line."""

KINDS: dict[FileFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
}

COLUMNS = CdrRecord.__struct_fields__

# Their empty cells are None.
OPTIONAL = ("answer", "end", "sequence")

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

Pages: TypeAlias = AsyncIterator[Sequence[CdrRecord]]


async def csv_chunks(pages: Pages) -> AsyncIterator[bytes]:
    """A CSV file (RFC 4180, UTF-8) with a line of names."""
    yield csv_lines([COLUMNS])
    async for page in pages:
        yield csv_lines([[cell(getattr(each, name)) for name in COLUMNS] for each in page])


async def json_chunks(pages: Pages) -> AsyncIterator[bytes]:
    """A JSON array, a line for each record."""
    before = b"[\n"
    async for page in pages:
        for each in page:
            yield before + msgspec.json.encode(each)
            before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


async def lines_chunks(pages: Pages) -> AsyncIterator[bytes]:
    """JSON lines: an object for each record."""
    async for page in pages:
        yield b"".join(msgspec.json.encode(each) + b"\n" for each in page)


def read_csv(lines: Iterable[str]) -> Iterator[CdrRecord]:
    """The records of a file that `csv_chunks` has written.

    lines: such as of a file opened with `newline=""`. Raises msgspec.ValidationError.
    """
    for row in csv.DictReader(lines):
        texts = {name: plain(text) for name, text in row.items() if text or name not in OPTIONAL}
        yield msgspec.convert(texts, CdrRecord, strict=False)


def cell(value: str | int | datetime | None) -> str:
    """A value as a cell."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def plain(text: str) -> str:
    """What was in a cell before."""
    return text[1:] if text.startswith("'") else text


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Rows as lines."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()
