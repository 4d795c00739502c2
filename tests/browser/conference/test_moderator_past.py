"""What has been: conferences, who was in them and why they left, recordings to listen to."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect
from stasis_conference.grant import MODERATOR_SCOPES

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

SOURCES = "[...document.querySelectorAll('audio')].map((each) => each.src)"


async def recorded(stage: Stage, moderator: Moderator, times: int = 1) -> None:
    """A conference with recordings has been, and the moderator may delete them."""
    await stage.comes("Anna Berg", "100")
    await moderator.logs_in_by(
        await stage.token(*MODERATOR_SCOPES, "recordings:delete", rooms=("board",))
    )
    for _ in range(times):
        await moderator.clicks("Record")
        await expect(moderator.button("Pause")).to_be_visible()
        await stage.people["100"].speaks(1)
        await moderator.page.wait_for_timeout(1100)
        await moderator.clicks("Stop")
        await expect(moderator.button("Record")).to_be_visible()


class TestHistory:
    async def test_a_room_without_one_says_so(self, moderator: Moderator):
        await moderator.logs_in()
        await moderator.opens("#/rooms/board/history")
        await expect(moderator.page.get_by_text("There was no conference")).to_be_visible()

    async def test_the_latest_is_open_with_who_was_in_and_why_they_left(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100")
        await stage.comes("Maria Lind", "300", profile="moderator")
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Remove…")
        await moderator.answers("Remove")
        await expect(moderator.row("Anna Berg")).to_have_count(0)
        await stage.leave()
        await moderator.opens("#/rooms/board/history")
        sessions = moderator.page.locator("details")
        await expect(sessions).to_have_count(1)
        await expect(sessions).to_contain_text("everybody left")
        await expect(sessions).to_contain_text("2 stays")
        rows = sessions.locator("tbody tr")
        await expect(rows.nth(0)).to_contain_text(re.compile("Anna Berg.*100.*removed.*0:00"))
        await expect(rows.nth(1)).to_contain_text(re.compile("Maria Lind.*Moderator.*300.*hung up"))

    async def test_one_that_is_on_is_followed(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await moderator.opens("#/rooms/board/history")
        sessions = moderator.page.locator("details")
        await expect(sessions).to_contain_text("goes on")
        await expect(sessions.locator("tbody tr")).to_contain_text(["is in"])
        await stage.comes("Bert Cole", "200")
        await expect(sessions.locator("tbody tr")).to_have_count(2)
        await stage.leave()
        await expect(sessions).to_contain_text("everybody left")
        await expect(sessions.get_by_text("is in")).to_have_count(0)

    async def test_earlier_ones_are_asked_for(self, stage: Stage, moderator: Moderator):
        now = stage.plugin.now()
        for _ in range(25):
            session = await stage.plugin.store.begin_session("board", now)
            await stage.plugin.store.end_session(session, now, "empty")
        await moderator.logs_in()
        await moderator.opens("#/rooms/board/history")
        await expect(moderator.page.locator("details")).to_have_count(20)
        await moderator.clicks("Earlier ones")
        await expect(moderator.page.locator("details")).to_have_count(25)
        await expect(moderator.button("Earlier ones")).to_have_count(0)

    async def test_it_leads_to_the_recordings(self, stage: Stage, moderator: Moderator):
        await recorded(stage, moderator)
        await stage.leave()
        await moderator.opens("#/rooms/board/history")
        await moderator.page.get_by_role("link", name="Listen to the recording").click()
        await expect(moderator.page.get_by_role("button", name="Listen")).to_have_count(1)


class TestRecordings:
    async def test_a_room_without_any_says_so(self, moderator: Moderator):
        await moderator.logs_in()
        await moderator.opens("#/rooms/board/recordings")
        await expect(moderator.page.get_by_text("Nothing was recorded")).to_be_visible()

    async def test_they_are_heard_from_memory_one_at_a_time(
        self, stage: Stage, moderator: Moderator
    ):
        await recorded(stage, moderator, times=2)
        await moderator.opens("#/rooms/board/recordings")
        listen = moderator.page.get_by_role("button", name="Listen")
        await expect(listen).to_have_count(2)
        await listen.first.click()
        await expect(moderator.page.locator("audio")).to_be_focused()
        first = await moderator.page.evaluate(SOURCES)
        assert len(first) == 1 and first[0].startswith("blob:")
        length = "async (audio) => { for (;;) { if (audio.readyState) return audio.duration;"
        length += " await new Promise((done) => setTimeout(done, 20)); } }"
        assert await moderator.page.locator("audio").evaluate(length) > 0.5
        save = moderator.page.get_by_role("link", name="Save")
        assert re.fullmatch(
            r"board-\d{8}-\d{6}-\w+\.wav", await save.get_attribute("download") or ""
        )
        await listen.first.click()
        await expect(moderator.page.locator("audio")).to_have_count(1)
        second = await moderator.page.evaluate(SOURCES)
        assert second != first
        gone = await moderator.page.evaluate(
            """([url]) => new Promise((done) => {
                const audio = new Audio(url);
                audio.onerror = () => done(true);
                audio.onloadedmetadata = () => done(false);
            })""",
            first,
        )
        assert gone

    async def test_what_runs_cannot_be_heard_or_deleted_yet(
        self, stage: Stage, moderator: Moderator
    ):
        await recorded(stage, moderator, times=0)
        await moderator.clicks("Record")
        await expect(moderator.button("Pause")).to_be_visible()
        await moderator.opens("#/rooms/board/recordings")
        await expect(moderator.page.get_by_text("is being recorded")).to_be_visible()
        await expect(moderator.page.get_by_role("button", name="Listen")).to_be_disabled()
        await expect(moderator.page.get_by_role("button", name="Delete")).to_be_disabled()

    async def test_deleting_asks_first_and_the_focus_goes_on(
        self, stage: Stage, moderator: Moderator
    ):
        await recorded(stage, moderator, times=2)
        await moderator.opens("#/rooms/board/recordings")
        delete = moderator.page.get_by_role("button", name="Delete")
        await delete.first.click()
        await moderator.answers("Cancel")
        await expect(delete).to_have_count(2)
        await expect(delete.first).to_be_focused()
        await delete.first.click()
        await moderator.answers("Delete")
        await expect(delete).to_have_count(1)
        await expect(moderator.page.get_by_role("button", name="Listen")).to_be_focused()
        left = await stage.plugin.store.archive.sounds(["board"])
        assert len(left) == 1

    async def test_who_may_only_listen_cannot_delete(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await moderator.clicks("Record")
        await expect(moderator.button("Pause")).to_be_visible()
        await moderator.clicks("Stop")
        await moderator.opens("#/rooms/board/recordings")
        await expect(moderator.page.get_by_role("button", name="Listen")).to_have_count(1)
        await expect(moderator.page.get_by_role("button", name="Delete")).to_have_count(0)

    async def test_a_sound_that_is_gone_is_told(self, stage: Stage, moderator: Moderator):
        await recorded(stage, moderator)
        sound = (await stage.plugin.store.archive.sounds(["board"]))[0]
        await stage.plugin.asterisk.ari.recordings.delete_stored(sound.row.name)
        await moderator.opens("#/rooms/board/recordings")
        await moderator.page.get_by_role("button", name="Listen").click()
        await expect(
            moderator.page.get_by_role("alert").filter(has_text="not there")
        ).to_be_visible()
