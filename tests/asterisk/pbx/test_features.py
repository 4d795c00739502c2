"""Feature codes and picking up on the real servers, with real phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from stasis.lab.baresip import Baresip
from stasis.pbx import BadValue, Call, Missing, Needs, Pbx, Refused
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import ALICE, BOB, NUMBER, TONE, channels, hears, talk

CALLER_HZ = 2050


@pytest.fixture(autouse=True)
def as_before(office: Office) -> Iterator[None]:
    """features.conf is what it was after the test."""
    file = office.lab.etc / "features.conf"
    text = file.read_text()
    yield
    file.write_text(text)
    office.lab.cli("module reload features")


@asynccontextmanager
async def ringing(pbx: Pbx, office: Office) -> AsyncIterator[tuple[Baresip, str]]:
    """Somebody calls alice, who does not answer: the caller, and the channel that rings."""
    alice = await Baresip.start(
        office.lab.sip_port,
        user="alice",
        password=office.lab.phones["alice"],
        register=True,
        answer="manual",
    )
    caller = await Baresip.start(office.lab.sip_port, user="200", source=CALLER_HZ)
    async with alice, caller:
        await caller.dial("phone-alice", timeout=None)
        await alice.incoming()
        async with asyncio.timeout(5):
            while not (found := [each for each in await channels(pbx) if "/alice-" in each]):
                await asyncio.sleep(0.02)
        yield caller, found[0]


@pytest.mark.things("features.codes")
async def test_the_codes_in_force(pbx: Pbx, office: Office):
    found = {each.feature: each for each in await pbx.features.codes()}
    assert (found["blindxfer"].digits, found["blindxfer"].default) == ("*2", "#")
    assert (found["atxfer"].digits, found["atxfer"].default) == ("*3", "")
    assert (found["parkcall"].digits, found["pickupexten"].digits) == ("#72", "*8")
    assert found["automixmon"].digits == ""
    assert ("automon" in found) is (office.version == "16")


@pytest.mark.things("features.set_code", "features.undo")
async def test_a_code_is_set_and_put_back(pbx: Pbx, office: Office):
    file = office.lab.etc / "features.conf"
    text = file.read_text().replace("atxfer = *3", "; by hand\natxfer = *3 ; or #")
    file.write_text(f"; ours\n{text}")
    made = await pbx.features.set_code("automixmon", "*1")
    assert (made.feature, made.digits) == ("automixmon", "*1")
    assert "One Touch MixMonitor              *1" in office.lab.cli("features show")
    text = file.read_text()
    assert all(each in text for each in ("; ours", "; by hand", "; or #"))
    with pytest.raises(Refused, match=r"\*2 is blindxfer already"):
        await pbx.features.set_code("automixmon", "*2")
    found = {each.feature: each.digits for each in await pbx.features.undo()}
    assert found["automixmon"] == "" and found["blindxfer"] == "*2"
    assert "automixmon" not in file.read_text()


@pytest.mark.things("features.set_code")
async def test_a_code_transfers_a_call(pbx: Pbx, alice: Baresip, bob: Baresip):
    await pbx.features.set_code("blindxfer", "*5")
    # However long the phone takes from one key to the next.
    await pbx.features.set("featuredigittimeout", "5000")
    await pbx.features.set("transferdigittimeout", "10")
    await talk(pbx, alice, bob)
    await hears(alice, BOB)
    await bob.press(f"*5{NUMBER}")
    await hears(alice, TONE, not_=(BOB,))


@pytest.mark.things("features.set_code")
async def test_a_code_that_16_alone_has(pbx: Pbx, office: Office):
    if office.version == "16":
        assert (await pbx.features.set_code("automon", "*6")).digits == "*6"
    else:
        with pytest.raises(Needs, match="automon is not in this version") as caught:
            await pbx.features.set_code("automon", "*6")
        assert caught.value.thing == "features.set_code"


@pytest.mark.things("features.set", "features.settings")
async def test_a_setting(pbx: Pbx, office: Office):
    assert (await pbx.features.set("atxfernoanswertimeout", "7")).value == "7"
    assert ("atxfernoanswertimeout", "7") in [
        (each.option, each.value) for each in await pbx.features.settings()
    ]
    assert "atxfernoanswertimeout = 7" in (office.lab.etc / "features.conf").read_text()
    for option, value in (
        ("atxfernoanswertimeout", "soon"),
        ("atxferdropcall", "1;2"),
        ("courtesytone", "../../etc/passwd"),
        ("courtesytone", "beep\n[evil]"),
        ("atxferabort", "$(id)"),
        ("nonsense", "1"),
    ):
        before = (office.lab.etc / "features.conf").read_bytes()
        with pytest.raises(BadValue):
            await pbx.features.set(option, value)  # type: ignore[arg-type]
        assert (office.lab.etc / "features.conf").read_bytes() == before


@pytest.mark.things("features.applications", "features.reload")
async def test_codes_of_applications(pbx: Pbx, office: Office):
    assert await pbx.features.applications() == []
    file = office.lab.etc / "features.conf"
    whole = file.read_text()
    file.write_text(
        f"{whole}\n[applicationmap]\nhello => #9,self/caller,Playback(a,b),jazz\n"
        'mark => #8,peer,Set,"X=1,2"\n'
    )
    await pbx.features.reload()
    first, second = await pbx.features.applications()
    assert (first.feature, first.digits, first.on) == ("hello", "#9", "self/caller")
    assert (first.application, first.arguments) == ("Playback(a,b)", "jazz")
    assert (second.application, second.arguments) == ("Set", "X=1,2")
    assert "hello                     no def  #9" in office.lab.cli("features show")
    file.write_text(f"{whole}\n[general]\nnonsense = 7\n")
    with pytest.raises(Refused, match="unknown error"):
        await pbx.features.reload()


@pytest.mark.things("features.pickup")
async def test_a_phone_takes_a_call_that_rings_elsewhere(pbx: Pbx, office: Office, bob: Baresip):
    async with ringing(pbx, office) as (caller, channel):
        found = await pbx.features.pickup("PJSIP/bob", channel)
        assert found.ringing == channel and found.by.startswith("PJSIP/bob-")
        await caller.established()
        await hears(bob, CALLER_HZ)
        await hears(caller, BOB, not_=(ALICE,))
        with pytest.raises(Missing, match="is gone, not ringing"):
            await pbx.features.pickup("PJSIP/bob", channel)


@pytest.mark.things("features.pickup_group")
async def test_a_phone_takes_what_rings_in_its_group(pbx: Pbx, office: Office, bob: Baresip):
    async with ringing(pbx, office) as (caller, channel):
        found = await pbx.features.pickup_group("PJSIP/bob")
        assert found.ringing == channel
        await caller.established()
        await hears(bob, CALLER_HZ)
        await hears(caller, BOB)
    with pytest.raises(Missing, match="no call to pick up"):
        await pbx.features.pickup_group("PJSIP/bob")


@pytest.mark.things("features.pickup_extension")
async def test_a_phone_takes_a_call_to_an_extension(pbx: Pbx, office: Office, bob: Baresip):
    async with ringing(pbx, office) as (caller, channel):
        with pytest.raises(Missing, match="no call to pick up"):
            await pbx.features.pickup_extension("PJSIP/bob", "1234")
        found = await pbx.features.pickup_extension("PJSIP/bob", "phone-alice")
        assert found.ringing == channel
        await caller.established()
        await hears(bob, CALLER_HZ)
        await hears(caller, BOB)


@pytest.mark.things("features.pickup_group", "features.pickup_extension")
@pytest.mark.parametrize("code", ["*8", "*8phone-alice"])
async def test_a_phone_presses_the_code_itself(pbx: Pbx, office: Office, bob: Baresip, code: str):
    async with ringing(pbx, office) as (caller, _):
        await bob.dial(code)
        await caller.established()
        await hears(bob, CALLER_HZ)
        await hears(caller, BOB)


@pytest.mark.things("features.pickup")
async def test_a_phone_that_is_not_there(pbx: Pbx, office: Office):
    async with ringing(pbx, office) as (_, channel):
        with pytest.raises(Refused, match="PJSIP/bob was not reached"):
            await pbx.features.pickup("PJSIP/bob", channel)
        for evil in ("PJSIP/x,y", "PJSIP/x\r\ny", "PJSIP/a&PJSIP/b", "$(x)"):
            with pytest.raises(BadValue):
                await pbx.features.pickup(evil, channel)
            with pytest.raises(BadValue):
                await pbx.features.pickup("PJSIP/bob", evil)


@pytest.mark.things("features.pickup")
async def test_what_picks_up_may_be_dialled_by_more_than_its_name(pbx: Pbx, office: Office):
    async with ringing(pbx, office) as (caller, channel):
        taken = await pbx.features.pickup("Local/tone@default/n", channel)
        assert taken.by.startswith("Local/tone@default-")
        assert taken.ringing == channel
        await hears(caller, TONE)


@pytest.mark.things("features.pickup")
async def test_a_pickup_that_is_cancelled_rings_no_longer(pbx: Pbx, office: Office):
    async with ringing(pbx, office) as (_, channel):
        picking = asyncio.create_task(pbx.features.pickup("Local/ring@default", channel))
        async with asyncio.timeout(5):
            while not (found := [each for each in await locals_(pbx) if each.state == "Ringing"]):
                await asyncio.sleep(0.05)
        assert len(found) == 1
        picking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await picking
        async with asyncio.timeout(5):
            while await locals_(pbx):
                await asyncio.sleep(0.05)


async def locals_(pbx: Pbx) -> list[Call]:
    """The Local channels there are."""
    return [each for each in await pbx.calls.list() if each.channel.startswith("Local/")]
