"""Strays: what belongs to no call that lives is closed, and nothing else is."""

from __future__ import annotations

from typing import ClassVar

from stasis.ari.bridges import Bridge as Live
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    Event,
)
from stasis.census import Census
from stasis.identity import HOUSE
from stasis.router import Claim, Router
from stasis.strays import strays_in
from stasis.testing.clock import virtual_time
from tests.kept import Desk, Menu, Told
from tests.server import APP, Process, Server


class Ear:
    """Hears nothing."""

    def hear(self, event: Event) -> None:
        """Nobody is told."""


class TestStrays:
    """What belongs to no call that lives is closed; everything else is left alone."""

    @virtual_time
    async def test_what_a_call_that_is_over_has_made_is_closed(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            await old.kill()
            await server.hangs_up(call)
            assert len(server.channels) == 3 and len(server.bridges) == 1
            async with Process(server, Desk) as new:
                assert server.channels == {} and server.bridges == {}
                assert new.link.counts["strays"] == 4

    @virtual_time
    async def test_nothing_that_others_have_made_is_touched(self):
        server = Server()
        theirs = {"1700000000.1", "channel-queue-0123456789abcdef-1-0", "bridge-7"}
        for id in theirs:
            target = server.bridges if id.startswith("bridge") else server.channels
            target[id] = {"id": id, "channels": [], "bridge_type": "mixing"}
        server.channels["1700000000.1"] = {"id": "1700000000.1", "name": "PJSIP/x"}
        async with Process(server, Menu) as new:
            assert theirs == {*server.channels, *server.bridges}
            assert new.link.counts["strays"] == 0

    @virtual_time
    async def test_a_room_is_none_while_somebody_is_inside(self):
        server = Server()
        full, empty = (f"bridge-{APP}-{HOUSE}-0-{n}" for n in range(2))
        for id in (full, empty):
            server.bridges[id] = {"id": id, "name": id, "channels": [], "bridge_type": "mixing"}
        server.bridges[full]["channels"] = ["1700000000.1"]
        async with Process(server, Menu):
            assert list(server.bridges) == [full]

    @virtual_time
    async def test_a_desk_that_was_sent_on_in_the_dialplan_is_none(self):
        """It talks to somebody else there, long after the call that had dialled it."""

        class Sends(Told):
            async def here(self, event: Event) -> None:
                self.desk = await self.channel.originate("PJSIP/desk")
                await self.desk.entered(60)
                await self.desk.continue_in_dialplan("queue")

            start = here
            table: ClassVar = {}

        server = Server()
        async with Process(server, Sends) as process:
            await server.calls()
            (desk,) = server.made("channel")
            await server.answers(desk)
            await process.link.idle()
            await process.deaf()
            await process.hears()
            assert process.ready and desk in server.channels
            assert process.link.counts["strays"] == 0


class TestListing:
    """What `strays_in` counts, from a census alone."""

    census = Census(
        {id: Snapshot(id=id) for id in ("1700000000.1", f"channel-ivr-{'1' * 16}-1-0")},
        {id: Live(id=id) for id in (f"bridge-ivr-{'2' * 16}-1-0", f"bridge-queue-{'1' * 16}-1-0")},
        {},
        {},
        {},
        {},
    )

    def strays(self, router: Router, *tokens: str) -> list[str]:
        """The ids of the strays of `ivr`."""
        return [id for id, _ in strays_in(self.census, ["ivr"], tokens, router)]

    def test_whose_call_lives_is_none(self):
        assert self.strays(Router(), "1" * 16) == [f"bridge-ivr-{'2' * 16}-1-0"]
        assert self.strays(Router(), "1" * 16, "2" * 16) == []

    def test_what_somebody_has_claimed_is_none(self):
        router = Router()
        router.claim(("channel", f"channel-ivr-{'1' * 16}-1-0"), Claim(Ear(), "ivr"))
        assert self.strays(router) == [f"bridge-ivr-{'2' * 16}-1-0"]

    def test_an_application_of_one_call_has_none(self):
        # The other calls of the same flow have links of their own.
        assert strays_in(self.census, ["ivr:PJSIP/a-1"], [], Router()) == []
