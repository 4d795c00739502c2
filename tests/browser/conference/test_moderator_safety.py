"""What others write into it stays text, nothing comes from elsewhere, and the types are right."""

from __future__ import annotations

import asyncio
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import stasis_conference
from playwright.async_api import expect

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import Stage
from tests.browser.conference.tools import type_problems

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PAGE = Path(stasis_conference.__file__).parent / "page"
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
}
MARKUP = (
    "<img src=x onerror='window.pwned=true'>",
    "<script>window.pwned=true</script>",
    '"><svg onload=window.pwned=true>',
    "javascript:window.pwned=true",
    "{{constructor.constructor('window.pwned=true')()}}",
    "\u202eevil\u202c <b>bold</b>",
)


class TestNamesOfCallers:
    @pytest.mark.parametrize("name", MARKUP)
    async def test_markup_in_one_is_shown_as_it_is(
        self, stage: Stage, moderator: Moderator, name: str
    ):
        await stage.comes(name, "100")
        await moderator.logs_in()
        await expect(moderator.page.locator("[data-member] .name")).to_have_text(name)
        await moderator.button(f"Mute {name}").click()
        await expect(moderator.page.locator(".log")).to_contain_text(f"{name} is muted")
        await moderator.button(f"More for {name}").click()
        await expect(moderator.dialog.get_by_role("heading")).to_have_text(name)
        await moderator.answers("Remove…")
        await moderator.answers("Remove")
        await expect(moderator.row(name)).to_have_count(0)
        await moderator.opens("#/rooms/board/history")
        await expect(moderator.page.locator("tbody th")).to_contain_text([name])
        assert await moderator.page.evaluate("window.pwned") is False
        assert await moderator.page.locator("#app img, #app script, #app b").count() == 0

    async def test_markup_in_an_address_is_no_room(self, moderator: Moderator):
        await moderator.logs_in()
        await moderator.opens("#/rooms/%3Cimg%20src%3Dx%20onerror%3D%22window.pwned%3Dtrue%22%3E")
        await expect(moderator.page.get_by_text("There is no room <img")).to_be_visible()
        await moderator.opens("#/rooms/%E0%A4%A")
        await expect(moderator.page.get_by_role("heading", name="Rooms")).to_be_visible()
        assert await moderator.page.evaluate("window.pwned") is False


class TestWhatItMayDo:
    async def test_the_policy_is_strict(self, stage: Stage, moderator: Moderator):
        answer = await moderator.page.goto(stage.url)
        assert answer is not None
        policy = set(answer.headers["content-security-policy"].split("; "))
        assert policy >= POLICY
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"

    async def test_nothing_comes_from_elsewhere(self, stage: Stage, moderator: Moderator):
        asked: list[str] = []
        moderator.page.on("request", lambda request: asked.append(request.url))
        await stage.comes("Anna Berg", "100")
        await moderator.page.reload()
        await moderator.logs_in()
        await expect(moderator.row("Anna Berg")).to_be_visible()
        origin = stage.url.removesuffix("/conference/page/")
        assert asked and [url for url in asked if not url.startswith(origin)] == []

    async def test_all_of_it_is_served_and_only_that(self, stage: Stage):
        def status(name: str) -> int:
            try:
                with urllib.request.urlopen(stage.url + name) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        for file in PAGE.rglob("*.*"):
            name = file.relative_to(PAGE).as_posix()
            assert await asyncio.to_thread(status, name) == 200, name
        for name in ("views/", "..%2Fplugin.py", "../plugin.py", "nothing.js"):
            assert await asyncio.to_thread(status, name) == 404, name


class TestItsSource:
    async def test_the_types_are_right(self):
        assert type_problems(PAGE) == ""

    async def test_no_text_becomes_markup_or_code(self):
        sinks = re.compile(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
            r"|setAttribute\(\"(style|on\w+)\"|DOMParser|srcdoc"
        )
        found = [
            f"{file.name}: {line.strip()}"
            for file in PAGE.rglob("*.js")
            for line in file.read_text("utf-8").splitlines()
            if sinks.search(line)
        ]
        assert found == []

    async def test_the_markup_has_no_code_and_no_style_in_it(self):
        html = (PAGE / "index.html").read_text("utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style| on\w+=| style=|https?://", html) == []
