"""Following AMI: chosen, counted, and fast enough; ARI and both are in tests/asterisk/pbx."""

from __future__ import annotations

import asyncio
from time import monotonic

import attrs
import pytest

from stasis.config import AmiConfig, AsteriskConfig
from stasis.pbx import Choice, Pbx, Unavailable
from stasis.pbx import events as module
from stasis.pbx.events import Following
from tests.ami.server import Server


def config(server: Server) -> AsteriskConfig:
    """An Asterisk with a manager interface alone: nothing listens at the other address."""
    return AsteriskConfig(url="http://127.0.0.1:1/ari", ami=server.config())


async def test_what_was_chosen_comes_in_its_order():
    async with Server() as server, Pbx(config(server)) as pbx:
        choice = Choice(source="ami", types=["Hang*", "New*"], channel="PJSIP/alice")
        async with pbx.events.follow(choice, server="east") as stream:
            for name, channel in (
                ("Newchannel", "PJSIP/alice-1"),
                ("Hangup", "PJSIP/bob-1"),
                ("VarSet", "PJSIP/alice-1"),
                ("Hangup", "PJSIP/alice-1"),
            ):
                server.session.send(f"Event: {name}", "Privilege: call,all", f"Channel: {channel}")
            found = [await anext(stream), await anext(stream)]
        assert [each.type for each in found] == ["Newchannel", "Hangup"]
        assert {each.server for each in found} == {"east"}


async def test_one_way_that_is_not_there_is_told_and_the_other_goes_on():
    async with Server() as server, Pbx(config(server)) as pbx:
        async with pbx.events.follow() as stream:
            lost = await anext(stream)
            assert (lost.source, lost.type) == ("ari", "Lost") and "127.0.0.1:1" in lost.what
            server.session.send("Event: FullyBooted", "Privilege: system,all")
            assert (await anext(stream)).type == "FullyBooted"


async def test_no_way_at_all_is_an_error():
    nowhere = AsteriskConfig(url="http://127.0.0.1:1/ari", ami=AmiConfig())
    async with Pbx(nowhere) as pbx:
        for choice in (Choice(), Choice(source="ami"), Choice(source="ari")):
            with pytest.raises(Unavailable):
                async with pbx.events.follow(choice):
                    pass


async def test_a_reader_that_is_too_slow_is_told_how_many_it_has_missed():
    async with Server() as server, Pbx(config(server)) as pbx:
        async with pbx.events.follow(Choice(source="ami"), limit=3) as stream:
            for number in range(10):
                server.session.send("Event: VarSet", f"Value: {number}")
            async with asyncio.timeout(5):
                while stream.dropped < 7:
                    await asyncio.sleep(0.01)
            found = [await anext(stream) for _ in range(4)]
            assert [each.type for each in found] == ["VarSet", "VarSet", "VarSet", "Missed"]
            assert found[3].fields == {"count": 7} and found[3].source == "both"


async def test_a_way_that_was_not_there_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.05)
    async with Server() as gone:
        away = gone.config()
    async with Server() as server, Pbx(config(server)) as pbx:

        async def hear_ari(self: Following) -> None:
            self._back("ari")
            await asyncio.Event().wait()

        monkeypatch.setattr(Following, "_hear_ari", hear_ari)
        pbx.ways.config = attrs.evolve(pbx.ways.config, ami=away)
        async with pbx.events.follow() as stream, asyncio.timeout(5):
            lost = await anext(stream)
            assert (lost.source, lost.type) == ("ami", "Lost")
            pbx.ways.config = config(server)
            back = await anext(stream)
            assert (back.source, back.type) == ("ami", "Gap") and back.fields["seconds"] > 0
            server.session.send("Event: FullyBooted", "Privilege: system,all")
            assert (await anext(stream)).type == "FullyBooted"


async def test_the_patience_with_one_way_at_the_start_does_not_hold_up_the_other():
    async with Server() as server:
        patient = attrs.evolve(config(server), start_timeout=60.0)
        async with Pbx(patient) as pbx, asyncio.timeout(5), pbx.events.follow() as stream:
            lost = await anext(stream)
            assert (lost.source, lost.type) == ("ari", "Lost")


async def test_who_is_refused_does_not_try_again_soon():
    async with Server(Login=lambda s, m: s.answer(m, "Message: no", response="Error")) as server:
        async with Pbx(config(server)) as pbx:
            why, again = await module.ended("ami", lambda: pbx.ways.ami())
    assert again == module.REFUSED_SECONDS and isinstance(why, Unavailable)


@pytest.mark.alone
@pytest.mark.timeout(60)
async def test_ten_thousand_events_a_second_are_not_lost():
    """30,000 Newchannel as Asterisk sends them, written in 3 s, in the shape that is told."""
    lines = [
        "Privilege: call,all", "Channel: PJSIP/alice-0000002a", "ChannelState: 0",
        "ChannelStateDesc: Down", "CallerIDNum: 2001", "CallerIDName: Zoë",
        "ConnectedLineNum: <unknown>", "ConnectedLineName: <unknown>", "Language: en",
        "AccountCode: ", "Context: default", "Exten: 8000", "Priority: 1",
    ]  # fmt: skip
    count, batch = 30_000, 100
    batches = [
        "".join(
            "\r\n".join(["Event: Newchannel", *lines, f"Uniqueid: {number}", "", ""])
            for number in range(first, first + batch)
        ).encode()
        for first in range(0, count, batch)
    ]
    async with Server() as server, Pbx(config(server)) as pbx:
        async with pbx.events.follow(Choice(source="ami")) as stream:

            async def write() -> None:
                begun = monotonic()
                for number, data in enumerate(batches):
                    server.session.raw(data)
                    await server.session.writer.drain()
                    await asyncio.sleep(max(0.0, begun + number * batch / 10_000 - monotonic()))

            writing = asyncio.create_task(write())
            begun = monotonic()
            heard: list[int] = []
            async for each in stream:
                heard.append(int(each.fields["Uniqueid"]))
                if len(heard) == count:
                    break
            took = monotonic() - begun
            await writing
        assert heard == list(range(count)) and stream.dropped == 0
        assert took < 4.0, f"{count / took:,.0f} events/s"
