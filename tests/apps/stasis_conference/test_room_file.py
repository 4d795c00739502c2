"""The conference's file: what it says holds, a wrong one tells all that is wrong at once."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_conference.pin import hashed
from stasis_conference.profile import DEFAULT, MENUS, MODERATOR, RoomProfile
from stasis_conference.room_file import NOTHING, RoomFile, load, parse, reread, room_problem
from structlog.testing import capture_logs

from stasis import ConfigError

FILE = """
[room.sales]
title = "Sales"
profile = "meeting"
member_pin = "73911"
moderator_pin = "40028"

[room_profile.meeting]
capacity = 12
record = "auto"
warnings = [60]
sounds.pin = "sound:agent-pass"
"""


def problems(text: str, **options: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, **options)  # type: ignore[arg-type]
    return list(caught.value.problems)


class TestWhatItSays:
    def test_rooms_and_profiles(self):
        file = parse(FILE.replace('"sound:agent-pass"', '["sound:agent-pass"]'))
        room, profile = file.rooms["sales"], file.room_profiles["meeting"]
        assert (room.title, room.member_pin.reveal()) == ("Sales", "73911")
        assert (profile.capacity, profile.record, profile.warnings) == (12, "auto", [60])
        assert profile.sounds.pin == ["sound:agent-pass"]
        assert profile.sounds.full == RoomProfile().sounds.full

    def test_without_a_file_the_profiles_of_the_program_hold(self):
        assert load() is NOTHING and DEFAULT in NOTHING.room_profiles

    def test_an_empty_file_changes_nothing(self):
        file = parse("")
        assert (file.menus, file.room_profiles) == (NOTHING.menus, NOTHING.room_profiles)

    def test_a_table_of_a_profile_that_is_there_changes_the_keys_that_it_names(self):
        file = parse("[member_profile.moderator]\nmuted = true")
        moderator = file.member_profiles[MODERATOR]
        assert (moderator.moderator, moderator.menu, moderator.muted) == (True, MODERATOR, True)
        assert file.member_profiles[DEFAULT] == NOTHING.member_profiles[DEFAULT]

    def test_keys_of_a_menu_take_the_place_of_all_of_it(self):
        menu = parse('[menu.default.keys]\n"1" = "toggle_mute"').menus[DEFAULT]
        assert menu.keys == {"1": "toggle_mute"} and menu.help == MENUS[DEFAULT].help

    def test_no_pin_is_in_its_repr(self):
        assert "73911" not in repr(parse(FILE.replace('sounds.pin = "sound:agent-pass"', "")))

    def test_its_sounds_can_be_looked_for(self):
        file = parse("[room_profile.meeting.sounds]\nfull = ['sound:x']", "c.toml")
        assert ("c.toml [room_profile.meeting] sounds.full", "sound:x") in file.sounds()
        assert ("c.toml [menu.default] help", MENUS[DEFAULT].help[0]) in file.sounds()


class TestWhatIsWrong:
    def test_all_of_it_is_told_at_once(self):
        told = problems(
            """
            rooms = 1
            menu = "x"
            room_profile.odd = 3
            [room."a b"]
            profile = "meetng"
            member_pin = "73911"
            moderator_pin = "73911"
            [room.b]
            titel = "B"
            member_pin = 1234
            [room.c]
            moderator_pin = "56x7"
            [room_profile.meeting]
            record = "always"
            [room_profile.small]
            capacity = -1
            [room_profile.other]
            moderator = "chair"
            record_folder = "../etc"
            sounds.full = ["full"]
            [member_profile.guest]
            menu = "gest"
            """
        )
        assert told == [
            "conference.toml: unknown key rooms; did you mean room?",
            "conference.toml [room.b]: unknown key titel; did you mean title?",
            "conference.toml [room.b]: member_pin: must be a text in quotes",
            "conference.toml [room_profile.odd]: must be a table",
            "conference.toml [room_profile.meeting]: record: must be 'off' or 'demand' or 'auto',"
            " not 'always'",
            "conference.toml [room_profile.small]: capacity must be at least 0, not -1",
            "conference.toml: menu: must be a table; write [menu.NAME]",
            f"conference.toml [room.a b]: {room_problem('a b')}",
            "conference.toml [room.a b]: profile: 'meetng' is not there; add [room_profile.meetng]",
            "conference.toml [room.a b]: moderator_pin: must differ from member_pin",
            "conference.toml [room.c]: moderator_pin: a PIN must be 4 to 12 digits, or an argon2"
            " hash",
            "conference.toml [room_profile.other]: moderator: 'chair' is not there; add"
            " [member_profile.chair]",
            "conference.toml [room_profile.other]: record_folder: '../etc': use letters, digits, -"
            " and _, with / between folders",
            "conference.toml [room_profile.other]: sounds.full: 'full' is no medium; write"
            " scheme:what with scheme one of sound, recording, number, digits, characters, tone,"
            " such as sound:hello-world",
            "conference.toml [member_profile.guest]: menu: 'gest' is not there; add [menu.gest]",
        ]

    def test_a_name_like_another_is_asked_about(self):
        told = problems("[room.a]\nprofile = 'defalt'")
        assert told == [
            "conference.toml [room.a]: profile: 'defalt' is not there; did you mean default?"
        ]

    def test_keys_and_actions_of_menus(self):
        check = {"toggle_mute": None}.get
        told = problems(
            '[menu.default.keys]\n"*1" = "toggle_mute"\n"*x" = "toggle_mute"\n"2" = "dance"',
            check=lambda action: check(action, f"{action!r} is no action"),
        )
        where = "conference.toml [menu.default]: keys"
        assert any(line.startswith(f"{where}.*x: ") for line in told)
        assert f"{where}.2: 'dance' is no action" in told
        assert not any(".*1" in line for line in told)

    def test_a_profile_that_is_wrong_is_not_told_to_be_missing_as_well(self):
        told = problems("[room.a]\nprofile = 'm'\n[room_profile.m]\ncapacity = 'x'")
        assert len(told) == 1 and "[room_profile.m]: capacity" in told[0]

    @pytest.mark.parametrize("pin", ["123", "12 34", "password", "1" * 13])
    def test_no_error_shows_a_pin(self, pin: str):
        for rest in ("", "capacity = 1", 'moderator_pin = "0000"'):
            told = "\n".join(problems(f'[room.a]\nmember_pin = "{pin}"\n{rest}'))
            assert pin not in told.replace("4 to 12 digits", "")

    def test_a_hash_is_taken_for_a_pin(self):
        kept = hashed("73911")
        assert parse(f"[room.a]\nmember_pin = '{kept}'").rooms["a"].member_pin.reveal() == kept

    def test_no_toml_at_all(self):
        assert problems("[room")[0].startswith("conference.toml: not valid TOML")

    def test_a_file_that_cannot_be_read(self, tmp_path: Path):
        with pytest.raises(ConfigError, match="cannot be read: No such file.*create it"):
            load(str(tmp_path / "none.toml"))
        (tmp_path / "latin.toml").write_bytes(b'[room.a]\ntitle = "\xe9"')
        with pytest.raises(ConfigError, match="not UTF-8"):
            load(str(tmp_path / "latin.toml"))


class TestReread:
    @pytest.fixture
    def file(self, tmp_path: Path) -> RoomFile:
        (tmp_path / "c.toml").write_text("[room.a]\n")
        return load(str(tmp_path / "c.toml"))

    def test_one_that_is_as_it_was_is_the_same(self, file: RoomFile):
        assert reread(file) is file and reread(NOTHING) is NOTHING

    def test_one_that_was_changed_is_read(self, file: RoomFile):
        Path(file.path).write_text("[room.b]\n[room.c]\n")
        assert list(reread(file).rooms) == ["b", "c"]

    def test_one_that_was_changed_within_its_length_is_read(self, file: RoomFile):
        Path(file.path).write_text("[room.b]\n")
        os.utime(file.path, ns=(1, 1))
        assert list(reread(file).rooms) == ["b"]

    def test_a_wrong_one_leaves_what_was_there_and_is_told_once(self, file: RoomFile):
        Path(file.path).write_text("[room.b]\nprofile = 'none'\n")
        with capture_logs() as logs:
            kept = reread(file)
            assert list(kept.rooms) == ["a"] and reread(kept) is kept
        assert len(logs) == 1 and "'none' is not there" in logs[0]["problems"][0]
        Path(file.path).write_text("[room.right]\n")
        assert list(reread(kept).rooms) == ["right"]

    def test_one_that_is_gone_leaves_what_was_there(self, file: RoomFile):
        Path(file.path).unlink()
        with capture_logs() as logs:
            assert reread(file) is file
        assert "gone" in logs[0]["event"]


@pytest.mark.parametrize("name", ["", ".", "a/b", "a b", "ä", "-a", "a" * 65, "a,b", "a\n"])
def test_a_name_that_is_no_room_s(name: str):
    assert room_problem(name) is not None


@pytest.mark.parametrize("name", ["8000", "sales", "Sales.2_b-c", "a" * 64])
def test_a_name_that_is_a_room_s(name: str):
    assert room_problem(name) is None


LEAF = st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.booleans())
VALUE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "default", "keys", "sounds", "pin", "profile", "1"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["room", "room_profile", "member_profile", "menu", "x"]), VALUE)
)
def test_whatever_stands_in_a_file_the_only_error_is_the_one_for_people(data: dict[str, object]):
    with mock.patch("stasis_conference.room_file.tomllib.loads", return_value=data):
        try:
            parse("")
        except ConfigError as error:
            assert error.problems
