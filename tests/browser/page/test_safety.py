"""What comes from others is text; what is shipped is only the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.page.bundle import PAGE, built, npm
from tests.browser.page.desk import Desk
from tests.browser.page.server import ago, entry, note, opened, peer

PLAYED = '"refit"'  # only the phone of the tests says so
EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'


@pytest.mark.asyncio(loop_scope="session")
class TestNamesOfOthers:
    async def test_they_are_never_markup(self, visitor: Desk):
        office = visitor.office
        office.me["name"] = EVIL
        office.contacts[0]["name"] = EVIL
        who = peer(EVIL, EVIL)
        office.history = [entry("h1", "in", who, ago(minutes=1), 0, "noanswer")]
        office.messages = [note("m1", who, ago(minutes=1), 1, heard=False)]
        office.rooms = [{"room": "r", "title": EVIL, "members": 1, "locked": False}]
        office.roster[0]["name"] = EVIL
        await visitor.signs_in()
        await expect(visitor.text("<img src=x").first).to_be_visible()
        for view in ("History", "Messages", "Settings", "Contacts"):
            await visitor.goes(view)
            await expect(visitor.text("<img src=x").first).to_be_visible()
        await visitor.chooses("Rooms")
        await visitor.talks(peer=who)
        await office.call("in-1", conference="r")
        await expect(visitor.page.locator(".roster")).to_contain_text("<img src=x")
        await visitor.button("Transfer").click()
        await office.call("in-1", state="ended", reason="hangup")
        assert await visitor.page.evaluate("window.pwned") is None
        assert await visitor.page.locator("img, #page script").count() == 0

    async def test_a_problem_of_the_server_is_text_too(self, desk: Desk):
        desk.office.refused["me/settings"] = (422, EVIL)
        await desk.button("Do not disturb").click()
        await expect(desk.page.locator(".notice")).to_contain_text("<img src=x")
        assert await desk.page.evaluate("window.pwned") is None


@pytest.mark.asyncio(loop_scope="session")
class TestTheShippedPage:
    async def test_it_runs_under_its_policy_and_asks_no_other_host(
        self, tmp_path: Path, browser: Browser
    ):
        async with opened(built(tmp_path / "dist", fake=False)) as office:
            asked: list[str] = []
            desk = await Desk.at(office, browser)
            desk.page.on("request", lambda request: asked.append(request.url))
            await desk.page.reload()
            await desk.enters("alice", "correct horse")
            await expect(desk.page.locator(".frame")).to_be_visible()
            # JsSIP tries the address of the office's telephone, which is none.
            await expect(desk.page.locator(".standing")).not_to_contain_text("Ready")
            assert all(url.startswith(office.url) for url in asked), asked
            await desk.leaves()


class TestWhatIsShipped:
    def test_nothing_of_the_tests_is_in_it(self, tmp_path: Path):
        dist = built(tmp_path / "dist", fake=False)
        assert sorted(file.name for file in dist.iterdir()) == [
            "app.js",
            "icon.svg",
            "index.html",
            "style.css",
        ]
        fake = built(tmp_path / "fake", fake=True)
        assert PLAYED in (fake / "app.js").read_text("utf-8")
        assert PLAYED not in (dist / "app.js").read_text("utf-8")

    def test_no_code_or_style_is_in_the_document(self):
        document = (PAGE / "index.html").read_text("utf-8")
        assert "style=" not in document
        assert not re.search(r"<script>|<style|\son\w+=|https?://", document)

    def test_no_source_makes_markup_of_text(self):
        for file in (PAGE / "src").rglob("*.ts"):
            source = file.read_text("utf-8")
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", source
            )


class TestTheSource:
    def test_its_types_hold(self):
        done = npm("run", "check")
        assert done.returncode == 0, done.stdout

    def test_its_pure_parts_do_what_they_should(self):
        done = npm("test")
        assert done.returncode == 0, done.stdout

    def test_what_it_is_built_from_is_pinned(self):
        for name, version in re.findall(
            r'"([@\w/-]+)": "([^"]+)"', (PAGE / "package.json").read_text()
        ):
            if name in ("jssip", "esbuild", "typescript", "axe-core", "@types/node"):
                assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert (PAGE / "package-lock.json").is_file()
