"""When something is away: the event socket, the phone, the sound; and another tab."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import BOB, Desk
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestTheEventSocket:
    async def test_it_comes_back_and_shows_what_happened_meanwhile(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        desk.office.down = True
        await desk.office.cut()
        await expect(
            desk.text("The connection to the server is lost. Calls go on.")
        ).to_be_visible()
        await expect(desk.peer).to_have_text("Bob Berger")
        desk.office.calls["in-1"]["held"] = True
        desk.office.down = False
        await expect(desk.text("The connection to the server is lost.")).to_be_hidden(timeout=9000)
        await expect(desk.button("Resume")).to_be_visible()

    async def test_a_call_that_ended_meanwhile_is_over(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        desk.office.calls.clear()
        await desk.office.cut()
        await expect(desk.call).to_contain_text("Call ended")

    async def test_it_is_tried_at_once_on_demand(self, desk: Desk):
        desk.office.down = True
        await desk.page.evaluate("window.setTimeout = () => 0")  # by itself it never comes back
        await desk.office.cut()
        await expect(desk.text("The connection to the server is lost.")).to_be_visible()
        desk.office.down = False
        await desk.button("Try now").click()
        await desk.until("window.store.state.fresh")
        await expect(desk.text("The connection to the server is lost.")).to_be_hidden()

    async def test_a_token_that_it_refuses_is_renewed(self, desk: Desk):
        desk.office.tokens.clear()
        await desk.office.cut(4401)
        await until(lambda: bool(desk.office.tokens))
        await desk.until("window.store.state.fresh")

    async def test_what_it_does_not_know_is_let_pass(self, desk: Desk):
        await desk.office.tell("weather", sun=True)
        await desk.office.tell("presence", user="nobody", presence="busy")
        await desk.office.tell("presence", user="bob", presence="dnd")
        await expect(desk.page.locator(".rows .line").first).to_contain_text("Do not disturb")


class TestThePhone:
    async def test_its_state_is_always_shown_and_said(self, desk: Desk):
        standing = desk.page.locator(".standing")
        await desk.phone("standing", "registering")
        await expect(standing).to_contain_text("Connecting…")
        await desk.phone("standing", "offline")
        await expect(standing).to_contain_text("Offline")
        await expect(desk.polite).to_have_text("Phone: Offline")
        await expect(desk.text("Your phone is offline.")).to_be_visible()
        await desk.button("Try now").click()
        await expect(standing).to_contain_text("Ready")

    async def test_what_it_is_refused_with_is_renewed(self, desk: Desk):
        await desk.phone("standing", "offline", "Authentication Error")
        await expect(desk.page.locator(".standing")).to_contain_text("Ready")
        assert len(desk.said("POST", "device")) == 2

    async def test_new_credentials_are_fetched_when_the_server_says_so(self, desk: Desk):
        await desk.office.tell("credentials")
        await desk.until("window.phone.log.length === 2")
        tabs = desk.said("POST", "device")
        assert tabs[0] == tabs[1]

    async def test_it_registers_again_when_the_server_does_not_see_it(self, desk: Desk):
        device = {"endpoint": "w-alice-0badcafe", "state": "offline"}
        await desk.office.tell("device", device=device)
        await desk.until("window.phone.log.includes('now')")

    async def test_a_server_that_gives_no_device_is_asked_again(self, visitor: Desk):
        visitor.office.refused["device"] = (503, "asterisk_unavailable")
        await visitor.enters("alice", "correct horse")
        await expect(visitor.page.locator(".standing")).to_contain_text("Offline")
        visitor.office.refused.clear()
        await visitor.ready()


class TestAnotherTab:
    async def test_it_takes_the_phone_and_gives_it_back_on_demand(self, desk: Desk):
        other = await Desk.tab(desk.office, desk.context)
        await other.ready()
        await expect(desk.text("Your phone is in use in another tab.")).to_be_visible()
        assert (await desk.phone_log())[-1] == "abandon"
        await desk.button("Use it here").click()
        await desk.ready()
        await expect(other.text("Your phone is in use in another tab.")).to_be_visible()
        assert "abandon" not in (await desk.phone_log())[2:]

    async def test_its_calls_are_shown_as_elsewhere(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.office.tell("taken", tab="another")
        await expect(desk.call).to_contain_text("On another of your devices")


class TestSilence:
    async def test_a_browser_that_plays_nothing_unasked_is_asked(self, desk: Desk):
        await desk.phone("blocked")
        await desk.button("Turn sound on").click()
        await expect(desk.button("Turn sound on")).to_have_count(0)
        assert (await desk.phone_log())[-1] == "unblock"
