"""An API: every refusal and its order, odd requests, and what operations may do wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Meta
from structlog.testing import capture_logs
from yarl import URL

from stasis.web import Api, Asked, Operation, incoming
from tests.web.rooms import AWAY, GONE, Bearer, Down, Reply, Rooms, authenticate, raw, served

BASE = "/rooms/api/v1"
JSON = {"Content-Type": "application/json"}


def token(name: str) -> dict[str, str]:
    """The header of somebody's token."""
    return {"Authorization": f"Bearer {name}"}


@pytest.fixture
def rooms() -> Rooms:
    """The example."""
    return Rooms()


@pytest.fixture
async def client(rooms: Rooms) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of it."""
    async with served(*rooms.api().routes()) as client:
        yield client


async def ask(
    client: TestClient[Any, Any],
    method: str,
    path: str,
    who: str = "write",
    *,
    body: Any = None,
    data: Any = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Ask, with the path as it is written. body: becomes JSON; data: sent as it is."""
    sent = {**(token(who) if who else {}), **(headers or {})}
    if body is not None:
        data, sent = json.dumps(body).encode(), {**JSON, **sent}
    assert isinstance(client.server, TestServer)
    url = URL(f"http://127.0.0.1:{client.server.port}{BASE}{path}", encoded=True)
    async with client.session.request(method, url, data=data, headers=sent) as reply:
        return Reply(reply.status, reply.headers, await reply.read())


class TestSuccess:
    async def test_what_an_operation_returns_is_json_and_not_kept(self, client):
        made = await ask(client, "PUT", "/rooms/red", body={"title": "Rød", "most": 3})
        assert made.status == 200
        assert made.headers["Content-Type"] == "application/json"
        assert made.headers["Cache-Control"] == "no-store"
        assert made.headers["X-Content-Type-Options"] == "nosniff"
        assert made.json["title"] == "Rød" and made.json["most"] == 3

    async def test_nothing_is_204(self, client):
        reply = await ask(client, "DELETE", "/rooms/red")
        assert (reply.status, reply.body) == (204, b"")

    async def test_a_response_of_its_own_is_sent_as_it_is(self, client):
        await ask(client, "PUT", "/rooms/red", body={})
        reply = await ask(client, "GET", "/rooms/red/sound")
        assert (reply.body, reply.headers["Content-Type"]) == (b"RIFF", "audio/wav")
        assert reply.headers["Cache-Control"] == "no-store"

    async def test_the_answer_gets_what_the_operation_wanted_added(self, client):
        reply = await ask(client, "POST", "/session", "")
        assert reply.status == 204
        assert reply.headers["Set-Cookie"] == "session=1; HttpOnly; Path=/"

    async def test_a_head_is_a_get_without_its_body(self, client):
        got, head = [await ask(client, method, "/rooms") for method in ("GET", "HEAD")]
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"] == "2"
        assert (await ask(client, "HEAD", "/rooms", "")).status == 401

    async def test_defaults_of_the_query_are_those_of_its_type(self, client):
        for name in ("a", "b"):
            await ask(client, "PUT", f"/rooms/{name}", body={})
        assert len((await ask(client, "GET", "/rooms")).json) == 2
        assert len((await ask(client, "GET", "/rooms?limit=1&full=false")).json) == 1
        assert (await ask(client, "GET", "/rooms?kind=locked")).json == []

    async def test_a_tagged_union_is_told_apart_by_its_type(self, client):
        reply = await ask(
            client, "PUT", "/rooms/red", body={"greeting": {"type": "tone", "hertz": 440}}
        )
        assert reply.json["greeting"] == {"type": "tone", "hertz": 440}

    async def test_its_document_is_for_everybody(self, client):
        reply = await ask(client, "GET", "/openapi.json", "")
        assert reply.json["openapi"] == "3.1.0" and reply.headers["Cache-Control"] == "no-store"

    async def test_a_fixed_path_is_found_before_one_with_a_name(self):
        async def fixed(asked: Any) -> str:
            return "fixed"

        async def named(asked: Any) -> str:
            return str(asked.path["room"])

        rows = (
            Operation("GET", "/rooms/{room}", named, "", answers=str),
            Operation("GET", "/rooms/all", fixed, "", answers=str),
        )
        api = made(rows)
        async with served(*api.routes()) as client:
            assert (await ask(client, "GET", "/rooms/all", "")).json == "fixed"
            assert (await ask(client, "GET", "/rooms/other", "")).json == "other"

    async def test_a_route_beside_it_is_found_in_either_order(self, rooms):
        async def events(request: web.Request) -> web.Response:
            return web.Response(text="events")

        beside = web.get("/api/v1/events", events)
        for routes in ([beside, *rooms.api().routes()], [*rooms.api().routes(), beside]):
            async with served(*routes) as client:
                assert (await ask(client, "GET", "/events", "")).body == b"events"


def made(rows: Sequence[Operation], **more: Any) -> Api[Bearer]:
    """An API of these operations."""
    return Api(
        "Rows",
        version="1",
        operations=rows,
        authenticate=authenticate,
        base=BASE,
        **more,
    )


class TestRefusals:
    """Each with its status, its code, and the header that goes with it."""

    @pytest.mark.parametrize("who", ["", "nobody", "x" * 5000, "ü", "re ad"])
    async def test_401_without_a_token_that_is_known(self, client, who):
        reply = await ask(client, "GET", "/rooms", headers={"Authorization": f"Bearer {who}"})
        assert reply.told == (401, "no_token")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        if who:
            assert who not in reply.json["detail"]

    @pytest.mark.parametrize(
        "header", ["Basic cmVhZA==", "read", "Bearer", "Bearer  ", "bearerread"]
    )
    async def test_401_for_what_is_no_bearer_token(self, client, header):
        reply = await ask(client, "GET", "/rooms", "", headers={"Authorization": header})
        assert reply.told == (401, "no_token")

    async def test_the_word_bearer_may_be_written_small(self, client):
        reply = await ask(client, "GET", "/rooms", "", headers={"Authorization": "bearer  read"})
        assert reply.status == 200

    async def test_401_for_a_token_in_the_address(self, client):
        assert (await ask(client, "GET", "/rooms?token=read", "")).told == (401, "no_token")

    async def test_403_without_the_scope(self, client):
        reply = await ask(client, "PUT", "/rooms/red", "read", body={})
        assert reply.told == (403, "no_scope")
        assert "rooms:write" in reply.json["detail"]

    async def test_any_scope_will_do_where_the_table_says_so(self, client, rooms):
        rooms.hang.set()
        assert (await ask(client, "POST", "/waits", "guest")).status == 204
        assert (await ask(client, "POST", "/waits", "")).told == (401, "no_token")

    @pytest.mark.parametrize(("room", "code"), [("attic", "not_allowed"), ("cellar", "cellar")])
    async def test_403_for_just_this_one(self, client, room, code):
        assert (await ask(client, "GET", f"/rooms/{room}")).told == (403, code)

    @pytest.mark.parametrize("path", ["/nothing", "/rooms/red/nothing", "/rooms/", "/", "/rooms//"])
    async def test_404_for_a_path_that_is_not_there(self, client, path):
        assert (await ask(client, "GET", path)).told == (404, "not_found")

    async def test_404_for_a_part_of_the_path_that_does_not_fit(self, client):
        assert (await ask(client, "GET", "/rooms/RED")).told == (404, "not_found")
        assert (await ask(client, "GET", "/rooms/red")).told == (404, "no_room")

    @pytest.mark.parametrize(
        ("path", "allow"),
        [
            ("/rooms", "GET, HEAD"),
            ("/rooms/red", "DELETE, GET, HEAD, PUT"),
            ("/rooms/red/actions/lock", "POST"),
            ("/openapi.json", "GET, HEAD"),
        ],
    )
    @pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "PROPFIND"])
    async def test_405_with_the_methods_that_are(self, client, path, allow, method):
        reply = await ask(client, method, path)
        assert reply.told == (405, "method_not_allowed")
        assert reply.headers["Allow"] == allow

    async def test_409_for_a_problem_of_the_operation(self, client):
        await ask(client, "PUT", "/rooms/red", body={"kind": "locked"})
        assert (await ask(client, "POST", "/rooms/red/actions/lock")).told == (409, "locked")

    async def test_413_for_a_body_that_is_too_large(self, client, rooms):
        reply = await ask(client, "PUT", "/rooms/red", body={"title": "x" * 3000})
        assert reply.told == (413, "too_large") and not rooms.done

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "json", ""]
    )
    async def test_415_for_another_media_type(self, client, kind):
        reply = await ask(client, "PUT", "/rooms/red", data=b"{}", headers={"Content-Type": kind})
        assert reply.told == (415, "not_json")

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({"title": 1}, "`$.title`"),
            ({"most": 0}, "`$.most`"),
            ({"most": 501}, "`$.most`"),
            ({"most": 1.5}, "`$.most`"),
            ({"most": "3"}, "`$.most`"),
            ({"kind": "half"}, "`$.kind`"),
            ({"until": "tomorrow"}, "`$.until`"),
            ({"until": "2030-01-01T00:00:00"}, "`$.until`"),
            ({"greeting": {"hertz": 440}}, "`type`"),
            ({"greeting": {"type": "song"}}, "`$.greeting.type`"),
            ({"greeting": {"type": "tone", "hertz": 5}}, "`$.greeting.hertz`"),
            ({"colour": "red"}, "`colour`"),
            ([], "`object`"),
            (0, "`object`"),
        ],
    )
    async def test_422_names_the_place_in_the_body(self, client, rooms, body, where):
        reply = await ask(client, "PUT", "/rooms/red", body=body)
        assert reply.told == (422, "wrong_body")
        assert where in reply.json["detail"] and not rooms.done

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0", "limit=101", "limit=x", "limit=", "limit=" + "9" * 5000, "limit=1&limit=2",
            "kind=half", "full=perhaps", "other=1", "limit", "LIMIT=1", "limit=1&other", "%00=1",
        ],
    )  # fmt: skip
    async def test_422_for_a_query_that_is_not_known(self, client, query):
        assert (await ask(client, "GET", f"/rooms?{query}")).told == (422, "wrong_query")

    async def test_422_for_any_query_where_there_is_none(self, client):
        await ask(client, "PUT", "/rooms/red", body={})
        assert (await ask(client, "GET", "/rooms/red?limit=1")).told == (422, "wrong_query")
        assert (await ask(client, "PUT", "/rooms/red?x", body={})).told == (422, "wrong_query")

    async def test_429_says_when_to_come_again(self):
        from stasis.web import Problem

        async def often(asked: Any) -> None:
            raise Problem(429, "often", "too often", retry_after=30)

        async with served(*made([Operation("GET", "/x", often, "")]).routes()) as client:
            reply = await ask(client, "GET", "/x", "")
        assert reply.told == (429, "often") and reply.headers["Retry-After"] == "30"

    async def test_503_when_what_tells_tokens_is_not_there(self, client):
        reply = await ask(client, "GET", "/rooms", "down")
        assert reply.told == (503, "database")
        assert reply.headers["Retry-After"] == "5"
        assert reply.json["detail"] == "the database is not there"


class TestOrder:
    """Who asks learns nothing that is not theirs: the checks come in one order."""

    async def test_each_check_comes_before_the_next(self, client, rooms):
        wrong: dict[str, Any] = {"data": b"{", "headers": {"Content-Type": "text/plain"}}
        steps = [
            ("PATCH", "/rooms/RED?x", "nobody", 405),
            ("PUT", "/rooms/RED?x", "nobody", 404),
            ("PUT", "/rooms/attic?x", "nobody", 401),
            ("PUT", "/rooms/attic?x", "read", 403),
            ("PUT", "/rooms/attic?x", "write", 403),
            ("PUT", "/rooms/red?x", "write", 422),
            ("PUT", "/rooms/red", "write", 415),
        ]
        for method, path, who, status in steps:
            assert (await ask(client, method, path, who, **wrong)).told[0] == status
        reply = await ask(client, "PUT", "/rooms/red", data=b"{", headers=JSON)
        assert reply.told == (400, "bad_json")
        assert not rooms.done

    async def test_a_body_is_not_waited_for_when_nobody_may_send_it(self, client):
        answer = await raw(
            client,
            b"PUT /rooms/api/v1/rooms/red HTTP/1.1",
            b"Authorization: Bearer nobody",
            b"Content-Type: application/json",
            b"Content-Length: 1000",
        )
        assert answer.startswith(b"HTTP/1.1 401 ")


class TestOddBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"{", b"{} {}", b"{'title': 1}", b'{"title": NaN}', b'{"title": "\xff"}', b"\xff",
            b'\xef\xbb\xbf{"title": ""}', b'{"title": "\\ud800"}', b'{"title": "\\x"}',
            '{"title": ""}'.encode("utf-16"), b'{"title": "\n"}', b"title=x", b"\x00",
        ],
    )  # fmt: skip
    async def test_what_is_no_json_is_400(self, client, body):
        reply = await ask(client, "PUT", "/rooms/red", data=body, headers=JSON)
        assert reply.told == (400, "bad_json")

    @pytest.mark.parametrize(
        "body",
        [
            b'{"most": ' + b"9" * 1900 + b"}", b'{"most": 1e400}', b'{"most": -1e999999}',
            b'{"most": Infinity}', b"[" * 1900, b'{"greeting": ' + b"[" * 1900,
            b'{"greeting": {"type": "tone", "hertz": ' * 40, b"null",
        ],
    )  # fmt: skip
    async def test_what_is_too_deep_or_too_large_a_number_is_refused(self, client, body):
        reply = await ask(client, "PUT", "/rooms/red", data=body, headers=JSON)
        assert reply.told[0] in (400, 422)

    async def test_deep_nesting_where_anything_may_be_is_400(self):
        async def take(asked: Any) -> None:
            raise AssertionError("never")

        api = made([Operation("POST", "/any", take, "", body=dict)])
        root = web.Application(client_max_size=1_000_000)
        root.add_routes(api.routes("/rooms/api/v1"))
        async with TestClient(TestServer(root)) as client:
            body = b'{"a": ' + b"[" * 500_000
            reply = await ask(client, "POST", "/any", "", data=body, headers=JSON)
        assert reply.told == (400, "bad_json") and "deep" in reply.json["detail"]

    async def test_of_a_name_that_is_there_twice_the_last_counts(self, client):
        body = b'{"title": "a", "title": "b"}'
        reply = await ask(client, "PUT", "/rooms/red", data=body, headers=JSON)
        assert reply.json["title"] == "b"

    async def test_a_nul_is_text_like_any_other(self, client):
        reply = await ask(client, "PUT", "/rooms/red", body={"title": "a\0b"})
        assert reply.json["title"] == "a\0b"

    async def test_a_body_that_is_not_wanted_is_not_read(self, client):
        assert (await ask(client, "DELETE", "/rooms/red", data=b"\xff" * 9000)).status == 204

    async def test_a_compressed_body_is_bounded_by_what_comes_out(self, client):
        packed = {**JSON, "Content-Encoding": "gzip"}
        body = gzip.compress(b'{"title": "' + b"x" * 50 + b'"}')
        assert (await ask(client, "PUT", "/rooms/red", data=body, headers=packed)).status == 200
        bomb = gzip.compress(b" " * 10_000_000)[:1900]
        reply = await ask(client, "PUT", "/rooms/red", data=bomb, headers=packed)
        assert reply.told == (413, "too_large")

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ([b"Content-Encoding: gzip", b"Content-Length: 5"], b"no gz"),
            ([b"Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n"),
        ],
    )
    async def test_a_body_that_is_not_as_its_headers_say_is_400(self, client, headers, body):
        with capture_logs() as logs:
            answer = await raw(
                client,
                b"PUT /rooms/api/v1/rooms/red HTTP/1.1",
                b"Authorization: Bearer write",
                b"Content-Type: application/json",
                *headers,
                body=body,
            )
        assert answer[8:13] == b" 400 "
        assert logs == []

    async def test_a_body_that_does_not_arrive_is_408(self, client, monkeypatch):
        monkeypatch.setattr(incoming, "READING_SECONDS", 0.05)
        answer = await raw(
            client,
            b"PUT /rooms/api/v1/rooms/red HTTP/1.1",
            b"Authorization: Bearer write",
            b"Content-Type: application/json",
            b"Content-Length: 1000",
            body=b"{",
        )
        assert answer.startswith(b"HTTP/1.1 408 ") and b'"code":"too_slow"' in answer
        assert b"\r\nConnection: close" in answer

    async def test_who_goes_in_the_middle_of_a_body_is_no_failure(self, client, rooms):
        assert isinstance(client.server, TestServer)
        with capture_logs() as logs:
            _, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
            writer.write(
                b"PUT /rooms/api/v1/rooms/red HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer write\r\n"
                b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
            await asyncio.sleep(0.05)
            writer.transport.abort()
            await asyncio.sleep(0.05)
        assert not rooms.done and logs == []


class TestOddPaths:
    @pytest.mark.parametrize(
        "room",
        [
            "a%2Fb", "..%2F..", "%2e%2e", "a%00b", "a%0Ab", "a%0d%0aX-Evil:%201", "%ff", "%C3%A9",
            "%", "%zz", "a;b", "a%3Fb", "a%23b", "%F0%9F%98%80", "x" * 7000, "%1b[31m", "a%20b",
        ],
    )  # fmt: skip
    async def test_a_part_that_does_not_fit_is_not_found(self, client, room):
        reply = await ask(client, "GET", f"/rooms/{room}")
        assert reply.told == (404, "not_found")
        assert "X-Evil" not in reply.headers

    async def test_an_encoded_slash_is_a_part_of_the_name(self):
        async def name(asked: Any) -> str:
            return str(asked.path["room"])

        api = made([Operation("GET", "/rooms/{room}", name, "", answers=str)])
        async with served(*api.routes()) as client:
            for room in ("a/b", "../..", "a\0b", "a\nb", "é", "😀", "a%2Fb", "a?b#c"):
                path = f"/rooms/{quote(room, safe='')}"
                assert (await ask(client, "GET", path, "")).json == room

    async def test_dots_do_not_lead_out_of_it(self, client):
        answer = await raw(client, b"GET /rooms/api/v1/../../rooms/api/v1/rooms HTTP/1.1")
        assert answer.startswith(b"HTTP/1.1 404 ")

    async def test_bytes_that_are_no_text_are_not_found(self, client):
        for path in (b"/\xff", b"/rooms/\xff\xfe", b"/rooms?\xff=\xff", b"/rooms/a\x80"):
            answer = await raw(
                client,
                b"GET /rooms/api/v1" + path + b" HTTP/1.1",
                b"Authorization: Bearer read",
            )
            assert answer[9:12] in (b"400", b"404", b"422"), answer

    async def test_a_path_that_is_too_long_is_refused_by_the_server(self, client):
        answer = await raw(client, b"GET /rooms/api/v1/" + b"x" * 20_000 + b" HTTP/1.1")
        assert answer[8:13] == b" 400 "

    async def test_what_was_asked_for_is_told_as_text_and_nothing_else(self, client):
        reply = await ask(client, "GET", "/%3Cscript%3Ealert(1)%3C/script%3E")
        assert reply.told == (404, "not_found")


class TestAnOperationThatFails:
    @pytest.mark.parametrize(
        "error",
        [
            RuntimeError("secret of the house"), KeyError("x"), TimeoutError("secret"), OSError(2, "secret"),
            ConnectionRefusedError("secret"), ConnectionResetError(), RecursionError(), MemoryError(),
            UnicodeEncodeError("utf-8", "\ud800", 0, 1, "secret"), StopAsyncIteration(), AssertionError(),
        ],
    )  # fmt: skip
    async def test_whatever_it_raises_is_500_and_told_in_the_log_alone(self, client, rooms, error):
        rooms.error = error
        with capture_logs() as logs:
            reply = await ask(client, "GET", "/broken", "")
        assert reply.told == (500, "failed")
        assert b"secret" not in reply.body
        (line,) = logs
        assert (line["event"], line["operation"]) == ("an operation failed", "broken")
        assert line["log_level"] == "error" and line["exc_info"] is error

    @pytest.mark.parametrize("path", ["/lies", "/raw-lies"])
    async def test_an_answer_that_cannot_be_sent_is_500(self, client, path):
        with capture_logs():
            assert (await ask(client, "GET", path, "")).told == (500, "failed")

    async def test_a_channel_that_has_gone_is_409(self, client, rooms):
        rooms.error = GONE
        assert (await ask(client, "GET", "/broken", "")).told == (409, "gone")

    @pytest.mark.parametrize(("error", "code"), [(AWAY, "asterisk"), (Down("x"), "database")])
    async def test_what_is_not_there_is_503_and_a_warning(self, client, rooms, error, code):
        rooms.error = error
        with capture_logs() as logs:
            reply = await ask(client, "GET", "/broken", "")
        assert reply.told == (503, code) and reply.headers["Retry-After"] == "5"
        assert [line["log_level"] for line in logs] == ["warning"]

    async def test_what_failures_say_goes_before_what_is_there_by_itself(self):
        async def away(asked: Any) -> None:
            raise AWAY

        api = made([Operation("GET", "/x", away, "")], failures={type(AWAY): (502, "away")})
        async with served(*api.routes()) as client:
            assert (await ask(client, "GET", "/x", "")).told == (502, "away")

    async def test_an_aiohttp_answer_it_raises_is_sent(self, client, rooms):
        rooms.error = web.HTTPSeeOther("/elsewhere")
        url = f"{BASE}/broken"
        async with client.get(url, allow_redirects=False) as reply:
            assert (reply.status, reply.headers["Location"]) == (303, "/elsewhere")

    async def test_a_server_that_stops_cancels_it(self, rooms):
        async with served(*rooms.api().routes(), shutdown_timeout=0.05) as client:
            asking = asyncio.create_task(ask(client, "POST", "/waits"))
            await asyncio.wait_for(rooms.waiting.wait(), 10)
        assert rooms.cancelled
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    async def test_who_asks_and_goes_away_cancels_nothing(self, client, rooms):
        asking = asyncio.create_task(ask(client, "POST", "/waits"))
        await asyncio.wait_for(rooms.waiting.wait(), 10)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        rooms.hang.set()
        await asyncio.sleep(0.05)
        assert not rooms.cancelled


class TestLog:
    async def test_no_token_and_no_body_is_in_it(self, client, rooms):
        rooms.error = RuntimeError("x")
        with capture_logs() as logs:
            await ask(client, "PUT", "/rooms/red", "read", body={"title": "a secret"})
            await ask(client, "PUT", "/rooms/red", "wrong-token", body={"title": "a secret"})
            await ask(client, "PUT", "/rooms/red", "write", body={"titel": "a secret"})
            await ask(client, "GET", "/broken", "wrong-token")
        text = str(logs)
        assert "refused" in text and "a secret" not in text and "wrong-token" not in text


class Wish(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a bell may be told."""

    loud: bool = False


class TestWhatARowMaySayOfItself:
    @asynccontextmanager
    async def bell(self) -> AsyncIterator[tuple[TestClient[Any, Any], list[Any]]]:
        """A bell that notes how it was rung."""
        rung: list[Any] = []

        async def ring(asked: Asked[Any, Wish]) -> None:
            """Ring."""
            rung.append((asked.path["number"], asked.body.loud))

        number = Annotated[int, Meta(ge=1)]
        row = Operation("POST", "/{number}", ring, body=Wish, bare=True, paths={"number": number})
        api = Api("A", version="1", operations=[row], authenticate=authenticate, base="/rooms/")
        async with served(*api.routes()) as client:
            client.api = api  # type: ignore[attr-defined]
            yield client, rung

    async def test_the_types_of_its_own_path(self):
        async with self.bell() as (client, rung):
            head = {"Authorization": "Bearer read"}
            assert (await client.post("/rooms/7", headers=head)).status == 204
            assert (await client.post("/rooms/x", headers=head)).status == 404
            assert rung == [(7, False)]
            document = client.api.openapi()  # type: ignore[attr-defined]
        (parameter,) = document["paths"]["/{number}"]["post"]["parameters"]
        assert parameter["schema"] == {"type": "integer", "minimum": 1}

    async def test_that_its_body_may_be_left_out(self):
        async with self.bell() as (client, rung):
            head = {"Authorization": "Bearer read"}
            await client.post("/rooms/1", headers=head, json={"loud": True})
            assert (await client.post("/rooms/1", headers=head, json={"x": 1})).status == 422
            assert (await client.post("/rooms/1", headers=head, data=b"x")).status == 415
            assert rung == [(1, True)]
            document = client.api.openapi()  # type: ignore[attr-defined]
        assert document["paths"]["/{number}"]["post"]["requestBody"]["required"] is False
