"""People at their browsers call through the real program and a real Asterisk 22, and each is
recognised by its voice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect
from stasis_webrtc.authority import Authority
from stasis_webrtc.sip_socket import SipSocket

from stasis.lab.audio import tones
from stasis.lab.lab import Lab
from tests.browser.chromium import TONES
from tests.browser.office import Api, Office, Person

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

ALICE, BOB, CAROL = TONES[:3]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """An Asterisk for this process' tests alone: each of them runs the application."""
    lab = Lab.up("22", f"office-22-{os.getpid()}")
    yield lab
    lab.down()


@pytest_asyncio.fixture
async def office(lab: Lab, tmp_path: Path) -> AsyncIterator[Office]:
    """The program, without anybody yet."""
    async with Office(lab, tmp_path) as office:
        yield office


async def pair(office: Office) -> tuple[Person, Person]:
    """Alice and Bob, who talk."""
    alice, bob = await asyncio.gather(office.person("alice", ALICE), office.person("bob", BOB))
    await alice.dials("102")
    await bob.answers()
    await both_hear(alice, bob)
    return alice, bob


async def both_hear(one: Person, other: Person) -> None:
    """Each recognises the other's voice."""
    await asyncio.gather(one.hears(other), other.hears(one))


async def kept(api: Api, kind: str) -> dict[str, Any]:
    """The only message or recording there is, once it is there: hanging up comes first."""
    async with asyncio.timeout(20):
        while True:
            status, found = await api("GET", kind)
            assert status == 200 and isinstance(found, list) and len(found) < 2, found
            if found:
                return dict(found[0])
            await asyncio.sleep(0.1)


async def none_left(office: Office) -> None:
    """Wait until no channel is left."""
    for _ in range(200):
        if not office.channels():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"left: {office.channels()}\n{office.log.read_text()[-2000:]}")


def heard_in(sound: bytes, office: Office) -> set[float]:
    """The voices in a sound file."""
    file = office.folder / "sound.wav"
    file.write_bytes(sound)
    return {tone.hertz for tone in tones(file, TONES)}


def webrtc(office: Office, *words: str) -> None:
    """Run a command of the plugin beside the program."""
    command = [sys.executable, "-m", "stasis", "webrtc", *words]
    subprocess.run(command, cwd=office.folder, check=True)


class TestACall:
    async def test_each_hears_the_other_until_one_hangs_up(self, office: Office) -> None:
        alice, bob = await pair(office)
        await bob.hangs_up()
        await alice.sees("Call ended")
        await none_left(office)

    async def test_hold_and_mute(self, office: Office) -> None:
        alice, bob = await pair(office)
        await alice.does("Hold")
        await bob.sees("The other side has put you on hold")
        await alice.hears_nobody()
        await alice.does("Resume")
        await both_hear(alice, bob)
        await alice.does("Mute")
        await bob.hears_nobody()
        await alice.hears(bob)
        await alice.does("Unmute")
        await both_hear(alice, bob)

    async def test_recorded_it_can_be_listened_to(self, office: Office) -> None:
        await asyncio.to_thread(webrtc, office, "user", "grant", "alice", "--record")
        alice, bob = await pair(office)
        await alice.does("Record")
        await alice.sees("Recording")
        await asyncio.sleep(3)
        await alice.does("Stop recording")
        await alice.hangs_up()
        await none_left(office)
        async with office.api("alice") as api:
            recording = await kept(api, "recordings")
            _, sound = await api("GET", f"recordings/{recording['id']}/audio")
        assert heard_in(sound, office) >= {ALICE, BOB}


class TestAMessage:
    async def test_who_is_declined_may_leave_one(self, office: Office) -> None:
        alice, bob = await asyncio.gather(office.person("alice", ALICE), office.person("bob", BOB))
        await alice.dials("bob")
        await bob.declines()
        await alice.sees("Connected")
        await asyncio.sleep(2)
        await alice.hears_nobody()  # what is said to her is over
        await asyncio.sleep(6)
        await alice.hangs_up()
        await (
            bob.page.get_by_role("link", name="Messages")
            .or_(bob.page.get_by_role("button", name="Messages"))
            .first.click()
        )
        await bob.sees("Alice")
        async with office.api("bob") as api:
            message = await kept(api, "messages")
            assert message["from"]["user"] == "alice"
            _, sound = await api("GET", f"messages/{message['id']}/audio")
            assert heard_in(sound, office) == {ALICE}
            assert (await api("DELETE", f"messages/{message['id']}"))[0] == 204
        await none_left(office)


class TestAnotherService:
    async def test_keys_reach_the_ivr(self, office: Office) -> None:
        alice = await office.person("alice", ALICE)
        await alice.dials("600")
        await expect(alice.button("Keypad")).to_be_visible(timeout=15_000)
        await alice.hears_something()  # the server may tell of the answer before the phone has it
        await alice.presses("#")  # says goodbye and hangs up; else it would wait for half a minute
        await alice.sees("Call ended")
        await none_left(office)


class TestTransfer:
    async def test_at_once(self, office: Office) -> None:
        alice, bob = await pair(office)
        carol = await office.person("carol", CAROL)
        await alice.transfers("103")
        await carol.answers()
        await both_hear(bob, carol)
        await carol.hangs_up()
        await none_left(office)

    async def test_after_asking(self, office: Office) -> None:
        alice, bob = await pair(office)
        carol = await office.person("carol", CAROL)
        await alice.transfers("103", "Ask first")
        await carol.answers()
        await both_hear(alice, carol)
        await alice.page.get_by_role("button", name="Connect").first.click()
        await both_hear(bob, carol)
        await bob.hangs_up()
        await none_left(office)


class TestAConference:
    async def test_a_call_becomes_one(self, office: Office) -> None:
        alice, bob = await pair(office)
        carol = await office.person("carol", CAROL)
        await carol.dials("800")
        await alice.does("Conference")
        await alice.page.get_by_role("textbox", name="Room").fill("800")
        await alice.page.keyboard.press("Enter")
        await asyncio.gather(
            alice.hears_all(bob, carol), bob.hears_all(alice, carol), carol.hears_all(alice, bob)
        )
        await alice.sees("3 people")


class TestOverTls:
    async def test_with_the_development_authority(self, lab: Lab, tmp_path: Path) -> None:
        authority = Authority.open(tmp_path / "authority")
        chain, key = authority.signed(["127.0.0.1"])
        lab.secure(chain.decode(), key.decode())
        websocket = f"wss://127.0.0.1:{lab.https_port}/ws"
        async with Office(lab, tmp_path, websocket=websocket) as office:
            trusted = tmp_path / "authority" / "ca.pem"
            alice = await office.person("alice", ALICE, authority=trusted)
            bob = await office.person("bob", BOB, authority=trusted)
            await alice.dials("102")
            await bob.answers()
            await both_hear(alice, bob)
            await alice.hangs_up()
            await none_left(office)


class TestWhoMayNoLonger:
    """A SIP secret is worth something as long as its session lives."""

    async def registers(self, device: dict[str, str]) -> int:
        """What Asterisk answers to a registration with a device's secret."""
        endpoint, secret = device["endpoint"], device["password"]
        async with SipSocket(device["websocket"], endpoint, secret) as phone:
            return await phone.register()

    async def test_after_log_out(self, office: Office) -> None:
        async with office.api("alice") as api:
            _, device = await api("POST", "device", {"tab": "one"})
            assert await self.registers(device) == 200
            assert (await api("POST", "session/logout"))[0] == 204
            await until_refused(self.registers, device)

    async def test_after_it_was_revoked_from_the_command_line(self, office: Office) -> None:
        async with office.api("alice") as api:
            _, device = await api("POST", "device", {"tab": "one"})
            assert await self.registers(device) == 200
            await asyncio.to_thread(webrtc, office, "user", "disable", "alice")
            await until_refused(self.registers, device)
            assert (await api("GET", "me"))[0] == 401

    async def test_after_the_program_was_killed_and_it_expired(self, office: Office) -> None:
        async with office.api("alice") as api:
            _, device = await api("POST", "device", {"tab": "one"})
        await office.kill()
        assert await self.registers(device) == 200
        await asyncio.to_thread(webrtc, office, "user", "disable", "alice")
        await office.start()
        await until_refused(self.registers, device)


async def until_refused(
    registers: Callable[[dict[str, str]], Awaitable[int]], device: dict[str, str]
) -> None:
    """Wait until a device's secret is refused."""
    answer = 200
    for _ in range(30):
        answer = await registers(device)
        if answer in (401, 403, 404):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"still {answer}")


class TestWhenThingsBreak:
    async def test_a_page_that_is_loaded_again_finds_its_call(self, office: Office) -> None:
        alice, bob = await pair(office)
        await bob.reloads()
        await bob.is_ready()
        await both_hear(alice, bob)
        await bob.hangs_up()
        await none_left(office)

    async def test_a_program_that_is_killed_drops_nobody(self, office: Office) -> None:
        alice, bob = await pair(office)
        await office.kill()
        await both_hear(alice, bob)
        await office.start()
        await both_hear(alice, bob)
        for each in (alice, bob):  # the longer it was away, the later a page tries again
            lost = each.page.get_by_text("The connection to the server is lost.")
            await expect(lost).to_be_hidden(timeout=40_000)
        await alice.sees("Ready")
        await alice.does("Hold")
        await bob.sees("The other side has put you on hold")
        await alice.does("Resume")
        await both_hear(alice, bob)
        await alice.hangs_up()
        await none_left(office)
