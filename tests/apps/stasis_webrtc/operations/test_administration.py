"""Users, sessions and the audit log, for administrators."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.switch import Switch, served

LONG = "a long password"


@virtual_time
async def test_a_user_is_added_changed_and_removed():
    async with served() as site:
        root = await site.page("root")
        body = {"name": "Dora", "extension": "204", "password": LONG, "may_call": ["*", "!+49900*"]}
        made = await root.done("PUT", "/users/Dora", body)
        assert (made["user"], made["name"], made["extension"]) == ("dora", "Dora", "204")
        assert made["grants"]["may_call"] == ["*", "!+49900*"] and not made["admin"]
        assert LONG not in str(made)
        dora = site.browser()
        assert (await dora.log_in("dora", LONG)).status == 200
        changed = await root.done("PUT", "/users/dora", {"admin": True, "may_record": True})
        assert changed["admin"] and changed["grants"]["may_record"]
        assert changed["extension"] == "204" and changed["grants"]["may_call"] == ["*", "!+49900*"]
        assert await root.get("/users/dora") == changed
        names = [each["user"] for each in await root.get("/users")]
        assert names == ["anna", "bert", "carl", "dora", "root"]
        await root.done("DELETE", "/users/dora")
        assert (await root.ask("GET", "/users/dora")).code == "no_user"
        assert (await root.ask("DELETE", "/users/dora")).code == "no_user"
        assert (await dora.ask("GET", "/me")).status == 401


@virtual_time
async def test_a_new_one_needs_a_password():
    async with served() as site:
        root = await site.page("root")
        answer = await root.ask("PUT", "/users/dora", {"name": "Dora"})
        assert (answer.status, answer.code) == (422, "no_password")
        assert "'dora'" in answer.body["detail"] and "password" in answer.body["detail"]
        assert (await root.ask("GET", "/users/dora")).code == "no_user"
        await root.done("PUT", "/users/dora", {"password": LONG})
        assert (await site.browser().log_in("dora", LONG)).status == 200


@virtual_time
async def test_who_is_disabled_comes_back_when_enabled():
    async with served() as site:
        root = await site.page("root")
        assert (await root.done("PUT", "/users/anna", {"disabled": True}))["disabled"]
        assert (await site.browser().log_in("anna")).code == "disabled"
        assert not (await root.done("PUT", "/users/anna", {"disabled": False}))["disabled"]
        assert (await site.browser().log_in("anna")).status == 200


class TestOneself:
    @pytest.mark.parametrize("name", ["root", "ROOT", "%20root%20", "ro%00ot"])
    @virtual_time
    async def test_no_administrator_shuts_itself_out(self, name: str):
        async with served() as site:
            root = await site.page("root")
            for body in ({"admin": False}, {"disabled": True}, {"admin": True, "disabled": True}):
                answer = await root.ask("PUT", f"/users/{name}", body)
                assert (answer.status, answer.code) == (409, "yourself")
            assert (await root.ask("DELETE", f"/users/{name}")).code == "yourself"
            assert (await root.get("/me"))["admin"]

    @virtual_time
    async def test_it_may_change_the_rest_of_itself(self):
        async with served() as site:
            root = await site.page("root")
            told = await root.done("PUT", "/users/root", {"name": "Chief", "extension": "200"})
            assert (told["name"], told["admin"]) == ("Chief", True)


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("anna", {"extension": "202"}, 409, "extension_taken"),
        ("dora", {"extension": "202", "password": LONG}, 409, "extension_taken"),
        ("anna", {"extension": "x"}, 422, "bad_extension"),
        ("anna", {"name": "x\ny"}, 422, "bad_title"),
        ("anna", {"may_call": ["everything"]}, 422, "bad_grant"),
        ("anna", {"may_call": ["+49", "rooms internal"]}, 422, "bad_grant"),
        ("dora", {"password": "short"}, 422, "weak_password"),
        ("dora", {"name": "Dora"}, 422, "no_password"),
        ("d%2F..%2Fora", {"password": LONG}, 422, "bad_name"),
        ("4711", {"password": LONG}, 422, "bad_name"),
        ("d" * 33, {"password": LONG}, 422, "bad_name"),
        ("d" * 65, {}, 404, "not_found"),
        ("anna", {"password_hash": "x"}, 422, "wrong_body"),
    ],
)
@virtual_time
async def test_what_no_user_can_be_is_refused(
    name: str, body: dict[str, Any], status: int, code: str
):
    async with served() as site:
        root = await site.page("root")
        before = await root.get("/users")
        answer = await root.ask("PUT", f"/users/{name}", body)
        assert (answer.status, answer.code) == (status, code), answer
        assert await root.get("/users") == before


@virtual_time
async def test_a_change_is_done_as_a_whole_or_not_at_all():
    async with served() as site:
        root = await site.page("root")
        body = {"name": "Annabel", "admin": True, "password": "short"}
        assert (await root.ask("PUT", "/users/anna", body)).code == "weak_password"
        anna = await root.get("/users/anna")
        assert (anna["name"], anna["admin"]) == ("Anna", False)
        # What the password must not be is said by the name that the user is to have.
        body = {"name": "Rumpelstilz", "password": "rumpelstilz1"}
        assert (await root.ask("PUT", "/users/anna", body)).code == "weak_password"


class TestSessions:
    @virtual_time
    async def test_they_are_listed_without_what_they_are_opened_with_and_can_be_ended(self):
        async with served() as site:
            root, anna = await site.page("root"), await site.page("anna")
            device = await anna.open()
            (session,) = await root.get("/users/anna/sessions")
            assert (session["id"], session["device"]) == (anna.id, "Chrome")
            assert session["endpoint"] == device["endpoint"]
            assert session["address"] == "127.0.0.1"
            secrets = (anna.token, anna.cookie.value, device["password"])
            assert not [each for each in secrets if each in str(session)]
            await root.done("DELETE", f"/sessions/{anna.id}")
            assert await root.get("/users/anna/sessions") == []
            answer = await root.ask("DELETE", f"/sessions/{anna.id}")
            assert (answer.status, answer.code) == (404, "no_session")

    @virtual_time
    async def test_of_nobody_there_are_none(self):
        async with served() as site:
            root = await site.page("root")
            assert (await root.ask("GET", "/users/nobody/sessions")).code == "no_user"
            assert (await root.ask("DELETE", "/sessions/nonsense")).code == "no_session"

    @virtual_time
    async def test_who_has_too_many_loses_the_oldest(self):
        async with served(Switch(sessions=2)) as site:
            first = await site.page("anna")
            await first.open()
            ear = await first.listen()
            await ear.told()
            await site.page("anna")
            await site.page("anna")
            (*_, told) = await ear.until("signed_out")
            assert told["reason"] == "revoked"
            assert await ear.closed() == 4401
            await site.asterisk.turn()
            assert site.asterisk.machine.sorcery.names("endpoint") == []


@virtual_time
async def test_the_audit_log_says_who_did_what_and_from_where():
    async with served() as site:
        await site.browser().log_in("anna", "wrong")
        root = await site.page("root")
        await root.done("PUT", "/users/anna", {"admin": True})
        await root.done("PUT", "/users/anna", {"password": LONG})
        lines = await root.get("/audit")
        kinds = [each["kind"] for each in lines]
        assert kinds[0] == "password_changed" and "user_changed" in kinds
        assert kinds[-2:] == ["logged_in", "log_in_wrong"]
        assert lines[-1]["address"] == "127.0.0.1"
        (first, *_) = await root.get("/audit?user=anna&limit=1")
        assert (first["kind"], first["by"]) == ("password_changed", "root")
        assert LONG not in str(lines) and "argon2" not in str(lines)
        assert await root.get("/audit?user=nobody") == []
