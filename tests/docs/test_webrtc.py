"""docs/webrtc.md: its set-up, its keys, its API and its commands are the program's."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
import typer
from stasis_webrtc.account_command import user_app
from stasis_webrtc.authority import AUTHORITY_DAYS, CERTIFICATE_DAYS
from stasis_webrtc.body import UserChange
from stasis_webrtc.command import commands
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.session_command import session_app
from stasis_webrtc.setup import Setup, texts

from stasis.section import described, section
from stasis.testing.asterisk import Asterisk
from stasis.web import ANY, Operation
from tests.apps.stasis_webrtc.operations.test_access import TABLE
from tests.apps.stasis_webrtc.switch import Switch, reached
from tests.docs.pages import DOCS, ROOT, blocks, every

PAGE = DOCS / "webrtc.md"
TEXT = PAGE.read_text("utf-8")
# What is told of the defaults that are secrets.
SECRETS = {"database": '"sqlite:///webrtc.db"', "turn_secret": '""'}


def test_every_key_stands_there_with_its_default() -> None:
    for name, default, what in described(WebrtcConfig):
        assert f"| `{name}` | `{SECRETS.get(name, default)}` | {what} |" in TEXT


def test_its_table_is_right() -> None:

    (block,) = [each for each in blocks(PAGE, "toml") if each.lines[0] == "# stasis.toml"]
    config = section(WebrtcConfig, tomllib.loads(block.text)["plugin"]["webrtc"], "")
    config.check()
    assert config.rules().dial("+4930123456") == "PJSIP/+4930123456@trunk"


def test_every_message_of_the_feed_stands_there() -> None:
    source = (ROOT / "apps" / "stasis_webrtc" / "feed.py").read_text("utf-8")
    told = set(re.findall(r'(?:_to_user|_to_session|tell)\((?:[\w.]+, )?"(\w+)"', source))
    assert len(told) > 8
    rows = rows_of("message", "when")
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert named == told | {"snapshot"}


# On your Asterisk


class TestSetup:
    """`stasis webrtc setup --host … --write …` as the page has it, where some files are there."""

    @pytest.fixture
    def told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> str:
        (words,) = re.findall(r"`stasis (webrtc setup --host .*? --write \S+)`", TEXT)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        for name in texts(Setup()):
            if name != "sorcery.conf":
                (tmp_path / name).write_text("[mine]\n")
        # The package's attribute of that name is the function.
        command_line = importlib.import_module("stasis.cli.main")
        assert command_line.main(words.replace("/etc/asterisk", str(tmp_path)).split()) == 0
        shown = capsys.readouterr()
        return (shown.out + shown.err).replace(str(tmp_path), "/etc/asterisk")

    def test_what_is_there_stays_and_its_part_is_beside_it(self, told: str, tmp_path: Path) -> None:
        for name, text in texts(Setup(keys=str(tmp_path / "keys"))).items():
            place = tmp_path / (name if name == "sorcery.conf" else f"{name}.webrtc")
            assert place.read_text() == text
            assert (place.name == name) or (tmp_path / name).read_text() == "[mine]\n"
            assert (f"{name}.webrtc: merge it" in told) == (place.name != name)

    def test_the_page_says_of_every_file_how_it_is_merged(self) -> None:
        named = {name for row in rows_of("file", "what to merge") for name in quoted(row[0])}
        assert named == set(texts(Setup()))
        for row in rows_of("file", "what to merge"):
            for each in re.findall(r"\[\w+\]", row[1]):
                for name in quoted(row[0]):
                    assert each in texts(Setup())[name]

    def test_the_key_is_given_to_asterisk_as_it_says(self, told: str) -> None:
        (command,) = re.findall(r"^ +(chown .*)$", told, re.MULTILINE)
        assert f"`{command}`" in TEXT

    def test_nobody_else_reads_the_keys(self, told: str, tmp_path: Path) -> None:
        for name in ("ca.key", "key.pem"):
            assert (tmp_path / "keys" / name).stat().st_mode & 0o077 == 0
        assert f"for {CERTIFICATE_DAYS} days" in TEXT and AUTHORITY_DAYS > CERTIFICATE_DAYS

    def test_the_websocket_is_the_one_that_it_says(self, told: str) -> None:
        (websocket,) = re.findall(r'websocket = "(.*?)"', told)
        (block,) = [each for each in blocks(PAGE, "toml") if each.lines[0] == "# stasis.toml"]
        assert tomllib.loads(block.text)["plugin"]["webrtc"]["websocket"] == websocket


def test_the_dialplan_is_what_it_prints() -> None:
    (block,) = blocks(PAGE, "ini")
    assert block.text == texts(Setup())["extensions.conf"]


# The API


def takes(row: Operation) -> str:
    """The fields of what an operation takes; in brackets what may be left out."""
    kind = row.body or row.query
    fields = () if kind is None else msgspec.structs.fields(kind)
    names = [
        f"`{each.encode_name}`" if each.required else f"[`{each.encode_name}`]" for each in fields
    ]
    return " ".join(names)


def test_every_operation_stands_there_with_its_scope_and_what_it_takes() -> None:
    shown = [row[:3] for row in rows_of("operation", "scope", "takes", "what it does")]
    scopes = {"": "none", ANY: "any token"}
    assert shown[:-2] == [
        [f"`{row.method} {row.path}`", scopes.get(row.scope, f"`{row.scope}`"), takes(row)]
        for row in TABLE
    ]
    assert [row[0] for row in shown[-2:]] == ["`GET /events`", "`GET /openapi.json`"]


async def test_its_session_is_what_a_server_answers(tmp_path: Path) -> None:
    (file,) = [each for each in every(PAGE) if "file" in each.marks]
    (block,) = [each for each in every(PAGE) if "served" in each.marks]
    (tmp_path / file.marks["file"][0]).write_text(file.text)
    said = msgspec.json.decode(file.text)
    switch = Switch(websocket="ws://127.0.0.1:8088/ws")
    async with Asterisk(switch.programs(), sounds={}) as asterisk:
        await switch.accounts.add(said["user"], said["password"])
        await switch.accounts.add("bert", said["password"])
        async with reached(switch, asterisk) as site:
            assert "http://127.0.0.1:8080/" in block.text
            asked = await asyncio.create_subprocess_exec(
                *("bash", "-euo", "pipefail", "-c"),
                block.text.replace("http://127.0.0.1:8080", site.root),
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"]},
                stdout=asyncio.subprocess.PIPE,
            )
            printed, _ = await asked.communicate()
            assert asked.returncode == 0
            assert await switch.store.sessions() == []
    answers = msgspec.json.decode(b"[" + re.sub(rb"([\]}])(?=[\[{])", rb"\1,", printed) + b"]")
    device, contacts, calls, settings = answers
    assert device["websocket"] == switch.config.websocket and device["password"]
    assert [each["user"] for each in contacts] == ["bert"]
    assert calls == [] and settings["dnd"] is True


# The command line


def test_every_command_has_its_operation() -> None:
    rows = rows_of("command line", "API")
    left = " ".join(row[0] for row in rows)
    for app, group in ((user_app, "user"), (session_app, "session")):
        for each in app.registered_commands:
            assert re.search(rf"stasis webrtc {group} {each.name}|`{each.name} ", left), each.name
    assert "stasis webrtc audit" in left and commands.registered_groups
    known = {f"{row.method} {row.path}" for row in TABLE}
    for row in rows:
        for said in quoted(row[1]):
            assert "/" not in said or said.partition("?")[0] in known


def test_every_option_of_a_new_user_has_its_field() -> None:
    add = typer.main.get_command(user_app).commands["add"]  # type: ignore[attr-defined]
    options = {name for each in add.params for name in each.opts if name.startswith("--")}
    rows = [row for row in rows_of("command line", "API") if row[0].startswith("`--")]
    shown = {name for row in rows for name in quoted(row[0])}
    assert {name for name in shown if not name.startswith("--no-")} == options
    fields = {name for row in rows for name in quoted(row[1])}
    assert fields <= {each.name for each in msgspec.structs.fields(UserChange)}


def rows_of(*head: str) -> list[list[str]]:
    """The rows of the table with this head."""
    lines = TEXT.splitlines()
    rows: list[list[str]] = []
    for line in lines[lines.index(f"| {' | '.join(head)} |") + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def quoted(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)
