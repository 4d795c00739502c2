"""A room as it is now: who is in it and what they do is seen, and every control does what it says."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

TOGGLES = [("Mute", "muted", "Muted"), ("Deafen", "deaf", "Deaf"), ("Hold", "held", "On hold")]


async def three(stage: Stage) -> None:
    """Two members and a moderator."""
    await stage.comes("Anna Berg", "100")
    await stage.comes("Bert Cole", "200")
    await stage.comes("Maria Lind", "300", profile="moderator")


def badges(moderator: Moderator, name: str) -> Locator:
    """What is said of a member beside their name."""
    return moderator.row(name).locator(".badge:visible")


def toast(moderator: Moderator) -> Locator:
    """What is said to have gone wrong."""
    return moderator.page.locator(".toast")


class TestWhoIsIn:
    async def test_members_are_shown_as_they_came(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        rows = moderator.page.locator("[data-member] .name")
        await expect(rows).to_have_text(["Anna Berg", "Bert Cole", "Maria Lind"])
        await expect(badges(moderator, "Maria Lind")).to_have_text(["Moderator, "])
        await expect(badges(moderator, "Anna Berg")).to_have_count(0)
        await expect(moderator.page).to_have_title("Board meeting · 3 members · Conference")

    async def test_who_comes_and_goes_does_so_at_once(self, stage: Stage, moderator: Moderator):
        await moderator.logs_in()
        await expect(moderator.page.get_by_text("Nobody is in the room now.")).to_be_visible()
        anna = await stage.comes("Anna Berg", "100")
        await expect(moderator.row("Anna Berg")).to_be_visible()
        await expect(moderator.page.get_by_role("heading", name="Members (1)")).to_be_visible()
        await anna.hangs_up()
        await expect(moderator.row("Anna Berg")).to_have_count(0)
        await expect(moderator.page.get_by_text("Nobody is in the room now.")).to_be_visible()

    async def test_who_has_no_name_is_called_by_the_number(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("", "4930123")
        await moderator.logs_in()
        await expect(moderator.page.locator("[data-member] .name")).to_have_text("4930123")

    async def test_who_talks_is_shown_and_for_how_long(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        row = moderator.row("Anna Berg")
        stage.begins_to_talk("100", 4)
        await expect(row).to_have_class(re.compile("is-talking"))
        await expect(row.get_by_text("Talking")).to_be_visible()
        await expect(moderator.page.get_by_text("Anna Berg is talking")).to_be_visible()
        await expect(row.locator(".clock")).to_have_text(re.compile("0:0[1-4]"))
        await expect(row).not_to_have_class(re.compile("is-talking"))
        await expect(row.locator(".clock")).to_have_text(re.compile("0:0[45]"))
        await expect(moderator.row("Bert Cole").locator(".clock")).to_have_text("0:00")

    async def test_who_waits_for_a_moderator_is_in_the_lobby(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100", "closed")
        await moderator.logs_in("closed", "70707")
        lobby = moderator.page.get_by_role("region", name="Lobby (1)")
        await expect(lobby).to_contain_text("Anna Berg, 100")
        await stage.comes("Maria Lind", "300", "closed", "moderator")
        await expect(lobby).to_have_count(0)
        await expect(moderator.row("Anna Berg")).to_be_visible()

    async def test_who_waits_can_be_sent_away(self, stage: Stage, moderator: Moderator):
        anna = await stage.comes("Anna Berg", "100", "closed")
        await moderator.logs_in("closed", "70707")
        await moderator.clicks("Remove Anna Berg")
        await moderator.answers("Remove")
        await anna.is_hung_up(within=10)


class TestOnOne:
    @pytest.mark.parametrize(("label", "flag", "shown"), TOGGLES)
    async def test_a_button_does_it_and_undoes_it(
        self, stage: Stage, moderator: Moderator, label: str, flag: str, shown: str
    ):
        await three(stage)
        await moderator.logs_in()
        button, worn = moderator.button(f"{label} Anna Berg"), badges(moderator, "Anna Berg")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(worn).to_have_text([f"{shown}, "])
        assert getattr(stage.member("100").data, flag)
        assert not getattr(stage.member("200").data, flag)
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "false")
        await expect(worn).to_have_count(0)
        assert not getattr(stage.member("100").data, flag)

    async def test_what_a_member_does_by_itself_is_shown(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await stage.people["100"].dials("*1")
        await expect(moderator.button("Mute Anna Berg")).to_have_attribute("aria-pressed", "true")

    async def test_volume_goes_both_ways(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Is heard: louder")
        heard = moderator.dialog.get_by_role("group", name="Is heard: volume")
        await expect(heard).to_contain_text("+1")
        await moderator.answers("Hears: less loud")
        hears = moderator.dialog.get_by_role("group", name="Hears: volume")
        await expect(hears).to_contain_text("\u22121")
        data = stage.member("100").data
        assert (data.talk_volume, data.listen_volume) == (1, -1)
        await moderator.answers("Is heard: less loud")
        await expect(heard).to_contain_text("0")
        await moderator.presses("Escape")
        await expect(moderator.row("Anna Berg")).to_contain_text("hears at \u22121")

    async def test_the_dialog_is_live_as_well(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await stage.people["100"].dials("*1")
        mute = moderator.dialog.get_by_role("button", name="Mute", exact=True)
        await expect(mute).to_have_attribute("aria-pressed", "true")
        await stage.people["100"].hangs_up()
        await expect(moderator.dialog).to_have_count(0)

    async def test_removing_asks_first(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Remove…")
        asked = moderator.page.get_by_role("alertdialog", name="Remove Anna Berg?")
        await expect(asked).to_be_visible()
        await expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
        await moderator.answers("Cancel")
        await expect(asked).to_have_count(0)
        assert stage.find("100") is not None
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Remove…")
        await moderator.answers("Remove")
        await expect(moderator.row("Anna Berg")).to_have_count(0)
        await stage.people["100"].is_hung_up(within=10)
        await expect(moderator.page.locator(".log")).to_contain_text("Anna Berg left: removed")

    async def test_moving(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in_by(await every(stage))
        await moderator.opens("#/rooms/board")
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Move…")
        await moderator.dialog.get_by_label("To which room").fill("sales")
        await moderator.answers("Move")
        await expect(moderator.row("Anna Berg")).to_have_count(0)
        await stage.until(lambda: stage.find("100", "sales"), "Anna is in sales")

    async def test_what_is_refused_is_told_in_the_dialog(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Move…")
        await moderator.answers("Move")
        await expect(moderator.dialog.get_by_role("alert")).to_contain_text("fill this in")
        await moderator.dialog.get_by_label("To which room").fill("sales")
        await moderator.answers("Move")
        await expect(moderator.dialog.get_by_role("alert")).to_have_text(
            "That room is not one of those you may moderate."
        )
        assert stage.find("100") is not None

    async def test_announcing(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("More for Anna Berg")
        await moderator.answers("Announce…")
        await moderator.dialog.get_by_label("What is played").fill("nonsense")
        await moderator.answers("Announce")
        await expect(moderator.dialog.get_by_role("alert")).to_contain_text("not valid")
        await moderator.dialog.get_by_label("What is played").fill("sound:tt-monkeys")
        await moderator.answers("Announce")
        await stage.people["100"].hears("sound:tt-monkeys", within=5)
        await expect(moderator.page.locator(".log")).to_contain_text("Announced to Anna Berg")


class TestOnMany:
    @pytest.mark.parametrize("whom", ["All but moderators", "Everybody"])
    @pytest.mark.parametrize(
        ("label", "undo", "flag"),
        [
            ("Mute", "Unmute", "muted"),
            ("Deafen", "Undeafen", "deaf"),
            ("Hold", "Resume", "held"),
        ],
    )
    async def test_it_is_done_to_them(
        self, stage: Stage, moderator: Moderator, label: str, undo: str, flag: str, whom: str
    ):
        await three(stage)
        await moderator.logs_in()
        await moderator.page.get_by_label(whom).check()
        await moderator.clicks(label)

        def flags() -> list[bool]:
            return [getattr(each.data, flag) for each in stage.room().members.values()]

        await stage.until(lambda: flags() == [True, True, whom == "Everybody"])
        await moderator.clicks(undo)
        await stage.until(lambda: flags() == [False, False, False])

    @pytest.mark.parametrize("whom", ["All but moderators", "Everybody"])
    async def test_volume(self, stage: Stage, moderator: Moderator, whom: str):
        await three(stage)
        await moderator.logs_in()
        await moderator.page.get_by_label(whom).check()
        await moderator.clicks("Louder")
        up = [each.data for each in stage.room().members.values()]
        await stage.until(
            lambda: [each.talk_volume for each in up] == [1, 1, int(whom == "Everybody")]
        )
        await moderator.clicks("Less loud")
        await stage.until(lambda: [each.talk_volume for each in up] == [0, 0, 0])

    async def test_removing_all_but_moderators_asks_first(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Remove…")
        asked = moderator.page.get_by_role("alertdialog", name="Remove all but moderators?")
        await expect(asked).to_contain_text("2 of 3 members")
        await moderator.answers("Remove")
        await expect(moderator.page.locator("[data-member]")).to_have_count(1)
        await expect(moderator.row("Maria Lind")).to_be_visible()

    async def test_removing_everybody(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.page.get_by_label("Everybody").check()
        await moderator.clicks("Remove…")
        await moderator.answers("Remove")
        await expect(moderator.page.locator("[data-member]")).to_have_count(0)

    async def test_removing_who_came_last_means_the_one_that_was_named(
        self, stage: Stage, moderator: Moderator
    ):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Remove who came last…")
        asked = moderator.page.get_by_role("alertdialog", name="Remove Bert Cole?")
        await expect(asked).to_be_visible()
        await stage.comes("Zoe", "400")
        await moderator.answers("Remove")
        await expect(moderator.row("Bert Cole")).to_have_count(0)
        await expect(moderator.row("Zoe")).to_be_visible()

    @pytest.mark.parametrize("whom", ["All but moderators", "Everybody"])
    async def test_moving(self, stage: Stage, moderator: Moderator, whom: str):
        await three(stage)
        await moderator.logs_in_by(await every(stage))
        await moderator.opens("#/rooms/board")
        await moderator.page.get_by_label(whom).check()
        await moderator.clicks("Move…")
        await moderator.dialog.get_by_label("To which room").fill("sales")
        await moderator.answers("Move")
        expected = {"100", "200"} | ({"300"} if whom == "Everybody" else set())

        def there() -> set[str]:
            return {n for n in stage.people if stage.find(n, "sales")}

        await stage.until(lambda: there() == expected)

    async def test_announcing_to_everybody(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.page.get_by_label("Everybody").check()
        await moderator.clicks("Announce…")
        await moderator.dialog.get_by_label("What is played").fill("sound:tt-monkeys")
        await moderator.answers("Announce")
        await expect(moderator.page.locator(".log")).to_contain_text("Announced to everybody")
        for number in ("100", "200", "300"):
            await stage.people[number].hears("sound:tt-monkeys", within=5)

    async def test_announcing_to_all_but_moderators(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Announce…")
        await moderator.dialog.get_by_label("What is played").fill("sound:tt-monkeys")
        await moderator.answers("Announce")
        for number in ("100", "200"):
            await stage.people[number].hears("sound:tt-monkeys", within=5)
        assert "sound:tt-monkeys" not in stage.people["300"].heard


class TestOnTheRoom:
    async def test_lock(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Lock")
        await expect(moderator.button("Lock")).to_have_attribute("aria-pressed", "true")
        await expect(moderator.page.locator(".room-head").get_by_text("Locked")).to_be_visible()
        assert stage.room().live.locked
        await moderator.clicks("Lock")
        await expect(moderator.button("Lock")).to_have_attribute("aria-pressed", "false")
        assert not stage.room().live.locked

    async def test_who_is_turned_away_is_told(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Lock")
        await expect(moderator.button("Lock")).to_have_attribute("aria-pressed", "true")
        await stage.asterisk.call("conference", "board", "default", number="400", name="Zoe")
        await expect(moderator.page.locator(".log")).to_contain_text(
            "Zoe was turned away: the room is locked"
        )

    async def test_end_asks_first(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("End for all…")
        asked = moderator.page.get_by_role("alertdialog")
        await expect(asked).to_contain_text("All 3 members")
        await moderator.presses("Escape")
        assert len(stage.room().members) == 3
        await expect(moderator.button("End for all…")).to_be_focused()
        await moderator.clicks("End for all…")
        await moderator.answers("End for all")
        await expect(moderator.page.get_by_text("Nobody is in the room now.")).to_be_visible()
        await expect(moderator.page.locator(".log")).to_contain_text(
            "The conference is over: ended by a moderator"
        )
        await expect(moderator.button("Lock")).to_be_disabled()

    async def test_inviting(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await moderator.clicks("Invite…")
        await moderator.dialog.get_by_label("Number").fill("555-123")
        await moderator.dialog.get_by_label("Comes in as").select_option("moderator")
        await moderator.answers("Call")
        calling = moderator.page.get_by_role("list", name="Being called")
        await expect(calling).to_have_text("Calling 555123…")
        called = await stage.asterisk.rings("PJSIP/555123")
        await called.answers()
        await expect(moderator.page.locator("[data-member]")).to_have_count(4)
        await expect(calling).to_have_count(0)
        await expect(moderator.page.locator("[data-member]").last).to_contain_text("Moderator")

    async def test_who_does_not_answer(self, stage: Stage, moderator: Moderator):
        await three(stage)
        stage.asterisk.phone("PJSIP/555123", "busy")
        await moderator.logs_in()
        await moderator.clicks("Invite…")
        await moderator.dialog.get_by_label("Number").fill("555123")
        await moderator.answers("Call")
        await expect(moderator.page.locator(".log")).to_contain_text("555123 did not answer")
        await expect(moderator.page.get_by_role("list", name="Being called")).to_have_count(0)

    async def test_what_goes_wrong_is_told(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        stage.asterisk.refuse("POST /channels/.*/mute", 500)
        await moderator.clicks("Mute Anna Berg")
        await expect(toast(moderator)).to_be_visible()
        await expect(toast(moderator)).to_have_attribute("role", "alert")
        await moderator.clicks("Close the message")
        await expect(toast(moderator)).to_have_count(0)


class TestRecording:
    async def test_from_start_to_stop(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        state = moderator.page.get_by_role("group", name="Recording")
        head = moderator.page.locator(".room-head .badge.recording")
        await expect(state).to_contain_text("Not recorded")
        await expect(head).to_be_hidden()
        await moderator.clicks("Record")
        await expect(state.get_by_text("Recording", exact=True)).to_be_visible()
        await expect(head).to_be_visible()
        # It is looked at once a second, and so may be at any.
        await expect(state.locator(".clock")).to_have_text(re.compile(r"^0:(?!00)\d\d$"))
        assert stage.room().recorder.state == "running"
        await moderator.clicks("Pause")
        await expect(state.get_by_text("Recording paused")).to_be_visible()
        await expect(head).to_contain_text("Recording paused")
        paused = await state.locator(".clock").inner_text()
        await moderator.page.wait_for_timeout(1300)
        await expect(state.locator(".clock")).to_have_text(paused)
        await moderator.clicks("Go on")
        await expect(state.get_by_text("Recording", exact=True)).to_be_visible()
        await moderator.clicks("Stop")
        await expect(state).to_contain_text("Not recorded")
        await expect(head).to_be_hidden()
        assert stage.room().recorder.state == "off"

    async def test_the_focus_stays_where_one_goes_on(self, stage: Stage, moderator: Moderator):
        await three(stage)
        await moderator.logs_in()
        await expect(moderator.button("Record")).to_be_enabled()
        await moderator.button("Record").focus()
        await moderator.presses("Enter")
        await expect(moderator.button("Pause")).to_be_focused()
        await moderator.presses("Enter")
        await expect(moderator.button("Go on")).to_be_focused()
        await moderator.button("Stop").focus()
        await moderator.presses("Enter")
        await expect(moderator.button("Record")).to_be_focused()

    async def test_it_says_that_it_waits_for_a_moderator(self, stage: Stage, moderator: Moderator):
        await stage.comes("Maria Lind", "300", "closed", "moderator")
        await stage.comes("Anna Berg", "100", "closed")
        await moderator.logs_in("closed", "70707")
        await moderator.clicks("Record")
        await expect(moderator.button("Pause")).to_be_visible()
        await stage.people["300"].hangs_up()
        state = moderator.page.get_by_role("group", name="Recording")
        await expect(state).to_contain_text("Recording paused: no moderator is in")
        await expect(moderator.button("Go on")).to_have_count(0)

    async def test_a_room_that_may_not_be_recorded_says_so(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100", "private")
        await moderator.logs_in("private", "81818")
        await expect(moderator.page.get_by_text("This room is not recorded")).to_be_visible()
        await expect(moderator.button("Record")).to_have_count(0)


class TestItsEnd:
    async def test_the_time_limit_and_the_grace_time_are_counted_down(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Maria Lind", "300", "closed", "moderator")
        await stage.comes("Anna Berg", "100", "closed")
        await moderator.logs_in("closed", "70707")
        banner = moderator.page.locator(".banner.warning")
        await expect(banner).to_contain_text("The time limit is near: the conference ends in 3:5")
        await stage.people["300"].hangs_up()
        await expect(banner).to_contain_text(re.compile("No moderator is left.* in 0:5"))
        await stage.comes("Maria Lind", "301", "closed", "moderator")
        await expect(banner).to_contain_text("The time limit is near")


async def every(stage: Stage) -> str:
    """A token for all rooms."""
    return await stage.token(
        "rooms:read", "rooms:act", "members:act", "invite", "events", "history:read"
    )
