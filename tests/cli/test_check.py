"""`stasis check`: findings as a table or as JSON, and an exit code for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stasis.cli.check import sounds_in, sounds_of
from stasis.cli.main import main
from stasis.config import AsteriskConfig, Config
from stasis.errors import Unauthorized
from stasis.lab.chroot import Chroot
from stasis.lab.lab import Lab
from stasis.lab.ports import block

Write = Callable[[str, str], Path]
Cli = Callable[..., Any]

NOBODY = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}

HEAD = """
from stasis import After, Channel, ChannelDtmfReceived, Event, Flow, PlaybackFinished

"""
SEEDED = (
    HEAD
    + """
class Seeded(Flow):
    async def menu(self, event: Event) -> None:
        await self.channel.play("sound:hello-world")

    async def stuck(self, event: Event) -> None:
        await self.channel.play("sound:hullo-world")

    async def attic(self, event: Event) -> None: ...
    async def bye(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {(ChannelDtmfReceived, "1"): stuck, After(5): bye},
        stuck: {ChannelDtmfReceived: bye},
        attic: {After(1): bye},
    }
"""
)
CLEAN = (
    HEAD
    + """
async def clean(channel: Channel) -> None:
    await channel.play("sound:hello-world")
"""
)
DOUBTFUL = (
    HEAD
    + """
class Doubtful(Flow):
    async def menu(self, event: Event) -> None: ...
    async def bye(self, event: Event) -> None: ...

    start = menu
    table = {menu: {(ChannelDtmfReceived, "1"): bye, After(5): bye}}
"""
)


def sounds(folder: Path) -> str:
    """A folder of sounds as Asterisk has it."""
    (folder / "sounds/en/digits").mkdir(parents=True)
    (folder / "sounds/en/hello-world.gsm").touch()
    (folder / "sounds/en/digits/1.wav").touch()
    return str(folder / "sounds")


def test_each_seeded_fault_is_found(cli: Cli, write: Write, here: Path) -> None:
    """An unreachable state, a stuck one, unanswered digits, and a missing sound file."""
    write("seeded.py", SEEDED)
    done = cli("check", "seeded:Seeded", "--sounds", sounds(here), "--json", env=NOBODY)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["ok"] is False
    assert {(f["code"], f["level"]) for f in report["findings"]} == {
        ("unreachable-state", "error"),
        ("stuck-state", "error"),
        ("unanswered-digit", "warning"),
        ("missing-sound", "error"),
    }
    assert all("seeded.py:" in f["where"] for f in report["findings"])


def test_people_get_a_table_and_a_count(cli: Cli, write: Write, here: Path) -> None:
    write("seeded.py", SEEDED)
    done = cli("check", "seeded.py:Seeded", "--sounds", sounds(here), env=NOBODY)
    assert done.returncode == 1
    assert "unreachable-state" in done.stdout
    assert "1 flow checked (seeded.py:Seeded): 3 errors, 1 warning\n" in done.stdout


def test_a_clean_flow_passes(cli: Cli, write: Write, here: Path) -> None:
    write("seeded.py", CLEAN)
    done = cli("check", "seeded:clean", "--sounds", sounds(here), "--json", env=NOBODY)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["ok"], report["findings"]) == (True, [])
    assert report["sounds"]["checked"] is True


def test_warnings_fail_only_when_strict(cli: Cli, write: Write) -> None:
    write("seeded.py", DOUBTFUL)
    assert cli("check", "seeded:Doubtful", env=NOBODY).returncode == 0
    assert cli("check", "seeded:Doubtful", "--strict", env=NOBODY).returncode == 1


def test_events_of_ami_that_nobody_would_bring_are_a_warning(cli: Cli, write: Write) -> None:
    """They are triggers like others, once [asterisk.ami] says how to hear them."""
    head = HEAD + "from stasis.ami.events import Hold\n"
    write(
        "seeded.py",
        head + DOUBTFUL.removeprefix(HEAD).replace('(ChannelDtmfReceived, "1")', "Hold"),
    )
    done = cli("check", "seeded:Doubtful", "--json", env=NOBODY)
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["code"], found["level"]) == ("ami-not-configured", "warning")
    assert "names Hold of AMI: set username in [asterisk.ami]" in found["text"]
    assert "seeded.py:" in found["where"]
    known = {**NOBODY, "STASIS_ASTERISK_AMI_USERNAME": "stasis"}
    done = cli("check", "seeded:Doubtful", "--json", env=known)
    assert json.loads(done.stdout)["findings"] == []


def test_without_asterisk_it_says_that_sounds_were_not_checked(cli: Cli, write: Write) -> None:
    write("seeded.py", CLEAN)
    done = cli("check", "seeded:clean", env=NOBODY)
    assert done.returncode == 0
    assert done.stdout.endswith(
        "sounds not checked: http://127.0.0.1:1/ari does not answer;"
        " --sounds DIR checks a folder's\n"
    )


def test_a_server_that_refuses_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(config: AsteriskConfig) -> set[str]:
        raise Unauthorized("GET", "/sounds", 401, "Unauthorized")

    monkeypatch.setattr("stasis.cli.check.sounds_on", refuses)
    assert sounds_of(Config(), None).told.startswith("sounds not checked: 401 Unauthorized;")


def test_a_lab_that_is_up_is_told_with_all_that_was_typed(
    here: Path, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("seeded.py", CLEAN)
    lab = Lab("22", "22", here, block(21_000), {}, here, Chroot("22", here))
    monkeypatch.setattr(Lab, "all", lambda: [lab])
    monkeypatch.delenv("STASIS_ASTERISK_URL", raising=False)
    main(["check", "seeded.py:clean", "--strict"])
    assert capsys.readouterr().err.rstrip().endswith("stasis check seeded.py:clean --strict")


def test_sounds_of_the_server_need_the_server(cli: Cli, write: Write) -> None:
    write("seeded.py", CLEAN)
    done = cli("check", "seeded:clean", "--sounds", "server", env=NOBODY)
    assert done.returncode == 1
    assert "is Asterisk running" in done.stderr


def test_a_folder_of_sounds_must_be_there(cli: Cli, write: Write) -> None:
    write("seeded.py", CLEAN)
    done = cli("check", "seeded:clean", "--sounds", "nowhere")
    assert done.returncode == 1
    assert "no such folder" in done.stderr


PLUGIN = """
from stasis import Channel, Finding, Plugin


async def greet(channel: Channel) -> None:
    await channel.play("sound:hello-world")


class Seeded(Plugin):
    name = "seeded"

    def flows(self):
        return {"greet": greet}

    def check(self):
        return [Finding("seeded-finding", "seeded.toml", "the desk is missing")]

    def sounds(self):
        return [("seeded.toml [menu]", "sound:from-a-file")]
"""


def test_without_a_flow_all_plugins_are_checked(cli: Cli, write: Write, here: Path) -> None:
    """Their flows, what they find themselves, and the media of their files."""
    write("seeded.py", PLUGIN)
    plugins = {"seeded": "seeded:Seeded"}
    env = {**NOBODY, "STASIS_PLUGINS_ENABLED": "seeded"}
    done = cli("check", "--sounds", sounds(here), "--json", plugins=plugins, env=env)
    report = json.loads(done.stdout)
    assert report["flows"] == ["seeded: greet"]
    assert [f["code"] for f in report["findings"]] == ["seeded-finding", "missing-sound"]
    assert report["findings"][1]["where"] == "seeded.toml [menu]"


def test_a_plugin_that_cannot_be_imported_is_a_finding(cli: Cli, write: Write) -> None:
    write("broken.py", "raise RuntimeError('seeded')\n")
    done = cli("check", "--json", plugins={"broken": "broken:X"}, env=NOBODY)
    findings = json.loads(done.stdout)["findings"]
    (finding,) = [each for each in findings if each["code"] == "plugin-failed"]
    assert done.returncode == 1
    assert "RuntimeError: seeded" in finding["text"]


@pytest.mark.parametrize("file", ["en/hello.gsm", "hello.wav", "en_US_f_Allison/hello.gsm"])
def test_a_sound_is_known_with_and_without_its_language(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / file).touch()
    assert "hello" in sounds_in(tmp_path)


def test_a_folder_of_prompts_is_no_language(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits/1.gsm").touch()
    assert sounds_in(tmp_path) == {"digits/1"}


def test_a_plugins_application_is_a_target_as_well(cli: Cli) -> None:
    """What is neither a module nor an application is told as before."""
    plugins = {"ivr": "stasis_ivr.plugin:IvrPlugin"}
    nobody = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}
    done = cli("check", "ivr", env=nobody, plugins=plugins)
    assert "1 flow checked (ivr)" in done.stdout, done.stderr
    assert cli("draw", "ivr", plugins=plugins).stdout.startswith("stateDiagram-v2")
    assert "there is no module 'ivx'" in cli("check", "ivx", env=nobody).stderr
