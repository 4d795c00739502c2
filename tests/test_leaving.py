"""How a call is left: with its prompt, in the dialplan or by a hangup, and never not at all."""

from __future__ import annotations

import pytest

from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.flow import Flow, Leave
from stasis.leaving import leave
from stasis.program import linear
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk


async def answers(channel: Channel) -> None:
    """A flow that answers and returns, so that it is left by `on_done`."""
    await channel.answer()


def left(how: Leave) -> type[Flow]:
    """The same flow, left in another way."""
    flow = linear(answers)
    flow.on_done = how
    return flow


@virtual_time
async def test_without_more_it_is_hung_up_with_its_reason() -> None:
    """One DELETE, with the reason of the policy."""
    async with FakeAsterisk(left(Leave(reason="busy"))) as asterisk:
        call = await asterisk.call()
        assert asterisk.requests[-1] == f"DELETE /channels/{call.id}"
        assert dict(asterisk.sent[-1].query)["reason"] == "busy"
        assert call.over


@virtual_time
async def test_it_may_go_on_in_the_dialplan_at_a_place() -> None:
    """Context, extension and priority are those of the policy."""
    how = Leave("continue", context="sales", extension="100", priority=2)
    async with FakeAsterisk(left(how)) as asterisk:
        call = await asterisk.call()
        assert asterisk.requests[-1] == f"POST /channels/{call.id}/continue"
        sent = dict(asterisk.sent[-1].query)
        assert (sent["context"], sent["extension"], sent["priority"]) == ("sales", "100", "2")


@virtual_time
async def test_its_prompt_is_heard_out_first() -> None:
    """The hangup waits for the end of the prompt."""
    async with FakeAsterisk(left(Leave(prompt="sound:vm-goodbye"))) as asterisk:
        call = await asterisk.call()
        assert await asterisk.plays() == ["sound:vm-goodbye"]
        assert not call.over
        await asterisk.finish()
        assert call.over


@virtual_time
async def test_a_prompt_that_cannot_be_played_does_not_keep_it() -> None:
    """The call is left all the same."""
    async with FakeAsterisk(left(Leave(prompt="sound:vm-goodbye"))) as asterisk:
        asterisk.refuse["POST /channels/c1/play"] = Response(500, "", b'{"message": "no"}')
        call = await asterisk.call()
        assert call.over


@virtual_time
async def test_one_that_cannot_continue_is_hung_up() -> None:
    """A dialplan place that is refused must not leave the caller in silence."""
    async with FakeAsterisk(left(Leave("continue"))) as asterisk:
        asterisk.refuse["POST /channels/c1/continue"] = Response(500, "", b'{"message": "no"}')
        call = await asterisk.call()
        assert asterisk.requests[-1] == f"DELETE /channels/{call.id}"
        assert dict(asterisk.sent[-1].query)["reason"] == "failure"
        assert call.over


@virtual_time
async def test_one_that_has_gone_is_left_already() -> None:
    """Nothing is sent for it any more."""
    async with FakeAsterisk(answers) as asterisk:
        call = await asterisk.call()
        flow = call.flow
        count = len(asterisk.requests)
        await leave(flow.channel, flow.channel._owner, Leave(prompt="sound:beep"))
        assert len(asterisk.requests) == count


@pytest.mark.parametrize("then", ["hangup", "continue"])
def test_both_ways_end_the_call(then: str) -> None:
    """Whatever the way, the engine has nothing left of the call."""

    @virtual_time
    async def ends() -> None:
        how = Leave("continue") if then == "continue" else Leave()
        async with FakeAsterisk(left(how)) as asterisk:
            await asterisk.call()
            assert not any(asterisk.link.router.counts().values())
            assert not asterisk.link.runners

    ends()
