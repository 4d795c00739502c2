"""The file as a whole: where parts lead, through the hours, and which sounds it uses."""

from __future__ import annotations

from datetime import UTC, datetime

from stasis_ivr.ivr_file import parse
from stasis_ivr.parts import Desk, Menu
from stasis_ivr.target import HANGUP, Target

FILE = parse(
    """
    start = "hours:outer"
    [hours.outer]
    timezone = "UTC"
    then = "hours:inner"
    closed = "play:closed"
    open.mon-fri = "00:00-24:00"
    [hours.inner]
    timezone = "UTC"
    then = "menu:main"
    closed = "continue"
    open.mon-sun = "09:00-17:00"
    [menu.main]
    prompt = ["sound:a", "sound:b"]
    invalid = "sound:c"
    choices.1 = "repeat"
    choices.2 = "play:closed"
    [play.closed]
    prompt = "sound:d"
    """
)


def at(text: str) -> Target:
    return FILE.at(FILE.start, datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_hours_lead_through_to_what_a_call_can_be_in():
    assert at("2026-11-23 10:00") == Target("menu", "main")
    assert at("2026-11-23 18:00") == Target("continue")
    assert at("2026-11-22 10:00") == Target("play", "closed")


def test_what_the_file_has_not_leads_where_removed_leads_through_the_hours():
    monday = datetime.fromisoformat("2026-11-23 10:00").replace(tzinfo=UTC)
    assert FILE.at(Target("desk", "gone"), monday) == Target("menu", "main")
    assert FILE.has(Target("menu", "main")) and FILE.has(HANGUP)
    assert not FILE.has(Target("desk", "gone"))


def test_a_part_is_found_only_as_what_it_is():
    main = Target("menu", "main")
    assert FILE.find(main, Menu) is FILE.part(main, Menu)
    assert FILE.find(main, Desk) is None and FILE.find(Target("menu", "gone"), Menu) is None


def test_the_exits_of_a_menu_are_its_choices_and_its_failure():
    assert list(FILE.exits(Target("menu", "main"))) == [
        ("choices.1", Target("menu", "main")),
        ("choices.2", Target("play", "closed")),
        ("failed", HANGUP),
    ]


def test_every_sound_is_listed_with_where_it_stands():
    assert FILE.sounds() == [
        ("ivr.toml [menu.main] prompt", "sound:a"),
        ("ivr.toml [menu.main] prompt", "sound:b"),
        ("ivr.toml [menu.main] invalid", "sound:c"),
        ("ivr.toml [play.closed] prompt", "sound:d"),
    ]
