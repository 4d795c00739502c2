"""Each view as people see it: light and dark, wide and narrow, and without barriers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.page.desk import BOB, CAROL, Desk
from tests.browser.page.server import Office, ago, peer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]


async def sign_in(desk: Desk) -> None:
    await desk.enters("alice", "wrong")
    await expect(desk.page.locator("#sign-in-problem")).not_to_be_empty()


async def phone(desk: Desk) -> None:
    await desk.signs_in()
    await desk.page.get_by_label("Name or number").fill("e")


async def contacts(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Contacts")


async def rooms(desk: Desk) -> None:
    await contacts(desk)
    await desk.chooses("Rooms")
    await desk.button("Show who is in Team meeting").click()
    await expect(desk.page.locator(".roster")).to_contain_text("Carol Chen")


async def history(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("History")
    await expect(desk.page.locator(".day .line")).to_have_count(5)


async def messages(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Messages")
    await desk.button("Play message from Bob Berger").click()
    await expect(desk.button("Pause")).to_be_visible()


async def recordings(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Messages")
    await desk.chooses("Recordings")
    await expect(desk.button("Play recording with Carol Chen")).to_be_visible()


async def settings(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Settings")
    await desk.button("Test microphone").click()
    await expect(desk.page.get_by_role("meter", name="Level")).to_be_visible()


async def empty(desk: Desk) -> None:
    desk.office.messages = []
    await desk.signs_in()
    await desk.goes("Messages")
    await expect(desk.text("No messages.")).to_be_visible()


async def incoming(desk: Desk) -> None:
    await desk.signs_in()
    await desk.rung(peer=BOB)


async def calling(desk: Desk) -> None:
    await desk.signs_in()
    await desk.dials("103")


async def talking(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks(peer=BOB)
    await desk.office.call("in-1", since=ago(seconds=95), recording=True, muted=True)
    await expect(desk.button("Unmute")).to_be_visible()


async def keypad(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks(peer=BOB)
    await desk.button("Keypad").click()
    await desk.page.keyboard.type("42")
    await expect(desk.page.locator("output.digits")).to_have_text("42")


async def transfer(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks(peer=BOB)
    await desk.button("Transfer").click()
    await desk.page.keyboard.type("car")
    await expect(desk.page.locator(".panel .suggestions")).to_be_visible()


async def several(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks("in-1", peer=BOB)
    await desk.talks("in-2", peer=CAROL)
    await expect(desk.page.locator(".others")).to_contain_text("On hold")


async def waiting(desk: Desk) -> None:
    await several(desk)
    await desk.rung("in-3", peer=peer("", "+49 30 901820"))


async def conference(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks(peer=BOB)
    await desk.office.call("in-1", conference="team")
    await expect(desk.page.locator(".roster")).to_contain_text("Carol Chen")


async def choosing_a_room(desk: Desk) -> None:
    await desk.signs_in()
    await desk.talks(peer=BOB)
    await desk.button("Conference").click()
    await expect(desk.page.locator(".panel")).to_contain_text("Team meeting")


async def elsewhere(desk: Desk) -> None:
    await desk.signs_in()
    await desk.office.call("far", state="connected", device="desk-phone", peer=BOB)
    await desk.goes("Contacts")


async def offline(desk: Desk) -> None:
    await desk.signs_in()
    desk.office.down = True
    await desk.office.cut()
    await desk.phone("standing", "offline")
    await expect(desk.text("The connection to the server is lost.")).to_be_visible()


async def taken(desk: Desk) -> None:
    await desk.signs_in()
    await desk.office.tell("taken", tab="another")
    await desk.phone("blocked")
    await expect(desk.text("Your phone is in use in another tab.")).to_be_visible()


async def notice(desk: Desk) -> None:
    await desk.signs_in()
    desk.office.refused["me/settings"] = (409, "not_now")
    await desk.button("Do not disturb").click()
    await expect(desk.page.locator(".notice.error")).to_be_visible()


async def not_disturbed(desk: Desk) -> None:
    await desk.signs_in()
    await desk.button("Do not disturb").click()
    await expect(desk.button("Do not disturb")).to_have_attribute("aria-pressed", "true")


async def shortcuts(desk: Desk) -> None:
    await desk.signs_in()
    await desk.page.locator(".frame").press("?")
    await expect(desk.page.get_by_role("dialog")).to_be_visible()


async def password(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Settings")
    await desk.button("Change password").click()


async def question(desk: Desk) -> None:
    await desk.signs_in()
    await desk.goes("Messages")
    await desk.button("Delete message from Bob Berger").click()


VIEWS: tuple[Callable[[Desk], Awaitable[None]], ...] = (
    sign_in, phone, contacts, rooms, history, messages, recordings, settings, empty,
    incoming, calling, talking, keypad, transfer, several, waiting, conference,
    choosing_a_room, elsewhere, offline, taken, notice, not_disturbed,
    shortcuts, password, question,
)  # fmt: skip
PHONE: Mapping[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True}

# What is wider than its window: people would have to scroll sideways.
OVERFLOW = """() => [...document.querySelectorAll("body, body *")]
  .filter((one) => !one.closest(".unseen, svg") && one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
    || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible"
      && getComputedStyle(one).textOverflow !== "ellipsis" && !one.matches("input"))
  .map((one) => `${one.tagName}.${one.className}`)"""


# Repeated without end: the pulse of a call that rings.
SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations < 9).map((one) => one.finished))"""


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
async def test_a_view(visitor: Desk, view: Callable[[Desk], Awaitable[None]]):
    desk, name = visitor, view.__name__.replace("_", "-")
    await view(desk)
    for colours in ("light", "dark"):
        await desk.page.emulate_media(color_scheme=colours)
        await desk.page.evaluate(SETTLED)
        await desk.pictured(f"{name}-{colours}")
        assert await desk.barriers() == []
    await desk.page.emulate_media(color_scheme="light")
    for window, width, height in (("tablet", 800, 1000), ("phone", 320, 640)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        if window == "phone" and view in (phone, not_disturbed):
            await desk.goes("Phone")
        await desk.page.evaluate(SETTLED)
        await desk.pictured(f"{name}-{window}")
        assert await desk.page.evaluate(OVERFLOW) == []
    assert await desk.barriers() == []


class TestForcedColours:
    async def test_what_is_on_is_seen(self, office: Office, browser: Browser):
        desk = await Desk.at(office, browser, forced_colors="active")
        await talking(desk)
        await desk.page.evaluate(SETTLED)
        back = """(kind) => getComputedStyle(
            document.querySelector(`.control.${kind} .disc`)).backgroundColor"""
        assert await desk.page.evaluate(back, "mute") != await desk.page.evaluate(back, "hold")
        await desk.pictured("talking-forced-colours")
        await desk.leaves()


class TestNarrowWindows:
    async def test_an_incoming_call_is_shown_whatever_is_looked_at(
        self, office: Office, browser: Browser
    ):
        desk = await Desk.at(office, browser, **PHONE)
        await settings(desk)
        await desk.rung(peer=BOB)
        await expect(desk.button("Answer")).to_be_in_viewport()
        await desk.leaves()

    async def test_the_call_is_one_step_away(self, office: Office, browser: Browser):
        desk = await Desk.at(office, browser, **PHONE)
        await desk.signs_in()
        await desk.talks(peer=BOB)
        await expect(desk.button("End call")).to_be_in_viewport()
        await desk.goes("Contacts")
        await desk.button("Back to the call").click()
        await expect(desk.button("End call")).to_be_in_viewport()
        await desk.leaves()

    async def test_turning_the_device_keeps_the_call(self, office: Office, browser: Browser):
        desk = await Desk.at(office, browser, **PHONE)
        await desk.signs_in()
        await desk.talks(peer=BOB)
        await desk.page.set_viewport_size({"width": 900, "height": 600})
        await expect(desk.page.get_by_label("Search contacts")).to_be_visible()
        await expect(desk.control("mute")).to_be_visible()
        await desk.page.set_viewport_size({"width": 400, "height": 800})
        await expect(desk.control("mute")).to_be_visible()
        await expect(desk.page.get_by_label("Search contacts")).to_be_hidden()
        await desk.leaves()
