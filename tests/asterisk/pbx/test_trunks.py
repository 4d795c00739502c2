"""A trunk between two real servers: the office registers with another Asterisk and calls there."""

from __future__ import annotations

import asyncio

import pytest

from stasis.lab.audio import tones
from stasis.lab.baresip import Baresip
from stasis.lab.configuration import TONE_HZ
from stasis.lab.lab import Lab
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused, Unavailable
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import listens
from tests.until import until


@pytest.mark.things("trunks.list")
async def test_a_trunk_and_how_it_stands(pbx: Pbx, office: Office, trunk: Lab):
    async def answering() -> bool:
        return any(each.name == "main" and each.reachable for each in await pbx.trunks.list())

    async with asyncio.timeout(20):  # it is asked every 5 s
        while not await answering():
            await asyncio.sleep(0.1)
    found = {each.name: each for each in await pbx.trunks.list()}
    main, sipp = found["main"], found["sipp"]
    assert (main.registration, main.auths, main.codecs) == (
        "Registered",
        ["main"],
        ["ulaw", "alaw"],
    )
    assert main.contacts == [f"sip:main@127.0.0.1:{trunk.sip_port}"]
    assert sipp.matches == ["127.0.0.1/32"] and sipp.registration == ""
    assert "alice" not in found  # a phone


@pytest.mark.things("trunks.registrations")
async def test_our_registration_and_theirs(pbx: Pbx, office: Office, trunk: Lab):
    (ours,) = await pbx.trunks.registrations()
    assert (ours.name, ours.status, ours.endpoint) == ("main", "Registered", "main")
    assert ours.server == f"sip:127.0.0.1:{trunk.sip_port}" and ours.auths == ["main"]
    assert f"main@127.0.0.1:{office.lab.sip_port}" in trunk.cli("pjsip show contacts")


@pytest.mark.things("trunks.inbound")
async def test_who_is_registered_with_the_other_server(office: Office, trunk: Lab):
    async with Pbx(Office(trunk, trunk.version).config()) as other:
        (main,) = await other.trunks.inbound()
        assert main.endpoint == "main" and main.status in ("Reachable", "Unknown")
        assert main.uri.startswith(f"sip:main@127.0.0.1:{office.lab.sip_port}")
        assert main.expires is not None


@pytest.mark.things("trunks.unregister", "trunks.register")
async def test_it_leaves_and_comes_back(pbx: Pbx, trunk: Lab):
    assert (await pbx.trunks.unregister("main", confirm=True)).status == "Unregistered"
    assert "main/sip" not in trunk.cli("pjsip show contacts")
    for _ in range(4):  # answered before the next is sent, or the one may hurt the other
        assert (await pbx.trunks.unregister("main", confirm=True)).status == "Unregistered"
    assert (await pbx.trunks.register("main")).status == "Registered"
    assert "main/sip" in trunk.cli("pjsip show contacts")
    assert (await pbx.trunks.register("main")).status == "Registered"


@pytest.mark.things("trunks.unregister", "trunks.register")
async def test_what_is_refused(pbx: Pbx, office: Office, trunk: Lab):
    with pytest.raises(NotConfirmed):
        await pbx.trunks.unregister("main")
    with pytest.raises(Missing):
        await pbx.trunks.register("nobody")
    with pytest.raises(Missing):
        await pbx.trunks.unregister("nobody", confirm=True)
    with pytest.raises(BadValue):  # what Asterisk takes for all of them
        await pbx.trunks.unregister("*all", confirm=True)
    assert (await pbx.trunks.registrations())[0].status == "Registered"


@pytest.mark.things("trunks.register")
async def test_the_other_server_says_no(pbx: Pbx, office: Office, trunk: Lab):
    theirs = (trunk.etc / "pjsip.conf").read_text("utf-8")
    trunk.write("pjsip.conf", theirs.replace("username = main", "username = somebody"))
    trunk.cli("module reload res_pjsip.so")
    try:
        with pytest.raises(Refused, match="main is Rejected"):
            await pbx.trunks.register("main")
    finally:
        trunk.write("pjsip.conf", theirs)
        trunk.cli("module reload res_pjsip.so")
    assert (await pbx.trunks.register("main")).status == "Registered"


@pytest.mark.timeout(90)  # SIP itself gives up after 32 s
@pytest.mark.things("trunks.register", "trunks.list")
async def test_the_other_server_is_gone(pbx: Pbx, office: Office, trunk: Lab):
    trunk.stop()
    try:
        with pytest.raises((Unavailable, Refused)):
            await pbx.trunks.register("main", timeout=1)
    finally:
        trunk.start()
        trunk.ready()
    assert (await pbx.trunks.register("main", timeout=40)).status == "Registered"


@pytest.mark.parametrize("outwards", [True, False], ids=["out", "in"])
@pytest.mark.things("trunks.list")
async def test_a_call_through_it_is_heard(pbx: Pbx, office: Office, trunk: Lab, outwards: bool):
    caller, name = (office.lab, "alice") if outwards else (trunk, "bob")
    async with await Baresip.start(
        caller.sip_port, user=name, password=caller.phones[name], register=True
    ) as phone:
        await phone.dial("trunk-main-tone")
        found = {each.name: each for each in await pbx.trunks.list()}
        assert found["main"].channels == 1
        await listens(1.5, phone)
        await phone.hangup()
        heard = tones(phone.heard(), (TONE_HZ, 700, 1300))
        assert {each.hertz for each in heard} == {TONE_HZ}
        assert sum(each.seconds for each in heard) > 1.0
    await until(lambda: "0 active channels" in office.lab.cli("core show channels"))
