"""Without a mouse: everything can be reached and done, and the focus is never lost."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import PIN, Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def in_room(stage: Stage, moderator: Moderator) -> None:
    """Three are in the room, and the moderator looks at it."""
    for name, number in (("Anna Berg", "100"), ("Bert Cole", "200"), ("Carl Dorn", "300")):
        await stage.comes(name, number)
    await moderator.logs_in()
    await expect(moderator.row("Carl Dorn")).to_be_visible()


class TestTheWholeWay:
    async def test_from_the_log_in_to_a_muted_member(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        page = moderator.page
        await page.keyboard.type("board")
        await moderator.presses("Tab")
        await page.keyboard.type(PIN)
        await moderator.presses("Enter")
        await expect(moderator.row("Anna Berg")).to_be_visible()
        await moderator.presses("g", "m")
        await stage.until(lambda: stage.member("100").data.muted)
        await expect(moderator.button("Mute Anna Berg")).to_have_attribute("aria-pressed", "true")

    async def test_tab_reaches_every_part_once(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.page.reload()
        await expect(moderator.row("Carl Dorn")).to_be_visible()
        stops = []
        for _ in range(40):
            await moderator.presses("Tab")
            if await moderator.page.evaluate("document.activeElement === document.body"):
                break
            name = await moderator.focused()
            stops.append(name)
        assert stops[0] == "Skip to the content"
        members = [stop for stop in stops if "Anna Berg" in stop or "Bert" in stop]
        assert len(members) == 1
        for name in ("Lock", "Invite…", "End for all…", "Record", "Remove…", "History", "Log out"):
            assert name in stops, f"{name} is not among {stops}"

    async def test_the_first_stop_leads_past_the_bar(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.page.reload()
        await expect(moderator.row("Carl Dorn")).to_be_visible()
        await moderator.presses("Tab", "Enter")
        await expect(moderator.page.locator("#main")).to_be_focused()
        assert moderator.page.url.endswith("#/rooms/board")


class TestMembers:
    async def test_arrows_lead_through_them(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("g")
        assert (await moderator.focused()).startswith("ABAnna Berg")
        await moderator.presses("ArrowRight", "ArrowRight")
        assert await moderator.focused() == "Deafen Anna Berg"
        await moderator.presses("ArrowDown")
        assert await moderator.focused() == "Deafen Bert Cole"
        await moderator.presses("Control+End")
        assert await moderator.focused() == "More for Carl Dorn"
        await moderator.presses("ArrowDown", "Home")
        assert (await moderator.focused()).startswith("CDCarl Dorn")
        await moderator.presses("Control+Home")
        assert (await moderator.focused()).startswith("ABAnna Berg")

    @pytest.mark.parametrize(("key", "flag"), [("m", "muted"), ("d", "deaf"), ("h", "held")])
    async def test_a_key_does_it_and_undoes_it(
        self, stage: Stage, moderator: Moderator, key: str, flag: str
    ):
        await in_room(stage, moderator)
        await moderator.presses("g", "ArrowDown", key)
        await stage.until(lambda: getattr(stage.member("200").data, flag))
        pressed = moderator.row("Bert Cole").locator("[aria-pressed=true]")
        await expect(pressed).to_have_count(1)
        await moderator.presses(key)
        await stage.until(lambda: not getattr(stage.member("200").data, flag))

    async def test_louder_and_less_loud(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("g", "+", "+")
        await stage.until(lambda: stage.member("100").data.talk_volume == 2)
        await moderator.presses("-")
        await stage.until(lambda: stage.member("100").data.talk_volume == 1)

    async def test_enter_opens_more_and_escape_comes_back(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("g", "ArrowDown", "Enter")
        await expect(moderator.dialog).to_have_accessible_name("Bert Cole")
        await moderator.presses("Escape")
        assert (await moderator.focused()).startswith("BCBert Cole")

    async def test_delete_asks_and_the_focus_goes_on_to_the_next(
        self, stage: Stage, moderator: Moderator
    ):
        await in_room(stage, moderator)
        await moderator.presses("g", "ArrowDown", "Delete")
        await expect(moderator.page.get_by_role("alertdialog")).to_be_visible()
        await expect(moderator.dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await moderator.presses("Tab", "Enter")
        await expect(moderator.row("Bert Cole")).to_have_count(0)
        await stage.until(lambda: stage.find("200") is None)
        await moderator.page.wait_for_timeout(100)
        assert (await moderator.focused()).startswith("CDCarl Dorn")

    async def test_who_leaves_does_not_take_the_focus_along(
        self, stage: Stage, moderator: Moderator
    ):
        await in_room(stage, moderator)
        await moderator.presses("g", "ArrowRight")
        for number, then in (("100", "Mute Bert Cole"), ("200", "Mute Carl Dorn")):
            await stage.people[number].hangs_up()
            await expect(moderator.page.locator(":focus")).to_have_text(then)
        await stage.people["300"].hangs_up()
        await expect(moderator.page.locator(":focus")).to_have_text("Members")

    async def test_who_comes_does_not_move_the_focus(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("g", "ArrowRight")
        await stage.comes("Zoe", "400")
        await expect(moderator.row("Zoe")).to_be_visible()
        stage.begins_to_talk("300", 100)
        await expect(moderator.row("Carl Dorn")).to_have_class(re.compile("is-talking"))
        assert await moderator.focused() == "Mute Anna Berg"


class TestKeys:
    async def test_a_list_of_them_is_behind_the_question_mark(
        self, stage: Stage, moderator: Moderator
    ):
        await in_room(stage, moderator)
        await moderator.presses("?")
        await expect(moderator.dialog).to_have_accessible_name("Keys")
        await expect(moderator.dialog).to_contain_text("Mute or unmute")
        await moderator.presses("Escape")
        await expect(moderator.dialog).to_have_count(0)

    async def test_t_says_who_talks(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.listens()
        await moderator.presses("t")
        assert await moderator.told() == ["Nobody talks. 3 members in the room."]
        stage.begins_to_talk("200", 3)
        await expect(moderator.row("Bert Cole")).to_have_class(re.compile("is-talking"))
        await moderator.presses("t")
        assert (await moderator.told())[-1] == "Talking: Bert Cole. 3 members in the room."

    async def test_i_invites_and_l_leads_to_the_log(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("i")
        await expect(moderator.dialog).to_have_accessible_name("Invite somebody")
        await expect(moderator.dialog.get_by_label("Number")).to_be_focused()
        await moderator.presses("Escape")
        await moderator.clicks("Lock")
        await expect(moderator.page.locator(".log")).to_be_visible()
        await moderator.presses("l")
        await expect(moderator.page.locator(".log")).to_be_focused()

    async def test_what_is_typed_into_a_field_is_no_key(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("i")
        await moderator.page.keyboard.type("?m")
        await expect(moderator.dialog.get_by_label("Number")).to_have_value("?m")
        await expect(moderator.dialog).to_have_count(1)

    async def test_they_can_be_switched_off(self, stage: Stage, moderator: Moderator):
        await in_room(stage, moderator)
        await moderator.presses("?")
        await moderator.dialog.get_by_role("checkbox").uncheck()
        await moderator.presses("Escape", "?", "i")
        await expect(moderator.dialog).to_have_count(0)
        await moderator.page.reload()
        await expect(moderator.row("Anna Berg")).to_be_visible()
        await moderator.presses("?")
        await expect(moderator.dialog).to_have_count(0)
        await moderator.clicks("Keys")
        await moderator.dialog.get_by_role("checkbox").check()
        await moderator.presses("Escape", "?")
        await expect(moderator.dialog).to_have_count(1)
