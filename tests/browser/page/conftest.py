"""One browser for all tests of the page; a server and a window of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.page.bundle import built
from tests.browser.page.desk import EXECUTABLE, Desk
from tests.browser.page.server import Office, opened


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with the phone of the tests."""
    return built(tmp_path_factory.mktemp("page") / "fake", fake=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window; its microphone beeps."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=EXECUTABLE,
            args=[
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                "--mute-audio",
            ],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def office(dist: Path) -> AsyncIterator[Office]:
    """The server."""
    async with opened(dist) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(office: Office, browser: Browser) -> AsyncIterator[Desk]:
    """Somebody who has opened the page and is not signed in."""
    desk = await Desk.at(office, browser)
    yield desk
    await desk.leaves()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(visitor: Desk) -> Desk:
    """Alice, whose phone is ready."""
    await visitor.signs_in()
    return visitor
