"""Calls that a program places by itself, and what comes of one that nobody answers."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.config import Config, KeepConfig
from stasis.errors import AllocationFailed, AriError
from stasis.flow import Flow
from stasis.keep import VARIABLE
from stasis.placed import PlacedResult
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk, refused
from tests.server import APP, Process, Server, turn


async def stays(channel: Channel) -> None:
    """A call that stays until it ends."""
    await asyncio.get_running_loop().create_future()


class TestAnswered:
    @virtual_time
    async def test_one_that_is_answered_enters_as_a_new_call(self):
        async with FakeAsterisk(stays) as asterisk:
            placed = await asterisk.link.place("PJSIP/bob", "test", app_args="x", caller_id="100")
            assert asterisk.requests[-1] == f"POST /channels/{placed.id}"
            assert dict(asterisk.sent[-1].query)["appArgs"] == "x" and not placed.settled
            await asyncio.sleep(3)
            await asterisk.answered(placed.id)
            assert await placed.answered() == PlacedResult("ANSWER", None, pytest.approx(3))
            (runner,) = asterisk.link.runners
            assert runner.channel.id == placed.id and asterisk.link.router.counts()["waits"] == 0

    @pytest.mark.parametrize(
        ("cause", "word", "status"),
        [
            (17, "BUSY", "BUSY"),
            (19, "NOANSWER", "NOANSWER"),
            (21, "", "BUSY"),
            (20, "CHANUNAVAIL", "CHANUNAVAIL"),
        ],
    )
    def test_one_that_is_not_tells_why(self, cause: int, word: str, status: str):
        @virtual_time
        async def test() -> None:
            async with FakeAsterisk(stays) as asterisk:
                placed = await asterisk.link.place("PJSIP/bob", "test", timeout=20)
                result = asyncio.ensure_future(placed.answered())
                await asterisk.event("Dial", peer=asterisk._channels[placed.id], dialstatus="")
                await asterisk.end(placed.id, cause, word or "NOANSWER")
                assert (await result).status == status and (await result).cause == cause
                assert asterisk.link.router.counts()["waits"] == 0

        test()

    @virtual_time
    async def test_one_that_asterisk_does_not_know_is_refused_at_once(self):
        async with FakeAsterisk(stays) as asterisk:
            asterisk.refuse["POST /channels/call-"] = Response(
                500, "", b'{"error": "Allocation failed"}'
            )
            with pytest.raises(AllocationFailed):
                await asterisk.link.place("PJSIP/nobody", "test")
            await asterisk.turn()
            assert asterisk.link.router.counts()["waits"] == 0

    @virtual_time
    async def test_one_of_which_nothing_is_told_has_a_deadline(self):
        async with FakeAsterisk(stays) as asterisk:
            placed = await asterisk.link.place("PJSIP/bob", "test", timeout=20)
            assert (await placed.answered()).status == "NOANSWER"
            assert asyncio.get_running_loop().time() == pytest.approx(25, abs=1)


class TestCancel:
    @virtual_time
    async def test_whoever_rings_is_hung_up(self):
        async with FakeAsterisk(stays) as asterisk:
            placed = await asterisk.link.place("PJSIP/bob", "test")
            await placed.cancel()
            assert (await placed.answered()).status == "CANCEL"
            assert asterisk.requests[-1] == f"DELETE /channels/{placed.id}"

    @virtual_time
    async def test_who_has_answered_stays(self):
        async with FakeAsterisk(stays) as asterisk:
            placed = await asterisk.link.place("PJSIP/bob", "test")
            await asterisk.answered(placed.id)
            await placed.cancel()
            assert (await placed.answered()).status == "ANSWER"
            assert not any(line.startswith("DELETE") for line in asterisk.requests)


class TestThroughAGap:
    @pytest.mark.parametrize(("happens", "status"), [("ends", "NOANSWER"), ("answers", "ANSWER")])
    def test_it_is_looked_for(self, happens: str, status: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, stays) as process:
                placed = await process.link.place("PJSIP/bob", APP)
                result = asyncio.ensure_future(placed.answered())
                await process.deaf()
                await (server.hangs_up if happens == "ends" else server.answers)(placed.id)
                await asyncio.sleep(45)
                assert not result.done()
                await process.hears()
                await turn()
                assert (await result).status == status

        test()

    @virtual_time
    async def test_one_that_has_entered_meanwhile_begins_and_is_not_resumed(self):
        begun: list[str] = []

        class Reminding(Flow):
            async def calling(self, event: Event) -> None:
                begun.append(type(event).__name__)

            start = calling
            table: ClassVar[Any] = {calling: {ChannelDtmfReceived: calling}}

        server = Server()
        async with Process(server, Reminding) as process:
            placed = await process.link.place("PJSIP/bob", APP)
            assert (placed.id, VARIABLE) in server.variables  # what a call would be resumed from
            await process.deaf()
            await server.answers(placed.id)
            await asyncio.sleep(5)
            await process.hears()
            await turn()
        assert begun == ["StasisStart"]


@virtual_time
async def test_a_call_that_we_originate_is_kept_by_the_request_that_makes_it():
    async def flow(channel: Channel) -> None:
        await channel.answer()
        await channel.hangup()

    async with FakeAsterisk(flow, config=Config(keep=KeepConfig(store="variable"))) as asterisk:
        asterisk.requests.clear()
        asterisk.sent.clear()
        channel_id = await asterisk.link.originate("PJSIP/desk", "test")
        await asterisk.answered(channel_id)
        await asterisk.turn()
        path = f"/channels/{channel_id}"
        assert asterisk.requests == [f"POST {path}", f"POST {path}/answer", f"DELETE {path}"]
        assert b"STASIS_FLOW" in (asterisk.sent[0].body or b"")
        assert len(asterisk.link.calls.ahead) == 0


@virtual_time
async def test_of_one_that_is_never_answered_nothing_stays():
    async with FakeAsterisk(stays, config=Config(keep=KeepConfig(store="variable"))) as asterisk:
        placed = await asterisk.link.place("PJSIP/desk", "test")
        assert len(asterisk.link.calls.ahead) == 1
        await asterisk.end(placed.id, cause=21)
        await asterisk.turn()
        assert len(asterisk.link.calls.ahead) == 0
        asterisk.refuse["POST /channels"] = refused(400, "Allocation failed")
        with pytest.raises(AriError):
            await asterisk.link.originate("PJSIP/nobody", "test")
        assert len(asterisk.link.calls.ahead) == 0
