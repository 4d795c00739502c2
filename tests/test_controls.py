"""The commands of a channel, each over the fake: what is sent, and what an answer means."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.ari.resource import Response
from stasis.ari.version import Version
from stasis.errors import (
    ChannelGone,
    Forbidden,
    InvalidRequest,
    InvalidState,
    ServerError,
    Unprocessable,
)
from stasis.testing.clock import virtual_time
from tests.calls import calling


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", b'{"message":"%s"}' % message.encode())


ONE_REQUEST: list[tuple[str, Any, str, dict[str, str]]] = [
    ("answer", lambda c: c.answer(), "POST /channels/c1/answer", {}),
    ("ring", lambda c: c.ring(), "POST /channels/c1/ring", {}),
    ("ring_stop", lambda c: c.ring_stop(), "DELETE /channels/c1/ring", {}),
    ("progress", lambda c: c.progress(), "POST /channels/c1/progress", {}),
    ("hold", lambda c: c.hold(), "POST /channels/c1/hold", {}),
    ("unhold", lambda c: c.unhold(), "DELETE /channels/c1/hold", {}),
    ("mute", lambda c: c.mute("in"), "POST /channels/c1/mute", {"direction": "in"}),
    ("unmute", lambda c: c.unmute(), "DELETE /channels/c1/mute", {"direction": "both"}),
    ("start_silence", lambda c: c.start_silence(), "POST /channels/c1/silence", {}),
    ("stop_silence", lambda c: c.stop_silence(), "DELETE /channels/c1/silence", {}),
    (
        "redirect",
        lambda c: c.redirect("PJSIP/bob"),
        "POST /channels/c1/redirect",
        {"endpoint": "PJSIP/bob"},
    ),
    (
        "ring_out",
        lambda c: c.ring_out(),
        "POST /channels/c1/dial",
        {"timeout": "0"},
    ),
    (
        "send_dtmf",
        lambda c: c.send_dtmf("1#*A", between=50, after=10),
        "POST /channels/c1/dtmf",
        {"dtmf": "1#*A", "before": "0", "between": "50", "duration": "100", "after": "10"},
    ),
    (
        "set_variable",
        lambda c: c.set_variable("X(é)", "a;b,c +%"),
        "POST /channels/c1/variable",
        {"variable": "X(é)", "value": "a;b,c +%"},
    ),
    ("hangup", lambda c: c.hangup(), "DELETE /channels/c1", {"reason": "normal"}),
    ("busy", lambda c: c.hangup("busy"), "DELETE /channels/c1", {"reason": "busy"}),
    ("cause", lambda c: c.hangup(cause=21), "DELETE /channels/c1", {"reason_code": "21"}),
    ("continue", lambda c: c.continue_in_dialplan(), "POST /channels/c1/continue", {}),
    (
        "continue at",
        lambda c: c.continue_in_dialplan("sales", "100", 2, "label"),
        "POST /channels/c1/continue",
        {"context": "sales", "extension": "100", "priority": "2", "label": "label"},
    ),
    (
        "move",
        lambda c: c.move("other", "a,b"),
        "POST /channels/c1/move",
        {"app": "other", "appArgs": "a,b"},
    ),
]


class TestVerbs:
    @pytest.mark.parametrize(
        ("verb", "line", "parameters"),
        [pytest.param(*case[1:], id=case[0]) for case in ONE_REQUEST],
    )
    def test_a_verb_is_one_request(self, verb: Any, line: str, parameters: dict[str, str]):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                await verb(call.channel)
                assert call.requests == [line] and call.parameters() == parameters

        test()

    @pytest.mark.parametrize(
        "verb",
        [
            pytest.param(verb, id=name)
            for name, verb, line, _ in ONE_REQUEST
            if line != "DELETE /channels/c1"
        ],
    )
    def test_when_it_has_gone_none_asks_the_server(self, verb: Any):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                await call.caller.hangs_up()
                call.requests.clear()
                with pytest.raises(ChannelGone, match="channel c1: hung up"):
                    await verb(call.channel)
                assert call.requests == []

        test()

    @virtual_time
    async def test_only_hanging_up_is_content_then(self):
        async with calling() as call:
            await call.caller.hangs_up()
            call.requests.clear()
            await call.channel.hangup()
            assert call.requests == []

    @pytest.mark.parametrize("digits", ["", "12x", "é", "1 2"])
    def test_what_no_key_sends_is_refused(self, digits: str):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                with pytest.raises(InvalidRequest, match="no digits"):
                    await call.channel.send_dtmf(digits)
                assert call.requests == []

        test()

    @virtual_time
    async def test_asterisk_tells_what_it_knows(self):
        async with calling() as call:
            assert (await call.channel.get()).id == "c1"
            call.asterisk.refuse["GET /channels/c1/rtp_statistics"] = Response(
                200, "OK", b'{"rxcount":5,"channel_uniqueid":"c1"}'
            )
            assert (await call.channel.rtp_statistics()).rxcount == 5

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(403, Forbidden), (412, InvalidState), (422, Unprocessable), (500, ServerError)],
    )
    def test_a_refusal_is_told_by_its_meaning(self, status: int, kind: type[Exception]):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                call.asterisk.refuse["POST /channels/c1/ring"] = refusal(status)
                with pytest.raises(kind):
                    await call.channel.ring()

        test()

    @virtual_time
    async def test_hanging_up_what_is_gone_already_is_fine(self):
        async with calling() as call:
            for status in (404, 409, 412):
                call.asterisk.refuse["DELETE /channels/c1"] = refusal(status, "Channel not found")
                await call.channel.hangup()
            call.asterisk.refuse["DELETE /channels/c1"] = refusal(500)
            with pytest.raises(ServerError):
                await call.channel.hangup()
            call.asterisk.refuse.clear()


class TestVariables:
    @virtual_time
    async def test_what_was_set_is_read(self):
        async with calling() as call:
            await call.channel.set_variable("X", "1")
            assert await call.channel.get_variable("X") == "1"

    @virtual_time
    async def test_what_is_not_set_is_none(self):
        async with calling() as call:
            assert await call.channel.get_variable("NIX") is None

    @pytest.mark.parametrize(
        ("version", "settles"),
        [
            (Version(16, 28), True),
            (Version(22, 9), True),
            (Version(22, 10, 1), False),
            (Version(23, 4), False),
            (None, True),
        ],
    )
    def test_an_older_servers_queue_is_waited_for(self, version: Version | None, settles: bool):
        @virtual_time
        async def test() -> None:
            async with calling() as call:
                call.owner.ari.version = version
                await call.channel.set_variable("X", "1")
                await call.channel.get_variable("X")
                await call.channel.get_variable("X")
                assert call.requests == [
                    "POST /channels/c1/variable",
                    *(["POST /channels/c1/answer"] if settles else []),
                    "GET /channels/c1/variable",
                    "GET /channels/c1/variable",
                ]

        test()

    @virtual_time
    async def test_but_nobody_is_answered_for_it(self):
        async with calling(answered=False) as call:
            call.owner.ari.version = Version(16)
            await call.channel.set_variable("X", "1")
            await call.channel.get_variable("X")
            assert "POST /channels/c1/answer" not in call.requests
