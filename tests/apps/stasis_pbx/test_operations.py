"""Things over HTTP: each has its route, its scope, its checks; what changes something is audited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from stasis_pbx import operations
from stasis_pbx.api import BASE
from stasis_pbx.operations import FAILURES

from stasis.pbx import (
    BadValue,
    Denied,
    Download,
    Missing,
    Needs,
    NotConfirmed,
    PbxError,
    Refused,
    Thing,
    Unavailable,
)
from tests.apps.stasis_pbx import office as desk
from tests.apps.stasis_pbx.office import THINGS, opened, path_of


class TestTable:
    async def test_every_thing_has_a_route_with_its_own_name_scope_and_words(self):
        async with opened() as office:
            paths = (await office.ask("GET", "/openapi.json", token="")).body["paths"]
        for name, thing in THINGS.items():
            row = paths[thing.path][thing.method.lower()]
            assert row["operationId"] == f"{name.partition('.')[0]}_{thing.name}"
            assert row["security"] == [{"bearer": [thing.scope]}]
            assert row["tags"] == [name.partition(".")[0]]
            assert row["summary"] == thing.summary.rstrip(".")
            inside = "GET" in thing.method or "DELETE" in thing.method
            fields = [each["name"] for each in row["parameters"]]
            assert "server" in fields
            if inside:
                wanted = {each.name.rstrip("_") for each in thing.parameters}
                assert {each.rstrip("_") for each in fields} == wanted | {"server"}
            if thing.answers is Download:
                assert list(row["responses"]["200"]["content"]) == ["*/*"]
        listed = {(path, method) for path, row in paths.items() for method in row}
        own = {(each.path, each.method.lower()) for each in THINGS.values()}
        assert listed - own == {("/audit", "get")}

    async def test_patterns_of_arguments_are_in_the_document(self):
        async with opened() as office:
            found = (await office.ask("GET", "/openapi.json", token="")).body
        row = found["paths"]["/astdb/{family}/{key}"]["put"]
        family = next(each for each in row["parameters"] if each["name"] == "family")
        assert "pattern" in family["schema"]
        body = found["components"]["schemas"]["AstdbPutBody"]
        assert "pattern" in body["properties"]["value"] and body["required"] == ["value"]


class TestArguments:
    async def test_of_the_path_the_body_and_the_query_reach_the_thing(self):
        async with opened() as office:
            put = await office.ask("PUT", "/astdb/cidname/2001", {"value": "Zoë"})
            assert put.status == 204
            got = await office.ask("GET", "/astdb/cidname/a%2Fb")
            assert got.status == 200 and set(got.body) == {"family", "key", "value"}
            assert office.pbx.done == [
                ("astdb.put", {"family": "cidname", "key": "2001", "value": "Zoë"}),
                ("astdb.get", {"family": "cidname", "key": "a/b"}),
            ]

    async def test_that_do_not_fit_reach_nothing(self):
        async with opened() as office:
            body = await office.ask("PUT", "/astdb/cidname/2001", {"value": "a\r\nb"})
            assert (body.status, body.code) == (422, "wrong_body")
            assert "wanted is" in body.body["detail"] and "regex" not in body.body["detail"]
            path = await office.ask("PUT", "/astdb/cid%3Bname/2001", {"value": "x"})
            assert (path.status, path.code) == (404, "not_found")
            more = await office.ask("PUT", "/astdb/cidname/2001", {"value": "x", "server": "b"})
            assert (more.status, more.code) == (422, "wrong_body")
            none = await office.ask("PUT", "/astdb/cidname/2001")
            assert (none.status, none.code) == (415, "not_json")
            assert office.pbx.done == []

    async def test_a_body_without_need_may_be_left_out(self):
        name, thing = next(
            (name, each)
            for name, each in THINGS.items()
            if each.method == "POST"
            and not each.confirm
            and any(p.option for p in each.parameters)
            and all(p.option or f"{{{p.name}}}" in each.path for p in each.parameters)
            and "{channel}" in each.path
        )
        async with opened() as office:
            path = thing.path.replace("{channel}", "PJSIP%2Falice-00000001")
            answer = await office.ask("POST", path)
            assert answer.status in (200, 204), (name, answer)
            assert office.pbx.done[0][1]["channel"] == "PJSIP/alice-00000001"


class TestServer:
    async def test_it_is_the_first_or_the_one_that_is_named(self):
        async with opened() as office:
            await office.ask("GET", "/astdb/f/k")
            await office.ask("GET", "/astdb/f/k?server=b")
            assert [len(each.done) for each in office.pbxes.values()] == [1, 1]
            other = await office.ask("GET", "/astdb/f/k?server=c")
            assert (other.status, other.code) == (404, "no_server")
            assert "a, b" in other.body["detail"]

    async def test_one_that_has_not_come_yet_is_told(self):
        async with opened() as office:
            office.plugin.servers = {}  # type: ignore[assignment]
            answer = await office.ask("GET", "/astdb/f/k")
            assert (answer.status, answer.code) == (503, "no_server")
            assert answer.headers["Retry-After"] == "5"


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (BadValue, 422),
            (Missing, 404),
            (Needs, 501),
            (NotConfirmed, 409),
            (Denied, 403),
            (Refused, 409),
            (Unavailable, 503),
            (PbxError, 502),
        ],
    )
    async def test_each_has_its_status_and_its_words(self, error: type[PbxError], status: int):
        async with opened() as office:
            office.pbx.fails = error("astdb.get", "because")
            answer = await office.ask("GET", "/astdb/f/k")
            assert (answer.status, answer.code) == (status, FAILURES[error][1])
            assert answer.body["detail"] == "astdb.get: because"


class TestScopes:
    @pytest.mark.timeout(90)
    async def test_each_thing_wants_its_own_and_no_other(self):
        async with opened() as office:
            every = {each.scope for each in THINGS.values()}
            right = {scope: await office.granted(scope) for scope in every}
            wrong = {scope: await office.granted(*(every - {scope})) for scope in every}
            for thing in THINGS.values():
                path, scope = path_of(thing), thing.scope
                none = await office.ask(thing.method, path, token="")
                assert (none.status, none.code) == (401, "no_token"), thing
                refused = await office.ask(thing.method, path, token=wrong[scope])
                assert (refused.status, refused.code) == (403, "no_scope"), thing
                assert office.pbx.done == []
                allowed = await office.ask(thing.method, path, token=right[scope])
                assert allowed.status not in (401, 403, 404, 500), (thing, allowed)
                office.pbx.done.clear()

    async def test_patterns_count_for_what_there_is(self):
        async with opened() as office:
            reader = await office.granted("*:read")
            assert (await office.ask("GET", "/astdb/f/k", token=reader)).status == 200
            refused = await office.ask("DELETE", "/astdb/f/k", token=reader)
            assert refused.status == 403

    async def test_a_revoked_and_an_expired_one_count_no_longer(self):
        async with opened() as office:
            over = await office.granted("*", seconds=-1)
            assert (await office.ask("GET", "/astdb/f/k", token=over)).status == 401
            token = await office.granted("*")
            grant = await office.plugin.grants.found(token)
            assert grant is not None
            await office.plugin.grants.revoke(grant)
            assert (await office.ask("GET", "/astdb/f/k", token=token)).status == 401


class TestAudit:
    async def test_what_changes_something_is_written_down_with_its_outcome(self):
        async with opened() as office:
            office.token = await office.granted("astdb:*", "audit:read", name="deploy")
            await office.ask("GET", "/astdb/f/k")
            await office.ask("PUT", "/astdb/f/k", {"value": "x"})
            office.pbx.fails = Missing("astdb.delete", "there is none")
            await office.ask("DELETE", "/astdb/f/k?server=a")
            last, first = (await office.ask("GET", "/audit")).body
            assert (first["who"], first["thing"], first["server"]) == ("deploy", "astdb.put", "a")
            assert first["arguments"] == {"family": "f", "key": "k", "value": "x"}
            assert (first["outcome"], first["address"]) == ("done", "127.0.0.1")
            assert last["outcome"] == "Missing: astdb.delete: there is none" and last["ended"]

    async def test_what_cannot_be_written_down_is_not_done(self):
        async with opened() as office:
            grant = await office.plugin.grants.found(office.token)
            assert grant is not None

            async def found(token: str) -> Any:
                return grant

            await office.plugin.store.close()
            office.plugin.grants.kept.found = found  # type: ignore[method-assign,assignment]
            answer = await office.ask("PUT", "/astdb/f/k", {"value": "x"})
            assert (answer.status, answer.code) == (503, "database")
            assert office.pbx.done == []


class TestRestarts:
    async def test_they_are_so_many_and_no_more(self):
        how = {"how": "now"}
        async with opened(restarts=2) as office:
            for _ in range(3):  # nobody has said that it is meant: it does not count
                office.pbx.fails = NotConfirmed("system.restart", "say so")
                assert (await office.ask("POST", "/system/restart", how)).status == 409
            office.pbx.fails = None
            said = {"confirm": True, **how}
            for _ in range(2):
                assert (await office.ask("POST", "/system/restart", said)).status in (200, 204)
            refused = await office.ask("POST", "/system/restart", said)
            assert (refused.status, refused.code) == (429, "too_often")
            assert 0 < int(refused.headers["Retry-After"]) <= 600
            other = await office.ask("POST", "/system/restart?server=b", said)
            assert other.status in (200, 204)
            (last, *_) = (await office.ask("GET", "/audit?thing=system.restart&limit=2")).body
            assert last["server"] == "b"


class TestDownloads:
    def path(self) -> str:
        return path_of(THINGS["recordings.download"])

    async def test_one_is_a_file_with_a_safe_name(self):
        async with opened() as office:
            answer = await office.ask("GET", self.path())
            assert (answer.status, answer.body) == (200, b"RIFFdata")
            assert answer.headers["Content-Type"] == "audio/wav"
            assert answer.headers["Content-Length"] == "8"
            assert answer.headers["Content-Disposition"] == 'attachment; filename="a__b_.wav"'
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    async def test_one_that_grows_begins_before_there_is_anything(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        ended = asyncio.Event()
        said: asyncio.Queue[bytes] = asyncio.Queue()

        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield await said.get()
            finally:
                ended.set()

        def growing(thing: Thing) -> Download:
            return Download("cdr.jsonl", "application/x-ndjson", chunks())

        monkeypatch.setattr(desk, "returned", growing)
        monkeypatch.setattr(operations, "BEGIN_SECONDS", 0.05)
        monkeypatch.setattr(operations, "LOOK_SECONDS", 0.05)
        async with opened() as office, asyncio.timeout(5):
            headers = {"Authorization": f"Bearer {office.token}"}
            url = office.root + BASE + "/cdr/live"
            async with office.session.get(url, headers=headers) as response:
                assert response.status == 200  # nothing has happened yet
                said.put_nowait(b"1\n")
                assert await response.content.readline() == b"1\n"
                said.put_nowait(b"2\n")
                assert await response.content.readline() == b"2\n"
                assert not ended.is_set()
                response.close()
            await ended.wait()  # though nothing more has happened

    async def test_what_fails_at_once_is_told(self, monkeypatch: pytest.MonkeyPatch):
        async def chunks() -> AsyncIterator[bytes]:
            raise Unavailable("cdr.export", "the database is gone")
            yield b""

        monkeypatch.setattr(desk, "returned", lambda thing: Download("x", "text/csv", chunks()))
        async with opened() as office:
            answer = await office.ask("GET", "/cdr/export")
            assert (answer.status, answer.code) == (503, "unavailable")
