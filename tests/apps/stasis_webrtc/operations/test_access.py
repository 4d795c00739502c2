"""Who may ask for what: without a token, without the scope, and for what is another user's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from stasis_webrtc.api import operations
from stasis_webrtc.grant import ADMIN, Grants
from stasis_webrtc.ledger import Message, Recorded
from stasis_webrtc.view import Peer

from stasis.testing.clock import virtual_time
from stasis.web import ANY, Operation
from tests.apps.stasis_webrtc.switch import NOON, Page, Site, Talk, served

PARTS = {"user": "bert", "call": "x", "message": "1", "recording": "1", "room": "1000"}
BODIES: dict[str, dict[str, str]] = {
    "dtmf": {"digits": "1"},
    "transfer": {"to": "203"},
    "attend": {"with": "x"},
    "conference": {"room": "1000"},
}


class At:
    """Enough to make the table with."""

    def __getattr__(self, name: str) -> object:
        return None


TABLE: list[Operation] = operations(At())  # type: ignore[arg-type]
ADMINISTRATION = [each for each in TABLE if each.scope == ADMIN]
# Of one thing that is somebody's: what another one asks for must be as if it were not there.
OF_ONE = [each for each in TABLE if re.search(r"\{(call|message|recording)\}", each.path)]


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def path_of(operation: Operation, **parts: str) -> str:
    known = {**PARTS, "session": "0" * 32, **parts}
    return re.sub(r"\{(\w+)\}", lambda found: known[found[1]], operation.path)


def body_of(operation: Operation) -> dict[str, str] | None:
    return BODIES.get(operation.path.rpartition("/")[2])


def test_only_what_is_about_the_session_needs_no_token():
    open_ = {named(each) for each in TABLE if not each.scope}
    assert open_ == {"POST /login", "POST /session/refresh", "POST /session/logout"}


def test_users_sessions_and_the_audit_log_are_for_administrators():
    about = re.compile(r"/(users|sessions|audit)\b")
    assert ADMINISTRATION == [each for each in TABLE if about.match(each.path)]
    assert {each.scope for each in TABLE} == {"", ANY, ADMIN}


@virtual_time
async def test_no_operation_is_done_without_a_token_or_with_one_that_is_none():
    async with served() as site:
        page = await site.page("anna")
        real = page.token
        page.cookies.clear()
        head, payload, signature = real.split(".")
        other = ("A" if signature[0] != "A" else "B") + signature[1:]
        tokens = ("", "x", f"{head}.{payload}.", f"{head}.{payload}.{other}", "x" * 5000)
        for operation in TABLE:
            for token in tokens if operation.scope else ():
                answer = await page.ask(operation.method, path_of(operation), {}, token=token)
                assert (answer.status, answer.code) == (401, "no_token"), named(operation)
                assert answer.headers["WWW-Authenticate"] == "Bearer"


@virtual_time
async def test_no_administration_is_done_by_who_is_no_administrator():
    async with served() as site:
        page = await site.page("anna")
        for operation in ADMINISTRATION:
            answer = await page.ask(operation.method, path_of(operation), {})
            assert (answer.status, answer.code) == (403, "no_scope"), named(operation)
        assert (await site.switch.accounts.user("bert")).name == "bert"


@virtual_time
async def test_who_is_an_administrator_no_more_is_none_at_once():
    async with served() as site:
        page = await site.page("root")
        await page.get("/users")
        await site.switch.accounts.change("root", grants=Grants(), by="other")
        assert (await page.ask("GET", "/users")).code == "no_scope"


class TestAnotherUsers:
    """Two talk, one has a message and a recording; a third asks for each of it by its id."""

    async def things(self, site: Site) -> tuple[Talk, dict[str, str]]:
        talk = await site.talk()
        assert (await talk.one.act("record")).status == 204
        history, began = site.switch.kept.history, NOON
        await history.left(Message("anna", "m", Peer("", "203", ""), began, 3.0))
        ended = began + timedelta(seconds=3)
        await history.recorded(Recorded("anna", "r", "old", Peer(), began, ended))
        call = (await talk.one.call())["id"]
        return talk, {"call": call, "message": "1", "recording": "2"}

    @pytest.mark.parametrize("operation", OF_ONE, ids=named)
    @virtual_time
    async def test_is_as_if_it_were_not_there(self, operation: Operation):
        async with served() as site:
            talk, parts = await self.things(site)
            stranger = await site.page("carl")
            answers = []
            for each in (parts, dict.fromkeys(parts, "99999999")):
                path = path_of(operation, **each)
                answers.append(await stranger.ask(operation.method, path, body_of(operation)))
            assert answers[0].status == 404
            assert answers[0].code in ("no_call", "no_message", "no_recording")
            assert answers[0].body == answers[1].body
            await self.is_untouched(talk)
            await talk.over()

    async def is_untouched(self, talk: Talk) -> None:
        """Nothing of it has changed."""
        call = await talk.one.call()
        assert (call["state"], call["held"], call["muted"]) == ("connected", False, False)
        assert call["recording"] and call["conference"] is None
        (message,) = await talk.one.get("/messages")
        assert message["heard"] is False
        assert [each["id"] for each in await talk.one.get("/recordings")] == ["2"]
        await talk.caller.talks_with(talk.callee)

    @virtual_time
    async def test_call_is_not_even_the_other_ones_by_its_id(self):
        """Each has the call by an id of its own: with the other's nothing is to be done."""
        async with served() as site:
            talk = await site.talk()
            mine, other = await talk.one.call(), await talk.other.call()
            assert mine["id"] != other["id"]
            assert (await talk.other.act("hangup", mine["id"])).code == "no_call"
            assert (await talk.one.act("attend", other["id"], **{"with": mine["id"]})).status == 404
            assert (await talk.one.act("attend", mine["id"], **{"with": other["id"]})).status == 404
            await talk.over()

    @virtual_time
    async def test_lists_are_empty_for_who_has_nothing(self):
        async with served() as site:
            talk, _ = await self.things(site)
            await talk.over()
            stranger = await site.page("carl")
            for path in ("/calls", "/history", "/messages", "/recordings"):
                assert await stranger.get(path) == [], path
            assert len(await talk.one.get("/history")) == 1


class TestOut:
    """Whoever is disabled, removed, revoked or has another password, is out at that moment."""

    async def revoked(self, site: Site, root: Page, page: Page) -> None:
        await root.done("DELETE", f"/sessions/{page.id}")

    async def disabled(self, site: Site, root: Page, page: Page) -> None:
        await root.done("PUT", "/users/anna", {"disabled": True})

    async def removed(self, site: Site, root: Page, page: Page) -> None:
        await root.done("DELETE", "/users/anna")

    async def password_set(self, site: Site, root: Page, page: Page) -> None:
        await root.done("PUT", "/users/anna", {"password": "another long one"})

    @pytest.mark.parametrize(
        ("how", "reason"),
        [
            ("revoked", "revoked"),
            ("disabled", "disabled"),
            ("removed", "disabled"),
            ("password_set", "revoked"),
        ],
    )
    @virtual_time
    async def test_at_once_with_token_cookie_feed_device_and_calls(self, how: str, reason: str):
        async with served() as site:
            talk = await site.talk()
            page = talk.one
            root = await site.page("root")
            ear = await page.listen()
            await ear.told()
            await getattr(self, how)(site, root, page)
            assert (await page.ask("GET", "/me")).code == "no_token"
            (*_, told) = await ear.until("signed_out")
            assert told["reason"] == reason
            assert await ear.closed() == 4401
            assert await (await page.listen()).closed() == 4401
            answer = await page.refresh()
            assert (answer.status, answer.code in ("revoked", "no_session")) == (401, True)
            await talk.caller.is_hung_up(within=2)
            await talk.callee.is_hung_up(within=2)
            assert endpoints(site) == [talk.other.endpoint]
            assert (await talk.other.get("/me"))["user"] == "bert"


def endpoints(site: Site) -> list[Any]:
    """The devices that Asterisk has."""
    return site.asterisk.machine.sorcery.names("endpoint")
