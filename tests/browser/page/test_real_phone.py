"""The page as it is shipped, with its own phone, on a real Asterisk: two browsers hear each other.

The server is still the one of the tests; it gives the page real credentials.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect
from stasis_webrtc.device import DeviceRules, endpoint_name, new_secret
from stasis_webrtc.provision import Devices

from stasis.lab.lab import Lab
from tests.apps.stasis_webrtc.real import ari_of, websocket_of
from tests.browser.chromium import TONES, Chromium, until_heard, until_silent
from tests.browser.page.bundle import built
from tests.browser.page.desk import RUNNING, Desk
from tests.browser.page.server import Office, opened

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

ALICE, BERT = TONES[:2]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built as it is shipped."""
    return built(tmp_path_factory.mktemp("page") / "dist", fake=False)


@asynccontextmanager
async def phone(lab: Lab, shipped: Path, tone: float) -> AsyncIterator[Desk]:
    """Somebody whose page is registered at the lab, and whose microphone has a tone."""
    name, secret = endpoint_name("user"), new_secret()
    async with (
        ari_of(lab) as ari,
        opened(shipped) as office,
        Chromium(tone) as browser,
    ):
        devices = Devices(lambda: ari, DeviceRules("default", DeviceRules().codecs))
        await devices.provision(name, secret, caller=f'"Somebody" <{name}>')
        try:
            give(office, lab, name, secret)
            page = await browser.open(office.url)
            page.set_default_timeout(10_000)
            desk = Desk(office, browser.context, page)
            await desk.enters("alice", "correct horse")
            await expect(page.locator(".standing")).to_contain_text("Ready", timeout=10_000)
            yield desk
            assert not [line for line in browser.said if line.startswith("error")], browser.said
        finally:
            await devices.remove(name)


def give(office: Office, lab: Lab, name: str, secret: str) -> None:
    """Have the server hand out a device of the lab."""
    office.device = {
        "endpoint": name,
        "uri": f"sip:{name}@127.0.0.1",
        "password": secret,
        "websocket": websocket_of(lab),
    }


@asynccontextmanager
async def call_of_two(lab: Lab, shipped: Path) -> AsyncIterator[tuple[Desk, Desk]]:
    """One has called the other, and both are told by their servers."""
    async with phone(lab, shipped, ALICE) as caller, phone(lab, shipped, BERT) as called:
        await rings(caller, called)
        await called.button("Answer").click()
        await expect(caller.call.locator(".status")).to_have_text(RUNNING, timeout=10_000)
        yield caller, called


async def rings(caller: Desk, called: Desk) -> None:
    field = caller.page.get_by_label("Name or number")
    await field.fill(f"phone-{called.office.device['endpoint']}")
    await field.press("Enter")
    await expect(called.incoming).to_be_visible(timeout=10_000)


async def test_each_hears_the_other_until_one_hangs_up(labs: dict[str, Lab], shipped: Path):
    async with call_of_two(labs["22"], shipped) as (caller, called):
        await until_heard(caller.page, BERT)
        await until_heard(called.page, ALICE)
        await caller.button("End call").click()
        await expect(called.call).to_contain_text("Call ended")
        await until_silent(called.page)


async def test_a_call_that_is_declined_says_so(labs: dict[str, Lab], shipped: Path):
    lab = labs["22"]
    async with phone(lab, shipped, ALICE) as caller, phone(lab, shipped, BERT) as called:
        await rings(caller, called)
        await called.button("Decline").click()
        await expect(called.incoming).to_have_count(0)
        await expect(caller.call.locator(".status")).to_have_text("Declined", timeout=10_000)


async def test_one_that_is_given_up_stops_to_ring(labs: dict[str, Lab], shipped: Path):
    lab = labs["22"]
    async with phone(lab, shipped, ALICE) as caller, phone(lab, shipped, BERT) as called:
        await rings(caller, called)
        await caller.button("End call").click()
        await expect(called.incoming).to_have_count(0)


async def test_a_wrong_secret_is_replaced_by_a_new_one(labs: dict[str, Lab], shipped: Path):
    async with phone(labs["22"], shipped, ALICE) as desk:
        right = dict(desk.office.device)
        desk.office.device["password"] = "wrong"
        await desk.page.reload()
        await expect(desk.page.locator(".standing")).to_contain_text("Offline", timeout=10_000)
        desk.office.device = right
        await expect(desk.page.locator(".standing")).to_contain_text("Ready", timeout=20_000)


async def test_signing_out_unregisters(labs: dict[str, Lab], shipped: Path):
    lab = labs["22"]
    async with phone(lab, shipped, ALICE) as desk:
        name = desk.office.device["endpoint"]
        assert name in await asyncio.to_thread(lab.cli, "pjsip show contacts")
        await desk.button("Sign out").click()
        await expect(desk.button("Sign in")).to_be_visible()
        async with asyncio.timeout(10):
            while name in await asyncio.to_thread(lab.cli, "pjsip show contacts"):
                await asyncio.sleep(0.1)
