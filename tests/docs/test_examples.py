"""The examples of the documentation run, and do what their pages say.

The Python blocks of a page are one module. A comment `<!-- test: NAME … -->` above a block names the
calls, below, that show what the block says; `<!-- drawn: FLOW -->` stands above a flow's diagram.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import msgspec
import pytest

from stasis import Channel
from stasis.draw import draw
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.testing.clock import run
from tests.docs.conftest import Import
from tests.docs.pages import PAGES, blocks, named
from tests.fake import FakeAsterisk, FakeCall
from tests.server import Process, Server, turn

Scenario: TypeAlias = Callable[[ModuleType], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def marked() -> list[Any]:
    """Every page and mark of a test, as parameters."""
    return [
        pytest.param(page, name, id=f"{page.name}-{name}")
        for page in PAGES
        for block in blocks(page, "python")
        for name in block.marks.get("test", ())
    ]


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    """Shows what the block with this mark says."""

    def add(work: Scenario) -> Scenario:
        SCENARIOS[name] = work
        return work

    return add


class TestPython:
    @pytest.mark.timeout(90)
    @pytest.mark.parametrize("page", named([page for page in PAGES if blocks(page, "python")]))
    def test_a_pages_python_is_a_module_whose_tests_pass(self, page: Path, module: Import) -> None:
        for name, test in vars(module(page)).items():
            if name.startswith("test_"):
                test()

    @pytest.mark.parametrize(("page", "name"), marked())
    def test_an_example_does_what_its_page_says(
        self, page: Path, name: str, module: Import
    ) -> None:
        run(SCENARIOS[name](module(page)))  # type: ignore[arg-type]

    def test_every_scenario_is_some_blocks(self) -> None:
        assert set(SCENARIOS) == {each.values[1] for each in marked()}

    @pytest.mark.parametrize("page", named([p for p in PAGES if blocks(p, "mermaid")]))
    def test_a_flows_diagram_is_what_draw_gives(self, page: Path, module: Import) -> None:
        for block in blocks(page, "mermaid"):
            for flow in block.marks.get("drawn", ()):
                assert block.text == draw(getattr(module(page), flow))


# What the examples of flows.md and verbs.md do


@scenario("linear")
async def linear(page: ModuleType) -> None:
    async with FakeAsterisk(page.hello) as asterisk:
        call = await asterisk.call()
        assert await asterisk.plays() == ["sound:hello-world"]
        await asterisk.finish()
        assert call.over


@scenario("reception")
async def reception(page: ModuleType) -> None:
    async with FakeAsterisk(page.Reception) as asterisk:
        call = await asterisk.call()
        await call.digit("1")
        alice, _ = asterisk.dialled()
        await alice.answers()
        assert call.state == "talking"
        await alice.hangs_up()
        assert call.state == "goodbye"
        await asterisk.finish()
        assert call.over


async def walk(flow: Any, act: Callable[[FakeAsterisk, FakeCall], Awaitable[None]]) -> str:
    """The state that a call is in, or the last it was in, after what somebody did."""
    async with FakeAsterisk(flow) as asterisk:
        call = await asterisk.call()
        await act(asterisk, call)
        await asterisk.turn()
        return call.state


@scenario("event")
async def any_key(page: ModuleType) -> None:
    assert await walk(page.AnyKey, lambda _, call: call.digit("7")) == "goodbye"


@scenario("detail")
async def one_key(page: ModuleType) -> None:
    assert await walk(page.HashKey, lambda _, call: call.digit("7")) == "menu"
    assert await walk(page.HashKey, lambda _, call: call.digit("#")) == "goodbye"


@scenario("other")
async def other(page: ModuleType) -> None:
    async def busy(asterisk: FakeAsterisk, _: FakeCall) -> None:
        await asterisk.end(asterisk.dialled()[0].id, cause=17, status="BUSY")

    assert await walk(page.Desk, lambda fake, _: fake.dialled()[0].answers()) == "talking"
    assert await walk(page.Desk, busy) == "goodbye"


@scenario("gap")
async def gap(page: ModuleType) -> None:
    async with Process(server := Server(), page.Again) as process:
        call = await server.calls()
        (before,) = server.playbacks
        await process.deaf()
        await server.digit(call, "1")  # lost
        await process.hears()
        (after,) = server.playbacks
        assert process.runner(call).state == "menu" and after != before
        await server.digit(call, "1")
        assert server.channels == {}


@scenario("after")
async def after(page: ModuleType) -> None:
    assert await walk(page.Patient, lambda *_: asyncio.sleep(9.9)) == "menu"
    assert await walk(page.Patient, lambda *_: asyncio.sleep(10.1)) == "goodbye"


@scenario("outcome")
async def outcome(page: ModuleType) -> None:
    assert await walk(page.Guarded, lambda _, call: call.digit("1234")) == "menu"
    assert await walk(page.Guarded, lambda _, call: call.digit("9999")) == "pin"


@scenario("done")
async def done(page: ModuleType) -> None:
    assert await walk(page.Onward, lambda *_: asyncio.sleep(0)) == "ringing"


@scenario("do")
async def do(page: ModuleType) -> None:
    async def star(asterisk: FakeAsterisk, call: FakeCall) -> None:
        await call.digit("*")
        assert f"POST /channels/{call.id}/mute" in asterisk.requests
        assert await asterisk.plays() == ["sound:demo-instruct"], "the state was not left"

    assert await walk(page.Toggled, star) == "menu"


@scenario("leave")
async def leave(page: ModuleType) -> None:
    async with FakeAsterisk(page.Fragile) as asterisk:
        call = await asterisk.call()
        await call.digit("9999")
        assert await asterisk.plays() == ["sound:im-sorry"]
        await asterisk.finish()
        assert f"POST /channels/{call.id}/continue" in asterisk.requests
        assert call.over


@scenario("voicemail")
async def voicemail(page: ModuleType) -> None:
    for seconds, deleted in ((5, False), (1, True)):
        async with FakeAsterisk(page.Voicemail) as asterisk:
            call = await asterisk.call()
            await asterisk.finish()
            if deleted:  # the fake counts one second up to a hangup
                await call.hangs_up()
            else:
                await asterisk.finish_recording(duration=seconds)
                assert await asterisk.plays() == ["sound:vm-msgsaved"]
                await call.hangs_up()
            assert call.over
            flow = call.flow
            assert isinstance(flow, page.Voicemail)
            assert flow.kept.startswith("inbox/") != deleted
            requests = [each for each in asterisk.requests if each.startswith("DELETE /recordings")]
            assert bool(requests) == deleted


def kept(server: Server, call: str) -> Record:
    """What is kept of a call."""
    return Record.decode(server.variables[call, VARIABLE])


async def to_question(server: Server) -> str:
    """A call that has told its number, and leaves its question."""
    call = await server.calls()
    for digit in "47110":
        await server.digit(call, digit)
    assert kept(server, call).state == "question"
    return call


@scenario("resumes")
async def resumes(page: ModuleType) -> None:
    """Killed in each state: the caller goes on as if nothing had been."""
    server = Server()
    async with Process(server, page.Helpdesk) as process:
        call = await to_question(server)
        (name,) = server.recordings
    async with Process(server, page.Helpdesk) as process:
        data = process.flow(call).data
        assert (data.customer, data.recording, data.resumed) == ("47110", name, 1)
        await server.finish_recording(name)
        (desk,) = server.made("channel")
    async with Process(server, page.Helpdesk) as process:
        assert server.made("channel") == [desk], "it still rings, and no second time"
        await server.answers(desk)
        assert kept(server, call).state == "talking"
        (bridge,) = server.bridges
    async with Process(server, page.Helpdesk) as process:
        assert list(server.bridges) == [bridge]
        assert sorted(server.bridges[bridge]["channels"]) == sorted([call, desk])
        await server.hangs_up(desk)
        (goodbye,) = server.playbacks
        await server.finish(goodbye)
        assert server.channels == {} and server.bridges == {} and not process.link.runners


@scenario("upgrades")
async def upgrades(page: ModuleType) -> None:
    server = Server()
    async with Process(server, page.Helpdesk):
        call = await to_question(server)
    now = kept(server, call)
    assert now.version == 2 and now.data is not None
    before = {("number" if key == "customer" else key): value for key, value in now.data.items()}
    old = msgspec.structs.replace(now, version=1, data=before)
    server.variables[call, VARIABLE] = old.encode()
    async with Process(server, page.Helpdesk) as process:
        assert process.flow(call).data.customer == "47110"
        assert process.runner(call).state == "question"


@scenario("loses")
async def loses(page: ModuleType) -> None:
    server = Server()
    async with Process(server, page.Helpdesk):
        call = await to_question(server)
    server.variables[call, VARIABLE] = msgspec.structs.replace(
        kept(server, call), state="a state that is no more"
    ).encode()
    async with Process(server, page.Helpdesk):
        assert f"POST /channels/{call}/continue" in server.lines


@scenario("session")
async def session(page: ModuleType) -> None:
    file = Path(__file__).parent.parent / "testing" / "sessions" / "hello-22.jsonl"
    await page.fridays_calls_are_the_same(file)


@scenario("rooms")
async def rooms(page: ModuleType) -> None:
    server, runs = Server(), {"conference": page.Conference}
    async with Process(server, runs):
        calls = [await server.calls(app="conference") for _ in range(2)]
        (room,) = server.bridges
    async with Process(server, runs):
        calls.append(await server.calls(app="conference"))
        assert {room: calls} == {id: each["channels"] for id, each in server.bridges.items()}
        await server.digit(calls[0], "#")
        assert server.bridges[room]["channels"] == calls[1:]


@scenario("hands_over")
async def hands_over(page: ModuleType) -> None:
    server, runs = Server(), {"talk": page.Talk}
    async with Process(server, runs):
        call = await server.calls(app="talk")
        (desk,) = server.made("channel")
        await server.answers(desk)
        (room,) = server.bridges.values()
        assert sorted(room["channels"]) == sorted([call, desk])
    async with Process(server, runs) as process:
        await server.hangs_up(call)
        assert room["channels"] == [desk] and process.runner(desk).state == "joining"
        await server.digit(desk, "#")
        assert not server.channels


@scenario("place")
async def place(page: ModuleType) -> None:
    async def nothing(channel: Channel) -> None:
        await channel.ended()

    server = Server()
    async with Process(server, {"wake_up": nothing}) as process:
        told = []
        for happens in (server.answers, server.hangs_up):
            waking = asyncio.ensure_future(page.wake(process.link, "PJSIP/alice"))
            await turn()
            (channel,) = (id for id in server.channels if id.startswith("call-"))
            await happens(channel)
            told.append(await waking)
            if happens == server.answers:
                await server.hangs_up(channel)
        assert told == ["ANSWER", "NOANSWER"]


@scenario("hears")
async def hears(page: ModuleType) -> None:
    async with FakeAsterisk(page.Noted) as asterisk:
        call = await asterisk.call()
        await asterisk.event("ChannelVarset", call.id, variable="MOOD", value="good")
        assert call.flow.mood == "good"  # type: ignore[attr-defined]


async def returned(
    verb: Callable[[Channel], Awaitable[Any]],
    act: Callable[[FakeAsterisk, FakeCall], Awaitable[None]],
) -> Any:
    """What a function of a page returns, after what somebody did. None while it has not."""
    given: list[Any] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        given.append(await verb(channel))

    await walk(flow, act)
    return given[0] if given else None


@scenario("record")
async def record(page: ModuleType) -> None:
    async with FakeAsterisk(page.dictate) as asterisk:
        await asterisk.call()
        await asterisk.finish_recording()
        assert "GET /recordings/stored/dictation%2Ftoday/file" in asterisk.requests


@scenario("ask")
async def ask(page: ModuleType) -> None:
    entered = await returned(page.pin, lambda _, call: call.digit("1234"))
    assert (entered, entered.ended_by, entered.complete) == ("1234", "length", True)
    assert "1234" not in repr(entered)


@scenario("menu")
async def menu(page: ModuleType) -> None:
    assert await returned(page.choose, lambda _, call: call.digit("2")) == "support"
    assert await returned(page.choose, lambda _, call: call.digit("7123")) == "extension"

    async def silent(asterisk: FakeAsterisk, _: FakeCall) -> None:
        for _try in range(2):
            await asterisk.finish()
            await asyncio.sleep(5.1)

    assert await returned(page.choose, silent) == "no_input"


@scenario("dial")
async def dial(page: ModuleType) -> None:
    async def talk(asterisk: FakeAsterisk, _: FakeCall) -> None:
        alice, bob = asterisk.dialled()
        await bob.answers()
        await asyncio.sleep(0.1)
        assert [each.id for each in asterisk.dialled()] == [bob.id]
        await bob.hangs_up()

    async def busy(asterisk: FakeAsterisk, _: FakeCall) -> None:
        for desk in asterisk.dialled():
            await asterisk.end(desk.id, cause=17, status="BUSY")

    assert await returned(page.put_through, talk) == "ANSWER"
    assert await returned(page.put_through, busy) == "BUSY"


@scenario("bridge")
async def bridge(page: ModuleType) -> None:
    async with FakeAsterisk(page.whisper) as asterisk:
        call = await asterisk.call()
        (desk,) = asterisk.dialled()
        await desk.answers()
        assert f"POST /channels/{desk.id}/play" in " ".join(asterisk.requests)
        await desk.hangs_up()
        assert call.over
        assert any(each.startswith("DELETE /bridges/") for each in asterisk.requests)
