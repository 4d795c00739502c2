"""Operations alone, as a plugin's command uses them."""

from __future__ import annotations

import pytest

from stasis.config import AsteriskConfig, Config
from stasis.errors import Unreachable
from stasis.operations import operations
from tests.real_server import RealServer


async def test_they_reach_the_configured_asterisk(real_server: RealServer):
    url = f"http://127.0.0.1:{real_server.port}/ari"
    async with operations(Config(asterisk=AsteriskConfig(url=url))) as ari:
        info = await ari.asterisk.get_info(only="system")
    assert info.system is not None and info.system.version == "22.10.1"
    assert real_server.lines == ["GET /ari/asterisk/info"]


async def test_afterwards_nothing_is_sent(real_server: RealServer):
    url = f"http://127.0.0.1:{real_server.port}/ari"
    async with operations(Config(asterisk=AsteriskConfig(url=url))) as ari:
        pass
    with pytest.raises(Unreachable):
        await ari.channels.list()
    assert real_server.lines == []
