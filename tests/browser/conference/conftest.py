"""One browser for all tests of the page; a conference and a window of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.conference.moderator import EXECUTABLE, Moderator
from tests.browser.conference.stage import Stage, staged


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=EXECUTABLE,
            args=["--autoplay-policy=no-user-gesture-required", "--mute-audio"],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conference."""
    async with staged(tmp_path, dial_out="PJSIP/{number}") as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def moderator(stage: Stage, browser: Browser) -> AsyncIterator[Moderator]:
    """Somebody who has opened the page, and is not logged in."""
    moderator = await Moderator.at(stage, browser)
    yield moderator
    await moderator.leaves()
