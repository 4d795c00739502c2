"""The API as a whole: what its document says is so, whatever is sent."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from stasis_webrtc.action import ACTIONS
from stasis_webrtc.grant import Grants
from stasis_webrtc.ledger import Message, Recorded
from stasis_webrtc.view import Peer

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House
from tests.apps.stasis_webrtc.kept import GRANTS, HASH
from tests.apps.stasis_webrtc.switch import BASE, NOON, Page, Site, Switch, served

CHECKS = [
    "allow_header_conformance",
    "content_type_conformance",
    "ignored_auth",
    "missing_required_header",
    "negative_data_rejection",
    "not_a_server_error",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
]
# What would end the session that asks.
WITHOUT = {"/session/logout"}


@virtual_time
async def test_the_document_is_served_without_a_token_and_has_every_action():
    async with served() as site:
        answer = await site.browser().ask("GET", "/openapi.json")
        assert answer.status == 200
        document = answer.body
        assert document["openapi"].startswith("3.1")
        paths = document["paths"]
        ends = {path.rpartition("/")[2] for path in paths if path.startswith("/calls/{call}/")}
        assert ends == set(ACTIONS)
        hold = paths["/calls/{call}/hold"]["post"]
        assert hold["summary"] == "The others hear music"
        assert hold["security"] and not paths["/login"]["post"].get("security")
        assert "403" in paths["/users"]["get"]["responses"]


@virtual_time
async def test_nothing_is_shown_by_who_asks_for_what_is_not_there():
    async with served() as site:
        page = await site.page("anna")
        for path in ("/", "", "/x", "/..%2f..%2fsecret", "/%00", "//me", "/me/", "/ME", "/me;x"):
            answer = await page.ask("GET", path)
            assert answer.status == 404, (path, answer)
        answer = await page.ask("GET", "/<script>alert(1)</script>")
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@virtual_time
async def test_another_name_of_the_host_changes_nothing_for_who_has_a_token():
    """No link and no cookie is made of what a request says of the host."""
    async with served() as site:
        page = site.browser()
        evil = {"Host": "evil.example", "Origin": "http://evil.example"}
        body = {"user": "anna", "password": "correct horse"}
        answer = await page.ask("POST", "/login", body, headers=evil)
        assert answer.status == 200
        assert "evil" not in str(answer.headers) + str(answer.body)
        assert (await page.ask("POST", "/device", {"tab": "x"}, headers=evil)).code == "no_token"


async def scene(site: Site, page: Page) -> dict[str, Any]:
    """Root talks, and has a message and a recording. Returns ids of all that."""
    store = site.switch.kept
    await store.fill()
    plain = {"disabled": False, "dnd": False, "forward_always": "", "grants": GRANTS}
    await store.change_user("bert", NOON, password=HASH, **plain)
    await store.change_user("root", NOON, grants=Grants(admin=True, may_record=True))
    for name in ("a", "b"):
        await store.history.left(Message("root", name, Peer("", "203", ""), NOON, 3.0))
        await store.history.recorded(Recorded("root", name, "old", Peer(), NOON, NOON))
    if not await page.get("/calls"):
        await page.open()
        await page.registers()
        caller = await page.dials("800")
        await caller.waits(1)
    if len(await page.get("/calls")) < 2:
        bert = await site.phone("bert")
        caller = await page.dials("bert")
        callee = await bert.rings()
        await callee.answers()
        await caller.talks_with(callee)
    calls = [each["id"] for each in await page.get("/calls") if each["state"] == "connected"]
    return {
        "call": calls[-1],
        "room": "800",
        "user": "bert",
        "message": (await page.get("/messages"))[0]["id"],
        "recording": (await page.get("/recordings"))[0]["id"],
    }


def attacked(page: Page, row: Any, parts: dict[str, Any], mode: GenerationMode) -> None:
    """Send many requests to an operation. Each answer must be as the document says."""
    checks = schemathesis.checks.CHECKS.get_by_names(CHECKS)

    @hypothesis.given(case=row.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=5,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def send(case: Any) -> None:
        for name in case.path_parameters or {}:
            if name in parts:
                case.path_parameters[name] = parts[name]
        response = case.call(
            base_url=page.root + BASE, headers={"Authorization": f"Bearer {page.token}"}, timeout=10
        )
        case.validate_response(response, checks=checks)

    with suppress(hypothesis.errors.Unsatisfiable):  # where nothing can be sent, nothing is wrong
        send()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("real", [False, True], ids=["at random", "where something is"])
async def test_no_request_breaks_it_and_every_answer_is_as_the_document_says(real: bool):
    many = {"log_in_address": 100_000, "log_in_user": 100_000, "rejoin": 0, "rooms": "8[0-9]{2}"}
    async with served(Switch(**many), House()) as site:
        site.asterisk.looked = True
        page = await site.page("root")
        document = (await page.ask("GET", "/openapi.json")).body
        schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
        for result in schema.get_all_operations():
            row = result.ok()
            if row.path in WITHOUT:
                continue
            parts = await scene(site, page) if real else {}
            # What is put in place of a name may be right where the rest is to be wrong.
            for mode in [GenerationMode.POSITIVE, *([] if real else [GenerationMode.NEGATIVE])]:
                await asyncio.to_thread(attacked, page, row, parts, mode)
        for each in site.asterisk.callers:
            if not each.over:
                await each.hangs_up()
        assert await site.asterisk.machine.until(lambda: not site.asterisk.machine.bridges, 90)
