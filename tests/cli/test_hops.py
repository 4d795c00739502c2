"""The hops in order: versions and modules are judged, and a broken hop skips what stands on it."""

from __future__ import annotations

import pytest

from stasis.cli import hops
from stasis.cli.hop import Hop
from stasis.cli.hops import HOPS, NEEDED, USEFUL, compared, examine, judged
from stasis.cli.patient import Patient
from stasis.config import AmiConfig, AsteriskConfig
from stasis.errors import WaitTimeout

ALL = {*NEEDED, *USEFUL}


class TestVersions:
    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ("22.10.1~dfsg+~cs6.17", "ok"),
            ("18.12.1", "ok"),
            ("20.20.1", "ok"),
            ("16.28.0~dfsg-0+deb11u4", "warning"),
            ("18.12.0", "warning"),
            ("20.18.0", "warning"),
            ("22.9.0", "warning"),
            ("24.0.0", "warning"),
            ("GIT-master-abc", "warning"),
            ("", "warning"),
            ("13.38.3", "failed"),
        ],
    )
    def test_each_version_is_judged(self, told: str, state: str) -> None:
        assert judged(told).state == state

    def test_a_version_that_locks_up_names_a_better_one(self) -> None:
        assert judged("22.9.0").fix == "update to 22.10.1"
        assert judged("20.19.0").fix == "update to 20.20.1"


class TestModules:
    def test_all_of_them_are_fine(self) -> None:
        assert compared(ALL).state == "ok"

    def test_a_needed_one_that_is_missing_names_its_line(self) -> None:
        hop = compared(ALL - {"res_stasis_playback.so", "res_stasis.so"})
        assert hop.state == "failed"
        assert hop.fix == (
            "modules.conf: [modules] load = res_stasis.so, load = res_stasis_playback.so"
        )

    def test_a_useful_one_that_is_missing_is_a_warning(self) -> None:
        hop = compared(ALL - {"chan_pjsip.so"})
        assert (hop.state, hop.text) == ("warning", "not running: chan_pjsip.so (SIP phones)")
        assert hop.fix == "modules.conf: [modules] load = chan_pjsip.so"


class TestOrder:
    def test_the_names_are_the_stable_ones(self) -> None:
        """Programs read them from --json."""
        assert [name for name, _, _ in HOPS] == [
            "tcp",
            "http",
            "ari",
            "credentials",
            "writing",
            "version",
            "modules",
            "websocket",
            "application",
            "events",
            "call",
            "dialplan",
        ]

    async def test_after_a_hop_that_others_stand_on_the_rest_is_skipped(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fine(patient: Patient) -> Hop:
            return Hop("fine", "ok", "")

        async def broken(patient: Patient) -> Hop:
            return Hop("broken", "failed", "")

        order = (("fine", fine, True), ("broken", broken, True), ("last", fine, False))
        monkeypatch.setattr(hops, "HOPS", order)
        async with Patient(AsteriskConfig()) as patient:
            found = [hop async for hop in examine(patient)]
        assert [(hop.name, hop.state) for hop in found] == [
            ("fine", "ok"),
            ("broken", "failed"),
            ("last", "skipped"),
        ]

    @pytest.mark.parametrize("username", ["", "me"])
    async def test_those_of_ami_are_there_where_it_is_configured_and_stand_on_no_other(
        self, username: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(patient: Patient) -> Hop:
            return Hop("broken", "failed", "")

        async def fine(patient: Patient) -> Hop:
            return Hop("ami", "ok", "")

        assert [name for name, _, _ in hops.AMI_HOPS] == ["ami", "ami-login", "ami-classes"]
        monkeypatch.setattr(hops, "HOPS", (("broken", broken, True),))
        monkeypatch.setattr(hops, "AMI_HOPS", (("ami", fine, True),))
        async with Patient(AsteriskConfig(ami=AmiConfig(username=username))) as patient:
            found = [hop.name async for hop in examine(patient)]
        assert found == (["broken", "ami"] if username else ["broken"])

    async def test_an_error_nobody_foresaw_is_a_hop_that_failed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def raising(patient: Patient) -> Hop:
            raise WaitTimeout("the answer", 5)

        monkeypatch.setattr(hops, "HOPS", (("raising", raising, False),))
        async with Patient(AsteriskConfig()) as patient:
            (found,) = [hop async for hop in examine(patient)]
        assert (found.state, found.text) == ("failed", "the answer: nothing came within 5 s")


class TestDialplan:
    async def test_without_an_extension_it_is_not_looked_at(self) -> None:
        hop = await hops.dialplan(Patient(AsteriskConfig()))
        assert (hop.state, "--extension" in hop.text) == ("skipped", True)

    @pytest.mark.parametrize(("there", "state"), [(True, "ok"), (False, "failed")])
    async def test_the_extension_is_there_or_not(self, there: bool, state: str) -> None:
        patient = Patient(AsteriskConfig(), "8000@phones")
        patient.in_dialplan = there
        hop = await hops.dialplan(patient)
        assert hop.state == state
        assert there or hop.fix == "extensions.conf: [phones] exten => 8000,1,Stasis(APP)"
