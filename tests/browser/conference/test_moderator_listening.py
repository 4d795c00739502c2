"""For who listens or sees little: names, roles, what is told by itself, contrast, small windows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from stasis_conference.grant import MODERATOR_SCOPES

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

LONG = "Wolfeschlegelsteinhausenbergerdorff-Ahlerich von Hohenzollern-Sigmaringen"


async def busy(stage: Stage, moderator: Moderator) -> None:
    """A room in which everything is going on, and the moderator looks at it."""
    stage.asterisk.phone("PJSIP/555123", "rings")
    await stage.comes("Maria Lind", "300", "closed", "moderator")
    for name, number in (("Anna Berg", "100"), (LONG, "4930123456789"), ("", "200")):
        await stage.comes(name, number, "closed")
    token = await stage.token(*MODERATOR_SCOPES, "recordings:delete")
    await moderator.logs_in_by(token)
    await moderator.opens("#/rooms/closed")
    await expect(moderator.row("Anna Berg")).to_be_visible()
    await moderator.clicks("Mute Anna Berg")
    await moderator.clicks("Hold 200")
    await moderator.clicks("Deafen 200")
    await moderator.clicks("Lock")
    await moderator.clicks("Record")
    await expect(moderator.button("Pause")).to_be_visible()
    stage.begins_to_talk("4930123456789", 100)
    await expect(moderator.row(LONG)).to_have_class(re.compile("is-talking"))
    await expect(moderator.row("200")).to_contain_text("Deaf")


async def the_log_in(stage: Stage, moderator: Moderator) -> None:
    await moderator.enters("board", "00000")
    await expect(moderator.page.get_by_role("alert")).to_be_visible()


async def the_rooms(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.opens("#/rooms")
    await expect(moderator.page.locator(".room-card")).to_have_count(4)


async def the_lobby(stage: Stage, moderator: Moderator) -> None:
    await stage.comes("Anna Berg", "100", "closed")
    await stage.comes("Bert Cole", "200", "closed")
    await moderator.logs_in("closed", "70707")
    await expect(moderator.page.get_by_role("region", name="Lobby (2)")).to_be_visible()


async def a_member(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.clicks("More for Anna Berg")


async def a_question(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.clicks("End for all…")


async def an_invitation(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.clicks("Invite…")
    await moderator.answers("Call")


async def the_keys(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.presses("?")


async def recorded(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.page.wait_for_timeout(1200)
    await moderator.clicks("Stop")
    await expect(moderator.button("Record")).to_be_visible()


async def the_history(stage: Stage, moderator: Moderator) -> None:
    await recorded(stage, moderator)
    await stage.leave()
    await moderator.opens("#/rooms/closed/history")
    await expect(moderator.page.get_by_role("cell", name="hung up").first).to_be_visible()


async def the_recordings(stage: Stage, moderator: Moderator) -> None:
    await recorded(stage, moderator)
    await moderator.opens("#/rooms/closed/recordings")
    await moderator.page.get_by_role("button", name="Listen").click()
    await expect(moderator.page.locator("audio")).to_be_visible()


async def a_lost_connection(stage: Stage, moderator: Moderator) -> None:
    await busy(stage, moderator)
    await moderator.context.set_offline(True)
    await expect(moderator.page.locator(".banner.lost")).to_be_visible()
    await moderator.clicks("Lock")
    await expect(moderator.page.locator(".toast")).to_be_visible()


VIEWS: dict[str, Callable[[Stage, Moderator], Awaitable[None]]] = {
    "login": the_log_in,
    "rooms": the_rooms,
    "room": busy,
    "lobby": the_lobby,
    "member": a_member,
    "question": a_question,
    "invite": an_invitation,
    "keys": the_keys,
    "history": the_history,
    "recordings": the_recordings,
    "lost": a_lost_connection,
}


class TestEveryView:
    @pytest.mark.parametrize("view", VIEWS)
    async def test_nothing_keeps_people_out_light_or_dark_and_it_fits_a_phone(
        self, stage: Stage, moderator: Moderator, view: str, tmp_path: Path
    ):
        await VIEWS[view](stage, moderator)
        page = moderator.page
        await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        # Colours are all that is different in the dark.
        assert await moderator.barriers("color-contrast") == []
        await moderator.picture(f"conference-{view}-dark", tmp_path)
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        assert await moderator.barriers() == []
        await moderator.picture(f"conference-{view}-light", tmp_path)
        await page.set_viewport_size({"width": 320, "height": 640})
        needed, there = await moderator.width()
        assert needed <= there == 320
        await moderator.picture(f"conference-{view}-phone", tmp_path)

    async def test_forced_colours_leave_every_state_visible(
        self, stage: Stage, browser: Browser, tmp_path: Path
    ):
        moderator = await Moderator.at(stage, browser, forced_colors="active")
        await busy(stage, moderator)
        pressed = moderator.button("Mute Anna Berg")
        other = moderator.button(f"Mute {LONG}")
        colour = "node => getComputedStyle(node).backgroundColor"
        assert await pressed.evaluate(colour) != await other.evaluate(colour)
        await moderator.picture("conference-room-forced", tmp_path)
        await moderator.leaves()

    async def test_nothing_moves_for_who_wants_no_motion(self, stage: Stage, browser: Browser):
        moderator = await Moderator.at(stage, browser, reduced_motion="reduce")
        await busy(stage, moderator)
        running = await moderator.page.evaluate(
            "document.getAnimations().filter((each) => each.playState === 'running').length"
        )
        assert running == 0
        await moderator.leaves()


async def sentences(moderator: Moderator, count: int) -> list[str]:
    """What was told by itself, once there are so many sentences, and nothing comes after them.

    What happens in a moment is gathered into one text, or two, as the machine is busy.
    """
    async with asyncio.timeout(20):
        while len(" ".join(await moderator.told()).split(". ")) < count:
            await moderator.page.wait_for_timeout(20)
    await moderator.page.wait_for_timeout(1500)
    return " ".join(await moderator.told()).removesuffix(".").split(". ")


class TestWhatIsToldByItself:
    async def test_who_comes_goes_and_is_muted(self, stage: Stage, moderator: Moderator):
        await moderator.logs_in()
        await moderator.listens()
        await stage.comes("Anna Berg", "100")
        assert sorted(await sentences(moderator, 2)) == [
            "Anna Berg joined", "The conference has begun"
        ]  # fmt: skip
        await moderator.clicks("Mute Anna Berg")
        assert (await sentences(moderator, 3))[2:] == ["Anna Berg is muted"]

    async def test_not_who_talks(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await stage.comes("Bert Cole", "200")
        await moderator.logs_in()
        await moderator.listens()
        stage.begins_to_talk("100", 100)
        await expect(moderator.row("Anna Berg")).to_have_class(re.compile("is-talking"))
        stage.begins_to_talk("200", 3)
        await expect(moderator.row("Bert Cole")).to_have_class(re.compile("is-talking"))
        await expect(moderator.row("Bert Cole")).not_to_have_class(re.compile("is-talking"))
        await moderator.page.wait_for_timeout(1500)
        assert await moderator.told() == []

    @pytest.mark.alone
    async def test_many_things_at_once_are_one_sentence(self, stage: Stage, moderator: Moderator):
        for number in range(100, 108):
            await stage.comes(f"Member {number}", str(number))
        await moderator.logs_in()
        await expect(moderator.page.locator("[data-member]")).to_have_count(8)
        await moderator.listens()
        await moderator.clicks("Mute")
        await moderator.page.wait_for_timeout(1500)
        told = await moderator.told()
        assert len(told) == 1
        assert told[0].startswith("8 changes in the room. The last one: Member 10")

    async def test_only_of_the_room_that_is_shown(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in_by(await stage.token(*MODERATOR_SCOPES))
        await moderator.opens("#/rooms/board")
        await moderator.listens()
        await stage.comes("Bert Cole", "200", "sales")
        await moderator.page.wait_for_timeout(1500)
        assert await moderator.told() == []

    async def test_another_view_is_begun_at_its_beginning(self, stage: Stage, moderator: Moderator):
        await moderator.logs_in()
        await moderator.page.get_by_role("link", name="History").click()
        await expect(moderator.page.locator("#main")).to_be_focused()
        await expect(moderator.page).to_have_title("History · Board meeting · Conference")


class TestNames:
    async def test_a_member_is_one_row_whose_name_says_how_it_is(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await moderator.clicks("Mute Anna Berg")
        grid = moderator.page.get_by_role("grid", name="Members (1)")
        await expect(grid.get_by_role("row")).to_have_count(1)
        head = grid.get_by_role("rowheader")
        await expect(head).to_have_accessible_name(re.compile(r"Anna Berg ?, 100 ?Muted"))
        await expect(head.locator("svg:not([aria-hidden])")).to_have_count(0)
