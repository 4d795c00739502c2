"""Queues on the real servers: a caller, phones as members, and what the events say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stasis.ami import AmiEvent, Stream, events
from stasis.lab.baresip import Baresip
from stasis.lab.music import MUSIC_HZ
from stasis.pbx import BadValue, Missing, NotConfirmed, Pbx, Refused
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import ALICE, BOB, hears

QUEUE, ALICES, BOBS = "support", "PJSIP/alice", "PJSIP/bob"


@pytest.fixture(autouse=True)
async def empty(pbx: Pbx) -> AsyncIterator[None]:
    """The queue has no members but those that a test adds."""
    for each in await pbx.queues.members(QUEUE):
        await pbx.queues.remove(QUEUE, each.interface)
    yield
    for each in await pbx.queues.members(QUEUE):
        await pbx.queues.remove(QUEUE, each.interface)


@asynccontextmanager
async def told(pbx: Pbx, *kinds: type[AmiEvent]) -> AsyncIterator[Stream[AmiEvent]]:
    """What the manager interface says of these kinds from now on."""
    ami = await pbx.ways.ami()
    async with ami.events(*kinds) as stream:
        yield stream


async def following(stream: Stream[AmiEvent]) -> AmiEvent:
    """The next event."""
    async with asyncio.timeout(10):
        event = await anext(stream)
    assert isinstance(event, AmiEvent)
    return event


async def known(pbx: Pbx, name: str) -> None:
    """Wait until a phone that has registered is known as a device: Asterisk hears of it later."""
    async with asyncio.timeout(10):
        while (await pbx.endpoints.show(name)).state != "Not in use":
            await asyncio.sleep(0.02)


@pytest.mark.things("queues.add", "queues.members", "queues.remove")
async def test_a_member_is_added_and_removed(pbx: Pbx, office: Office, alice: Baresip):
    await known(pbx, "alice")
    async with told(pbx, events.QueueMemberAdded, events.QueueMemberRemoved) as stream:
        made = await pbx.queues.add(QUEUE, ALICES, member_name="Zoë", penalty=3)
        assert (made.interface, made.name, made.penalty) == (ALICES, "Zoë", 3)
        assert (made.status, made.paused, made.membership) == ("Not in use", False, "dynamic")
        assert "Zoë (PJSIP/alice)" in office.lab.cli(f"queue show {QUEUE}")
        added = await following(stream)
        assert isinstance(added, events.QueueMemberAdded)
        assert (added.queue, added.interface, added.member_name) == (QUEUE, ALICES, "Zoë")
        assert (added.penalty, added.status, added.paused) == (3, 1, False)
        assert await pbx.queues.members(QUEUE) == [made]
        with pytest.raises(Refused, match="Already there"):
            await pbx.queues.add(QUEUE, ALICES)
        await pbx.queues.remove(QUEUE, ALICES)
        gone = await following(stream)
        assert isinstance(gone, events.QueueMemberRemoved) and gone.interface == ALICES
    assert "PJSIP/alice" not in office.lab.cli(f"queue show {QUEUE}")
    with pytest.raises(Missing, match="Not there"):
        await pbx.queues.remove(QUEUE, ALICES)


@pytest.mark.things("queues.add")
async def test_a_member_may_begin_with_a_pause_and_its_reason(pbx: Pbx):
    made = await pbx.queues.add(QUEUE, ALICES, paused=True, reason="Tea")
    assert (made.paused, made.reason) == (True, "Tea")


@pytest.mark.things("queues.pause", "queues.unpause")
async def test_a_paused_member_is_not_called(
    pbx: Pbx, office: Office, alice: Baresip, bob: Baresip
):
    await pbx.queues.add(QUEUE, BOBS)
    async with told(pbx, events.QueueMemberPause) as stream:
        (paused,) = await pbx.queues.pause(BOBS, queue=QUEUE, reason="Lunch")
        assert (paused.paused, paused.reason) == (True, "Lunch")
        event = await following(stream)
        assert isinstance(event, events.QueueMemberPause)
        assert (event.paused, event.paused_reason) == (True, "Lunch")
        assert "(paused:Lunch" in office.lab.cli(f"queue show {QUEUE}")
        await alice.dial(f"queue-{QUEUE}")
        await hears(alice, MUSIC_HZ)
        assert (await pbx.queues.summary(QUEUE)).available == 0
        (free,) = await pbx.queues.unpause(BOBS)
        assert (free.paused, free.reason) == (False, "")
        event = await following(stream)
        assert isinstance(event, events.QueueMemberPause) and event.paused is False
    await bob.established()
    await hears(alice, BOB)
    for wrong in (pbx.queues.pause, pbx.queues.unpause):
        with pytest.raises(Missing, match="PJSIP/nobody is no member of any queue"):
            await wrong("PJSIP/nobody")


@pytest.mark.things("queues.callers", "queues.show", "queues.list", "queues.summary")
async def test_a_caller_waits_and_is_answered(pbx: Pbx, alice: Baresip, bob: Baresip):
    kinds = (
        events.QueueCallerJoin,
        events.AgentCalled,
        events.AgentConnect,
        events.AgentComplete,
        events.QueueCallerLeave,
    )
    before = (await pbx.queues.show(QUEUE)).info
    async with told(pbx, *kinds) as stream:
        await alice.dial(f"queue-{QUEUE}")
        joined = await following(stream)
        assert isinstance(joined, events.QueueCallerJoin)
        assert (joined.queue, joined.position, joined.count) == (QUEUE, 1, 1)
        (caller,) = await pbx.queues.callers(QUEUE)
        assert (caller.position, caller.channel) == (1, joined.channel)
        (listed,) = [each for each in await pbx.queues.list() if each.queue == QUEUE]
        assert (listed.waiting, listed.strategy, listed.members) == (1, "ringall", 0)
        assert (await pbx.queues.summary(QUEUE)).waiting == 1
        await hears(alice, MUSIC_HZ)

        await pbx.queues.add(QUEUE, BOBS, member_name="Bob")
        called = await following(stream)
        assert isinstance(called, events.AgentCalled)
        assert (called.interface, called.member_name) == (BOBS, "Bob")
        found = [await following(stream), await following(stream)]
        connected = next(each for each in found if isinstance(each, events.AgentConnect))
        left = next(each for each in found if isinstance(each, events.QueueCallerLeave))
        assert (connected.channel, connected.interface) == (joined.channel, BOBS)
        assert connected.dest_channel.startswith(f"{BOBS}-") and connected.hold_time is not None
        assert (left.channel, left.count) == (joined.channel, 0)
        await hears(alice, BOB, not_=(MUSIC_HZ,))
        await hears(bob, ALICE)
        async with asyncio.timeout(10):  # a device's state comes to the queue in its own time
            while True:
                shown = await pbx.queues.show(QUEUE)
                if [each.status for each in shown.members] == ["In use"]:
                    break
                await asyncio.sleep(0.02)
        assert shown.callers == []

        await bob.hangup()
        done = await following(stream)
        assert isinstance(done, events.AgentComplete)
        assert (done.reason, done.member_name) == ("agent", "Bob")
    async with asyncio.timeout(10):  # it is told before it is counted
        while (after := await pbx.queues.show(QUEUE)).info.completed == before.completed:
            await asyncio.sleep(0.02)
    assert after.info.completed == before.completed + 1
    assert after.members[0].calls == 1 and after.members[0].last_call is not None


@pytest.mark.things("queues.callers")
async def test_a_caller_who_gives_up(pbx: Pbx, alice: Baresip):
    async with told(pbx, events.QueueCallerAbandon) as stream:
        await alice.dial(f"queue-{QUEUE}")
        await hears(alice, MUSIC_HZ)
        await alice.hangup()
        gone = await following(stream)
    assert isinstance(gone, events.QueueCallerAbandon)
    assert (gone.queue, gone.original_position, gone.position) == (QUEUE, 1, 1)
    async with asyncio.timeout(10):  # it is told before the caller is out
        while await pbx.queues.callers(QUEUE):
            await asyncio.sleep(0.02)


@pytest.mark.things("queues.penalty")
async def test_a_penalty(pbx: Pbx, office: Office):
    await pbx.queues.add(QUEUE, ALICES)
    async with told(pbx, events.QueueMemberPenalty) as stream:
        (found,) = await pbx.queues.penalty(ALICES, 7, queue=QUEUE)
        assert found.penalty == 7
        event = await following(stream)
        assert isinstance(event, events.QueueMemberPenalty) and event.penalty == 7
    assert "with penalty 7" in office.lab.cli(f"queue show {QUEUE}")
    with pytest.raises(Missing, match="no member of any queue"):
        await pbx.queues.penalty("PJSIP/nobody", 7)


@pytest.mark.things("queues.ring_in_use")
async def test_ringing_while_in_use(pbx: Pbx, office: Office):
    await pbx.queues.add(QUEUE, ALICES)
    assert "ringinuse disabled" not in office.lab.cli(f"queue show {QUEUE}")
    async with told(pbx, events.QueueMemberRinginuse) as stream:
        await pbx.queues.ring_in_use(ALICES, ring=False)
        event = await following(stream)
        assert isinstance(event, events.QueueMemberRinginuse) and event.ringinuse is False
    assert "ringinuse disabled" in office.lab.cli(f"queue show {QUEUE}")
    await pbx.queues.ring_in_use(ALICES, ring=True, queue=QUEUE)
    assert "ringinuse disabled" not in office.lab.cli(f"queue show {QUEUE}")
    with pytest.raises(Missing, match=f"no member of the queue {QUEUE}"):
        await pbx.queues.ring_in_use(BOBS, queue=QUEUE)


@pytest.mark.things("queues.reload")
async def test_a_new_queue_is_there_after_a_reload(pbx: Pbx, office: Office):
    file = office.lab.etc / "queues.conf"
    before = file.read_text()
    file.write_text(f"{before}\n[night]\nstrategy = linear\n")
    try:
        with pytest.raises(Missing, match="no queue night"):
            await pbx.queues.show("night")
        await pbx.queues.reload()
        assert (await pbx.queues.show("night")).info.strategy == "linear"
        await pbx.queues.reload(queue="night")
    finally:
        file.write_text(before)
        await pbx.queues.reload()
    with pytest.raises(Missing, match="no queue night"):
        await pbx.queues.reload(queue="night")


@pytest.mark.things("queues.reset")
async def test_statistics_begin_anew(pbx: Pbx, alice: Baresip):
    await alice.dial(f"queue-{QUEUE}")
    await hears(alice, MUSIC_HZ)
    await alice.hangup()
    async with asyncio.timeout(5):
        while not (await pbx.queues.show(QUEUE)).info.abandoned:
            await asyncio.sleep(0.05)
    with pytest.raises(NotConfirmed, match="begin at 0"):
        await pbx.queues.reset(QUEUE)
    await pbx.queues.reset(QUEUE, confirm=True)
    info = (await pbx.queues.show(QUEUE)).info
    assert (info.abandoned, info.completed) == (0, 0)
    with pytest.raises(Missing, match="no queue nowhere"):
        await pbx.queues.reset("nowhere", confirm=True)


@pytest.mark.things("queues.add", "queues.show")
async def test_what_is_not_there_or_no_name(pbx: Pbx):
    with pytest.raises(Missing, match="No such queue"):
        await pbx.queues.add("nowhere", ALICES)
    for ask in (pbx.queues.show, pbx.queues.members, pbx.queues.callers, pbx.queues.summary):
        with pytest.raises(Missing, match=r"no queue nowhere; `queues\.list`"):
            await ask("nowhere")
    for evil in ("a\r\nb", "a\n", "a,b", "a;b", "a|b", "$(id)", '"a"', ""):
        with pytest.raises(BadValue, match="queue"):
            await pbx.queues.add(evil, ALICES)
        with pytest.raises(BadValue, match="interface"):
            await pbx.queues.add(QUEUE, evil)
    for evil in ("a\r\nb", "a|b", "a;b", '"', "$x"):
        with pytest.raises(BadValue, match="reason"):
            await pbx.queues.pause(ALICES, reason=evil)


@pytest.mark.things("queues.add", "queues.pause", "queues.penalty")
async def test_a_member_whose_name_is_anothers_interface_is_another(pbx: Pbx):
    await pbx.queues.add(QUEUE, "Local/echo@default", member_name=ALICES)
    with pytest.raises(Missing, match="no member of any queue"):
        await pbx.queues.penalty(ALICES, 3)
    added = await pbx.queues.add(QUEUE, ALICES, member_name="Zoë")
    assert (added.interface, added.name) == (ALICES, "Zoë")
    assert [each.interface for each in await pbx.queues.pause(ALICES)] == [ALICES]


@pytest.mark.things("queues.pause", "queues.penalty", "queues.remove")
async def test_small_and_large_letters_of_an_interface_are_alike(pbx: Pbx):
    await pbx.queues.add(QUEUE, ALICES)
    assert [each.paused for each in await pbx.queues.pause("pjsip/ALICE", queue=QUEUE)] == [True]
    assert [each.penalty for each in await pbx.queues.penalty("pjsip/ALICE", 4)] == [4]
    await pbx.queues.remove(QUEUE, "pjsip/ALICE")
    assert await pbx.queues.members(QUEUE) == []


@pytest.mark.things("queues.callers")
async def test_a_caller_without_a_number_has_none(pbx: Pbx):
    await pbx.calls.originate("Local/echo@default", f"queue-{QUEUE}")
    async with asyncio.timeout(5):
        while not (waiting := await pbx.queues.callers(QUEUE)):
            await asyncio.sleep(0.05)
    assert (waiting[0].caller_number, waiting[0].caller_name) == ("", "")
