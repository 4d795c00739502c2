"""docs/conference.md names every key of profiles, every key of the menus, and every action; how a
room is tried is as a lab has it.
"""

from __future__ import annotations

import re
from pathlib import Path

from stasis_conference.action import ACTIONS, action_problem
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.profile import (
    MEMBER_KEYS,
    MODERATOR_KEYS,
    MemberProfile,
    RoomProfile,
)
from stasis_conference.room_file import parse

from stasis import Secret
from stasis.lab import configuration
from stasis.section import described
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "conference.md"
TEXT = PAGE.read_text("utf-8")


def test_every_key_of_a_profile_stands_there_with_its_default():
    for kind in (RoomProfile, MemberProfile):
        for name, default, what in described(kind):
            assert f"| `{name}` | `{default}` | {what} |" in TEXT


def test_every_key_of_a_telephone_stands_there():
    for keys, who in ((MEMBER_KEYS, "everybody"), (MODERATOR_KEYS, "moderators")):
        for key, action in keys.items():
            assert f"| `{key}` | `{action}` | {who} | {ACTIONS[action].help} |" in TEXT


def test_every_action_stands_there():
    assert set(re.findall(r"`([a-z_]+)`(?: ·|\n)", TEXT)) >= set(ACTIONS)


def test_its_file_is_right():
    (file,) = (b for b in blocks(PAGE, "toml") if b.lines[0] == "# conference.toml")
    found = parse(file.text, check=action_problem)
    assert set(found.rooms) == {"board"} and found.room_profiles["closed"].grace == 60.0


def test_rooms_are_called_on_a_lab_as_it_says():
    called = re.findall(r"^stasis call (\d+)", TEXT, re.MULTILINE)
    assert {"7001", "800"} == set(called)
    lab = Path(configuration.__file__).read_text("utf-8")
    for number in called:
        assert f"exten => _{number[0]}{'X' * (len(number) - 1)},1,Stasis(conference," in lab


def test_the_terminal_says_what_members_press():
    plugin = ConferencePlugin(ConferenceConfig(demo={"800": Secret("2846")}))
    (line,) = [each for each in plugin.told("http://127.0.0.1:8080") if "800" in each]
    assert "PIN 2846" in line and line.endswith("members press #")
    assert "`moderator_pin` alone | press `#`, or wait `pin_timeout`" in TEXT
