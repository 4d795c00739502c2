"""The feed: who may hear, what each has chosen, and that nobody listens for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from stasis_pbx.api import BASE
from stasis_pbx.feed import choice_of

from stasis.pbx import Choice, Unavailable
from stasis.web import Problem
from tests.apps.stasis_pbx.office import Office, opened
from tests.apps.stasis_pbx.test_hook import event

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Stream:
    """Followed by nobody but the feed; nothing happens by itself. open: how many are."""

    open = 0

    async def __aenter__(self) -> Stream:
        Stream.open += 1
        return self

    async def __aexit__(self, *error: object) -> None:
        Stream.open -= 1

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        await asyncio.Event().wait()


class Followed:
    """What a PBX's events are."""

    def follow(self, **options: Any) -> Stream:
        return Stream()


class Deaf:
    """What the events of one that is not reached are."""

    def follow(self, **options: Any) -> Stream:
        raise Unavailable("events.follow", "not reached")


@asynccontextmanager
async def running() -> AsyncIterator[Office]:
    """An office whose feed runs."""
    async with opened() as office:
        for pbx in office.pbxes.values():
            pbx.events = Followed()  # type: ignore[attr-defined]
        task = asyncio.create_task(office.plugin.feed.run())
        try:
            yield office
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def listening(office: Office, query: str = "", token: str = "") -> AsyncIterator[Any]:
    url = office.root + BASE + "/events" + query
    async with office.session.ws_connect(url) as socket:
        await socket.send_json({"token": token or office.token})
        yield socket


async def next_of(socket: ClientWebSocketResponse) -> Any:
    async with asyncio.timeout(5):
        return await socket.receive_json()


async def test_asterisk_is_listened_to_while_somebody_hears():
    async with running() as office:
        await asyncio.sleep(0.05)
        assert Stream.open == 0
        async with listening(office) as socket:
            first = await next_of(socket)
            assert (first["type"], first["servers"]) == ("snapshot", ["a", "b"])
            assert Stream.open == 2  # so nothing is missed from the snapshot on
            office.plugin.feed.tell(event())
            told = await next_of(socket)
            assert (told["type"], told["event"]["type"]) == ("event", "Hangup")
    assert Stream.open == 0


async def test_for_who_only_knocks_asterisk_is_not_listened_to():
    async with running() as office:
        async with office.session.ws_connect(office.root + BASE + "/events") as silent:
            async with listening(office, token="stpbx_nobody") as socket:
                assert (await socket.receive(timeout=5)).data == 4401
            await asyncio.sleep(0.05)
            assert Stream.open == 0
            await silent.close()


async def test_an_asterisk_that_does_not_answer_holds_up_nobody():
    async with running() as office:
        office.pbxes["b"].events = Deaf()  # type: ignore[attr-defined]
        async with listening(office) as socket:
            assert (await next_of(socket))["type"] == "snapshot"
            assert Stream.open == 1


async def test_each_hears_what_it_has_chosen():
    async with (
        running() as office,
        listening(office, "?group=queues&server=east") as queues,
        listening(office, "?type=Hang*,New*") as calls,
    ):
        await next_of(queues)
        await next_of(calls)
        office.plugin.feed.tell(event())
        office.plugin.feed.tell(event("QueueMemberAdded", group="queues", server="west"))
        office.plugin.feed.tell(event("QueueMemberAdded", group="queues"))
        assert (await next_of(queues))["event"]["server"] == "east"
        assert (await next_of(calls))["event"]["type"] == "Hangup"


async def test_a_token_without_the_scope_hears_nothing():
    async with running() as office:
        token = await office.granted("calls:read")
        async with listening(office, token=token) as socket:
            message = await socket.receive(timeout=5)
            assert message.data == 4401


async def test_a_wrong_choice_is_refused():
    async with opened() as office:
        answer = await office.ask("GET", "/events?group=none")
        assert (answer.status, answer.code) == (422, "wrong_query")


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"x": "1"}, "'x' is not known here; source, type, channel, group, server may be there"),
        ({"source": "cli"}, "ami or ari"),
        ({"group": "calls,none"}, "'none' is none; known: calls"),
    ],
)
def test_what_is_wrong_in_a_choice(query: dict[str, str], line: str):
    with pytest.raises(Problem, match=line):
        choice_of(query)


def test_a_choice():
    query = {"source": "ari", "type": "A*,B", "group": "calls", "channel": "x", "server": "east"}
    assert choice_of(query) == (Choice("ari", ["A*", "B"], "x", ["calls"]), "east")
    assert choice_of({}) == (Choice(), "")
