"""The FastAGI server, against peers on loopback: good ones, rude ones, and a thousand."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from stasis import ChannelGone, ConfigError, WaitTimeout
from stasis.agi import Agi, FastAgi, FastAgiConfig, Limits, UnexpectedReply
from stasis.agi.agi import Script
from tests.agi.peer import ENVIRONMENT, Peer

FAILURE = 'GOSUB "stasis-agi-script-failed" "s" "1"'
BLOCK = ("\n".join(ENVIRONMENT) + "\n\n").encode()


async def answers(agi: Agi) -> None:
    await agi.answer()


@asynccontextmanager
async def serving(script: Script = answers, **config: object) -> AsyncIterator[FastAgi]:
    given = {"port": 0, "stop_timeout": 0.2, "leave_timeout": 0.2, **config}
    async with FastAgi({"sales/menu": script}, FastAgiConfig(**given)) as server:  # type: ignore[arg-type]
        yield server


async def counted(server: FastAgi, kind: str, number: int = 1) -> None:
    """Wait until so many connections have come to this."""
    async with asyncio.timeout(5):
        while server.counts[kind] < number:
            await asyncio.sleep(0.005)


class TestRoutes:
    async def test_a_script_is_found_by_its_path_and_has_its_query(self) -> None:
        seen: list[tuple[str, str]] = []

        async def menu(agi: Agi) -> None:
            seen.append((agi.environment.script, agi.environment.query["x"]))

        async with serving(menu) as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            await peer.serve()
            await peer.close()
        assert seen == [("sales/menu", "1")]
        assert server.counts == {"done": 1}

    async def test_a_path_without_a_script_is_told_to_asterisk(self) -> None:
        async with serving() as server:
            peer = await Peer.connect(server.port)
            peer.begin(script='sales/"other')
            await peer.serve()
            await peer.close()
        assert peer.lines[:2] == ['VERBOSE "no FastAGI script \'sales/\\"other\'" "1"', FAILURE]
        assert server.counts == {"no script": 1}

    async def test_a_star_is_every_other_one(self) -> None:
        async with FastAgi({"/a/": answers, "*": answers}, FastAgiConfig(port=0)) as server:
            for script in ("a", "b/c?d=e", ""):
                peer = await Peer.connect(server.port)
                peer.begin(script=script)
                await peer.serve()
                await peer.close()
            assert server.counts == {"done": 3}


class TestASession:
    async def test_a_name_that_is_split_over_reads_arrives_whole(self) -> None:
        names: list[str | None] = []

        async def script(agi: Agi) -> None:
            names.append(agi.environment.caller_name)
            names.append(await agi.get_variable("NAME"))

        async with serving(script) as server:
            peer = await Peer.connect(server.port)
            value = "200 result=1 (Zoë)\n".encode()
            for data in (BLOCK, value):
                at = data.index("ë".encode()) + 1
                for part in (data[:at], data[at:]):
                    peer.writer.write(part)
                    await asyncio.sleep(0.05)
            await peer.serve()
            await peer.close()
        assert names == ["Zoë", "Zoë"]

    async def test_a_hang_up_ends_the_script(self) -> None:
        ended: list[ChannelGone] = []

        async def script(agi: Agi) -> None:
            try:
                await agi.answer()
                await asyncio.sleep(60)
            except ChannelGone as gone:
                ended.append(gone)
                raise

        async with serving(script) as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            assert await peer.hear() == "ANSWER"
            peer.say("200 result=0", "HANGUP")
            assert await peer.hear() == ""
            await peer.close()
        assert [each.channel_id for each in ended] == ["1700000000.1"]
        assert server.counts == {"done": 1}

    async def test_a_code_that_nobody_knows_is_an_error_of_the_script_s(self) -> None:
        seen: list[str] = []

        async def script(agi: Agi) -> None:
            with pytest.raises(UnexpectedReply) as caught:
                await agi.answer()
            seen.append(str(caught.value))
            await agi.noop()

        async with serving(script) as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            await peer.serve({"ANSWER": "599 from the future"})
            await peer.close()
        assert seen == ["ANSWER: an unexpected reply: '599 from the future'"]
        assert server.counts == {"done": 1}

    async def test_a_command_without_a_reply_ends_the_script_in_time(self) -> None:
        seen: list[WaitTimeout] = []

        async def script(agi: Agi) -> None:
            try:
                await agi.answer()
            except WaitTimeout as error:
                seen.append(error)
                raise

        async with serving(script, idle_timeout=0.1) as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            assert await peer.hear() == "ANSWER"
            async with asyncio.timeout(5):
                assert await peer.hear() == ""
            await peer.close()
        assert len(seen) == 1
        assert server.counts == {"failed": 1}

    async def test_one_that_raises_touches_no_other(self) -> None:
        over = asyncio.Event()

        async def script(agi: Agi) -> None:
            if agi.environment.arguments:
                raise RuntimeError("a bug")
            await over.wait()

        async with serving(script) as server:
            good, bad = await Peer.connect(server.port), await Peer.connect(server.port)
            good.begin()
            bad.begin("agi_arg_1: raise")
            await bad.serve()
            assert bad.lines == [FAILURE, ""]
            over.set()
            await good.serve()
            assert good.lines == [""]
            await good.close()
            await bad.close()
        assert server.counts == {"done": 1, "failed": 1}


class TestRudePeers:
    async def test_one_that_closes_early_costs_no_cpu(self) -> None:
        async with serving() as server:
            for sent in (b"", BLOCK[:50], BLOCK[:-1]):
                peer = await Peer.connect(server.port)
                peer.writer.write(sent)
                await peer.close()
            await counted(server, "closed early", 3)
            before = resource.getrusage(resource.RUSAGE_SELF)
            await asyncio.sleep(0.5)
            after = resource.getrusage(resource.RUSAGE_SELF)
            assert server.sessions == 0
            assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 0.1

    async def test_one_that_closes_in_the_middle_ends_its_script(self) -> None:
        async with serving() as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            assert await peer.hear() == "ANSWER"
            await peer.close()
            await counted(server, "done")
            assert server.sessions == 0

    async def test_one_that_resets_the_connection_is_no_matter(self) -> None:
        async with serving() as server:
            for begins in (False, True):
                peer = await Peer.connect(server.port)
                if begins:
                    peer.begin()
                    await peer.hear()
                peer.writer.transport.abort()
            await counted(server, "done")
            await counted(server, "closed early")

    async def test_one_that_says_nothing_is_closed_in_time(self) -> None:
        async with serving(handshake_timeout=0.1) as server:
            peer = await Peer.connect(server.port)
            peer.writer.write(BLOCK[:30])
            async with asyncio.timeout(5):
                assert await peer.hear() == ""
            await peer.close()
        assert server.counts == {"silent": 1}

    @pytest.mark.parametrize(
        "sent",
        [
            b"GET / HTTP/1.1\r\n\r\n",
            b"\n",
            b"\xff\xfe\x00" * 100 + b"\n",
            b"x" * 5_000,
            b"agi_a: 1\nagi_a: 1\n\n",
        ],
    )
    async def test_one_that_sends_nonsense_is_closed(self, sent: bytes) -> None:
        async with serving(limits=Limits(line=4_096)) as server:
            peer = await Peer.connect(server.port)
            peer.writer.write(sent)
            async with asyncio.timeout(5):
                with suppress(ConnectionError):  # what it has not read is lost
                    assert await peer.hear() == ""
            await peer.close()
        assert server.counts == {"nonsense": 1}

    async def test_nonsense_for_a_reply_ends_the_script_as_a_failure(self) -> None:
        async with serving() as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            await peer.hear()
            peer.say("hello")
            await peer.serve()
            await peer.close()
        assert server.counts == {"failed": 1}

    async def test_a_flood_of_them_is_logged_ever_less(self) -> None:
        with capture_logs() as logs:
            async with serving() as server:
                for _ in range(40):
                    await (await Peer.connect(server.port)).close()
                await counted(server, "closed early", 40)
        told = [each["count"] for each in logs if each["event"].endswith("before it began")]
        assert told == [1, 2, 4, 8, 16, 32]


class TestLimits:
    async def test_too_many_are_turned_away_and_far_too_many_dropped(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("stasis.agi.fastagi.SPARE", 1)
        over = asyncio.Event()

        async def script(agi: Agi) -> None:
            await over.wait()

        async with serving(script, connections=1) as server:
            first = await Peer.connect(server.port)
            first.begin()
            while not server.sessions:
                await asyncio.sleep(0)
            second = await Peer.connect(server.port)
            second.begin()
            assert await second.hear() == 'VERBOSE "too many FastAGI sessions at once" "1"'
            third = await Peer.connect(server.port)
            await counted(server, "dropped")
            second.say("200 result=1")
            assert await second.hear() == FAILURE
            second.say("200 result=-1")
            assert await second.hear() == ""
            over.set()
            await first.serve()
            for each in (first, second, third):
                await each.close()
        assert server.counts == {"too many": 1, "dropped": 1, "done": 1}

    async def test_a_port_that_is_taken_is_named(self) -> None:
        async with serving() as server:
            with pytest.raises(ConfigError, match=f"127.0.0.1:{server.port}"):
                await FastAgi({}, FastAgiConfig(port=server.port)).open()

    async def test_who_listens_for_the_network_is_told_what_that_means(self) -> None:
        with capture_logs() as logs:
            async with FastAgi({}, FastAgiConfig(host="0.0.0.0", port=0)):
                pass
        assert any("no password" in each["event"] for each in logs)


class TestStopping:
    async def test_live_sessions_may_end(self) -> None:
        over = asyncio.Event()

        async def script(agi: Agi) -> None:
            await over.wait()
            await agi.answer()

        async with serving(script, stop_timeout=5) as server:
            peer = await Peer.connect(server.port)
            peer.begin()
            while not server.sessions:
                await asyncio.sleep(0)
            closing = asyncio.create_task(server.close())
            await asyncio.sleep(0.05)
            with pytest.raises(OSError):
                await Peer.connect(server.port)
            over.set()
            await peer.serve()
            await closing
            await peer.close()
        assert peer.lines == ["ANSWER", ""]
        assert server.counts == {"done": 1}

    async def test_then_they_are_ended_and_their_calls_sent_on(self) -> None:
        async def script(agi: Agi) -> None:
            await asyncio.sleep(60)

        server = FastAgi({"*": script}, FastAgiConfig(port=0, stop_timeout=0.05))
        await server.open()
        peer = await Peer.connect(server.port)
        peer.begin()
        while not server.sessions:
            await asyncio.sleep(0)
        serving = asyncio.create_task(peer.serve())
        await server.close()
        await serving
        await peer.close()
        assert peer.lines == [FAILURE, ""]
        assert server.sessions == 0

    async def test_closing_twice_is_fine(self) -> None:
        async with serving() as server:
            await server.close()


@pytest.mark.alone
@pytest.mark.timeout(120)
async def test_a_thousand_sessions_at_once() -> None:
    """All are live together; each sends ten commands, each its own."""
    sessions, commands = 1_000, 10
    live: Counter[str] = Counter()
    most = 0
    all_here = asyncio.Event()

    async def script(agi: Agi) -> None:
        nonlocal most
        live["now"] += 1
        most = max(most, live["now"])
        if most == sessions:
            all_here.set()
        await all_here.wait()
        for number in range(commands):
            name = f"{agi.environment.arguments[0]}-{number}"
            assert await agi.get_variable(name) == f"value of {name}"
        live["now"] -= 1

    async def call(number: int, port: int) -> None:
        peer = await Peer.connect(port)
        peer.begin(f"agi_arg_1: call{number}")
        await peer.serve(otherwise=lambda line: f"200 result=1 (value of {line.split(chr(34))[1]})")
        await peer.close()

    resource_limit(sessions * 2 + 200)
    async with serving(script) as server:
        started = time.monotonic()
        await asyncio.gather(*(call(number, server.port) for number in range(sessions)))
        took = time.monotonic() - started
    assert most == sessions
    assert server.counts == {"done": sessions}
    # 10,000 commands and 1,000 connections, both sides in this one process.
    assert took < 30, f"{took:.1f} s"


def resource_limit(files: int) -> None:
    """Have this process open so many files, where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
