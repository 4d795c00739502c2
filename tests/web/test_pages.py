"""A page's files: which there are, under which policy, and that nothing else is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from stasis.web import pages
from tests.web.rooms import Reply

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; media-src 'self' blob:; connect-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page, beside a file that is not of it."""
    page = tmp_path / "page"
    (page / "parts").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>x</title>")
    (page / "app.js").write_text("let x = 1")
    (page / "style.css").write_text("a {}")
    (page / "parts" / "ring.wav").write_bytes(b"RIFF")
    (page / "parts" / "app v2.js").write_text("2")
    (page / "package.py").write_text("secret = 1")
    (page / ".hidden.js").write_text("secret")
    (page / "{x}.js").write_text("braces")
    (tmp_path / "outside.json").write_text("secret")
    (page / "link.json").symlink_to(tmp_path / "outside.json")
    return page


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of it, at `/phone`."""
    async with opened(folder) as made:
        yield made


def opened(folder: Path, **options: Any) -> TestClient[Any, Any]:
    """A client of a page, at `/phone`."""
    root, part = web.Application(), web.Application()
    part.add_routes(pages(folder, **options))
    root.add_subapp("/phone", part)
    return TestClient(TestServer(root))


async def get(
    client: TestClient[Any, Any], path: str, method: str = "GET", **headers: str
) -> Reply:
    """An answer to a path as it is written, read."""
    assert isinstance(client.server, TestServer)
    url = URL(f"http://127.0.0.1:{client.server.port}{path}", encoded=True)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.session.request(method, url, headers=sent, allow_redirects=False) as reply:
        return Reply(reply.status, reply.headers, await reply.read())


class TestFiles:
    @pytest.mark.parametrize(
        ("path", "kind", "text"),
        [
            ("/phone/", "text/html; charset=utf-8", b"<!doctype html><title>x</title>"),
            ("/phone/index.html", "text/html; charset=utf-8", b"<!doctype html><title>x</title>"),
            ("/phone/app.js", "text/javascript; charset=utf-8", b"let x = 1"),
            ("/phone/style.css", "text/css; charset=utf-8", b"a {}"),
            ("/phone/parts/ring.wav", "audio/wav", b"RIFF"),
            ("/phone/parts/app%20v2.js", "text/javascript; charset=utf-8", b"2"),
        ],
    )
    async def test_each_is_there_with_its_type(self, client, path, kind, text):
        reply = await get(client, path)
        assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
        assert reply.body == text

    @pytest.mark.parametrize("path", ["/phone/", "/phone/app.js"])
    async def test_each_is_under_the_policy(self, client, path):
        headers = (await get(client, path)).headers
        assert headers["Content-Security-Policy"] == STRICT
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Permissions-Policy"] == "microphone=(), camera=(), geolocation=()"
        assert headers["Cache-Control"] == "no-cache"

    async def test_what_has_not_changed_is_not_sent_again(self, client, folder):
        first = await get(client, "/phone/app.js")
        tag = first.headers["ETag"]
        same = await get(client, "/phone/app.js", If_None_Match=tag)
        assert (same.status, same.body) == (304, b"")
        assert same.headers["Content-Security-Policy"] == STRICT
        (folder / "app.js").write_text("let x = 22")
        changed = await get(client, "/phone/app.js", If_None_Match=tag)
        assert (changed.status, changed.body) == (200, b"let x = 22")

    async def test_a_head_is_all_but_the_file(self, client):
        reply = await get(client, "/phone/app.js", "HEAD")
        assert (reply.status, reply.body) == (200, b"")
        assert reply.headers["Content-Length"] == "9"

    async def test_nothing_can_be_put_there(self, client):
        assert (await get(client, "/phone/app.js", "PUT")).status == 405

    @pytest.mark.parametrize("query", ["", "?number=4711&x=%20"])
    async def test_without_its_slash_it_is_found_with_it(self, client, query):
        reply = await get(client, f"/phone{query}")
        assert reply.status == 308
        assert URL("http://h/phone").join(URL(reply.headers["Location"], encoded=True)) == URL(
            f"http://h/phone/{query}", encoded=True
        )

    async def test_it_may_have_a_prefix(self, folder):
        async with opened(folder, prefix="/page") as client:
            assert (await get(client, "/phone/page/app.js")).status == 200
            assert (await get(client, "/phone/page")).headers["Location"] == "./page/"
            assert (await get(client, "/phone/app.js")).status == 404


class TestNothingElse:
    @pytest.mark.parametrize(
        "path",
        [
            "package.py", ".hidden.js", "link.json", "parts", "parts/", "x.js", "%7Bx%7D.js",
            "../outside.json", "..%2foutside.json", "%2e%2e/outside.json", "parts/../../outside.json",
            "..%5coutside.json", "%2fetc%2fpasswd", "/etc/passwd", "app.js%00", "app.js/", "APP.JS",
            "parts%2fring.wav%00.js", "index.html%20", "app.js;x",
        ],
    )  # fmt: skip
    async def test_what_is_not_of_the_page_is_not_there(self, client, path):
        reply = await get(client, f"/phone/{path}")
        assert reply.status == 404 and b"secret" not in reply.body

    async def test_what_comes_later_is_not_there(self, client, folder):
        (folder / "late.js").write_text("secret")
        assert (await get(client, "/phone/late.js")).status == 404

    async def test_a_file_that_has_gone_is_not_there(self, client, folder):
        (folder / "app.js").unlink()
        assert (await get(client, "/phone/app.js")).status == 404

    async def test_without_an_index_it_says_what_is_missing(self, tmp_path):
        (tmp_path / "empty").mkdir()
        for folder in (tmp_path / "empty", tmp_path / "none"):
            async with opened(folder, missing="run make page") as client:
                reply = await get(client, "/phone/")
                assert (reply.status, reply.body) == (503, b"run make page")


class TestPolicy:
    async def test_a_directive_is_changed_added_or_taken_away(self, folder):
        policy = {
            "connect-src": "'self' wss://pbx.example",
            "worker-src": "'self'",
            "require-trusted-types-for": "",
        }
        async with opened(folder, policy=policy) as client:
            told = (await get(client, "/phone/")).headers["Content-Security-Policy"]
        assert "connect-src 'self' wss://pbx.example; " in told
        assert told.endswith("frame-ancestors 'none'; worker-src 'self'")

    async def test_the_microphone_is_there_where_it_is_allowed(self, folder):
        async with opened(folder, allow="microphone=(self)") as client:
            reply = await get(client, "/phone/")
        assert reply.headers["Permissions-Policy"] == "microphone=(self)"
