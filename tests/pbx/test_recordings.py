"""Recordings: where they go, what is refused, and what Asterisk's command line says of them."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest

from stasis.ami import Ami, actions, events
from stasis.ami.answers import CommandOutput, MixMonitorAnswer
from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from stasis.pbx.recordings import running_of
from stasis.testing.clock import virtual_time
from tests.pbx.fake_ami import FakeAmi
from tests.pbx.refusing import EVIL, unasked

ALICE = "PJSIP/alice-00000001"

# As both 16 and 22 print it.
HEAD = (
    "MixMonitor ID\tFile\tReceive File\tTransmit File",
    "=========================================================================",
)
FOLDER = "/var/spool/asterisk/monitor/../recording"
LISTED = (
    *HEAD,
    f"0x7fb71400a0f0\t\t{FOLDER}/heard\t",
    f"0x7fb714002b80\t{FOLDER}/sales.monday\t\t",
    f"0x7fb714002b90\t\t\t{FOLDER}/said",
    "0x7fb714002ba0\t/var/spool/asterisk/monitor/elsewhere\t\t",
    "",
)
BEGUN = (*HEAD, "0x7fb714002b80\t\t\t")


class Stored:
    """ARI's stored recordings, one of which there is. asked: what was asked for."""

    def __init__(self, name: str = "", data: bytes = b"") -> None:
        self.name, self.data = name, data
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, request: Request) -> Response:
        self.asked.append((request.method, request.path))
        if request.path.endswith("/file"):
            return Response(200, "", self.data, "audio/wav")
        if request.method == "DELETE":
            return Response(204)
        if request.path == "/recordings/stored":
            found = [{"name": name, "format": "wav"} for name in ("b", "a")]
            return Response(200, "", json.dumps(found).encode())
        if not self.name:
            return Response(404, "", b'{"message":"Recording not found"}')
        return Response(200, "", json.dumps({"name": self.name, "format": "wav"}).encode())


def pbx(says: dict[type[Any], Any] | None = None, stored: Stored | None = None) -> Any:
    """A PBX, and its manager interface."""
    ami = FakeAmi(says or {})
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami), ari=Ari(stored or Stored())), ami


ANSWER = {actions.MixMonitor: MixMonitorAnswer(response="Success", mix_monitor_id="0x1")}


class TestARecording:
    @pytest.mark.parametrize(
        ("given", "file", "options"),
        [
            ({}, "../recording/x.wav", "i(STASIS_MIXMONITOR)"),
            ({"format": "gsm"}, "../recording/x.gsm", "i(STASIS_MIXMONITOR)"),
            (
                {"bridged": True, "append": True},
                "../recording/x.wav",
                "bai(STASIS_MIXMONITOR)",
            ),
            ({"side": "read"}, None, "i(STASIS_MIXMONITOR)r(../recording/x.wav)"),
            ({"side": "write"}, None, "i(STASIS_MIXMONITOR)t(../recording/x.wav)"),
        ],
    )
    async def test_it_goes_where_ari_finds_it(
        self, given: dict[str, Any], file: str | None, options: str
    ) -> None:
        one, ami = pbx(ANSWER)
        begun = await one.recordings.start(ALICE, "x", **given)
        assert ami.asked == [actions.MixMonitor(channel=ALICE, file=file, options=options)]
        assert (begun.id, begun.recording) == ("0x1", "x")

    async def test_one_that_is_stored_is_kept(self) -> None:
        one, ami = pbx(ANSWER, Stored("x"))
        with pytest.raises(Refused, match="stored already"):
            await one.recordings.start(ALICE, "x")
        assert ami.asked == []
        await one.recordings.start(ALICE, "x", append=True)
        assert len(ami.asked) == 1

    @pytest.mark.parametrize("evil", EVIL)
    async def test_a_name_that_would_mean_something_is_refused(self, evil: str) -> None:
        one, ami = unasked()
        with pytest.raises(BadValue):
            await one.recordings.start(ALICE, evil)
        assert ami.asked == []

    @pytest.mark.parametrize(
        "name", ["a,b", "a;b", "a|b", 'a"b', "${SHELL(id)}", "`id`", "a b/Zoë"]
    )
    async def test_a_stored_name_goes_out_as_one_segment_of_letters(self, name: str) -> None:
        stored = Stored()
        one, _ = pbx({}, stored)
        with pytest.raises(Missing):
            await one.recordings.download(name)
        ((_, path),) = stored.asked
        assert re.fullmatch(r"/recordings/stored/[A-Za-z0-9_.%-]+", path)

    @pytest.mark.parametrize(
        "name",
        ["/x", "a/../b", "a//b", "..", ".x", "a/.x", "a/..", "a\\..\\b", "", "a\r\nb", "a" * 300],
    )
    async def test_no_stored_name_leads_out_of_the_folder(self, name: str) -> None:
        one, _ = unasked()
        with pytest.raises(BadValue):
            await one.recordings.download(name)

    @pytest.mark.parametrize("evil", EVIL)
    async def test_a_channel_is_one(self, evil: str) -> None:
        one, ami = unasked()
        for work in (one.recordings.running, one.recordings.stop, one.recordings.mute):
            with pytest.raises(BadValue):
                await work(evil)
        assert ami.asked == []


class TestWhatRuns:
    def test_each_side_is_told_apart_and_what_is_elsewhere_has_no_name(self) -> None:
        found = [each for each in running_of(ALICE, LISTED) if each is not None]
        assert [(each.id, each.recording, each.side) for each in found] == [
            ("0x7fb71400a0f0", "heard", "read"),
            ("0x7fb714002b80", "sales.monday", "both"),
            ("0x7fb714002b90", "said", "write"),
            ("0x7fb714002ba0", "", "both"),
        ]

    def test_nothing_runs(self) -> None:
        assert running_of(ALICE, HEAD) == []

    @virtual_time
    async def test_one_that_has_only_just_begun_is_asked_for_again(self) -> None:
        one, ami = pbx({actions.Status: [events.Status(event="Status")]})
        outputs = [BEGUN, BEGUN, LISTED[:4]]

        async def command(line: str) -> list[str]:
            assert line == f"mixmonitor list {ALICE}"
            return list(outputs.pop(0))

        one.ways.command = command
        found = await one.recordings.running(ALICE)
        assert [each.recording for each in found] == ["heard", "sales.monday"]

    async def test_muting_what_is_not_recorded_is_refused(self) -> None:
        one, ami = pbx(
            {
                actions.Status: [events.Status(event="Status")],
                actions.Command: CommandOutput(response="Success", output=HEAD),
            }
        )
        with pytest.raises(Refused, match="is not recorded"):
            await one.recordings.mute(ALICE)
        assert actions.MixMonitorMute not in {type(each) for each in ami.asked}


class TestWhatIsStored:
    async def test_it_is_listed_by_name(self) -> None:
        one, _ = pbx()
        assert [each.recording for each in await one.recordings.list()] == ["a", "b"]

    async def test_a_file_is_named_and_comes_in_pieces(self) -> None:
        one, _ = pbx({}, Stored("sales/monday", b"x" * 100_000))
        found = await one.recordings.download("sales/monday")
        assert (found.name, found.kind, found.size) == ("monday.wav", "audio/wav", 100_000)
        assert [len(each) async for each in found.chunks] == [65_536, 34_464]

    async def test_it_is_deleted_when_that_is_meant(self) -> None:
        stored = Stored("sales/monday")
        one, _ = pbx({}, stored)
        with pytest.raises(NotConfirmed):
            await one.recordings.delete("sales/monday")
        assert stored.asked == []
        await one.recordings.delete("sales/monday", confirm=True)
        assert stored.asked[-1] == ("DELETE", "/recordings/stored/sales%2Fmonday")
