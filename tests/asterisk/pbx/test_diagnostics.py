"""Looking into the real servers: what is switched on goes off again, and what was seen arrives."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator

import pytest

from stasis.ami import actions
from stasis.lab.baresip import Baresip
from stasis.pbx import Download, Missing, Needs, Pbx, Refused
from stasis.pbx.switch_off import SwitchOff
from stasis.transport.connect import Backoff
from tests.asterisk.pbx.alone import alone
from tests.asterisk.pbx.conftest import Office

PLANT = "pl4nt-Zx9"
PCAP = bytes.fromhex("d4c3b2a1")


async def content(download: Download) -> bytes:
    """What is in a file."""
    return b"".join([chunk async for chunk in download.chunks])


async def until_quiet(pbx: Pbx, seconds: float = 15.0) -> None:
    """Wait until nothing waits to switch off."""
    async with asyncio.timeout(seconds):
        while (await pbx.diagnostics.levels()).off_by_itself:
            await asyncio.sleep(0.1)


def debug_of(office: Office) -> int:
    """The level, as the server says."""
    lines = office.lab.cli("core show settings").splitlines()
    return int(next(line.split()[-1] for line in lines if "Debug level" in line))


def verbose_of(office: Office) -> int:
    """The level, as the server says."""
    lines = office.lab.cli("core show settings").splitlines()
    return int(next(line.split()[-1] for line in lines if "Root console verbosity" in line))


async def until_verbose(office: Office, level: int) -> None:
    """Wait until the level is this."""
    async with asyncio.timeout(5):
        while verbose_of(office) != level:
            await asyncio.sleep(0.05)


@pytest.fixture
def on(pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the SIP logger was switched on."""
    switched, logger = asyncio.Event(), pbx.diagnostics._logger

    async def switch(host: str) -> None:
        await logger(host)
        switched.set()

    monkeypatch.setattr(pbx.diagnostics, "_logger", switch)
    return switched


@pytest.fixture(autouse=True)
async def quiet(pbx: Pbx) -> AsyncIterator[None]:
    """Nothing is on, before and after."""
    await pbx.diagnostics.sip_off()
    await pbx.diagnostics.debug(0)
    yield
    await pbx.diagnostics.sip_off()
    await pbx.diagnostics.debug(0)


@pytest.mark.things("diagnostics.debug", "diagnostics.levels")
async def test_debug_goes_off_by_itself_though_who_asked_is_gone(pbx: Pbx, office: Office):
    async with Pbx(office.config()) as other:
        found = await other.diagnostics.debug(3, seconds=4.0)
    assert found.debug == 3 and found.off_by_itself == ["debug"] and debug_of(office) == 3
    await until_quiet(pbx)
    assert debug_of(office) == 0


@pytest.mark.things("diagnostics.debug")
async def test_asked_again_it_stays_on_for_longer(pbx: Pbx, office: Office):
    await pbx.diagnostics.debug(2, seconds=2.0)
    await pbx.diagnostics.debug(4, seconds=60.0)
    await asyncio.sleep(3.0)
    assert debug_of(office) == 4
    found = await pbx.diagnostics.debug(0)
    assert found.debug == 0 and found.off_by_itself == [] and debug_of(office) == 0


@pytest.mark.things("diagnostics.debug")
async def test_of_one_module_alone(pbx: Pbx, office: Office):
    await pbx.diagnostics.debug(3, seconds=4.0, module="res_pjsip")
    assert debug_of(office) == 0
    assert "still 3" in office.lab.cli("core set debug 3 res_pjsip")
    await until_quiet(pbx)
    assert "still 0" in office.lab.cli("core set debug 0 res_pjsip")


@pytest.mark.things("diagnostics.verbose")
async def test_verbose_goes_back_to_what_it_was(pbx: Pbx, office: Office):
    before = verbose_of(office)
    raised = asyncio.create_task(pbx.diagnostics.verbose(7, seconds=3.0))
    await until_verbose(office, 7)
    assert (await raised).verbose == before == verbose_of(office)


@pytest.mark.things("diagnostics.verbose")
async def test_and_when_it_is_interrupted(pbx: Pbx, office: Office):
    before = verbose_of(office)
    raised = asyncio.create_task(pbx.diagnostics.verbose(7, seconds=60.0))
    await until_verbose(office, 7)
    raised.cancel()
    await asyncio.gather(raised, return_exceptions=True)
    assert verbose_of(office) == before


@pytest.mark.things("diagnostics.sip_on", "diagnostics.sip_off")
async def test_sip_is_in_the_log_while_it_is_on(pbx: Pbx, office: Office, alice: Baresip):
    await pbx.diagnostics.sip_on(seconds=60.0)
    await dialled(alice, "answer")
    await logged(office, "INVITE sip:answer@")
    await pbx.diagnostics.sip_off()
    assert (await pbx.diagnostics.levels()).off_by_itself == []
    await dialled(alice, "milliwatt")
    assert "INVITE sip:milliwatt@" not in office.lab.logs(400)


@pytest.mark.things("diagnostics.sip_on")
async def test_sip_goes_off_by_itself(pbx: Pbx, office: Office, alice: Baresip):
    await pbx.diagnostics.sip_on(host="127.0.0.1", seconds=4.0)
    await dialled(alice, "tone")
    await logged(office, "INVITE sip:tone@")
    await until_quiet(pbx)
    await dialled(alice, "echo")
    assert "INVITE sip:echo@" not in office.lab.logs(400)


@pytest.mark.things("diagnostics.capture")
async def test_a_capture_has_the_call(pbx: Pbx, office: Office, alice: Baresip, on: asyncio.Event):
    capturing = asyncio.create_task(pbx.diagnostics.capture(seconds=4.0))
    await asyncio.wait_for(on.wait(), 10)
    await dialled(alice, "echo")
    found = await capturing
    data = await content(found)
    assert (found.name, found.size) == ("sip.pcap", len(data))
    assert data.startswith(PCAP)
    assert b"INVITE sip:echo@" in data and b"SIP/2.0 200 OK" in data
    assert leftovers(office) == [] and (await pbx.diagnostics.levels()).off_by_itself == []
    await dialled(alice, "music")
    assert "INVITE sip:music@" not in office.lab.logs(400)


@pytest.mark.things("diagnostics.capture")
async def test_of_another_address_it_has_nothing(pbx: Pbx, alice: Baresip):
    capturing = asyncio.create_task(pbx.diagnostics.capture(seconds=1.5, host="192.0.2.1"))
    await asyncio.sleep(0.5)
    await dialled(alice, "echo")
    assert b"INVITE" not in await content(await capturing)


@pytest.mark.things("diagnostics.capture")
async def test_one_at_a_time_and_an_interrupted_one_leaves_nothing(pbx: Pbx, office: Office):
    capturing = asyncio.create_task(pbx.diagnostics.capture(seconds=60.0))
    async with asyncio.timeout(5):
        while not leftovers(office):
            await asyncio.sleep(0.05)
    with pytest.raises(Refused, match="capture is on"):
        await pbx.diagnostics.capture(seconds=1.0)
    with pytest.raises(Refused, match="a capture runs"):
        await pbx.diagnostics.sip_on()
    capturing.cancel()
    await asyncio.gather(capturing, return_exceptions=True)
    assert leftovers(office) == [] and (await pbx.diagnostics.levels()).off_by_itself == []


@pytest.mark.things("diagnostics.trace")
async def test_a_trace_has_what_happened(
    pbx: Pbx, office: Office, alice: Baresip, on: asyncio.Event
):
    tracing = asyncio.create_task(pbx.diagnostics.trace(seconds=4.0, debug=1, sip=True))
    await asyncio.wait_for(on.wait(), 10)
    await dialled(alice, "echo")
    text = (await content(await tracing)).decode()
    assert "INVITE sip:echo@" in text and "DEBUG[" in text and "Executing [echo@default:1]" in text
    assert leftovers(office) == [] and debug_of(office) == 0
    assert "stasis-trace" not in office.lab.cli("logger show channels")
    assert (await pbx.diagnostics.levels()).off_by_itself == []


@pytest.mark.things("diagnostics.channel")
async def test_a_channel_in_asterisks_own_words(pbx: Pbx):
    ami = await pbx.ways.ami()
    made = await ami.originate(
        actions.Originate(channel="Local/answer@default/n", application="Wait", data="30")
    )
    for channel in (made.channel, made.channel.replace(";1", ";2")):
        lines = await pbx.diagnostics.channel(channel)
        assert any(line.split() == ["Name:", channel] for line in lines)
    with pytest.raises(Missing):
        await pbx.diagnostics.channel("PJSIP/nobody-00000001")


@pytest.mark.things("diagnostics.debug")
async def test_without_what_switches_off_nothing_is_switched_on(pbx: Pbx, office: Office):
    await pbx.system.unload("app_system", confirm=True)
    try:
        with pytest.raises(Needs, match="app_system"):
            await pbx.diagnostics.debug(3)
        assert debug_of(office) == 0
    finally:
        await pbx.system.load("app_system")


@pytest.mark.things("diagnostics.archive")
async def test_the_archive_is_whole_and_has_no_planted_secret(office: Office):
    files = {
        "voicemail.conf": f"[general]\nimappassword={PLANT}\n[default]\n2001 => {PLANT},Alice\n",
        "res_odbc.conf": f"[asterisk]\nenabled=no\nusername=me\npassword => {PLANT}\n",
        "res_pgsql.conf": f"[general]\ndbuser=me\ndbpass={PLANT}\n",
        "iax.conf": f"[general]\nregister => me:{PLANT}@192.0.2.1\n",
        "users.conf": f"[2001](!)\nvmsecret={PLANT}\n[2002](2001)\n",
        "acl.conf": f"[named]\npermit=10.0.0.0/8\nlog=/tmp/{PLANT}\n",
    }
    async with alone(office, "archive", files) as server:
        etc = server.lab.etc
        for name, more in {
            "pjsip.conf": f"[x]\ntype=auth\nauth_type=userpass\nusername=x\npassword={PLANT}\n"
            f"[y]\ntype=aor\ncontact=sip:y:{PLANT}@192.0.2.1\n",
            "manager.conf": f"[x]\nsecret={PLANT}\n",
            "ari.conf": f"[x]\ntype=user\npassword={PLANT}\n",
            "extensions.conf": f"[planted]\nexten => 1,1,Authenticate({PLANT})\n"
            f" same => n,Set(DB_PASSWORD={PLANT})\n",
        }.items():
            server.lab.write(name, f"{(etc / name).read_text('utf-8')}\n{more}")
        async with Pbx(server.config()) as pbx:
            found = await pbx.diagnostics.archive()
            data = await content(found)
    assert found.name.startswith(f"asterisk-{office.version}.")
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        texts = {each: file.read(each).decode() for each in file.namelist()}
    assert {f"config/{name}" for name in files} <= set(texts)
    secrets = (PLANT, server.lab.password, *server.lab.phones.values())
    assert not [name for name, text in texts.items() if any(each in text for each in secrets)]
    assert "password = ***" in texts["config/pjsip.conf"]
    assert "exten = 1,1,Authenticate(***)" in texts["config/extensions.conf"]
    assert "exten = echo,1,Answer()" in texts["config/extensions.conf"]
    assert "Startup time" in texts["asterisk/settings.txt"]
    assert "alice" in texts["asterisk/endpoints.txt"]


async def dialled(phone: Baresip, extension: str) -> None:
    """A short call."""
    await phone.dial(extension)
    await asyncio.sleep(0.5)
    await phone.hangup()
    await asyncio.sleep(0.2)


async def logged(office: Office, text: str) -> None:
    """Wait until it is in the log: Asterisk writes that in its own time."""
    async with asyncio.timeout(10):
        while text not in office.lab.logs(400):
            await asyncio.sleep(0.05)


def leftovers(office: Office) -> list[str]:
    """Files of captures and traces on the server."""
    folder = office.lab.folder / "spool" / "recording"
    return [each.name for each in folder.iterdir() if each.name.startswith("stasis-")]


@pytest.mark.things("diagnostics.channel")
async def test_and_without_secrets(pbx: Pbx):
    ami = await pbx.ways.ami()
    for priority, (application, data) in enumerate(
        (("Set", f"__DOOR_PIN={PLANT}"), ("Authenticate", f"{PLANT},,9")), 1
    ):
        await ami.send(
            actions.DialplanExtensionAdd(
                context="planted",
                extension="s",
                priority=priority,
                application=application,
                application_data=data,
                replace=True,
            )
        )
    await ami.action(
        "Originate", channel="Local/s@planted/n", application="Wait", data="9", async_="1"
    )
    async with asyncio.timeout(10):
        while True:
            told = [
                "\n".join(await pbx.diagnostics.channel(each.channel))
                for each in await ami.list(actions.CoreShowChannels())
                if each.channel.startswith("Local/s@planted-")
            ]
            if any("Authenticate" in each for each in told):
                break
            await asyncio.sleep(0.1)
    assert PLANT not in "".join(told) and "DOOR_PIN=***" in "".join(told)


@pytest.mark.things("diagnostics.verbose")
async def test_two_at_once_do_not_leave_it_raised(pbx: Pbx, office: Office):
    before = verbose_of(office)
    first = asyncio.create_task(pbx.diagnostics.verbose(before + 2, seconds=3.0))
    await until_verbose(office, before + 2)
    with pytest.raises(Refused, match="set already"):
        await pbx.diagnostics.verbose(before + 3, seconds=2.0)
    await first
    assert verbose_of(office) == before


@pytest.mark.things("diagnostics.verbose")
async def test_it_goes_back_though_the_connection_was_lost_meanwhile(pbx: Pbx, office: Office):
    before = verbose_of(office)
    raised = asyncio.create_task(pbx.diagnostics.verbose(before + 2, seconds=3.0))
    ami = await pbx.ways.ami()
    await until_verbose(office, before + 2)
    assert ami._connection is not None
    ami._backoff = Backoff(4.0, 4.0)  # it is back only when the level should be
    ami._connection._writer.transport.abort()
    await raised
    assert verbose_of(office) == before


@pytest.mark.things("diagnostics.debug")
async def test_what_a_longer_one_had_there_is_not_given_by_a_shorter_one(pbx: Pbx, office: Office):
    off = SwitchOff(pbx.ways)
    await off.arm("planted", ["core set debug 1", "core set debug 7"], 60.0)
    await off.disarm("planted")
    await off.arm("planted", ["core set debug 2"], 1.0)
    await until_quiet(pbx)
    assert debug_of(office) == 2
