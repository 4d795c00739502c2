"""Signing in and out: who gets in, what stays in the browser, how it ends."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.page.desk import Desk
from tests.browser.page.server import PASSWORD, Office
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestSigningIn:
    async def test_a_phone_is_registered_with_what_the_server_gives(self, desk: Desk):
        assert await desk.phone_log() == ["start w-alice-0badcafe secret-1"]
        await expect(desk.text("Alice Andersson").first).to_be_visible()
        body = desk.said("POST", "login")[0]
        assert body["user"] == "alice"
        assert "Chrome" in body["device"]

    async def test_a_wrong_password_is_said_and_can_be_typed_again(self, visitor: Desk):
        await visitor.enters("alice", "wrong")
        alert = visitor.page.locator("#sign-in-problem")
        await expect(alert).to_have_text("The name or the password is wrong.")
        await expect(visitor.page.get_by_label("Password", exact=True)).to_be_focused()
        await visitor.page.keyboard.type(PASSWORD)
        await visitor.page.keyboard.press("Enter")
        await visitor.ready()

    async def test_an_empty_field_is_not_sent(self, visitor: Desk):
        await visitor.enters("alice", "")
        await expect(visitor.text("Enter your user name and your password.")).to_be_visible()
        assert visitor.office.asked == []

    async def test_who_tries_too_often_sees_how_long_to_wait(self, visitor: Desk):
        visitor.office.tries_left = 0
        await visitor.enters("alice", PASSWORD)
        words = re.compile(r"^Too many attempts\. Try again in [1-6] seconds?\.$")
        await expect(visitor.page.get_by_text(words)).to_be_visible()
        await expect(visitor.button("Sign in")).to_have_attribute("aria-disabled", "true")
        visitor.office.tries_left = 1
        await expect(visitor.text("Too many attempts.")).to_be_hidden(timeout=9000)
        await visitor.button("Sign in").click()
        await visitor.ready()

    async def test_the_password_can_be_looked_at(self, visitor: Desk):
        field = visitor.page.get_by_label("Password", exact=True)
        await field.fill("secret")
        await visitor.button("Show password").click()
        await expect(field).to_have_attribute("type", "text")
        await visitor.button("Show password").click()
        await expect(field).to_have_attribute("type", "password")

    async def test_a_server_that_is_away_is_said(self, visitor: Desk):
        await visitor.page.route("**/login", lambda route: route.abort())
        await visitor.enters("alice", PASSWORD)
        await expect(visitor.text("The server cannot be reached.")).to_be_visible()


class TestStayingSignedIn:
    async def test_a_reload_goes_on(self, desk: Desk):
        await desk.page.reload()
        await desk.ready()

    async def test_no_secret_is_where_scripts_of_other_days_find_it(self, desk: Desk):
        kept = await desk.page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
        assert "token" not in kept
        assert "secret" not in kept

    async def test_tabs_refresh_one_after_the_other(self, desk: Desk):
        tabs = [await Desk.tab(desk.office, desk.context) for _ in range(3)]
        for tab in tabs:
            await expect(tab.page.locator(".frame")).to_be_visible()
        await desk.page.reload()
        await expect(desk.page.locator(".frame")).to_be_visible()

    async def test_a_token_that_is_refused_is_renewed_unseen(self, desk: Desk):
        desk.office.tokens.clear()
        await desk.goes("History")
        await expect(desk.text("Carol Chen").first).to_be_visible()
        assert desk.office.tokens == {"token-2"}

    async def test_a_token_is_renewed_before_it_ends_and_the_event_socket_is_told(
        self, visitor: Desk
    ):
        visitor.office.expires_in = 2
        await visitor.signs_in()
        visitor.office.expires_in = 900
        assert await visitor.asked("WS", "events") != {"token": "token-1"}
        # Signing in may have taken longer than a token lasts.
        latest = {"token": f"token-{visitor.office.count}"}
        await until(lambda: visitor.said("WS", "events")[-1] == latest)

    async def test_a_server_that_is_away_at_first_is_waited_for(self, desk: Desk):
        desk.office.down = True
        await desk.page.reload()
        await expect(desk.text("The server cannot be reached.")).to_be_visible()
        desk.office.down = False
        await desk.ready()


class TestSigningOut:
    async def test_by_hand_ends_calls_and_session(self, desk: Desk):
        await desk.talks()
        await desk.button("Sign out").click()
        await expect(desk.text("You have signed out.")).to_be_visible()
        assert desk.office.cookies == set()
        await until(lambda: desk.office.calls == {})
        await desk.page.reload()
        await expect(desk.button("Sign in")).to_be_visible()

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("revoked", "Your session was ended."),
            ("expired", "Your session has expired."),
            ("disabled", "This account is disabled."),
            ("replayed", "ended for your safety"),
        ],
    )
    async def test_by_the_server_says_why(self, desk: Desk, reason: str, words: str):
        await desk.office.tell("signed_out", reason=reason)
        await expect(desk.text(words)).to_be_visible()
        assert "stop" in await desk.phone_log()

    async def test_a_session_that_is_gone_is_noticed_when_something_is_asked(self, desk: Desk):
        desk.office.tokens.clear()
        desk.office.cookies.clear()
        await desk.goes("History")
        await expect(desk.text("Your session has expired.")).to_be_visible()


async def test_nothing_of_another_user_stays(desk: Desk, office: Office):
    await desk.goes("Messages")
    await desk.button("Sign out").click()
    await expect(desk.button("Sign in")).to_be_visible()
    office.messages = []
    office.contacts = []
    await desk.signs_in()
    await expect(desk.text("No contacts yet.")).to_be_visible()
    await expect(desk.text("Bob Berger")).to_have_count(0)
