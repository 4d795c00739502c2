"""Contacts, history, messages and recordings."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import BOB, CAROL, Desk
from tests.browser.page.server import ago, entry, note, peer

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestContacts:
    async def test_each_is_there_with_what_they_are_doing(self, desk: Desk):
        rows = desk.page.locator(".rows .line")
        await expect(rows).to_have_count(6)
        await expect(rows.nth(1)).to_contain_text("103 · In a call")
        await expect(rows.nth(2)).to_contain_text("104 · Do not disturb")

    async def test_a_presence_changes_as_it_happens(self, desk: Desk):
        await desk.office.tell("presence", user="bob", presence="busy")
        await expect(desk.page.locator(".rows .line").first).to_contain_text("102 · In a call")

    async def test_the_list_changes_as_it_happens(self, desk: Desk):
        await desk.office.tell("contacts", contacts=desk.office.contacts[:1])
        await expect(desk.page.locator(".rows .line")).to_have_count(1)

    async def test_they_are_searched(self, desk: Desk):
        await desk.page.get_by_label("Search contacts").fill("gav")
        await expect(desk.page.locator(".rows .line")).to_have_count(1)
        await desk.page.get_by_label("Search contacts").fill("nobody")
        await expect(desk.text("Nobody matches “nobody”.")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.locator(".rows .line")).to_have_count(6)

    async def test_one_is_called(self, desk: Desk):
        await desk.button("Call Emil Ek").click()
        await expect(desk.call).to_contain_text("Emil Ek")


class TestHistory:
    async def test_it_is_listed_by_day_with_how_each_call_was(self, desk: Desk):
        await desk.goes("History")
        rows = desk.page.locator(".day .line")
        await expect(rows).to_have_count(5)
        await expect(rows.nth(0)).to_contain_text("Missed")
        await expect(rows.nth(0)).to_contain_text("Left a message")
        await expect(rows.nth(1)).to_contain_text("12:34")
        await expect(rows.nth(1)).to_contain_text("Recorded")
        await expect(rows.nth(3)).to_contain_text("Busy")

    async def test_missed_calls_are_counted_until_they_are_seen(self, desk: Desk):
        tab = desk.page.get_by_role("navigation").get_by_role("button", name="History")
        await expect(tab).to_contain_text("1 missed call")
        await expect(desk.page).to_have_title("(2) Softphone")
        await tab.click()
        await desk.asked("DELETE", "history/missed")
        await expect(tab.locator(".badge")).to_have_count(0)

    async def test_only_the_missed_ones(self, desk: Desk):
        await desk.goes("History")
        await desk.chooses("Missed")
        await expect(desk.page.locator(".day .line")).to_have_count(2)

    async def test_one_is_called_back(self, desk: Desk):
        await desk.goes("History")
        await desk.button("Call +49 30 901820 back").click()
        await desk.made(set())
        assert "dial +4930901820" in await desk.phone_log()

    async def test_a_missed_call_appears_as_it_happens(self, desk: Desk):
        await desk.goes("History")
        await expect(desk.page.locator(".day .line")).to_have_count(5)
        await desk.until("window.store.state.missed === 0")  # those that are shown are seen
        new = entry("h9", "in", CAROL, ago(seconds=1), 0, "noanswer")
        await desk.office.tell("history", entry=new, missed=1)
        await expect(desk.page.locator(".day .line").first).to_contain_text("Carol Chen")
        tab = desk.page.get_by_role("navigation").get_by_role("button", name="History")
        await expect(tab).to_contain_text("1 missed call")

    async def test_earlier_ones_are_loaded_when_asked_for(self, desk: Desk):
        desk.office.history = [
            entry(f"h{n}", "out", BOB, ago(minutes=n), 5, "answered") for n in range(1, 71)
        ]
        await desk.goes("History")
        await expect(desk.page.locator(".day .line")).to_have_count(50)
        await desk.button("Show earlier calls").click()
        await expect(desk.page.locator(".day .line")).to_have_count(70)
        await expect(desk.button("Show earlier calls")).to_have_count(0)

    async def test_when_it_cannot_be_loaded_it_can_be_tried_again(self, desk: Desk):
        path = "history"
        desk.office.refused[path] = (503, "down")
        await desk.goes("History")
        await expect(desk.text("This list could not be loaded.")).to_be_visible()
        desk.office.refused.clear()
        await desk.button("Try again").click()
        await expect(desk.page.locator(".day .line")).to_have_count(5)

    async def test_none_is_said(self, desk: Desk):
        desk.office.history = []
        await desk.goes("History")
        await expect(desk.text("No calls yet.")).to_be_visible()


class TestMessages:
    async def test_one_is_played_and_is_heard_then(self, desk: Desk):
        await desk.goes("Messages")
        await expect(desk.page.locator(".chip.new")).to_have_count(1)
        await desk.button("Play message from Bob Berger").click()
        await expect(desk.button("Pause")).to_be_visible()
        await expect(desk.page.locator(".chip.new")).to_have_count(0)
        await expect(desk.button("Play message from Bob Berger")).to_be_visible(timeout=9000)

    async def test_it_is_paused_and_moved_by_keys(self, desk: Desk):
        await desk.goes("Messages")
        await desk.button("Play message from Bob Berger").click()
        await desk.button("Pause").click()
        place = desk.page.get_by_label("Position").first
        await place.press("End")
        await expect(place).to_have_value("4")
        await place.press("Home")
        await expect(place).to_have_attribute("aria-valuetext", "0 seconds")

    async def test_one_is_deleted_after_a_question(self, desk: Desk):
        await desk.goes("Messages")
        await desk.button("Delete message from Bob Berger").click()
        dialog = desk.page.get_by_role("alertdialog")
        await expect(dialog).to_contain_text("will be gone for good")
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(desk.button("Delete message from Bob Berger")).to_be_focused()
        await desk.button("Delete message from Bob Berger").click()
        await dialog.get_by_role("button", name="Delete").click()
        await expect(desk.page.locator(".rows .line")).to_have_count(1)
        assert [one["id"] for one in desk.office.messages] == ["m2"]

    async def test_a_new_one_appears_and_is_counted(self, desk: Desk):
        await desk.goes("Messages")
        await expect(desk.page.locator(".rows .line")).to_have_count(2)
        new = note("m9", CAROL, ago(seconds=1), 9, heard=False)
        await desk.office.tell("message", message=new, removed=None, unheard=2)
        await expect(desk.page.locator(".rows .line").first).to_contain_text("Carol Chen")
        tab = desk.page.get_by_role("navigation").get_by_role("button", name="Messages")
        await expect(tab).to_contain_text("2 new messages")
        await expect(desk.polite).to_have_text("You have a new message")

    async def test_who_left_it_is_called_back(self, desk: Desk):
        await desk.goes("Messages")
        await desk.button("Call Bob Berger back").click()
        await expect(desk.peer).to_have_text("Bob Berger")

    async def test_a_sound_that_is_gone_is_said(self, desk: Desk):
        desk.office.refused["messages/m1/audio"] = (404, "no_message")
        await desk.goes("Messages")
        await desk.button("Play message from Bob Berger").click()
        await expect(desk.text("This sound could not be played.")).to_be_visible()

    async def test_recordings_are_played(self, desk: Desk):
        await desk.goes("Messages")
        await desk.chooses("Recordings")
        await desk.button("Play recording with Carol Chen").click()
        await expect(desk.button("Pause")).to_be_visible()

    async def test_a_new_recording_appears(self, desk: Desk):
        await desk.goes("Messages")
        await desk.chooses("Recordings")
        await expect(desk.page.locator(".rows .line")).to_have_count(1)
        desk.office.recordings.insert(
            0, {"id": "r9", "peer": peer("Emil Ek", "105"), "at": ago(), "seconds": 1}
        )
        await desk.office.tell("recording")
        await expect(desk.page.locator(".rows .line")).to_have_count(2)
