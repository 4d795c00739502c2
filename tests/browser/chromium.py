"""A real Chromium without a window, for tests: it speaks a tone of its own and tells what it hears.

It is Debian's package `chromium`, driven by Playwright, whose own browsers are never fetched. What
a page hears is measured beside the page's own code: every remote audio track goes through an
analyser too. Each browser is one process with one microphone; a test of two people takes two.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import define, field
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from stasis.lab.music import sine, write

__all__ = ["Chromium", "TONES", "heard_hz", "tones_heard", "until_heard", "until_silent"]

EXECUTABLE = Path("/usr/bin/chromium")
# Pitches that are told apart, from each other and from a lab's music, prompts and signals.
TONES = (520.0, 740.0, 1040.0, 1480.0)
NEAR = 25.0  # Hz; so far from a pitch it is still that pitch

FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # Without both, a page on loopback offers no address at which it can be reached.
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)

LISTEN = (Path(__file__).parent / "listen.js").read_text("utf-8")


@define
class Chromium:
    """One browser; used as an async context manager.

    tone: what its microphone speaks, in Hz, in short bursts, since a browser takes a lasting tone
    for noise. authority: a PEM file of a certification authority to trust, as a person would
    install it. said: what its pages wrote on their consoles, and their errors.
    """

    tone: float = TONES[0]
    authority: Path | None = None
    said: list[str] = field(factory=list, init=False)
    folder: Path = field(init=False, repr=False)
    playwright: Playwright = field(init=False, repr=False)
    browser: Browser = field(init=False, repr=False)
    context: BrowserContext = field(init=False, repr=False)

    async def __aenter__(self) -> Self:
        self.folder = home(self.tone, self.authority)
        self.playwright = await async_playwright().start()
        try:
            self.browser = await self.playwright.chromium.launch(
                executable_path=EXECUTABLE,
                args=[
                    *FLAGS,
                    f"--use-file-for-fake-audio-capture={self.folder / 'microphone.wav'}",
                ],
                env={**os.environ, "HOME": str(self.folder)},
            )
            await self.renew()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the browser, and delete its files."""
        if hasattr(self, "browser"):
            await self.browser.close()
        await self.playwright.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def renew(self, **options: Any) -> None:
        """Close all pages and forget their cookies, as another person at the same microphone.

        options: of the next pages, as Playwright's `new_context` has them: `viewport`,
        `color_scheme`, …
        """
        if hasattr(self, "context"):
            await self.context.close()
        self.context = await self.browser.new_context(**options)
        await self.context.grant_permissions(["microphone"])
        await self.context.add_init_script(LISTEN)

    async def open(self, url: str) -> Page:
        """A new page in the browser, loaded. It shares cookies with those that are open."""
        page = await self.context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        await page.goto(url)
        return page


async def heard_hz(page: Page, seconds: float = 1.0) -> float | None:
    """The pitch that a page hears most of the time, within 6 Hz; None for silence.

    seconds: how long to listen.
    """
    found = Counter(pitch for pitch in await listen(page, seconds) if pitch)
    return found.most_common(1)[0][0] if found else None


async def tones_heard(
    page: Page, among: Collection[float] = TONES, seconds: float = 1.5
) -> set[float]:
    """Those of the pitches that a page hears at some moment, also of several who speak at once."""
    found: set[float] = set(
        await page.evaluate(
            "([among, near, ms]) => stasisHearing.among(among, near, ms)",
            [list(among), NEAR, seconds * 1000],
        )
    )
    return found


async def until_heard(page: Page, hertz: float, timeout: float = 10.0) -> None:
    """Wait until a page hears a pitch. Raises AssertionError with what it heard instead."""
    until = time.monotonic() + timeout
    heard: list[float | None] = []
    while time.monotonic() < until:
        heard.append(await heard_hz(page, 0.5))
        if heard[-1] is not None and abs(heard[-1] - hertz) < NEAR:
            return
    raise AssertionError(f"{hertz} Hz was not heard in {timeout} s, but {heard}")


async def until_silent(page: Page, timeout: float = 10.0) -> None:
    """Wait until a page has heard nothing for a second. Raises AssertionError."""
    until = time.monotonic() + timeout
    heard: list[float | None] = []
    while time.monotonic() < until:
        heard.append(await heard_hz(page, 1.0))
        if heard[-1] is None:
            return
    raise AssertionError(f"no silence in {timeout} s: {heard}")


async def listen(page: Page, seconds: float) -> list[float]:
    """The loudest pitch of each moment, 20 times a second; 0 for a silent one."""
    found: list[float] = await page.evaluate("ms => stasisHearing.pitches(ms)", seconds * 1000)
    return found


def home(tone: float, authority: Path | None) -> Path:
    """A new home folder for a browser, with its microphone and whom it trusts."""
    assert EXECUTABLE.exists(), "Chromium is missing: python -m tests.browser"
    folder = Path(tempfile.mkdtemp(prefix="stasis-chromium-"))
    write(folder / "microphone.wav", bursts(tone))
    if authority:
        trust(folder, authority)
    return folder


def bursts(hertz: float) -> Any:
    """What a microphone plays over and over: a second of short tones with gaps."""
    return (sine(hertz, 0.35, 0.5) + sine(0, 0.15, 0)) * 4


def trust(home: Path, authority: Path) -> None:
    """Have a Chromium of that home folder trust an authority: in NSS's database, as on a desktop.

    Needs certutil (Debian's package libnss3-tools).
    """
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True, capture_output=True)
    add = ["-A", "-t", "C,,", "-n", "authority", "-i", str(authority)]
    subprocess.run([*certutil, *add], check=True, capture_output=True)
