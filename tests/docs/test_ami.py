"""ami.md: its functions, and that its tables are whole."""

from __future__ import annotations

import asyncio
import re
from types import ModuleType

import attrs
import pytest

from stasis.ami import Ami, AmiConfig, OutcomeUnknown, errors, events
from stasis.ami.message import Message
from stasis.testing import Asterisk, virtual_time
from tests.ami.server import Server, Session, listing
from tests.docs.conftest import Import
from tests.docs.pages import DOCS, table

PAGE = DOCS / "ami.md"


@pytest.fixture
def page(module: Import) -> ModuleType:
    return module(PAGE)


async def test_who_waits(page: ModuleType) -> None:
    entries = listing("QueueEntry", "CallerIDNum: 100", "CallerIDNum: 200")
    async with Server(QueueStatus=entries) as server:
        assert await page.waiting(server.config(), "support") == ["100", "200"]
        assert server.asked[-2].get("Queue") == "support"


async def test_a_call(page: ModuleType) -> None:
    responses = ["Success", "Failure"]

    def originate(session: Session, asked: Message) -> None:
        session.answer(asked)
        own = (f"ActionID: {asked.get('ActionID')}", f"Response: {responses.pop(0)}")
        session.send("Event: OriginateResponse", "Privilege: call,all", *own, "Uniqueid: 7")

    async with Server(Originate=originate) as server, Ami(server.config()) as ami:
        assert await page.call(ami, "PJSIP/alice", "200") == "7"
        sent = server.asked[-1]
        assert (sent.get("Async"), sent.get("Priority")) == ("true", "1")
        assert sent.get("Variable") == "GREETING=good morning\\, Zoë; \\(all well?\\)"
        assert await page.call(ami, "PJSIP/alice", "200") == ""


@virtual_time
async def test_events_in_a_table(page: ModuleType) -> None:
    async with Asterisk(page.Desk) as asterisk:
        caller = await asterisk.call()
        await asyncio.sleep(1)
        (call,) = asterisk.link.runners
        assert asterisk.ami(events.Hold(uniqueid=caller.id, music_class="jazz"))
        await asyncio.sleep(1)
        assert call.state == "held"
        assert asterisk.ami(events.Unhold(uniqueid=caller.id))
        await asyncio.sleep(1)
        assert call.state == "talking"
        asterisk.ami(events.VarSet(uniqueid=caller.id, variable="OTHER", value="1"))
        asterisk.ami(events.VarSet(uniqueid=caller.id, variable="ORDER", value="1"))
        await caller.hears("sound:vm-goodbye")


async def test_a_hang_up_and_a_command(page: ModuleType) -> None:
    def hang_up(session: Session, asked: Message) -> None:
        gone = asked.get("Channel") == "gone"
        session.answer(asked, "Message: No such channel", response="Error" if gone else "Success")

    def command(session: Session, asked: Message) -> None:
        session.answer(asked, "Output: Asterisk 22", "Output: built")

    async with Server(Hangup=hang_up, Command=command) as server, Ami(server.config()) as ami:
        assert [await page.hang_up(ami, each) for each in ("here", "gone")] == [True, False]
        assert await page.version(ami) == "Asterisk 22\nbuilt"


async def test_events_of_a_queue(page: ModuleType) -> None:
    async with Server() as server, Ami(server.config(mask="agent")) as ami:
        lines = page.busy(ami, "support")
        reading = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0.05)
        caller = ("CallerIDNum: 100", "Position: 1", "HoldTime: 7")
        for queue in ("other", "support"):
            for kind in ("QueueCallerJoin", "QueueCallerAbandon"):
                server.session.send(f"Event: {kind}", f"Queue: {queue}", *caller)
        assert await reading == "100 waits at 1"
        assert await anext(lines) == "100 gave up after 7 s"
        server.session.cut()
        assert re.match("nothing was heard for [0-9]+ s: ask", await anext(lines))
        await lines.aclose()


async def test_what_may_have_happened(page: ModuleType) -> None:
    answers = [lambda s, m: s.answer(m), lambda s, m: s.cut()]
    pause = lambda s, m: answers.pop(0)(s, m)  # noqa: E731
    async with Server(QueuePause=pause) as server, Ami(server.config()) as ami:
        assert await page.pause(ami, "PJSIP/alice") == "yes"
        assert await page.pause(ami, "PJSIP/alice") == "perhaps"
    assert issubclass(OutcomeUnknown, errors.AmiError)


def test_the_page_names_every_key_and_every_error(page: ModuleType) -> None:
    keys = {key.strip("` ") for row in table(PAGE, "## Configuration") for key in row[0].split(",")}
    assert keys == {each.name for each in attrs.fields(AmiConfig)}
    told = " ".join(row[0] for row in table(PAGE, "## What can go wrong"))
    for name in set(errors.__all__) - {"AmiError", "REFUSALS", "failed"}:
        assert f"`{name}`" in told, name
    assert (page.CONFIG.host, page.CONFIG.port) == ("", 5038)
