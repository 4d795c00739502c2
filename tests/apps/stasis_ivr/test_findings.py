"""What looks like a mistake in a file that loads."""

from __future__ import annotations

from stasis_ivr.findings import findings
from stasis_ivr.ivr_file import parse


def codes(text: str) -> list[tuple[str, str, str]]:
    return [(f.code, f.where, f.level) for f in findings(parse(text))]


MAIN = """
start = "menu:main"
[menu.main]
prompt = "sound:a"
invalid = "sound:b"
choices.1 = "hangup"
"""


def test_a_sound_file_gives_nothing():
    assert codes(MAIN) == []


def test_a_part_that_no_call_reaches_is_found():
    text = (
        MAIN
        + '[play.lonely]\nprompt = "sound:c"\nafter = "play:other"\n[play.other]\nprompt = "sound:d"'
    )
    assert codes(text) == [
        ("unreachable-part", "ivr.toml [play.lonely]", "error"),
        ("unreachable-part", "ivr.toml [play.other]", "error"),
    ]


def test_a_part_for_calls_in_removed_parts_is_reached():
    text = 'removed = "play:sorry"' + MAIN + '[play.sorry]\nprompt = "sound:c"'
    assert codes(text) == []


def test_a_caller_who_does_nothing_and_never_gets_out_is_found():
    text = MAIN.replace('choices.1 = "hangup"', 'choices.1 = "hangup"\nfailed = "play:p"')
    text += '[play.p]\nprompt = "sound:c"\nafter = "menu:main"'
    assert codes(text) == [
        ("endless-call", "ivr.toml [menu.main]", "error"),
        ("endless-call", "ivr.toml [play.p]", "error"),
    ]


def test_a_wrong_key_that_nobody_answers_is_found():
    assert codes(MAIN.replace('invalid = "sound:b"', "")) == [
        ("unanswered-digit", "ivr.toml [menu.main]", "warning")
    ]
