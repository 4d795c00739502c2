"""An Asterisk that is restarted, politely or by a crash, ends all calls once; then all goes on."""

from __future__ import annotations

import pytest

from tests.asterisk.servers import Server
from tests.faults.restart import restart
from tests.faults.scenario import Options

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]


@pytest.mark.parametrize("server", ["22-http", "22-socket", "16-http"], indirect=True)
async def test_flows_end_once_and_the_program_takes_calls_again(server: Server) -> None:
    """A crash and a polite restart under load, without restarting the program."""
    result = await restart(server, Options(calls=15, faults=2))
    assert result.good, result.line()
    assert result.calls >= 30
