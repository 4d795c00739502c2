"""The IVR's file: the example is sound, and a wrong file tells all that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_ivr.findings import findings
from stasis_ivr.ivr_file import load, parse
from stasis_ivr.parts import Desk, Menu, Message
from stasis_ivr.target import HANGUP, Target

from stasis import ConfigError

SMALLEST = """
start = "menu:main"
[menu.main]
prompt = "sound:demo-instruct"
choices.1 = "hangup"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return list(caught.value.problems)


def test_the_example_is_sound():
    file = load()
    assert file.start == Target("hours", "office")
    assert list(findings(file)) == []


def test_the_example_uses_only_sounds_of_one_scheme():
    assert {medium.partition(":")[0] for _, medium in load().sounds()} == {"sound"}


def test_a_file_is_read_from_its_path(tmp_path: Path):
    path = tmp_path / "ivr.toml"
    path.write_text(SMALLEST, "utf-8")
    assert load(str(path)).path == str(path)


def test_what_is_left_out_has_its_default():
    menu = parse(SMALLEST).part(Target("menu", "main"), Menu)
    assert (menu.tries, menu.timeout, menu.inter_digit, menu.barge_in) == (3, 5.0, 2.0, True)
    assert menu.failed == HANGUP and menu.invalid == ()


def test_calls_in_removed_parts_begin_anew_unless_told_otherwise():
    assert parse(SMALLEST).removed == Target("menu", "main")
    assert parse('removed = "hangup"\n' + SMALLEST).removed == HANGUP
    assert problems('removed = "menu:mian"\n' + SMALLEST) == [
        "ivr.toml: removed: 'menu:mian' is not in this file; did you mean menu:main?"
    ]


def test_a_desk_that_is_busy_does_as_when_nobody_answers_unless_told_otherwise():
    desk = parse(
        SMALLEST + 'choices.2 = "desk:d"\n[desk.d]\nendpoints = "PJSIP/a"\nno_answer = "menu:main"'
    ).part(Target("desk", "d"), Desk)
    assert desk.busy == desk.unavailable == Target("menu", "main")
    assert desk.caller_id is None and desk.music is None


def test_a_message_has_its_own_folder_unless_told_otherwise():
    message = parse(SMALLEST + 'choices.2 = "message:m"\n[message.m]').part(
        Target("message", "m"), Message
    )
    assert message.folder == "ivr/m" and message.min_seconds == 2


def test_everything_wrong_is_told_at_once():
    told = "\n".join(
        problems(
            """
            begin = "menu:main"
            [menu.main]
            promt = "sound:a"
            tries = 0
            choices.1 = "menu:mian"
            choices.x = "hangup"
            choices.2 = "nowhere"
            [menu.empty]
            prompt = "hello"
            [desk.d]
            endpoints = ["alice"]
            ring = "long"
            [message.m]
            folder = "../etc"
            [play.p]
            after = "hours:gone"
            """
        )
    )
    for line in (
        "ivr.toml: start: is missing",
        "ivr.toml: begin: unknown key; known: menu, desk, message, play, hours, start, removed, language",
        "ivr.toml [menu.main]: promt: unknown key; did you mean prompt?",
        "ivr.toml [menu.main]: prompt: is missing",
        "ivr.toml [menu.main]: tries: must be from 1 to 20, not 0",
        "ivr.toml [menu.main]: choices.1: 'menu:mian' is not in this file; did you mean menu:main?",
        "ivr.toml [menu.main.choices]: x: is no key",
        "ivr.toml [menu.main.choices]: 2: 'nowhere' leads nowhere",
        "ivr.toml [menu.empty]: choices: is missing: a menu needs at least one",
        "ivr.toml [menu.empty]: prompt: 'hello' is no medium",
        "ivr.toml [desk.d]: endpoints: 'alice': write Technology/resource",
        "ivr.toml [desk.d]: ring: must be a number, not 'long'",
        "ivr.toml [message.m]: folder: '../etc': use letters",
        "ivr.toml [play.p]: prompt: is missing",
        "ivr.toml [play.p]: after: 'hours:gone' is not in this file; add [hours.gone]",
    ):
        assert line in told


def test_hours_that_lead_only_to_hours_are_refused():
    told = problems(
        """
        start = "hours:a"
        [hours.a]
        timezone = "UTC"
        then = "hours:b"
        [hours.b]
        timezone = "UTC"
        then = "hours:a"
        """
    )
    assert told[0] == "ivr.toml [hours.a]: leads back to itself, through hours only"


@pytest.mark.parametrize("folder", ["", "/etc", "a/", "a//b", ".", "a/..", "a b", "é", "-a"])
def test_a_folder_cannot_leave_the_recording_folder(folder: str):
    text = SMALLEST + f'choices.2 = "message:m"\n[message.m]\nfolder = "{folder}"'
    assert "folder" in problems(text)[0]


def test_a_text_that_is_not_toml_is_told_with_its_line():
    assert "ivr.toml: not valid TOML" in problems("start = ")[0]


def test_a_file_that_is_not_there_is_told_with_the_fix(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read.*create it"):
        load(str(tmp_path / "none.toml"))


def test_a_file_that_is_not_text_is_told(tmp_path: Path):
    path = tmp_path / "ivr.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(str(path))


LEAF = st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.booleans())
VALUE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["main", "prompt", "choices", "open", "1"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["start", "menu", "desk", "message", "play", "hours", "language", "x"]),
        VALUE,
    )
)
def test_whatever_stands_in_a_file_the_only_error_is_the_one_for_people(data: dict):
    from unittest import mock

    with mock.patch("stasis_ivr.ivr_file.tomllib.loads", return_value=data):
        try:
            parse("")
        except ConfigError as error:
            assert error.problems
