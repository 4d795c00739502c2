"""The configuration files of the real servers, and what is wrong in them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import attrs
import pytest

from stasis.cli.main import main
from stasis.pbx import Missing, Pbx
from stasis.pbx.ailments import RULES
from stasis.section import Secret
from tests.asterisk.pbx.alone import alone
from tests.asterisk.pbx.conftest import Office

SICK = {
    "asterisk.conf": "[options]\nverbose = 3\nlive_dangerously = yes\n",
    "queues.conf": "[general]\n[support]\nstrategy = ringall\nmusicclass = none\n",
    "voicemail.conf": "[general]\nformat = wav\n[default]\n2001 => 1234,Alice\n",
    "features.conf": "[featuremap]\nblindxfer => #1\natxfer => #1\n",
    "confbridge.conf": "[general]\n[user]\ntype = user\npin = 1111\n",
}


@pytest.mark.things("configuration.check")
async def test_what_is_wrong_is_found_from_afar(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with alone(office, "files", SICK, "app_queue") as server:
        lab = server.lab
        for name, more in {
            "extensions.conf": "[sick]\nexten => _.,1,Answer()\ninclude => nowhere\n",
            "musiconhold.conf": "[jazz]\nmode = files\ndirectory = /nowhere\n",
            "pjsip.conf": "[sick]\ntype = endpoint\nauth = nobody\ncontext = nowhere\n",
        }.items():
            lab.write(name, f"{(lab.etc / name).read_text('utf-8')}\n{more}")
        lab.cli("module reload")
        async with Pbx(server.config()) as pbx:
            found = await pbx.configuration.check()
        told = {f"{each.file} {each.section} {each.text}": each for each in found}
        assert list(dict.fromkeys(each.file for each in found)) == list(RULES)
        assert all(each.fix for each in found if each.state in ("warning", "failed"))
        for begins, state in (
            ("asterisk.conf options live_dangerously", "warning"),
            ("queues.conf support has no members", "warning"),
            ("queues.conf support musicclass = none", "warning"),
            ("voicemail.conf default the PIN of mailbox 2001", "warning"),
            ("features.conf featuremap #1 is blindxfer and atxfer", "failed"),
            ("confbridge.conf user its PIN", "warning"),
            ("extensions.conf sick exten => _.", "warning"),
            ("extensions.conf sick include => nowhere", "failed"),
            ("musiconhold.conf jazz there is nothing to play", "failed"),
            ("pjsip.conf sick context = nowhere", "failed"),
            ("manager.conf stasis its secret is one that everybody tries", "warning"),
            ("rtp.conf  ", "ok"),
            ("http.conf  ", "ok"),
        ):
            (each,) = [each for text, each in told.items() if text.startswith(begins)]
            assert each.state == state
        assert lab.password not in repr(found)
        settings = tmp_path / "stasis.toml"
        settings.write_text(
            f'[asterisk]\nurl = "{lab.url}"\nusername = "{lab.username}"\n'
            f'password = "{lab.password}"\n[asterisk.ami]\nport = {lab.ami_port}\n'
            f'username = "{lab.username}"\nsecret = "{lab.password}"\n'
        )
        words = ["--config", str(settings), "doctor", "config"]
        assert await asyncio.to_thread(main, words) == 1
        screen = capsys.readouterr().out
        assert "FAIL features" in screen and "→ another code for one of them" in screen
        assert await asyncio.to_thread(main, [*words, "--json"]) == 1
        document = json.loads(capsys.readouterr().out)
        assert not document["ok"]
        assert len(document["servers"]["asterisk"]) == len(found)


@pytest.mark.things("configuration.check")
async def test_missing_rights_are_told_with_what_gives_them(office: Office):
    async with alone(office, "rights") as server:
        plain = (server.lab.etc / "manager.conf").read_text("utf-8")
        reader = "[reader]\nsecret = reader-change-me\nread = all\nwrite = reporting,command\n"
        server.lab.write("manager.conf", f"{plain}\n{reader}")
        server.lab.cli("module reload manager")
        config = server.config()
        ami = attrs.evolve(config.ami, username="reader", secret=Secret("reader-change-me"))
        async with Pbx(attrs.evolve(config, ami=ami)) as pbx:
            found = await pbx.configuration.check()
    assert {each.state for each in found} == {"skipped"} and len(found) >= len(RULES)
    assert all("add config to `write`" in each.fix for each in found)


@pytest.mark.things("configuration.show")
async def test_a_file_is_shown_without_secrets(pbx: Pbx, office: Office):
    lines = await pbx.configuration.show("manager.conf")
    assert "[stasis]" in lines and "secret = ***" in lines and "read = all" in lines
    assert office.lab.password not in "\n".join(lines)
    with pytest.raises(Missing):
        await pbx.configuration.show("nothing.conf")
