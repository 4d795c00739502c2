"""Softphones on real servers: who hears whom, whatever is done with a call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

import pytest
from stasis_webrtc.action import act

from stasis.lab.baresip import Baresip
from stasis.lab.lab import Lab
from tests.asterisk.listener import until
from tests.asterisk.phones import HERTZ, hear
from tests.asterisk.softphone.house import (
    Office,
    Softphone,
    on_both,
    opened,
    softphone,
    softphones,
)

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(120)]


# Asterisk 16 sets what is kept of a call a moment after it has said so.
KEPT_SECONDS = 0.5


async def talk(office: Office, one: Softphone, other: Softphone) -> None:
    """One calls the other, and they talk."""
    await one.dials(other.name, answered=False)
    await other.rings()
    await other.answers()
    await one.is_answered()
    await office.says(one, "connected")
    await hear({one: other.name, other: one.name})


@on_both
async def test_hold_and_mute_by_page_and_by_phone(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        await talk(office, anna, bert)
        await office.do(anna, "hold")
        await hear({anna: "", bert: "music"})
        await office.do(anna, "unhold")
        await hear({anna: "bert", bert: "anna"})
        await bert.holds(True)
        await until(lambda: office.views(bert)[0].held, "the phone's hold")
        await hear({anna: "music"})
        await bert.holds(False)
        await hear({anna: "bert"})  # what he hears after it, his phone does not write down
        await office.do(bert, "mute")
        await hear({anna: ""})
        await office.redeploys()
        assert office.views(bert)[0].muted
        await hear({anna: ""})
        await office.do(bert, "unmute")
        await hear({anna: "bert"})
        await anna.hangs_up()
        await bert.is_hung_up()


@on_both
async def test_blind_and_attended_transfer(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert", "carl") as (anna, bert, carl),
        opened(lab, anna, bert, carl) as office,
    ):
        await talk(office, anna, bert)
        await office.do(anna, "transfer", to="carl")
        await anna.is_hung_up()
        await carl.rings()
        await carl.answers()
        await hear({bert: "carl", carl: "bert"})
        await office.do(carl, "transfer", to="201")
        await anna.rings()
        await anna.answers()
        await carl.is_hung_up()
        await hear({bert: "anna", anna: "bert"})
        await bert.hangs_up()
        await anna.is_hung_up()


@on_both
async def test_attended_transfer_of_two_devices_calls(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert", "carl") as (anna, bert, carl),
        softphone(lab, folder, "anna", 2) as second,
        opened(lab, anna, second, bert, carl) as office,
    ):
        await talk(office, anna, bert)
        await office.do(anna, "hold")
        await second.dials("carl", answered=False)
        await carl.rings()
        await carl.answers()
        await second.is_answered()
        await hear({bert: "music", carl: "anna"})
        await office.do(anna, "attend", other=office.views(anna)[1].id)
        await anna.is_hung_up()
        await second.is_hung_up()
        await hear({bert: "carl", carl: "bert"})
        await office.redeploys()
        await hear({bert: "carl", carl: "bert"})
        await carl.hangs_up()
        await bert.is_hung_up()


@on_both
async def test_all_devices_ring_and_each_is_told_the_same_call(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        softphone(lab, folder, "bert", 2) as second,
        opened(lab, anna, bert, second) as office,
    ):
        lab.cli("pjsip set logger on")
        await anna.dials("202", answered=False)
        await bert.rings()
        await second.rings()
        (view,) = office.views(bert)
        # Asterisk's log is written beside its calls.
        await until(lambda: lab.logs(400).count(f"X-Stasis-Call: {view.id}") >= 2, "both INVITEs")
        lab.cli("pjsip set logger off")
        await second.answers()
        await bert.is_hung_up()
        await hear({anna: "bert", second: "anna"})
        assert office.views(bert)[0].device == second.endpoint
        await anna.hangs_up()
        await second.is_hung_up()


@on_both
async def test_the_process_ends_while_it_rings(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        await anna.dials("bert", answered=False)
        await bert.rings()
        await asyncio.sleep(KEPT_SECONDS)
        await office.redeploys()
        await office.says(bert, "ringing")
        await bert.answers()
        await hear({anna: "bert", bert: "anna"})
        await bert.hangs_up()
        await anna.is_hung_up()


@on_both
async def test_busy_and_given_up(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert, message_seconds=0) as office,
    ):
        await anna.dials("202", answered=False)
        await bert.rings()
        await bert.hangs_up()
        assert "486" in await anna.baresip.closed()
        await anna.dials("202", answered=False)
        await bert.rings()
        await anna.hangs_up()
        await anna.is_hung_up()
        await bert.is_hung_up()
        await anna.dials("299", answered=False)
        assert "404" in await anna.baresip.closed()
        house = office.house
        assert house.reasons("anna") == ["out busy", "out cancelled", "out unavailable"]
        assert house.reasons("bert") == ["in busy missed", "in cancelled missed"]


INVITE = """INVITE sip:stasis-webrtc,dial,202,anna@127.0.0.1:{server} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call}
From: <sip:desk@127.0.0.1>;tag=1
To: <sip:stasis-webrtc,dial,202,anna@127.0.0.1:{server}>
Call-ID: {call}
CSeq: 1 INVITE
Contact: <sip:desk@127.0.0.1:{port}>
Max-Forwards: 70
X-Stasis-Call: {call}
Content-Type: application/sdp
Content-Length: {length}

{sdp}"""
SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 0
"""


@on_both
async def test_whoever_calls_chooses_the_id_of_its_call(lab: Lab, folder: Path) -> None:
    chosen = "6f1c6f0e-9d0b-4c7e-8a55-0f0c2c3b7a10"
    async with softphones(lab, folder, "bert") as (bert,), opened(lab, bert) as office:
        sdp = SDP.replace("\n", "\r\n")
        with socket(AF_INET, SOCK_DGRAM) as caller:
            caller.bind(("127.0.0.1", 0))
            words = {"server": lab.sip_port, "port": caller.getsockname()[1], "call": chosen}
            text = INVITE.format(length=len(sdp), sdp="", **words).replace("\n", "\r\n") + sdp
            caller.sendto(text.encode(), ("127.0.0.1", lab.sip_port))
            await bert.rings()
            (view,) = office.house.views("anna")
            assert view.id == chosen
            await act(office.house.calls, "anna", chosen, "hangup")
            await bert.is_hung_up()


@on_both
async def test_a_call_that_is_clicked(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        calls = office.house.calls
        await calls.summons.call("anna", anna.endpoint, "bert", office.link)
        await anna.rings()
        assert not office.views(bert)
        await anna.answers()
        await bert.rings()
        await bert.answers()
        await hear({anna: "bert", bert: "anna"})
        await bert.hangs_up()
        await anna.is_hung_up()
        await calls.summons.call("anna", anna.endpoint, "bert", office.link)
        await anna.rings()
        await anna.hangs_up()
        await until(lambda: not office.views(anna), "the end")


@on_both
async def test_into_a_conference_and_known_there_by_a_new_process(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        await talk(office, anna, bert)
        await office.do(anna, "conference", room="1000")
        await until(
            lambda: [v.conference for p in (anna, bert) for v in office.views(p)] == ["1000"] * 2,
            "both in the conference",
        )
        await asyncio.sleep(KEPT_SECONDS)
        await office.redeploys()
        await until(lambda: office.views(anna) and office.views(bert), "who is there")
        assert office.views(anna)[0].conference == "1000"
        await office.do(anna, "hangup")
        await anna.is_hung_up()
        await bert.hangs_up()
        await until(lambda: not office.views(anna) and not office.views(bert), "the end")
        assert office.house.reasons("anna") == ["out hangup"]


@on_both
async def test_outside_and_transferred_to_outside(lab: Lab, folder: Path) -> None:
    port = lab.desk_ports[0]
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        await Baresip.start(lab.sip_port, user="desk1", port=port, source=HERTZ["dora"]) as desk,
        opened(lab, anna, bert, outside="PJSIP/desk1") as office,
    ):
        dora = Softphone("dora", lab, desk)
        await anna.dials("030123456")
        assert office.views(anna)[0].peer.number == "+4930123456"
        await hear({anna: "dora"})
        await anna.hangs_up()
        await dora.is_hung_up()
        await talk(office, bert, anna)
        await office.do(anna, "transfer", to="+49 30 123456")
        await anna.is_hung_up()
        await hear({bert: "dora", dora: "bert"})
        await bert.hangs_up()
        await dora.is_hung_up()
