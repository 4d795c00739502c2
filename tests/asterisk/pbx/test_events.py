"""Events of AMI and ARI together, on the real servers: of one call, chosen, and by the command."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from stasis.lab.baresip import Baresip
from stasis.pbx import Choice, Happening, Pbx
from stasis.pbx.events import Following
from tests.asterisk.command_line import environment
from tests.asterisk.pbx.conftest import Office

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


async def until(stream: Following, *types: str) -> list[Happening]:
    """All that happens until each of these has."""
    left, found = set(types), []
    async with asyncio.timeout(20):
        while left:
            found.append(await anext(stream))
            left.discard(found[-1].type)
    return found


async def test_a_call_is_told_by_both_ways_and_nothing_is_left_of_us(
    pbx: Pbx, office: Office, alice: Baresip
):
    choice = Choice(channel="PJSIP/alice")
    async with pbx.events.follow(choice, server="main") as stream:
        ami = await pbx.ways.ami()
        await ami.action(
            "Originate", channel="PJSIP/alice", application="Wait", data="1", async_="true"
        )
        found = await until(stream, "Newchannel", "ChannelCreated", "Hangup", "ChannelDestroyed")
    assert stream.dropped == 0
    assert {each.source for each in found} == {"ami", "ari"}
    assert {each.server for each in found} == {"main"}
    assert all(each.channel.startswith("PJSIP/alice-") for each in found if each.channel)
    assert {each.group for each in found} >= {"calls", "dialplan"}
    for each in found:
        if each.source == "ari":
            assert each.fields["application"].startswith("stasis-events-")
    assert "stasis-events" not in office.lab.cli("ari show apps")


async def test_only_what_was_chosen_comes(pbx: Pbx, office: Office):
    async with pbx.events.follow(Choice(source="ami", types=["UserEvent"])) as stream:
        office.lab.cli("channel originate Local/echo@default/n application UserEvent Door,Who:Zoe")
        (event,) = await until(stream, "UserEvent")
    assert event.fields["UserEvent"] == "Door" and event.fields["Who"] == "Zoe"
    assert event.group == "dialplan" and "UserEvent=Door" in event.what


async def test_no_secret_of_the_dialplan_is_told(pbx: Pbx, office: Office):
    ami = await pbx.ways.ami()
    await ami.action(
        "DialplanExtensionAdd", context="planted", extension="s", priority="1", application="Set",
        applicationdata="__DOOR_PIN=pl4nt", replace="yes",
    )  # fmt: skip
    async with pbx.events.follow(Choice(groups=["dialplan", "calls"])) as stream:
        office.lab.cli("channel originate Local/s@planted/n application Wait 1")
        found = await until(stream, "Newexten", "ChannelDialplan", "VarSet", "Hangup")
    assert "pl4nt" not in str(found) and "DOOR_PIN=***" in str(found)


async def test_a_lost_connection_is_told_by_each_way(pbx: Pbx, office: Office):
    async with pbx.events.follow(Choice(groups=["system"])) as stream:
        office.lab.cli("core restart now")
        gaps: set[str] = set()
        async with asyncio.timeout(40):
            while gaps != {"ami", "ari"}:
                each = await anext(stream)
                if each.type == "Gap":
                    gaps.add(each.source)
                    assert each.fields["seconds"] > 0


async def test_the_command_writes_a_line_for_each(office: Office, tmp_path: Path):
    lab = office.lab
    (tmp_path / "stasis.toml").write_text(
        f'[asterisk.ami]\nhost = "127.0.0.1"\nport = {lab.ami_port}\n'
        f'username = "{lab.username}"\nsecret = "{lab.password}"\n'
    )

    async def told(*words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stasis", "events", "--follow", "--count", "1", *words),
            cwd=tmp_path,
            env=environment(lab, {}),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        communicating = asyncio.create_task(process.communicate())
        try:
            async with asyncio.timeout(20):
                while not communicating.done():
                    await asyncio.to_thread(
                        lab.cli,
                        "channel originate Local/echo@default/n application UserEvent Door,Who:Zoe",
                    )
                    await asyncio.wait([communicating], timeout=0.5)
                out, err = await communicating
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, err.decode()
        return out.decode()

    (line,) = (await told("--json", "--type", "UserEvent", "--source", "ami")).splitlines()
    found = json.loads(line)
    assert (found["type"], found["group"], found["source"]) == ("UserEvent", "dialplan", "ami")
    (line,) = (await told("--type", "ChannelUser*", "--group", "dialplan")).splitlines()
    assert " ari  ChannelUserevent " in line and "Door" in line
    assert "stasis-events" not in lab.cli("ari show apps")
