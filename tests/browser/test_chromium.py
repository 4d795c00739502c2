"""Two browsers talk through a real Asterisk, and each recognises the other by its tone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Error
from stasis_webrtc.authority import Authority
from stasis_webrtc.device import DeviceRules, endpoint_name, new_secret
from stasis_webrtc.provision import Devices

from stasis.lab.lab import Lab
from stasis.lab.music import MUSIC_HZ
from tests.apps.stasis_webrtc.real import ari_of, websocket_of
from tests.browser.chromium import (
    TONES,
    Chromium,
    heard_hz,
    tones_heard,
    until_heard,
    until_silent,
)
from tests.browser.softphone import Softphone, page_server
from tests.until import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

ANNA, BERT, CARL = TONES[:3]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A development authority of its own."""
    return Authority.open(tmp_path_factory.mktemp("authority"))


def secured(lab: Lab, authority: Authority) -> str:
    """The lab's address for SIP over TLS, once it shows a certificate of the authority."""
    chain, key = authority.signed(["127.0.0.1"])
    lab.secure(chain.decode(), key.decode())
    return f"wss://127.0.0.1:{lab.https_port}/ws"


@asynccontextmanager
async def device(lab: Lab, *codecs: str) -> AsyncIterator[tuple[str, str]]:
    """A device of the lab, for as long as the test needs it. Yields its name and secret."""
    name, secret = endpoint_name("anna"), new_secret()
    async with ari_of(lab) as ari:
        rules = DeviceRules("default", codecs or DeviceRules().codecs)
        devices = Devices(lambda: ari, rules)
        await devices.provision(name, secret, caller=f'"Anna" <{name}>')
        try:
            yield name, secret
        finally:
            await devices.remove(name)


@pytest.mark.parametrize(
    ("version", "scheme", "codec"),
    [("22", "ws", "opus"), ("22", "wss", "opus"), ("16", "wss", "ulaw")],
)
async def test_each_hears_the_other(
    labs: dict[str, Lab], authority: Authority, version: str, scheme: str, codec: str
):
    lab = labs[version]
    url = websocket_of(lab)
    if scheme == "wss":
        url = await asyncio.to_thread(secured, lab, authority)
    trusted = authority.folder / "ca.pem"
    async with (
        device(lab, codec) as (anna, word),
        device(lab, codec) as (bert, other_word),
        page_server() as page,
        Chromium(ANNA, trusted) as first,
        Chromium(BERT, trusted) as second,
    ):
        caller = await Softphone.start(first, page, url, anna, word)
        called = await Softphone.start(second, page, url, bert, other_word)
        await caller.act("call", f"phone-{bert}")
        await called.told("incoming")
        await called.act("answer")
        await caller.told("accepted")
        await until_heard(caller.page, BERT)
        await until_heard(called.page, ANNA)
        assert await tones_heard(caller.page) == {BERT}
        assert await tones_heard(called.page) == {ANNA}
        await caller.act("hangup")
        await called.told("ended: Terminated")
        await until_silent(called.page)


async def test_without_the_authority_wss_is_refused(labs: dict[str, Lab], authority: Authority):
    lab = labs["22"]
    url = await asyncio.to_thread(secured, lab, authority)
    async with device(lab) as (name, word), page_server() as page, Chromium() as browser:
        with pytest.raises(Error):
            await Softphone.start(browser, page, url, name, word, 2.0)
        await until(lambda: any("ERR_CERT_AUTHORITY_INVALID" in line for line in browser.said))


class TestHearing:
    """What the harness says must be what Asterisk plays, or no test on it means anything."""

    @pytest.fixture
    async def phone(self, labs: dict[str, Lab]) -> AsyncIterator[Softphone]:
        """A phone in a browser, registered."""
        lab = labs["22"]
        async with device(lab) as (name, word), page_server() as page, Chromium(CARL) as browser:
            yield await Softphone.start(browser, page, websocket_of(lab), name, word)

    async def test_a_tone_is_heard_at_its_pitch_and_an_echo_at_our_own(self, phone: Softphone):
        await phone.act("call", "music-2")
        await phone.told("accepted")
        await until_heard(phone.page, MUSIC_HZ)
        await phone.told("ended: Terminated")
        await phone.act("call", "echo-5")
        await until_heard(phone.page, CARL)
        heard = await heard_hz(phone.page)
        assert heard is not None and abs(heard - CARL) < 10

    async def test_silence_is_silence(self, phone: Softphone):
        await phone.act("call", "answer")
        await phone.told("accepted")
        await until_silent(phone.page)
        with pytest.raises(AssertionError):
            await until_heard(phone.page, CARL, 1.0)

    async def test_keys_are_pressed(self, phone: Softphone, labs: dict[str, Lab]):
        await phone.act("call", "digits")
        await phone.told("accepted")
        await phone.act("dtmf", "421")
        await phone.told("ended: Terminated", 15)
        assert "SayDigits" in labs["22"].logs(20) and '"421"' in labs["22"].logs(20)


class TestBrowser:
    async def test_it_leaves_no_folder_behind(self):
        async with Chromium() as browser:
            folder = browser.folder
            assert there(folder)
        assert not there(folder)

    async def test_another_person_has_other_cookies(self, tmp_path: Path):
        async with page_server() as url, Chromium() as browser:
            page = await browser.open(url)
            await page.evaluate("document.cookie = 'a=1'")
            assert await (await browser.open(url)).evaluate("document.cookie") == "a=1"
            await browser.renew()
            assert await (await browser.open(url)).evaluate("document.cookie") == ""

    async def test_what_a_page_says_is_kept(self):
        async with page_server() as url, Chromium() as browser:
            page = await browser.open(url)
            await page.evaluate("console.log('hello')")
            await page.evaluate("setTimeout(() => { throw new Error('oh') })")
            await until(lambda: "hello" in browser.said and any("oh" in s for s in browser.said))


def there(folder: Path) -> bool:
    """Whether a folder is there."""
    return folder.exists()
