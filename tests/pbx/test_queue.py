"""Queues out of the items of QueueStatus and QueueSummary."""

from __future__ import annotations

from datetime import UTC, datetime

from stasis.ami import events
from stasis.pbx.queue import QueueSummary, queues_of, summary_of

ITEMS = [
    events.QueueParams(queue="support", strategy="ringall", calls=1, completed=2, holdtime=3),
    events.QueueMember(
        queue="support",
        location="PJSIP/alice",
        name="Zoë",
        status=6,
        paused=True,
        paused_reason="Tea",
        penalty=1,
        calls_taken=2,
        last_call=1_700_000_000,
        membership="dynamic",
    ),
    events.QueueEntry(
        queue="support", position=1, channel="PJSIP/bob-1", caller_id_num="2002", wait=9
    ),
    events.QueueParams(queue="night"),
    events.QueueMember(queue="night", location="PJSIP/bob", status=99, last_call=0),
]


def test_each_queue_has_its_own_members_and_callers():
    support, night = queues_of(ITEMS)
    assert (support.info.queue, support.info.strategy, support.info.members) == (
        *("support", "ringall", 1),
    )
    assert (support.info.waiting, support.info.completed, support.info.hold_time) == (1, 2, 3)
    (member,) = support.members
    assert (member.interface, member.name, member.status) == ("PJSIP/alice", "Zoë", "Ringing")
    assert (member.paused, member.reason, member.calls) == (True, "Tea", 2)
    assert member.last_call == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    (caller,) = support.callers
    assert (caller.position, caller.caller_number, caller.seconds) == (1, "2002", 9)
    assert [each.interface for each in night.members] == ["PJSIP/bob"]
    assert night.callers == []


def test_what_was_not_sent_is_nothing():
    night = queues_of(ITEMS)[1]
    assert (night.info.waiting, night.info.in_time) == (0, 0.0)
    assert (night.members[0].last_call, night.members[0].status) == (None, "99")


def test_a_summary():
    item = events.QueueSummary(queue="support", logged_in=2, available=1, longest_hold_time=4)
    assert summary_of(item) == QueueSummary(
        queue="support",
        logged_in=2,
        available=1,
        waiting=0,
        hold_time=0,
        talk_time=0,
        longest_wait=4,
    )
