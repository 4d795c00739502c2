"""Channels without a phone: snoop channels, and media from outside."""

from __future__ import annotations

import pytest

from tests.testing.simulator.machines import ask, called, kinds, served, simulated, turn

RTP = "app=a&external_host=127.0.0.1:4000&format=ulaw"


class TestSnooping:
    @simulated
    async def test_gives_a_channel_of_its_own_in_the_application(self):
        machine, frames = served()
        line = await called(machine)
        path = f"POST channels/{line.channel.id}/snoop/s?app=a&spy=both&appArgs=x,y"
        found = (await ask(machine, path)).json
        assert (found["id"], found["state"]) == ("s", "Up")
        assert found["name"].startswith(f"Snoop/{line.channel.id}-")
        await turn()
        assert (frames[-1]["type"], frames[-1]["args"]) == ("StasisStart", ["x", "y"])

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("app=a", 400),
            ("app=a&spy=none&whisper=none", 400),
            ("app=a&spy=sideways", 400),
            ("spy=both", 400),
        ],
    )
    @simulated
    async def test_needs_a_direction_and_an_application(self, query: str, status: int):
        machine, _ = served()
        line = await called(machine)
        path = f"POST channels/{line.channel.id}/snoop?{query}"
        assert (await ask(machine, path)).status == status

    @simulated
    async def test_is_for_a_channel_that_is_there_and_an_id_that_is_free(self):
        machine, _ = served()
        line = await called(machine)
        assert (await ask(machine, "POST channels/nobody/snoop?app=a&spy=in")).status == 404
        path = f"POST channels/{line.channel.id}/snoop/s?app=a&spy=in"
        assert (await ask(machine, path)).status == 200
        assert (await ask(machine, path)).status == 500


class TestMediaFromOutside:
    @simulated
    async def test_is_a_channel_that_is_up_and_in_the_application(self):
        machine, frames = served()
        answer = await ask(machine, f"POST channels/externalMedia?{RTP}&channelId=m")
        assert answer.json["channelvars"]["UNICASTRTP_LOCAL_ADDRESS"] == "127.0.0.1"
        await turn()
        assert machine.channels["m"].state == "Up" and "StasisStart" in kinds(frames)
        await ask(machine, "DELETE channels/m")
        await turn()
        assert machine.channels == {}

    @pytest.mark.parametrize(
        ("version", "query", "status"),
        [
            ("22", "external_host=h:1&format=ulaw", 400),
            ("22", "app=a&format=ulaw", 400),
            ("22", "app=a&external_host=h:1", 400),
            ("22", "app=a&external_host=h&format=ulaw", 400),
            ("22", "app=a&external_host=h:1&format=mp3", 500),
            ("16", "app=a&external_host=h:1&format=mp3", 400),
            ("22", f"{RTP}&direction=in", 501),
            ("22", f"{RTP}&transport=tcp", 400),
            ("16", f"{RTP}&transport=tcp", 501),
            ("22", f"{RTP}&transport=tcp&encapsulation=audiosocket", 400),
            ("22", f"{RTP}&transport=tcp&encapsulation=audiosocket&data=x", 200),
            ("22", "app=a&format=ulaw&transport=websocket&encapsulation=none", 400),
            (
                "22",
                "app=a&format=ulaw&transport=websocket&encapsulation=none&connection_type=server",
                200,
            ),
        ],
    )
    @simulated
    async def test_what_it_needs(self, version: str, query: str, status: int):
        machine, _ = served(version)
        answer = await ask(machine, f"POST channels/externalMedia?{query}")
        assert answer.status == status
        assert bool(machine.channels) is (status == 200)

    @pytest.mark.parametrize(("version", "status"), [("22", 500), ("16", 409)])
    @simulated
    async def test_an_id_can_be_had_once(self, version: str, status: int):
        machine, _ = served(version)
        path = f"POST channels/externalMedia?{RTP}&channelId=m"
        assert (await ask(machine, path)).status == 200
        assert (await ask(machine, path)).status == status
