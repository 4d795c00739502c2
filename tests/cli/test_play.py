"""`stasis play`: a flow called from the command line, and at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Cli

FLOW = """
from stasis import After, ChannelDtmfReceived, Channel, Event, Flow


class Menu(Flow):
    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:menu")

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:bye")
        await playback.finished()

    start = menu
    table = {menu: {ChannelDtmfReceived: goodbye, After(30): goodbye}}


async def broken(channel: Channel) -> None:
    raise ValueError("no such account")


async def told(channel: Channel) -> None:
    await channel.answer()
    await channel.set_variable("ARGS", ",".join(channel.args))
    raise ValueError(channel.args)


async def stays(channel: Channel) -> None:
    await channel.answer()
    await channel.ended()
"""


@pytest.fixture(autouse=True)
def flow(here: Path) -> None:
    """A module of flows, and a folder of sounds in which nothing is missing."""
    (here / "flows.py").write_text(FLOW)


class TestAScript:
    def test_is_played_in_no_time_line_by_line(self, cli: Cli):
        done = cli("play", "flows.py:Menu", "--press", ",5")
        assert done.returncode == 0, done.stderr
        lines = [line.split("s  ", 1)[1] for line in done.stdout.splitlines()]
        assert lines[:2] == ["you call", "menu"] and lines[-1] == "the call is over (cause 16)"
        assert "you press 5" in lines and "goodbye (ChannelDtmfReceived)" in lines

    def test_may_skip(self, cli: Cli):
        done = cli("play", "flows.py:Menu", "--press", " ")
        assert "   30.0 s  goodbye (after 30 s)" in done.stdout.splitlines()

    def test_comes_from_standard_input_without_a_terminal(self, here: Path):
        done = subprocess.run(
            [sys.executable, "-m", "stasis", "play", "flows.py:Menu"],
            cwd=here,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'apps'}"},
            input=b"5\n",
            capture_output=True,
            timeout=25,
            check=False,
        )
        assert done.returncode == 0 and b"you press 5" in done.stdout

    def test_ends_a_call_that_does_not_end(self, cli: Cli):
        done = cli("play", "flows.py:stays", "--press", "1")
        assert done.returncode == 0
        assert "still in 'running': the caller hangs up" in done.stdout

    def test_of_a_flow_that_raises_fails(self, cli: Cli):
        done = cli("play", "flows.py:broken", "--press", "")
        assert done.returncode == 1
        assert "the flow failed: ValueError: no such account" in done.stdout

    def test_has_the_arguments_that_are_given(self, cli: Cli):
        done = cli("play", "flows.py:told", "--press", "", "--args", "de,vip")
        assert "ValueError: ('de', 'vip')" in done.stdout

    def test_is_played_as_on_another_version(self, cli: Cli):
        assert cli("play", "flows.py:Menu", "--press", "5", "--asterisk", "16").returncode == 0


class TestAPlugin:
    @pytest.mark.parametrize(
        ("table", "words", "told"),
        [
            ("conference", ("conference", "--args", "7001"), "inside (inside)"),
            ("webrtc", ("webrtc", "--args", "ring,101"), "parting (parting)"),
        ],
    )
    def test_has_a_database_in_memory_and_leaves_the_configured_one(
        self, cli: Cli, here: Path, table: str, words: tuple[str, ...], told: str
    ):
        (here / "stasis.toml").write_text(f"[plugin.{table}]\ndatabase = 'sqlite:///kept.db'\n")
        done = cli("play", *words, "--press", ",,1,,h")
        assert done.returncode == 0 and told in done.stdout, done.stdout + done.stderr
        assert not (here / "kept.db").exists()

    def test_without_a_table_is_told_to_be_one(self, cli: Cli):
        for command in ("play", "check"):
            done = cli(command, "webrtc")
            assert done.returncode == 1
            assert "'webrtc' is a plugin without a table in stasis.toml" in done.stderr
            assert "[plugin.webrtc]" in done.stderr

    def test_with_a_wrong_table_is_told_its_keys(self, cli: Cli, here: Path):
        (here / "stasis.toml").write_text("[plugin.conference]\ndatabse = 'x'\n")
        done = cli("play", "conference", "--press", "h")
        assert done.returncode == 2
        assert "[plugin.conference]: unknown key databse; did you mean database?" in done.stderr


class TestMistakes:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("flows.py:Menu", "--press", "1z"), "--press: 'z' is no key; write digits, 'h', 'c'"),
            (("flows.py:Menu", "--press", "1", "--asterisk", "17"), "version '17'"),
            (("flows.py:Nothing", "--press", "1"), "Nothing"),
            (("flows.py:Menu", "--press", "1", "--sounds", "none"), "--sounds: none is no folder"),
        ],
    )
    def test_are_told_without_a_traceback(self, cli: Cli, words: tuple[str, ...], told: str):
        done = cli("play", *words)
        assert done.returncode != 0 and told in done.stderr + done.stdout


class TestAtATerminal:
    def test_keys_are_the_telephones_and_q_quits(self, here: Path):
        other, file = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "stasis", "play", "flows.py:Menu", "--silent"],
            cwd=here,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'apps'}", "TERM": "xterm"},
            stdin=file,
            stdout=file,
            stderr=file,
        )
        os.close(file)
        try:
            screen = until(other, "in a call for")
            os.write(other, b"\x1b[A5")
            screen = until(other, "you press 5")
            assert "you press A" not in screen
            os.write(other, b"q")
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()
            os.close(other)


def until(terminal: int, text: str) -> str:
    """What is written to a terminal, up to a text."""
    found, end = "", time.monotonic() + 15
    while text not in found and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            found += os.read(terminal, 65536).decode(errors="replace")
    assert text in found, found[-2000:]
    return found
