"""Slow and broken flows are closed by policy, and the others do not notice."""

from __future__ import annotations

import pytest

from tests.asterisk.servers import Server
from tests.faults.scenario import Options
from tests.faults.slow import KINDS, slow

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(150)]


async def test_broken_flows_beside_healthy_ones(server: Server) -> None:
    """Each kind of broken code twice; digits of the others are heard within 50 ms (p99)."""
    result = await slow(server, Options(calls=10, faults=2 * len(KINDS)))
    assert result.good, result.line()
    assert result.more["digits"] >= 50
