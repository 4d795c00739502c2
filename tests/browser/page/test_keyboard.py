"""Everything by keys alone: the way with Tab, the single keys, and where the focus goes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import BOB, CAROL, Desk
from tests.browser.page.server import PASSWORD
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def tabs_to(desk: Desk, name: str, limit: int = 60) -> None:
    """Press Tab until something of that name has the focus."""
    seen = []
    for _ in range(limit):
        await desk.page.keyboard.press("Tab")
        seen.append(await desk.focus())
        if seen[-1] == name:
            return
    raise AssertionError(f"Tab does not come to {name!r}: {seen}")


class TestWithoutAPointer:
    async def test_somebody_signs_in_calls_transfers_and_signs_out(self, visitor: Desk):
        page = visitor.page
        await expect(page.get_by_label("User name")).to_be_focused()
        await page.keyboard.type("alice")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await visitor.ready()
        await tabs_to(visitor, "Call Bob Berger")
        await page.keyboard.press("Enter")
        call = await visitor.made(set())
        await visitor.picked_up(call)
        await tabs_to(visitor, "Mute")
        await page.keyboard.press("Space")
        await expect(visitor.button("Unmute")).to_be_focused()
        await tabs_to(visitor, "Transfer")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Transfer to")).to_be_focused()
        await page.keyboard.type("103")
        await tabs_to(visitor, "Transfer now")
        await page.keyboard.press("Enter")
        assert await visitor.asked("POST", f"calls/{call}/transfer") == {"to": "103"}
        await tabs_to(visitor, "Sign out")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("User name")).to_be_focused()

    async def test_it_can_go_straight_to_the_phone(self, desk: Desk):
        await desk.page.keyboard.press("Tab")
        assert await desk.focus() == "Skip to the phone"
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.locator("#stage")).to_be_focused()
        await desk.page.keyboard.press("Tab")
        await expect(desk.page.get_by_label("Name or number")).to_be_focused()

    async def test_every_control_can_be_reached(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.talks("in-2", peer=CAROL)
        reached = set()
        for _ in range(60):
            await desk.page.keyboard.press("Tab")
            reached.add(await desk.focus())
        wanted = set(
            await desk.page.evaluate(
                """[...document.querySelectorAll("button, input, select, a[href]")].map((one) =>
                    one.getAttribute("aria-label") || one.labels?.[0]?.textContent
                    || one.textContent.trim().slice(0, 60))"""
            )
        )
        radios = {"Rooms", "People"}  # one of a group is reached, arrows choose
        assert timeless(wanted) - timeless(reached) - radios == set()

    async def test_tabs_are_chosen_by_arrows(self, desk: Desk):
        await tabs_to(desk, "People")
        await desk.page.keyboard.press("ArrowRight")
        await expect(desk.text("Team meeting")).to_be_visible()


def timeless(names: Iterable[str]) -> set[str]:
    """Names of controls without how long a call lasts, which goes on meanwhile."""
    return {re.sub(r"\d+:\d\d", "", name) for name in names}


class TestSingleKeys:
    async def test_the_list_shows_what_they_do(self, desk: Desk):
        await desk.page.keyboard.press("?")
        dialog = desk.page.get_by_role("dialog", name="Keyboard shortcuts")
        await expect(dialog.locator("kbd")).to_have_count(18)
        await desk.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)

    async def test_answer_mute_hold_record_end(self, desk: Desk):
        press = desk.page.keyboard.press
        await desk.rung(peer=BOB)
        await press("a")
        await expect(desk.control("mute")).to_be_visible()
        await press("m")
        await expect(desk.button("Unmute")).to_be_visible()
        await press("h")
        await expect(desk.button("Resume")).to_be_visible()
        await press("r")
        await expect(desk.button("Stop recording")).to_be_visible()
        await press("e")
        await expect(desk.page.get_by_role("heading", name="Make a call")).to_be_visible()
        await until(lambda: desk.office.calls == {})

    async def test_decline(self, desk: Desk):
        await desk.rung(peer=BOB)
        await desk.page.keyboard.press("d")
        await expect(desk.incoming).to_have_count(0)

    async def test_panels_are_opened_and_closed(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.page.keyboard.press("t")
        await expect(desk.page.get_by_label("Transfer to")).to_be_focused()
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.locator(".panel")).to_have_count(0)
        await expect(desk.call).to_be_focused()
        await desk.page.keyboard.press("k")
        await desk.page.keyboard.press("7")
        await expect(desk.page.locator("output.digits")).to_have_text("7")
        await desk.page.keyboard.press("Escape")
        await desk.page.keyboard.press("c")
        await expect(desk.page.locator(".panel")).to_contain_text("Team meeting")

    async def test_the_next_call(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.talks("in-2", peer=CAROL)
        await desk.page.keyboard.press("x")
        await expect(desk.peer).to_have_text("Bob Berger")

    async def test_views_and_the_number_field(self, desk: Desk):
        for key, heading in (
            ("2", "History"),
            ("3", "Messages"),
            ("4", "Settings"),
            ("1", "Contacts"),
        ):
            await desk.page.keyboard.press(key)
            await expect(desk.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        await desk.page.keyboard.press("/")
        await expect(desk.page.get_by_label("Name or number")).to_be_focused()

    async def test_do_not_disturb(self, desk: Desk):
        await desk.page.keyboard.press("q")
        await expect(desk.button("Do not disturb")).to_have_attribute("aria-pressed", "true")

    async def test_what_is_typed_is_no_key(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.page.get_by_label("Search contacts").fill("")
        await desk.page.keyboard.type("mhe")
        await expect(desk.page.get_by_label("Search contacts")).to_have_value("mhe")
        await expect(desk.button("Mute")).to_be_visible()

    async def test_keys_of_the_browser_stay_its_own(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.page.keyboard.press("Control+m")
        await expect(desk.button("Mute")).to_be_visible()

    async def test_they_can_be_turned_off(self, desk: Desk):
        await desk.goes("Settings")
        await desk.page.get_by_role("switch", name="Single-key shortcuts").uncheck()
        await desk.talks(peer=BOB)
        await desk.page.keyboard.press("m")
        await expect(desk.button("Mute")).to_be_visible()
        await desk.page.keyboard.press("?")
        await expect(desk.page.get_by_role("dialog")).to_have_count(0)


class TestFocus:
    async def test_after_answering_it_is_in_the_stage(self, desk: Desk):
        await desk.rung(peer=BOB)
        await desk.button("Answer").focus()
        await desk.page.keyboard.press("Enter")
        await expect(desk.control("mute")).to_be_visible()
        assert await desk.page.evaluate("document.activeElement !== document.body")
        await tabs_to(desk, "Mute", limit=3)

    async def test_an_incoming_call_leaves_it_where_it_is(self, desk: Desk):
        await desk.page.get_by_label("Search contacts").focus()
        await desk.page.keyboard.type("Bo")
        await desk.rung(peer=CAROL)
        await desk.page.keyboard.type("b")
        await expect(desk.page.get_by_label("Search contacts")).to_have_value("Bob")

    async def test_a_dialog_gives_it_back(self, desk: Desk):
        await desk.button("Keyboard shortcuts").focus()
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.get_by_role("dialog")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await expect(desk.button("Keyboard shortcuts")).to_be_focused()

    async def test_a_clock_that_ticks_does_not_move_it(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.button("Hold").focus()
        before = await desk.call.locator(".status").text_content()
        await expect(desk.call.locator(".status")).not_to_have_text(before or "")
        await expect(desk.button("Hold")).to_be_focused()
