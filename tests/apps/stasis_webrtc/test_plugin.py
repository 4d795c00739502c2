"""The plugin: what it serves, its demonstration, and how it goes on when something is gone."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
import stasis_webrtc.plugin
from stasis_webrtc.config import websocket_of
from stasis_webrtc.ledger import Called
from stasis_webrtc.plugin import WebrtcConfig, WebrtcPlugin, origin_of
from stasis_webrtc.view import Peer
from structlog.testing import capture_logs

from stasis import Demo, Secret
from stasis.section import section
from stasis.servers import Servers
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.kept import PASSWORD
from tests.apps.stasis_webrtc.switch import ROOT, Switch, reached, served


def test_it_needs_no_configuration():
    plugin = WebrtcPlugin(section(WebrtcConfig, {}, "[plugin.webrtc]"))
    assert list(plugin.programs()) == ["webrtc", "webrtc-watch"]
    assert plugin.check() == ()


def test_when_it_is_played_nothing_is_lasting():
    played = WebrtcPlugin.played(WebrtcConfig(ring=7))
    assert (played.database.reveal(), played.ring) == ("sqlite://", 7)


class TestPage:
    @virtual_time
    async def test_it_may_talk_with_this_server_and_asterisk_alone(self):
        async with served(Switch(websocket="wss://pbx.example.org:8089/ws")) as site:
            async with site.session.get(f"{site.root}{ROOT}/") as response:
                policy = response.headers["Content-Security-Policy"]
                allowed = response.headers["Permissions-Policy"]
            assert "connect-src 'self' wss://pbx.example.org:8089;" in policy
            assert "default-src 'none'" in policy and "script-src 'self'" in policy
            assert "media-src 'self' blob: mediastream:" in policy
            assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
            assert "microphone=(self)" in allowed

    @virtual_time
    async def test_without_the_slash_it_is_found_too(self):
        async with served() as site:
            url = f"{site.root}{ROOT}"
            async with site.session.get(url, allow_redirects=False) as response:
                assert response.status == 308 and response.headers["Location"] == "./webrtc/"

    @pytest.mark.parametrize(
        "path",
        ["/../plugin.py", "/%2e%2e/plugin.py", "/..%2fplugin.py", "/src/app.ts", "/package.json"],
    )
    @virtual_time
    async def test_nothing_else_is_served(self, path: str):
        from yarl import URL

        async with served() as site:
            async with site.session.get(URL(f"{site.root}{ROOT}{path}", encoded=True)) as response:
                assert response.status == 404

    @virtual_time
    async def test_that_it_is_not_built_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        monkeypatch.setattr(stasis_webrtc.plugin, "PAGE", tmp_path)
        switch = Switch()
        with capture_logs() as logs:
            async with served(switch):
                pass
        assert any("make page" in str(line.get("why")) for line in logs)
        assert "make page" in switch.told("http://127.0.0.1:8080")[-1]
        (tmp_path / "index.html").touch()
        assert switch.told("http://127.0.0.1:8080") == ["softphone: http://127.0.0.1:8080/webrtc/"]


@virtual_time
async def test_browsers_reach_the_asterisk_of_the_configuration_where_no_other_way_is_given():
    async with served() as site:
        page, servers = await site.page("anna"), site.switch.servers
        asterisk = site.switch.asterisk.config.asterisk.url
        assert (await page.open())["websocket"] == websocket_of(asterisk)
        site.switch.servers = Servers({})
        assert site.switch.ari_url() == "http://127.0.0.1:8088/ari"
        site.switch.servers = servers


class TestDemo:
    def test_each_lab_has_passwords_of_its_own_that_outlive_the_program(self, tmp_path: Path):
        table = WebrtcPlugin.demo(Demo("http://127.0.0.1:8088", str(tmp_path)))
        assert table == WebrtcPlugin.demo(Demo("http://127.0.0.1:8088", str(tmp_path)))
        assert table["websocket"] == "ws://127.0.0.1:8088/ws"
        assert table["demo"]["alice"] != table["demo"]["bob"]
        assert (tmp_path / "softphone.json").stat().st_mode & 0o077 == 0
        config = section(WebrtcConfig, table, "[plugin.webrtc]")
        plugin = WebrtcPlugin(config)
        told = plugin.told("http://127.0.0.1:8080")
        assert told[0] == "softphone: http://127.0.0.1:8080/webrtc/"
        word = table["demo"]["alice"]
        assert told[1] == f"  in the browser, log in as alice, password {word}"
        assert "carol" in told[3] and told[3].endswith(" (administrator)")
        assert json.loads((tmp_path / "softphone.json").read_text()) == table["demo"]

    def test_a_lab_of_before_gets_who_is_new(self, tmp_path: Path):
        (tmp_path / "softphone.json").write_text('{"alice": "hers", "bob": "his"}')
        demo = WebrtcPlugin.demo(Demo("http://127.0.0.1:8088", str(tmp_path)))["demo"]
        assert (demo["alice"], demo["bob"]) == ("hers", "his") and len(demo["carol"]) >= 12

    @virtual_time
    async def test_all_may_record_and_carol_administers(self):
        demo = dict.fromkeys(("alice", "bob", "carol"), Secret(PASSWORD))
        async with served(Switch(demo=demo)) as site:
            found = {user: await (await site.page(user)).get("/me") for user in demo}
            assert all(me["grants"]["may_record"] for me in found.values())
            assert [user for user, me in found.items() if me["admin"]] == ["carol"]

    @virtual_time
    async def test_its_users_and_their_sessions_outlive_a_restart(self):
        switch = Switch(demo={"alice": Secret(PASSWORD), "bob": Secret(PASSWORD)})
        async with served(switch) as site:
            page = await site.page("alice")
            await page.open()
            assert (await page.get("/me"))["extension"] == "101"
            await site.asterisk.redeploy()
            async with reached(switch, site.asterisk) as again:
                page.root = again.root
                assert (await page.get("/me"))["user"] == "alice"
                assert (await page.refresh()).status == 200

    @virtual_time
    async def test_another_password_is_given_to_who_is_there_already(self):
        switch = Switch(demo={"anna": Secret("another password")})
        async with served(switch) as site:
            assert (await site.browser().log_in("anna")).status == 401
            assert (await site.browser().log_in("anna", "another password")).status == 200

    @virtual_time
    async def test_one_that_cannot_be_is_left_out(self):
        switch = Switch(demo={"4711": Secret("another password"), "bob": Secret(PASSWORD)})
        async with served(switch) as site:
            assert (await site.browser().log_in("bob")).status == 200
            assert await switch.kept.user("4711") is None


class TestGoingOn:
    @virtual_time
    async def test_a_database_that_is_gone_for_a_while_keeps_nothing_from_going_on(self):
        async with served() as site:
            page = await site.phone("anna")
            site.switch.kept.database.down = True
            await asyncio.sleep(60)
            site.switch.kept.database.down = False
            await site.switch.kept.end_session(page.id, site.switch.now(), "revoked")
            await asyncio.sleep(6)
            assert site.asterisk.machine.sorcery.names("endpoint") == []

    @virtual_time
    async def test_what_asterisk_did_not_do_at_the_start_is_done_soon(self):
        async with served() as site:
            page = await site.phone("anna")
            site.asterisk.refuse("GET /endpoints/PJSIP", 503, times=2)
            await site.asterisk.redeploy()
            assert not site.switch.phones.registered(page.endpoint)
            await asyncio.sleep(12)
            assert site.switch.phones.registered(page.endpoint)

    @virtual_time
    async def test_what_is_older_than_it_is_kept_is_forgotten(self):
        async with served() as site:
            switch, old = site.switch, site.switch.now() - timedelta(days=366)
            for at in (old, switch.now()):
                call = Called("anna", f"{at:%Y}", "in", Peer("Bert"), at, None, at, "noanswer")
                await switch.kept.history.called(call)
                about = dict.fromkeys(("by", "address", "session", "detail"), "")
                await switch.kept.note(at, f"of {at:%Y}", user="anna", **about)
            await asyncio.sleep(310)
            assert [row.call for row in await switch.kept.history.calls("anna")] == ["2026"]
            kinds = {row.kind for row in await switch.kept.audit()}
            assert "of 2026" in kinds and "of 2024" not in kinds

    @virtual_time
    async def test_work_beside_that_fails_is_logged_and_stops_nothing(self):
        async def fail() -> None:
            raise ValueError("the test's")

        async with served() as site:
            site.switch.spawn(fail())
            await asyncio.sleep(1)
            assert site.switch._tasks == set()
            assert (await site.browser().log_in("anna")).status == 200


@virtual_time
async def test_events_of_another_asterisk_are_none_of_ours():
    async with served() as site:
        page = await site.phone("anna")
        heard: list[object] = []
        site.switch.phones.heard = heard.append  # type: ignore[method-assign]
        site.switch.heard(object(), object())  # type: ignore[arg-type]
        assert heard == []
        await page.registers(gone=True)
        assert len(heard) == 1


@pytest.mark.parametrize(
    ("websocket", "origin"),
    [("wss://a.example:8089/ws", "wss://a.example:8089"), ("ws://a.example", "ws://a.example")],
)
def test_the_origin_of_a_websocket(websocket: str, origin: str):
    assert origin_of(websocket) == origin
