"""Logging in and out, the cookie, and the session's device, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from stasis import Secret
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.kept import PASSWORD
from tests.apps.stasis_webrtc.switch import BASE, Page, Site, Switch, served

NAME = "stasis_webrtc_refresh"
TLS = "https://phone.example.org"
WSS = "wss://pbx.example.org:8089/ws"


class TestLogIn:
    @virtual_time
    async def test_it_gives_a_token_and_a_cookie_that_no_script_and_no_other_site_gets(self):
        async with served() as site:
            page = site.browser()
            answer = await page.log_in("anna")
            assert answer.status == 200 and answer.body["expires_in"] == 900
            assert len(answer.body["session"]) == 32
            cookie = page.cookie
            assert (cookie.key, cookie["path"]) == (NAME, f"{BASE}/session")
            assert cookie["httponly"] and cookie["samesite"] == "Strict"
            assert cookie["max-age"] == "86400" and not cookie["domain"] and not cookie["secure"]
            assert answer.headers["Cache-Control"] == "no-store"
            assert page.cookie.value not in str(answer.body)
            assert (await page.get("/me"))["user"] == "anna"

    @pytest.mark.parametrize(
        ("websocket", "origin", "name", "secure"),
        [
            ("ws://127.0.0.1/ws", "", NAME, False),
            ("ws://127.0.0.1/ws", TLS, f"__Secure-{NAME}", True),
            (WSS, TLS, f"__Secure-{NAME}", True),
            # A page of loopback may use Asterisk's TLS. Its browser takes no such prefix there.
            (WSS, "", NAME, True),
        ],
    )
    @virtual_time
    async def test_behind_tls_the_cookie_is_for_tls_alone(
        self, websocket: str, origin: str, name: str, secure: bool
    ):
        async with served(Switch(websocket=websocket, origins=[TLS])) as site:
            page = site.browser(origin)
            await page.log_in("anna")
            assert (page.cookie.key, bool(page.cookie["secure"])) == (name, secure)
            assert (await page.refresh()).status == 200
            assert (page.cookie.key, bool(page.cookie["secure"])) == (name, secure)
            assert (await page.log_out()).status == 204
            assert page.cookies == {}

    @pytest.mark.parametrize(
        ("user", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("ann%", PASSWORD)]
    )
    @virtual_time
    async def test_who_is_wrong_learns_nothing_of_why(self, user: str, password: str):
        async with served() as site:
            answer = await site.browser().log_in(user, password)
            assert (answer.status, answer.code) == (401, "wrong_password")
            assert answer.body["detail"] == "no such user, or not this password"
            assert "Set-Cookie" not in answer.headers

    @virtual_time
    async def test_a_name_may_be_written_as_people_write_it(self):
        async with served() as site:
            assert (await site.browser().log_in(" Anna ")).status == 200

    @virtual_time
    async def test_who_is_disabled_is_told_so(self):
        async with served() as site:
            await site.switch.accounts.disable("anna")
            answer = await site.browser().log_in("anna")
            assert (answer.status, answer.code) == (403, "disabled")

    @virtual_time
    async def test_who_tries_too_often_has_to_wait(self):
        async with served(Switch(log_in_address=3)) as site:
            page = site.browser()
            for _ in range(3):
                assert (await page.log_in("anna", "wrong")).status == 401
            answer = await page.log_in("anna")
            assert (answer.status, answer.code) == (429, "too_many_attempts")
            wait = int(answer.headers["Retry-After"])
            assert 590 <= wait <= 600
            await asyncio.sleep(wait + 1)
            assert (await page.log_in("anna")).status == 200

    @virtual_time
    async def test_many_at_once_gain_nothing(self):
        async with served(Switch(log_in_address=3)) as site:
            tried = (site.browser().log_in("anna", f"guess {n}") for n in range(12))
            codes = [each.code for each in await asyncio.gather(*tried)]
            assert codes.count("too_many_attempts") >= 9


class TestRefresh:
    @virtual_time
    async def test_each_token_is_good_once_and_gives_the_next(self):
        async with served() as site:
            page = await site.page("anna")
            first, token = page.cookie.value, page.token
            await asyncio.sleep(600)
            answer = await page.refresh()
            assert answer.status == 200 and answer.body["expires_in"] == 900
            assert page.cookie.value != first and page.token != token
            assert page.cookie["path"] == f"{BASE}/session"
            await asyncio.sleep(600)
            assert (await page.get("/me"))["user"] == "anna"

    @virtual_time
    async def test_without_a_cookie_there_is_no_session(self):
        async with served() as site:
            page = site.browser()
            assert (await page.refresh()).code == "no_session"
            for value in ("x", "x" * 600, "é", '"', "a=b; c"):
                answer = await page.ask(
                    "POST", "/session/refresh", headers={"Cookie": f"{NAME}={value}"}
                )
                assert (answer.status, answer.code) == (401, "no_session")

    @virtual_time
    async def test_one_that_comes_again_ends_the_session_and_is_written_down(self):
        async with served() as site:
            page = await site.page("anna")
            ear = await page.listen()
            await ear.told()
            stolen = site.browser()
            stolen.cookies = dict(page.cookies)
            await page.refresh()
            await asyncio.sleep(60)
            await page.refresh()
            answer = await stolen.refresh()
            assert (answer.status, answer.code) == (401, "replayed")
            (told,) = await ear.until("signed_out")
            assert told["reason"] == "replayed"
            assert await ear.closed() == 4401
            assert (await page.refresh()).code == "replayed"
            assert (await page.ask("GET", "/me")).status == 401
            assert (await site.switch.kinds())[-2:] == ["refresh_replayed", "session_ended"]

    @virtual_time
    async def test_two_tabs_that_refresh_at_once_both_go_on(self):
        async with served() as site:
            page = await site.page("anna")
            other = site.browser()
            other.cookies, other.user = dict(page.cookies), "anna"
            answers = await asyncio.gather(page.refresh(), other.refresh())
            assert [each.status for each in answers] == [200, 200]
            # They share their cookies: the browser has the one that came last.
            statuses = {(await each.ask("GET", "/me")).status for each in (page, other)}
            assert statuses == {200}
            assert "refresh_replayed" not in await site.switch.kinds()

    @virtual_time
    async def test_a_session_that_was_revoked_says_so(self):
        async with served() as site:
            page = await site.page("anna")
            await site.switch.sessions.end(page.id, "revoked", by="root")
            assert (await page.refresh()).code == "revoked"

    @virtual_time
    async def test_a_cookie_that_a_neighbour_has_set_beside_it_keeps_nobody_out(self):
        async with served() as site:
            page = await site.page("anna")
            own = page.cookie.value
            page.cookies.clear()
            for others in (["x"], ["x", "y"]):
                lines = [f"{NAME}={each}" for each in (*others, own)]
                headers = {"Cookie": "; ".join(lines)}
                answer = await page.ask("POST", "/session/refresh", headers=headers, token="")
                assert answer.status == 200, answer
                own = page.cookie.value
                page.cookies.clear()

    @virtual_time
    async def test_a_page_over_tls_takes_no_cookie_that_one_without_could_have_set(self):
        async with served(Switch(origins=[TLS])) as site:
            plain = await site.page("bert")
            page = site.browser(TLS)
            page.cookies = dict(plain.cookies)
            assert (await page.refresh()).code == "no_session"


class TestLogOut:
    @virtual_time
    async def test_it_ends_the_session_its_page_and_its_cookie(self):
        async with served() as site:
            page = await site.page("anna")
            ear = await page.listen()
            await ear.told()
            copy = dict(page.cookies)
            answer = await page.log_out()
            assert answer.status == 204 and page.cookies == {}
            line = answer.headers["Set-Cookie"]
            assert "Max-Age=0" in line and f"Path={BASE}/session" in line
            assert "HttpOnly" in line and "SameSite=Strict" in line
            (told,) = await ear.until("signed_out")
            assert told["reason"] == "logged_out"
            assert await ear.closed() == 4401
            assert (await page.ask("GET", "/me")).code == "no_token"
            page.cookies = copy
            assert (await page.refresh()).code == "no_session"

    @virtual_time
    async def test_it_ends_this_session_alone_and_twice_is_fine(self):
        async with served() as site:
            page, other = await site.page("anna"), await site.page("anna")
            copy = dict(page.cookies)
            await page.log_out()
            page.cookies = copy
            assert (await page.log_out()).status == 204
            assert (await site.browser().log_out()).status == 204
            assert (await other.get("/me"))["user"] == "anna"


class TestOtherSites:
    ORIGINS = (
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://[",
        "file://",
        "http://127.0.0.1.evil.example",
        "chrome-extension://abc",
    )

    @pytest.mark.parametrize("origin", ORIGINS)
    @virtual_time
    async def test_their_pages_can_neither_log_in_nor_refresh_nor_log_out(self, origin: str):
        async with served() as site:
            page = await site.page("anna")
            value = page.cookie.value
            page.origin = origin
            for path, body in (
                ("/login", {"user": "anna", "password": PASSWORD}),
                ("/session/refresh", None),
                ("/session/logout", None),
            ):
                answer = await page.ask("POST", path, body, token="")
                assert (answer.status, answer.code) == (403, "other_origin"), path
                assert "Set-Cookie" not in answer.headers
            page.origin = ""
            assert (await page.refresh()).status == 200 and page.cookie.value != value

    @pytest.mark.parametrize("origin", ORIGINS)
    @virtual_time
    async def test_nor_listen(self, origin: str):
        async with served() as site:
            answer = await site.browser().ask("GET", "/events", headers={"Origin": origin})
            assert (answer.status, answer.code) == (403, "origin")

    @virtual_time
    async def test_those_that_the_configuration_names_can(self):
        async with served(Switch(origins=["https://office.example"])) as site:
            page = site.browser("https://office.example")
            assert (await page.log_in("anna")).status == 200
            assert (await page.refresh()).status == 200

    @virtual_time
    async def test_a_form_of_theirs_is_no_log_in(self):
        """What a form can send without a question is refused whatever it says of its origin."""
        async with served() as site:
            for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
                headers = {"Content-Type": kind}
                answer = await site.browser().ask("POST", "/login", {"user": "x"}, headers=headers)
                assert (answer.status, answer.code) == (415, "not_json")

    @virtual_time
    async def test_a_cookie_alone_does_nothing_else(self):
        """The browser sends it to the session's path only; and if it came, it would not count."""
        async with served() as site:
            page = await site.page("anna")
            headers = {"Cookie": f"{NAME}={page.cookie.value}"}
            for method, path in (("GET", "/me"), ("POST", "/device"), ("DELETE", "/users/anna")):
                answer = await page.ask(method, path, {"tab": "x"}, token="", headers=headers)
                assert answer.code == "no_token"


class TestDevice:
    @virtual_time
    async def test_a_page_gets_all_that_it_needs_to_be_a_telephone(self):
        config: dict[str, Any] = {
            "websocket": WSS,
            "stun": ["stun:stun.example.org"],
            "turn": ["turn:turn.example.org:3478?transport=udp"],
            "turn_secret": Secret("geheim"),
            "turn_seconds": 3600,
        }
        async with served(Switch(**config)) as site:
            page = await site.page("anna")
            device = await page.open()
            assert device["endpoint"].startswith("w-anna-")
            assert device["uri"] == f"sip:{device['endpoint']}@pbx.example.org"
            assert device["websocket"] == WSS and len(device["password"]) == 32
            stun, turn = device["ice_servers"]
            assert stun == {"urls": ["stun:stun.example.org"]}
            assert turn["username"].endswith(":anna") and turn["credential"]
            assert "geheim" not in str(device)
            # The page asks anew before the first of what it has ends.
            assert device["expires"].startswith("2026-11-23T13:00")

    @virtual_time
    async def test_without_turn_it_holds_longer(self):
        async with served() as site:
            device = await (await site.page("anna")).open()
            assert device["ice_servers"] == []
            assert device["expires"].startswith("2026-11-24T00:00")

    @virtual_time
    async def test_when_asterisk_does_not_take_it_the_page_may_try_again(self):
        async with served() as site:
            page = await site.page("anna")
            site.asterisk.refuse("PUT /asterisk/config/.*endpoint.*", 403, times=1)
            answer = await page.ask("POST", "/device", {"tab": "x"})
            assert (answer.status, answer.code) == (503, "no_device")
            assert answer.headers["Retry-After"] == "30"
            site.asterisk.refuse("PUT /asterisk/config/.*auth.*", 503, times=1)
            answer = await page.ask("POST", "/device", {"tab": "x"})
            assert (answer.status, answer.code) == (503, "asterisk")
            await page.open("x")


async def whole_session(site: Site) -> list[str]:
    """All that one does from log-in to log-out. Returns what must stay secret."""
    page: Page = site.browser()
    await page.log_in("anna", "a wrong password")
    await page.log_in("anna")
    secrets = ["a wrong password", PASSWORD, page.token, page.cookie.value]
    for tab in ("one", "two"):
        device = await page.open(tab)
        secrets += [device["password"], device["ice_servers"][0]["credential"]]
    await page.registers()
    ear = await page.listen()
    await ear.told()
    await page.refresh()
    secrets += [page.token, page.cookie.value]
    await page.ask("GET", "/users")
    await page.ask("PUT", "/me/password", {"old": "wrong one", "new": "longer than before"})
    await page.ask("PUT", "/me/password", {"old": PASSWORD, "new": "longer than before"})
    secrets += ["wrong one", "longer than before"]
    site.asterisk.refuse("PUT /asterisk/config/.*auth.*", 400, times=1)
    await page.ask("POST", "/device", {"tab": "three"})
    caller = await page.dials("201")
    await caller.hangs_up()
    await page.log_out()
    await page.ask("GET", "/me")
    await page.ask("GET", "/me", token=page.token[:-3] + "abc")
    await ear.closed()
    return secrets


@virtual_time
async def test_no_log_has_a_token_a_password_or_a_secret():
    turn = {"turn": ["turn:turn.example.org"], "turn_secret": Secret("of the turn server")}
    with capture_logs() as logs:
        async with served(Switch(**turn)) as site:
            secrets = [*(await whole_session(site)), "of the turn server"]
    assert len(logs) > 12 and len(set(secrets)) >= 12
    assert not [each for each in secrets if each in str(logs)]
