"""A lease: which process runs our applications. Two that were started by mistake are harmless."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from stasis.ari import Ari
from stasis.ari.events import Event
from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig, Config
from stasis.errors import ApplicationTaken, Unreachable
from stasis.flow import Flow
from stasis.lease import MISSING, Holder, Lease, holder_of
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Resumed
from tests.server import APP, Process, Server, dialling, refused, turn

SECONDS = 2.0


class Variables:
    """A server that has global variables and applications, and may be down."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.apps: set[str] = set()
        self.down = False

    async def __call__(self, request: Request) -> Response:
        given = {**dict(request.query), **json.loads(request.body or b"{}")}
        await asyncio.sleep(0)
        if self.down:
            raise Unreachable(request.method, request.path, "down")
        if request.path.startswith("/applications/"):
            app = request.path.rpartition("/")[2]
            return (
                Response(200, "", b'{"name":"x"}')
                if app in self.apps
                else refused(404, "Application does not exist")
            )
        assert request.path == "/asterisk/variable"
        if request.method == "GET":
            return Response(200, "", json.dumps({"value": self.values.get(given["variable"], "")}).encode())  # fmt: skip
        self.values[given["variable"]] = given["value"]
        return Response(204)

    def lease(self, *apps: str) -> Lease:
        """A lease of a process of its own."""
        return Lease(Ari(self), apps or (APP,), SECONDS)

    def written(self, app: str = APP, **values: Any) -> None:
        """What a process has written."""
        holder = {"host": "elsewhere", "pid": 7, "id": "another", "beat": 1, **values}
        self.values[f"STASIS_LEASE_{app}"] = json.dumps(holder)


def now() -> float:
    """Seconds on the virtual clock."""
    return asyncio.get_running_loop().time()


async def ended(task: asyncio.Future[Any]) -> None:
    """Cancel it."""
    task.cancel()
    await asyncio.wait({task})


class TestSigns:
    @virtual_time
    async def test_a_sign_of_life_says_who_and_where(self):
        server = Variables()
        lease = server.lease("ivr", "queue")
        await lease.renew()
        await lease.renew()
        for app in ("ivr", "queue"):
            holder = await holder_of(Ari(server), app)
            assert holder is not None and holder.beat == 2
            assert (holder.host, holder.pid) == (socket.gethostname(), os.getpid())
            assert str(holder) == f"process {os.getpid()} on {socket.gethostname()}"

    @virtual_time
    async def test_they_are_given_every_few_seconds(self):
        server = Variables()
        running = asyncio.ensure_future(server.lease().run())
        await asyncio.sleep(SECONDS * 10.5)
        holder = await holder_of(Ari(server), APP)
        assert holder is not None and holder.beat == 11
        await ended(running)

    @virtual_time
    async def test_also_after_a_time_in_which_asterisk_was_not_there(self):
        server = Variables()
        running = asyncio.ensure_future(server.lease().run())
        server.down = True
        await asyncio.sleep(SECONDS * 5)
        server.down = False
        await asyncio.sleep(SECONDS * 2)
        assert not running.done() and server.values
        await ended(running)

    @virtual_time
    async def test_who_runs_them_no_longer_says_so(self):
        server = Variables()
        lease = server.lease()
        await lease.renew()
        await lease.release()
        assert await holder_of(Ari(server), APP) is None

    @virtual_time
    async def test_and_leaves_alone_what_was_taken_from_it(self):
        server = Variables()
        first, second = server.lease(), server.lease()
        await first.renew()
        await second.renew()
        taken = dict(server.values)
        await first.release()
        assert server.values == taken

    @pytest.mark.parametrize("value", ["", "x", "null", "[]", "{}", '{"host":1}', '{"host":"a"}'])
    def test_what_is_no_sign_of_life_is_none(self, value: str):
        @virtual_time
        async def test() -> None:
            server = Variables()
            server.values[f"STASIS_LEASE_{APP}"] = value
            assert await holder_of(Ari(server), APP) is None
            assert await server.lease().other() is None

        test()

    @virtual_time
    async def test_one_of_a_later_stasis_is_one(self):
        server = Variables()
        server.written(added="later")
        assert await holder_of(Ari(server), APP) is not None


class TestOther:
    @virtual_time
    async def test_nobody_is_nobody_at_once(self):
        assert await Variables().lease().other() is None and now() == 0

    @virtual_time
    async def test_oneself_is_nobody(self):
        lease = Variables().lease()
        await lease.renew()
        assert await lease.other() is None and now() == 0

    @virtual_time
    async def test_who_gives_signs_of_life_is_named(self):
        server = Variables()
        other = asyncio.ensure_future(server.lease("queue").run())
        await turn()
        found = await server.lease("ivr", "queue").other()
        assert found is not None
        app, holder = found
        assert (app, holder.pid) == ("queue", os.getpid())
        assert now() <= SECONDS * MISSING
        await ended(other)

    @virtual_time
    async def test_who_gives_none_any_more_is_gone(self):
        server = Variables()
        server.written()
        assert await server.lease().other() is None
        assert now() == pytest.approx(SECONDS * MISSING)

    @virtual_time
    async def test_one_that_is_dead_on_this_machine_is_not_waited_for(self):
        pid = a_dead_process()
        server = Variables()
        server.written(host=socket.gethostname(), pid=pid)
        assert await server.lease().other() is None and now() == 0

    @virtual_time
    async def test_of_another_machine_nobody_knows_that(self):
        pid = a_dead_process()
        server = Variables()
        server.written(host="elsewhere", pid=pid)
        assert await server.lease().other() is None and now() > 0

    @virtual_time
    async def test_who_says_goodbye_while_we_look_is_gone_at_once(self):
        server = Variables()
        server.written()
        looking = asyncio.ensure_future(server.lease().other())
        await asyncio.sleep(0.1)
        server.values.clear()
        assert await looking is None and now() == pytest.approx(SECONDS / 2)

    @pytest.mark.parametrize(
        "pid", [0, 1, -1, 10**30], ids=["own group", "init", "everybody", "none"]
    )
    def test_odd_process_numbers_are_not_taken_for_dead(self, pid: int):
        assert not Holder(host=socket.gethostname(), pid=pid, id="x", beat=1).dead


def a_dead_process() -> int:
    """The number of a process of this machine that is none any more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


class TestFreed:
    @virtual_time
    async def test_it_waits_for_who_gives_signs_of_life_and_no_longer(self):
        server = Variables()
        server.apps.add(APP)
        other = asyncio.ensure_future(server.lease().run())
        waiting = asyncio.ensure_future(server.lease().freed())
        await asyncio.sleep(SECONDS * 100)
        assert not waiting.done()
        await ended(other)
        begun = now()
        await waiting
        assert now() - begun <= SECONDS * MISSING * 3

    @virtual_time
    async def test_who_gives_none_is_gone_when_asterisk_forgets_the_application(self):
        server = Variables()
        server.apps.add(APP)
        waiting = asyncio.ensure_future(server.lease().freed())
        await asyncio.sleep(SECONDS * 100)
        assert not waiting.done()
        server.apps.clear()
        await asyncio.sleep(SECONDS * MISSING * 2)
        assert waiting.done()

    @virtual_time
    async def test_a_server_that_is_not_there_is_not_free(self):
        server = Variables()
        server.down = True
        waiting = asyncio.ensure_future(server.lease().freed(seen=True))
        await asyncio.sleep(SECONDS * 100)
        assert not waiting.done()
        server.down = False
        await waiting


class Menu(Flow):
    """A menu, whose code hangs up whatever happens."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    async def menu(self, event: Event) -> None:
        self.told.append(event)
        await self.channel.play("sound:hello")
        self.bridge = await self.channel.bridge()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.channel.hangup()

    async def ended(self, event: Event | None) -> None:
        await self.channel.hangup()

    start = menu
    table: ClassVar = {menu: {After(36_000): menu}}


def config(when_taken: str = "stop") -> Config:
    """A configuration with this policy."""
    return Config(asterisk=AsteriskConfig(when_taken=when_taken))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def dialled() -> Iterator[None]:
    """Links that dial reach the server of their process."""
    with dialling():
        yield


def process(server: Server, when_taken: str = "stop", **how: Any) -> Process:
    """A process that dials by itself."""
    return Process(server, Menu, config(when_taken), dials=True, **how)


async def ready(*processes: Process) -> None:
    """Wait until they have their application."""
    for each in processes:
        await each.link.state.reached("ready", timeout=100)


@virtual_time
async def test_stopping_does_not_wait_for_an_asterisk_that_does_not_answer():
    server = Server()
    take = server.take

    async def hangs(request: Request) -> Response:
        await asyncio.sleep(request.seconds)
        return await take(request)

    async with process(server) as ours:
        await ready(ours)
        server.take = hangs  # type: ignore[method-assign]
        began = now()
        ours.link.stop()
        await ours.ended()
        assert now() - began <= 2


class TestTwoProcesses:
    @virtual_time
    async def test_the_second_refuses_naming_the_first(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            call = await server.calls()
            server.lines.clear()
            async with process(server) as second:
                await second.ended()
                assert isinstance(second.error, ApplicationTaken)
                assert second.error.app == APP
                assert f"process {os.getpid()} on {socket.gethostname()}" in str(second.error)
                assert "--take-over" in str(second.error)
            assert server.apps[APP] is first and server.changes() == []
            assert first.link.state.value == "ready" and first.runner(call).state == "menu"

    @virtual_time
    async def test_of_different_applications_each_has_its_own(self):
        server = Server()
        async with process(server) as first:
            other = Process(server, {"queue": Menu}, config(), dials=True)
            async with other:
                await ready(first, other)
                assert server.apps == {APP: first, "queue": other}

    @virtual_time
    async def test_one_that_comes_after_a_polite_end_begins_at_once(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            first.link.stop()
            await first.ended()
            assert first.error is None
            begun = now()
            async with process(server) as second:
                await ready(second)
                assert now() == begun

    @virtual_time
    async def test_one_that_comes_after_a_kill_waits_for_three_signs_of_life_and_goes_on(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            call = await server.calls()
            await first.kill()
            begun = now()
            async with process(server) as second:
                await ready(second)
                assert now() - begun <= SECONDS * MISSING
                assert second.flow(call).told == [Resumed(application=APP, state="menu")]

    @virtual_time
    async def test_at_once_when_it_was_killed_on_this_machine(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            call = await server.calls()
            await first.kill()
            holder = json.loads(server.globals[f"STASIS_LEASE_{APP}"])
            server.globals[f"STASIS_LEASE_{APP}"] = json.dumps({**holder, "pid": a_dead_process()})
            begun = now()
            async with process(server) as second:
                await ready(second)
                assert now() == begun and second.runner(call).state == "menu"

    @virtual_time
    async def test_started_in_the_same_moment_one_of_them_stays(self):
        server = Server()
        async with process(server) as first, process(server) as second:
            await asyncio.sleep(60)
            assert [each.over for each in (first, second)].count(True) == 1
            stays = second if first.over else first
            gone = first if first.over else second
            assert isinstance(gone.error, ApplicationTaken)
            assert stays.link.state.value == "ready" and server.apps[APP] is stays


class TestStandby:
    @virtual_time
    async def test_it_waits_as_long_as_the_other_lives(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            async with process(server, "standby") as second:
                await asyncio.sleep(3600)
                assert second.link.state.value == "standby" and not second.over
                assert server.apps[APP] is first

    @pytest.mark.parametrize("how", ["killed", "stopped"])
    def test_and_then_takes_over_and_goes_on_with_the_calls(self, how: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with process(server) as first:
                await ready(first)
                call = await server.calls()
                async with process(server, "standby") as second:
                    await asyncio.sleep(60)
                    if how == "killed":
                        await first.kill()
                    else:
                        first.link.let_go("handed over")
                        first.link.stop()
                        await first.ended()
                    begun = now()
                    await ready(second)
                    assert now() - begun <= SECONDS * MISSING * 3
                    assert second.flow(call).told == [Resumed(application=APP, state="menu")]
                    assert call in server.channels

        test()

    @virtual_time
    async def test_stopping_ends_the_waiting(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            async with process(server, "standby") as second:
                await asyncio.sleep(60)
                second.link.stop()
                await second.ended()
                assert second.error is None and server.apps[APP] is first
                assert await holder_of(first.link.ari, APP) is not None

    @virtual_time
    async def test_of_three_the_two_that_wait_end_up_with_one_each_time(self):
        server = Server()
        async with process(server, "standby") as first:
            await ready(first)
            call = await server.calls()
            async with process(server, "standby") as second, process(server, "standby") as third:
                await asyncio.sleep(60)
                await first.kill()
                await asyncio.sleep(600)
                states = [each.link.state.value for each in (second, third)]
                assert sorted(states) == ["ready", "standby"]
                assert call in server.channels


class TestTakeOver:
    @virtual_time
    async def test_the_other_lets_go_and_this_one_goes_on(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            call = await server.calls()
            bridges = set(server.bridges)
            async with process(server, take_over=True) as second:
                await ready(second)
                await first.ended()
                assert isinstance(first.error, ApplicationTaken) and first.error.by == ""
                assert second.flow(call).told == [Resumed(application=APP, state="menu")]
                assert call in server.channels
                assert set(server.bridges) == bridges

    @virtual_time
    async def test_the_other_sends_nothing_any_more_whatever_its_flows_do(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            call = await server.calls()
            # Somebody else's from here on, and nobody acts for it.
            server.lines.clear()
            server.tell(APP, "ApplicationReplaced")
            await first.ended()
            assert server.changes() == [] and call in server.channels
            assert len(server.playbacks) == len(server.bridges) == 1

    @virtual_time
    async def test_nor_does_one_that_takes_over_at_once_need_the_lease(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            begun = now()
            async with process(server, take_over=True) as second:
                await ready(second)
                assert now() == begun
                await asyncio.sleep(SECONDS * 10)
                holder = await holder_of(second.link.ari, APP)
                assert holder is not None and holder.id == second.link._tenure.lease._id


class TestReplaced:
    @virtual_time
    async def test_who_stands_by_has_its_turn_when_the_other_is_gone(self):
        server = Server()
        async with process(server, "standby") as first:
            await ready(first)
            call = await server.calls()
            async with process(server, take_over=True) as second:
                await ready(second)
                await first.link.state.reached("standby", timeout=1)
                assert first.link.runners == set() and not first.over
                await asyncio.sleep(3600)
                assert server.apps[APP] is second
                await second.kill()
                await ready(first)
                assert first.flow(call).told == [Resumed(application=APP, state="menu")]
                await server.hangs_up(call)
                assert server.bridges == {}

    @pytest.mark.parametrize("how", ["stop", "standby"])
    def test_who_could_not_reach_asterisk_for_long_does_not_take_it_back(self, how: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with process(server, how) as first:
                await ready(first)
                call = await server.calls()
                first.dead = True  # cut off: neither events nor requests
                await first.deaf()
                async with process(server) as second:
                    await ready(second)
                    assert second.flow(call).told == [Resumed(application=APP, state="menu")]
                    first.dead = False
                    await asyncio.sleep(SECONDS * 10)
                    server.lines.clear()
                    await first.hears()
                    await asyncio.sleep(SECONDS * 10)
                    assert server.apps[APP] is second and second.error is None
                    assert first.link.runners == set() and server.changes() == []
                    if how == "stop":
                        assert isinstance(first.error, ApplicationTaken)
                    else:
                        assert first.link.state.value == "standby"

        test()

    @virtual_time
    async def test_two_that_stand_by_never_fight(self):
        server = Server()
        turns: list[Process] = []
        dialled = server.dialled

        def counted(process: Process) -> None:
            turns.append(process)
            dialled(process)

        server.dialled = counted  # type: ignore[method-assign]
        async with process(server, "standby") as first:
            await ready(first)
            async with process(server, "standby", take_over=True) as second:
                await ready(second)
                await asyncio.sleep(3600)
                assert turns == [first, second]
                assert second.link.state.value == "ready"

    @virtual_time
    async def test_a_client_without_a_lease_is_waited_for_as_long_as_asterisk_knows_it(self):
        server = Server()
        async with process(server, "standby") as first:
            await ready(first)
            server.tell(APP, "ApplicationReplaced")
            server.apps[APP] = None  # a client of which nothing else is known
            await first.link.state.reached("standby", timeout=1)
            await asyncio.sleep(3600)
            assert first.link.state.value == "standby"
            del server.heard[APP]
            await ready(first)

    @virtual_time
    async def test_another_programs_application_is_none_of_our_business(self):
        server = Server()
        async with process(server) as first:
            await ready(first)
            first.queue.put_nowait(b'{"type":"ApplicationReplaced","application":"other"}')
            await turn()
            assert first.link.state.value == "ready" and not first.over
