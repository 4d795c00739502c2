"""`stasis call`: what Asterisk played is read from its log, and looked for in the sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stasis.cli.call import played, sound_file, unregistered, who_hung_up
from stasis.lab.chroot import Chroot
from stasis.lab.lab import Lab
from stasis.lab.ports import block

Cli = Callable[..., Any]

LOG = """\
[t] VERBOSE[1] file.c: -- <PJSIP/sipp-1> Playing 'old-prompt.gsm' (language 'en')
[t] the last line before the call
[t] VERBOSE[1] file.c: -- <PJSIP/sipp-2> Playing 'hello-world.gsm' (language 'en')
[t] VERBOSE[1] file.c: -- <PJSIP/sipp-2> Playing 'digits/1.gsm' (language 'en')
[t] VERBOSE[1] file.c: -- <PJSIP/sipp-2> Playing 'hello-world.gsm' (language 'en')
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The facts of a lab that does not run, with a few sounds."""
    (tmp_path / "sounds").mkdir()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/hello.gsm").touch()
    (tmp_path / "sounds/mine.wav").touch()
    engine = Chroot("22", tmp_path)
    return Lab("22", "seeded", tmp_path, block(20_000), {}, tmp_path / "prompts", engine)


def test_only_what_was_played_since_counts_each_once() -> None:
    before = "[t] the last line before the call"
    assert played(before, LOG) == ["hello-world", "digits/1"]


def test_without_a_line_before_all_of_the_log_counts() -> None:
    assert played("", LOG)[0] == "old-prompt"


def test_a_normal_end_is_told_by_who_hung_up() -> None:
    normal = "Connection reset by peer"
    entered = 'Executing [8000@default:1] Stasis("PJSIP/sipp-1", "hello") in new stack'
    assert who_hung_up(entered, normal) == "the flow hung up"
    assert who_hung_up(LOG, normal) == "Asterisk hung up"
    assert who_hung_up(LOG, "488 Not Acceptable") == "Asterisk hung up (488 Not Acceptable)"


def test_an_application_without_a_program_is_seen_in_the_log() -> None:
    line = "WARNING[1] app_stasis.c: PJSIP/sipp-1: Stasis app 'hello' doesn't exist\n"
    assert unregistered(LOG + line) == "hello"
    assert unregistered(LOG) == ""


def test_prompts_are_found_among_the_labs_and_ones_own(lab: Lab) -> None:
    assert sound_file(lab, "hello") == lab.sounds / "hello.gsm"
    assert sound_file(lab, "custom/mine") == lab.custom_sounds / "mine.wav"
    assert sound_file(lab, "nothing") is None


def test_what_is_no_key_is_refused(cli: Cli) -> None:
    done = cli("call", "8000", "--press", "1;2")
    assert done.returncode == 2
    assert "a comma waits" in done.stderr


def test_without_a_lab_it_says_how_to_start_one(cli: Cli, here: Path) -> None:
    done = cli("call", "8000", env={"XDG_STATE_HOME": str(here)})
    assert done.returncode == 1
    assert "stasis lab up" in done.stderr
