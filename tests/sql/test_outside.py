"""Work outside of the loop: a virtual clock stands still, a real one goes on."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import select

from stasis.sql.outside import outside
from stasis.testing.clock import virtual_time
from tests.sql.notes import notes_in, people


@virtual_time
async def test_a_database_takes_no_virtual_time():
    database = notes_in("sqlite://")
    await database.open()
    try:
        for _ in range(3):
            assert not await database.do(select(people))
    finally:
        await database.close()
    assert asyncio.get_running_loop().time() == 0.0


async def test_a_real_clock_goes_on():
    began = time.monotonic()
    with outside():
        await asyncio.sleep(0.01)
    assert time.monotonic() - began >= 0.01
