"""Rooms: bridges that belong to an application and not to one call, found by their names."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import attrs
import pytest

from stasis.ari import Ari
from stasis.ari.events import Event
from stasis.bridge import Bridge
from stasis.config import EngineConfig
from stasis.errors import Conflict, InvalidRequest, NotFound, ServerError, Unreachable
from stasis.flow import Flow
from stasis.identity import HOUSE, identity_of
from stasis.rooms import Rooms
from stasis.router import Router
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Resumed
from tests.answers import Answers
from tests.server import APP, Process, Server, refused


@attrs.define
class Data:
    """Which room a call is in."""

    room: Bridge | None = None


class Caller(Flow):
    """Stays; the test brings it into rooms."""

    data = Data()

    def __init__(self) -> None:
        self.told: list[Event] = []

    async def inside(self, event: Event) -> None:
        self.told.append(event)

    start = inside
    table: ClassVar = {inside: {After(36_000): inside}}


def made(server: Server) -> list[str]:
    """The requests that made bridges."""
    return [
        line for line in server.lines if line.startswith("POST /bridges/") and line.count("/") == 2
    ]


async def enters(process: Process, server: Server, name: str = "sales") -> tuple[str, Bridge]:
    """A call comes, and goes into a room."""
    call = await server.calls()
    room = await process.link.bridge(APP, name)
    await room.add(process.runner(call).channel)
    process.flow(call).data.room = room
    await process.flow(call).keep()
    return call, room


class TestByName:
    @virtual_time
    async def test_the_same_name_is_the_same_room(self):
        server = Server()
        async with Process(server, Caller) as process:
            first = await process.link.bridge(APP, "sales")
            assert await process.link.bridge(APP, "sales") is first
            assert len(made(server)) == 1
            (bridge,) = server.bridges.values()
            assert (bridge["id"], bridge["name"]) == (first.id, "sales")

    @virtual_time
    async def test_also_for_those_who_ask_in_the_same_moment(self):
        server = Server()
        async with Process(server, Caller) as process:
            rooms = await asyncio.gather(*(process.link.bridge(APP, "sales") for _ in range(5)))
            assert len(set(map(id, rooms))) == 1 and len(made(server)) == 1

    @virtual_time
    async def test_another_name_and_another_application_are_others(self):
        server = Server()
        async with Process(server, {APP: Caller, "queue": Caller}) as process:
            asked = [(APP, "sales"), (APP, "Sales"), (APP, "säles"), ("queue", "sales")]
            rooms = [await process.link.bridge(*each) for each in asked]
            assert len({room.id for room in rooms}) == 4

    @virtual_time
    async def test_its_id_says_that_it_is_the_applications(self):
        server = Server()
        async with Process(server, Caller) as process:
            room = await process.link.bridge(APP, "sales")
            found = identity_of(room.id)
            assert found is not None and (found.app, found.token) == (APP, HOUSE)

    @virtual_time
    async def test_without_a_name_there_is_none(self):
        server = Server()
        async with Process(server, Caller) as process:
            with pytest.raises(InvalidRequest, match="a room needs a name"):
                await process.link.bridge(APP, "")

    @virtual_time
    async def test_one_that_was_not_made_is_made_for_the_next_who_asks(self):
        server = Server()
        async with Process(server, Caller) as process:
            server.refuse["POST /bridges"] = refused(500, "no")
            with pytest.raises(ServerError):
                await process.link.bridge(APP, "sales")
            server.refuse.clear()
            room = await process.link.bridge(APP, "sales")
            assert list(server.bridges) == [room.id]

    @virtual_time
    async def test_one_that_nobody_could_subscribe_to_is_not_left_behind(self):
        server = Server()
        async with Process(server, Caller) as process:
            server.refuse["POST /applications"] = refused(404, "no such application")
            with pytest.raises(NotFound):
                await process.link.bridge(APP, "sales")
            assert server.bridges == {} and process.link.router.counts()["claims"] == 0

    @virtual_time
    async def test_of_an_application_that_is_not_run_here_it_is_refused(self):
        server = Server()
        async with Process(server, {"call_back": Caller, "queue": Caller}) as process:
            with pytest.raises(InvalidRequest) as raised:
                await process.link.bridge("callback", "sales")
            assert raised.value.reason == (
                "application 'callback' is not run here; this program runs call_back, queue."
                " A flow's own is `self.app`"
            )
            assert made(server) == []

    async def test_calls_that_each_have_a_socket_share_the_rooms_of_their_application(
        self, ari: Ari, answers: Answers
    ):
        made = {"id": f"bridge-ivr-{HOUSE}-1-0", "name": "sales", "bridge_type": "mixing"}
        answers.answer("GET /bridges", body=[made])
        answers.answer("POST /applications", body={"name": "ivr:Local/100@in-0001;2"})
        rooms = Rooms(ari, Router(), EngineConfig())
        room = await rooms.get("ivr:Local/100@in-0001;2", "sales")
        assert room.id == made["id"] and not any("POST /bridges" in r for r in answers.requests)

    @virtual_time
    async def test_one_that_was_destroyed_is_made_anew_under_another_id(self):
        server = Server()
        async with Process(server, Caller) as process:
            first = await process.link.bridge(APP, "sales")
            await first.destroy()
            second = await process.link.bridge(APP, "sales")
            assert second.id != first.id and list(server.bridges) == [second.id]

    @virtual_time
    async def test_a_thousand_rooms_that_come_and_go_leave_nothing(self):
        server = Server()
        async with Process(server, Caller) as process:
            for number in range(1000):
                await (await process.link.bridge(APP, f"room {number}")).destroy()
            rooms = process.link.calls.rooms
            assert len(rooms._rooms) <= 130 and len(rooms._locks) <= 130
            assert rooms.by_id() == {} and process.link.router.counts()["claims"] == 0

    @virtual_time
    async def test_what_was_played_in_it_leaves_nothing(self):
        server = Server()
        async with Process(server, Caller) as process:
            room = await process.link.bridge(APP, "sales")
            for _ in range(20):
                playback = await room.play("sound:beep")
                await server.finish(playback.id)
                await playback.finished()
            assert room._owner.counts()["media"] == 0


class Goes(Flow):
    """Goes into the room of its application."""

    async def inside(self, event: Event) -> None:
        room = await self.asterisk.bridge(self.app, "sales")
        await room.add(self.channel)

    start = inside
    table: ClassVar = {inside: {After(36_000): inside}}


class TestCalls:
    @virtual_time
    async def test_a_flow_knows_which_application_it_is(self):
        server = Server()
        async with Process(server, {"one": Goes, "two": Goes}) as process:
            calls = [await server.calls(app=app) for app in ("one", "two", "two")]
            assert [process.flow(call).app for call in calls] == ["one", "two", "two"]
            inside = {identity_of(id).app: b["channels"] for id, b in server.bridges.items()}
            assert inside == {"one": calls[:1], "two": calls[1:]}

    @virtual_time
    async def test_several_calls_are_in_one_room(self):
        server = Server()
        async with Process(server, Caller) as process:
            first, room = await enters(process, server)
            second, again = await enters(process, server)
            assert room is again and list(room.channels) == [first, second]

    @virtual_time
    async def test_it_outlives_the_calls_inside(self):
        server = Server()
        async with Process(server, Caller) as process:
            first, room = await enters(process, server)
            second, _ = await enters(process, server)
            await server.hangs_up(first)
            assert list(room.channels) == [second] and not room.destroyed
            await server.hangs_up(second)
            await room.emptied(0)
            assert not room.destroyed and room.id in server.bridges

    @virtual_time
    async def test_a_flow_hears_who_enters_by_its_own_channel_only(self):
        server = Server()
        async with Process(server, Caller) as process:
            first, _ = await enters(process, server)
            inbox = process.runner(first).inbox
            await enters(process, server)
            assert len(inbox) == 0 and process.flow(first).told[1:] == []


class TestAfterARestart:
    @virtual_time
    async def test_the_room_is_the_same_while_somebody_is_inside(self):
        server = Server()
        async with Process(server, Caller) as old:
            call, room = await enters(old, server)
            await old.kill()
            async with Process(server, Caller) as new:
                again = await new.link.bridge(APP, "sales")
                assert again.id == room.id and list(again.channels) == [call]
                assert len(made(server)) == 1

    @virtual_time
    async def test_the_flows_that_are_inside_have_it_in_their_data(self):
        server = Server()
        async with Process(server, Caller) as old:
            first, room = await enters(old, server)
            second, _ = await enters(old, server)
            await old.kill()
            async with Process(server, Caller) as new:
                found = [new.flow(call).data.room for call in (first, second)]
                assert found[0] is found[1] and found[0].id == room.id
                assert found[0] is await new.link.bridge(APP, "sales")
                assert [type(each) for each in new.flow(first).told] == [Resumed]

    @virtual_time
    async def test_it_is_not_closed_when_one_of_them_leaves(self):
        server = Server()
        async with Process(server, Caller) as old:
            first, room = await enters(old, server)
            second, _ = await enters(old, server)
            await old.kill()
            async with Process(server, Caller) as new:
                await server.hangs_up(first)
                assert server.bridges[room.id]["channels"] == [second]
                assert list((await new.link.bridge(APP, "sales")).channels) == [second]

    @virtual_time
    async def test_its_recording_goes_on_and_is_joined(self):
        server = Server()
        async with Process(server, Caller) as old:
            _, room = await enters(old, server)
            await room.record("talks/1")
            await old.kill()
            server.recordings["talks/1"]["state"] = "paused"
            async with Process(server, Caller) as new:
                again = await new.link.bridge(APP, "sales")
                recording = await again.record("talks/1", if_exists="append")
                assert recording.paused and list(server.recordings) == ["talks/1"]
                await server.finish_recording("talks/1")
                assert (await recording.finished()).stored.name == "talks/1"
                assert ("recording", "talks/1") not in new.link.router._claims

    @virtual_time
    async def test_one_that_runs_here_is_not_joined_nor_one_of_another_or_that_is_over(self):
        server = Server()
        async with Process(server, Caller) as old:
            _, room = await enters(old, server)
            await room.record("talks/1")
            with pytest.raises(Conflict):
                await room.record("talks/1")
            await room.record("talks/2")
            await old.kill()
            await server.finish_recording("talks/1")
            server.recordings["talks/2"]["target_uri"] = "bridge:another"
            async with Process(server, Caller) as new:
                again = await new.link.bridge(APP, "sales")
                for name in ("talks/1", "talks/2"):
                    with pytest.raises(Conflict):
                        await again.record(name)

    @virtual_time
    async def test_who_enters_later_is_seen(self):
        server = Server()
        async with Process(server, Caller) as old:
            first, room = await enters(old, server)
            await old.kill()
            async with Process(server, Caller) as new:
                second, again = await enters(new, server)
                assert again.id == room.id and list(again.channels) == [first, second]

    @virtual_time
    async def test_a_new_room_beside_it_is_another(self):
        server = Server()
        async with Process(server, Caller) as old:
            call, sales = await enters(old, server)
            await old.kill()
            async with Process(server, Caller) as new:
                other = await new.link.bridge(APP, "support")
                assert other.id != sales.id
                assert server.bridges[sales.id]["channels"] == [call]
                assert server.bridges[other.id]["name"] == "support"

    @virtual_time
    async def test_one_where_nobody_is_inside_ends(self):
        server = Server()
        async with Process(server, Caller) as old:
            await old.link.bridge(APP, "sales")
            await old.kill()
            async with Process(server, Caller) as new:
                assert server.bridges == {}
                room = await new.link.bridge(APP, "sales")
                assert list(server.bridges) == [room.id]

    @virtual_time
    async def test_its_id_is_not_used_again(self):
        server = Server()
        async with Process(server, Caller) as old:
            before = (await old.link.bridge(APP, "sales")).id
            await old.kill()
            async with Process(server, Caller) as new:
                assert (await new.link.bridge(APP, "sales")).id != before


class TestThroughAGap:
    @virtual_time
    async def test_one_that_stands_is_the_same(self):
        server = Server()
        async with Process(server, Caller) as process:
            call, room = await enters(process, server)
            await process.deaf()
            await process.hears()
            assert await process.link.bridge(APP, "sales") is room
            assert list(room.channels) == [call]

    @virtual_time
    async def test_one_where_nobody_is_inside_too(self):
        server = Server()
        async with Process(server, Caller) as process:
            room = await process.link.bridge(APP, "sales")
            await process.deaf()
            await process.hears()
            assert not room.destroyed and await process.link.bridge(APP, "sales") is room

    @virtual_time
    async def test_one_that_is_gone_is_made_anew(self):
        server = Server()
        async with Process(server, Caller) as process:
            room = await process.link.bridge(APP, "sales")
            await process.deaf()
            server.bridges.clear()
            await process.hears()
            assert room.destroyed
            again = await process.link.bridge(APP, "sales")
            assert again.id != room.id and list(server.bridges) == [again.id]

    @virtual_time
    async def test_a_server_that_is_not_there_says_so(self):
        server = Server()
        async with Process(server, Caller) as process:
            process.dead = True
            with pytest.raises(Unreachable):
                await process.link.bridge(APP, "sales")
            process.dead = False
            assert (await process.link.bridge(APP, "sales")).id in server.bridges
