"""Availability, sound, notifications, colours, password."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import Desk
from tests.browser.page.server import PASSWORD
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestAvailability:
    async def test_do_not_disturb_by_the_bar_and_by_the_settings(self, desk: Desk):
        await desk.button("Do not disturb").click()
        await expect(desk.button("Do not disturb")).to_have_attribute("aria-pressed", "true")
        await expect(desk.polite).to_have_text("Do not disturb is on")
        await until(lambda: desk.office.me["settings"]["dnd"] is True)  # it is shown before
        await desk.goes("Settings")
        switch = desk.page.get_by_role("switch", name="Do not disturb")
        await expect(switch).to_be_checked()
        await switch.uncheck()
        await expect(desk.button("Do not disturb")).to_have_attribute("aria-pressed", "false")

    async def test_a_change_by_another_device_is_seen(self, desk: Desk):
        await desk.goes("Settings")
        desk.office.me["settings"]["forward_always"] = "555"
        await desk.office.tell("me", me=desk.office.me)
        await expect(desk.page.get_by_label("Always forward to")).to_have_value("555")

    async def test_forwards_are_kept(self, desk: Desk):
        await desk.goes("Settings")
        await desk.page.get_by_label("When busy, forward to").fill("+49 (30) 90")
        await desk.page.get_by_label("When not answered, forward to").fill("bob")
        await desk.button("Save").click()
        await expect(desk.page.locator(".notice")).to_contain_text("Saved")
        assert desk.office.me["settings"] == {
            "dnd": False,
            "forward_always": None,
            "forward_busy": "+493090",
            "forward_no_answer": "bob",
        }

    async def test_a_forward_that_is_no_number_is_refused(self, desk: Desk):
        await desk.goes("Settings")
        await desk.page.get_by_label("Always forward to").fill("a b c")
        await desk.button("Save").click()
        await expect(desk.page.locator("#forward-problem")).to_have_text(
            "This number cannot be called."
        )
        assert desk.said("PUT", "me/settings") == []


class TestSound:
    async def test_another_microphone_and_speaker_are_used_and_remembered(self, desk: Desk):
        await desk.talks()  # now the browser names the devices
        await desk.goes("Settings")
        microphone = desk.page.get_by_label("Microphone", exact=True)
        await expect(microphone.locator("option")).to_have_count(3)
        await microphone.select_option(index=2)
        await desk.page.get_by_label("Speaker").select_option(index=1)
        assert (await desk.phone_log())[-2:] == ["refit", "refit"]
        kept = await desk.page.evaluate("JSON.parse(localStorage['stasis-softphone'])")
        assert kept["microphone"]
        assert kept["speaker"]

    async def test_the_microphone_is_tested_by_eye_and_ear(self, desk: Desk):
        await desk.goes("Settings")
        await desk.button("Test microphone").click()
        meter = desk.page.get_by_role("meter", name="Level")
        await desk.until("Number(document.querySelector('[role=meter]')?.ariaValueNow) > 30")
        await desk.button("Record and play back").click()
        await expect(desk.text("Recording three seconds…")).to_be_visible()
        await expect(desk.text("Playing back…")).to_be_visible(timeout=9000)
        await expect(desk.text("Speak: the bar should move.")).to_be_visible(timeout=9000)
        await desk.button("Stop test").click()
        await expect(meter).to_have_count(0)

    async def test_leaving_the_settings_ends_the_test(self, desk: Desk):
        await desk.goes("Settings")
        await desk.button("Test microphone").click()
        await expect(desk.page.get_by_role("meter", name="Level")).to_be_visible()
        await desk.goes("Contacts")
        assert (await desk.state("test"))["state"] == "off"

    async def test_a_microphone_that_is_missing_is_said(self, desk: Desk):
        await desk.page.evaluate(
            """() => { navigator.mediaDevices.getUserMedia = () =>
                Promise.reject(new DOMException("no", "NotFoundError")); }"""
        )
        await desk.goes("Settings")
        await desk.button("Test microphone").click()
        await expect(desk.text("No microphone was found.")).to_be_visible()

    async def test_ring_tone_and_volume_are_chosen_heard_and_remembered(self, visitor: Desk):
        await visitor.page.add_init_script(OSCILLATORS)
        await visitor.page.reload()
        await visitor.signs_in()
        await visitor.goes("Settings")
        await visitor.page.get_by_label("Ring tone", exact=True).select_option("Soft")
        await visitor.page.get_by_label("Volume").press("End")
        await visitor.button("Play ring tone").click()
        await visitor.until("window.tones.includes(523)")
        kept = await visitor.page.evaluate("JSON.parse(localStorage['stasis-softphone'])")
        assert (kept["ringTone"], kept["ringVolume"]) == ("soft", 100)

    async def test_a_call_that_comes_in_rings_and_falls_silent(self, visitor: Desk):
        await visitor.page.add_init_script(OSCILLATORS)
        await visitor.page.reload()
        await visitor.signs_in()
        await visitor.rung()
        await visitor.until("window.tones.includes(620)")
        await visitor.button("Answer").click()
        await expect(visitor.incoming).to_have_count(0)
        await visitor.page.evaluate("window.tones.length = 0")
        await visitor.page.wait_for_timeout(3500)  # it would have rung again
        assert await visitor.page.evaluate("window.tones") == []


OSCILLATORS = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) {
  window.tones.push(this.frequency.value);
  return start.apply(this, given);
};
"""


class TestAppearance:
    @pytest.mark.parametrize(("choice", "scheme"), [("Light", "light"), ("Dark", "dark")])
    async def test_colours_by_the_switch_are_remembered(self, desk: Desk, choice: str, scheme: str):
        await desk.goes("Settings")
        await desk.chooses(choice)
        await desk.page.reload()
        await desk.ready()
        found = await desk.page.evaluate("getComputedStyle(document.documentElement).colorScheme")
        assert found == scheme

    async def test_colours_as_the_system_has_them(self, desk: Desk):
        backs = []
        for scheme in ("light", "dark"):
            await desk.page.emulate_media(color_scheme=scheme)
            backs.append(
                await desk.page.evaluate(
                    "getComputedStyle(document.body.parentNode).backgroundColor"
                )
            )
        assert backs[0] != backs[1]

    async def test_nothing_moves_for_who_asks_for_that(self, desk: Desk):
        await desk.page.emulate_media(reduced_motion="reduce")
        await desk.rung()
        running = await desk.page.evaluate("document.getAnimations().length")
        assert running == 0


class TestPassword:
    async def changes(self, desk: Desk, old: str, new: str) -> None:
        await desk.goes("Settings")
        await desk.button("Change password").click()
        await desk.page.get_by_label("Current password").fill(old)
        await desk.page.get_by_label("New password").fill(new)
        await desk.page.keyboard.press("Enter")

    async def test_it_is_changed(self, desk: Desk):
        await self.changes(desk, PASSWORD, "battery staple")
        await expect(desk.text("Your password has been changed.")).to_be_visible()
        assert desk.said("PUT", "me/password") == [{"old": PASSWORD, "new": "battery staple"}]
        await expect(desk.page.get_by_role("dialog")).to_have_count(0)

    async def test_a_short_one_is_refused(self, desk: Desk):
        await self.changes(desk, PASSWORD, "short")
        await expect(desk.page.get_by_role("dialog").get_by_role("alert")).to_have_text(
            "The new password needs at least 8 characters."
        )
        await expect(desk.page.get_by_label("Current password")).to_have_value(PASSWORD)

    async def test_a_wrong_old_one_is_said(self, desk: Desk):
        await self.changes(desk, "not it", "battery staple")
        await expect(desk.page.get_by_role("dialog").get_by_role("alert")).to_have_text(
            "Your current password is wrong."
        )
