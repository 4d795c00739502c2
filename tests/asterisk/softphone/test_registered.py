"""The whole plugin on real servers: a page's device is registered, rotated, lost and restored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stasis import Link
from stasis.app import background
from stasis.ari import Ari
from stasis.lab.lab import Lab
from stasis.servers import Servers
from tests.apps.stasis_webrtc.real import ari_of, phone_of, websocket_of
from tests.apps.stasis_webrtc.switch import Page, Switch, reached
from tests.asterisk.listener import until
from tests.asterisk.phones import SECONDS
from tests.asterisk.servers import Server
from tests.asterisk.softphone.house import on_both

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(120)]


class RealSwitch(Switch):
    """The plugin at the time of the clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def turn(self) -> None:
        """What is asked of a server is done when it answers."""


@asynccontextmanager
async def running(lab: Lab) -> AsyncIterator[tuple[RealSwitch, Page]]:
    """The plugin on a server, and Anna's page."""
    switch = RealSwitch(websocket=websocket_of(lab))
    await switch.kept.fill()
    link = Link(Server(lab, "http").config(), switch.programs())
    switch.servers = Servers({link.name: link})
    link.on_gap.append(switch.gap)
    await switch.start()
    work = asyncio.create_task(link.run())
    try:
        await link.state.reached("ready", timeout=SECONDS)
        async with background([switch]), reached(switch, switch) as site:  # type: ignore[arg-type]
            yield switch, await site.page("anna")
    finally:
        link.stop()
        await work
        await switch.stop()


@asynccontextmanager
async def registered(lab: Lab, device: dict[str, Any]) -> AsyncIterator[int]:
    """A page's SIP: it registers, and answers what the server asks. Gives the status."""
    async with phone_of(lab, device["endpoint"], device["password"]) as phone:
        status = await phone.register()

        async def answer() -> None:
            with suppress(Exception):
                await phone.request("INVITE", 60)

        answering = asyncio.create_task(answer())
        yield status
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


@on_both
async def test_whether_a_device_is_registered_is_known_whatever_happens(
    lab: Lab, folder: Path
) -> None:
    async with running(lab) as (switch, page), ari_of(lab) as ari:
        phones = switch.phones
        first = await page.open()
        assert not phones.reachable("anna")
        async with registered(lab, first) as status:
            assert status == 200
            await until(lambda: phones.reachable("anna"), "it is registered")
            second = await page.open()
            assert not phones.reachable("anna")
            async with registered(lab, first) as old:
                assert old == 401
            async with registered(lab, second) as status:
                assert status == 200
                await until(lambda: phones.reachable("anna"), "it is registered anew")
            await until(lambda: not phones.reachable("anna"), "its page has gone")
        async with registered(lab, second) as status:
            assert status == 200
            await until(lambda: phones.reachable("anna"), "its page is back")
            await asyncio.to_thread(lab.restart, kill=True)
            await until(lambda: not phones.reachable("anna"), "Asterisk has forgotten it")
        # In memory here, and so there again, with the secret that it had.
        await until(lambda: switch.asterisk.state.value == "ready", "the link is back")
        async with asyncio.timeout(SECONDS):
            while first["endpoint"] not in await endpoints(ari):
                await asyncio.sleep(0.1)
        async with registered(lab, second) as status:
            assert status == 200
            await until(lambda: phones.reachable("anna"), "it is registered once more")
            await page.log_out()
            await until(lambda: not phones.reachable("anna"), "it has logged out")
        assert first["endpoint"] not in await endpoints(ari)


async def endpoints(ari: Ari) -> list[str]:
    """Those that the server has."""
    return [each.resource for each in await ari.endpoints.list_by_tech("PJSIP")]
