"""Calls: made, answered, held, several at once, transferred, recorded, brought into a conference."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import BOB, CAROL, RUNNING, Desk
from tests.browser.page.server import ENDPOINT, peer
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


NOTIFIED = """
window.shown = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.shown.push([title, options.body]); }
  close() { window.shown.push("closed"); }
};
Object.defineProperty(document, "hidden", {value: true});
"""


class TestMakingACall:
    async def test_by_a_number_rings_and_connects(self, desk: Desk):
        call = await desk.dials("102")
        await expect(desk.peer).to_have_text("Bob Berger")
        await expect(desk.call).to_contain_text("Calling…")
        await expect(desk.polite).to_have_text("Calling Bob Berger")
        await desk.picked_up(call)
        await expect(desk.call.locator(".status")).to_have_text(RUNNING)
        await expect(desk.page).to_have_title("In a call with Bob Berger · Softphone")

    async def test_by_the_keys_of_the_pad(self, desk: Desk):
        known = set(desk.office.calls)
        for key in ("1", "0", "3"):
            await desk.button(key).click()
        await desk.button("Hash").click()
        await desk.button("Delete last digit").click()
        await desk.button("Call").click()
        await desk.made(known)
        await expect(desk.peer).to_have_text("Carol Chen")

    async def test_a_number_shows_whose_it_is_and_the_keys_stay(self, desk: Desk):
        place = await desk.button("5").bounding_box()
        await desk.page.get_by_label("Name or number").fill("104")
        await expect(desk.page.locator(".whose")).to_have_text("Dilara Demir")
        assert await desk.button("5").bounding_box() == place

    async def test_by_a_suggestion(self, desk: Desk):
        await desk.page.get_by_label("Name or number").fill("far")
        await desk.button("Call Farida Fofana 106 · Available").click()
        await expect(desk.call).to_contain_text("Farida Fofana")
        assert "dial 106" in await desk.phone_log()

    async def test_a_number_goes_without_what_is_between_its_digits(self, desk: Desk):
        await desk.dials("+49 (30) 90-18.20")
        assert "dial +4930901820" in await desk.phone_log()

    async def test_with_an_empty_field_the_last_number_comes_back(self, desk: Desk):
        call = await desk.dials("102")
        await desk.office.call(call, state="ended", reason="busy")
        await desk.phone("over", call, "busy")
        await expect(desk.call).to_have_count(0, timeout=9000)
        field = desk.page.get_by_label("Name or number")
        await field.press("Enter")
        await expect(field).to_have_value("102")

    async def test_what_is_no_number_is_not_called(self, desk: Desk):
        field = desk.page.get_by_label("Name or number")
        await field.fill("who is this")
        await field.press("Enter")
        await expect(desk.text("Enter a name or a number.")).to_be_visible()
        assert len(await desk.phone_log()) == 1

    async def test_it_waits_for_a_phone_that_is_ready(self, desk: Desk):
        await desk.phone("standing", "registering")
        field = desk.page.get_by_label("Name or number")
        await field.fill("102")
        await field.press("Enter")
        await expect(desk.text("The phone is not connected yet.")).to_be_visible()

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("busy", "Busy"),
            ("noanswer", "No answer"),
            ("rejected", "Declined"),
            ("unavailable", "Not reachable"),
            ("forbidden", "You may not call this number"),
            ("failed", "The call failed"),
        ],
    )
    async def test_it_is_said_why_it_did_not_succeed(self, desk: Desk, reason: str, words: str):
        call = await desk.dials("102")
        await desk.office.call(call, state="ended", reason=reason)
        await desk.phone("over", call, "failed")
        await expect(desk.call.locator(".status")).to_have_text(words)
        await expect(desk.polite).to_have_text(f"Bob Berger: {words}")
        await expect(desk.page.get_by_role("heading", name="Make a call")).to_be_visible(
            timeout=9000
        )

    async def test_it_can_be_given_up(self, desk: Desk):
        await desk.dials("102")
        await desk.button("End call").click()
        await expect(desk.page.get_by_role("heading", name="Make a call")).to_be_visible()
        await until(lambda: desk.office.calls == {})

    async def test_without_a_microphone_it_is_said_what_to_do(self, desk: Desk):
        await desk.page.evaluate(
            """() => { navigator.mediaDevices.getUserMedia = () =>
                Promise.reject(new DOMException("no", "NotAllowedError")); }"""
        )
        await desk.page.get_by_label("Name or number").fill("102")
        await desk.page.get_by_label("Name or number").press("Enter")
        await expect(desk.text("The browser may not use your microphone.")).to_be_visible()
        await expect(desk.page.get_by_label("Name or number")).to_have_value("102")
        assert desk.office.calls == {}


class TestAnIncomingCall:
    async def test_is_noticed_everywhere(self, desk: Desk):
        await desk.rung(peer=BOB)
        await expect(desk.incoming).to_contain_text("Bob Berger")
        await expect(desk.urgent).to_contain_text("Incoming call from Bob Berger")
        await expect(desk.page).to_have_title("☎ Bob Berger is calling")

    async def test_is_answered(self, desk: Desk):
        await desk.rung(peer=BOB)
        await desk.button("Answer").click()
        await expect(desk.peer).to_have_text("Bob Berger")
        await expect(desk.incoming).to_have_count(0)
        await expect(desk.polite).to_have_text("Connected with Bob Berger")
        assert (await desk.phone_log())[-1] == "answer"

    async def test_is_said_no_longer_than_it_rings(self, desk: Desk):
        await desk.rung(peer=BOB)
        await expect(desk.urgent).to_contain_text("Incoming call from Bob Berger")
        await desk.office.call("in-1", state="ended", reason="cancelled")
        await expect(desk.urgent).to_have_text("")

    async def test_is_declined(self, desk: Desk):
        await desk.rung()
        await desk.button("Decline").click()
        await expect(desk.incoming).to_have_count(0)
        assert (await desk.phone_log())[-1] == "end declined"

    async def test_stops_when_another_device_has_answered(self, desk: Desk):
        await desk.rung()
        await desk.office.call("in-1", state="ended", reason="answered_elsewhere")
        await desk.phone("over", "in-1", "answered_elsewhere")
        await expect(desk.incoming).to_have_count(0)
        await expect(desk.text("Answered on another device").first).to_be_attached()

    async def test_rings_also_when_the_server_tells_later(self, desk: Desk):
        await desk.phone("rings", "in-9", "Carol Chen", "103")
        await expect(desk.incoming).to_contain_text("Carol Chen")
        await desk.office.call("in-9", peer=CAROL)
        await desk.button("Answer").click()
        await expect(desk.control("mute")).to_be_visible()

    async def test_shows_a_notification_when_the_page_is_hidden(self, visitor: Desk):
        await visitor.page.add_init_script(NOTIFIED)
        await visitor.page.reload()
        await visitor.signs_in()
        await visitor.goes("Settings")
        await visitor.page.get_by_role("switch", name="Show a notification").check()
        await visitor.rung(peer=BOB)
        shown = await visitor.page.evaluate("window.shown")
        assert shown == [["Incoming call", "Bob Berger"]]
        await visitor.button("Answer").click()
        await expect(visitor.incoming).to_have_count(0)
        assert (await visitor.page.evaluate("window.shown"))[-1] == "closed"


class TestInACall:
    async def test_the_microphone_is_muted_here_and_at_the_server(self, desk: Desk):
        await desk.talks()
        await desk.button("Mute").click()
        await expect(desk.button("Unmute")).to_be_visible()
        await expect(desk.call.get_by_text("Microphone muted")).to_be_visible()
        assert await desk.page.evaluate("window.phone.muted['in-1']") is True
        await desk.button("Unmute").click()
        await expect(desk.button("Mute")).to_be_visible()
        assert await desk.page.evaluate("window.phone.muted['in-1']") is False

    async def test_hold_and_resume(self, desk: Desk):
        await desk.talks()
        await desk.button("Hold").click()
        await expect(desk.call).to_contain_text("On hold")
        assert await desk.page.evaluate("window.phone.muted['in-1']") is True
        await desk.button("Resume").click()
        await expect(desk.button("Hold")).to_be_visible()

    async def test_it_is_shown_when_the_other_side_holds(self, desk: Desk):
        await desk.talks()
        await desk.office.call("in-1", held_by_other=True)
        await expect(desk.call.get_by_text("The other side has put you on hold")).to_be_visible()

    async def test_digits_go_out_in_order(self, desk: Desk):
        await desk.talks()
        await desk.button("Keypad").click()
        await desk.page.locator(".panel").get_by_role("button", name="Star").click()
        await desk.page.keyboard.type("42#")
        await expect(desk.page.locator("output.digits")).to_have_text("*42#")
        log = await desk.phone_log()
        assert [word for word in log if word.startswith("press")] == [
            "press *", "press 4", "press 2", "press #",
        ]  # fmt: skip
        assert desk.said("POST", "calls/in-1/dtmf") == []

    async def test_recording_on_and_off(self, desk: Desk):
        await desk.talks()
        await desk.button("Record").click()
        await expect(desk.call.locator(".chip.recording")).to_be_visible()
        await expect(desk.urgent).to_have_text("Recording has started")
        await desk.button("Stop recording").click()
        await expect(desk.button("Record")).to_be_visible()

    async def test_that_another_records_is_shown_and_nobody_else_is_offered_to_stop_it(
        self, desk: Desk
    ):
        await desk.talks()
        await desk.office.call("in-1", recording=True, recording_by_me=False)
        await expect(desk.call.locator(".chip.recording")).to_be_visible()
        await expect(desk.control("record")).to_have_count(0)
        await desk.page.keyboard.press("r")
        await desk.office.call("in-1", recording=False, recording_by_me=False)
        await expect(desk.button("Record")).to_be_visible()
        assert desk.said("POST", "calls/in-1/stop_record") == []

    async def test_who_is_muted_by_the_moderator_sees_it(self, desk: Desk):
        await desk.talks()
        me = {**desk.office.roster[1], "id": "x3", "me": True, "muted": True}
        desk.office.roster.append(me)
        await desk.office.call("in-1", conference="team")
        await expect(desk.call.get_by_text("Muted by the moderator")).to_be_visible()
        await expect(desk.control("mute")).to_have_attribute("aria-disabled", "true")
        me["muted"] = False
        await desk.office.tell("room", room="team")
        await expect(desk.call.get_by_text("Muted by the moderator")).to_have_count(0)
        await expect(desk.button("Mute")).to_be_visible()

    async def test_who_may_not_record_is_not_offered_it(self, desk: Desk):
        desk.office.me["grants"]["may_record"] = False
        await desk.office.tell("me", me=desk.office.me)
        await desk.talks()
        await expect(desk.button("Hold")).to_be_visible()
        await expect(desk.control("record")).to_have_count(0)

    async def test_what_the_server_refuses_is_said_and_nothing_changes(self, desk: Desk):
        await desk.talks()
        desk.office.refused["calls/in-1/mute"] = (409, "not_now")
        await desk.button("Mute").click()
        await expect(desk.text("This is not possible at this moment.")).to_be_visible()
        await expect(desk.button("Mute")).to_be_visible()
        assert await desk.page.evaluate("window.phone.muted['in-1']") is False

    async def test_the_level_of_the_microphone_moves(self, desk: Desk):
        await desk.talks()
        await desk.until(
            """Number(document.querySelector(".call .level-fill")
                .style.getPropertyValue("--level")) > 0.3"""
        )

    async def test_the_other_side_hangs_up(self, desk: Desk):
        await desk.talks()
        await desk.office.call("in-1", state="ended", reason="hangup")
        await expect(desk.call).to_contain_text("Call ended")

    async def test_leaving_the_page_is_asked_about(self, desk: Desk):
        await desk.talks()
        asked = []
        desk.page.once("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
        await desk.page.reload()
        assert asked == ["beforeunload"]


class TestSeveralCalls:
    async def test_answering_another_holds_the_first(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.rung("in-2", peer=CAROL)
        await expect(desk.incoming).to_contain_text("Your current call will be put on hold.")
        await desk.button("Answer").click()
        await expect(desk.peer).to_have_text("Carol Chen")
        assert desk.office.calls["in-1"]["held"]
        assert not desk.office.calls["in-2"]["held"]
        await expect(desk.page.locator(".others")).to_contain_text("Bob Berger")
        await expect(desk.page.locator(".others")).to_contain_text("On hold")

    async def test_resuming_one_holds_the_other(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.talks("in-2", peer=CAROL)
        await desk.button("Resume call with Bob Berger").click()
        await expect(desk.peer).to_have_text("Bob Berger")  # both are on hold for a moment
        await expect(desk.call.get_by_role("button", name="Hold", exact=True)).to_be_visible()
        await expect(desk.page.locator(".others")).to_contain_text("On hold")
        held = {id: call["held"] for id, call in desk.office.calls.items()}
        assert held == {"in-1": False, "in-2": True}

    async def test_a_new_call_is_made_beside_one(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.button("New call").click()
        await expect(desk.page.get_by_label("Name or number")).to_be_focused()
        await desk.dials("103")
        await expect(desk.peer).to_have_text("Carol Chen")
        assert desk.office.calls["in-1"]["held"]

    async def test_one_is_ended_from_the_list_of_others(self, desk: Desk):
        await desk.talks("in-1", peer=BOB)
        await desk.talks("in-2", peer=CAROL)
        await desk.button("End call with Bob Berger").click()
        await expect(desk.page.locator(".others")).to_have_count(0)
        await until(lambda: set(desk.office.calls) == {"in-2"})  # what it shows, it says afterwards


class TestTransfer:
    async def test_at_once(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.button("Transfer").click()
        await expect(desk.page.get_by_label("Transfer to")).to_be_focused()
        await desk.page.keyboard.type("carol")
        await desk.page.locator(".panel").get_by_role("button", name="Carol Chen").click()
        await desk.button("Transfer now").click()
        assert await desk.asked("POST", "calls/in-1/transfer") == {"to": "103"}
        await expect(desk.call).to_contain_text("Transferred")

    async def test_after_asking(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.button("Transfer").click()
        await desk.page.keyboard.type("103")
        known = set(desk.office.calls)
        await desk.button("Ask first").click()
        asked = await desk.made(known)
        await desk.picked_up(asked)
        assert desk.office.calls["in-1"]["held"]
        await desk.button("Connect Bob Berger with Carol Chen").click()
        assert await desk.asked("POST", "calls/in-1/attend") == {"with": asked}
        await expect(desk.call).to_contain_text("Transferred")

    async def test_who_is_transferred_sees_the_new_name(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.office.call("in-1", peer=CAROL)
        await expect(desk.peer).to_have_text("Carol Chen")
        await expect(desk.polite).to_have_text("You are now connected with Carol Chen")

    async def test_a_number_that_may_not_be_called_is_said(self, desk: Desk):
        await desk.talks(peer=BOB)
        desk.office.refused["calls/in-1/transfer"] = (422, "bad_number")
        await desk.button("Transfer").click()
        await desk.page.keyboard.type("0190123")
        await desk.page.keyboard.press("Enter")
        await expect(desk.text("This number cannot be called.")).to_be_visible()
        await expect(desk.page.get_by_label("Transfer to")).to_have_value("0190123")


class TestConference:
    async def test_a_call_is_brought_into_one_and_shows_who_is_there(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.button("Conference").click()
        await desk.page.locator(".panel").get_by_role("button", name="Team meeting").click()
        assert await desk.asked("POST", "calls/in-1/conference") == {"room": "team"}
        roster = desk.page.locator(".roster")
        await expect(roster).to_contain_text("2 people")
        await expect(roster.get_by_role("listitem").first).to_contain_text("Carol Chen")
        await expect(roster.get_by_role("listitem").first).to_contain_text("Moderator")

    async def test_one_that_is_in_no_list_is_typed(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.button("Conference").click()
        await expect(desk.page.get_by_role("textbox", name="Room")).to_be_focused()
        await desk.page.keyboard.type("811")
        await desk.page.keyboard.press("Enter")
        assert await desk.asked("POST", "calls/in-1/conference") == {"room": "811"}

    async def test_the_roster_follows(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.office.call("in-1", conference="team")
        await expect(desk.page.locator(".roster")).to_contain_text("Goran Gavrić")
        del desk.office.roster[1]
        await desk.office.tell("room", room="team")
        await expect(desk.page.locator(".roster")).to_contain_text("1 person")

    async def test_a_room_is_joined_from_the_list(self, desk: Desk):
        await desk.chooses("Rooms")
        await desk.button("Show who is in Team meeting").click()
        await expect(desk.page.locator(".roster")).to_contain_text("Goran Gavrić")
        known = set(desk.office.calls)
        await desk.button("Join Team meeting").click()
        await desk.made(known)
        assert "dial team" in await desk.phone_log()

    async def test_without_conferences_nothing_of_them_is_shown(self, visitor: Desk):
        visitor.office.rooms = None
        await visitor.signs_in()
        await expect(visitor.page.get_by_role("radio", name="Rooms")).to_have_count(0)
        await visitor.talks()
        await expect(visitor.control("conference")).to_have_count(0)


class TestCallsOfOtherPlaces:
    async def test_one_on_another_device_is_shown_and_can_be_ended(self, desk: Desk):
        await desk.office.call("far", state="connected", device="desk-phone", peer=BOB)
        await expect(desk.call).to_contain_text("On another of your devices")
        await expect(desk.control("mute")).to_have_count(0)
        await desk.button("End call").click()
        await desk.asked("POST", "calls/far/hangup")

    async def test_after_a_reload_the_call_comes_back_by_itself(self, desk: Desk):
        await desk.talks(peer=BOB)
        await desk.office.call("in-1", muted=True, rejoin=True)
        await desk.page.reload()
        await expect(desk.call).to_contain_text("Bringing your call back…")
        await expect(desk.page.locator(".standing")).to_contain_text("Ready")
        await desk.phone("rings", "in-1", "Bob Berger", "102")
        await expect(desk.button("Unmute")).to_be_visible()
        await expect(desk.incoming).to_have_count(0)
        assert (await desk.phone_log())[-1] == "answer"
        assert await desk.page.evaluate("window.phone.muted['in-1']") is True

    async def test_it_comes_back_also_when_the_invite_is_first(self, desk: Desk):
        await desk.phone("rings", "in-1", "Bob Berger", "102")
        await desk.office.call("in-1", state="connected", device=ENDPOINT, peer=BOB, rejoin=True)
        await expect(desk.control("mute")).to_be_visible()
        assert "answer" in await desk.phone_log()

    async def test_a_call_that_nobody_brings_back_can_be_ended(self, desk: Desk):
        await desk.office.call("in-1", state="connected", device=ENDPOINT, rejoin=True)
        await desk.button("End call").click()
        await desk.asked("POST", "calls/in-1/hangup")

    async def test_an_unknown_caller_is_called_that(self, desk: Desk):
        await desk.rung(peer=peer("", ""))
        await expect(desk.incoming).to_contain_text("Unknown number")
