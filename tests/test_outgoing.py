"""Channels that a channel makes: claimed before they are asked for, closed with their flow."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import Event, StasisStart
from stasis.ari.resource import Request, Response
from stasis.errors import (
    AllocationFailed,
    ChannelGone,
    Conflict,
    InvalidRequest,
    NotImplementedByServer,
    OutcomeUnknown,
)
from stasis.flow import Flow, Leave
from stasis.insist import TRIES
from stasis.outgoing import checked_endpoint
from stasis.testing.clock import virtual_time
from stasis.trigger import Other
from tests.calls import calling, lose_answers, lose_requests
from tests.fake import FakeAsterisk


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", b'{"message":"%s"}' % message.encode())


class TestOriginate:
    @virtual_time
    async def test_its_parameters_go_to_asterisk_by_their_names(self):
        async with calling() as call:
            channel = await call.channel.originate(
                "PJSIP/bob",
                timeout=20,
                caller_id='"Alice é" <100>',
                args="a,b",
                variables={"CALLERID(name)": "Alice"},
            )
            assert call.requests[-1] == f"POST /channels/{channel.id}"
            assert channel.id.startswith("channel-")
            assert call.parameters() == {
                "endpoint": "PJSIP/bob",
                "app": "test",
                "appArgs": "a,b",
                "callerId": '"Alice é" <100>',
                "timeout": "20",
                "originator": "c1",
                "variables": {"CALLERID(name)": "Alice"},
            }

    @virtual_time
    async def test_untied_it_may_have_its_own_codecs(self):
        async with calling() as call:
            await call.channel.originate("PJSIP/bob", tied=False, formats="ulaw,alaw")
            assert "originator" not in call.parameters()
            assert call.parameters()["formats"] == "ulaw,alaw"

    @virtual_time
    async def test_it_returns_while_it_rings(self):
        async with calling() as call:
            channel = await call.channel.originate("PJSIP/bob")
            assert channel.state == "Down" and channel.gone is None
            (bob,) = call.asterisk.dialled()
            await bob.answers()
            assert channel.state == "Up"

    @virtual_time
    async def test_one_that_cannot_be_reached_leaves_nothing_behind(self):
        async with calling() as call:
            before = call.asterisk.link.router.counts()
            call.asterisk.refuse["POST /channels/channel-"] = refusal(500, "Allocation failed")
            with pytest.raises(AllocationFailed):
                await call.channel.originate("PJSIP/nobody")
            assert call.asterisk.link.router.counts() == before
            assert call.owner.counts()["resources"] == 0

    @virtual_time
    async def test_it_is_hung_up_with_its_flow(self):
        async with calling() as call:
            channel = await call.channel.originate("PJSIP/bob")
            await call.caller.hangs_up()
            assert call.requests[-1] == f"DELETE /channels/{channel.id}"
            assert call.asterisk.dialled() == []

    @virtual_time
    async def test_one_that_hangs_up_itself_is_not_ours_to_close(self):
        async with calling() as call:
            channel = await call.channel.originate("PJSIP/bob")
            await call.asterisk.end(channel.id, cause=17, status="BUSY")
            assert channel.gone is not None and channel.cause == 17
            assert call.owner.counts()["resources"] == 0


class TestOthers:
    @virtual_time
    async def test_a_created_channel_enters_at_once_and_rings_later(self):
        async with calling() as call:
            channel = await call.channel.create(
                "PJSIP/bob", args="x", variables={"A": "1"}, formats="ulaw", tied=False
            )
            assert call.requests[-1] == "POST /channels/create"
            assert call.parameters() == {
                "endpoint": "PJSIP/bob",
                "app": "test",
                "appArgs": "x",
                "channelId": channel.id,
                "formats": "ulaw",
                "variables": {"A": "1"},
            }
            await channel.ring_out(timeout=20)
            assert call.requests[-1] == f"POST /channels/{channel.id}/dial"
            assert call.parameters() == {"timeout": "20"}

    @virtual_time
    async def test_a_snoop_hears_the_channel(self):
        async with calling() as call:
            snoop = await call.channel.snoop(spy="in", whisper="out", args="x")
            assert snoop.id.startswith("snoop-")
            assert call.requests[-1] == f"POST /channels/c1/snoop/{snoop.id}"
            assert call.parameters() == {
                "spy": "in",
                "whisper": "out",
                "app": "test",
                "appArgs": "x",
            }

    @virtual_time
    async def test_external_media_are_a_channel(self):
        async with calling() as call:
            media = await call.channel.external_media(
                "127.0.0.1:9999",
                "slin16",
                transport="tcp",
                encapsulation="audiosocket",
                data="uuid",
            )
            assert media.id.startswith("media-")
            assert call.requests[-1] == "POST /channels/externalMedia"
            assert call.parameters() == {
                "channelId": media.id,
                "app": "test",
                "external_host": "127.0.0.1:9999",
                "format": "slin16",
                "encapsulation": "audiosocket",
                "transport": "tcp",
                "connection_type": "client",
                "data": "uuid",
            }

    @virtual_time
    async def test_a_combination_that_asterisk_lacks_is_told(self):
        async with calling() as call:
            call.asterisk.refuse["POST /channels/externalMedia"] = refusal(501, "no")
            with pytest.raises(NotImplementedByServer):
                await call.channel.external_media("h:1", "ulaw", transport="tcp")


MAKING = {
    "originate": ("POST /channels/channel-", lambda channel: channel.originate("PJSIP/bob")),
    "create": ("POST /channels/create", lambda channel: channel.create("PJSIP/bob")),
    "snoop": ("POST /channels/c1/snoop", lambda channel: channel.snoop()),
    "media": (
        "POST /channels/externalMedia",
        lambda channel: channel.external_media("h:1", "ulaw"),
    ),
}


class TestALostAnswer:
    """It may be there all the same: then it is not left to ring, or to talk to itself."""

    @pytest.mark.parametrize("verb", list(MAKING))
    def test_what_may_be_there_is_hung_up_at_once(self, verb: str):
        line, make = MAKING[verb]

        @virtual_time
        async def test() -> None:
            async with calling() as call:
                lose_answers(call.asterisk, line)
                with pytest.raises(OutcomeUnknown, match="lost"):
                    await make(call.channel)
                await call.asterisk.turn()
                assert call.asterisk.dialled() == [] and call.owner.counts()["resources"] == 0

        test()

    @pytest.mark.parametrize("verb", list(MAKING))
    def test_or_with_its_flow(self, verb: str):
        line, make = MAKING[verb]

        @virtual_time
        async def test() -> None:
            async with calling() as call:
                lose_answers(call.asterisk, line)
                for kind in ("channel", "snoop", "media"):
                    call.asterisk.refuse[f"DELETE /channels/{kind}-"] = refusal(503, "busy")
                with pytest.raises(OutcomeUnknown):
                    await make(call.channel)
                assert len(call.asterisk.dialled()) == call.owner.counts()["resources"] == 1
                call.asterisk.refuse.clear()
                await call.caller.hangs_up()
                assert call.caller.over and call.asterisk.dialled() == []

        test()

    @virtual_time
    async def test_that_it_never_came_to_be_is_no_trouble(self):
        async with calling() as call:
            lose_answers(call.asterisk, "POST /channels/create", happens=False)
            with pytest.raises(OutcomeUnknown):
                await call.channel.create("PJSIP/bob")
            with capture_logs() as logs:
                await call.caller.hangs_up()
            assert [log for log in logs if log["log_level"] in ("warning", "error")] == []


class TestALostRequest:
    """What has not arrived is asked for again; what has been there is not."""

    @pytest.mark.parametrize("verb", list(MAKING))
    def test_it_is_made_all_the_same_once(self, verb: str):
        line, make = MAKING[verb]

        @virtual_time
        async def test() -> None:
            async with calling() as call:
                sent = lose_requests(call.asterisk, line, TRIES - 1)
                made = await make(call.channel)
                assert len(sent) == TRIES and [each.id for each in call.asterisk.dialled()] == [
                    made.id
                ]
                assert made.gone is None

        test()

    @virtual_time
    async def test_a_phone_that_has_declined_does_not_ring_again(self):
        async with calling() as call:
            channels = call.asterisk.link.ari.channels
            send, asked = channels._send, 0

            async def lossy(request: Request) -> Response:
                nonlocal asked
                answer = await send(request)
                if request.method == "POST":
                    asked += 1
                    await call.asterisk.end(request.path.rpartition("/")[2], cause=21)
                    raise OutcomeUnknown(request.method, request.path, "lost")
                return answer

            channels._send = lossy
            desk = await call.channel.originate("PJSIP/bob")
            assert asked == 1 and desk.gone is not None

    @virtual_time
    async def test_one_that_arrives_late_is_the_one(self):
        async with calling() as call:
            channels = call.asterisk.link.ari.channels
            send = channels._send
            asked: list[str] = []

            async def late(request: Request) -> Response:
                asked.append(request.method)
                if asked == ["POST"]:
                    await send(request)
                    raise OutcomeUnknown(request.method, request.path, "lost")
                if asked == ["POST", "GET"]:
                    return refusal(404, "Channel not found")
                if request.method == "POST":
                    return refusal(409, "Channel with given unique ID already exists")
                return await send(request)

            channels._send = late
            desk = await call.channel.originate("PJSIP/bob")
            assert asked == ["POST", "GET", "POST", "GET"]
            assert desk.gone is None and [each.id for each in call.asterisk.dialled()] == [desk.id]
            assert desk.name == "~PJSIP/bob"

    @virtual_time
    async def test_an_id_that_is_taken_at_once_is_an_error(self):
        async with calling() as call:
            call.asterisk.refuse["POST /channels/create"] = refusal(409, "already exists")
            with pytest.raises(Conflict):
                await call.channel.create("PJSIP/bob")


class TestTheFlowHasTheHandleFirst:
    """A channel's events overtake the answer that creates it, but not the flow's own code."""

    class Ringing(Flow):
        """Leaves its state as soon as the other channel is there."""

        verb = "create"

        async def ringing(self, event: Event) -> None:
            self.desk = await getattr(self.channel, self.verb)("PJSIP/bob")
            await asyncio.sleep(3600)

        async def talking(self, event: Event) -> None:
            await self.desk.answer()

        start = ringing
        table = {ringing: {Other(StasisStart): talking}}
        on_done = Leave("continue")

    @virtual_time
    async def test_one_that_enters_before_its_answer(self):
        async with FakeAsterisk(self.Ringing) as asterisk:
            await asterisk.call()
            answers = [line for line in asterisk.requests if line.endswith("/answer")]
            assert len(answers) == 1 and answers[0].startswith("POST /channels/channel-")

    @virtual_time
    async def test_one_that_is_answered_before_its_answer(self):
        class Originating(self.Ringing):  # type: ignore[name-defined, misc]
            verb = "originate"

        async with FakeAsterisk(Originating) as asterisk:
            send = asterisk.link.ari.channels._send

            async def late(request: Request) -> Response:
                response = await send(request)
                if request.path.startswith("/channels/channel-") and request.method == "POST":
                    for bob in asterisk.dialled():
                        if not request.path.endswith("/answer"):
                            await bob.answers()
                return response

            asterisk.link.ari.channels._send = late
            await asterisk.call()
            await asterisk.turn()
            assert any(line.endswith("/answer") for line in asterisk.requests)

    @virtual_time
    async def test_one_whose_maker_is_cancelled_holds_nothing_back(self):
        async with calling() as call:
            making = asyncio.ensure_future(call.channel.originate("PJSIP/bob"))
            await asyncio.sleep(0)
            making.cancel()
            await asyncio.wait({making})
            assert call.asterisk.link.router.counts()["held"] == 0


@pytest.mark.parametrize("verb", ["originate", "create", "snoop", "external_media"])
def test_a_channel_that_has_gone_makes_no_other(verb: str):
    @virtual_time
    async def test() -> None:
        async with calling() as call:
            channel = call.channel
            await call.caller.hangs_up()
            call.requests.clear()
            making = {
                "originate": lambda: channel.originate("PJSIP/bob"),
                "create": lambda: channel.create("PJSIP/bob"),
                "snoop": channel.snoop,
                "external_media": lambda: channel.external_media("h:1", "ulaw"),
            }[verb]
            with pytest.raises(ChannelGone):
                await making()
            assert call.requests == []

    test()


@pytest.mark.parametrize("endpoint", ["PJSIP/alice", "Local/100@default/n", "PJSIP/a@b/sip:x;y"])
def test_an_endpoint_passes_as_it_is(endpoint: str):
    assert checked_endpoint(endpoint) == endpoint


@pytest.mark.parametrize("endpoint", ["alice", "PJSIP/", "/alice", "", "PJ SIP/alice", "PJSIP"])
@virtual_time
async def test_what_is_none_is_refused_before_sending(endpoint: str):
    async with calling() as call:
        for verb in (call.channel.originate, call.channel.create):
            with pytest.raises(InvalidRequest, match="write Technology/resource"):
                await verb(endpoint)
        assert call.requests == []
