"""Tokens over HTTP: made with no more rights than one has, revoked at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import Desk, served
from tests.apps.stasis_conference.house import House


async def made(desk: Desk, **body: Any) -> dict[str, Any]:
    answer = await desk.ask("POST", "/tokens", {"name": "door", "scopes": ["rooms:read"], **body})
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.body
    return found


@virtual_time
async def test_one_is_made_listed_without_what_it_is_used_and_revoked():
    async with served(House()) as (_, desk):
        token = await made(desk, rooms=["sales-*"])
        assert token["token"].startswith("stconf_") and len(token["token"]) >= 50
        assert (token["rooms"], token["expires"]) == (["sales-*"], None)
        assert await desk.get("/rooms", token=token["token"]) == []
        listed = await desk.get("/tokens")
        (mine,) = [each for each in listed if each["id"] == token["id"]]
        assert "token" not in mine and mine["used"] is not None
        assert token["token"] not in str(listed)
        assert (await desk.ask("DELETE", f"/tokens/{token['id']}")).status == 204
        assert (await desk.ask("GET", "/rooms", token=token["token"])).status == 401
        (gone,) = [each for each in await desk.get("/tokens") if each["id"] == token["id"]]
        assert gone["revoked"] is not None


@virtual_time
async def test_it_counts_as_long_as_was_said():
    async with served(House()) as (_, desk):
        token = (await made(desk, seconds=60))["token"]
        await desk.get("/rooms", token=token)
        await asyncio.sleep(60)
        assert (await desk.ask("GET", "/rooms", token=token)).code == "no_token"


class TestNobodyGetsMore:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"scopes": ["rooms:write"]}, 403, "too_much"),
            ({"rooms": ["*"]}, 403, "too_much"),
            ({"rooms": ["3000"]}, 403, "too_much"),
            ({"rooms": ["2*"]}, 403, "too_much"),
            ({"rooms": ["1000", "3000"]}, 403, "too_much"),
            ({"seconds": 7200}, 403, "too_much"),
            ({"seconds": None}, 403, "too_much"),
            ({"scopes": ["fly"]}, 422, "no_scope_of_that_name"),
            ({"scopes": []}, 422, "wrong_body"),
            ({"rooms": []}, 422, "wrong_body"),
            ({"rooms": ["[a-z]"]}, 422, "wrong_body"),
            ({"name": ""}, 422, "wrong_body"),
            ({"seconds": 0}, 422, "wrong_body"),
            ({"more": 1}, 422, "wrong_body"),
            ({"rooms": ["2000"]}, 201, ""),
            ({"rooms": ["20?0"]}, 201, ""),
        ],
    )
    @virtual_time
    async def test_than_they_have(self, body: dict[str, Any], status: int, code: str):
        async with served(House()) as (_, desk):
            desk.token = await desk.granted(["tokens", "rooms:read"], ["1000", "20?0"], 3600)
            wanted = {"name": "x", "scopes": ["rooms:read"], "rooms": ["1000"], "seconds": 60}
            answer = await desk.ask("POST", "/tokens", wanted | body)
            assert (answer.status, answer.code) == (status, code)

    @virtual_time
    async def test_nor_sees_or_revokes_one_that_has_more(self):
        async with served(House()) as (_, desk):
            admin = desk.token
            more = (await made(desk, scopes=["rooms:write"]))["id"]
            other = (await made(desk, rooms=["2000"]))["id"]
            mine = (await made(desk, rooms=["1000"]))["id"]
            desk.token = await desk.granted(["tokens", "rooms:read"], ["1000"])
            listed = {each["id"] for each in await desk.get("/tokens")}
            assert mine in listed and not listed & {more, other}
            for id in (more, other, 999):
                answer = await desk.ask("DELETE", f"/tokens/{id}")
                assert (answer.status, answer.code) == (404, "no_token_of_that_id")
            assert (await desk.ask("DELETE", f"/tokens/{mine}")).status == 204
            desk.token = admin
            assert {more, other} <= {each["id"] for each in await desk.get("/tokens")}


@virtual_time
async def test_they_come_page_by_page():
    async with served(House()) as (_, desk):
        for _ in range(4):
            await made(desk)
        first = await desk.get("/tokens?limit=2")
        rest = await desk.get(f"/tokens?after={first[-1]['id']}")
        assert [each["id"] for each in (*first, *rest)] == [1, 2, 3, 4, 5]
