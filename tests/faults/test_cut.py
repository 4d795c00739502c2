"""A socket that is cut costs no call, on both versions and both ways to send."""

from __future__ import annotations

import pytest

from tests.asterisk.servers import Server
from tests.faults.cut import cut, half_open
from tests.faults.scenario import Options

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]


@pytest.mark.parametrize("server", ["22-http", "22-socket", "16-http"], indirect=True)
async def test_calls_outlive_the_cuts_of_their_socket(server: Server) -> None:
    """RST, FIN and half-open, and lost replies: every call reaches its end, each cut is one gap."""
    result = await cut(server, Options(calls=15, faults=5))
    assert result.good, result.line()
    assert result.calls >= 15
    assert set(result.more["ways"]) >= {"by the caller", "by the flow"}
    assert set(result.more["cuts"]) == {"rst", "fin", "silent"}
    assert result.more["gaps"] == 5


@pytest.mark.alone
async def test_a_half_open_socket_is_noticed_within_twenty_seconds_by_default(
    server: Server,
) -> None:
    """The configuration as it comes: nothing arrives any more, and nothing says so."""
    assert await half_open(server) <= 20.0
