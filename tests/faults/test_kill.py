"""A program that is killed drops no call: its successor goes on with each, where it was."""

from __future__ import annotations

import pytest

from tests.asterisk.servers import Server
from tests.faults.kill import kill
from tests.faults.scenario import Options

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]


@pytest.mark.parametrize("server", ["22-http", "22-socket", "16-http"], indirect=True)
async def test_calls_outlive_the_program(server: Server) -> None:
    """`kill -9` in menus, messages, at desks and in a room of five; a deploy in the middle."""
    result = await kill(server, Options(calls=25, faults=3))
    assert result.good, result.line()
