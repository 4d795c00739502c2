"""Who is found after a connect, and what was kept of them."""

from __future__ import annotations

from typing import Any

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.channels import DialplanCEP
from stasis.ari.events import (
    StasisStart,
)
from stasis.config import Config, KeepConfig
from stasis.found import Found
from stasis.testing.clock import virtual_time
from tests.kept import Menu
from tests.server import Process, Server
from tests.until import until


class TestFound:
    def test_the_arguments_of_a_call_without_a_record_are_the_dialplans(self):
        snapshot = Snapshot(id="c1", dialplan=DialplanCEP(app_name="Stasis", app_data="ivr,a,,b"))
        assert Found("ivr", snapshot).args == ("a", "", "b")
        assert Found("ivr", Snapshot(id="c1")).args == ()


class TestKeepThatFails:
    """What cannot be read keeps no other call from going on, and nobody from being served."""

    @virtual_time
    async def test_the_call_is_one_that_cannot_be_resumed(self, tmp_path: Any):
        config = Config(keep=KeepConfig(store="folder", folder=str(tmp_path)))
        folder = tmp_path / "asterisk"
        server = Server()
        async with Process(server, Menu, config) as old:
            first, second = await server.calls(), await server.calls()
            await until(lambda: len(list(folder.glob("*.json"))) == 2)
            await old.kill()
            (folder / f"{first}.json").write_bytes(b"\xff")
            (folder / f"{second}.json").unlink()
            (folder / f"{second}.json").mkdir()
            (folder / "c9.json").mkdir()  # cannot be pruned
            new = Process(server, Menu, config)
            new.start()
            await until(lambda: new.ready)
            for call in (first, second):
                told = new.flow(call).told
                await until(lambda told=told: told)  # type: ignore[misc]
                assert isinstance(told[0], StasisStart) and len(told) == 1
            await new.kill()
