"""Asterisk itself: what it is, its modules and logs, and how it restarts and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from stasis.ami import actions
from stasis.pbx import Missing, NotConfirmed, Pbx, Refused
from tests.asterisk.pbx.alone import alone
from tests.asterisk.pbx.conftest import Office

MUSIC = "directory=/var/lib/asterisk/moh\n"
VERSIONS = {"22": "22.10.1", "16": "16.28.0"}


@pytest.fixture
async def server(office: Office) -> AsyncIterator[Office]:
    """A server that may end."""
    async with alone(office, "system") as found:
        yield found


@pytest.fixture
async def own(server: Office) -> AsyncIterator[Pbx]:
    """That server as a PBX."""
    async with Pbx(server.config()) as pbx:
        yield pbx


@pytest.mark.things("system.version", "system.settings")
async def test_what_it_is_and_how_it_is_set_up(pbx: Pbx, office: Office):
    found = await pbx.system.version()
    assert found.version.startswith(VERSIONS[office.version])
    assert found.version in office.lab.cli("core show version")
    settings = await pbx.system.settings()
    assert settings.version == found.version and settings.on["Manager (AMI)"]
    assert settings.directories["Spool directory"] == "/var/spool/asterisk"
    assert settings.max_calls is None and settings.open_files


@pytest.mark.things("system.uptime")
async def test_how_long_it_runs_and_how_many_channels_there_are(pbx: Pbx, office: Office):
    before = await pbx.system.uptime()
    office.lab.cli("channel originate Local/answer@default/n application Wait 30")
    async with asyncio.timeout(5):
        while (after := await pbx.system.uptime()).calls != (before.calls or 0) + 2:
            await asyncio.sleep(0.05)
    assert before.seconds <= after.seconds
    told = uptime(office)
    after = await pbx.system.uptime()
    assert told <= after.seconds <= uptime(office)
    assert after.started is not None and after.started == before.started
    assert (after.processed is None) == (office.version == "16")


@pytest.mark.things("system.modules", "system.unload", "system.load")
async def test_a_module_goes_and_comes_back(pbx: Pbx, office: Office):
    (echo,) = await pbx.system.modules(like="app_echo")
    assert (echo.name, echo.status, echo.uses) == ("app_echo.so", "Running", 0)
    assert len(await pbx.system.modules()) > 100
    with pytest.raises(NotConfirmed):
        await pbx.system.unload("app_echo")
    await pbx.system.unload("app_echo", confirm=True)
    assert await pbx.system.modules(like="app_echo") == []
    assert "not registered" in office.lab.cli("core show application Echo")
    with pytest.raises(Missing):
        await pbx.system.unload("app_echo", confirm=True)
    await pbx.system.load("app_echo.so")
    assert "not registered" not in office.lab.cli("core show application Echo")
    with pytest.raises(Refused, match="already loaded"):
        await pbx.system.load("app_echo")


@pytest.mark.things("system.unload", "system.load")
async def test_a_module_in_use_stays_and_one_that_is_none_is_refused(pbx: Pbx):
    with pytest.raises(Refused, match="could not be unloaded"):
        await pbx.system.unload("res_pjsip", confirm=True)
    with pytest.raises(Refused, match="declined"):
        await pbx.system.load("app_nothing")


@pytest.mark.things("system.reload")
async def test_a_module_reads_its_file_again(pbx: Pbx, office: Office):
    plain = (office.lab.etc / "musiconhold.conf").read_text("utf-8")
    try:
        office.lab.write("musiconhold.conf", f"{plain}\n[again]\nmode=files\n{MUSIC}")
        await pbx.system.reload(module="res_musiconhold")
        assert "again" in office.lab.cli("moh show classes")
    finally:
        office.lab.write("musiconhold.conf", plain)
    await pbx.system.reload()
    async with asyncio.timeout(10):
        while "again" in office.lab.cli("moh show classes"):
            await asyncio.sleep(0.05)
    with pytest.raises(Refused, match="does not support reload"):
        await pbx.system.reload(module="app_echo")
    with pytest.raises(Missing):
        await pbx.system.reload(module="app_nothing")


@pytest.mark.things("system.logs", "system.rotate")
async def test_logs_are_listed_and_begun_anew(pbx: Pbx, office: Office):
    found = {each.name: each for each in await pbx.system.logs()}
    assert "WARNING" in found["/var/log/asterisk/messages.log"].levels.split()
    before = set((office.lab.folder / "log").iterdir())
    await pbx.system.rotate()
    async with asyncio.timeout(5):
        while not set((office.lab.folder / "log").glob("messages.log.*")) - before:
            await asyncio.sleep(0.05)


@pytest.mark.things("system.restart")
async def test_restarted_now_it_comes_back_without_the_call(own: Pbx, server: Office):
    await call(own)
    with pytest.raises(NotConfirmed, match="ends all calls"):
        await own.system.restart("now")
    assert (await own.system.uptime()).calls
    before = process(server)
    ended = await own.system.restart("now", confirm=True)
    assert (ended.state, ended.text) == ("restarted", "Asterisk has started anew")
    assert process(server) != before
    assert (await own.system.uptime()).calls == 0


@pytest.mark.timeout(60)
@pytest.mark.things("system.restart")
async def test_restarted_gracefully_it_waits_for_the_call(own: Pbx, server: Office):
    before = process(server)
    await call(own, seconds=8)  # nobody can end it: Asterisk refuses all by then
    restarting = asyncio.create_task(own.system.restart("gracefully", 30.0, confirm=True))
    async with asyncio.timeout(6):
        while "cannot be run" not in await asyncio.to_thread(server.lab.cli, "core show version"):
            await asyncio.sleep(0.1)
    await asyncio.sleep(2.5)
    assert not restarting.done() and "cannot be run" in server.lab.cli("core show version")
    ended = await restarting
    assert ended.state == "restarted" and ended.seconds > 2.0
    assert process(server) != before


@pytest.mark.things("system.restart", "system.abort")
async def test_one_that_waits_for_a_quiet_moment_is_taken_back(own: Pbx, server: Office):
    before = process(server)
    await call(own)
    ended = await own.system.restart("idle", 0.5, confirm=True)
    assert (ended.state, ended.text) == ("waits", "it waits for calls to end")
    await own.system.abort()
    await (await own.ways.ami()).action("Hangup", channel="/^Local/")
    await asyncio.sleep(2.5)  # it looks once in a second
    assert process(server) == before


@pytest.mark.things("system.restart")
async def test_and_else_restarts_when_the_call_is_over(own: Pbx, server: Office):
    before = process(server)
    await call(own, seconds=4)
    ended = await own.system.restart("idle", 30.0, confirm=True)
    assert ended.state == "restarted" and process(server) != before


@pytest.mark.things("system.shutdown")
async def test_ended_it_is_gone(own: Pbx, server: Office):
    with pytest.raises(NotConfirmed):
        await own.system.shutdown("now")
    ended = await own.system.shutdown("now", confirm=True)
    assert ended.state == "stopped" and server.lab.pid is None
    await asyncio.to_thread(server.lab.start)
    await asyncio.to_thread(server.lab.ready)
    await (await own.ways.ami()).ready(timeout=10)
    assert (await own.system.uptime()).seconds < 10


def uptime(office: Office) -> int:
    """The seconds that it runs, as the server says."""
    lines = office.lab.cli("core show uptime seconds").splitlines()
    return int(next(line.split()[-1] for line in lines if "System uptime" in line))


def process(server: Office) -> str:
    """Which process runs: its own start, by the clock of the machine."""
    lines = server.lab.cli("core show settings").splitlines()
    (found,) = [line.split()[-1] for line in lines if "Startup time" in line]
    return found


async def call(pbx: Pbx, seconds: int = 60) -> None:
    """A call that lasts so long."""
    ami = await pbx.ways.ami()
    made = await ami.originate(
        actions.Originate(
            channel="Local/answer@default/n", application="Wait", data=str(seconds), timeout=5000
        )
    )
    assert made.response == "Success"
