"""What was dialled: users, rooms, and numbers in every notation."""

from __future__ import annotations

import pytest
from stasis_webrtc.target import NumberPlan, Target, cleaned, outside_number, target_of

from tests.apps.stasis_webrtc.house import MemoryDirectory

GERMANY, AMERICA = NumberPlan(country="DE"), NumberPlan(country="US")


class TestOutsideNumber:
    @pytest.mark.parametrize(
        "dialled",
        [
            "+4930123456",
            "+49 30 123456",
            "+49 (30) 123-456",
            "+49.30.123.456",
            "+49/30/123456",
            "+49\u00a030\u2011123456",
            "004930123456",
            "030123456",
            "030 / 12 34 56",
            "(030) 123456",
            "0049 (0)30 123456",
        ],
    )
    def test_every_notation_of_a_german_number(self, dialled: str):
        assert outside_number(dialled, GERMANY) == "+4930123456"

    @pytest.mark.parametrize(
        "dialled",
        [
            "+1 650-253-0000",
            "(650) 253-0000",
            "650.253.0000",
            "1 650 253 0000",
            "011 1 650 253 0000",
        ],
    )
    def test_every_notation_of_an_american_one(self, dialled: str):
        assert outside_number(dialled, AMERICA) == "+16502530000"

    def test_abroad(self):
        assert outside_number("001 650 253 0000", GERMANY) == "+16502530000"
        assert outside_number("011 49 30 123456", AMERICA) == "+4930123456"

    def test_without_a_country_only_with_a_plus(self):
        plan = NumberPlan()
        assert outside_number("+4930123456", plan) == "+4930123456"
        assert outside_number("030123456", plan) is None

    def test_behind_a_prefix(self):
        plan = NumberPlan(country="DE", prefix="0")
        assert outside_number("0030123456", plan) == "+4930123456"
        assert outside_number("30123456", plan) is None
        assert outside_number("+4930123456", plan) == "+4930123456"

    @pytest.mark.parametrize(
        "dialled",
        ["", "+", "0", "299", "*97", "030*12", "030#1", "+49", "+0", "anna", "9" * 33, "sip:x@y"],
    )
    def test_what_is_none(self, dialled: str):
        assert outside_number(dialled, GERMANY) is None


class TestCleaned:
    def test_only_what_stands_between_is_left_out(self):
        assert cleaned(" (0)30-12 34 ") == "0301234"
        assert cleaned("*97#") == "*97#"
        assert cleaned("30a") == cleaned("3+0") == cleaned(",") == ""


class TestEmergency:
    def test_those_of_the_country(self):
        assert GERMANY.is_emergency("112") and GERMANY.is_emergency("110")
        assert AMERICA.is_emergency("911") and not GERMANY.is_emergency("115")

    def test_or_those_that_are_named(self):
        plan = NumberPlan(country="DE", emergency=("999",))
        assert plan.is_emergency("999") and not plan.is_emergency("112")
        assert not NumberPlan().is_emergency("112")


class TestTargetOf:
    @pytest.mark.parametrize(
        ("dialled", "target"),
        [
            ("202", Target("user", "bert", "202")),
            ("bert", Target("user", "bert", "bert")),
            (" 202 ", Target("user", "bert", "202")),
            ("20-2", Target("user", "bert", "20-2")),
            ("1000", Target("room", "1000", "1000")),
            ("*97", Target("messages", "anna", "*97")),
            ("201", Target("messages", "anna", "201")),
            ("112", Target("emergency", "112", "112")),
            ("1-1-2", Target("emergency", "112", "1-1-2")),
            ("030 123456", Target("outside", "+4930123456", "030 123456")),
            ("299", Target("nobody", "", "299")),
            ("", Target("nobody", "", "")),
            ("x" * 500, Target("nobody", "", "x" * 128)),
        ],
    )
    async def test_what_it_is(self, dialled: str, target: Target):
        assert await target_of(dialled, GERMANY, MemoryDirectory(), "anna") == target

    async def test_an_extension_goes_before_an_outside_number(self):
        directory = MemoryDirectory()
        directory.change("bert", extension="030123456")
        found = await target_of("030123456", GERMANY, directory, "anna")
        assert found.kind == "user"

    async def test_nobody_is_an_emergency_number(self):
        directory = MemoryDirectory()
        directory.change("bert", extension="112")
        assert (await target_of("112", GERMANY, directory, "anna")).kind == "emergency"

    def test_what_has_to_be_granted(self):
        assert Target("user", "bert").grant == "internal"
        assert Target("room", "1000").grant == "rooms"
        assert Target("outside", "+4930").grant == "+4930"
        assert Target("emergency", "112").grant == Target("messages").grant == ""


class TestServices:
    """Numbers of other Stasis applications."""

    PLAN = NumberPlan(country="DE", services={"8001": "ivr"})

    async def test_a_number_of_a_service_is_that_however_it_is_written(self) -> None:
        for dialled in ("8001", "80 01", "8001 "):
            found = await target_of(dialled, self.PLAN, MemoryDirectory())
            assert (found.kind, found.name) == ("service", "ivr")

    async def test_it_is_for_those_who_may_call_here(self) -> None:
        assert Target("service", "ivr", "8001").grant == "internal"

    async def test_no_other_number_is(self) -> None:
        assert (await target_of("8002", self.PLAN, MemoryDirectory())).kind == "nobody"
