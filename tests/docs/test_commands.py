"""What the documentation tells to type, to write into files and to click exists."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stasis import config
from stasis.config import ListenConfig
from stasis.lab import example, outbound
from tests.docs.pages import DOCS, PAGES, blocks, named, prose

LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")


def commands(page: Path) -> Iterator[list[str]]:
    """The command lines of a page that are ours, without the program's name."""
    for block in blocks(page, "sh"):
        for line in block.lines:
            words = shlex.split(line, comments=True)
            # `callback` is the plugin of plugins.md; its commands are run in test_plugins.py.
            if words and Path(words[0]).name == "stasis" and words[1] != "callback":
                yield words[1:]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub makes anchors of them."""
    titles = [line.lstrip("#").strip() for line in prose(page) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "words", [pytest.param(words, id=" ".join(words)) for page in PAGES for words in commands(page)]
)
def test_a_command_and_its_options_exist(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    # The package's attribute of that name is the function.
    command_line = importlib.import_module("stasis.cli.main")
    assert command_line.main([*words, "--help"]) == 0, capsys.readouterr().err


def test_an_option_that_does_not_exist_would_be_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert importlib.import_module("stasis.cli.main").main(["run", "--nosuch", "--help"]) == 2
    assert "--nosuch" in capsys.readouterr().err


@pytest.mark.parametrize("page", named([page for page in PAGES if blocks(page, "toml")]))
def test_a_configuration_loads(page: Path, tmp_path: Path) -> None:
    """Blocks of stasis.toml load; the IVR's file and a plugin's keys have tests of their own."""
    for name in ("password", "ari-password", "ami-secret"):
        (tmp_path / name).write_text("secret\n")
    for block in blocks(page, "toml"):
        assert block.lines[0] in (
            *("# stasis.toml", "# ivr.toml", "# conference.toml", "# pyproject.toml"),
        )
        tomllib.loads(block.text)
        if block.lines[0] == "# stasis.toml":
            file = tmp_path / "stasis.toml"
            file.write_text(block.text.replace("/etc/stasis/", f"{tmp_path}/"))
            config.load(file, {})


def test_what_goes_into_a_file_of_asterisk_is_what_the_example_has() -> None:
    files = {"ari.conf": example.text(), **example.companions()}
    for block in blocks(DOCS / "asterisk.md", "ini"):
        known = {line.rstrip() for line in files[block.lines[0].removeprefix("; ")].splitlines()}
        assert [line for line in block.lines[1:] if line and line not in known] == []


def test_the_outbound_connection_is_as_the_tests_make_it() -> None:
    """The labs of tests/asterisk/test_listen.py have these sections."""
    texts = {block.lines[0]: block.text for block in blocks(DOCS / "operations.md", "ini")}
    one = outbound.Outbound(
        name="east",
        url="ws://127.0.0.1:8089/ari?east",
        apps=("ivr", "hello"),
        username=ListenConfig().username,
        password="a-long-random-text",
    )
    assert outbound.client(one) in texts["; websocket_client.conf"]
    assert outbound.ari_sections([one]).removeprefix(outbound.MARK).strip() in texts["; ari.conf"]


@pytest.mark.parametrize("page", named(PAGES))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall("\n".join(prose(page))):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.is_file(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in LINK.findall("\n".join(prose(page)))
        if not target.startswith("https://")
    }
    assert [page.name for page in PAGES[1:] if page.resolve() not in linked] == []
