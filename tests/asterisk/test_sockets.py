"""What a socket that carries nothing but REST needs of a real Asterisk 22, and what it costs nobody.

The facts on which `stasis.transport.sockets` stands are tested here as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import attrs
import pytest

from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig
from stasis.errors import NotFound, OutcomeUnknown
from stasis.lab.lab import Lab
from stasis.section import Secret
from stasis.transport.asked import encode
from stasis.transport.connect import events_address
from stasis.transport.connection import Connection
from stasis.transport.handshake import handshake
from stasis.transport.http import Http
from stasis.transport.line import Line
from stasis.transport.sockets import PATIENT, QUICK, Sockets

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

PING = Request("GET", "/asterisk/ping")
APP = "sockets-test"


@attrs.define
class Real:
    """A real Asterisk, both ways. over_http: the operations that went over HTTP after all."""

    config: AsteriskConfig
    plain: Http
    ari: Ari
    sockets: Sockets
    fast: Ari
    over_http: list[str]

    async def warm(self) -> None:
        """Have every socket open."""
        while self.sockets.open < QUICK + PATIENT:
            await asyncio.gather(*(self.fast.asterisk.ping() for _ in range(QUICK + 1)))
            await asyncio.gather(*(self.fast.channels.list() for _ in range(PATIENT + 1)))
        self.over_http.clear()

    async def open(self, app: str) -> Connection:
        """One socket by hand."""
        return await handshake(self.config, events_address(self.config, [app], False))

    async def apps(self) -> set[str]:
        """The applications that Asterisk lists."""
        return {each.name for each in await self.ari.applications.list()}

    async def busy(self) -> str:
        """A channel in Stasis that plays something long, and takes no command meanwhile."""
        channel_id = f"busy-{uuid4().hex[:8]}"
        await self.ari.channels.originate_with_id(
            channel_id, endpoint="Local/answer@default/n", app=APP
        )
        await entered(self.ari, channel_id)
        await self.ari.channels.play(channel_id, media=["sound:demo-congrats"])
        return channel_id


async def entered(ari: Ari, channel_id: str) -> None:
    """Wait until a channel is up and in our application."""
    async with asyncio.timeout(10):
        while True:
            found = await ari.channels.get(channel_id)
            if found.state == "Up" and found.dialplan and found.dialplan.app_name == "Stasis":
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def talking(labs: dict[str, Lab]) -> AsyncIterator[Real]:
    """Asterisk 22, with an application that is connected."""
    lab = labs["22"]
    config = AsteriskConfig(url=lab.url, username=lab.username, password=Secret(lab.password))
    over_http: list[str] = []
    async with Http(config) as http:

        async def noting(request: Request) -> Response:
            over_http.append(request.operation)
            return await http(request)

        sockets = Sockets(config, noting)
        real = Real(config, http, Ari(http), sockets, Ari(sockets), over_http)
        events = await real.open(APP)
        reading = asyncio.create_task(read(events))
        try:
            yield real
        finally:
            await sockets.close()
            for channel in await real.ari.channels.list():
                with suppress(NotFound):
                    await real.ari.channels.hangup(channel.id)
            # An application whose socket closes while a channel is just leaving it is listed for
            # ever, by 22.10.1.
            async with asyncio.timeout(5):
                while await real.ari.channels.list():
                    await asyncio.sleep(0.02)
            await events.close()
            await reading
            await events.end()
        async with asyncio.timeout(5):
            while any(name.startswith((APP, "stasis-rest-")) for name in await real.apps()):
                await asyncio.sleep(0.05)


async def read(connection: Connection, frames: list[bytes] | None = None) -> None:
    """Read to the end."""
    try:
        while True:
            frame = await connection.receive()
            if frames is not None:
                frames.append(frame)
    except ConnectionResetError:
        return


@pytest.mark.alone
class TestNobodyWaits:
    async def test_a_request_behind_media_delays_no_other_call(self, labs: dict[str, Lab]) -> None:
        """Every kind of command to another channel is answered while one waits for a playback."""
        async with talking(labs) as real:
            await real.warm()
            busy, other = await real.busy(), f"other-{uuid4().hex[:8]}"
            await real.ari.channels.originate_with_id(
                other, endpoint="Local/answer@default/n", app=APP
            )
            await entered(real.ari, other)
            waiting = [
                asyncio.ensure_future(
                    real.fast.channels.set_channel_var(busy, variable="X", value="1")
                )
                for _ in range(PATIENT - 1)
            ]
            await asyncio.sleep(0.3)
            async with asyncio.timeout(1):
                for _ in range(50):
                    await real.fast.channels.get(other)
                    await real.fast.channels.get(busy)
                    await real.fast.channels.set_channel_var(other, variable="X", value="1")
                    await real.fast.channels.hold(other)
            assert not any(each.done() for each in waiting) and real.over_http == []
            # With all of the patient ones taken, the next goes another way, and waits for none.
            last = asyncio.ensure_future(
                real.fast.channels.set_channel_var(busy, variable="X", value="1")
            )
            await asyncio.sleep(0.1)
            async with asyncio.timeout(1):
                await real.fast.channels.set_channel_var(other, variable="X", value="2")
            assert real.over_http == ["channels.set_channel_var"]
            await real.fast.channels.hangup(busy)
            await asyncio.gather(*waiting, last, return_exceptions=True)

    async def test_closing_while_requests_wait_leaves_asterisk_well(
        self, labs: dict[str, Lab]
    ) -> None:
        async with talking(labs) as real:
            await real.warm()
            busy = await real.busy()
            waiting = [
                asyncio.ensure_future(
                    real.fast.channels.set_channel_var(busy, variable="X", value="1")
                )
                for _ in range(PATIENT)
            ]
            await asyncio.sleep(0.2)
            assert real.over_http == []
            async with asyncio.timeout(2):
                await real.sockets.close()
            for each in waiting:
                with pytest.raises(OutcomeUnknown, match="we closed it"):
                    await each
            await real.ari.channels.hangup(busy)
            assert (await real.ari.asterisk.ping()).ping == "pong"


class TestWhatAsteriskMakesOfThem:
    async def test_an_application_that_hears_nothing_and_ends_with_its_socket(
        self, labs: dict[str, Lab]
    ) -> None:
        async with talking(labs) as real:
            frames: list[bytes] = []
            connection = await real.open("stasis-rest-x")
            reading = asyncio.create_task(read(connection, frames))
            channel_id = f"heard-{uuid4().hex[:8]}"
            await real.ari.channels.originate_with_id(
                channel_id, endpoint="Local/answer@default/n", app=APP
            )
            await entered(real.ari, channel_id)
            found = await real.ari.applications.get("stasis-rest-x")
            assert not (found.channel_ids or found.bridge_ids or found.endpoint_ids)
            assert not found.device_names
            await real.ari.channels.hangup(channel_id)
            await connection.close()
            await reading
            await connection.end()
            assert frames == []
            async with asyncio.timeout(5):
                while "stasis-rest-x" in await real.apps():
                    await asyncio.sleep(0.02)

    async def test_none_is_left_once_they_are_closed(self, labs: dict[str, Lab]) -> None:
        async with talking(labs) as real:
            await real.warm()
            ours = {name for name in await real.apps() if name.startswith("stasis-rest-")}
            assert len(ours) == QUICK + PATIENT
            await real.sockets.close()
            async with asyncio.timeout(5):
                while await real.apps() & ours:
                    await asyncio.sleep(0.02)

    async def test_a_name_for_two_would_silence_one_when_the_other_ends(
        self, labs: dict[str, Lab]
    ) -> None:
        """Why each has its own: the answer goes by way of the application."""
        async with talking(labs) as real:
            older, newer = await real.open("stasis-rest-x"), await real.open("stasis-rest-x")
            line = Line(older, lambda line: None)
            assert (await line.ask("1", encode(PING, "1"), 10.0)).status == 200
            await newer.end()
            async with asyncio.timeout(5):
                while "stasis-rest-x" in await real.apps():
                    await asyncio.sleep(0.02)
            with pytest.raises(TimeoutError):
                await line.ask("2", encode(PING, "2"), 0.5)
            await line.close()
