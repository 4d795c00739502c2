"""The prompts: where they are found, and how long they play."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis.lab.place import cache
from stasis.testing.simulator.sounds import SoundFile, Sounds, installed
from stasis.testing.simulator.wave import write


def put(folder: Path, name: str, seconds: float = 1.0) -> Path:
    """Write a sound file. Returns its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, seconds)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as Asterisk has it, with two languages."""
    put(tmp_path, "en/hello.gsm", 1.0)
    put(tmp_path, "en/hello.wav", 1.25)
    put(tmp_path, "en/digits/1.ulaw", 0.5)
    put(tmp_path, "en/digits/20.ulaw", 0.75)
    put(tmp_path, "de/hello.gsm", 2.0)
    put(tmp_path, "de_AT/servus.gsm", 3.0)
    put(tmp_path, "bare.sln", 4.0)
    put(tmp_path, "custom/ours.wav", 5.0)
    return tmp_path


class TestASound:
    def test_it_is_found_in_the_first_format_it_has(self, folder: Path) -> None:
        assert Sounds(folder, []).find("hello", "en") == SoundFile(
            folder / "en/hello.wav", "slin", 1.25
        )

    @pytest.mark.parametrize(
        ("name", "language", "seconds"),
        [
            ("hello", "de", 2.0),
            ("hello", "de_AT", 2.0),  # as de has it
            ("servus", "de_AT", 3.0),
            ("servus", "de", None),
            ("hello", "fr", 1.25),  # English where the language is not there
            ("digits/1", "de", 0.5),
            ("bare", "de", 4.0),
            ("custom/ours", "en", 5.0),
            ("de/hello", "en", 2.0),  # a name may begin with its language
            ("hello.wav", "en", None),
            ("nope", "en", None),
            ("", "en", None),
            ("a&b", "en", None),
        ],
    )
    def test_it_is_looked_for_in_the_language_then_in_english_then_in_none(
        self, folder: Path, name: str, language: str, seconds: float | None
    ) -> None:
        found = Sounds(folder, []).find(name, language)
        assert (found and found.seconds) == seconds

    def test_a_whole_path_is_a_name_too(self, folder: Path, tmp_path: Path) -> None:
        assert Sounds(folder, []).seconds(f"{tmp_path}/en/hello") == 1.25

    def test_a_missing_one_takes_no_time(self, folder: Path) -> None:
        assert Sounds(folder, []).seconds("nope") == 0.0

    def test_what_the_user_gives_comes_before_what_is_installed(
        self, folder: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "system"
        put(other, "en/hello.wav", 9.0)
        put(other, "en/beep.wav", 0.25)
        both = Sounds(folder, [other])
        assert (both.seconds("hello"), both.seconds("beep")) == (1.25, 0.25)

    def test_a_link_into_another_system_stands_for_the_folder_beside_it(
        self, tmp_path: Path
    ) -> None:
        put(tmp_path, "en_US_f_Allison/hello.wav", 1.5)
        (tmp_path / "en").symlink_to("/nowhere/alternatives/asterisk-prompt-en")
        sounds = Sounds(tmp_path, [])
        assert sounds.seconds("hello", "en") == 1.5
        listed = sounds.listed("hello")
        assert listed is not None
        assert [each["language"] for each in listed["formats"]] == ["en", "en_US_f_Allison"]

    def test_a_folder_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(NotADirectoryError, match="no such folder of sounds"):
            Sounds(tmp_path / "none", [])


class TestWithoutAnySounds:
    def test_every_name_is_a_sound_of_two_seconds(self) -> None:
        sounds = Sounds(None, [])
        assert sounds.find("anything/at-all") == SoundFile(None, "slin", 2.0)
        assert sounds.listed("anything") == {
            "id": "anything",
            "formats": [{"language": "en", "format": "slin"}],
        }

    @pytest.mark.parametrize("name", ["", "two words", "a/"])
    def test_what_is_no_name_is_missing(self, name: str) -> None:
        assert Sounds(None, []).find(name) is None
        assert Sounds(None, []).listed(name) is None

    def test_saying_takes_a_while_for_each_word(self) -> None:
        assert Sounds(None, []).said("number", "121") == 2.0

    def test_the_list_is_empty(self) -> None:
        assert Sounds(None, []).listing() == []


class TestSaying:
    @pytest.mark.parametrize(
        ("kind", "text", "seconds"),
        [
            ("number", "21", 1.25),
            ("digits", "1 1", 1.0),
            ("characters", "1?", 0.5),
            ("number", "abc", float("inf")),
        ],
    )
    def test_it_takes_as_long_as_its_sounds(
        self, folder: Path, kind: str, text: str, seconds: float
    ) -> None:
        assert Sounds(folder, []).said(kind, text, "de") == seconds


class TestTheList:
    def test_it_has_each_sound_with_its_languages_and_formats(self, folder: Path) -> None:
        sounds = Sounds(folder, [])
        assert [each["id"] for each in sounds.listing()] == [
            "digits/1",
            "digits/20",
            "hello",
            "servus",
        ]
        assert sounds.listed("hello") == {
            "id": "hello",
            "formats": [
                {"language": "de", "format": "gsm"},
                {"language": "en", "format": "gsm"},
                {"language": "en", "format": "slin"},
            ],
        }
        assert sounds.listed("nope") is None

    def test_it_can_be_of_one_language_or_format(self, folder: Path) -> None:
        sounds = Sounds(folder, [])
        assert [each["id"] for each in sounds.listing("de")] == ["hello"]
        assert [each["id"] for each in sounds.listing("", "ulaw")] == ["digits/1", "digits/20"]
        assert sounds.listing("de", "ulaw") == []
        assert sounds.listing("xx") == []


class TestMadeUpSounds:
    def test_are_the_same_everywhere(self) -> None:
        sounds = Sounds.made_up({"hello": 3.5, "digits/1": 0.3, "gone": 0})
        assert [sounds.seconds(name) for name in ("hello", "any/other")] == [3.5, 2.0]
        assert sounds.said("digits", "123") == pytest.approx(1.3)
        assert sounds.listing() == [] and sounds.listed("hello") is not None

    def test_of_no_length_are_missing(self) -> None:
        sounds = Sounds.made_up({"gone": 0})
        assert sounds.find("gone") is None and sounds.listed("gone") is None

    def test_have_names_as_files_have(self) -> None:
        assert Sounds.made_up({}).find("no such name") is None


def test_the_labs_sounds_are_installed_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    put(cache() / "asterisk-22-0a/usr/share/asterisk/sounds", "en/hello.wav", 1.5)
    assert cache() / "asterisk-22-0a/usr/share/asterisk/sounds" in installed()
