"""What an event of AMI says of a call, as a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stasis.pbx.cdr_record import offset_of, record_of
from tests.pbx.cdr_records import NOON, event

HOUR = timedelta(hours=1)


def test_all_that_is_told_is_in_the_record_in_utc():
    found = record_of(event(), HOUR)
    assert found.calldate == NOON
    assert found.answer == NOON + timedelta(seconds=2)
    assert found.end == NOON + timedelta(seconds=7)
    assert (found.src, found.dst, found.dcontext) == ("2001", "2002", "default")
    assert (found.channel, found.dstchannel) == ("PJSIP/2001-00000000", "PJSIP/2002-00000001")
    assert (found.lastapp, found.lastdata) == ("Dial", "PJSIP/2002,20")
    assert (found.duration, found.billsec, found.disposition) == (7, 5, "ANSWERED")
    assert (found.clid, found.linkedid, found.sequence) == ('"Zoë, =1+1" <2001>', "1795996299.0", 3)


def test_who_was_not_answered_has_no_time_of_it():
    assert record_of(event(AnswerTime=""), HOUR).answer is None


def test_the_zone_is_what_the_start_in_seconds_says():
    assert offset_of(event()) == HOUR
    assert offset_of(event(StartTime="2026-11-29 06:30:00")) == timedelta(hours=-5.5)


@pytest.mark.parametrize("told", [None, "", "soon", "nan", "inf", "1e300"])
def test_without_it_the_zone_is_not_known(told: str | None):
    assert offset_of(event(StartEpoch=told)) is None


class TestSequence:
    def test_without_one_the_same_record_has_the_same_number(self):
        first = record_of(event(Sequence=None), HOUR)
        assert first.sequence is not None and first.sequence < 0
        assert record_of(event(Sequence=None), HOUR) == first

    def test_without_one_another_record_of_the_channel_has_another(self):
        first = record_of(event(Sequence=None), HOUR)
        assert record_of(event(Sequence=None, LastApplication="Queue"), HOUR).sequence != (
            first.sequence
        )


@pytest.mark.parametrize("told", ["99999999999999999999", "-5", "x", ""])
def test_a_number_that_no_column_can_hold_is_none_that_is_kept(told: str):
    found = record_of(event(Duration=told, Sequence=told), HOUR)
    assert 0 <= found.duration < 2**31 and found.sequence is not None
    assert -(2**32) <= found.sequence < 0


def test_a_time_that_is_none_does_not_fail():
    assert record_of(event(StartTime="never"), HOUR).calldate == datetime.fromtimestamp(0, UTC)
