"""ConfBridge: a channel is named whole; what is stored is found; what is refused."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from stasis.ami import Ami, NoSuch, actions, events
from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from stasis.testing.clock import virtual_time
from tests.pbx.fake_ami import FakeAmi

ALICE = "PJSIP/alice-00000001"


class Stored:
    """ARI's stored recordings. names: at each look another list; the last one stays."""

    def __init__(self, *names: list[str]) -> None:
        self.names = list(names)

    async def __call__(self, request: Request) -> Response:
        assert request.path == "/recordings/stored"
        found = self.names.pop(0) if len(self.names) > 1 else self.names[0]
        return Response(200, "", json.dumps([{"name": n, "format": "wav"} for n in found]).encode())


def pbx(says: dict[type[Any], Any] | None = None, stored: Stored | None = None) -> Any:
    """A PBX, and its manager interface."""
    ami = FakeAmi(says or {})
    ari = Ari(stored or Stored([]))
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami), ari=ari), ami


def inside(*channels: str) -> dict[type[Any], Any]:
    """A conference that these are in."""
    return {actions.ConfbridgeList: [events.ConfbridgeList(channel=each) for each in channels]}


class TestAChannel:
    async def test_it_is_muted_by_its_whole_name(self) -> None:
        one, ami = pbx(inside("PJSIP/bob-00000002", ALICE))
        await one.confbridge.mute("sales", ALICE)
        assert ami.asked[-1] == actions.ConfbridgeMute(conference="sales", channel=ALICE)

    @pytest.mark.parametrize("name", ["PJSIP/alice", "PJSIP/alice-0000000", "PJSIP/ALICE-00000001"])
    @pytest.mark.parametrize("thing", ["kick", "mute", "unmute", "video"])
    async def test_a_part_of_it_is_missing(self, thing: str, name: str) -> None:
        one, ami = pbx(inside(ALICE))
        with pytest.raises(Missing, match=f"{name} is not in the conference sales") as caught:
            await getattr(one.confbridge, thing)("sales", name)
        assert caught.value.thing == f"confbridge.{thing}"
        assert [type(each) for each in ami.asked] == [actions.ConfbridgeList]

    @pytest.mark.parametrize("thing", ["kick", "mute", "unmute", "video"])
    async def test_one_that_is_anothers_beginning_is_refused(self, thing: str) -> None:
        one, ami = pbx(inside(f"{ALICE}-00000007", ALICE))
        with pytest.raises(Refused, match=f"could take {ALICE}-00000007 for it"):
            await getattr(one.confbridge, thing)("sales", ALICE)
        assert [type(each) for each in ami.asked] == [actions.ConfbridgeList]

    @pytest.mark.parametrize("name", ["all", "participants", "alice", "PJSIP/a b", "PJSIP/a\r\nb"])
    async def test_what_is_no_name_is_refused(self, name: str) -> None:
        one, ami = pbx()
        with pytest.raises(BadValue, match="channel"):
            await one.confbridge.kick("sales", name)
        assert not ami.asked

    @pytest.mark.parametrize(
        "said", [[], NoSuch("ConfbridgeList", "No Conference by that name found.")]
    )
    async def test_nobody_is_in_a_conference(self, said: Any) -> None:
        one, _ = pbx({actions.ConfbridgeList: said})
        with pytest.raises(Missing, match="nobody is in a conference sales"):
            await one.confbridge.participants("sales")


class TestEverybody:
    async def test_admins_are_spared_unless_it_is_said(self) -> None:
        one, ami = pbx()
        await one.confbridge.mute_all("sales")
        await one.confbridge.mute_all("sales", admins=True)
        assert [each.channel for each in ami.asked] == ["participants", "all"]

    async def test_kicking_all_wants_to_be_confirmed(self) -> None:
        one, ami = pbx()
        with pytest.raises(NotConfirmed):
            await one.confbridge.kick_all("sales")
        assert not ami.asked


class TestARecording:
    @virtual_time
    async def test_its_name_is_that_of_the_new_file(self) -> None:
        old, new = "sales-1700000000", "sales-1795996467"
        others = ["sales-x-1795996467", "sales-", "salesx"]
        one, ami = pbx(stored=Stored([old], [old], [old, new, *others]))
        found = await one.confbridge.record("sales")
        assert (found.recording, found.format) == (new, "wav")
        (asked,) = ami.asked
        assert asked.record_file == "../recording/sales.wav"

    @virtual_time
    async def test_without_a_new_file_it_goes_on_with_the_last_one(self) -> None:
        one, _ = pbx(stored=Stored(["sales-1700000000", "sales-1795996467", "sales-x-1795996467"]))
        assert (await one.confbridge.record("sales")).recording == "sales-1795996467"

    @virtual_time
    async def test_no_file_is_no_name(self) -> None:
        one, _ = pbx()
        assert (await one.confbridge.record("sales")).recording == ""

    @pytest.mark.parametrize(
        "name", ["x,b,touch /tmp/evil", "../x", "a/b", "x;y", "$(id)", "x|y", 'x"y', "x\r\ny", ".x"]
    )
    async def test_a_name_that_means_more_is_refused(self, name: str) -> None:
        one, ami = pbx()
        with pytest.raises(BadValue, match="recording"):
            await one.confbridge.record("sales", recording=name)
        assert not ami.asked
