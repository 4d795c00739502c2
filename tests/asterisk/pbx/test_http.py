"""The plugin `pbx` on the real servers: tokens by command, things over HTTP, events and the audit."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from stasis.lab.baresip import Baresip
from stasis.web import signature
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.program import Program, program

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

SECRET = "whsec_" + base64.b64encode(b"of the tests, 32 bytes in all...").decode()


@pytest.mark.things("astdb.put", "astdb.get")
async def test_a_token_does_what_its_scopes_say_and_all_of_it_is_written_down(
    office: Office, tmp_path: Path
):
    async with program(office, tmp_path) as run:
        writer = await run.token("astdb:*", name="writer")
        reader = await run.token("*:read", name="reader")
        assert (await run.ask("PUT", "/astdb/cid/2001", {"value": "Zoë"})).status == 401
        refused = await run.ask("PUT", "/astdb/cid/2001", {"value": "Zoë"}, reader)
        assert (refused.status, refused.code) == (403, "no_scope")
        put = await run.ask("PUT", "/astdb/cid/2001", {"value": "Zoë"}, writer)
        assert put.status == 204
        assert "Zoë" in office.lab.cli("database get cid 2001")
        got = await run.ask("GET", "/astdb/cid/2001", token=reader)
        assert (got.status, got.body) == (200, {"family": "cid", "key": "2001", "value": "Zoë"})
        missing = await run.ask("GET", "/astdb/cid/nobody", token=reader)
        assert (missing.status, missing.code) == (404, "missing")
        wrong = await run.ask("PUT", "/astdb/cid/2001", {"value": "a\r\nAction: Logoff"}, writer)
        assert (wrong.status, wrong.code) == (422, "wrong_body")
        version = await run.ask("GET", "/system/version", token=reader)
        assert version.status == 200 and f"{office.version}." in str(version.body)
        audit = await run.ask("GET", "/audit", token=reader)
        (entry,) = audit.body
        assert (entry["who"], entry["thing"], entry["outcome"]) == ("writer", "astdb.put", "done")
        told = json.loads(await run.run("pbx", "audit", "--json"))
        assert told == audit.body
        listed = json.loads(await run.run("pbx", "token", "list", "--json"))
        assert [each["name"] for each in listed] == ["writer", "reader"]
        assert writer not in (tmp_path / "log").read_text("utf-8")
        await run.run("pbx", "token", "revoke", str(listed[0]["id"]))
        assert (await run.ask("GET", "/astdb/cid/2001", token=writer)).status == 401


@pytest.mark.things("calls.originate", "calls.list", "calls.hangup")
async def test_a_call_is_made_seen_heard_of_and_ended(
    office: Office, tmp_path: Path, alice: Baresip
):
    async with program(office, tmp_path) as run:
        token = await run.token("*")
        url = f"{run.root}/pbx/api/v1/events?group=calls&channel=PJSIP/alice"
        heard: list[dict[str, Any]] = []
        async with run.session.ws_connect(url) as socket:
            await socket.send_json({"token": token})
            assert (await socket.receive_json())["type"] == "snapshot"
            await listening(run)
            call = {"device": "PJSIP/alice", "context": "default", "extension": "echo"}
            schema = (await run.ask("GET", "/openapi.json")).body["components"]["schemas"]
            assert set(call) <= set(schema["CallsOriginateBody"]["properties"])
            made = await run.ask("POST", "/calls/extension", call, token)
            assert made.status == 200, made
            calls = (await run.ask("GET", "/calls", token=token)).body
            (name,) = [each["channel"] for each in calls if "alice" in each["channel"]]
            shown = await run.ask("GET", f"/calls/{name.replace('/', '%2F')}", token=token)
            assert shown.status == 200 and shown.body["channel"] == name
            ended = await run.ask("DELETE", f"/calls/{name.replace('/', '%2F')}", token=token)
            assert ended.status in (200, 204), ended
            async with asyncio.timeout(10):
                while not heard or heard[-1]["event"]["type"] != "Hangup":
                    heard.append(await socket.receive_json())
        events = [each["event"] for each in heard]
        assert {each["source"] for each in events} == {"ami", "ari"}
        assert {each["channel"] for each in events if each["channel"]} == {name}
        assert {each["server"] for each in events} == {"asterisk"}
        types = {each["type"] for each in events}
        assert {"Newchannel", "ChannelCreated", "Hangup"} <= types
        things = [each["thing"] for each in (await run.ask("GET", "/audit", token=token)).body]
        assert things == ["calls.hangup", "calls.originate"]
    assert "stasis-events" not in office.lab.cli("ari show apps")


async def test_a_webhook_hears_signed_what_it_asked_for(office: Office, tmp_path: Path):
    taken: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        text, head = await request.text(), request.headers
        wanted = signature(SECRET, head["webhook-id"], head["webhook-timestamp"], text)
        assert head["webhook-signature"] == wanted
        taken.append(json.loads(text))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server:
        more = (
            f'[[plugin.pbx.webhook]]\nurl = "{server.make_url("/hook")}"\n'
            f'secret = "{SECRET}"\ntypes = ["UserEvent"]\n'
        )
        async with program(office, tmp_path, more) as run:
            await listening(run)
            office.lab.cli(
                "channel originate Local/echo@default/n application UserEvent"
                f" Door,Who:Zoe,Line:{run.port}"
            )
            async with asyncio.timeout(20):
                while not any(str(run.port) in str(each) for each in taken):
                    await asyncio.sleep(0.05)
        assert {each["type"] for each in taken} == {"UserEvent"}
        assert "stasis-events" not in office.lab.cli("ari show apps")
        data = taken[-1]["data"]
        assert data["fields"]["UserEvent"] == "Door" and data["fields"]["Who"] == "Zoe"


async def listening(run: Program) -> None:
    """Wait until Asterisk is listened to: its application is there."""
    async with asyncio.timeout(15):
        while "stasis-events-" not in await asyncio.to_thread(run.office.lab.cli, "ari show apps"):
            await asyncio.sleep(0.05)


@pytest.mark.things("cdr.list", "security.failures")
async def test_call_records_and_failed_log_ins_are_written_while_it_runs(
    office: Office, tmp_path: Path
):
    more = (
        "security_log = true\n"
        f'[asterisk.cdr]\ndatabase = "sqlite:///{tmp_path}/cdr.db"\n'
        f'[asterisk.security]\nlog = "{tmp_path}/security.log"\n'
    )
    async with program(office, tmp_path, more) as run:
        token = await run.token("*:read")
        lab = office.lab
        wrong = f"{lab.username}:wrong"
        async with asyncio.timeout(30):
            while not (tmp_path / "security.log").exists():
                await asyncio.sleep(0.05)
            records: list[Any] = []
            while not records:
                await asyncio.to_thread(
                    lab.cli, "channel originate Local/echo@default/n application Wait 0.1"
                )
                await asyncio.sleep(0.5)
                found = await run.ask("GET", "/cdr/records", token=token)
                assert found.status in (200, 503), found
                records = found.body if found.status == 200 else []
            failures: list[Any] = []
            while not failures:
                url = lab.url.replace("http://", f"http://{wrong}@") + "/asterisk/ping"
                async with run.session.get(url) as response:
                    assert response.status == 401
                await failed_log_in(lab.ami_port)
                found = await run.ask("GET", "/security/failures", token=token)
                failures = found.body if found.status == 200 else []
        assert "127.0.0.1" in str(failures)
        async with run.session.get(f"{run.root}/metrics") as response:
            assert "127.0.0.1" in await response.text()


async def failed_log_in(port: int) -> None:
    """Somebody who does not know the manager's secret."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"Action: Login\r\nUsername: stasis\r\nSecret: wrong\r\n\r\n")
    await reader.read(200)
    await asyncio.sleep(0.3)
    writer.close()
    await writer.wait_closed()
