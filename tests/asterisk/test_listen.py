"""A real Asterisk 22 dials us: nothing is lost while we are away, and a call may bring its own socket.

Sockets are closed in order here, as a program does that stops or restarts. What a reset costs is
in docs/reliability.md.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from stasis.ari import Ari
from stasis.ari.events import RESTResponse
from stasis.config import AsteriskConfig, ListenConfig
from stasis.decode import Decoder
from stasis.errors import Conflict, NotFound
from stasis.lab.lab import Lab
from stasis.lab.outbound import Outbound
from stasis.section import Secret
from stasis.transport.arrived import Arrived
from stasis.transport.frames import Lost, Opened
from stasis.transport.http import Http
from stasis.transport.listen import Listener, listening
from stasis.transport.socket import Socket

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

PASSWORD = "outbound-4711"
APPS = ("ivr", "hello")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """An Asterisk 22 of its own: its configuration is changed by each test."""
    lab = Lab.up("22", f"listen-{os.getpid()}")
    try:
        yield lab
    finally:
        lab.down()


@pytest.fixture
async def ari(lab: Lab) -> AsyncIterator[Ari]:
    """Its operations over HTTP."""
    config = AsteriskConfig(url=lab.url, username=lab.username, password=Secret(lab.password))
    async with Http(config) as http:
        yield Ari(http)


@pytest.fixture
def name() -> str:
    """The name of a connection, so that no test hears what was kept for another."""
    return f"test-{uuid4().hex[:8]}"


class Heard:
    """Reads an `Arrived` to its end, in a task; what came, by kind."""

    def __init__(self, call: Arrived) -> None:
        self.call = call
        self.items: list[Any] = []
        self.opened: Opened | None = None
        self.socket = Socket(no_files)
        self._news = asyncio.Condition()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        decoder = Decoder()
        async for item in self.call.frames:
            if isinstance(item, Opened):
                self.opened = item
                self.socket.opened(item.write)
            elif isinstance(item, Lost):
                self.socket.lost(item.reason)
            elif isinstance(event := decoder.decode(item), RESTResponse):
                self.socket.answered(event)
                continue
            async with self._news:
                self.items.append(json.loads(item) if isinstance(item, bytes) else item)
                self._news.notify_all()

    async def event(self, kind: str, **facts: object) -> dict[str, Any]:
        """Wait until an event of this kind, with these facts, has come."""

        def found() -> dict[str, Any] | None:
            return next((each for each in self.events(kind) if facts.items() <= each.items()), None)

        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(found)
        event = found()
        assert event is not None
        return event

    async def open(self, times: int) -> Opened:
        """Wait until its socket has been opened so many times. The newest."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self._times(Opened) >= times)
        assert self.opened is not None
        return self.opened

    def losses(self) -> int:
        """How many times its socket was lost."""
        return self._times(Lost)

    def _times(self, kind: type) -> int:
        return sum(isinstance(each, kind) for each in self.items)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """The events of some kinds."""
        return [each for each in self.items if isinstance(each, dict) and each["type"] in kinds]

    def numbers(self) -> list[int]:
        """The numbers of the events of our own."""
        return [int(each["eventname"]) for each in self.events("ChannelUserevent")]


async def no_files(request: object) -> Any:
    """These tests download nothing."""
    raise AssertionError(request)


class Program:
    """A program that listens. heard: what it reads, each to its end."""

    def __init__(self, listener: Listener) -> None:
        self.port = listener.port
        self.counts = listener.counts
        self.heard: list[Heard] = []
        self._listener = listener

    async def arrived(self) -> Heard:
        """The next connection."""
        async with asyncio.timeout(15):
            self.heard.append(Heard(await anext(self._listener)))
        return self.heard[-1]


@asynccontextmanager
async def program(port: int = 0) -> AsyncIterator[Program]:
    """It runs, and at the end has read all that came."""
    config = ListenConfig(port=port, username="asterisk", password=Secret(PASSWORD))
    heard: list[Heard] = []
    try:
        async with listening(config) as listener:
            ours = Program(listener)
            heard = ours.heard
            yield ours
    finally:
        async with asyncio.timeout(10):
            await asyncio.gather(*(each.task for each in heard))


@asynccontextmanager
async def dialled(lab: Lab, name: str, *apps: str, **values: Any) -> AsyncIterator[Program]:
    """A program, and an Asterisk that dials it; no more afterwards."""
    async with program() as ours:
        await asyncio.to_thread(lab.dial_out, dialling(ours.port, name, *apps, **values))
        try:
            yield ours
        finally:
            await asyncio.to_thread(lab.dial_out)


def dialling(port: int, name: str, *apps: str, **values: Any) -> Outbound:
    """The connection that Asterisk opens."""
    url = f"ws://127.0.0.1:{port}/ari?{name}"
    return Outbound(name, url, apps or APPS, "asterisk", values.pop("password", PASSWORD), **values)


async def call_in(ari: Ari, extension: str) -> str:
    """A caller dials an extension. The id of the channel that enters."""
    made = f"caller-{uuid4().hex[:8]}"
    await ari.channels.originate_with_id(
        made, endpoint=f"Local/{extension}@default", extension="answer", context="default"
    )
    return f"{made};2"


class TestPersistent:
    async def test_one_socket_brings_the_events_of_all_its_applications_and_takes_requests(
        self, lab: Lab, ari: Ari, name: str
    ):
        async with dialled(lab, name) as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="hello")
            assert heard.call.apps == set(APPS) and not heard.call.per_call
            caller = await call_in(ari, "stasis-hello")
            start = await heard.event("StasisStart")
            assert (start["application"], start["channel"]["id"]) == ("hello", caller)
            over_socket = Ari(heard.socket)
            await over_socket.channels.answer(caller)
            assert (await over_socket.channels.get(caller)).state == "Up"
            await over_socket.channels.hangup(caller)
            await heard.event("StasisEnd")

    @pytest.mark.alone
    async def test_a_program_that_restarts_loses_no_event_and_no_call(
        self, lab: Lab, ari: Ari, name: str
    ):
        numbers: list[int] = []
        entered: list[str] = []
        callers: list[str] = []
        sent = 0
        stop = asyncio.Event()

        async def load() -> None:
            nonlocal sent
            while not stop.is_set():
                await ari.events.user_event(str(sent), application="ivr")
                if sent % 50 == 0:
                    callers.append(await call_in(ari, "stasis-ivr"))
                sent += 1

        work: asyncio.Task[None] | None = None
        port = 0
        for _ in range(8):
            async with program(port) as ours:
                if port == 0:
                    port = ours.port
                    await asyncio.to_thread(lab.dial_out, dialling(port, name))
                heard = await ours.arrived()
                if work is None:
                    await heard.event("ApplicationRegistered", application="hello")
                    work = asyncio.create_task(load())
                # Long enough that each is closed while events flow.
                await heard.event("ChannelUserevent", eventname=str(sent + 20))
            numbers += heard.numbers()
            entered += [each["channel"]["id"] for each in heard.events("StasisStart")]
        stop.set()
        assert work is not None
        await work
        async with program(port) as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="hello")
        numbers += heard.numbers()
        entered += [each["channel"]["id"] for each in heard.events("StasisStart")]
        await asyncio.to_thread(lab.dial_out)
        for each in callers:
            await ari.channels.hangup(each)
        assert numbers == list(range(sent)) and sent > 160
        assert entered == callers

    async def test_a_socket_that_we_close_is_dialled_again_and_nothing_is_missed(
        self, lab: Lab, ari: Ari, name: str
    ):
        async with dialled(lab, name) as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="hello")
            for number in range(100):
                if number % 25 == 10:
                    await (await heard.open(1 + number // 25)).close()
                await ari.events.user_event(str(number), application="ivr")
            await heard.event("ChannelUserevent", eventname="99")
            assert heard.numbers() == list(range(100))
            assert ours.counts == {"accepted": 1, "again": 4}
            assert heard.losses() == 4

    async def test_the_event_filter_survives_the_socket(self, lab: Lab, ari: Ari, name: str):
        async with dialled(lab, name) as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="hello")
            unwanted: Any = {"allowed": [], "disallowed": [{"type": "ChannelUserevent"}]}
            await Ari(heard.socket).applications.filter("ivr", filter=unwanted)
            await (await heard.open(1)).close()
            await ari.events.user_event("1", application="ivr")
            await ari.events.user_event("2", application="hello")
            await heard.event("ChannelUserevent", eventname="2")
            assert heard.numbers() == [2]

    async def test_a_wrong_password_is_refused_until_it_is_mended(
        self, lab: Lab, ari: Ari, name: str
    ):
        async with dialled(lab, name, password="wrong") as ours:
            async with asyncio.timeout(10):
                while ours.counts["401"] < 2:  # it tries again, twice a second
                    await asyncio.sleep(0.05)
            assert set(ours.counts) == {"401"}
            await asyncio.to_thread(lab.dial_out, dialling(ours.port, name))
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="ivr")


class TestPerCall:
    async def test_each_call_brings_a_socket_that_asterisk_closes_after_it(
        self, lab: Lab, ari: Ari, name: str
    ):
        async with dialled(lab, name, "ivr", per_call=True) as ours:
            callers = [await call_in(ari, "stasis-ivr") for _ in range(2)]
            calls = [await ours.arrived(), await ours.arrived()]
            starts = [await each.event("StasisStart") for each in calls]
            assert {each["channel"]["id"] for each in starts} == set(callers)
            for heard, start in zip(calls, starts, strict=True):
                assert heard.call.per_call
                assert heard.call.application == f"ivr:{start['channel']['name']}"
                assert start["application"] == heard.call.application
            await Ari(calls[0].socket).channels.answer(starts[0]["channel"]["id"])
            for each in callers:
                await ari.channels.hangup(each)
            async with asyncio.timeout(10):
                await asyncio.gather(*(each.task for each in calls))
            assert [len(each.events("StasisEnd")) for each in calls] == [1, 1]

    async def test_its_socket_may_be_lost_and_the_call_goes_on(self, lab: Lab, ari: Ari, name: str):
        async with dialled(lab, name, "ivr", per_call=True) as ours:
            caller = await call_in(ari, "stasis-ivr")
            heard = await ours.arrived()
            await heard.event("StasisStart")
            await (await heard.open(1)).close()
            await ari.events.user_event("1", application=heard.call.application)
            await heard.event("ChannelUserevent", eventname="1")
            await Ari(heard.socket).channels.answer(caller)
            await ari.channels.hangup(caller)
            await heard.event("StasisEnd")
            async with asyncio.timeout(10):
                await heard.task
            assert ours.counts == {"accepted": 1, "again": 1}

    async def test_a_call_lives_on_while_the_program_restarts(self, lab: Lab, ari: Ari, name: str):
        async with program() as ours:
            way = dialling(ours.port, name, "ivr", per_call=True, attempts=20)
            await asyncio.to_thread(lab.dial_out, way)
            caller = await call_in(ari, "stasis-ivr")
            heard = await ours.arrived()
            await heard.event("StasisStart")
        await ari.events.user_event("1", application=heard.call.application)
        async with program(ours.port) as ours:
            again = await ours.arrived()
            await again.event("ApplicationRegistered")
            assert again.call.application == heard.call.application
            assert again.numbers() == [1]
            assert again.events("StasisStart") == []  # it has entered before: this is adoption
            await ari.channels.hangup(caller)
            await again.event("StasisEnd")
        await asyncio.to_thread(lab.dial_out)


class TestBroadcast:
    async def test_a_call_is_offered_to_all_and_the_first_to_claim_it_has_it(
        self, lab: Lab, ari: Ari, name: str
    ):
        async with dialled(lab, name, "desk-a", "desk-b", "other") as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered", application="other")
            caller = await call_in(ari, "broadcast-desk")
            for app in ("desk-a", "desk-b"):
                offer = await heard.event("CallBroadcast", application=app)
                assert offer["channel"]["id"] == caller
            await ari.events.claim_channel(channel_id=caller, application="desk-b")
            with pytest.raises(Conflict):
                await ari.events.claim_channel(channel_id=caller, application="desk-a")
            start = await heard.event("StasisStart")
            assert (start["application"], start["channel"]["id"]) == ("desk-b", caller)
            assert len(heard.events("CallBroadcast")) == 2
            await ari.channels.hangup(caller)
            await heard.event("StasisEnd")

    async def test_nobody_takes_it_and_the_dialplan_goes_on(self, lab: Lab, ari: Ari, name: str):
        async with dialled(lab, name, "desk-a") as ours:
            heard = await ours.arrived()
            await heard.event("ApplicationRegistered")
            caller = await call_in(ari, "broadcast-desk")
            await heard.event("CallBroadcast")
            async with asyncio.timeout(10):
                while await alive(ari, caller):
                    await asyncio.sleep(0.1)
            with pytest.raises(NotFound):
                await ari.events.claim_channel(channel_id=caller, application="desk-a")


async def alive(ari: Ari, channel_id: str) -> bool:
    """Whether a channel is there."""
    return any(each.id == channel_id for each in await ari.channels.list())
