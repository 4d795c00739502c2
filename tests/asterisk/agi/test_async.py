"""Scripts over AsyncAGI on a real Asterisk: what is different there. The rest is in test_commands.

Calls that wait, hang-ups, failures, a connection that is cut, and a hundred calls at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from stasis import ChannelGone, ConfigError, Secret, WaitTimeout
from stasis.agi import Agi, AsyncAgi, AsyncAgiConfig, CommandFailed, ReplyCut, Script, TakenBack
from stasis.ami import Ami, AmiConfig, actions
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import CONTEXT, QUICK, ami_of, cli, dialplan, noting, place
from tests.asterisk.agi.test_commands import FAILING
from tests.asterisk.agi.test_hangup import WAITS, hang_up
from tests.asterisk.agi.wire import Wire

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

# A user who may do everything but send AGI commands.
PLAIN = ("[plain]", "secret = plain-change-me", "read = all", "write = call,system,reporting")


@asynccontextmanager
async def served(
    lab: Lab, config: AsyncAgiConfig = QUICK, **routes: Script
) -> AsyncIterator[AsyncAgi]:
    """A server of these scripts on a lab's AMI."""
    async with Ami(ami_of(lab)) as ami, AsyncAgi(ami, routes, config) as server:
        yield server


async def nothing(agi: Agi) -> None:
    await agi.answer()


class TestWhichScriptRuns:
    async def test_the_first_argument_names_it_and_the_rest_are_its_arguments(
        self, lab: Lab
    ) -> None:
        async def menu(agi: Agi) -> Agi:
            return agi

        script, done = noting(menu)
        async with Ami(ami_of(lab)) as ami, AsyncAgi(ami, {"sales/menu": script}, QUICK) as server:
            call = await place(lab, "agi:async,/sales/menu/?name=Zo%C3%AB,one,,three")
            environment = (await asyncio.wait_for(done, 10)).environment
            assert await call.status() == "SUCCESS"
            assert server.counts == {"done": 1}
        assert environment.script == "sales/menu"
        assert environment.query == {"name": "Zoë"}
        assert environment.arguments == ("one", "", "three")
        assert environment.request == "async"

    async def test_a_call_without_a_script_is_given_back_as_a_failure(self, lab: Lab) -> None:
        async with served(lab, menu=nothing) as server:
            call = await place(lab, "agi:async,other")
            assert await call.status() == "FAILURE"
            assert server.counts == {"no script": 1}

    async def test_it_is_left_alone_where_others_serve_calls_too(self, lab: Lab) -> None:
        """Two programs, each with its own scripts."""
        shared = AsyncAgiConfig(exclusive=False, stop_timeout=2)
        async with served(lab, shared, menu=nothing) as one:
            async with served(lab, shared, other=nothing) as two:
                call = await place(lab, "agi:async,other")
                assert await call.status() == "SUCCESS"
                assert (one.counts, two.counts) == ({}, {"done": 1})

    async def test_calls_beyond_the_limit_are_given_back(self, lab: Lab) -> None:
        at = asyncio.Event()

        async def waits(agi: Agi) -> None:
            at.set()
            await agi.wait_for_digit()

        async with served(lab, AsyncAgiConfig(sessions=1, stop_timeout=0), menu=waits) as server:
            first = await place(lab, "agi:async,menu")
            await asyncio.wait_for(at.wait(), 10)
            assert await (await place(lab, "agi:async,menu")).status() == "FAILURE"
            assert server.counts == {"too many": 1}
        assert server.counts == {"too many": 1, "failed": 1}
        await hang_up(lab, first.name)


class TestALongReply:
    @pytest.mark.parametrize("size", [1_007, 1_008, 1_009, 1_010, 1_011, 1_012, 2_000, 4_000])
    async def test_it_comes_whole_in_pieces(self, lab: Lab, size: int) -> None:
        """An event brings 1,024 bytes; what is over would stand before the next reply."""

        async def script(agi: Agi) -> None:
            await agi.set_variable("AGIEXECFULL", "yes")
            await agi.set_variable("TEN", "0123456789")
            whole = "${TEN}" * (size // 10) + "x" * (size % 10)
            await agi.set_variable("L", "")
            for start in range(0, len(whole), 600):
                await agi.exec("Set", "L=${L}" + whole[start : start + 600])
            value = await agi.get_full_variable("${L}")
            assert value == ("0123456789" * (size // 10) + "x" * (size % 10))[: len(value or "")]
            assert len(value or "") == size
            assert await agi.get_variable("TEN") == "0123456789"

        noted, done = noting(script)
        async with served(lab, menu=noted):
            await place(lab, "agi:async,menu")
            await asyncio.wait_for(done, 15)

    async def test_one_that_asterisk_has_cut_is_an_error_and_the_next_is_right(
        self, lab: Lab
    ) -> None:
        async def script(agi: Agi) -> None:
            await agi.set_variable("AGIEXECFULL", "yes")
            await agi.set_variable("A", "ë" * 300)
            await agi.exec("Set", "L=${A}${A}${A}")
            for _ in range(2):
                with pytest.raises(ReplyCut, match="GET FULL VARIABLE: its reply was cut"):
                    await agi.get_full_variable("${L}")
                assert await agi.get_variable("A") == "ë" * 300

        noted, done = noting(script)
        async with served(lab, menu=noted):
            await place(lab, "agi:async,menu")
            await asyncio.wait_for(done, 10)

    async def test_a_long_environment_comes_whole_and_a_cut_one_is_refused(self, lab: Lab) -> None:
        async def script(agi: Agi) -> Agi:
            return agi

        noted, done = noting(script)
        async with served(lab, menu=noted) as server:
            long = "x" * 300
            await place(lab, "agi:async,menu,${A},${A}b,${A}c,end", before=[f"Set(A={long})"])
            arguments = (await asyncio.wait_for(done, 10)).environment.arguments
            assert arguments == (long, f"{long}b", f"{long}c", "end")
            call = await place(lab, "agi:async,menu,${A},${A},${A}", before=[f"Set(A={'ë' * 150})"])
            assert await call.status() == "FAILURE"
            assert server.counts == {"done": 1, "nonsense": 1}


class TestAFailure:
    @pytest.mark.parametrize("command", ["stream_file", "get_option", "record_file", "gosub"])
    async def test_a_command_that_fails_ends_agi_and_the_dialplan_goes_on(
        self, lab: Lab, command: str
    ) -> None:
        """That is Asterisk's own way, and it is told as what it is: no hang-up."""

        async def script(agi: Agi) -> None:
            with pytest.raises(CommandFailed):
                await FAILING[command][0](agi)
            with pytest.raises(TakenBack, match="Asterisk has ended AGI"):
                await agi.noop()

        noted, done = noting(script)
        async with served(lab, menu=noted):
            call = await place(lab, "agi:async,menu", after=["Wait(1)"])
            await asyncio.wait_for(done, 10)
            assert await call.status() == "FAILURE"

    async def test_a_script_that_raises_gives_the_call_back(self, lab: Lab) -> None:
        async def script(agi: Agi) -> None:
            await agi.answer()
            raise RuntimeError("a bug")

        with capture_logs() as logs:
            async with served(lab, menu=script) as server:
                call = await place(lab, "agi:async,menu")
                assert await call.status() == "FAILURE"
        assert server.counts == {"failed": 1}
        assert [each["event"] for each in logs if each["log_level"] == "error"] == [
            "a script has failed"
        ]

    async def test_the_next_script_of_the_same_call_starts_afresh(self, lab: Lab) -> None:
        """What was sent to the one before must not be done by this one."""
        ran: list[str] = []

        async def fails(agi: Agi) -> None:
            ran.append("fails")
            await agi.stream_file("no-such-file")

        async def raises(agi: Agi) -> None:
            ran.append("raises")
            raise RuntimeError("a bug")

        async def works(agi: Agi) -> None:
            await agi.answer()
            for number in range(5):
                await agi.set_variable("X", str(number))
                assert await agi.get_variable("X") == str(number)
            ran.append("works")

        async with served(lab, fails=fails, raises=raises, works=works):
            call = await place(
                lab,
                "agi:async,works",
                before=["AGI(agi:async,fails)", "AGI(agi:async,raises)", "AGI(agi:async,works)"],
            )
            assert await call.status() == "SUCCESS"
        assert ran == ["fails", "raises", "works", "works"]

    async def test_a_script_that_gives_the_call_back_itself_sends_nothing_more(
        self, lab: Lab
    ) -> None:
        async def script(agi: Agi) -> None:
            await agi.asyncagi_break()
            with pytest.raises(TakenBack, match="given back"):
                await agi.noop()

        noted, done = noting(script)
        async with served(lab, menu=noted) as server:
            call = await place(lab, "agi:async,menu", after=["Wait(1)"])
            await asyncio.wait_for(done, 10)
            assert await call.status() == "SUCCESS"
        assert server.counts == {"done": 1}

    async def test_a_script_that_does_nothing_for_too_long(self, lab: Lab) -> None:
        async def script(agi: Agi) -> None:
            await agi.answer()
            await asyncio.sleep(60)

        noted, done = noting(script)
        async with served(lab, AsyncAgiConfig(idle_timeout=0.3, stop_timeout=2), menu=noted):
            call = await place(lab, "agi:async,menu")
            with pytest.raises(WaitTimeout):
                await asyncio.wait_for(asyncio.shield(done), 10)
            assert await call.status() == "FAILURE"


class TestAHangUp:
    @pytest.mark.parametrize("command", WAITS)
    async def test_the_script_is_told_where_it_stands(self, lab: Lab, command: str) -> None:
        """Nothing works after it: AGI has ended for the channel."""
        at = asyncio.Event()

        async def script(agi: Agi) -> None:
            await agi.answer()
            at.set()
            try:
                await WAITS[command](agi)
            finally:
                with pytest.raises(ChannelGone):
                    await agi.set_variable("AFTER", "x")

        noted, done = noting(script)
        async with served(lab, menu=noted) as server:
            call = await place(lab, "agi:async,menu")
            await asyncio.wait_for(at.wait(), 10)
            await asyncio.sleep(0.2)
            await hang_up(lab, call.name)
            with pytest.raises(ChannelGone, match="hung up"):
                await asyncio.wait_for(asyncio.shield(done), 5)
        assert server.counts == {"done": 1}

    async def test_a_script_that_hangs_up_itself(self, lab: Lab) -> None:
        async def script(agi: Agi) -> None:
            await agi.answer()
            assert await agi.hangup() is True
            await agi.noop()

        noted, done = noting(script)
        async with served(lab, menu=noted) as server:
            await place(lab, "agi:async,menu")
            with pytest.raises(ChannelGone):
                await asyncio.wait_for(asyncio.shield(done), 10)
        assert server.counts == {"done": 1}

    async def test_a_call_that_somebody_moves_elsewhere_is_taken_from_its_script(
        self, lab: Lab
    ) -> None:
        await dialplan(lab, "agi-moved", "s", ["Set(DB(agi-moved/s)=came)", "Wait(1)"])
        await cli(lab, "database deltree agi-moved")
        at: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def script(agi: Agi) -> None:
            at.set_result(agi.environment.channel)
            await asyncio.sleep(60)

        noted, done = noting(script)
        async with served(lab, menu=noted) as server:
            await place(lab, "agi:async,menu")
            channel = await asyncio.wait_for(at, 10)
            await server.ami.send(
                actions.Redirect(channel=channel, context="agi-moved", exten="s", priority=1)
            )
            with pytest.raises((ChannelGone, TakenBack)):
                await asyncio.wait_for(asyncio.shield(done), 5)
        async with asyncio.timeout(10):  # it is told before the call is there
            while "came" not in await cli(lab, "database get agi-moved s"):
                await asyncio.sleep(0.05)


class TestTheConnection:
    async def test_calls_that_waited_before_it_was_there_are_given_back(self, lab: Lab) -> None:
        call = await place(lab, "agi:async,menu")
        await call.waits()
        async with served(lab, menu=nothing) as server:
            assert await call.status() == "FAILURE"
            assert server.counts == {"given back": 1}

    async def test_what_runs_ends_when_it_is_cut_and_the_calls_are_given_back(
        self, lab: Lab
    ) -> None:
        """And it serves the next call, over the new connection."""
        at = asyncio.Event()
        ended: list[str] = []

        async def waits(agi: Agi) -> None:
            await agi.answer()
            at.set()
            try:
                await agi.wait_for_digit()
            except ChannelGone as gone:
                ended.append(gone.reason)
                raise

        async with Wire(lab.ami_port) as wire:
            config = ami_of(lab, port=wire.port)
            routes = {"waits": waits, "menu": nothing}
            async with Ami(config) as ami, AsyncAgi(ami, routes, QUICK) as server:
                first = await place(lab, "agi:async,waits")
                await asyncio.wait_for(at.wait(), 10)
                await wire.cut()
                meanwhile = await place(lab, "agi:async,menu")
                await meanwhile.waits()
                async with asyncio.timeout(5):
                    while not ended:
                        await asyncio.sleep(0.01)
                assert ended == ["the connection to the manager interface is lost"]
                await wire.mend()
                assert await first.status() == "FAILURE"
                assert await meanwhile.status() == "FAILURE"
                assert await (await place(lab, "agi:async,menu")).status() == "SUCCESS"
                assert server.sessions == 0

    async def test_a_user_without_the_right_is_told_at_once(self, lab: Lab) -> None:
        plain = (lab.etc / "manager.conf").read_text("utf-8")
        lab.write("manager.conf", "\n".join([plain, *PLAIN, ""]))
        try:
            await cli(lab, "manager reload")
            secret = Secret("plain-change-me")
            config = AmiConfig(port=lab.ami_port, username="plain", secret=secret)
            async with Ami(config) as ami:
                with pytest.raises(ConfigError, match="class agi in read and write .* 'plain'"):
                    await AsyncAgi(ami, {}).open()
        finally:
            lab.write("manager.conf", plain)
            await cli(lab, "manager reload")


class TestManyCalls:
    @pytest.mark.timeout(130)
    async def test_a_hundred_at_once_each_get_their_own_replies(self, lab: Lab) -> None:
        together = asyncio.Event()
        live = 0

        async def script(agi: Agi) -> None:
            nonlocal live
            live += 1
            if live == 100:
                together.set()
            await asyncio.wait_for(together.wait(), 60)
            for number in range(3):
                mine = f"{agi.channel_id}-{number}"
                await agi.set_variable("MINE", mine)
                assert await agi.get_variable("MINE") == mine

        await dialplan(lab, CONTEXT, "hundred", ["AGI(agi:async,menu)", "Hangup()"])
        async with served(lab, menu=script) as server:
            for _ in range(100):
                await server.ami.send(
                    actions.Originate(
                        channel=f"Local/hundred@{CONTEXT}/n", application="Wait", data="60"
                    )
                )
            async with asyncio.timeout(60):
                while server.counts["done"] < 100:
                    await asyncio.sleep(0.1)
        # A call that another test has left waiting may be given back beside them.
        assert not set(server.counts) - {"done", "given back"} and server.counts["done"] == 100
