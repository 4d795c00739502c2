"""ARI over HTTP: who asks, what comes back, and in which form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from stasis.testing.simulator.server import Server, serving
from tests.testing.simulator.machines import new_machine
from tests.testing.simulator.ports import USERS, request

GOOD = "http://good.example"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server that listens, and that pages of one origin may ask."""
    machine = new_machine()
    async with serving(machine, USERS, origins=(GOOD,)) as listening:
        yield listening
    await machine.stop()


class TestWhoAsks:
    async def test_without_credentials_nobody_comes_in(self, server: Server):
        got = await request(server, "GET", "asterisk/ping", None)
        assert (got.status, json.loads(got.text)) == (401, {"message": "Authentication required"})
        assert got.headers["WWW-Authenticate"] == 'Basic realm="Asterisk REST Interface"'

    async def test_credentials_may_be_in_the_query(self, server: Server):
        target = "asterisk/ping?api_key=stasis:secret"
        assert (await request(server, "GET", target, None)).status == 200

    async def test_a_reader_reads_only_whatever_is_asked(self, server: Server):
        assert (await request(server, "GET", "asterisk/ping", "reader")).status == 200
        for target in ("bridges/b", "nonsense"):
            got = await request(server, "POST", target, "reader")
            assert (got.status, json.loads(got.text)) == (403, {"message": "Write access denied"})

    async def test_who_comes_from_elsewhere_is_denied(self, server: Server):
        got = await request(server, "GET", "asterisk/ping", "far")
        assert (got.status, json.loads(got.text)) == (403, {"message": "Access denied by ACL"})


class TestAnAnswer:
    async def test_it_has_the_headers_of_asterisk(self, server: Server):
        got = await request(server, "GET", "asterisk/ping")
        assert got.headers["Server"] == "Asterisk/22.10.1"
        assert got.headers["Cache-Control"] == "no-cache, no-store"
        assert got.headers["Content-Type"] == "application/json"
        assert "Date" in got.headers

    async def test_one_without_a_body_has_no_type(self, server: Server):
        got = await request(server, "PUT", "deviceStates/Stasis:x?deviceState=INUSE")
        assert (got.status, got.text) == (204, "")
        assert "Content-Type" not in got.headers

    async def test_what_was_made_has_its_address(self, server: Server):
        await request(server, "POST", "bridges/b")
        got = await request(server, "POST", "bridges/b/play/p?media=sound:hello-world")
        assert (got.status, got.headers["Location"]) == (201, "/ari/playbacks/p")

    async def test_a_method_that_a_path_has_not_is_told_with_those_it_has(self, server: Server):
        for method in ("DELETE", "PATCH", "HEAD"):
            got = await request(server, method, "asterisk/ping")
            assert (got.status, got.headers["Allow"]) == (405, "OPTIONS,GET")

    @pytest.mark.parametrize("target", ["/", "/nonsense", "/arix/asterisk/ping"])
    async def test_what_is_not_ari_is_a_page(self, server: Server, target: str):
        got = await request(server, "GET", target)
        assert got.status == 404
        assert got.headers["Content-Type"] == "text/html"


class TestAPath:
    async def test_a_plus_is_a_blank_and_a_slash_may_be_in_a_name(self, server: Server):
        for written, name in (("one+two", "one two"), ("a%2Fb", "a/b"), ("a%2Bb", "a+b")):
            got = await request(server, "POST", f"bridges/{written}")
            assert json.loads(got.text)["id"] == name

    async def test_it_ends_without_a_slash(self, server: Server):
        got = await request(server, "GET", "channels/")
        why = "ARI URLs do not end with a slash. Try /ari/channels"
        assert (got.status, json.loads(got.text)) == (404, {"message": why})

    async def test_the_beginning_of_one_has_no_methods(self, server: Server):
        assert (await request(server, "GET", "asterisk")).status == 405


class TestABody:
    async def value(self, server: Server) -> str:
        """The variable that the requests set."""
        got = await request(server, "GET", "asterisk/variable?variable=X")
        return str(json.loads(got.text)["value"])

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b'{"variable": "X", "value": "a b"}'),
            ("application/json; charset=utf-8", b'{"variable": "X", "value": "a b"}'),
            ("application/x-www-form-urlencoded", b"variable=X&value=a+b"),
        ],
    )
    async def test_it_is_json_or_a_form(self, server: Server, kind: str, body: bytes):
        got = await request(
            server, "POST", "asterisk/variable", headers={"Content-Type": kind}, data=body
        )
        assert (got.status, await self.value(server)) == (204, "a b")

    async def test_any_other_type_is_passed_over(self, server: Server):
        got = await request(
            server,
            "POST",
            "asterisk/variable",
            headers={"Content-Type": "text/plain"},
            data=b'{"variable": "X", "value": "a"}',
        )
        assert got.status == 400

    async def test_it_may_come_in_pieces(self, server: Server):
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b'{"variable"', b': "X", "va', b'lue": "1"}'):
                yield piece

        got = await request(
            server,
            "POST",
            "asterisk/variable",
            headers={"Content-Type": "application/json"},
            data=pieces(),
        )
        assert (got.status, await self.value(server)) == (204, "1")

    @pytest.mark.parametrize(("size", "status"), [(40_960, 204), (40_961, 413)])
    async def test_it_has_at_most_40_kib(self, server: Server, size: int, status: int):
        body = b'{"variable": "X", "value": "%s"}' % (b"x" * (size - 30))
        got = await request(
            server,
            "POST",
            "asterisk/variable",
            headers={"Content-Type": "application/json"},
            data=body,
        )
        assert (len(body), got.status) == (size, status)

    @pytest.mark.parametrize("body", [b"{", b"5", b"\xff"])
    async def test_what_is_no_json_object_is_refused(self, server: Server, body: bytes):
        got = await request(
            server,
            "POST",
            "asterisk/variable?variable=X&value=1",
            headers={"Content-Type": "application/json"},
            data=body,
        )
        assert got.status == 400
        assert json.loads(got.text) == {"message": "Error parsing request body"}


class TestPages:
    """Cross-origin requests."""

    async def test_a_page_that_may_ask_is_told_so(self, server: Server):
        for user in ("stasis", None):
            got = await request(server, "GET", "asterisk/ping", user, headers={"Origin": GOOD})
            assert got.headers["Access-Control-Allow-Origin"] == GOOD
            assert got.headers["Access-Control-Allow-Credentials"] == "true"

    @pytest.mark.parametrize("origin", ["http://bad.example", "http://GOOD.example"])
    async def test_another_is_not(self, server: Server, origin: str):
        got = await request(server, "GET", "asterisk/ping", headers={"Origin": origin})
        assert got.status == 200
        assert "Access-Control-Allow-Origin" not in got.headers

    async def test_a_preflight_tells_the_methods(self, server: Server):
        asked = {
            "Origin": GOOD,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-one",
        }
        got = await request(server, "OPTIONS", "channels", headers=asked)
        assert (got.status, got.headers["Allow"]) == (204, "OPTIONS,GET,POST")
        assert got.headers["Access-Control-Allow-Methods"] == "OPTIONS,GET,POST"
        assert got.headers["Access-Control-Allow-Headers"] == "x-one"

    @pytest.mark.parametrize(
        "asked",
        [
            {"Origin": GOOD},
            {"Origin": GOOD, "Access-Control-Request-Method": "PUT"},
            {"Origin": "http://bad.example", "Access-Control-Request-Method": "POST"},
        ],
    )
    async def test_it_allows_no_page_what_it_may_not(self, server: Server, asked: dict[str, str]):
        got = await request(server, "OPTIONS", "channels", headers=asked)
        assert (got.status, got.headers["Allow"]) == (204, "OPTIONS,GET,POST")
        assert "Access-Control-Allow-Methods" not in got.headers


class TestAHandshake:
    async def test_one_that_asks_for_no_websocket_is_told_to(self, server: Server):
        got = await request(server, "GET", "events?app=a")
        assert (got.status, got.headers["Content-Type"]) == (426, "text/html")

    @pytest.mark.parametrize("query", ["", "?app=", "?app=,"])
    async def test_it_needs_an_application(self, server: Server, query: str):
        got = await request(server, "GET", f"events{query}", headers=UPGRADE)
        assert (got.status, got.headers["Content-Type"]) == (400, "text/html")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"Sec-WebSocket-Version": "12"},
            {"Sec-WebSocket-Key": ""},
            {"Sec-WebSocket-Protocol": "nonsense"},
        ],
    )
    async def test_one_that_is_none_is_refused(self, server: Server, wrong: dict[str, str]):
        got = await request(server, "GET", "events?app=a", headers={**UPGRADE, **wrong})
        assert (got.status, got.headers["Sec-WebSocket-Version"]) == (400, "7, 8, 13")
        assert server.front.machine.bus.applications == {}

    async def test_it_needs_credentials(self, server: Server):
        got = await request(server, "GET", "events?app=a", None, headers=UPGRADE)
        assert got.status == 401
